/* SPDX-License-Identifier: MIT */
/* What is known of a run, gathered from the rows that describe it, and how much of a window its
 * events cover. */
#include "model/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpuset.h"
#include "model/file_track.h"

void run_info_done(struct run_info *r)
{
	for (size_t i = 0; i < r->n_meta; i++) {
		free((char *)(uintptr_t)r->meta[i].key);
		free((char *)(uintptr_t)r->meta[i].value);
	}
	free(r->meta);
	free(r->cpu);
	free(r->loss);
	free(r->anchor);
	free(r->stream);
	*r = (struct run_info){ 0 };
}

/* One more item at the end of a growing array: *@n is counted up. NULL: out of memory. */
static void *add_item(void **array, size_t *n, size_t item)
{
	/* Grown by doubling: the array is full when *n is 0 or a power of two. */
	if ((*n & (*n - 1)) == 0) {
		void *grown = reallocarray(*array, *n ? 2 * *n : 1, item);

		if (!grown)
			return NULL;
		*array = grown;
	}
	char *p = (char *)*array + *n * item;

	memset(p, 0, item);
	(*n)++;
	return p;
}

static int add_meta(struct run_info *r, const char *key, const char *value)
{
	char *k = strdup(key), *v = strdup(value);
	struct run_meta *m = k && v ? add_item((void **)&r->meta, &r->n_meta, sizeof(*m)) : NULL;

	if (!m) {
		free(k);
		free(v);
		return -ENOMEM;
	}
	*m = (struct run_meta){ .key = k, .value = v };
	return 0;
}

/* First entry whose CPU is not below @cpu. */
static size_t cpu_place(const struct run_info *r, uint32_t cpu)
{
	size_t low = 0, high = r->n_cpu;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->cpu[mid].cpu < cpu)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The entry of @cpu, made when it is new. -E2BIG: the file names more CPUs than any machine has. */
static int find_cpu(struct run_info *r, uint32_t cpu, struct run_cpu **ret)
{
	size_t at = cpu_place(r, cpu), after = r->n_cpu - at;

	if (after == 0 || r->cpu[at].cpu != cpu) {
		if (r->n_cpu >= CPUSET_MAX)
			return -E2BIG;
		if (!add_item((void **)&r->cpu, &r->n_cpu, sizeof(*r->cpu)))
			return -ENOMEM;
		memmove(&r->cpu[at + 1], &r->cpu[at], after * sizeof(*r->cpu));
		r->cpu[at] = (struct run_cpu){
			.cpu = cpu,
			.package = UINT32_MAX,
			.core = UINT32_MAX,
			.node = UINT32_MAX,
			.start = NSEC_MAX,
		};
	}
	*ret = &r->cpu[at];
	return 0;
}

static int add_marks(struct run_info *r, const struct batch *b)
{
	if (b->cpu == BATCH_CPU_NONE)
		return 0;
	for (uint32_t i = 0; i < b->rows; i++) {
		uint8_t kind = batch_u8(b, MARK_KIND)[i];

		if (kind != MARK_START && kind != MARK_END)
			continue;
		struct run_cpu *c;
		int rc = find_cpu(r, b->cpu, &c);

		if (rc < 0)
			return rc;
		if (kind == MARK_START && (!c->start_marked || b->time[i] < c->start)) {
			c->start = b->time[i];
			c->start_marked = true;
		} else if (kind == MARK_END && (!c->end_marked || b->time[i] > c->end)) {
			c->end = b->time[i];
			c->end_marked = true;
		}
	}
	return 0;
}

static int add_losses(struct run_info *r, const struct batch *b)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		struct run_loss *l = add_item((void **)&r->loss, &r->n_loss, sizeof(*l));

		if (!l)
			return -ENOMEM;
		*l = (struct run_loss){
			.from = b->time[i],
			.to = max_of(batch_u64(b, LOSS_END)[i], b->time[i]),
			.cpu = b->cpu,
			.track = batch_u16(b, LOSS_TRACK)[i],
			.count = batch_u64(b, LOSS_COUNT)[i],
			.cause = batch_u8(b, LOSS_CAUSE)[i],
		};
	}
	return 0;
}

static int add_cpus(struct run_info *r, const struct batch *b)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		struct run_cpu *c;
		int rc = find_cpu(r, batch_u32(b, CPU_CPU)[i], &c);

		if (rc < 0)
			return rc;
		c->package = batch_u32(b, CPU_PACKAGE)[i];
		c->core = batch_u32(b, CPU_CORE)[i];
		c->node = batch_u32(b, CPU_NODE)[i];
	}
	return 0;
}

static int add_anchors(struct run_info *r, const struct batch *b)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		struct run_anchor *a = add_item((void **)&r->anchor, &r->n_anchor, sizeof(*a));

		if (!a)
			return -ENOMEM;
		*a = (struct run_anchor){ .mono = b->time[i], .real = batch_u64(b, CLOCK_REAL)[i] };
	}
	return 0;
}

