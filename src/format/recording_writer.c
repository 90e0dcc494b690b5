/* SPDX-License-Identifier: MIT */
/*
 * Writing a recording: blocks from the packer go to the file one behind the other and are noted for
 * the index. The first block of a track is preceded by its column names.
 */
#include "format/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "base/idmap.h"
#include "base/new_file.h"
#include "format/recording_file.h"
#include "format/write_behind.h"
#include "model/file_track.h"
#include "model/run.h"

struct recording_writer {
	int fd;
	struct new_file *file; /* of the same; NULL: the caller gave an fd */
	char *path;
	uint64_t offset; /* end of the file */
	struct write_behind *behind; /* or NULL: blocks are written at once */
	uint8_t id[16];
	nsec_t created; /* CLOCK_REALTIME */
	struct packer *packer; /* the caller's rows */
	struct buf own; /* blocks of rows that the writer makes itself: schema, index */
	struct idmap stream_no; /* track << 32 | cpu -> next number within the stream */
	struct idmap described; /* track -> 0: its schema is in the file */
	struct recording_block *block;
	size_t n_blocks, cap_blocks;
	uint64_t event_rows;
	bool closed;
};

static int write_header(struct recording_writer *w, uint32_t flags)
{
	uint8_t h[RECORDING_HEADER_BYTES] = { 0 };

	memcpy(h, RECORDING_MAGIC, 8);
	put_le16(h + 8, RECORDING_MAJOR);
	put_le16(h + 10, RECORDING_MINOR);
	put_le32(h + 12, flags);
	memcpy(h + 16, w->id, 16);
	put_le64(h + 32, w->created);
	put_le32(h + 60, crc32c(h, 60));
	return file_pwrite_all(w->fd, h, sizeof(h), 0);
}

