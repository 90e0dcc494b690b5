/* SPDX-License-Identifier: MIT */
/* What RFC 1213 has IP, ICMP, TCP and UDP count: /proc/net/snmp. */
#include "collect/collector.h"
#include "collect/protocol_lines.h"

static const struct metric_spec metrics[] = { PROTOCOL_METRICS("/proc/net/snmp") };

static const struct collector_file files[] = {
	{ .path = "proc/net/snmp", .scan = protocol_scan_pairs },
};

const struct collector collector_snmp = {
	.name = "snmp",
	.help = "IP, ICMP, TCP, UDP: datagrams, segments, errors",
	.things = "names of nstat: TcpRetransSegs",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
