/* SPDX-License-Identifier: MIT */
/* Rows of perfcollector's CSV. */
#include "export/proc_cube.h"

#include <math.h>
#include <stddef.h>

/* A difference per second. Without an interval NaN or infinite, as the older tool printed it. */
static double rate(const struct proc_reading *a, const struct proc_reading *b, unsigned int field,
		   double ticks)
{
	return ((double)b->value[field] - (double)a->value[field]) / ticks * 100;
}

static double percent(double v)
{
	return fmin(fmax(v, 0), 100);
}

/* ---- /proc/stat ---- */

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL };

/* Seconds. Waiting for I/O counts as busy. */
static double busy(const struct proc_reading *r)
{
	static const unsigned char order[] = { USER, SYSTEM, NICE, IOWAIT, IRQ, SOFTIRQ, STEAL };
	double sum = 0;

	for (unsigned int i = 0; i < sizeof(order); i++)
		sum += (double)r->value[order[i]] / 100;
	return sum;
}

static bool stat_row(const struct proc_reading *a, const struct proc_reading *b, double ticks,
		     double *ret)
{
	static const unsigned char shown[] = { USER, NICE, SYSTEM, IOWAIT, STEAL };
	double busy1 = busy(a), busy2 = busy(b);
	double all1 = busy1 + (double)a->value[IDLE] / 100;
	double all2 = busy2 + (double)b->value[IDLE] / 100;

	(void)ticks;
	for (unsigned int i = 0; i <= sizeof(shown); i++) {
		double d = i < sizeof(shown) ? (double)b->value[shown[i]] / 100 -
						       (double)a->value[shown[i]] / 100
					     : busy2 - busy1;

		ret[i] = busy2 <= busy1 ? 0 : all2 <= all1 ? 100 : percent(d / (all2 - all1) * 100);
	}
	ret[5] = 100 - ret[5];
	return true;
}

/* ---- /proc/meminfo ---- */

enum {
	MEM_FREE,
	MEM_AVAILABLE,
	MEM_TOTAL,
	BUFFERS,
	CACHED,
	SLAB,
	COMMITTED,
	ACTIVE,
	INACTIVE,
	DIRTY,
	SWAP_TOTAL
};

static bool meminfo_row(const struct proc_reading *a, const struct proc_reading *b, double ticks,
			double *ret)
{
	const uint64_t *v = b->value;
	double total = (double)v[MEM_TOTAL];
	double unused =
		fmin((double)v[MEM_FREE] + (double)v[BUFFERS] + (double)v[CACHED] + (double)v[SLAB],
		     total);

	(void)a;
	(void)ticks;
	if (total <= 0)
		return false;
	ret[0] = (double)v[MEM_FREE];
	ret[1] = (double)v[MEM_AVAILABLE];
	ret[2] = total - unused;
	ret[3] = ret[2] / total * 100;
	ret[4] = (double)v[BUFFERS];
	ret[5] = (double)v[CACHED];
	ret[6] = (double)v[COMMITTED];
	ret[7] = (double)v[COMMITTED] / (total + (double)v[SWAP_TOTAL]) * 100;
	ret[8] = (double)v[ACTIVE];
	ret[9] = (double)v[INACTIVE];
	ret[10] = (double)v[DIRTY];
	return true;
}

/* ---- /proc/net/dev ---- */

enum {
	RX_PACKETS,
	TX_PACKETS,
	RX_BYTES,
	TX_BYTES,
	RX_COMPRESSED,
	TX_COMPRESSED,
	RX_MULTICAST,
	SPEED
};

static bool net_row(const struct proc_reading *a, const struct proc_reading *b, double ticks,
		    double *ret)
{
	for (unsigned int i = RX_PACKETS; i <= RX_MULTICAST; i++)
		ret[i] = rate(a, b, i, ticks);
	/* Full duplex, as every interface is that has a speed today; in Mbit/s. */
	double most = fmax(ret[RX_BYTES], ret[TX_BYTES]), speed = (double)b->value[SPEED];

	ret[RX_BYTES] /= 1024;
	ret[TX_BYTES] /= 1024;
	ret[7] = b->have >> SPEED & 1 && speed > 0 ? most * 800 / (speed * 1e6) : 0;
	return true;
}

/* ---- /proc/diskstats ---- */

