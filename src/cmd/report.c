/* SPDX-License-Identifier: MIT */
/* `kymo report`: one HTML page from one or more recordings. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/cube.h"
#include "analysis/vm_groups.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/selection.h"
#include "cmd/symbols.h"
#include "export/page.h"
#include "format/packer.h"
#include "format/recording.h"
#include "metric/formulas.h"
#include "model/profile_track.h"
#include "model/run_names.h"
#include "model/sched_track.h"
#include "model/vm_track.h"

#if __has_include("viewer_assets.h")
#include "viewer_assets.h"
#define HAVE_VIEWER 1
#else
#define HAVE_VIEWER 0
#endif

#define REPORT_MAX_RUNS 64
#define OUT_BUFFER	((size_t)1 << 20)
#define CELLS_MIN	UINT64_C(20000) /* per cube */
/* Rows of each answer in the page; the viewer makes its tables from the cubes. */
#define ANSWER_ROWS 500
#define DOING	    "reporting what is there"

struct report_args {
	struct selection select;
	struct symbol_choice symbols;
	const char *output, *title;
	const char *view, *views; /* name; names with commas between them */
	bool diff;
	uint64_t events_max;
};

/* The options when they have been understood. */
struct report {
	const struct report_args *args;
	const struct analysis **analysis; /* that are asked */
	size_t n_analyses;
	const char **shown; /* names for the rail */
	size_t n_shown;
	bool cut; /* only a window is taken in */
	uint64_t events_max; /* of each run */
	int status; /* when words were printed already */
};

/* One recording and what is made of it. */
struct report_run {
	struct opened_run opened;
	char *name;
	nsec_t from, to; /* since its start */
	struct answer *answer; /* of each analysis */
	size_t n_answers;
	struct cubes cubes;
	struct buf blocks; /* the cubes' */
	struct vm_groups vms;
	struct page_vm *vm; /* the same for the page */
	struct chain_names names; /* .profile NULL: no samples, no counters */
	struct formulas sampled, counted; /* metrics of their events */
	bool sample_rows;
};

static int add_block(void *ctx, const struct block_info *info, uint8_t *block, size_t bytes,
		     struct err *e)
{
	int r = buf_add(ctx, block, bytes);

	(void)info;
	return r < 0 ? err_set(e, r, "the cubes are too big") : 0;
}

static int encode_cubes(struct report_run *r, struct err *e)
{
	static const struct packer_options options = { .zstd_level = 3 };
	auto_ptr(packer) packer = packer_new(&options, add_block, &r->blocks);

	if (!packer)
		return err_set(e, -ENOMEM, "out of memory");
	int ret = cubes_write(&r->cubes, packer_sink(packer), e);

	return ret < 0 ? ret : packer_flush(packer, NSEC_MAX, e);
}

/* A page of a small recording should be small: as many cells as there are events for every four. */
static size_t cells_for(const struct run_info *info)
{
	uint64_t events = 0;

	for (size_t i = 0; i < info->n_stream; i++)
		if (info->stream[i].track >= track_switch.id)
			events += info->stream[i].rows;
	return (size_t)min_of(max_of(events / 4, CELLS_MIN), (uint64_t)CUBE_MAX_CELLS);
}

