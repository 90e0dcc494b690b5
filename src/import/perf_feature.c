/* SPDX-License-Identifier: MIT */
/* Reads what perf noted about the host. A text is a u32 length (padding included) and the bytes. */
#include "import/perf_feature.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/hex.h"

#define BUILD_ID_HAS_SIZE (1u << 15) /* PERF_RECORD_MISC_BUILD_ID_SIZE */
#define BUILD_IDS_MAX	  (1u << 20)

struct section {
	const uint8_t *p, *end;
	bool big;
	const char *name;
};

void perf_features_done(struct perf_features *f)
{
	free(f->cpu);
	for (size_t i = 0; i < f->n_build_ids; i++)
		free(f->build_id[i].path);
	free(f->build_id);
	memset(f, 0, sizeof(*f));
}

static int cut(const struct section *s, struct err *e)
{
	return err_set(e, -EBADMSG, "feature section '%s' is cut", s->name);
}

static int take_u32(struct section *s, uint32_t *ret, struct err *e)
{
	if (s->end - s->p < 4)
		return cut(s, e);
	*ret = perf_u32(s->p, s->big);
	s->p += 4;
	return 0;
}

static int take_u64(struct section *s, uint64_t *ret, struct err *e)
{
	if (s->end - s->p < 8)
		return cut(s, e);
	*ret = perf_u64(s->p, s->big);
	s->p += 8;
	return 0;
}

/* Lent; ends in a NUL inside the section. */
static int take_text(struct section *s, const char **ret, struct err *e)
{
	uint32_t n = 0;
	int r = take_u32(s, &n, e);

	if (r < 0)
		return r;
	if (!n || n > (size_t)(s->end - s->p) || !memchr(s->p, 0, n))
		return cut(s, e);
	*ret = (const char *)s->p;
	s->p += n;
	return 0;
}

static int skip_texts(struct section *s, struct err *e)
{
	const char *text = NULL;
	uint32_t n = 0;
	int r = take_u32(s, &n, e);

	for (uint32_t i = 0; r >= 0 && i < n; i++)
		r = take_text(s, &text, e);
	return r;
}

static int text_meta(struct section *s, const struct import_args *args, const char *key,
		     const char *before, struct err *e)
{
	const char *text = NULL;
	int r = take_text(s, &text, e);
	auto_buf value;

	buf_init(&value, 1 << 16);
	if (r < 0)
		return r;
	r = buf_addf(&value, "%s%s", before, text);
	return r < 0 ? r : args->meta(args->ctx, key, buf_str(&value), e);
}

static int parse_cmdline(struct section *s, const struct import_args *args, struct err *e)
{
	uint32_t n = 0;
	int r = take_u32(s, &n, e);
	auto_buf line;

	buf_init(&line, 1 << 20);
	for (uint32_t i = 0; r >= 0 && i < n; i++) {
		const char *word = NULL;

		r = take_text(s, &word, e);
		if (r >= 0)
			r = buf_addf(&line, "%s%s", i ? " " : "", word);
	}
	if (r < 0)
		return r;
	return args->meta(args->ctx, "kymo.command", buf_str(&line), e);
}

static int parse_cpus(struct perf_features *f, struct section *s, const struct import_args *args,
		      struct err *e)
{
	char list[32];

	/* A pipe may say it twice. */
	free(f->cpu);
	f->cpu = NULL;
	f->has_topology = false;
	int r = take_u32(s, &f->n_cpus, e);

	if (r >= 0)
		r = take_u32(s, &f->n_online, e);
	if (r < 0 || f->n_cpus > CPUSET_MAX) {
		f->n_cpus = f->n_online = 0;
		return r < 0 ? r : cut(s, e);
	}
	/* Which ones are online is said only when all are. */
	if (!f->n_cpus || f->n_online != f->n_cpus)
		return 0;
	snprintf(list, sizeof(list), f->n_cpus > 1 ? "0-%u" : "%u", f->n_cpus - 1);
	return args->meta(args->ctx, "cpu.online", list, e);
}

static int make_cpus(struct perf_features *f)
{
	if (f->cpu || !f->n_cpus)
		return 0;
	f->cpu = calloc(f->n_cpus, sizeof(*f->cpu));
	if (!f->cpu)
		return -ENOMEM;
	memset(f->cpu, 0xff, f->n_cpus * sizeof(*f->cpu));
	return 0;
}

