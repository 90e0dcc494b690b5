/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/build_id: on this program, and on files made by hand, each of them cut at
 * every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>

#include "capture/build_id.h"
#include "machine_tree.h"

static void put_bytes(const struct machine_tree *t, const char *name, const void *p, size_t n)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
}

struct file {
	Elf64_Ehdr h;
	Elf64_Phdr p[2];
	uint32_t other[3]; /* a note before it: name 3 bytes, data 5 */
	char other_name[4], other_data[8];
	uint32_t note[3];
	char name[4];
	uint8_t id[4];
};

static struct file make(void)
{
	struct file f = {
		.h = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB },
		       .e_phoff = offsetof(struct file, p),
		       .e_phentsize = sizeof(Elf64_Phdr),
		       .e_phnum = 2 },
		.p = { { .p_type = PT_LOAD },
		       { .p_type = PT_NOTE,
			 .p_offset = offsetof(struct file, other),
			 .p_filesz = sizeof(struct file) - offsetof(struct file, other) } },
		.other = { 3, 5, 1 },
		.note = { 4, 4, NT_GNU_BUILD_ID },
		.name = "GNU",
		.id = { 0xde, 0xad, 0x0b, 0xef },
	};

	return f;
}

static void made_by_hand(void **state)
{
	struct machine_tree t;
	char id[BUILD_ID_MAX];
	struct file f = make();

	(void)state;
	machine_tree_make(&t);
	put_bytes(&t, "x", &f, sizeof(f));
	build_id_read(t.fd, "x", id);
	assert_string_equal(id, "dead0bef");
	put_bytes(&t, "notes", (const char *)&f + offsetof(struct file, other),
		  sizeof(f) - offsetof(struct file, other));
	build_id_read_notes(t.fd, "notes", id);
	assert_string_equal(id, "dead0bef");
	build_id_read_notes(t.fd, "nothing", id);
	assert_string_equal(id, "");
	for (size_t n = 0; n < sizeof(f); n++) {
		put_bytes(&t, "x", &f, n);
		build_id_read(t.fd, "x", id);
		assert_string_equal(id, "");
	}
	f.note[1] = UINT32_MAX;
	put_bytes(&t, "x", &f, sizeof(f));
	build_id_read(t.fd, "x", id);
	assert_string_equal(id, "");
	f = make();
	f.other[0] = UINT32_MAX;
	put_bytes(&t, "x", &f, sizeof(f));
	build_id_read(t.fd, "x", id);
	assert_string_equal(id, "");
	f = make();
	f.h.e_phoff = UINT64_MAX - 8;
	f.h.e_phnum = UINT16_MAX;
	put_bytes(&t, "x", &f, sizeof(f));
	build_id_read(t.fd, "x", id);
	assert_string_equal(id, "");
	machine_tree_remove(&t);
}

static void what_is_no_elf_file(void **state)
{
	struct machine_tree t;
	char id[BUILD_ID_MAX];

	(void)state;
	machine_tree_make(&t);
	/* Opening a pipe without a writer would wait for ever. */
	assert_int_equal(mkfifoat(t.fd, "pipe", 0644), 0);
	build_id_read(t.fd, "pipe", id);
	assert_string_equal(id, "");
	build_id_read(t.fd, "nothing", id);
	assert_string_equal(id, "");
	build_id_read(t.fd, ".", id);
	assert_string_equal(id, "");
	machine_tree_remove(&t);
}

static void of_this_machine(void **state)
{
	char id[BUILD_ID_MAX];

	(void)state;
	build_id_read(AT_FDCWD, "/proc/self/exe", id);
	if (!id[0]) {
		print_message("SKIP: the linker writes no build ids\n");
		skip();
	}
	assert_int_equal(strlen(id), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_by_hand),
		cmocka_unit_test(what_is_no_elf_file),
		cmocka_unit_test(of_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
