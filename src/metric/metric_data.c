/* SPDX-License-Identifier: MIT */
/* Which files make a set: those in the program, of a directory, and given ones. */
#include "metric/metric_data.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define DIRECTORY_FILES_MAX 64

static const struct metric_data *embedded(const char *name)
{
	for (const struct metric_data *d = metric_data_list; d->name; d++)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

/* A file's includes: beside it, if it lies in a directory, else of the program. */
static int include(void *arg, const char *name, struct buf *ret, struct err *e)
{
	const int *dir_fd = arg;
	int r = *dir_fd >= 0 ? file_read_at(*dir_fd, name, ret) : -ENOENT;
	const struct metric_data *d = r == -ENOENT ? embedded(name) : NULL;

	if (d)
		return buf_add(ret, d->text, *d->bytes);
	if (r < 0)
		return err_set(e, r, "cannot read '%.100s': %s", name, strerror(-r));
	return r;
}

static int add_embedded(struct metric_set *s, const struct metric_data *d, struct err *e)
{
	int none = -1;
	const struct metric_include in = { include, &none };

	return metric_set_add(s, d->name, (const char *)d->text, *d->bytes, 0, &in, e);
}

/* Whether the text's own cpu lines fit: known only after reading it, so it is read alone first. */
static int fits(const char *name, const char *text, size_t n, const struct metric_include *in,
		const struct cpu_model *m, struct err *e)
{
	auto_ptr(metric_set) alone = metric_set_new();
	int r = alone ? metric_set_add(alone, name, text, n, METRIC_OVERRIDE, in, e) : -ENOMEM;

	return r < 0 ? r : metric_file_fits(metric_set_file(alone, 0), m);
}

static int add_file(struct metric_set *s, int dir_fd, const char *path, const struct cpu_model *m,
		    struct err *e)
{
	const char *slash = strrchr(path, '/');
	auto_free char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	auto_buf text;

	buf_init(&text, METRIC_FILE_MAX);
	if (!folder)
		return err_set(e, -ENOMEM, "out of memory");
	int r = file_read_at(dir_fd, path, &text);

	if (r < 0)
		return err_set(e, r, "cannot read '%.200s': %s", path, strerror(-r));
	auto_close int beside = openat(dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct metric_include in = { include, &beside };

	r = m ? fits(path, buf_str(&text), text.len, &in, m, e) : 1;
	if (r <= 0)
		return r;
	return metric_set_add(s, path, buf_str(&text), text.len, METRIC_OVERRIDE, &in, e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_directory(struct metric_set *s, const char *path, const struct cpu_model *m,
			 struct err *e)
{
	char *name[DIRECTORY_FILES_MAX];
	size_t n = 0;
	int r = 0;
	DIR *dir = opendir(path);

	if (!dir)
		return err_set(e, -errno, "cannot read '%.200s': %s", path, strerror(errno));
	for (struct dirent *d; r >= 0 && (d = readdir(dir));) {
		size_t len = strlen(d->d_name);

		if (len < 9 || strcmp(d->d_name + len - 8, ".metrics") || d->d_name[0] == '.')
			continue;
		if (n == DIRECTORY_FILES_MAX)
			r = err_set(e, -EFBIG, "'%.200s' has more than %d files of metrics", path,
				    DIRECTORY_FILES_MAX);
		else if (!(name[n++] = strdup(d->d_name)))
			r = err_set(e, -ENOMEM, "out of memory");
	}
	if (r >= 0) {
		qsort(name, n, sizeof(*name), by_text);
		for (size_t i = 0; r >= 0 && i < n; i++)
			r = add_file(s, dirfd(dir), name[i], m, e);
	}
	while (n)
		free(name[--n]);
	closedir(dir);
	return r;
}

static int no_such_set(const char *name, struct err *e)
{
	char names[256] = "";
	size_t n = 0;

	for (const struct metric_data *d = metric_data_list; d->name && n < sizeof(names); d++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%.*s", n ? ", " : "",
				      (int)strcspn(d->name, "."), d->name);
	return err_set(e, -ENOENT, "there is no set of metrics '%.60s' (try: %s)", name, names);
}

static int add_only(struct metric_set *s, const char *only, struct err *e)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%.50s.metrics", only);
	const struct metric_data *d = embedded(name);

	return d ? add_embedded(s, d, e) : no_such_set(only, e);
}

static int add_fitting(struct metric_set *s, const struct cpu_model *m, struct err *e)
{
	int none = -1, r = 0;
	const struct metric_include in = { include, &none };

	for (const struct metric_data *d = metric_data_list; r >= 0 && d->name; d++) {
		r = fits(d->name, (const char *)d->text, *d->bytes, &in, m, e);
		if (r > 0)
			r = add_embedded(s, d, e);
	}
	return r;
}

int metric_data_load(const struct metric_choice *choice, struct metric_set **ret, struct err *e)
{
	auto_ptr(metric_set) s = metric_set_new();
	int r = s ? 0 : err_set(e, -ENOMEM, "out of memory");

	if (r >= 0 && choice->only)
		r = add_only(s, choice->only, e);
	else if (r >= 0 && choice->model)
		r = add_fitting(s, choice->model, e);
	if (r >= 0 && choice->directory)
		r = add_directory(s, choice->directory, choice->model, e);
	for (unsigned int i = 0; r >= 0 && i < choice->n_files; i++)
		r = add_file(s, AT_FDCWD, choice->file[i], NULL, e);
	if (r >= 0)
		r = metric_set_link(s, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

int metric_data_load_one(size_t i, struct metric_set **ret, struct err *e)
{
	auto_ptr(metric_set) s = metric_set_new();
	int r = s ? add_embedded(s, &metric_data_list[i], e) : -ENOMEM;

	if (r >= 0)
		r = metric_set_link(s, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}