/* Lists of siblings as texts, twice; then (core, package) of every possible CPU. */
static int parse_topology(struct perf_features *f, struct section *s, struct err *e)
{
	int r = skip_texts(s, e);

	if (r >= 0)
		r = skip_texts(s, e);
	if (r >= 0)
		r = make_cpus(f);
	for (uint32_t i = 0; r >= 0 && i < f->n_cpus; i++) {
		r = take_u32(s, &f->cpu[i].core, e);
		if (r >= 0)
			r = take_u32(s, &f->cpu[i].package, e);
		f->has_topology = true;
	}
	return r;
}

/* Per node: number, bytes in all, bytes free, list of CPUs. */
static int parse_nodes(struct perf_features *f, struct section *s, struct err *e)
{
	uint32_t n = 0;
	int r = take_u32(s, &n, e);

	if (r >= 0)
		r = make_cpus(f);
	for (uint32_t i = 0; r >= 0 && i < n; i++) {
		auto_free struct cpuset *cpus = malloc(sizeof(*cpus));
		const char *list = NULL;
		uint32_t node = 0;
		uint64_t bytes;

		if (!cpus)
			return -ENOMEM;
		r = take_u32(s, &node, e);
		if (r >= 0)
			r = take_u64(s, &bytes, e);
		if (r >= 0)
			r = take_u64(s, &bytes, e);
		if (r >= 0)
			r = take_text(s, &list, e);
		if (r < 0)
			return r;
		/* A node without CPUs has an empty list. */
		if (!*list || cpuset_parse(list, cpus, NULL) < 0)
			continue;
		for (int c = cpuset_next(cpus, 0); c >= 0; c = cpuset_next(cpus, c + 1))
			if ((uint32_t)c < f->n_cpus) {
				f->cpu[c].node = node;
				f->has_topology = true;
			}
	}
	return r;
}

/* u32 events, u32 bytes of an attr; per event: attr, u32 ids, name, u64 per id. */
static int parse_events(struct section *s, struct perf_attrs *attrs, struct err *e)
{
	uint32_t n = 0, bytes = 0;
	int r = take_u32(s, &n, e);

	if (r >= 0)
		r = take_u32(s, &bytes, e);
	for (uint32_t i = 0; r >= 0 && i < n; i++) {
		const char *name = NULL;
		uint32_t ids = 0;

		if (bytes > (size_t)(s->end - s->p))
			return cut(s, e);
		s->p += bytes;
		r = take_u32(s, &ids, e);
		if (r >= 0)
			r = take_text(s, &name, e);
		if (r < 0)
			return r;
		if (ids > (size_t)(s->end - s->p) / 8)
			return cut(s, e);
		s->p += 8 * (size_t)ids;
		/* Same order as the attributes. */
		if (i < attrs->n && !attrs->attr[i].name) {
			attrs->attr[i].name = strdup(name);
			if (!attrs->attr[i].name)
				return -ENOMEM;
		}
	}
	return r;
}

/* u32 version, u32 clockid, u64 CLOCK_REALTIME, u64 the clock's time at the same moment. */
static int parse_clock_data(struct perf_features *f, struct section *s, struct err *e)
{
	uint32_t version = 0;
	uint64_t real = 0, time = 0;
	int r = take_u32(s, &version, e);

	if (r >= 0)
		r = take_u32(s, &f->clockid, e);
	if (r >= 0)
		r = take_u64(s, &real, e);
	if (r >= 0)
		r = take_u64(s, &time, e);
	if (r < 0 || version != 1)
		return r;
	f->real_time = real;
	f->clock_time = time;
	f->has_clock_data = true;
	return 0;
}

/* ---- build ids ---- */

