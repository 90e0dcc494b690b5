/* SPDX-License-Identifier: MIT */
/* Addresses to nodes, and rows of what is new. */
#include "model/chain_writer.h"

#include <errno.h>
#include <string.h>

#define ROWS	  2048u
#define MAX_DEPTH 4096u /* frames of a chain that are looked at; the kernel's limit is 1,024 */
#define RECENT	  64u /* processes whose latest chain is kept; a power of two */

/* A frame of a chain: where it is depends on nothing else while mappings do not change. */
struct recent_frame {
	uint64_t ip;
	uint32_t node;
	uint8_t mode;
};

/* The latest chain of a process, outermost caller first: the next one mostly begins like it. */
struct recent {
	uint32_t pid;
	uint32_t n, cap;
	uint64_t changes; /* of mappings, when it was kept */
	struct recent_frame *frame;
};

struct chain_writer {
	struct sink *sink;
	struct frames *frames;
	struct modules *modules;
	struct spaces *spaces;
	struct batch *frame_rows, *module_rows;
	nsec_t frame_time, module_time; /* of the latest rows: streams never fall */
	size_t n_frames, n_modules; /* that have a row */
	uint32_t kernel, guest, unknown; /* module numbers, FRAMES_MAX until used */
	struct recent recent[RECENT]; /* by the low bits of the pid */
};

struct chain_writer *chain_writer_new(struct sink *sink)
{
	struct chain_writer *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->sink = sink;
	w->frames = frames_new();
	w->modules = modules_new();
	w->spaces = spaces_new();
	w->frame_rows = batch_new(&track_frame, ROWS);
	w->module_rows = batch_new(&track_module, ROWS);
	w->n_frames = 1;
	w->kernel = w->guest = w->unknown = FRAMES_MAX;
	if (!w->frames || !w->modules || !w->spaces || !w->frame_rows || !w->module_rows)
		return chain_writer_free(w);
	return w;
}

struct chain_writer *chain_writer_free(struct chain_writer *w)
{
	if (w) {
		frames_free(w->frames);
		modules_free(w->modules);
		spaces_free(w->spaces);
		batch_free(w->frame_rows);
		batch_free(w->module_rows);
		for (unsigned int i = 0; i < RECENT; i++)
			free(w->recent[i].frame);
		free(w);
	}
	return NULL;
}

struct spaces *chain_writer_spaces(struct chain_writer *w)
{
	return w->spaces;
}

const struct frames *chain_writer_frames(const struct chain_writer *w)
{
	return w->frames;
}

const struct modules *chain_writer_modules(const struct chain_writer *w)
{
	return w->modules;
}

static int give(struct chain_writer *w, struct batch *b, struct err *e)
{
	int r = sink_write(w->sink, b, e);

	batch_clear(b);
	return r;
}

int chain_writer_flush(struct chain_writer *w, struct err *e)
{
	int r = give(w, w->module_rows, e);

	return r < 0 ? r : give(w, w->frame_rows, e);
}

int chain_writer_module(struct chain_writer *w, nsec_t time, const struct module *m,
			uint32_t *ret_number, struct err *e)
{
	struct batch *b = w->module_rows;
	uint32_t number = modules_add(w->modules, m);

	if (number == FRAMES_MAX)
		return err_set(e, -ENOMEM, "out of memory");
	*ret_number = number;
	if (number < w->n_modules)
		return 0;
	int r = batch_full(b) ? give(w, b, e) : 0;

	if (r < 0)
		return r;
	const struct module *kept = modules_at(w->modules, number);
	int64_t path = batch_add_text(b, kept->path), id = batch_add_text(b, kept->build_id);

	if (path < 0 || id < 0)
		return err_set(e, -ENOMEM, "out of memory");
	w->module_time = max_of(w->module_time, time);
	b->time[b->rows] = w->module_time;
	batch_u32(b, MODULE_NUMBER)[b->rows] = number;
	batch_u8(b, MODULE_KIND)[b->rows] = (uint8_t)kept->kind;
	batch_u32(b, MODULE_PID)[b->rows] = kept->pid;
	((uint32_t *)b->col[MODULE_PATH])[b->rows] = (uint32_t)path;
	((uint32_t *)b->col[MODULE_BUILD_ID])[b->rows] = (uint32_t)id;
	b->rows++;
	w->n_modules = number + 1u;
	return 0;
}

