/* SPDX-License-Identifier: MIT */
/*
 * Collectors on the trees of tests/fixtures/proc: what they read is NAME.values there. After a
 * change that is meant: KYMO_UPDATE=1 build/tests/unit/test_collectors, and read the difference.
 * Then what comes and goes: CPUs, disks, interfaces, cgroups, mounts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/file.h"
#include "collect/collection.h"
#include "collect/collector.h"
#include "machine_tree.h"
#include "value_rows.h"

struct rig {
	struct machine_tree tree;
	struct value_rows *rows;
	struct collection *c;
	nsec_t now;
};

static int setup(void **state)
{
	struct rig *t = calloc(1, sizeof(*t));

	machine_tree_make(&t->tree);
	t->rows = value_rows_new();
	t->now = 1000 * NSEC_PER_SEC;
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct rig *t = *state;

	collection_free(t->c);
	value_rows_free(t->rows);
	machine_tree_remove(&t->tree);
	free(t);
	return 0;
}

static void open_set(struct rig *t, const char *set)
{
	const struct collection_options o = { .set = set, .root = { .fd = t->tree.fd } };
	struct err e;

	assert_int_equal(collection_open(&o, &t->c, &e), 0);
}

/* The values of a tick that comes so long after the last one. */
static char *sample_after(struct rig *t, nsec_t later)
{
	struct err e;

	t->now += later;
	assert_int_equal(collection_sample_at(t->c, t->now, &t->rows->sink, &e), 0);
	return value_rows_take(t->rows);
}

static void expect_after(struct rig *t, nsec_t later, const char *values)
{
	auto_free char *text = sample_after(t, later);

	assert_string_equal(text, values);
}

static void expect(struct rig *t, const char *values)
{
	expect_after(t, NSEC_PER_SEC, values);
}

static void put(struct rig *t, const char *path, const char *text)
{
	machine_tree_put(&t->tree, path, text);
}

/* ---- whole machines ---- */

static void read_fixture(const char *name, const char *end, struct buf *ret)
{
	char path[256];

	snprintf(path, sizeof(path), "tests/fixtures/proc/%s.%s", name, end);
	assert_int_equal(file_read_at(AT_FDCWD, path, ret), 0);
}

static void machine(struct rig *t, const char *name)
{
	auto_buf tree, expected;
	char path[256];

	buf_init(&tree, 0);
	buf_init(&expected, 0);
	read_fixture(name, "tree", &tree);
	machine_tree_load(&t->tree, buf_str(&tree));
	open_set(t, "all");
	auto_free char *first = sample_after(t, 0);
	auto_free char *second = sample_after(t, NSEC_PER_SEC);

	assert_string_equal(first, second);
	if (getenv("KYMO_UPDATE")) {
		snprintf(path, sizeof(path), "tests/fixtures/proc/%s.values", name);
		auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

		assert_int_equal(file_write_all(fd, first, strlen(first)), 0);
	}
	read_fixture(name, "values", &expected);
	assert_string_equal(first, buf_str(&expected));
}

static void server(void **state)
{
	machine(*state, "server");
}

static void old(void **state)
{
	machine(*state, "old");
}

static void arm(void **state)
{
	machine(*state, "arm");
}

static void descriptors(void **state)
{
	(void)state;
	for (unsigned int i = 0; collector_list[i]; i++) {
		const struct collector *c = collector_list[i];

		assert_ptr_equal(collector_by_name(c->name), c);
		assert_true(c->help && *c->help && c->help[strlen(c->help) - 1] != '.');
		assert_true(strlen(c->name) < 30 && !strpbrk(c->name, ",:-. "));
		assert_true(c->n_files ? !c->open && !c->state_bytes : c->open && c->close);
		for (unsigned int m = 0; m < c->n_metrics; m++) {
			const struct metric_spec *s = &c->metric[m];

			assert_true(s->name && s->help && *s->help);
			assert_true(s->kind == METRIC_COUNTER || s->kind == METRIC_GAUGE);
			assert_true(!s->bits || (s->bits == 32 && s->kind == METRIC_COUNTER));
			for (unsigned int o = 0; o < m; o++)
				assert_string_not_equal(s->name, c->metric[o].name);
		}
	}
	assert_null(collector_by_name("dreams"));
}

/* ---- what comes and goes ---- */

static void cpus(void **state)
{
	struct rig *t = *state;

	put(t, "proc/stat", "cpu 3 0\ncpu0 1\ncpu1 2\n");
	put(t, "proc/softirqs", "   CPU0  CPU1\nRCU: 1 2\n");
	put(t, "proc/net/softnet_stat", "1 0 0 0 0 0 0 0 0\n2 0 0 0 0 0 0 0 0\n");
	put(t, "sys/devices/system/cpu/online", "0-1\n");
	open_set(t, "cpu:user,softirqs,softnet:processed");
	expect(t, "cpu.user 3\ncpu.user @0 1\ncpu.user @1 2\nsoftnet.processed @0 1\n"
		  "softnet.processed @1 2\nsoftirqs.count RCU@0 1\nsoftirqs.count RCU@1 2\n");
	put(t, "proc/stat", "cpu 3 0\ncpu1 2\n");
	put(t, "proc/softirqs", "   CPU1\nRCU: 3\n");
	put(t, "proc/net/softnet_stat", "3 0 0 0 0 0 0 0 0\n");
	put(t, "sys/devices/system/cpu/online", "1\n");
	expect(t, "cpu.user 3\ncpu.user @1 2\nsoftnet.processed @1 3\nsoftirqs.count RCU@1 3\n");
	put(t, "proc/stat", "cpu 3 0\ncpu0 1\ncpu1 2\ncpu8191 5\n");
	expect(t, "cpu.user 3\ncpu.user @0 1\ncpu.user @1 2\ncpu.user @8191 5\n"
		  "softnet.processed @1 3\nsoftirqs.count RCU@1 3\n");
}

