/* SPDX-License-Identifier: MIT */
/*
 * The collectors, the blocks and the sadf-json exporter over 30 seconds of /proc files that were
 * read while sadc was at work, against what sysstat's sadf -j prints of its file: the same keys,
 * and the same numbers but for what happened in the milliseconds between the two readings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <inttypes.h>
#include <jansson.h>
#include <math.h>

#include "capture_file.h"
#include "collect/collection.h"
#include "export/exporter.h"
#include "import/importer.h"
#include "model/file_track.h"
#include "model/memory.h"
#include "model/run.h"

#define SNAPSHOTS 31
#define FILES	  64
#define NUMBERS	  1024

struct snapshot {
	char *path[FILES], *text[FILES]; /* "proc/stat" */
	unsigned int n;
	uint64_t mono, real; /* of /proc/stat */
};

struct captures {
	struct buf tar, json;
	struct snapshot snapshot[SNAPSHOTS];
	unsigned int now;
};

/* ---- reading what was captured ---- */

/* "=== /proc/stat MONO REAL LENGTH\n" and the text, again and again. Per-process files are left. */
static void parse_snapshot(struct snapshot *s, char *text, size_t n)
{
	char *p = text, *end = text + n;

	while (p < end && s->n < FILES) {
		char path[128];
		uint64_t mono, real;
		size_t len;
		int used;

		if (sscanf(p, "=== /%127s %" SCNu64 " %" SCNu64 " %n", path, &mono, &real, &used) !=
		    3)
			break;
		bool absent = sscanf(p + used, "%zu", &len) != 1;
		char *body = strchr(p, '\n') + 1;

		p = absent ? body : body + len;
		if (absent || (path[5] >= '0' && path[5] <= '9'))
			continue;
		if (!strcmp(path, "proc/stat")) {
			s->mono = mono;
			s->real = real;
		}
		s->path[s->n] = strdup(path);
		s->text[s->n++] = strndup(body, len);
		/* The text may lack a newline at its end. */
		while (p < end && *p != '=')
			p++;
	}
}

/* A tar's files; names are in order but for the archive's own. */
static void parse_tar(struct captures *c)
{
	char *p = (char *)c->tar.data, *end = p + c->tar.len;

	while (p + 512 <= end && *p) {
		const char *name = strstr(p, "snap0");
		unsigned int number;
		size_t size = 0;

		for (const char *o = p + 124; *o >= '0' && *o <= '7'; o++)
			size = size * 8 + (size_t)(*o - '0');
		if (name && name < p + 100 && sscanf(name, "snap%u.txt", &number) == 1 &&
		    number < SNAPSHOTS)
			parse_snapshot(&c->snapshot[number], p + 512, size);
		p += 512 + (size + 511) / 512 * 512;
	}
}

static const char *text_of(void *ctx, const char *path)
{
	struct captures *c = ctx;
	const struct snapshot *s = &c->snapshot[c->now];

	for (unsigned int i = 0; i < s->n; i++)
		if (!strcmp(s->path[i], path))
			return s->text[i];
	return NULL;
}

/* ---- ours ---- */

static void put_clock(struct memory *m, const struct snapshot *s)
{
	auto_ptr(batch) b = batch_new(&track_clock, 1);
	struct err e = { 0 };

	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = s->mono;
	batch_u64(b, CLOCK_REAL)[0] = s->real;
	assert_int_equal(sink_write(memory_sink(m), b, &e), 0);
}

/* A run as sadf -j. */
static json_t *export_run(struct source *src)
{
	const struct export_args args = { .from = src->info->start, .to = src->info->end };
	struct export_result result = { 0 };
	struct err e = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (exporter_by_name("sadf-json")->run(src, &args, out, &result, &e) < 0)
		fail_msg("%s", e.text);
	(void)fclose(out);
	export_result_done(&result);
	json_t *v = json_loadb(text, n, 0, NULL);

	assert_non_null(v);
	free(text);
	return v;
}

