/* SPDX-License-Identifier: MIT */
/* A journal's files in memory: kept, changed, put back; and where its frames are. */
#pragma once

#include "format/journal_segment.h"
#include "journal_scenario.h"

#define IMAGE_FILES_MAX 64

struct journal_image {
	struct {
		char name[64];
		struct buf bytes;
	} file[IMAGE_FILES_MAX];
	unsigned int n;
};

static inline void image_done(struct journal_image *im)
{
	for (unsigned int i = 0; i < im->n; i++)
		buf_done(&im->file[i].bytes);
	im->n = 0;
}

static inline void image_add_file(struct journal_image *im, int dir_fd, const char *name)
{
	struct buf *b = &im->file[im->n].bytes;

	assert(im->n < IMAGE_FILES_MAX);
	(void)snprintf(im->file[im->n++].name, sizeof(im->file[0].name), "%s", name);
	buf_init(b, 0);
	if (file_read_at(dir_fd, name, b) < 0)
		abort();
}

/* The segments, without the writer's key. */
static inline void image_take(struct journal_image *im, const char *path)
{
	auto_close int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_free uint64_t *list = NULL;
	char name[JOURNAL_NAME_MAX];
	size_t n;

	im->n = 0;
	if (journal_folder_list(dir_fd, &list, &n, NULL) < 0)
		abort();
	for (size_t i = 0; i < n; i++)
		image_add_file(im, dir_fd, journal_segment_name(list[i], name));
}

static inline void image_put_file(const struct journal_image *im, unsigned int i, const char *path)
{
	char file[200];

	(void)snprintf(file, sizeof(file), "%s/%s", path, im->file[i].name);
	auto_close int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || file_write_all(fd, im->file[i].bytes.data, im->file[i].bytes.len) < 0)
		abort();
}

/* Into a folder that becomes just that. */
static inline void image_put(const struct journal_image *im, const char *path)
{
	scenario_remove(path);
	if (mkdir(path, 0700) < 0)
		abort();
	for (unsigned int i = 0; i < im->n; i++)
		image_put_file(im, i, path);
}

static inline size_t image_bytes(const struct journal_image *im)
{
	size_t n = 0;

	for (unsigned int i = 0; i < im->n; i++)
		n += im->file[i].bytes.len;
	return n;
}

/* Offsets of the frames of a segment's file, and behind the last its end. Their number. */
static inline unsigned int image_frames(const char *path, uint64_t segment, uint64_t *ret,
					unsigned int max)
{
	auto_close int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct journal_segment *s = NULL;
	struct segment_walk w;
	struct walk_step step;
	unsigned int n = 0;

	if (journal_segment_open(dir_fd, segment, &s, NULL) < 0)
		abort();
	segment_walk_begin(&w, s, s->size);
	while (segment_walk_next(&w, &step, NULL) >= 0 && step.what == WALK_FRAME && n + 1 < max)
		ret[n++] = step.offset;
	ret[n] = step.offset;
	segment_walk_done(&w);
	journal_segment_free(s);
	return n;
}