static void frequencies(void **state)
{
	struct rig *t = *state;

	put(t, "proc/cpuinfo", "processor : 0\ncpu MHz : 1.5\n");
	put(t, "sys/devices/system/cpu/online", "0\n");
	open_set(t, "frequency");
	expect(t, "frequency.now @0 1500\n");
	put(t, "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "900000\n");
	put(t, "sys/devices/system/cpu/cpu10/cpufreq/scaling_cur_freq", "800000\n");
	expect(t, "frequency.now @0 1500\n"); /* they are not online yet */
	put(t, "sys/devices/system/cpu/online", "0-1,10\n");
	expect(t, "frequency.now @1 900000\nfrequency.now @10 800000\n");
	put(t, "sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "<unknown>\n");
	expect(t, "frequency.now @10 800000\n");
}

static void disks(void **state)
{
	struct rig *t = *state;

	put(t, "proc/diskstats", "8 0 sda 1\n8 1 sda1 2\n");
	put(t, "sys/block/sda/size", "1\n");
	open_set(t, "disk:reads:whole");
	expect(t, "disk.reads sda 1\ndisk.whole sda 1\ndisk.reads sda1 2\ndisk.whole sda1 0\n");
	put(t, "sys/block/sdb/size", "1\n");
	put(t, "proc/diskstats", "8 16 sdb 9\n8 0 sda 3\n");
	expect(t, "disk.reads sdb 9\ndisk.whole sdb 1\ndisk.reads sda 3\ndisk.whole sda 1\n");
}

static void interfaces(void **state)
{
	struct rig *t = *state;

	put(t, "proc/net/dev", "Inter-| Receive\n face |bytes\n eth0: 1 2\n");
	put(t, "sys/class/net/eth0/speed", "1000\n");
	put(t, "sys/class/net/eth0/duplex", "half\n");
	put(t, "sys/class/net/eth1/speed", "10000\n");
	open_set(t, "network");
	expect(t, "network.rx_bytes eth0 1\nnetwork.rx_packets eth0 2\nnetwork.speed eth0 1000\n"
		  "network.duplex eth0 1\n");
	put(t, "proc/net/dev", "eth0: 2\neth0:1: 3\neth1:4 5\n");
	put(t, "sys/class/net/eth0/speed", "100\n");
	/* Speeds are asked once a minute, and a tick after something new came. */
	expect(t,
	       "network.rx_bytes eth0 2\nnetwork.speed eth0 1000\nnetwork.duplex eth0 1\n"
	       "network.rx_bytes eth0:1 3\nnetwork.rx_bytes eth1 4\nnetwork.rx_packets eth1 5\n");
	expect(t, "network.rx_bytes eth0 2\nnetwork.speed eth0 100\nnetwork.duplex eth0 1\n"
		  "network.rx_bytes eth0:1 3\nnetwork.rx_bytes eth1 4\n"
		  "network.rx_packets eth1 5\nnetwork.speed eth1 10000\n");
	put(t, "proc/net/dev", "eth1:4\n");
	put(t, "sys/class/net/eth1/speed", "2500\n");
	expect(t, "network.rx_bytes eth1 4\nnetwork.speed eth1 10000\n");
	expect_after(t, 60 * NSEC_PER_SEC, "network.rx_bytes eth1 4\nnetwork.speed eth1 2500\n");
}

static void cgroups(void **state)
{
	struct rig *t = *state;

	put(t, "sys/fs/cgroup/unified/cgroup.controllers", "\n");
	put(t, "sys/fs/cgroup/unified/cgroup.stat", "nr_descendants 1\n");
	put(t, "sys/fs/cgroup/unified/a/pids.current", "3\n");
	open_set(t, "cgroup:pids");
	expect(t, "cgroup.pids /a 3\n");
	put(t, "sys/fs/cgroup/unified/a/b/pids.current", "4\n");
	expect(t, "cgroup.pids /a 3\n");
	put(t, "sys/fs/cgroup/unified/cgroup.stat", "nr_descendants 2\n");
	expect(t, "cgroup.pids /a 3\ncgroup.pids /a/b 4\n");
	assert_int_equal(unlinkat(t->tree.fd, "sys/fs/cgroup/unified/a/b/pids.current", 0), 0);
	assert_int_equal(unlinkat(t->tree.fd, "sys/fs/cgroup/unified/a/b", AT_REMOVEDIR), 0);
	put(t, "sys/fs/cgroup/unified/c/pids.current", "5\n");
	/* The count is the same: once a minute folders are walked in any case. */
	expect_after(t, 60 * NSEC_PER_SEC, "cgroup.pids /a 3\ncgroup.pids /c 5\n");
}

static void nodes_sensors_usb(void **state)
{
	struct rig *t = *state;

	put(t, "sys/devices/system/node/node0/numastat", "numa_hit 1\n");
	put(t, "sys/class/hwmon/hwmon0/name", "chip\n");
	put(t, "sys/class/hwmon/hwmon0/temp1_input", "1000\n");
	put(t, "sys/bus/usb/devices/1-1/bMaxPower", "100mA\n");
	open_set(t, "numa,sensors,usb");
	expect(t, "numa.count node0 numa_hit 1\nsensors.temperature chip temp1 1000\n"
		  "usb.max_power 1-1 : 100\n");
	put(t, "sys/devices/system/node/node1/numastat", "numa_hit 2\n");
	put(t, "sys/class/hwmon/hwmon1/name", "chip2\n");
	put(t, "sys/class/hwmon/hwmon1/fan7_input", "2\n");
	assert_int_equal(renameat(t->tree.fd, "sys/bus/usb/devices/1-1", t->tree.fd,
				  "sys/bus/usb/devices/2-1"),
			 0);
	expect(t, "numa.count node0 numa_hit 1\nsensors.temperature chip temp1 1000\n"
		  "usb.max_power 1-1 : 100\n");
	expect_after(t, 60 * NSEC_PER_SEC,
		     "numa.count node0 numa_hit 1\nnuma.count node1 numa_hit 2\n"
		     "sensors.temperature chip temp1 1000\nsensors.fan chip2 fan7 2\n"
		     "usb.max_power 2-1 : 100\n");
}

/* ---- mounts: what is asked, and above all what is not ---- */

static uint64_t mount_id(int fd)
{
	struct statx x;

	assert_int_equal(statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &x), 0);
	return x.stx_mnt_id;
}

static void mounts(void **state)
{
	struct rig *t = *state;
	struct statfs f;
	char text[2048], expected[1024];
	unsigned long long id = mount_id(t->tree.fd);

	put(t, "home/x", "");
	put(t, "a b/x", "");
	put(t, "net/srv/local/x", "");
	put(t, "netlocal/x", "");
	put(t, "boot/x", "");
	snprintf(text, sizeof(text),
		 "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
		 "%llu 1 8:2 / /home rw,relatime shared:5 master:1 - xfs /dev/sda2 rw\n"
		 "%llu 1 8:2 /x /home/x rw - xfs /dev/sda2 rw\n" /* mounted twice */
		 "%llu 1 8:3 / /a\\040b rw - btrfs /dev/sda3 rw\n"
		 "%llu 1 0:40 / /net/srv rw - nfs4 srv:/export rw\n"
		 "%llu 1 8:4 / /net/srv/local rw - ext4 /dev/sdb rw\n" /* the way is through NFS */
		 "%llu 1 8:5 / /netlocal rw - ext4 /dev/sdc rw\n"
		 "%llu 1 0:41 / /boot rw - autofs systemd-1 rw\n"
		 "%llu 1 8:6 / /boot rw - vfat /dev/sda6 rw\n"
		 "%llu 1 0:42 / /a\\040b/fuse rw - fuse.sshfs x rw\n"
		 "%llu 1 0:43 / /proc rw - proc proc rw\n"
		 "%llu 1 0:44 / /merged rw - overlay overlay rw\n"
		 "7 1 8:7 / /gone rw - ext4 /dev/sdd rw\n"
		 "x\n8 1 8:8\n9 1 8:9 / relative rw - ext4 x\n10 1 8:10 / /late rw -",
		 id, id, id, id, id, id, id, id, id, id, id);
	put(t, "proc/self/mountinfo", text);
	open_set(t, "filesystem:size");
	assert_int_equal(fstatfs(t->tree.fd, &f), 0);
	unsigned long long size = (unsigned long long)f.f_blocks * (unsigned long long)f.f_frsize;

	/* "/" is another mount than the list says: something lies over it. */
	snprintf(expected, sizeof(expected),
		 "filesystem.size /a b %llu\nfilesystem.size /boot %llu\n"
		 "filesystem.size /home %llu\nfilesystem.size /netlocal %llu\n",
		 size, size, size, size);
	expect(t, expected);
	snprintf(text, sizeof(text), "%llu 0 8:1 / / rw - overlay overlay rw\n", id);
	put(t, "proc/self/mountinfo", text);
	expect(t, expected);
	snprintf(expected, sizeof(expected), "filesystem.size / %llu\n", size);
	expect_after(t, 60 * NSEC_PER_SEC, expected);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(server),  TEST(old),
		TEST(arm),     TEST(descriptors),
		TEST(cpus),    TEST(frequencies),
		TEST(disks),   TEST(interfaces),
		TEST(cgroups), TEST(nodes_sensors_usb),
		TEST(mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
