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
#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/conversion.h"
#include "export/page.h"
#include "format/packer.h"
#include "format/recording.h"
#include "model/sched_track.h"

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

struct report_args {
	const char *output, *title;
	uint64_t events_max;
};

/* One recording and what is made of it. */
struct report_run {
	struct recording *recording;
	struct answer *answer; /* of each analysis */
	size_t n_answers;
	struct cubes cubes;
	struct buf blocks; /* the cubes' */
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

/* Answers and cubes of one recording, in one reading of its events. */
static int analyse(struct report_run *r, struct err *e)
{
	struct source *src = recording_source(r->recording);
	struct analysis_args args = { .from = src->info->start,
				      .to = src->info->end,
				      .top = ANSWER_ROWS };
	const struct scan_taker taker = cubes_taker(&r->cubes);
	size_t n = 0;

	while (analysis_list[n])
		n++;
	r->answer = calloc(n + 1, sizeof(*r->answer));
	if (!r->answer)
		return err_set(e, -ENOMEM, "out of memory");
	r->n_answers = n;
	cubes_init(&r->cubes, src->info, cells_for(src->info));
	int ret = analysis_run_all(analysis_list, n, src, &args, &taker, r->answer, e);

	return ret < 0 ? ret : encode_cubes(r, e);
}

static void close_run(struct report_run *r)
{
	for (size_t i = 0; i < r->n_answers; i++)
		answer_done(&r->answer[i]);
	free(r->answer);
	cubes_done(&r->cubes);
	buf_done(&r->blocks);
	r->recording = recording_free(r->recording);
	*r = (struct report_run){ 0 };
}

static int open_run_with(struct report_run *r, const char *path, unsigned int flags, struct err *e)
{
	buf_init(&r->blocks, 0);
	int ret = conversion_open(path, flags, &r->recording, e);

	return ret < 0 ? ret : analyse(r, e);
}

/* Damage within the file: once more with what is whole, and say so. */
static int open_run(struct report_run *r, const char *path)
{
	struct err e = { 0 };
	int ret = open_run_with(r, path, 0, &e);

	if (ret == -EBADMSG) {
		close_run(r);
		e = (struct err){ 0 };
		ret = open_run_with(r, path, RECORDING_SALVAGE, &e);
	}
	if (ret < 0) {
		log_error("%s", err_text(&e, ret));
		return ret;
	}
	const struct run_info *info = recording_source(r->recording)->info;

	if (!info->complete)
		log_warn("'%s' is not complete: %s; reporting what is there", path,
			 info->damage[0] ? info->damage : "it was not closed");
	return 0;
}

static void describe(const struct report_run *r, const char *path, uint64_t events_max,
		     struct page_run *ret)
{
	const struct source *src = recording_source(r->recording);
	const char *slash = strrchr(path, '/');

	*ret = (struct page_run){ .file = slash ? slash + 1 : path,
				  .info = src->info,
				  .tasks = src->tasks,
				  .view = r->answer,
				  .n_views = r->n_answers,
				  .run_bin = r->cubes.run.bin_ns,
				  .delay_bin = r->cubes.delay.bin_ns,
				  .next_bin = r->cubes.next.bin_ns,
				  .cubes = r->blocks.data,
				  .cubes_bytes = r->blocks.len,
				  .recording = r->recording,
				  .events_max = events_max };
}

/* A page that failed is not left behind. */
static int write_file(const char *path, const struct page *page, struct page_stats *ret,
		      uint64_t *ret_bytes)
{
	auto_fclose FILE *out = fopen(path, "we");
	struct err e = { 0 };
	struct stat st;

	if (!out) {
		log_error("cannot write '%s': %s", path, strerror(errno));
		return -errno;
	}
	(void)setvbuf(out, NULL, _IOFBF, OUT_BUFFER);
	int r = page_write(page, out, ret, &e);

	if (fstat(fileno(out), &st) < 0)
		st = (struct stat){ 0 };
	*ret_bytes = (uint64_t)st.st_size;
	if (r < 0) {
		log_error("cannot write '%s': %s", path, err_text(&e, r));
		if (S_ISREG(st.st_mode))
			(void)unlink(path);
	}
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
		(void)buf_addf(title, "%s%s", i ? ", " : "", run[i].info->name);
}

static void say(const char *path, uint64_t bytes, const struct page_run *run, size_t n,
		const struct page_stats *stats)
{
	char size[QUANTITY_MAX], count[QUANTITY_MAX], span[QUANTITY_MAX];
	nsec_t longest = 0;

	for (size_t i = 0; i < n; i++)
		longest = max_of(longest, run_info_span(run[i].info));
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

static int make_page(const struct report_args *args, const char **file, size_t n,
		     struct report_run *run)
{
	auto_free struct page_run *page_run = calloc(n, sizeof(*page_run));
	auto_buf output, title;
	struct page_viewer viewer_files;
	struct page page = { .title = args->title,
			     .created = nsec_realtime(),
			     .viewer = viewer(&viewer_files),
			     .run = page_run,
			     .n_runs = n };
	struct page_stats stats;
	uint64_t bytes = 0;

	buf_init(&output, 0);
	buf_init(&title, 0);
	for (size_t i = 0; page_run && i < n; i++) {
		log_progress("reading %s", file[i]);
		if (open_run(&run[i], file[i]) < 0)
			return EXIT_FAILURE;
		describe(&run[i], file[i], args->events_max / n, &page_run[i]);
	}
	log_progress_done();
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
	if (write_file(buf_str(&output), &page, &stats, &bytes) < 0)
		return EXIT_FAILURE;
	say(buf_str(&output), bytes, page_run, n, &stats);
	/* A part of the truth is not "done". */
	for (size_t i = 0; i < n; i++)
		if (!page_run[i].info->complete)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static int report_run_command(void *args, const char **word, unsigned int n, unsigned int n_before)
{
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
	struct report_run *run = calloc(n, sizeof(*run));
	int status = EXIT_FAILURE;

	if (run)
		status = make_page(args, word, n, run);
	else
		log_error("out of memory");
	for (unsigned int i = 0; run && i < n; i++)
		close_run(&run[i]);
	free(run);
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
	{ "kymo report before.kymo after.kymo -o diff.html", "two runs side by side" },
	{ NULL, NULL },
};

const struct command command_report = {
	.name = "report",
	.summary = "make one self-contained HTML page from recordings",
	.usage = "[OPTIONS] FILE...",
	.description =
		"Writes a page with core map, CPU use against switches, core locality over time, "
		"durations and latency. It holds everything it needs, works from file:// and asks "
		"the network for nothing.\n\n"
		"The page holds sums in at most 2048 bins of time for the whole run, and the "
		"single "
		"events as far as --events-max allows; what was left out is said in it.",
	.options = report_options,
	.args_bytes = sizeof(struct report_args),
	.args_default = &report_defaults,
	.examples = report_examples,
	.run = report_run_command,
};
