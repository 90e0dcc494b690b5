/* SPDX-License-Identifier: MIT */
/* What Linux counts of TCP, IP and MPTCP beyond that: /proc/net/netstat. */
#include "collect/collector.h"
#include "collect/protocol_lines.h"

static const struct metric_spec metrics[] = { PROTOCOL_METRICS("/proc/net/netstat") };

static const struct collector_file files[] = {
	{ .path = "proc/net/netstat", .scan = protocol_scan_pairs },
};

const struct collector collector_netstat = {
	.name = "netstat",
	.help = "TCP and IP in detail: drops, time-outs, fast paths",
	.things = "names of nstat: TcpExtListenDrops",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