/* Which tasks are of which virtual machine. */
static int find_vms(struct report_run *r, struct err *e)
{
	struct source *src = opened_run_source(&r->opened);
	struct query q = { .tracks = track_bit(&track_vm) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int ret = source_cursor(src, &q, &c, e);

	while (ret >= 0 && (ret = cursor_next(c, &b, e)) > 0)
		if (vm_groups_add(&r->vms, b) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	if (ret < 0)
		return ret;
	if (vm_groups_settle(&r->vms, src->tasks, r->cubes.has_kvm, r->cubes.n_has_kvm) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	r->vm = calloc(r->vms.n + 1, sizeof(*r->vm));
	if (!r->vm)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < r->vms.n; i++)
		r->vm[i] = (struct page_vm){ r->vms.group[i].name, r->vms.group[i].pid };
	return 0;
}

/* What the samples refer to. A file that lacks parts of it is shown without. */
static int read_profile(const struct report *p, struct report_run *r, struct analysis_args *args,
			struct err *e)
{
	struct source *src = opened_run_source(&r->opened);
	struct err why = { 0 };

	if (!analysis_has_track(src->info, &track_event) &&
	    !analysis_has_track(src->info, &track_sample))
		return 0;
	int ret = chain_names_init(&r->names, src, &p->args->symbols, &why);

	if (ret == -EBADMSG && r->opened.salvaged) {
		log_warn("'%s': %s, leaving out its profile", r->opened.path, err_text(&why, ret));
		chain_names_done(&r->names);
		args->no_profile = true;
		return 0;
	}
	if (ret < 0)
		return err_set(e, ret, "%s", err_text(&why, ret));
	chain_names_give(&r->names, args);
	ret = formulas_init(&r->sampled, r->names.profile, false, e);
	return ret < 0 ? ret : formulas_init(&r->counted, r->names.profile, true, e);
}

/* Why names are missing, where they are shown. */
static void note_names(const struct report *p, struct report_run *r)
{
	for (size_t i = 0; i < p->n_analyses; i++)
		if (p->analysis[i]->names && r->answer[i].table)
			chain_names_notes(&r->names, r->answer[i].table);
}

static void describe(const struct report *p, const struct report_run *r, const char *path,
		     struct page_run *ret);

/* Answers and cubes of one recording, in one reading of its events. */
static int analyse(const struct report *p, struct report_run *r, struct err *e)
{
	struct source *src = opened_run_source(&r->opened);
	struct analysis_args args = { .from = src->info->start + r->from,
				      .to = src->info->start + r->to,
				      .top = ANSWER_ROWS };
	struct page_run page;

	r->answer = calloc(p->n_analyses + 1, sizeof(*r->answer));
	if (!r->answer)
		return err_set(e, -ENOMEM, "out of memory");
	r->n_answers = p->n_analyses;
	cubes_init(&r->cubes, src->info, cells_for(src->info));
	if (p->cut)
		cubes_focus(&r->cubes, r->to - r->from);
	int ret = read_profile(p, r, &args, e);

	describe(p, r, r->opened.path, &page);
	r->sample_rows = r->names.profile && page_sample_rows(&page);
	r->cubes.samples = r->names.profile && !r->sample_rows;
	const struct scan_taker taker = cubes_taker(&r->cubes);

	if (ret >= 0)
		ret = analysis_run_all(p->analysis, p->n_analyses, src, &args, &taker, r->answer,
				       e);
	if (ret >= 0)
		ret = find_vms(r, e);
	if (ret >= 0)
		note_names(p, r);
	return ret < 0 ? ret : encode_cubes(r, e);
}

static void forget_answers(struct report_run *r)
{
	for (size_t i = 0; i < r->n_answers; i++)
		answer_done(&r->answer[i]);
	free(r->answer);
	cubes_done(&r->cubes);
	vm_groups_done(&r->vms);
	free(r->vm);
	r->vm = NULL;
	chain_names_done(&r->names);
	formulas_done(&r->sampled);
	formulas_done(&r->counted);
	buf_done(&r->blocks);
	r->answer = NULL;
	r->n_answers = 0;
	buf_init(&r->blocks, 0);
}

static void close_run(struct report_run *r)
{
	forget_answers(r);
	opened_run_close(&r->opened);
	free(r->name);
	*r = (struct report_run){ 0 };
}

/* Damage within the file: once more with what is whole, and say so. */
static int open_run(struct report *p, struct report_run *r, const char *path, size_t number)
{
	const struct selection *select = &p->args->select;
	struct err e = { 0 };
	int ret = opened_run_open(&r->opened, path, number, select, DOING, &e);

	while (ret >= 0) {
		ret = selection_window(select, &r->opened, 1, &r->from, &r->to, &e);
		if (ret < 0) {
			p->status = command_misused("report", "'%s': %s", path, err_text(&e, ret));
			return ret;
		}
		forget_answers(r);
		ret = analyse(p, r, &e);
		if (ret >= 0)
			return 0;
		ret = opened_run_salvage(&r->opened, select, DOING, ret, &e);
	}
	log_error("%s", err_text(&e, ret));
	return ret;
}

static void describe(const struct report *p, const struct report_run *r, const char *path,
		     struct page_run *ret)
{
	const struct source *src = opened_run_source(&r->opened);
	const char *slash = strrchr(path, '/');

	*ret = (struct page_run){
		.name = r->name,
		.file = slash ? slash + 1 : path,
		.from = p->cut ? r->from : 0,
		.to = p->cut ? r->to : 0,
		.info = src->info,
		.tasks = src->tasks,
		.view = r->answer,
		.n_views = r->n_answers,
		.run_bin = r->cubes.run.bin_ns,
		.delay_bin = r->cubes.delay.bin_ns,
		.next_bin = r->cubes.next.bin_ns,
		.exit_bin = r->cubes.exit.bin_ns,
		.sample_bin = r->cubes.samples ? r->cubes.sample.bin_ns : 0,
		.offcpu_bin = r->cubes.offcpu.cell.used ? r->cubes.offcpu.bin_ns : 0,
		.counter_bin = r->cubes.counter.n ? max_of(r->cubes.counter.bin_ns, (nsec_t)1) : 0,
		.profile = r->names.profile,
		.functions = r->names.functions,
		.samples = analysis_has_track(src->info, &track_sample),
		.counters = r->cubes.counter.n > 0,
		.sampled = r->sampled.one,
		.n_sampled = r->sampled.n,
		.counted = r->counted.one,
		.n_counted = r->counted.n,
		.sample_rows = r->sample_rows,
		.reason = r->cubes.reasons.reason,
		.n_reasons = r->cubes.reasons.n,
		.vm = r->vm,
		.n_vms = r->vms.n,
		.vm_of = r->vms.of,
		.vcpu = r->vms.vcpu,
		.n_vm_of = r->vms.n ? r->vms.n_tasks : 0,
		.cubes = r->blocks.data,
		.cubes_bytes = r->blocks.len,
		.recording = run_file_recording(r->opened.file),
		.events_max = p->events_max
	};
}

static int write_page(const char *path, const struct page *page, struct page_stats *ret,
		      uint64_t *ret_bytes, struct err *e)
{
	auto_ptr(new_file) file = NULL;
	struct err why = { 0 };
	struct stat st;
	FILE *out;
	int r = new_file_open(path, 0666, 0, &file, e);

	if (r >= 0)
		r = new_file_stream(file, &out, e);
	if (r < 0)
		return r;
	(void)setvbuf(out, NULL, _IOFBF, OUT_BUFFER);
	r = page_write(page, out, ret, &why);
	if (r < 0)
		return err_set(e, r, "cannot write '%s': %s", path, err_text(&why, r));
	r = new_file_commit(file, e);
	*ret_bytes = r >= 0 && fstat(new_file_fd(file), &st) == 0 ? (uint64_t)st.st_size : 0;
	return r;
}

static void default_output(const char *file, struct buf *path)
{
	size_t n = strlen(file);

	if (n > 5 && !strcmp(file + n - 5, ".kymo"))
		n -= 5;
	(void)buf_add(path, file, n);
	(void)buf_add_str(path, ".html");
}

static void default_title(const struct page_run *run, size_t n, struct buf *title)
{
	for (size_t i = 0; i < n; i++)
		(void)buf_addf(title, "%s%s", i ? ", " : "", run[i].name);
}

static void say(const char *path, uint64_t bytes, const struct page_run *run, size_t n,
		const struct page_stats *stats)
{
	char size[QUANTITY_MAX], count[QUANTITY_MAX], span[QUANTITY_MAX];
	nsec_t longest = 0;

	for (size_t i = 0; i < n; i++)
		longest = max_of(longest,
				 run[i].to ? run[i].to - run[i].from : run_info_span(run[i].info));
	printf("%s: %s, %zu %s, %s, %s events", path, quantity_size(size, bytes), n,
	       n == 1 ? "run" : "runs", quantity_duration(span, longest),
	       quantity_count(count, stats->events));
	if (stats->events_left_out)
		printf(" (%s left out, see --events-max)",
		       quantity_count(count, stats->events_left_out));
	putchar('\n');
}

#if HAVE_VIEWER
static const struct page_viewer *viewer(struct page_viewer *v)
{
	*v = (struct page_viewer){ .script = (const char *)viewer_js,
				   .script_bytes = viewer_js_bytes,
				   .script_sha256 = viewer_js_sha256,
				   .style = (const char *)viewer_css,
				   .style_bytes = viewer_css_bytes,
				   .style_sha256 = viewer_css_sha256 };
	return v;
}
#else
static const struct page_viewer *viewer(struct page_viewer *v)
{
	(void)v;
	return NULL;
}
#endif

/* Every run with its short name, read and answered. */
static int read_runs(struct report *p, const char **file, size_t n, struct report_run *run,
		     struct page_run *ret)
{
	auto_free char **name = calloc(n, sizeof(*name));

	if (!name || run_names_make(file, n, name) < 0) {
		log_error("out of memory");
		return -ENOMEM;
	}
	p->events_max = p->args->events_max / n;
	for (size_t i = 0; i < n; i++)
		run[i].name = name[i];
	for (size_t i = 0; i < n; i++) {
		log_progress("reading %s", file[i]);
		int r = open_run(p, &run[i], file[i], i);

		if (r < 0)
			return r;
		describe(p, &run[i], file[i], &ret[i]);
	}
	log_progress_done();
	return 0;
}

/* What the page shows first. */
static struct page_look look_of(const struct report *p, const struct page_run *run, size_t n)
{
	struct page_look look = { .view = p->args->view,
				  .filter = p->args->select.task,
				  .views = p->shown,
				  .n_views = p->n_shown,
				  .diff = p->args->diff };

	for (size_t i = 0; i < n && p->cut; i++) {
		look.from = run[i].from;
		look.to = max_of(look.to, run[i].to);
	}
	return look;
}

static int make_page(struct report *p, const char **file, size_t n, struct report_run *run)
{
	const struct report_args *args = p->args;
	auto_free struct page_run *page_run = calloc(n, sizeof(*page_run));
	auto_buf output, title;
	struct page_viewer viewer_files;
	struct page page = { .title = args->title,
			     .created = nsec_realtime(),
			     .viewer = viewer(&viewer_files),
			     .run = page_run,
			     .n_runs = n };
	struct page_stats stats;
	struct err e = { 0 };
	uint64_t bytes = 0;

	buf_init(&output, 0);
	buf_init(&title, 0);
	if (page_run && read_runs(p, file, n, run, page_run) < 0)
		return p->status ? p->status : EXIT_FAILURE;
	if (args->output)
		(void)buf_add_str(&output, args->output);
	else
		default_output(file[0], &output);
	if (!args->title && page_run)
		default_title(page_run, n, &title);
	if (!page_run || buf_error(&output) || buf_error(&title)) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	if (!args->title)
		page.title = buf_str(&title);
	page.look = look_of(p, page_run, n);
	int r = write_page(buf_str(&output), &page, &stats, &bytes, &e);

	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	say(buf_str(&output), bytes, page_run, n, &stats);
	/* A part of the truth is not "done". */
	for (size_t i = 0; i < n; i++)
		if (!page_run[i].info->complete)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* ---- options ---- */

/* A view of the viewer: an analysis, or one of its own: what is measured, facts about the runs. */
static int check_view(const char *option, const char *name, struct err *e)
{
	const struct analysis *a = analysis_by_name(name);

	if (!strcmp(name, "info") || !strcmp(name, "metrics") || (a && !a->on_demand))
		return 0;
	if (a)
		return err_set(e, -EINVAL, "%s: '%s' is no part of the page (try: kymo show %s)",
			       option, name, name);
	return err_set(e, -EINVAL, "%s: there is no view '%s'", option, name);
}

/* --views into names. @list is changed; the names are lent from it. */
static int parse_views(struct report *p, char *list, struct err *e)
{
	char *save = NULL;
	int r = 0;

	for (char *name = strtok_r(list, ", ", &save); name && r >= 0;
	     name = strtok_r(NULL, ", ", &save)) {
		r = check_view("--views", name, e);
		if (r >= 0)
			p->shown[p->n_shown++] = name;
	}
	if (r >= 0 && !p->n_shown)
		return err_set(e, -EINVAL, "--views: which?");
	return r;
}

static bool is_shown(const struct report *p, const char *name)
{
	for (size_t i = 0; i < p->n_shown; i++)
		if (!strcmp(p->shown[i], name))
			return true;
	return !p->n_shown;
}

/* @views: a copy of args->views, or NULL. */
static int understand(struct report *p, char *views, struct err *e)
{
	const struct report_args *args = p->args;
	regex_t task;
	size_t n = 0;
	int r = selection_task(&args->select, &task, e);

	if (r > 0)
		regfree(&task); /* the viewer filters, but what is no expression is said here */
	while (analysis_list[n])
		n++;
	p->analysis = calloc(n + 1, sizeof(const struct analysis *));
	p->shown = calloc(views ? strlen(views) + 1 : 1, sizeof(*p->shown));
	if (!p->analysis || !p->shown)
		return err_set(e, -ENOMEM, "out of memory");
	if (r >= 0 && views)
		r = parse_views(p, views, e);
	if (r >= 0 && args->view)
		r = check_view("--view", args->view, e);
	if (r >= 0 && args->view && !is_shown(p, args->view))
		r = err_set(e, -EINVAL, "--view %s is not among --views %s", args->view,
			    args->views);
	for (size_t i = 0; i < n; i++)
		if (is_shown(p, analysis_list[i]->name))
			p->analysis[p->n_analyses++] = analysis_list[i];
	p->cut = args->select.from || args->select.length_given;
	return r < 0 ? r : 0;
}

static int make_report(const struct report_args *args, const char **word, unsigned int n)
{
	auto_free struct report_run *run = calloc(n, sizeof(*run));
	auto_free char *views = args->views ? strdup(args->views) : NULL;
	struct report p = { .args = args };
	struct err e = { 0 };
	int r = run && (views || !args->views) ? understand(&p, views, &e) : -ENOMEM;
	int status = EXIT_FAILURE;

	for (unsigned int i = 0; run && i < n; i++)
		buf_init(&run[i].blocks, 0);
	if (r == -EINVAL)
		status = command_misused("report", "%s", err_text(&e, r));
	else if (r < 0)
		log_error("out of memory");
	else
		status = make_page(&p, word, n, run);
	for (unsigned int i = 0; run && i < n; i++)
		close_run(&run[i]);
	free(p.analysis);
	free(p.shown);
	return status;
}

static int report_run_command(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	struct report_args *a = args;
	struct page_viewer files;

	(void)n_before;
	if (!n)
		return command_misused("report", "which files?");
	if (n > REPORT_MAX_RUNS)
		return command_misused("report", "at most %d recordings in a page",
				       REPORT_MAX_RUNS);
	if (!viewer(&files)) {
		log_error("this kymo was built without the viewer (web/); kymo show has the same "
			  "answers");
		return EXIT_FAILURE;
	}
	a->select.root = a->symbols.symfs;
	a->select.blocks = true;
	int status = selection_names(&a->select, "report", n);

	if (status == EXIT_SUCCESS)
		status = make_report(a, word, n);
	selection_done(&a->select);
	return status;
}

static const struct option_spec report_options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct report_args, output),
	  .help = "the page to write (else: the first recording's name with .html)" },
	{ .name = "title",
	  .type = OPTION_STRING,
	  .arg = "TEXT",
	  OPTION_AT(struct report_args, title),
	  .help = "title of the page" },
	SELECTION_OPTIONS(struct report_args, select),
	SYMBOL_OPTIONS(struct report_args, symbols),
	{ .name = "view",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct report_args, view),
	  .help = "the view that is shown first" },
	{ .name = "views",
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct report_args, views),
	  .help = "only these views, as in coremap,latency" },
	{ .name = "diff",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct report_args, diff),
	  .help = "show the differences of the runs first" },
	{ .name = "events-max",
	  .type = OPTION_SIZE,
	  .arg = "SIZE",
	  OPTION_AT(struct report_args, events_max),
	  .help = "single events to take in, compressed, of all recordings together (40M unless "
		  "given); 0 for none" },
	{ 0 },
};
static const struct report_args report_defaults = { .events_max = 40u << 20 };

static const struct command_example report_examples[] = {
	{ "kymo report x.kymo -o x.html", "one page that works offline" },
	{ "kymo report before.kymo after.kymo --diff -o diff.html",
	  "two runs side by side, their difference first" },
	{ "kymo report x.kymo --from 2s --for 1s --task vcpu",
	  "one second of it, vcpu tasks first" },
	{ NULL, NULL },
};

const struct command command_report = {
	.name = "report",
	.summary = "make one self-contained HTML page from recordings",
	.usage = "[OPTIONS] FILE...",
	.description =
		"Writes a page with core map, CPU use against switches, core locality over time, "
		"durations, latency, and metrics over time. It holds everything it needs, works "
		"from file:// and asks "
		"the network for nothing.\n\n"
		"The page holds sums in at most 2048 bins of time for the whole run, and the "
		"single "
		"events as far as --events-max allows; what was left out is said in it.\n\n"
		"--from and --for cut the page: it holds that window of each run and no more. "
		"--task, "
		"--view and --diff only say how it looks when it is opened.",
	.options = report_options,
	.args_bytes = sizeof(struct report_args),
	.args_default = &report_defaults,
	.examples = report_examples,
	.run = report_run_command,
};
