/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/debug_files: links with their CRC, roots that are not left, a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/hex.h"
#include "machine_tree.h"
#include "symbol/debug_files.h"
#include "symbol/debuginfod.h"
#include "symbol_fixture.h"

static void read_fixture(const char *name, struct buf *b)
{
	char path[1024];

	buf_init(b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, symbol_fixture(path, sizeof(path), name), b), 0);
}

static void put_bytes(const struct machine_tree *t, const char *path, const struct buf *b)
{
	machine_tree_put(t, path, "");
	auto_close int fd = openat(t->fd, path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(file_write_all(fd, b->data, b->len), 0);
}

static void test_a_link_counts_when_its_crc_is_right(void **state)
{
	(void)state;

	static const char *const place[] = { "opt/linked.debug", "opt/.debug/linked.debug",
					     "dbg/opt/linked.debug" };
	static const char *const dirs[] = { "/dbg" };
	auto_buf linked;
	auto_buf debug;

	read_fixture("linked", &linked);
	read_fixture("linked.debug", &debug);
	for (size_t k = 0; k < 2 * ARRAY_SIZE(place); k++) {
		auto_ptr(elf_image) image = NULL;
		auto_ptr(elf_image) found = NULL;
		struct machine_tree t;
		bool good = k < ARRAY_SIZE(place);

		machine_tree_make(&t);
		const struct debug_files d = { .root_fd = t.fd, .dir = dirs, .n_dirs = 1 };

		put_bytes(&t, "opt/linked", &linked);
		debug.data[debug.len - 1] ^= good ? 0 : 1;
		put_bytes(&t, place[k % ARRAY_SIZE(place)], &debug);
		debug.data[debug.len - 1] ^= good ? 0 : 1;
		assert_int_equal(elf_image_open(debug_files_open(&d, "/opt/linked"), &image, NULL),
				 0);
		assert_false(debug_part_is_in(image, DEBUG_PART_SYMBOLS));
		assert_true(debug_part_is_in(image, DEBUG_PART_PROGRAM));
		int r = debug_files_find(&d, DEBUG_PART_SYMBOLS, image->build_id,
					 image->build_id_bytes, image, "/opt/linked", &found);

		assert_int_equal(r, good ? 0 : -ENOENT);
		if (found) {
			assert_true(debug_part_is_in(found, DEBUG_PART_LINES));
			assert_false(debug_part_is_in(found, DEBUG_PART_PROGRAM));
		}
		machine_tree_remove(&t);
	}
}

static void test_links_do_not_leave_the_root(void **state)
{
	(void)state;

	struct machine_tree t;
	char line[8] = "";

	machine_tree_make(&t);
	const struct debug_files d = { .root_fd = t.fd };

	machine_tree_put(&t, "etc/passwd", "inside");
	machine_tree_put(&t, "a/b", "");
	assert_int_equal(symlinkat("/etc/passwd", t.fd, "a/absolute"), 0);
	assert_int_equal(symlinkat("../../../../../../../../etc/passwd", t.fd, "a/up"), 0);
	for (int k = 0; k < 2; k++) {
		auto_close int fd = debug_files_open(&d, k ? "/a/up" : "/a/absolute");

		if (fd == -ELOOP || fd == -ENOSYS)
			skip();
		assert_true(fd >= 0);
		assert_int_equal(read(fd, line, 6), 6);
		assert_string_equal(line, "inside");
	}
	assert_int_equal(mkfifoat(t.fd, "a/fifo", 0600), 0);
	assert_int_equal(debug_files_open(&d, "/a/fifo"), -EINVAL);
	assert_int_equal(debug_files_open(&d, "/a"), -EINVAL);
	assert_int_equal(debug_files_open(&d, "/"), -EINVAL);
	assert_int_equal(debug_files_open(&d, "/a/none"), -ENOENT);
	machine_tree_remove(&t);
}

/* A server for one file; its process number. */
static pid_t serve(const char *id, const struct buf *body, uint16_t *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char want[256], head[256], asked[4096];

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		return -1;
	*ret_port = ntohs(at.sin_port);
	pid_t pid = fork();

	if (pid) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(want, sizeof(want), "GET /buildid/%s/debuginfo ", id);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		ssize_t got = c < 0 ? 0 : read(c, asked, sizeof(asked) - 1);

		asked[got > 0 ? got : 0] = 0;
		bool known = !strncmp(asked, want, strlen(want));

		snprintf(head, sizeof(head),
			 "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			 known ? "200 OK" : "404 Not Found", known ? body->len : 0);
		(void)!file_write_all(c, head, strlen(head));
		if (known)
			(void)!file_write_all(c, body->data, body->len);
		close(c);
	}
}

static void test_a_server_is_asked_when_the_user_agreed(void **state)
{
	(void)state;

	auto_ptr(elf_image) image = NULL;
	auto_ptr(elf_image) found = NULL;
	char path[1024], hex[2 * BUILD_ID_MAX + 1], name[256], url[64];
	struct machine_tree t;
	uint16_t port = 0;
	auto_buf debug;

	machine_tree_make(&t);
	int root = open(symbol_fixture(path, sizeof(path), ""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct debug_files d = { .root_fd = root };

	assert_int_equal(elf_image_open(debug_files_open(&d, "/exported"), &image, NULL), 0);
	hex_text(image->build_id, image->build_id_bytes, hex);
	snprintf(name, sizeof(name), "debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	read_fixture(name, &debug);
	unsetenv("DEBUGINFOD_URLS");
	assert_false(debuginfod_available());
	assert_int_equal(debuginfod_get(image->build_id, image->build_id_bytes, false),
			 -EOPNOTSUPP);
	pid_t server = serve(hex, &debug, &port);

	assert_true(server > 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	setenv("DEBUGINFOD_URLS", url, 1);
	setenv("DEBUGINFOD_CACHE_PATH", t.dir, 1);
	setenv("DEBUGINFOD_TIMEOUT", "10", 1);
	setenv("no_proxy", "127.0.0.1", 1);
	bool available = debuginfod_available();
	int without = debug_files_find(&d, DEBUG_PART_SYMBOLS, image->build_id,
				       image->build_id_bytes, image, "/exported", &found);

	d.debuginfod = true;
	int with = debug_files_find(&d, DEBUG_PART_SYMBOLS, image->build_id, image->build_id_bytes,
				    image, "/exported", &found);
	int unknown = debug_files_find(&d, DEBUG_PART_PROGRAM, image->build_id,
				       image->build_id_bytes, NULL, "/exported", &found);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	close(root);
	machine_tree_remove(&t);
	if (!available) {
		print_message("libdebuginfod is not installed\n");
		skip();
	}
	assert_int_equal(without, -ENOENT);
	assert_int_equal(with, 0);
	assert_int_equal(unknown, -ENOENT);
	assert_true(debug_part_is_in(found, DEBUG_PART_SYMBOLS));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_link_counts_when_its_crc_is_right),
		cmocka_unit_test(test_links_do_not_leave_the_root),
		cmocka_unit_test(test_a_server_is_asked_when_the_user_agreed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