/* Events where no mark says when the CPU's coverage begins or ends. */
static int widen(struct run_info *r, const struct batch *b)
{
	struct run_cpu *c = &r->no_cpu;
	int rc = b->cpu == BATCH_CPU_NONE || !b->rows ? 0 : find_cpu(r, b->cpu, &c);

	if (rc < 0 || !b->rows)
		return rc;
	if (c == &r->no_cpu && !r->has_no_cpu) {
		*c = (struct run_cpu){ .cpu = BATCH_CPU_NONE, .start = NSEC_MAX };
		r->has_no_cpu = true;
	}
	if (!c->start_marked)
		c->start = min_of(c->start, b->time[0]);
	if (!c->end_marked)
		c->end = max_of(c->end, b->time[b->rows - 1]);
	return 0;
}

void run_info_set_name(struct run_info *r, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = strlen(base);

	if (n > 5 && strcmp(base + n - 5, ".kymo") == 0)
		n -= 5;
	snprintf(r->name, sizeof(r->name), "%.*s", (int)min_of(n, sizeof(r->name) - 1), base);
}

int run_meta_write(struct sink *sink, const char *key, const char *value, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_meta, 1);

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	int64_t k = batch_add_text(b, key), v = batch_add_text(b, value);

	if (k < 0 || v < 0)
		return err_set(e, -E2BIG, "value of '%s' is too long", key);
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = nsec_monotonic();
	((uint32_t *)b->col[META_KEY])[0] = (uint32_t)k;
	((uint32_t *)b->col[META_VALUE])[0] = (uint32_t)v;
	return sink_write(sink, b, e);
}

int run_info_add(struct run_info *r, const struct batch *b)
{
	if (b->track == &track_meta) {
		for (uint32_t i = 0; i < b->rows; i++) {
			int rc = add_meta(r, batch_text(b, META_KEY, i),
					  batch_text(b, META_VALUE, i));

			if (rc < 0)
				return rc;
		}
		return 0;
	}
	if (b->track == &track_mark)
		return add_marks(r, b);
	if (b->track == &track_loss)
		return add_losses(r, b);
	if (b->track == &track_cpu)
		return add_cpus(r, b);
	if (b->track == &track_clock)
		return add_anchors(r, b);
	return b->track->id >= TRACK_FIRST_EVENT ? widen(r, b) : 0;
}

static int compare_losses(const void *a, const void *b)
{
	nsec_t x = ((const struct run_loss *)a)->from, y = ((const struct run_loss *)b)->from;

	return x < y ? -1 : x > y;
}

static int compare_anchors(const void *a, const void *b)
{
	nsec_t x = ((const struct run_anchor *)a)->mono, y = ((const struct run_anchor *)b)->mono;

	return x < y ? -1 : x > y;
}

static bool covered(const struct run_cpu *c)
{
	return c->start <= c->end;
}

void run_info_settle(struct run_info *r)
{
	if (r->n_loss)
		qsort(r->loss, r->n_loss, sizeof(*r->loss), compare_losses);
	if (r->n_anchor)
		qsort(r->anchor, r->n_anchor, sizeof(*r->anchor), compare_anchors);
	r->start = NSEC_MAX;
	r->end = 0;
	/* A recorder that was killed marked the start only, and may not have seen an event on an
	 * idle CPU. */
	nsec_t latest = 0;

	for (size_t i = 0; i < r->n_cpu; i++)
		latest = max_of(latest, r->cpu[i].end);
	for (size_t i = 0; i < r->n_cpu; i++) {
		struct run_cpu *c = &r->cpu[i];

		if (c->start_marked && !c->end_marked && c->end < c->start)
			c->end = max_of(latest, c->start);
		if (!covered(c))
			continue;
		r->start = min_of(r->start, c->start);
		r->end = max_of(r->end, c->end);
	}
	if (r->start > r->end && r->has_no_cpu) {
		r->start = r->no_cpu.start;
		r->end = r->no_cpu.end;
	}
	if (r->start > r->end)
		r->start = r->end = 0;
}

const char *run_info_meta(const struct run_info *r, const char *key)
{
	/* The latest says it: a value may be set again at the end. */
	for (size_t i = r->n_meta; i-- > 0;)
		if (!strcmp(r->meta[i].key, key))
			return r->meta[i].value;
	return NULL;
}

const struct run_cpu *run_info_cpu(const struct run_info *r, uint32_t cpu)
{
	size_t at = cpu_place(r, cpu);

	return at < r->n_cpu && r->cpu[at].cpu == cpu ? &r->cpu[at] : NULL;
}

nsec_t run_info_realtime(const struct run_info *r, nsec_t mono)
{
	const struct run_anchor *best = NULL;
	nsec_t nearest = NSEC_MAX;

	for (size_t i = 0; i < r->n_anchor; i++) {
		const struct run_anchor *a = &r->anchor[i];
		nsec_t away = a->mono > mono ? a->mono - mono : mono - a->mono;

		if (away < nearest) {
			nearest = away;
			best = a;
		}
	}
	return best ? best->real + (mono - best->mono) : 0;
}

