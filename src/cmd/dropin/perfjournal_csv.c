/* SPDX-License-Identifier: MIT */
/* By host and run into files without a name, through kymo convert, and together again. */
#include "cmd/dropin/perfjournal_csv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "cmd/dropin/dropin.h"

#define STREAMS_MAX 500u
#define CARDS_MAX   1024u
#define CSV_MAX	    ((size_t)1 << 31)

/* The records of a host and run. */
struct pc_stream {
	uint64_t host, run;
	FILE *lines; /* without a name */
	/* Samples that rows can be made of: the most of any file that is compared with the one
	 * before, and of those that are not. */
	uint64_t compared[3], alone;
};

/* What netcache said of a card. */
struct card {
	uint64_t host, run;
	char path[128];
	char text[32];
};

struct perfjournal_csv {
	uint64_t site;
	struct pc_stream stream[STREAMS_MAX];
	unsigned int n_streams;
	struct card *card;
	unsigned int n_cards;
};

struct perfjournal_csv *perfjournal_csv_new(uint64_t site)
{
	struct perfjournal_csv *c = calloc(1, sizeof(*c));

	if (c)
		c->site = site;
	return c;
}

struct perfjournal_csv *perfjournal_csv_free(struct perfjournal_csv *c)
{
	for (unsigned int i = 0; c && i < c->n_streams; i++)
		if (c->stream[i].lines)
			(void)fclose(c->stream[i].lines);
	if (c)
		free(c->card);
	free(c);
	return NULL;
}

/* ---- records ---- */

int perfjournal_csv_cache(struct perfjournal_csv *c, const struct perfcollector_record *r,
			  struct err *e)
{
	if (strncmp(r->path, "/sys/class/net/", 15) != 0)
		return 0;
	if (c->n_cards == CARDS_MAX)
		return err_set(e, -E2BIG, "more than %u network cards", CARDS_MAX);
	if (!c->card)
		c->card = calloc(CARDS_MAX, sizeof(*c->card));
	if (!c->card)
		return err_set(e, -ENOMEM, "no memory");
	struct card *card = &c->card[c->n_cards];

	card->host = r->host;
	card->run = r->run;
	if ((size_t)snprintf(card->path, sizeof(card->path), "%s", r->path) < sizeof(card->path) &&
	    (size_t)snprintf(card->text, sizeof(card->text), "%s", r->text) < sizeof(card->text))
		c->n_cards++;
	return 0;
}

static struct pc_stream *stream_of(struct perfjournal_csv *c, uint64_t host, uint64_t run,
				   struct err *e)
{
	for (unsigned int i = c->n_streams; i-- > 0;)
		if (c->stream[i].host == host && c->stream[i].run == run)
			return &c->stream[i];
	if (c->n_streams == STREAMS_MAX) {
		err_set(e, -EMFILE, "more than %u hosts and runs", STREAMS_MAX);
		return NULL;
	}
	struct pc_stream *s = &c->stream[c->n_streams];

	*s = (struct pc_stream){ .host = host, .run = run, .lines = tmpfile() };
	if (!s->lines) {
		err_set(e, -errno, "cannot make a temporary file: %s", strerror(errno));
		return NULL;
	}
	c->n_streams++;
	return s;
}

static int put(struct pc_stream *s, const struct perfcollector_record *r, struct err *e)
{
	auto_buf line;

	buf_init(&line, BUF_MAX_DEFAULT);
	int rc = perfcollector_record_add(r, &line);

	if (rc >= 0 && fwrite(line.data, 1, line.len, s->lines) != line.len)
		rc = -errno;
	return rc < 0 ? err_set(e, rc, "cannot write a temporary file: %s", strerror(-rc)) : 0;
}

static void count(struct pc_stream *s, const char *path)
{
	static const char *const compared[] = { "/proc/stat", "/proc/net/dev", "/proc/diskstats" };

	for (size_t i = 0; i < ARRAY_SIZE(compared); i++)
		s->compared[i] += !strcmp(path, compared[i]);
	s->alone += !strcmp(path, "/proc/meminfo");
}

static bool gives_rows(const struct pc_stream *s)
{
	return s->alone || s->compared[0] > 1 || s->compared[1] > 1 || s->compared[2] > 1;
}

int perfjournal_csv_take(struct perfjournal_csv *c, const struct perfcollector_record *r,
			 struct err *e)
{
	if (r->site != c->site)
		return err_set(e, -EPERM,
			       "unexpected site: a record of %" PRIu64 ", not of %" PRIu64, r->site,
			       c->site);
	struct pc_stream *s = stream_of(c, r->host, r->run, e);
	int rc = s ? 0 : -EIO;

	/* Cards have their speeds at each tick: as if they had been read then. */
	for (unsigned int i = 0; rc >= 0 && i < c->n_cards && !strcmp(r->path, "/proc/net/dev");
	     i++) {
		const struct card *card = &c->card[i];
		struct perfcollector_record speed = *r;

		if (card->host != r->host || card->run != r->run)
			continue;
		speed.path = card->path;
		speed.text = card->text;
		speed.text_bytes = strlen(card->text);
		rc = put(s, &speed, e);
	}
	if (s)
		count(s, r->path);
	return rc < 0 ? rc : put(s, r, e);
}

/* ---- rows ---- */