int chain_writer_frame(struct chain_writer *w, nsec_t time, uint32_t parent, uint32_t module,
		       uint64_t offset, uint32_t *ret_node, struct err *e)
{
	struct batch *b = w->frame_rows;
	uint32_t node = frames_add(w->frames, parent, module, offset);

	if (node == FRAMES_MAX)
		return err_set(e, -ENOMEM, "out of memory");
	*ret_node = node;
	if (node < w->n_frames)
		return 0;
	int r = batch_full(b) ? give(w, b, e) : 0;

	if (r < 0)
		return r;
	w->frame_time = max_of(w->frame_time, time);
	b->time[b->rows] = w->frame_time;
	batch_u32(b, FRAME_NODE)[b->rows] = node;
	batch_u32(b, FRAME_PARENT)[b->rows] = parent;
	batch_u32(b, FRAME_MODULE)[b->rows] = module;
	batch_u64(b, FRAME_OFFSET)[b->rows] = offset;
	b->rows++;
	w->n_frames = node + 1u;
	return 0;
}

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

static enum module_kind kind_of(const char *path)
{
	if (!strcmp(path, "[vdso]"))
		return MODULE_VDSO;
	if (path[0] != '/' || starts(path, "//anon") || starts(path, "/anon_hugepage") ||
	    starts(path, "/memfd:") || starts(path, "/dev/zero") || starts(path, "/SYSV"))
		return MODULE_ANON;
	return MODULE_FILE;
}

int chain_writer_map(struct chain_writer *w, nsec_t time, uint32_t pid, uint64_t start,
		     uint64_t bytes, uint64_t pgoff, const char *path, const char *build_id,
		     struct err *e)
{
	enum module_kind kind = kind_of(path);
	bool anon = kind == MODULE_ANON;
	const struct module m = {
		.kind = kind, .pid = anon ? pid : 0, .path = path, .build_id = build_id
	};
	uint32_t number;
	int r = chain_writer_module(w, time, &m, &number, e);

