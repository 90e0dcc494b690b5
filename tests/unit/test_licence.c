/* SPDX-License-Identifier: MIT */
/* Tests of src/format/licence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "format/licence.h"

static struct identity *vendor, *other;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(identity_new(0, "Vendor", &vendor, NULL), 0);
	assert_int_equal(identity_new(0, "Other", &other, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	identity_free(vendor);
	identity_free(other);
	return 0;
}

static struct licence sample(void)
{
	struct licence l = { .site = 1,
			     .site_name = "Evil Corp",
			     .not_before = 1000,
			     .not_after = 2000,
			     .n_hosts = 2,
			     .n_features = 2,
			     .feature = { "replay", "fleet-2" } };

	assert_int_equal(licence_parse_host("00:16:3e:5e:6c:00", &l.host[0], NULL), 0);
	assert_int_equal(licence_parse_host("SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
					    &l.host[1], NULL),
			 0);
	return l;
}

static void test_there_and_back(void **state)
{
	struct licence l = sample(), back;
	char text[LICENCE_TEXT_MAX], host[64];

	(void)state;
	assert_int_equal(licence_issue(&l, vendor, text, NULL), 0);
	assert_int_equal(licence_parse(text, &back, NULL), 0);
	assert_memory_equal(&l, &back, sizeof(l));
	assert_string_equal(licence_host_text(&back.host[0], host), "00:16:3e:5e:6c:00");
	assert_string_equal(licence_host_text(&back.host[1], host),
			    "SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
}

static void test_what_fails_is_named(void **state)
{
	struct licence l = sample(), back;
	struct licence_host wrong;
	char text[LICENCE_TEXT_MAX];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(licence_parse_host("00:16:3e:5e:6c:01", &wrong, NULL), 0);
	assert_int_equal(licence_issue(&l, vendor, text, NULL), 0);
	const struct licence_need right = { .issuer = vendor,
					    .site = 1,
					    .site_name = "Evil Corp",
					    .host = l.host,
					    .n_hosts = 1,
					    .now = 1500,
					    .feature = "replay" };
	struct licence_need n = right;

	assert_int_equal(licence_check(text, &n, &back, &e), 0);
	n.host = &wrong;
	assert_int_equal(licence_check(text, &n, &back, &e), -EPERM);
	assert_string_equal(e.text,
			    "for 2 other machines (00:16:3e:5e:6c:00 ...), not for this one");
	n.any_host = true;
	assert_int_equal(licence_check(text, &n, &back, &e), 0);
	n = right;
	n.site = 2;
	assert_int_equal(licence_check(text, &n, &back, &e), -EPERM);
	assert_string_equal(e.text, "for site 1, not for site 2");
	n = right;
	n.site_name = "evil corp";
	assert_int_equal(licence_check(text, &n, &back, &e), -EPERM);
	assert_string_equal(e.text, "for the site 'Evil Corp', not for 'evil corp'");
	n = right;
	n.now = 999;
	assert_int_equal(licence_check(text, &n, &back, &e), -ETIME);
	assert_string_equal(e.text, "not good before 1970-01-01T00:16:40Z");
	n.now = 2000;
	assert_int_equal(licence_check(text, &n, &back, &e), -ETIME);
	assert_string_equal(e.text, "expired, it was good until 1970-01-01T00:33:20Z");
	n = right;
	n.feature = "fleet";
	assert_int_equal(licence_check(text, &n, &back, &e), -EPERM);
	n = right;
	n.issuer = other;
	assert_int_equal(licence_check(text, &n, &back, &e), -ENOKEY);
	assert_non_null(strstr(e.text, "wrong key: issued with"));
	assert_int_equal(licence_check("6f37-6910-b2a0-e858-9657-f08d", &right, &back, &e),
			 -EBADMSG);
	assert_non_null(strstr(e.text, "older tool"));
}

/* Each bit of the text: no licence, or one that is not signed. */
static void test_flips(void **state)
{
	struct licence l = sample(), back;
	char text[LICENCE_TEXT_MAX];
	const struct licence_need need = { .issuer = vendor, .any_host = true, .now = 1500 };

	(void)state;
	assert_int_equal(licence_issue(&l, vendor, text, NULL), 0);
	assert_int_equal(licence_check(text, &need, &back, NULL), 0);
	for (size_t bit = 0; bit < 8 * strlen(text); bit++) {
		struct err e = { 0 };

		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		assert_true(licence_check(text, &need, &back, &e) < 0);
		assert_true(e.text[0]);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
	for (size_t n = strlen(text); n-- > 0;) {
		text[n] = 0;
		assert_int_equal(licence_check(text, &need, &back, NULL), -EBADMSG);
	}
}

/* Issued before and after the issuer's key was rotated. */
static void test_rotation(void **state)
{
	auto_ptr(identity) v = NULL;
	struct licence l = sample(), back;
	char before[LICENCE_TEXT_MAX], after[LICENCE_TEXT_MAX];
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(identity_new(0, "V", &v, NULL), 0);
	assert_int_equal(identity_put_public(v, &b), 0);
	auto_ptr(identity) old_public = NULL;

	assert_int_equal(identity_parse((char *)b.data, b.len, NULL, &old_public, NULL), 0);
	assert_int_equal(licence_issue(&l, v, before, NULL), 0);
	assert_int_equal(identity_rotate(v, NULL), 0);
	assert_int_equal(licence_issue(&l, v, after, NULL), 0);
	struct licence_need need = { .issuer = v, .any_host = true, .now = 1500 };

	assert_int_equal(licence_check(before, &need, &back, NULL), 0);
	assert_int_equal(licence_check(after, &need, &back, NULL), 0);
	need.issuer = old_public;
	assert_int_equal(licence_check(before, &need, &back, NULL), 0);
	assert_int_equal(licence_check(after, &need, &back, NULL), -ENOKEY);
	assert_int_equal(licence_issue(&l, old_public, after, NULL), -EPERM);
}

static void test_ids(void **state)
{
	struct licence l = sample();
	char a[LICENCE_TEXT_MAX], b[LICENCE_TEXT_MAX];
	uint8_t x[CHECKED_ID_BYTES], y[CHECKED_ID_BYTES];

	(void)state;
	assert_int_equal(licence_issue(&l, vendor, a, NULL), 0);
	assert_int_equal(licence_issue(&l, vendor, b, NULL), 0);
	assert_int_equal(licence_id(a, x), 0);
	assert_int_equal(licence_id(b, y), 0);
	/* The serial number tells them apart. */
	assert_memory_not_equal(x, y, sizeof(x));
	assert_int_equal(licence_id("x", y), -EBADMSG);
}

static void test_hosts(void **state)
{
	static const char *const none[] = {
		"",
		"00:00:00:00:00:00",
		"00:16:3e:5e:6c",
		"00:16:3e:5e:6c:0",
		"00:16:3e:5e:6c:00:00",
		"00-16-3e-5e-6c-00",
		"0g:16:3e:5e:6c:00",
		"SHA256:",
		"SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"sha256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9", /* loose bits */
	};
	struct licence_host h;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		e = (struct err){ 0 };
		assert_int_equal(licence_parse_host(none[i], &h, &e), -EINVAL);
		assert_true(e.text[0]);
	}
	assert_int_equal(licence_parse_host("00:16:3E:5E:6C:0A", &h, NULL), 0);
}

