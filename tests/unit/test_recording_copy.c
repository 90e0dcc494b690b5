/* SPDX-License-Identifier: MIT */
/* Tests of src/format/recording_copy: nothing but the names may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "format/recording_copy.h"
#include "model/file_track.h"
#include "model/sched_track.h"
#include "model/tasks.h"
#include "model/vm_track.h"

#define ROWS 3000

static char folder[] = "/tmp/kymo-copy-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/a.kymo", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static uint32_t text(struct batch *b, const char *s)
{
	int64_t at = batch_add_text(b, s);

	assert_true(at >= 0);
	return (uint32_t)at;
}

static void put_task(struct sink *sink, uint32_t cpu, nsec_t time, uint8_t kind, uint32_t tid,
		     const char *comm)
{
	auto_ptr(batch) b = batch_new(&track_task, 1);

	b->cpu = cpu;
	b->rows = 1;
	b->time[0] = time;
	batch_u8(b, TASK_KIND)[0] = kind;
	batch_u32(b, TASK_TID)[0] = tid;
	batch_u32(b, TASK_TGID)[0] = tid;
	batch_u32(b, TASK_PARENT)[0] = 0;
	batch_u8(b, TASK_FLAGS)[0] = 0;
	((uint32_t *)b->col[TASK_COMM])[0] = text(b, comm);
	assert_int_equal(sink_write(sink, b, NULL), 0);
}

static void put_switches(struct sink *sink)
{
	auto_ptr(batch) b = batch_new(&track_switch, ROWS);

	b->cpu = 1;
	for (uint32_t i = 0; i < ROWS; i++) {
		b->time[i] = 1000 + i;
		batch_u32(b, SWITCH_NEXT)[i] = 7 + i % 2;
		batch_u32(b, SWITCH_PREV)[i] = 8 - i % 2;
		batch_u16(b, SWITCH_STATE)[i] = 1;
		batch_u8(b, SWITCH_PRIO)[i] = 120;
	}
	b->rows = ROWS;
	assert_int_equal(sink_write(sink, b, NULL), 0);
}

/* A file with events, tasks on a CPU and on none, one old role, a tid used twice. */
static void make_recording(bool close_it)
{
	auto_ptr(recording_writer) w = NULL;
	struct sink *sink;

	unlink(path);
	assert_int_equal(
		recording_create(path, 0, &(struct packer_options){ .block_rows = 256 }, &w, NULL),
		0);
	sink = recording_writer_sink(w);
	put_task(sink, BATCH_CPU_NONE, 900, TASK_ALIVE, 7, "seven");
	put_task(sink, BATCH_CPU_NONE, 901, TASK_ALIVE, 8, "eight");
	put_task(sink, BATCH_CPU_NONE, 902, TASK_ROLE, 7, "old role");
	put_task(sink, 1, 1500, TASK_EXIT, 8, "eight");
	put_task(sink, 1, 2000, TASK_FORK, 8, "again");
	put_task(sink, BATCH_CPU_NONE, 2500, TASK_ALIVE, 9, "nine");
	put_switches(sink);
	assert_int_equal(recording_writer_meta(w, "label", "x", NULL), 0);
	assert_int_equal(recording_writer_flush(w, NSEC_MAX, NULL), 0);
	assert_int_equal(
		close_it ? recording_writer_close(w, NULL) : recording_writer_publish(w, NULL), 0);
}

static struct recording *open_recording(unsigned int flags)
{
	struct recording *r = NULL;
	struct err e = { 0 };

