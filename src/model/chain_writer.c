/* SPDX-License-Identifier: MIT */
/* Addresses to nodes, and rows of what is new. */
#include "model/chain_writer.h"

#include <errno.h>
#include <string.h>

#define ROWS	  2048u
#define MAX_DEPTH 4096u /* frames of a chain that are looked at; the kernel's limit is 1,024 */
#define RECENT	  64u /* processes whose latest chain is kept; a power of two */
#define CALLS	  2048u /* calls that are kept; a power of two */

/* An entry of a chain: where it is depends on nothing else while mappings do not change. */
struct recent_entry {
	uint64_t ip;
	uint32_t node; /* of the chain up to here */
	uint8_t mode;
};

/* The latest chain of a process, outermost caller first: the next one mostly begins like it. */
struct recent {
	uint32_t pid;
	size_t n, cap;
	uint64_t changes; /* of mappings, when it was kept */
	struct recent_entry *entry;
};

/* A frame that was found below another one: most that are not those of the chain before came by
 * some chains ago. */
struct recent_call {
	uint64_t ip;
	uint64_t changes; /* of mappings */
	uint32_t parent, pid;
	uint32_t node; /* 0: none */
	uint8_t mode;
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
	struct recent_call call[CALLS]; /* by a hash of parent and address */
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
			free(w->recent[i].entry);
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

/* The modes of entries [@from, @to), those before them having ended in @mode. A mark has that of
 * the entries behind it. */
static enum sample_mode find_modes(const uint64_t *ip, size_t from, size_t to,
				   enum sample_mode mode, uint8_t *ret)
{
	for (size_t i = from; i < to; i++) {
		if (ip[i] >= CHAIN_CONTEXT_MIN)
			mode = mode_of(ip[i], mode);
		ret[i] = (uint8_t)mode;
	}
	return mode;
}

/* How many of the outermost of the @n entries at @ip are those kept. */
static size_t same_entries(const struct recent *known, const uint64_t *ip, size_t n)
{
	size_t most = min_of(n, known->n), same = 0;

	while (same < most && known->entry[same].ip == ip[n - 1 - same])
		same++;
	return same;
}

/*
 * The same, and the modes of all others into @modes. Whose the kept entries are is told by marks
 * among them and by the mode that they begin with: one comparison.
 */
static size_t match_kept(const struct recent *known, const uint64_t *ip, size_t n,
			 enum sample_mode mode, uint8_t *modes)
{
	size_t same = same_entries(known, ip, n), left = n - same;

	mode = find_modes(ip, 0, left, mode, modes);
	if (!same)
		return 0;
	(void)find_modes(ip, left, left + 1, mode, modes);
	if (modes[left] == known->entry[same - 1].mode)
		return same;
	(void)find_modes(ip, left, n, mode, modes);
	return 0;
}

/* The kept chain of @pid with room for @n entries, NULL for want of memory. */
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
		size_t cap = max_of(n, (size_t)64);
		struct recent_entry *grown = reallocarray(known->entry, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		known->entry = grown;
		known->cap = cap;
	}
	return known;
}

/* The frame of address @ip below @parent. */
static int find_call(struct chain_writer *w, nsec_t time, uint32_t pid, uint8_t mode, uint64_t ip,
		     uint32_t parent, uint32_t *ret_node, struct err *e)
{
	uint64_t changes = spaces_changes(w->spaces);
	uint64_t hash = (ip ^ (uint64_t)parent << 32) * UINT64_C(0x9e3779b97f4a7c15);
	struct recent_call *k = &w->call[hash >> 40 & (CALLS - 1)];
	uint32_t module, node = 0;
	uint64_t offset;

	if (k->ip != ip || k->parent != parent || k->pid != pid || k->mode != mode ||
	    k->changes != changes || !k->node) {
		int r = place_of(w, time, pid, (enum sample_mode)mode, ip, &module, &offset, e);

		if (r >= 0)
			r = chain_writer_frame(w, time, parent, module, offset, &node, e);
		if (r < 0)
			return r;
		*k = (struct recent_call){ ip, changes, parent, pid, node, mode };
	}
	*ret_node = k->node;
	return 0;
}

int chain_writer_node(struct chain_writer *w, nsec_t time, uint32_t pid, enum sample_mode mode,
		      const uint64_t *ip, size_t n, uint32_t *ret_node, struct err *e)
{
	uint8_t modes[MAX_DEPTH];

	/* A mark says whose the entries behind it are, so modes are found from the leaf on, and
	 * nodes from the outermost caller on. */
	n = min_of(n, (size_t)MAX_DEPTH);
	struct recent *known = find_recent(w, pid, n);

	if (!known)
		return err_set(e, -ENOMEM, "out of memory");
	known->n = match_kept(known, ip, n, mode, modes);
	uint32_t node = known->n ? known->entry[known->n - 1].node : 0;

	for (size_t i = n - known->n; i-- > 0;) {
		int r = ip[i] < CHAIN_CONTEXT_MIN
				? find_call(w, time, pid, modes[i], ip[i], node, &node, e)
				: 0;

		if (r < 0)
			return r;
		known->entry[known->n++] = (struct recent_entry){ ip[i], node, modes[i] };
	}
	*ret_node = node;
	return 0;
}