static int note_block(struct recording_writer *w, const struct block_info *info, size_t bytes)
{
	if (w->n_blocks == w->cap_blocks) {
		size_t cap = w->cap_blocks ? 2 * w->cap_blocks : 256;
		struct recording_block *grown = reallocarray(w->block, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		w->block = grown;
		w->cap_blocks = cap;
	}
	w->block[w->n_blocks++] = (struct recording_block){
		.offset = w->offset,
		.bytes = (uint32_t)bytes,
		.track = info->track,
		.cpu = info->cpu,
		.rows = info->rows,
		.first = info->first,
		.last = info->last,
	};
	return 0;
}

static int append_block(struct recording_writer *w, const struct block_info *info, uint8_t *block,
			size_t bytes, struct err *e)
{
	uint64_t key = (uint64_t)info->track << 32 | info->cpu;
	uint32_t no = idmap_get(&w->stream_no, key);

	if (no == IDMAP_NONE)
		no = 0;
	block_renumber(block, w->n_blocks, no);
	int r = w->behind ? write_behind_append(w->behind, block, bytes)
			  : file_pwrite_all(w->fd, block, bytes, w->offset);

	if (r < 0)
		return err_set(e, r, "cannot write '%s': %s", w->path, strerror(-r));
	if (idmap_set(&w->stream_no, key, no + 1) < 0 || note_block(w, info, bytes) < 0)
		return err_set(e, -ENOMEM, "no memory for the index of '%s'", w->path);
	w->offset += bytes;
	if (info->track >= TRACK_FIRST_EVENT)
		w->event_rows += info->rows;
	return 0;
}

/* Encode rows that the writer itself makes and append them. */
static int append_own(struct recording_writer *w, const struct batch *b, struct err *e)
{
	struct block_info info;

	buf_clear(&w->own);
	int r = block_encode(packer_encoder(w->packer), b, &w->own, e);

	if (r == 0)
		r = block_parse_header(w->own.data, &info, e);
	return r < 0 ? r : append_block(w, &info, w->own.data, w->own.len, e);
}

static int put_schema_row(struct batch *b, const struct track *t, unsigned int column)
{
	int64_t track_name = batch_add_text(b, t->name);
	int64_t column_name = batch_add_text(b, t->column[column].name);
	int64_t unit = batch_add_text(b, t->column[column].unit ? t->column[column].unit : "");

	if (track_name < 0 || column_name < 0 || unit < 0)
		return -ENOMEM;
	uint32_t row = b->rows++;

	b->time[row] = 0;
	batch_u16(b, SCHEMA_TRACK)[row] = t->id;
	((uint32_t *)b->col[SCHEMA_TRACK_NAME])[row] = (uint32_t)track_name;
	batch_u8(b, SCHEMA_COLUMN)[row] = (uint8_t)column;
	((uint32_t *)b->col[SCHEMA_COLUMN_NAME])[row] = (uint32_t)column_name;
	batch_u8(b, SCHEMA_TYPE)[row] = (uint8_t)t->column[column].type;
	((uint32_t *)b->col[SCHEMA_UNIT])[row] = (uint32_t)unit;
	return 0;
}

static int describe_track(struct recording_writer *w, uint16_t id, struct err *e)
{
	const struct track *t = track_by_id(id);

	if (idmap_get(&w->described, id) != IDMAP_NONE)
		return 0;
	if (idmap_set(&w->described, id, 0) < 0)
		return err_set(e, -ENOMEM, "no memory");
	if (!t || t == &track_schema || t == &track_index)
		return 0;
	auto_ptr(batch) b = batch_new(&track_schema, TRACK_MAX_COLUMNS);

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	b->cpu = BATCH_CPU_NONE;
	for (unsigned int c = 0; c < t->n_columns; c++)
		if (put_schema_row(b, t, c) < 0)
			return err_set(e, -ENOMEM, "no memory");
	return append_own(w, b, e);
}

static int take_block(void *ctx, const struct block_info *info, uint8_t *block, size_t bytes,
		      struct err *e)
{
	struct recording_writer *w = ctx;
	int r = describe_track(w, info->track, e);

	return r < 0 ? r : append_block(w, info, block, bytes, e);
}

int recording_create_fd(int fd, const char *path, const struct packer_options *o,
			struct recording_writer **ret, struct err *e)
{
	auto_ptr(recording_writer) w = calloc(1, sizeof(*w));

	if (!w) {
		close(fd);
		return err_set(e, -ENOMEM, "no memory");
	}
	w->fd = fd;
	w->path = strdup(path);
	buf_init(&w->own, BLOCK_MAX_PAYLOAD + 4096);
	w->packer = packer_new(o, take_block, w);
	if (!w->path || !w->packer)
		return err_set(e, -ENOMEM, "no memory");
	if (getrandom(w->id, sizeof(w->id), 0) != (ssize_t)sizeof(w->id))
		return err_set(e, -EIO, "no random numbers for the run id");
	w->created = nsec_realtime();
	w->offset = RECORDING_HEADER_BYTES;
	int r = write_header(w, 0);

	if (r < 0)
		return err_set(e, r, "cannot write '%s': %s", path, strerror(-r));
	*ret = steal_ptr(w);
	return 0;
}

int recording_create(const char *path, unsigned int flags, const struct packer_options *o,
		     struct recording_writer **ret, struct err *e)
{
	auto_ptr(new_file) file = NULL;
	int r = new_file_open(path, 0666, flags, &file, e);

	if (r < 0)
		return r;
	int fd = fcntl(new_file_fd(file), F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return err_set(e, -errno, "cannot write '%s': %s", path, strerror(errno));
	r = recording_create_fd(fd, path, o, ret, e);
	if (r >= 0)
		(*ret)->file = steal_ptr(file);
	return r;
}

int recording_writer_publish(struct recording_writer *w, struct err *e)
{
	return w->file ? new_file_commit(w->file, e) : 0;
}

struct recording_writer *recording_writer_free(struct recording_writer *w)
{
	if (w) {
		write_behind_free(w->behind);
		packer_free(w->packer);
		buf_done(&w->own);
		idmap_done(&w->stream_no);
		idmap_done(&w->described);
		free(w->block);
		free(w->path);
		if (w->fd >= 0)
			close(w->fd);
		new_file_free(w->file);
		free(w);
	}
	return NULL;
}

int recording_writer_behind(struct recording_writer *w, size_t max_bytes, void (*begin)(void),
			    struct err *e)
{
	int r = write_behind_new(w->fd, w->offset, max_bytes, begin, &w->behind);

	return r < 0 ? err_set(e, r, "cannot start a thread for '%s': %s", w->path, strerror(-r))
		     : 0;
}

struct sink *recording_writer_sink(struct recording_writer *w)
{
	return packer_sink(w->packer);
}

int recording_writer_flush(struct recording_writer *w, nsec_t older, struct err *e)
{
	return packer_flush(w->packer, older, e);
}

/* Tracks whose columns the given block names need not be described again. */
static int note_described(struct recording_writer *w, const struct block_info *info,
			  const uint8_t *block, struct err *e)
{
	auto_ptr(block_decoder) d = block_decoder_new();
	auto_ptr(batch) b = batch_new(&track_schema, info->rows);

	if (!d || !b)
		return err_set(e, -ENOMEM, "no memory");
	int r = block_decode(d, info, block + info->header_bytes, 0, b, e);

	for (uint32_t i = 0; r >= 0 && i < b->rows; i++)
		r = idmap_set(&w->described, batch_u16(b, SCHEMA_TRACK)[i], 0);
	return r;
}

int recording_writer_add_block(struct recording_writer *w, uint8_t *block, size_t bytes,
			       struct err *e)
{
	struct block_info info;

	if (bytes < BLOCK_HEADER_BYTES)
		return err_set(e, -EBADMSG, "block of %zu bytes", bytes);
	int r = block_parse_header(block, &info, e);

	if (r < 0)
		return r;
	if (block_bytes(&info) != bytes)
		return err_set(e, -EBADMSG, "block of %zu bytes says that it has %llu", bytes,
			       (unsigned long long)block_bytes(&info));
	if (info.track == track_schema.id)
		r = note_described(w, &info, block, e);
	return r < 0 ? r : take_block(w, &info, block, bytes, e);
}

int recording_writer_meta(struct recording_writer *w, const char *key, const char *value,
			  struct err *e)
{
	return run_meta_write(recording_writer_sink(w), key, value, e);
}

int recording_writer_set_identity(struct recording_writer *w, const uint8_t id[16], nsec_t created,
				  struct err *e)
{
	memcpy(w->id, id, sizeof(w->id));
	w->created = created;
	int r = write_header(w, 0);

	return r < 0 ? err_set(e, r, "cannot write '%s': %s", w->path, strerror(-r)) : 0;
}

/*
 * The index as blocks of the index track, all but the first as ordinary blocks before it: the
 * trailer points to the first of them, and they follow each other up to the trailer.
 */
static int write_index(struct recording_writer *w, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_index, BLOCK_MAX_ROWS);
	size_t n = w->n_blocks; /* append_own() adds index blocks to the list */

	if (!b)
		return err_set(e, -ENOMEM, "no memory for the index");
	b->cpu = BATCH_CPU_NONE;
	for (size_t i = 0; i < n; i++) {
		const struct recording_block *k = &w->block[i];
		uint32_t row = b->rows++;

		b->time[row] = k->offset;
		batch_u64(b, INDEX_FIRST)[row] = k->first;
		batch_u64(b, INDEX_LAST)[row] = k->last;
		batch_u32(b, INDEX_BYTES)[row] = k->bytes;
		batch_u16(b, INDEX_TRACK)[row] = k->track;
		batch_u32(b, INDEX_CPU)[row] = k->cpu;
		batch_u32(b, INDEX_ROWS)[row] = k->rows;
		if (batch_full(b) || i + 1 == n) {
			int r = append_own(w, b, e);

			if (r < 0)
				return r;
			batch_clear(b);
			b->cpu = BATCH_CPU_NONE;
		}
	}
	return 0;
}

/* What has no name and gets none cannot be found after a crash. */
static int bring_to_disk(const struct recording_writer *w)
{
	struct stat st;

	if (!w->file && fstat(w->fd, &st) == 0 && st.st_nlink == 0)
		return 0;
	return fdatasync(w->fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

int recording_writer_close(struct recording_writer *w, struct err *e)
{
	uint8_t t[RECORDING_TRAILER_BYTES] = { 0 };
	int r = w->closed ? 0 : packer_flush(w->packer, NSEC_MAX, e);

	if (r < 0 || w->closed)
		return r;
	uint64_t index_at = w->offset;

	r = write_index(w, e);
	if (r < 0)
		return r;
	memcpy(t, RECORDING_END_MAGIC, 8);
	put_le64(t + 8, index_at);
	put_le64(t + 16, w->offset + sizeof(t));
	put_le32(t + 28, crc32c(t, 28));
	if (w->behind)
		r = write_behind_finish(w->behind);
	if (r == 0)
		r = file_pwrite_all(w->fd, t, sizeof(t), w->offset);
	if (r == 0)
		r = bring_to_disk(w);
	if (r == 0)
		r = write_header(w, RECORDING_FLAG_CLOSED);
	if (r < 0)
		return err_set(e, r, "cannot finish '%s': %s", w->path, strerror(-r));
	r = recording_writer_publish(w, e);
	if (r < 0)
		return r;
	w->offset += sizeof(t);
	w->closed = true;
	return 0;
}

void recording_writer_stats(const struct recording_writer *w, struct recording_stats *ret)
{
	*ret = (struct recording_stats){ .rows = w->event_rows,
					 .bytes = w->offset,
					 .blocks = w->n_blocks };
}