/* One stream's files into a folder of its own. */
static int convert(const struct perfjournal_csv *c, struct pc_stream *s, const char *folder,
		   struct err *e)
{
	char input[64], stream[80];
	struct line l = { 0 };

	if (fflush(s->lines) != 0)
		return err_set(e, -errno, "cannot write a temporary file: %s", strerror(errno));
	(void)snprintf(input, sizeof(input), "/proc/self/fd/%d", fileno(s->lines));
	(void)snprintf(stream, sizeof(stream), "%" PRIu64 ":%" PRIu64 ":%" PRIu64, c->site, s->host,
		       s->run);
	line_add(&l, "convert");
	line_add(&l, "--quiet");
	line_option(&l, "--from-format", "perfcollector");
	line_option(&l, "--stream", stream);
	line_option(&l, "--to-format", "perfcollector-csv");
	line_option(&l, "--compat", "perfjournal-columns");
	line_option(&l, "-o", folder);
	line_add(&l, input);
	return line_run(&l) == EXIT_SUCCESS
		       ? 0
		       : err_set(e, -EIO, "no rows of host %" PRIu64 ", run %" PRIu64, s->host,
				 s->run);
}

/* A row: "SITE,HOST,TIME,..." */
struct row {
	uint64_t time;
	const char *text;
	size_t n;
	uint32_t number; /* as read */
};

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static uint64_t time_of(const char *row)
{
	uint64_t t = 0;

	for (unsigned int commas = 0; *row && *row != '\n' && commas < 3; row++) {
		commas += *row == ',';
		if (commas == 2 && *row >= '0' && *row <= '9')
			t = 10 * t + (uint64_t)(*row - '0');
	}
	return t;
}

/* Lines of @all, of which those that begin with '#' are titles, to @out: one title, rows by time.
 */
static int sort_rows(const struct buf *all, FILE *out)
{
	const char *text = (const char *)all->data, *end = text + all->len;
	size_t lines = 0, n = 0;

	for (const char *p = text; p < end; p++)
		lines += *p == '\n';
	auto_free struct row *row = calloc(lines + 1, sizeof(*row));

	if (!row)
		return -ENOMEM;
	for (const char *p = text, *next; p < end; p = next) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		next = nl ? nl + 1 : end;
		if (*p != '#')
			row[n] = (struct row){ time_of(p), p, (size_t)(next - p), (uint32_t)n };
		else if (p == text)
			(void)fwrite(p, 1, (size_t)(next - p), out);
		n += *p != '#';
	}
	qsort(row, n, sizeof(*row), compare);
	for (size_t i = 0; i < n; i++)
		(void)fwrite(row[i].text, 1, row[i].n, out);
	return 0;
}

static int make_folders(int dir_fd, const char *file)
{
	char folder[64];

	for (const char *slash = strchr(file, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - file), file);
		if (mkdirat(dir_fd, folder, 0777) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* The file of all streams, from their folders below @from to below @to_fd. */
static int join(unsigned int n_streams, int from_fd, int to_fd, const char *file, struct err *e)
{
	auto_ptr(new_file) f = NULL;
	FILE *out;
	auto_buf all;
	int r = 0;

	buf_init(&all, CSV_MAX);
	for (unsigned int i = 0; i < n_streams && r >= 0; i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%u/%s", i, file);
		r = file_read_at(from_fd, path, &all);
		r = r == -ENOENT ? 0 : r;
	}
	if (r < 0 || !all.len)
		return r < 0 ? err_set(e, r, "cannot join '%s': %s", file, strerror(-r)) : 0;
	r = make_folders(to_fd, file);
	if (r < 0)
		return err_set(e, r, "cannot create '%s': %s", file, strerror(-r));
	r = new_file_open_at(to_fd, file, 0666, 0, &f, e);
	if (r >= 0)
		r = new_file_stream(f, &out, e);
	if (r >= 0 && sort_rows(&all, out) < 0)
		r = err_set(e, -ENOMEM, "no memory");
	return r < 0 ? r : new_file_commit(f, e);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int perfjournal_csv_write(struct perfjournal_csv *c, const char *path, struct err *e)
{
	static const char *const files[] = { "proc/stat", "proc/meminfo", "proc/net/dev",
					     "proc/diskstats" };
	const char *tmp = getenv("TMPDIR");
	char folder[256], one[300];
	auto_close int to_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool failed = false;
	int r = 0;

	(void)snprintf(folder, sizeof(folder), "%.200s/kymo-perfjournal-XXXXXX",
		       tmp && *tmp ? tmp : "/tmp");
	if (to_fd < 0)
		return err_set(e, -errno, "cannot open '%s': %s", path, strerror(errno));
	if (!mkdtemp(folder))
		return err_set(e, -errno, "cannot make a temporary folder: %s", strerror(errno));
	auto_close int from_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A host that gives no row is named, and leaves the others theirs. */
	for (unsigned int i = 0; i < c->n_streams; i++) {
		(void)snprintf(one, sizeof(one), "%s/%u", folder, i);
		if (!gives_rows(&c->stream[i])) {
			log_warn("nothing of host %" PRIu64 ", run %" PRIu64
				 " makes a row, left out",
				 c->stream[i].host, c->stream[i].run);
			continue;
		}
		failed = convert(c, &c->stream[i], one, e) < 0 || failed;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files) && r >= 0; i++)
		r = join(c->n_streams, from_fd, to_fd, files[i], e);
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return r >= 0 && failed ? -EIO : r;
}