static json_t *export_snapshots(struct captures *c)
{
	const struct collection_options o = {
		.set = "cpu,load,memory,vmstat,pressure,disk,network,softnet,sockets,files,"
		       "interrupts,snmp",
		.root = { .fd = -1, .text = text_of, .ctx = c },
	};
	auto_ptr(collection) collection = NULL;
	auto_ptr(memory) memory = memory_new();
	struct err e = { 0 };

	if (collection_open(&o, &collection, &e) < 0)
		fail_msg("%s", e.text);
	put_clock(memory, &c->snapshot[0]);
	for (c->now = 0; c->now < SNAPSHOTS; c->now++)
		assert_int_equal(collection_sample_at(collection, c->snapshot[c->now].mono,
						      memory_sink(memory), &e),
				 0);
	return export_run(memory_source(memory));
}

/* ---- comparing ---- */

struct number {
	char name[160]; /* "network/net-dev/lo/rxkB" */
	double sum[2], peak; /* ours and theirs; the greatest of them */
	unsigned int n[2];
};

struct comparison {
	struct number number[NUMBERS];
	unsigned int n;
};

static struct number *find(struct comparison *c, const char *name)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (!strcmp(c->number[i].name, name))
			return &c->number[i];
	assert_true(c->n < NUMBERS);
	(void)snprintf(c->number[c->n].name, sizeof(c->number[0].name), "%s", name);
	return &c->number[c->n++];
}

static void take_number(struct comparison *c, unsigned int side, const char *name, double v)
{
	struct number *x = find(c, name);

	x->sum[side] += v;
	x->n[side]++;
	x->peak = fmax(x->peak, fabs(v));
}

/* What names the objects of an array. */
static const char *name_of(const json_t *object)
{
	static const char *const keys[] = { "cpu",	  "intr",   "iface", "disk-device",
					    "filesystem", "number", "line" };
	static char number[32];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const json_t *v = json_object_get(object, keys[i]);

		if (json_is_string(v))
			return json_string_value(v);
		if (json_is_integer(v)) {
			(void)snprintf(number, sizeof(number), "%d", (int)json_integer_value(v));
			return number;
		}
	}
	return "?";
}

static void flatten(struct comparison *c, unsigned int side, const char *path, const json_t *v)
{
	const char *key;
	const json_t *x;
	char name[160];
	size_t i;

	if (json_is_number(v))
		take_number(c, side, path, json_number_value(v));
	if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, key, x)
		{
			(void)snprintf(name, sizeof(name), "%.100s%s%.50s", path, *path ? "/" : "",
				       key);
			if (strcmp(name, "timestamp") != 0)
				flatten(c, side, name, x);
		}
	}
	json_array_foreach(v, i, x)
	{
		(void)snprintf(name, sizeof(name), "%.100s/%.50s", path, name_of(x));
		flatten(c, side, name, x);
	}
}

static const json_t *statistics(const json_t *v)
{
	const json_t *hosts = json_object_get(json_object_get(v, "sysstat"), "hosts");

	return json_object_get(json_array_get(hosts, 0), "statistics");
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* What was not among the captured files. */
static bool is_not_captured(const char *name)
{
	static const char *const without[] = {
		"serial/",	     "filesystems/",	   "power-management/", "network/net-nfs",
		"network/net-sock6", "network/net-ip6",	   "network/net-eip6",	"network/net-icmp6",
		"network/net-udp6",  "network/net-eicmp6",
	};

	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (begins(name, without[i]))
			return true;
	return false;
}

/* What was read of other files then, and what those who read are part of themselves. */
static bool is_not_alike(const char *name)
{
	static const char *const without[] = {
		"kernel/pty-nr",	   "kernel/inode-nr", "memory/commit",
		"memory/commit-percent",   "memory/pgtbl",    "queue/runq-sz",
		"network/net-sock/totsck",
	};

	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (!strcmp(name, without[i]))
			return true;
	return false;
}

static void check_snapshots(void **state)
{
	struct captures *c = *state;
	struct comparison *comparison = calloc(1, sizeof(*comparison));
	json_t *ours = export_snapshots(c);
	json_t *theirs = json_loadb((const char *)c->json.data, c->json.len, 0, NULL);
	unsigned int common = 0, apart = 0, missing = 0;
	const json_t *tick;
	size_t i;

	assert_non_null(theirs);
	assert_int_equal(json_array_size(statistics(ours)), SNAPSHOTS - 1);
	json_array_foreach(statistics(theirs), i, tick) flatten(comparison, 1, "", tick);
	json_array_foreach(statistics(ours), i, tick) flatten(comparison, 0, "", tick);
	for (unsigned int k = 0; k < comparison->n; k++) {
		struct number *x = &comparison->number[k];

		if (is_not_alike(x->name))
			continue;
		if (!x->n[0] || !x->n[1]) {
			/* An interrupt that never came is not recorded. */
			if (!x->n[0] && (is_not_captured(x->name) ||
					 (begins(x->name, "interrupts/") && x->peak == 0)))
				continue;
			print_message("only %s: %s\n", x->n[0] ? "ours" : "theirs", x->name);
			missing++;
			continue;
		}
		double a = x->sum[0] / x->n[0], b = x->sum[1] / x->n[1];

		common++;
		/* The second's worst may lie in either of two seconds at the ends. */
		if (fabs(a - b) <= 0.02 + 0.02 * fabs(b) + 0.02 * x->peak)
			continue;
		print_message("%s: %.2f, sadf %.2f\n", x->name, a, b);
		apart++;
	}
	print_message("%u common numbers\n", common);
	assert_int_equal(missing, 0);
	assert_int_equal(apart, 0);
	assert_true(common > 250);
	json_decref(ours);
	json_decref(theirs);
	free(comparison);
}

/* sadf -j read, and written again: the same numbers under the same keys. */
static int no_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)key;
	(void)value;
	(void)e;
	return 0;
}

