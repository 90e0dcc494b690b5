/* SPDX-License-Identifier: MIT */
#include "cmd/dropin/ptap_files.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/new_file.h"
#include "format/json.h"

#define STAMP_DIGITS 14

static void sleep_for(nsec_t ns)
{
	struct timespec wait = { .tv_sec = (time_t)(ns / NSEC_PER_SEC),
				 .tv_nsec = (long)(ns % NSEC_PER_SEC) };

	while (nanosleep(&wait, &wait) < 0 && errno == EINTR)
		;
}

int ptap_wait(nsec_t delay, char stamp[PTAP_STAMP_MAX], struct err *e)
{
	char now[PTAP_STAMP_MAX];

	if (delay)
		sleep_for(delay);
	for (;;) {
		struct timespec t;
		struct tm tm;

		clock_gettime(CLOCK_REALTIME, &t);
		if (!localtime_r(&t.tv_sec, &tm) ||
		    strftime(now, sizeof(now), "%Y%m%d%H%M%S", &tm) != STAMP_DIGITS)
			return err_set(e, -EINVAL, "cannot tell the local time");
		if (strcmp(now, stamp) != 0)
			break;
		sleep_for(NSEC_PER_SEC - (nsec_t)t.tv_nsec);
	}
	memcpy(stamp, now, sizeof(now));
	return 0;
}

int ptap_folder(const char *path, struct err *e)
{
	auto_free char *part = strdup(path);

	if (!part)
		return err_set(e, -ENOMEM, "out of memory");
	for (char *p = part; *p; p++) {
		char c = p[1];

		if (c && c != '/')
			continue;
		p[1] = '\0';
		if (mkdir(part, 0777) < 0 && errno != EEXIST)
			return err_set(e, -errno, "cannot make the folder '%.200s': %s", part,
				       strerror(errno));
		p[1] = c;
	}
	return 0;
}

int ptap_folder_of(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	auto_free char *folder = slash ? strndup(path, (size_t)(slash - path)) : NULL;

	if (!slash)
		return 0;
	return folder ? ptap_folder(folder, e) : err_set(e, -ENOMEM, "out of memory");
}

int ptap_empty(const char *folder, struct err *e)
{
	DIR *d = opendir(folder);
	int r = d ? 0
		  : err_set(e, -errno, "cannot read the folder '%.200s': %s", folder,
			    strerror(errno));

	for (const struct dirent *i; r >= 0 && (i = readdir(d));) {
		if (strlen(i->d_name) != STAMP_DIGITS ||
		    strspn(i->d_name, "0123456789") != STAMP_DIGITS)
			continue;
		if (unlinkat(dirfd(d), i->d_name, 0) < 0 && errno != ENOENT)
			r = err_set(e, -errno, "cannot remove '%.200s/%s': %s", folder, i->d_name,
				    strerror(errno));
	}
	if (d)
		closedir(d);
	return r;
}

int ptap_write(const char *path, const struct buf *text, struct err *e)
{
	auto_ptr(new_file) file = NULL;

	if (buf_error(text))
		return err_set(e, -ENOMEM, "out of memory");
	int r = new_file_open(path, 0666, 0, &file, e);

	if (r < 0)
		return r;
	r = file_write_all(new_file_fd(file), text->data, text->len);
	return r < 0 ? err_set(e, r, "cannot write '%.200s': %s", path, strerror(-r))
		     : new_file_commit(file, e);
}

void ptap_list_init(struct ptap_list *l)
{
	*l = (struct ptap_list){ 0 };
	buf_init(&l->names, 0);
	buf_init(&l->values, 0);
}

void ptap_list_done(struct ptap_list *l)
{
	buf_done(&l->names);
	buf_done(&l->values);
}

void ptap_list_add(struct ptap_list *l, const char *name, double value)
{
	struct json j;

	if (l->n++) {
		(void)buf_add_str(&l->names, ", ");
		(void)buf_add_str(&l->values, ", ");
	}
	json_init(&j, &l->names, 0);
	json_str(&j, name);
	json_init(&j, &l->values, 0);
	json_f64(&j, value);
}

int ptap_list_write(struct ptap_list *l, const char *kind, const char *path, const char *stamp,
		    struct err *e)
{
	auto_buf out;
	struct json j;

	buf_init(&out, 0);
	if (buf_error(&l->names) || buf_error(&l->values))
		return err_set(e, -ENOMEM, "out of memory");
	(void)buf_addf(&out, "[0, \"%s\", ", kind);
	json_init(&j, &out, 0);
	json_str(&j, path);
	(void)buf_addf(&out, ", \"%s\", [%s], [%s]]\n", stamp, buf_str(&l->names),
		       buf_str(&l->values));
	return ptap_write(path, &out, e);
}