	if (recording_open(path, flags, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

static const char *label(struct recording *r, uint32_t tid, nsec_t at)
{
	struct tasks *t = recording_source(r)->tasks;

	return tasks_label(t, tasks_find(t, tid, at, 0));
}

static int rewrite(struct recording *r)
{
	struct err e = { 0 };
	int rc = recording_rewrite_names(r, path, NULL, NULL, &e);

	if (rc < 0)
		print_message("# %s\n", e.text);
	return rc;
}

/* Sum over all values of all switches. */
static uint64_t sum_of_switches(struct recording *r, uint64_t *ret_rows)
{
	const struct query q = { .tracks = track_bit(&track_switch), .order = CURSOR_BY_TIME };
	struct source *src = recording_source(r);
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	uint64_t sum = 0;

	*ret_rows = 0;
	assert_int_equal(source_cursor(src, &q, &c, NULL), 0);
	while (cursor_next(c, &b, NULL) > 0) {
		for (uint32_t i = 0; i < b->rows; i++)
			sum = sum * 31 + b->time[i] + batch_u32(b, SWITCH_NEXT)[i];
		*ret_rows += b->rows;
	}
	return sum;
}

static unsigned int files_in_folder(void)
{
	unsigned int n = 0;
	DIR *d = opendir(folder);

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_only_names_change(void **state)
{
	(void)state;
	uint64_t rows, rows_after;
	struct stat st;

	make_recording(true);
	assert_int_equal(chmod(path, 0640), 0);
	struct recording *r = open_recording(0);
	uint64_t sum = sum_of_switches(r, &rows);
	nsec_t created = recording_created(r);
	uint8_t id[16];

	memcpy(id, recording_source(r)->info->id, sizeof(id));
	assert_string_equal(label(r, 7, 1000), "old role");
	assert_int_equal(tasks_set_role(recording_source(r)->tasks, 7, NSEC_MAX, "new"), 0);
	assert_int_equal(tasks_set_role(recording_source(r)->tasks, 8, 2100, "second"), 0);
	assert_int_equal(rewrite(r), 0);
	recording_free(r);

	r = open_recording(0);
	assert_true(recording_source(r)->info->complete);
	assert_string_equal(label(r, 7, 1000), "new");
	assert_string_equal(label(r, 8, 1000), "eight");
	assert_string_equal(label(r, 8, 2100), "second");
	assert_string_equal(label(r, 9, 2600), "nine");
	assert_string_equal(tasks_comm_at(recording_source(r)->tasks,
					  tasks_find(recording_source(r)->tasks, 7, 1000, 0), 1000),
			    "seven");
	assert_int_equal(sum_of_switches(r, &rows_after), sum);
	assert_int_equal(rows_after, rows);
	assert_int_equal(rows, ROWS);
	assert_int_equal(recording_created(r), created);
	assert_memory_equal(recording_source(r)->info->id, id, sizeof(id));
	assert_string_equal(run_info_meta(recording_source(r)->info, "label"), "x");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(files_in_folder(), 1);
	recording_free(r);
}

static void test_again_and_again_is_the_same_file(void **state)
{
	(void)state;
	struct stat first, second;

	make_recording(true);
	for (int i = 0; i < 3; i++) {
		struct recording *r = open_recording(0);

		assert_int_equal(rewrite(r), 0);
		recording_free(r);
		assert_int_equal(stat(path, i ? &second : &first), 0);
	}
	assert_int_equal(first.st_size, second.st_size);
	/* Walking agrees with the index. */
	struct recording *r = open_recording(RECORDING_SALVAGE);

	assert_true(recording_source(r)->info->complete);
	assert_string_equal(label(r, 7, 1000), "old role");
	recording_free(r);
}

static int write_vm(void *ctx, struct sink *sink, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_vm, 1);
	uint32_t empty = text(b, "");

	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = 1000;
	batch_u32(b, VM_TID)[0] = 7;
	batch_u32(b, VM_PID)[0] = 7;
	((uint32_t *)b->col[VM_NAME])[0] = text(b, ctx);
	((uint32_t *)b->col[VM_UUID])[0] = empty;
	((uint32_t *)b->col[VM_INSTANCE])[0] = empty;
	((uint32_t *)b->col[VM_TYPE])[0] = empty;
	return sink_write(sink, b, e);
}

static uint64_t vm_rows(const struct recording *r)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < recording_n_blocks(r); i++)
		if (recording_block_at(r, i)->track == track_vm.id)
			rows += recording_block_at(r, i)->rows;
	return rows;
}

static void test_machines_are_replaced_or_kept(void **state)
{
	(void)state;
	char one[] = "one", two[] = "two";

	make_recording(true);
	for (unsigned int i = 0; i < 3; i++) {
		struct recording *r = open_recording(0);

		assert_int_equal(vm_rows(r), i > 0);
		assert_int_equal(recording_rewrite_names(r, path, i == 2 ? NULL : write_vm,
							 i ? two : one, NULL),
				 0);
		recording_free(r);
	}
	struct recording *r = open_recording(0);

	assert_int_equal(vm_rows(r), 1);
	recording_free(r);
}

static void test_a_symbolic_link_stays(void **state)
{
	(void)state;
	char link[80];
	struct stat st;

	make_recording(true);
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink("a.kymo", link), 0);
	struct recording *r = open_recording(0);