static void check_same(const char *path, const json_t *a, const json_t *b)
{
	const char *key;
	const json_t *x;
	char name[160];
	size_t i;

	if (json_is_number(a)) {
		if (!json_is_number(b) || fabs(json_number_value(a) - json_number_value(b)) > 1e-9)
			fail_msg("%s: %g, is %g", path, json_number_value(a), json_number_value(b));
	} else if (json_is_string(a)) {
		assert_string_equal(json_string_value(a), json_string_value(b));
	} else if (json_is_array(a)) {
		if (json_array_size(a) != json_array_size(b))
			fail_msg("%s: %zu members, not %zu", path, json_array_size(b),
				 json_array_size(a));
		json_array_foreach(a, i, x) check_same(path, x, json_array_get(b, i));
	} else {
		json_object_foreach((json_t *)(uintptr_t)a, key, x)
		{
			(void)snprintf(name, sizeof(name), "%.100s/%.50s", path, key);
			/* The one block of sysstat that is not among ours. */
			if (strcmp(key, "serial") != 0)
				check_same(name, x, json_object_get(b, key));
		}
	}
}

static void check_there_and_back(void **state)
{
	struct captures *c = *state;
	auto_ptr(memory) memory = memory_new();
	auto_ptr(input) in = NULL;
	const struct import_args args = { .meta = no_meta };
	struct import_result result = { 0 };
	struct err e = { 0 };
	json_t *a = json_loadb((const char *)c->json.data, c->json.len, 0, NULL);

	assert_int_equal(input_open_memory(c->json.data, c->json.len, "sa", &in), 0);
	assert_string_equal(importer_recognise(in)->name, "sadf");
	if (importer_by_name("sadf")->run(in, memory_sink(memory), &args, &result, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(result.complete);
	json_t *b = export_run(memory_source(memory));

	check_same("", statistics(a), statistics(b));
	import_result_done(&result);
	json_decref(a);
	json_decref(b);
}

static int setup(void **state)
{
	struct captures *c = calloc(1, sizeof(*c));

	*state = c;
	if (load_from("os", "procsnap.tar.zst", &c->tar) &&
	    load_from("os", "sa_xall.json", &c->json))
		parse_tar(c);
	return 0;
}

static int teardown(void **state)
{
	struct captures *c = *state;

	for (unsigned int i = 0; i < SNAPSHOTS; i++)
		for (unsigned int k = 0; k < c->snapshot[i].n; k++) {
			free(c->snapshot[i].path[k]);
			free(c->snapshot[i].text[k]);
		}
	buf_done(&c->tar);
	buf_done(&c->json);
	free(c);
	return 0;
}

static bool have(void **state)
{
	const struct captures *c = *state;

	if (!c->snapshot[0].n) {
		print_message("SKIP: no data/os captures\n");
		skip();
	}
	return true;
}

static void test_of_snapshots(void **state)
{
	if (have(state))
		check_snapshots(state);
}

static void test_of_import(void **state)
{
	if (have(state))
		check_there_and_back(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_of_snapshots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_of_import, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