/* ---- coverage ---- */

/* Time that a loss takes away; `before` is the length of all spans of the same CPU before it. */
struct span {
	uint32_t cpu;
	nsec_t from, to, before;
};

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Losses of @track in the window as spans by CPU and time that do not overlap. Returns how many. */
static size_t lost_spans(const struct run_info *r, uint16_t track, nsec_t from, nsec_t to,
			 struct span *span)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < r->n_loss; i++) {
		const struct run_loss *l = &r->loss[i];

		if (track && l->track && l->track != track)
			continue;
		if (min_of(l->to, to) > max_of(l->from, from))
			span[n++] = (struct span){ .cpu = l->cpu,
						   .from = max_of(l->from, from),
						   .to = min_of(l->to, to) };
	}
	if (n)
		qsort(span, n, sizeof(*span), compare_spans);
	for (size_t i = 0; i < n; i++) {
		struct span *last = kept ? &span[kept - 1] : NULL;

		if (last && last->cpu == span[i].cpu && last->to >= span[i].from) {
			last->to = max_of(last->to, span[i].to);
			continue;
		}
		span[kept] = span[i];
		if (last && last->cpu == span[i].cpu)
			span[kept].before = last->before + (last->to - last->from);
		kept++;
	}
	return kept;
}

struct spans {
	const struct span *span;
	size_t n;
};

/* Those of @cpu out of all. */
static struct spans spans_of(const struct span *span, size_t n, uint32_t cpu)
{
	size_t end[2];

	for (unsigned int i = 0; i < 2; i++) {
		size_t low = 0, high = n;

		while (low < high) {
			size_t mid = low + (high - low) / 2;

			if (span[mid].cpu < cpu || (i == 1 && span[mid].cpu == cpu))
				low = mid + 1;
			else
				high = mid;
		}
		end[i] = low;
	}
	return (struct spans){ .span = span + end[0], .n = end[1] - end[0] };
}

/* Length of what lies before @t. */
static nsec_t length_before(struct spans s, nsec_t t)
{
	size_t low = 0, high = s.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s.span[mid].from < t)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == 0)
		return 0;
	const struct span *last = &s.span[low - 1];

	return last->before + (min_of(last->to, t) - last->from);
}

static nsec_t length_within(struct spans s, nsec_t from, nsec_t to)
{
	return length_before(s, to) - length_before(s, from);
}

/* Time in [@from, @to) in either of two sets of spans. */
static nsec_t length_of_both(struct spans own, struct spans any, nsec_t from, nsec_t to)
{
	nsec_t sum = length_within(any, from, to);

	for (size_t i = 0; i < own.n; i++) {
		nsec_t a = max_of(own.span[i].from, from), b = min_of(own.span[i].to, to);

		if (b > a)
			sum += b - a - length_within(any, a, b);
	}
	return sum;
}

/* Was this CPU recorded at all? A row that says where it sits in the machine is not enough. */
static bool was_recorded(const struct run_cpu *c)
{
	return c->start_marked || c->end_marked || covered(c);
}

static uint64_t lost_events(const struct run_info *r, uint16_t track, nsec_t from, nsec_t to)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < r->n_loss; i++) {
		const struct run_loss *l = &r->loss[i];

		if ((!track || !l->track || l->track == track) && l->from < to && l->to >= from &&
		    __builtin_add_overflow(lost, l->count, &lost))
			return UINT64_MAX;
	}
	return lost;
}

double run_info_coverage(const struct run_info *r, uint16_t track, nsec_t from, nsec_t to,
			 uint64_t *ret_lost)
{
	auto_free struct span *span = NULL;
	double asked = 0, had = 0;

	if (ret_lost)
		*ret_lost = lost_events(r, track, from, to);
	if (to <= from)
		return 0;
	span = reallocarray(NULL, r->n_loss + 1, sizeof(*span));
	if (!span)
		return 0;

	size_t n = lost_spans(r, track, from, to, span);
	struct spans any = spans_of(span, n, BATCH_CPU_NONE);

	for (size_t i = 0; i < r->n_cpu; i++) {
		const struct run_cpu *c = &r->cpu[i];
		nsec_t a = max_of(c->start, from), b = min_of(c->end, to);

		if (!was_recorded(c))
			continue;
		asked += (double)(to - from);
		if (covered(c) && b > a)
			had += (double)(b - a -
					length_of_both(spans_of(span, n, c->cpu), any, a, b));
	}
	const struct run_cpu *c = &r->no_cpu;
	nsec_t a = max_of(c->start, from), b = min_of(c->end, to);

	if (!asked && r->has_no_cpu) {
		asked = (double)(to - from);
		had = b > a ? (double)(b - a - length_within(any, a, b)) : 0;
	}
	return asked > 0 ? had / asked : 0;
}
