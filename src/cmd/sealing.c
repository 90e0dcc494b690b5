/* SPDX-License-Identifier: MIT */
/* Reading keys and passphrases. */
#include "cmd/sealing.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

/* Everything from @fd into memory for secrets, at most @max bytes. Its length. */
static ssize_t read_secret(int fd, char *ret, size_t max)
{
	size_t n = 0;

	while (n < max) {
		ssize_t got = read(fd, ret + n, max - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return (ssize_t)n;
		n += (size_t)got;
	}
	return -EFBIG;
}

static void warn_of_others(const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 077)
		log_warn("'%s' can be read by others, using it (try: chmod 600)", path);
}

int sealing_passphrase(const char *path, char **ret, struct err *e)
{
	const bool is_stdin = path && !strcmp(path, "-");

	*ret = NULL;
	if (!path)
		return 0;
	auto_close int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				     : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "cannot read the passphrase '%s': %s", path,
			       strerror(errno));
	int r = seal_ready(e);
	char *text = r < 0 ? NULL : seal_alloc(RECIPIENT_PASSPHRASE_MAX + 2);

	if (!text)
		return r < 0 ? r : err_set(e, -ENOMEM, "no memory");
	ssize_t n = read_secret(fd, text, RECIPIENT_PASSPHRASE_MAX + 1);

	if (n >= 0)
		text[strcspn(text, "\r\n")] = 0;
	if (n > 0 && text[0]) {
		warn_of_others(path, fd);
		*ret = text;
		return 0;
	}
	seal_free(text);
	return n >= 0	     ? err_set(e, -EINVAL, "the passphrase in '%s' is empty", path)
	       : n == -EFBIG ? err_set(e, -EINVAL, "the passphrase in '%s' is longer than %d bytes",
				       path, RECIPIENT_PASSPHRASE_MAX)
			     : err_set(e, (int)n, "cannot read the passphrase '%s': %s", path,
				       strerror((int)-n));
}

static int parse_key(const char *path, int fd, const char *passphrase, struct identity **ret,
		     struct err *e)
{
	char *text = seal_alloc(IDENTITY_FILE_MAX);

	if (!text)
		return err_set(e, -ENOMEM, "no memory");
	ssize_t n = read_secret(fd, text, IDENTITY_FILE_MAX);
	int r = n < 0 ? err_set(e, n == -EFBIG ? -EMEDIUMTYPE : (int)n, "'%s': %s", path,
				n == -EFBIG ? "no key file" : strerror((int)-n))
		      : 0;

	if (r >= 0) {
		r = identity_parse(text, (size_t)n, passphrase, ret, e);
		if (r < 0)
			err_prefix(e, "'%s'", path);
	}
	seal_free(text);
	if (r >= 0 && identity_is_secret(*ret))
		warn_of_others(path, fd);
	return r;
}

int sealing_key(const char *path, const char *passphrase, struct identity **ret, struct err *e)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? err_set(e, -errno, "cannot read the key '%s': %s", path, strerror(errno))
		       : seal_ready(e);

	return r < 0 ? r : parse_key(path, fd, passphrase, ret, e);
}

static int add_key(const char *path, const char *passphrase, struct keyring *k, struct err *e)
{
	auto_ptr(identity) id = NULL;
	int r = sealing_key(path, passphrase, &id, e);

	if (r < 0)
		return r;
	r = identity_add_to(id, k);
	return r == -EPERM ? err_set(e, r, "'%s' is a public key: it opens nothing", path)
	       : r < 0	   ? err_set(e, r, "'%s': %s", path, strerror(-r))
			   : 0;
}

int sealing_keyring(const struct option_list *keys, const char *passphrase_file,
		    struct keyring **ret, struct err *e)
{
	auto_ptr(keyring) k = keyring_new();
	char *passphrase = NULL;
	int r = k ? seal_ready(e) : err_set(e, -ENOMEM, "no memory");

	if (r >= 0)
		r = sealing_passphrase(passphrase_file, &passphrase, e);
	for (unsigned int i = 0; i < keys->n && r >= 0; i++)
		r = add_key(keys->item[i], passphrase, k, e);
	if (r >= 0 && passphrase)
		r = keyring_add_passphrase(k, passphrase);
	seal_free(passphrase);
	if (r < 0)
		return r;
	*ret = steal_ptr(k);
	return 0;
}

int sealing_recipients(const struct option_list *keys, const char *passphrase_file,
		       struct recipient *ret, size_t *ret_n, struct err *e)
{
	char *passphrase = NULL;
	size_t n = 0;
	int r = 0;

	for (unsigned int i = 0; i < keys->n && r >= 0; i++) {
		auto_ptr(identity) id = NULL;

		r = sealing_key(keys->item[i], NULL, &id, e);
		if (r == -ENOKEY)
			err_set(e, r,
				"'%s' takes a passphrase: seal to its public file (try: kymo key "
				"export)",
				keys->item[i]);
		if (r >= 0)
			identity_recipient(id, &ret[n++]);
	}
	if (r >= 0)
		r = sealing_passphrase(passphrase_file, &passphrase, e);
	if (r >= 0 && passphrase)
		r = recipient_from_passphrase(passphrase, 0, 0, &ret[n++], e);
	seal_free(passphrase);
	*ret_n = r < 0 ? 0 : n;
	return r;
}
