/* SPDX-License-Identifier: MIT */
/* What the NFS server answers: /proc/net/rpc/nfsd, which is there when the nfsd module is. */
#include "collect/collector.h"
#include "collect/rpc_lines.h"

enum {
	NFSD_CALLS,
	NFSD_BAD,
	NFSD_BAD_FORMAT,
	NFSD_BAD_AUTH,
	NFSD_BAD_CLIENT,
	NFSD_PACKETS,
	NFSD_UDP,
	NFSD_TCP,
	NFSD_CONNECTIONS,
	NFSD_HITS,
	NFSD_MISSES,
	NFSD_UNCACHED,
	NFSD_STALE,
	NFSD_READ,
	NFSD_WRITTEN,
	NFSD_THREADS,
	NFSD_OPERATIONS,
};

/* unsigned int in the kernel (struct svc_stat). */
#define CALLS(name_, help_) COUNTER(name_, help_, .bits = 32)

static const struct metric_spec metrics[] = {
	[NFSD_CALLS] = CALLS("calls", "remote procedures called"),
	[NFSD_BAD] = CALLS("bad_calls", "calls refused, for any of the next three reasons"),
	[NFSD_BAD_FORMAT] = CALLS("bad_format", "calls that were not understood"),
	[NFSD_BAD_AUTH] = CALLS("bad_auth", "calls with wrong credentials"),
	[NFSD_BAD_CLIENT] = CALLS("bad_client", "calls of clients that may not; 0 since 2.6"),
	[NFSD_PACKETS] = CALLS("packets", "packets received"),
	[NFSD_UDP] = CALLS("udp", "of these over UDP"),
	[NFSD_TCP] = CALLS("tcp", "of these over TCP"),
	[NFSD_CONNECTIONS] = CALLS("connections", "TCP connections accepted"),
	[NFSD_HITS] = COUNTER("hits", "calls repeated, answered from the cache of replies"),
	[NFSD_MISSES] = COUNTER("misses", "calls whose reply went into the cache"),
	[NFSD_UNCACHED] = COUNTER("uncached", "calls whose reply needs no cache"),
	[NFSD_STALE] = COUNTER("stale", "file handles that were no more"),
	[NFSD_READ] = COUNTER("read", "data read", .unit = "bytes"),
	[NFSD_WRITTEN] = COUNTER("written", "data written", .unit = "bytes"),
	[NFSD_THREADS] = GAUGE("threads", "threads of the server"),
	[NFSD_OPERATIONS] = COUNTER("operations",
				    "calls by procedure, and parts of v4 compounds; of those never "
				    "called there is no series",
				    .of = "procedures: v3 read, v4 open"),
};

static const char *const compound[] = { "null", "compound" };

/* By the numbers of RFC 7530, 8881, 7862 and 8276. */
static const char *const nfs4[] = {
	[3] = "access",
	[4] = "close",
	[5] = "commit",
	[6] = "create",
	[7] = "delegpurge",
	[8] = "delegreturn",
	[9] = "getattr",
	[10] = "getfh",
	[11] = "link",
	[12] = "lock",
	[13] = "lockt",
	[14] = "locku",
	[15] = "lookup",
	[16] = "lookupp",
	[17] = "nverify",
	[18] = "open",
	[19] = "openattr",
	[20] = "open_confirm",
	[21] = "open_downgrade",
	[22] = "putfh",
	[23] = "putpubfh",
	[24] = "putrootfh",
	[25] = "read",
	[26] = "readdir",
	[27] = "readlink",
	[28] = "remove",
	[29] = "rename",
	[30] = "renew",
	[31] = "restorefh",
	[32] = "savefh",
	[33] = "secinfo",
	[34] = "setattr",
	[35] = "setclientid",
	[36] = "setclientid_confirm",
	[37] = "verify",
	[38] = "write",
	[39] = "release_lockowner",
	[40] = "backchannel_ctl",
	[41] = "bind_conn_to_session",
	[42] = "exchange_id",
	[43] = "create_session",
	[44] = "destroy_session",
	[45] = "free_stateid",
	[46] = "get_dir_delegation",
	[47] = "getdeviceinfo",
	[48] = "getdevicelist",
	[49] = "layoutcommit",
	[50] = "layoutget",
	[51] = "layoutreturn",
	[52] = "secinfo_no_name",
	[53] = "sequence",
	[54] = "set_ssv",
	[55] = "test_stateid",
	[56] = "want_delegation",
	[57] = "destroy_clientid",
	[58] = "reclaim_complete",
	[59] = "allocate",
	[60] = "copy",
	[61] = "copy_notify",
	[62] = "deallocate",
	[63] = "io_advise",
	[64] = "layouterror",
	[65] = "layoutstats",
	[66] = "offload_cancel",
	[67] = "offload_status",
	[68] = "read_plus",
	[69] = "seek",
	[70] = "write_same",
	[71] = "clone",
	[72] = "getxattr",
	[73] = "setxattr",
	[74] = "listxattrs",
	[75] = "removexattr",
};

static const struct rpc_procedures procedures4 = { "proc4", "v4", compound, ARRAY_SIZE(compound) };
static const struct rpc_procedures operations4 = { "proc4ops", "v4", nfs4, ARRAY_SIZE(nfs4) };
static const struct rpc_procedures *const procedures[] = { &rpc_nfs2, &rpc_nfs3, &procedures4,
							   &operations4 };

static const struct rpc_line lines[] = {
	{ "rc", { NFSD_HITS, NFSD_MISSES, NFSD_UNCACHED, -1, -1 } },
	{ "fh", { NFSD_STALE, -1, -1, -1, -1 } },
	{ "io", { NFSD_READ, NFSD_WRITTEN, -1, -1, -1 } },
	{ "th", { NFSD_THREADS, -1, -1, -1, -1 } },
	{ "net", { NFSD_PACKETS, NFSD_UDP, NFSD_TCP, NFSD_CONNECTIONS, -1 } },
	{ "rpc", { NFSD_CALLS, NFSD_BAD, NFSD_BAD_FORMAT, NFSD_BAD_AUTH, NFSD_BAD_CLIENT } },
};

static const struct rpc_layout layout = { lines, ARRAY_SIZE(lines), procedures,
					  ARRAY_SIZE(procedures), NFSD_OPERATIONS };

static void scan(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	rpc_scan(r, text, &layout);
}

static const struct collector_file files[] = { { .path = "proc/net/rpc/nfsd", .scan = scan } };

const struct collector collector_nfsd = {
	.name = "nfsd",
	.help = "NFS server: calls by procedure, data, cache of replies",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
