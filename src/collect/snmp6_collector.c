/* SPDX-License-Identifier: MIT */
/* What IPv6, ICMPv6 and UDP over IPv6 count: /proc/net/snmp6. */
#include "collect/collector.h"
#include "collect/protocol_lines.h"

static const struct metric_spec metrics[] = { PROTOCOL_METRICS("/proc/net/snmp6") };

static const struct collector_file files[] = {
	{ .path = "proc/net/snmp6", .scan = protocol_scan_lines },
};

const struct collector collector_snmp6 = {
	.name = "snmp6",
	.help = "IPv6, ICMPv6, UDPv6: datagrams, errors",
	.things = "names of nstat: Ip6InReceives",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