static void put_card(const char *root, const char *name, const char *address)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/sys/class/net/%s/address", root, name);
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, address, strlen(address)), 0);
}

/* InfiniBand, bonding_masters and the like are no reason to refuse. */
static void test_machines(void **state)
{
	char root[] = "/tmp/kymo-licence-XXXXXX", path[200], text[64];
	struct licence_host h[8];

	(void)state;
	assert_non_null(mkdtemp(root));
	auto_close int root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(licence_machine_hosts(root_fd, h, 8), 0);
	static const char *const folder[] = { "sys", "sys/class", "sys/class/net" };

	for (size_t i = 0; i < ARRAY_SIZE(folder); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, folder[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put_card(root, "lo", "00:00:00:00:00:00\n");
	put_card(root, "tun0", "\n");
	put_card(root, "ib0", "80:00:02:08:fe:80:00:00:00:00:00:00:e4:1d:2d:03:00:50:f1:32\n");
	put_card(root, "eth0", "00:16:3e:5e:6c:00\n");
	(void)snprintf(path, sizeof(path), "%s/sys/class/net/bonding_masters", root);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(licence_machine_hosts(root_fd, h, 8), 1);
	assert_string_equal(licence_host_text(&h[0], text), "00:16:3e:5e:6c:00");
	assert_int_equal(licence_machine_hosts(root_fd, h, 0), 0);
	char command[300];

	/* The tree is small and known. */
	static const char *const below[] = { "lo", "tun0", "ib0", "eth0" };

	for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
		(void)snprintf(command, sizeof(command), "%s/sys/class/net/%s/address", root,
			       below[i]);
		unlink(command);
		(void)snprintf(command, sizeof(command), "%s/sys/class/net/%s", root, below[i]);
		rmdir(command);
	}
	unlink(path);
	for (size_t i = ARRAY_SIZE(folder); i-- > 0;) {
		(void)snprintf(path, sizeof(path), "%s/%s", root, folder[i]);
		rmdir(path);
	}
	assert_int_equal(rmdir(root), 0);
}

static void test_limits(void **state)
{
	struct licence l = sample(), back;
	char text[LICENCE_TEXT_MAX];
	struct err e = { 0 };

	(void)state;
	l.not_after = l.not_before;
	assert_int_equal(licence_issue(&l, vendor, text, &e), -EINVAL);
	l = sample();
	l.site = 0;
	assert_int_equal(licence_issue(&l, vendor, text, &e), -EINVAL);
	l = sample();
	memcpy(l.feature[1], "Fleet", 6);
	assert_int_equal(licence_issue(&l, vendor, text, &e), -EINVAL);
	l = sample();
	l.not_after = UINT64_MAX;
	assert_int_equal(licence_issue(&l, vendor, text, &e), -EINVAL);
	/* As much as there may be. */
	l = sample();
	l.n_hosts = LICENCE_HOSTS_MAX;
	for (unsigned int i = 0; i < l.n_hosts; i++)
		l.host[i] = l.host[1];
	l.n_features = LICENCE_FEATURES_MAX;
	for (unsigned int i = 0; i < l.n_features; i++)
		memset(l.feature[i], 'x', LICENCE_FEATURE_BYTES);
	memset(l.site_name, 'y', RECIPIENT_NAME_MAX);
	assert_int_equal(licence_issue(&l, vendor, text, &e), 0);
	assert_int_equal(licence_parse(text, &back, &e), 0);
	assert_memory_equal(&l, &back, sizeof(l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_what_fails_is_named),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
