/* SPDX-License-Identifier: MIT */
/* What NFS clients ask: /proc/net/rpc/nfs, which is there when the nfs module is. */
#include "collect/collector.h"
#include "collect/rpc_lines.h"

enum {
	NFS_CALLS,
	NFS_RETRANSMITS,
	NFS_REFRESHES,
	NFS_PACKETS,
	NFS_UDP,
	NFS_TCP,
	NFS_CONNECTIONS,
	NFS_OPERATIONS,
};

/* unsigned int in the kernel (struct rpc_stat). */
#define CALLS(name_, help_) COUNTER(name_, help_, .bits = 32)

static const struct metric_spec metrics[] = {
	[NFS_CALLS] = CALLS("calls", "remote procedures called"),
	[NFS_RETRANSMITS] = CALLS("retransmits", "calls sent again"),
	[NFS_REFRESHES] = CALLS("refreshes", "times that credentials were renewed"),
	[NFS_PACKETS] = CALLS("packets", "packets received"),
	[NFS_UDP] = CALLS("udp", "of these over UDP"),
	[NFS_TCP] = CALLS("tcp", "of these over TCP"),
	[NFS_CONNECTIONS] = CALLS("connections", "TCP connections made"),
	[NFS_OPERATIONS] = COUNTER("operations",
				   "calls by procedure; of those never called there is no series",
				   .bits = 32, .of = "procedures: v3 read, v4 open"),
};

/* In the order of the kernel's clients since 3.13 (include/linux/nfs4.h). */
static const char *const nfs4[] = {
	"null",
	"read",
	"write",
	"commit",
	"open",
	"open_confirm",
	"open_noattr",
	"open_downgrade",
	"close",
	"setattr",
	"fsinfo",
	"renew",
	"setclientid",
	"setclientid_confirm",
	"lock",
	"lockt",
	"locku",
	"access",
	"getattr",
	"lookup",
	"lookup_root",
	"remove",
	"rename",
	"link",
	"symlink",
	"create",
	"pathconf",
	"statfs",
	"readlink",
	"readdir",
	"server_caps",
	"delegreturn",
	"getacl",
	"setacl",
	"fs_locations",
	"release_lockowner",
	"secinfo",
	"fsid_present",
	"exchange_id",
	"create_session",
	"destroy_session",
	"sequence",
	"get_lease_time",
	"reclaim_complete",
	"layoutget",
	"getdeviceinfo",
	"layoutcommit",
	"layoutreturn",
	"secinfo_no_name",
	"test_stateid",
	"free_stateid",
	"getdevicelist",
	"bind_conn_to_session",
	"destroy_clientid",
	"seek",
	"allocate",
	"deallocate",
	"layoutstats",
	"clone",
	"copy",
	"offload_cancel",
	"lookupp",
	"layouterror",
	"copy_notify",
	"getxattr",
	"setxattr",
	"listxattrs",
	"removexattr",
	"read_plus",
};

static const struct rpc_procedures procedures4 = { "proc4", "v4", nfs4, ARRAY_SIZE(nfs4) };
static const struct rpc_procedures *const procedures[] = { &rpc_nfs2, &rpc_nfs3, &procedures4 };

static const struct rpc_line lines[] = {
	{ "net", { NFS_PACKETS, NFS_UDP, NFS_TCP, NFS_CONNECTIONS, -1 } },
	{ "rpc", { NFS_CALLS, NFS_RETRANSMITS, NFS_REFRESHES, -1, -1 } },
};

static const struct rpc_layout layout = { lines, ARRAY_SIZE(lines), procedures,
					  ARRAY_SIZE(procedures), NFS_OPERATIONS };

static void scan(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	rpc_scan(r, text, &layout);
}

static const struct collector_file files[] = { { .path = "proc/net/rpc/nfs", .scan = scan } };

const struct collector collector_nfs = {
	.name = "nfs",
	.help = "NFS client: calls by procedure, retransmits",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