	if (r < 0)
		return r;
	/* Code made at run time is named by its address. */
	r = spaces_map(w->spaces, pid, start, bytes, anon ? start : pgoff, number);
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* The module that stands for all addresses of a kind. */
static int get_common(struct chain_writer *w, nsec_t time, uint32_t *known, enum module_kind kind,
		      const char *path, struct err *e)
{
	const struct module m = { .kind = kind, .path = path, .build_id = "" };

	return *known != FRAMES_MAX ? 0 : chain_writer_module(w, time, &m, known, e);
}

int chain_writer_kernel(struct chain_writer *w, nsec_t time, const char *build_id, struct err *e)
{
	const struct module m = { .kind = MODULE_KERNEL, .path = "[kernel]", .build_id = build_id };

	return w->kernel != FRAMES_MAX ? 0 : chain_writer_module(w, time, &m, &w->kernel, e);
}

static int place_of(struct chain_writer *w, nsec_t time, uint32_t pid, enum sample_mode mode,
		    uint64_t ip, uint32_t *ret_module, uint64_t *ret_offset, struct err *e)
{
	uint32_t *known = &w->unknown;
	int r;

	*ret_offset = ip;
	if (mode == SAMPLE_MODE_KERNEL || mode == SAMPLE_MODE_HYPERVISOR) {
		known = &w->kernel;
		r = get_common(w, time, known, MODULE_KERNEL, "[kernel]", e);
	} else if (mode == SAMPLE_MODE_GUEST_KERNEL || mode == SAMPLE_MODE_GUEST_USER) {
		known = &w->guest;
		r = get_common(w, time, known, MODULE_GUEST, "[guest]", e);
	} else if (spaces_find(w->spaces, pid, ip, ret_module, ret_offset)) {
		return 0;
	} else {
		r = get_common(w, time, known, MODULE_UNKNOWN, "[unknown]", e);
	}
	*ret_module = *known;
	return r;
}

static enum sample_mode mode_of(uint64_t context, enum sample_mode before)
{
	switch (context) {
	case CHAIN_CONTEXT_HV:
		return SAMPLE_MODE_HYPERVISOR;
	case CHAIN_CONTEXT_KERNEL:
		return SAMPLE_MODE_KERNEL;
	case CHAIN_CONTEXT_USER:
		return SAMPLE_MODE_USER;
	case CHAIN_CONTEXT_GUEST:
	case CHAIN_CONTEXT_GUEST_KERNEL:
		return SAMPLE_MODE_GUEST_KERNEL;
	case CHAIN_CONTEXT_GUEST_USER:
		return SAMPLE_MODE_GUEST_USER;
	}
	return before;
}

/* How many of the outermost frames of the chain, whose @n addresses end at @ip, are those kept. */
static uint32_t same_frames(const struct recent *known, const uint64_t *ip, const uint8_t *mode,
			    size_t n, size_t *ret_left)
{
	uint32_t same = 0;

	while (n && same < known->n) {
		if (ip[n - 1] >= CHAIN_CONTEXT_MIN) {
			n--;
			continue;
		}
		const struct recent_frame *f = &known->frame[same];

		if (f->ip != ip[n - 1] || f->mode != mode[n - 1])
			break;
		same++;
		n--;
	}
	*ret_left = n;
	return same;
}

/* The kept chain of @pid with room for @n frames, NULL for want of memory. */
static struct recent *find_recent(struct chain_writer *w, uint32_t pid, size_t n)
{
	struct recent *known = &w->recent[pid & (RECENT - 1)];
	uint64_t changes = spaces_changes(w->spaces);

	if (known->pid != pid || known->changes != changes) {
		known->n = 0;
		known->pid = pid;
		known->changes = changes;
	}
	if (n > known->cap) {
		uint32_t cap = max_of((uint32_t)n, 64u);
		struct recent_frame *grown = reallocarray(known->frame, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		known->frame = grown;
		known->cap = cap;
	}
	return known;
}

int chain_writer_node(struct chain_writer *w, nsec_t time, uint32_t pid, enum sample_mode mode,
		      const uint64_t *ip, size_t n, uint32_t *ret_node, struct err *e)
{
	uint8_t modes[MAX_DEPTH];

	/* A mark says whose the entries behind it are, so modes are found from the leaf on, and
	 * nodes from the outermost caller on. */
	n = min_of(n, (size_t)MAX_DEPTH);
	for (size_t i = 0; i < n; i++) {
		if (ip[i] >= CHAIN_CONTEXT_MIN)
			mode = mode_of(ip[i], mode);
		modes[i] = (uint8_t)mode;
	}
	struct recent *known = find_recent(w, pid, n);

	if (!known)
		return err_set(e, -ENOMEM, "out of memory");
	known->n = same_frames(known, ip, modes, n, &n);
	uint32_t node = known->n ? known->frame[known->n - 1].node : 0;

	for (size_t i = n; i-- > 0;) {
		uint32_t module;
		uint64_t offset;

		if (ip[i] >= CHAIN_CONTEXT_MIN)
			continue;
		int r = place_of(w, time, pid, (enum sample_mode)modes[i], ip[i], &module, &offset,
				 e);

		if (r >= 0)
			r = chain_writer_frame(w, time, node, module, offset, &node, e);
		if (r < 0)
			return r;
		known->frame[known->n++] = (struct recent_frame){ ip[i], node, modes[i] };
	}
	*ret_node = node;
	return 0;
}