	assert_int_equal(recording_rewrite_names(r, link, NULL, NULL, NULL), 0);
	recording_free(r);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	unlink(link);
}

/* Change one byte in the payload of the @n-th block of a track. */
static void damage(uint16_t track, unsigned int n)
{
	struct recording *r = open_recording(0);
	const struct recording_block *k = NULL;
	uint8_t byte;

	for (size_t i = 0; i < recording_n_blocks(r); i++)
		if (recording_block_at(r, i)->track == track && n-- == 0)
			k = recording_block_at(r, i);
	assert_non_null(k);
	int fd = open(path, O_RDWR);

	assert_int_equal(file_pread_all(fd, &byte, 1, k->offset + 70), 0);
	byte ^= 0x55;
	assert_int_equal(file_pwrite_all(fd, &byte, 1, k->offset + 70), 0);
	close(fd);
	recording_free(r);
}

static void test_damage_is_not_copied(void **state)
{
	(void)state;
	auto_buf before, after;

	buf_init(&before, 0);
	buf_init(&after, 0);
	make_recording(true);
	damage(track_switch.id, 3);
	assert_int_equal(file_read_at(AT_FDCWD, path, &before), 0);
	struct recording *r = open_recording(0);

	assert_int_equal(rewrite(r), -EBADMSG);
	recording_free(r);
	assert_int_equal(file_read_at(AT_FDCWD, path, &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	assert_int_equal(files_in_folder(), 1);
}

static void test_salvaged_losses_stay(void **state)
{
	(void)state;
	uint64_t rows;

	make_recording(true);
	damage(track_switch.id, 3);
	struct recording *r = open_recording(RECORDING_SALVAGE);

	assert_false(recording_source(r)->info->complete);
	assert_int_equal(recording_source(r)->info->n_loss, 1);
	assert_int_equal(rewrite(r), 0);
	recording_free(r);
	r = open_recording(0);
	assert_true(recording_source(r)->info->complete);
	assert_int_equal(recording_source(r)->info->n_loss, 1);
	assert_int_equal(recording_source(r)->info->loss[0].cause, LOSS_DAMAGE);
	assert_int_equal(recording_source(r)->info->loss[0].track, track_switch.id);
	(void)sum_of_switches(r, &rows);
	assert_int_equal(rows, ROWS - 256);
	recording_free(r);
}

static void test_a_file_that_was_not_closed(void **state)
{
	(void)state;
	uint64_t rows;

	make_recording(false);
	struct recording *r = open_recording(RECORDING_SALVAGE);

	assert_int_equal(rewrite(r), 0);
	recording_free(r);
	r = open_recording(0);
	(void)sum_of_switches(r, &rows);
	assert_int_equal(rows, ROWS);
	recording_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_names_change),
		cmocka_unit_test(test_again_and_again_is_the_same_file),
		cmocka_unit_test(test_machines_are_replaced_or_kept),
		cmocka_unit_test(test_a_symbolic_link_stays),
		cmocka_unit_test(test_damage_is_not_copied),
		cmocka_unit_test(test_salvaged_losses_stay),
		cmocka_unit_test(test_a_file_that_was_not_closed),
	};

	return cmocka_run_group_tests_name("recording_copy", tests, make_folder, remove_folder);
}