enum { READS, WRITES, DISCARDS, READ, WRITTEN, DISCARDED };

static bool disk_row(const struct proc_reading *a, const struct proc_reading *b, double ticks,
		     double *ret)
{
	const struct proc_reading all[] = {
		{ .value = { a->value[READS] + a->value[WRITES] + a->value[DISCARDS] } },
		{ .value = { b->value[READS] + b->value[WRITES] + b->value[DISCARDS] } },
	};

	if (!all[0].value[0])
		return false; /* never used before: the older tool leaves it out */
	ret[0] = rate(&all[0], &all[1], 0, ticks);
	for (unsigned int i = READS; i <= DISCARDED; i++)
		ret[1 + i] = rate(a, b, i, ticks);
	return true;
}

/* ---- statfs ---- */

enum { BLOCK_SIZE, BLOCKS, AVAILABLE };

static bool statfs_row(const struct proc_reading *a, const struct proc_reading *b, double ticks,
		       double *ret)
{
	const uint64_t *v = b->value;

	(void)a;
	(void)ticks;
	ret[0] = (double)v[BLOCK_SIZE];
	ret[1] = (double)v[BLOCKS];
	ret[2] = (double)v[AVAILABLE];
	ret[3] = v[BLOCKS] ? ceil(100 - ret[2] / ret[1] * 100) : 0;
	return true;
}

const struct proc_cube proc_cubes[] = {
	{
		.path = "proc/stat",
		.key = "CPU",
		.titles = "%usr,%nice,%system,%iowait,%steal,%idle",
		.field = { "cpu.user", "cpu.nice", "cpu.system", "cpu.idle", "cpu.iowait",
			   "cpu.irq", "cpu.softirq", "cpu.steal" },
		.need = 1u << USER | 1u << NICE | 1u << SYSTEM | 1u << IDLE,
		.n_columns = 6,
		.row = stat_row,
	},
	{
		.path = "proc/meminfo",
		.titles = "kbmemfree,kbavail,kbmemused,%memused,kbbuffers,kbcached,kbcommit,"
			  "%commit,kbactive,kbinact,kbdirty",
		.field = { "memory.bytes/MemFree", "memory.bytes/MemAvailable",
			   "memory.bytes/MemTotal", "memory.bytes/Buffers", "memory.bytes/Cached",
			   "memory.bytes/Slab", "memory.bytes/Committed_AS", "memory.bytes/Active",
			   "memory.bytes/Inactive", "memory.bytes/Dirty",
			   "memory.bytes/SwapTotal" },
		.need = 1u << MEM_FREE | 1u << MEM_TOTAL,
		.level = true,
		.n_columns = 11,
		.row = meminfo_row,
	},
	{
		.path = "proc/net/dev",
		.key = "IFACE",
		.titles = "rxpck/s,txpck/s,rxkB/s,txkB/s,rxcmp/s,txcmp/s,rxmcst/s,%ifutil",
		.field = { "network.rx_packets", "network.tx_packets", "network.rx_bytes",
			   "network.tx_bytes", "network.rx_compressed", "network.tx_compressed",
			   "network.rx_multicast", "network.speed" },
		.need = 1u << RX_PACKETS | 1u << TX_PACKETS | 1u << RX_BYTES | 1u << TX_BYTES,
		.n_columns = 8,
		.row = net_row,
	},
	{
		.path = "proc/diskstats",
		.key = "DEV",
		.titles = "tps,rtps,wtps,dtps,bread/s,bwrtn/s,bdscd/s",
		.field = { "disk.reads", "disk.writes", "disk.discards", "disk.read",
			   "disk.written", "disk.discarded" },
		.need = 1u << READS | 1u << WRITES | 1u << READ | 1u << WRITTEN,
		.n_columns = 7,
		.row = disk_row,
	},
	{
		.path = "statfs_ALL",
		.key = "mount",
		.titles = "blocksize,blockstotal,blocksavail,use",
		.field = { "mount.block_size", "mount.blocks", "mount.available" },
		.need = 1u << BLOCK_SIZE | 1u << BLOCKS | 1u << AVAILABLE,
		.level = true,
		.n_columns = 4,
		.row = statfs_row,
	},
};
const unsigned int proc_n_cubes = ARRAY_SIZE(proc_cubes);