static int add_build_id(struct perf_features *f, const char *path, const uint8_t *id, size_t n)
{
	if (f->n_build_ids == f->cap_build_ids) {
		size_t cap = f->cap_build_ids ? 2 * f->cap_build_ids : 64;
		struct perf_build_id *grown = reallocarray(f->build_id, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		f->build_id = grown;
		f->cap_build_ids = cap;
	}
	struct perf_build_id *b = &f->build_id[f->n_build_ids];

	b->path = strdup(path);
	if (!b->path)
		return -ENOMEM;
	hex_text(id, n, b->id);
	f->n_build_ids++;
	f->build_ids_sorted = false;
	return 0;
}

/* Records: header (type unused, misc, bytes), s32 pid, 20 bytes of the id, its length, 3 unused;
 * path. */
static int parse_build_ids(struct perf_features *f, struct section *s, struct err *e)
{
	int r = 0;

	while (r >= 0 && s->end - s->p >= 36 && f->n_build_ids < BUILD_IDS_MAX) {
		size_t n = perf_u16(s->p + 6, s->big), id = 20;

		if (n <= 36 || n > (size_t)(s->end - s->p) || !memchr(s->p + 36, 0, n - 36))
			return cut(s, e);
		if (perf_u16(s->p + 4, s->big) & BUILD_ID_HAS_SIZE)
			id = min_of((size_t)s->p[32], (size_t)20);
		r = add_build_id(f, (const char *)s->p + 36, s->p + 12, id);
		s->p += n;
	}
	return r;
}

static int compare_build_ids(const void *a, const void *b)
{
	const struct perf_build_id *x = a, *y = b;

	return strcmp(x->path, y->path);
}

const char *perf_features_build_id(struct perf_features *f, const char *path)
{
	size_t low = 0, high = f->n_build_ids;

	if (!f->build_ids_sorted && high)
		qsort(f->build_id, high, sizeof(*f->build_id), compare_build_ids);
	f->build_ids_sorted = true;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(path, f->build_id[mid].path);

		if (!c)
			return f->build_id[mid].id;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static int parse_arch(struct perf_features *f, struct section *s, const struct import_args *args,
		      struct err *e)
{
	const char *text = NULL;
	struct section copy = *s;
	int r = take_text(&copy, &text, e);

	if (r < 0)
		return r;
	snprintf(f->machine, sizeof(f->machine), "%s", text);
	return text_meta(s, args, "host.machine", "", e);
}

int perf_feature_parse(struct perf_features *f, unsigned int feature, const uint8_t *p, size_t n,
		       bool big, const struct import_args *args, struct perf_attrs *attrs,
		       struct err *e)
{
	struct section s = { .p = p, .end = p + n, .big = big };
	int r;

	switch (feature) {
	case PERF_FEATURE_HOSTNAME:
		s.name = "hostname";
		return text_meta(&s, args, "host.name", "", e);
	case PERF_FEATURE_OSRELEASE:
		s.name = "os release";
		return text_meta(&s, args, "kernel.release", "", e);
	case PERF_FEATURE_VERSION:
		s.name = "version";
		return text_meta(&s, args, "kymo.engine", "perf record ", e);
	case PERF_FEATURE_ARCH:
		s.name = "arch";
		return parse_arch(f, &s, args, e);
	case PERF_FEATURE_BUILD_ID:
		s.name = "build ids";
		return parse_build_ids(f, &s, e);
	case PERF_FEATURE_CPUDESC:
		s.name = "cpu description";
		return text_meta(&s, args, "cpu.model", "", e);
	case PERF_FEATURE_CMDLINE:
		s.name = "command line";
		return parse_cmdline(&s, args, e);
	case PERF_FEATURE_NRCPUS:
		s.name = "number of cpus";
		return parse_cpus(f, &s, args, e);
	case PERF_FEATURE_EVENT_DESC:
		s.name = "event description";
		return parse_events(&s, attrs, e);
	case PERF_FEATURE_CPU_TOPOLOGY:
		s.name = "cpu topology";
		return parse_topology(f, &s, e);
	case PERF_FEATURE_NUMA_TOPOLOGY:
		s.name = "numa topology";
		return parse_nodes(f, &s, e);
	case PERF_FEATURE_SAMPLE_TIME:
		s.name = "sample time";
		r = take_u64(&s, &f->first_sample, e);
		return r < 0 ? r : take_u64(&s, &f->last_sample, e);
	case PERF_FEATURE_CLOCK_DATA:
		s.name = "clock data";
		return parse_clock_data(f, &s, e);
	default:
		return 0;
	}
}
