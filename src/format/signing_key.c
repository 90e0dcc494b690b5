/* SPDX-License-Identifier: MIT */
/*
 * Two slots in a file that is written in place, so that what is erased is overwritten where it
 * stood. A slot is written whole and synced before the other one is erased.
 */
#include "format/signing_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "format/journal_header.h"

static const char magic[] = "KJWRITE1";

#define NEW_FILE SIGNING_KEY_FILE ".new"

#define HEAD_BYTES 60
#define SLOT_MAGIC 0x4c534a4bu /* "KJSL" */
#define SLOT_BYTES 512
#define N_SLOTS	   2
#define SLOT_AT(i) (4096u * ((i) + 1))
#define FILE_BYTES (SLOT_AT(N_SLOTS - 1) + SLOT_BYTES)

struct slot {
	bool used;
	uint64_t epoch, segment;
	uint8_t public_key[SEAL_KEY_BYTES];
	uint8_t secret[SEAL_SIGN_BYTES];
	uint8_t statement[STATEMENT_SIGNED_BYTES];
};

struct signing_key { /* seal_alloc() */
	int fd;
	uint8_t journal[JOURNAL_ID_BYTES];
	unsigned int current;
	bool prepared; /* the other slot holds the next epoch's pair */
	struct slot slot[N_SLOTS];
};

/* ---- slots on disk ---- */

static int sync_file(int fd)
{
	return fdatasync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

static int write_slot(struct signing_key *k, unsigned int i, struct err *e)
{
	const struct slot *s = &k->slot[i];
	uint8_t p[SLOT_BYTES] = { 0 };

	if (s->used) {
		put_le32(p, SLOT_MAGIC);
		put_le64(p + 8, s->epoch);
		put_le64(p + 16, s->segment);
		/* libsodium's secret key begins with the seed. */
		memcpy(p + 24, s->secret, SEAL_KEY_BYTES);
		memcpy(p + 56, s->public_key, SEAL_KEY_BYTES);
		memcpy(p + 88, s->statement, STATEMENT_SIGNED_BYTES);
		put_le32(p + 4, crc32c(p + 8, SLOT_BYTES - 8));
	}
	int r = file_pwrite_all(k->fd, p, sizeof(p), SLOT_AT(i));

	sodium_memzero(p, sizeof(p));
	if (r >= 0)
		r = sync_file(k->fd);
	return r < 0 ? err_set(e, r, "cannot write " SIGNING_KEY_FILE ": %s", strerror(-r)) : 0;
}

static int erase_slot(struct signing_key *k, unsigned int i, struct err *e)
{
	sodium_memzero(&k->slot[i], sizeof(k->slot[i]));
	return write_slot(k, i, e);
}

/* A slot that was torn by a crash is as good as free: what it should have replaced is there. */
static void parse_slot(const uint8_t *p, struct slot *ret)
{
	if (get_le32(p) != SLOT_MAGIC || get_le32(p + 4) != crc32c(p + 8, SLOT_BYTES - 8))
		return;
	ret->epoch = get_le64(p + 8);
	ret->segment = get_le64(p + 16);
	(void)crypto_sign_seed_keypair(ret->public_key, ret->secret, p + 24);
	memcpy(ret->statement, p + 88, STATEMENT_SIGNED_BYTES);
	ret->used = memcmp(ret->public_key, p + 56, SEAL_KEY_BYTES) == 0;
}

/* ---- making and opening ---- */

static struct signing_key *new_key(int fd)
{
	struct signing_key *k = seal_alloc(sizeof(*k));

	if (k)
		k->fd = fd;
	else
		close(fd);
	return k;
}

static int lock(int fd, struct err *e)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? err_set(e, -EBUSY, "another writer has the journal open")
				    : err_set(e, -errno, "cannot lock " SIGNING_KEY_FILE ": %s",
					      strerror(errno));
}

static int write_head(struct signing_key *k, struct err *e)
{
	uint8_t p[HEAD_BYTES + 4] = { 0 };

	memcpy(p, magic, 8);
	memcpy(p + 8, k->journal, JOURNAL_ID_BYTES);
	memcpy(p + 24, k->slot[0].public_key, SEAL_KEY_BYTES);
	put_le32(p + HEAD_BYTES, crc32c(p, HEAD_BYTES));
	int r = file_pwrite_all(k->fd, p, sizeof(p), 0);

	return r < 0 ? err_set(e, r, "cannot write " SIGNING_KEY_FILE ": %s", strerror(-r)) : 0;
}

static int cannot_create(struct err *e)
{
	return err_set(e, -errno, "cannot create " SIGNING_KEY_FILE ": %s", strerror(errno));
}

/* To its name only when it is whole and on disk; never over one that is there. */
static int give_name(int dir_fd, struct err *e)
{
	int r = 0;

	/* A second writer is kept away by the lock on the new file. */
	if (faccessat(dir_fd, SIGNING_KEY_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = err_set(e, -EEXIST, SIGNING_KEY_FILE " is there already");
	else if (renameat(dir_fd, NEW_FILE, dir_fd, SIGNING_KEY_FILE) < 0 ||
		 (fsync(dir_fd) < 0 && errno != EINVAL))
		r = cannot_create(e);
	return r;
}

/* What a writer left that was killed while it made the key; one that is alive has it locked. What
 * others put there, and perhaps hold open, is no place for a secret either. */
static int remove_left_over(int dir_fd, struct err *e)
{
	auto_close int fd = openat(dir_fd, NEW_FILE, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat own, there;

	if (fd < 0)
		return errno == ENOENT ? 0 : cannot_create(e);
	int r = lock(fd, e);

	if (r < 0)
		return r;
	/* Another one may have made a new file meanwhile. */
	if (fstat(fd, &own) < 0 || fstatat(dir_fd, NEW_FILE, &there, AT_SYMLINK_NOFOLLOW) < 0 ||
	    own.st_ino != there.st_ino || own.st_dev != there.st_dev)
		return err_set(e, -EBUSY, "another writer has the journal open");
	return unlinkat(dir_fd, NEW_FILE, 0) < 0 ? cannot_create(e) : 0;
}

/* An fd of a file that nobody else has. */
static int create_new(int dir_fd, struct err *e)
{
	static const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dir_fd, NEW_FILE, flags, 0600);

	if (fd < 0 && errno == EEXIST) {
		int r = remove_left_over(dir_fd, e);

		if (r < 0)
			return r;
		fd = openat(dir_fd, NEW_FILE, flags, 0600);
	}
	return fd < 0 ? cannot_create(e) : fd;
}

static int fill_new(struct signing_key *k, struct err *e)
{
	struct slot *s = &k->slot[0];

	(void)crypto_sign_keypair(s->public_key, s->secret);
	s->used = true;
	journal_id_of(s->public_key, k->journal);
	if (ftruncate(k->fd, FILE_BYTES) < 0)
		return err_set(e, -errno, "cannot write " SIGNING_KEY_FILE ": %s", strerror(errno));
	int r = write_head(k, e);

	return r < 0 ? r : write_slot(k, 0, e);
}

int signing_key_create(int dir_fd, struct signing_key **ret, struct err *e)
{
	int fd = create_new(dir_fd, e);

	if (fd < 0)
		return fd;
	auto_ptr(signing_key) k = new_key(fd);

	if (!k)
		return err_set(e, -ENOMEM, "no memory");
	int r = lock(fd, e);

	if (r < 0)
		return r;
	r = fill_new(k, e);
	if (r >= 0)
		r = give_name(dir_fd, e);
	if (r < 0) {
		(void)unlinkat(dir_fd, NEW_FILE, 0);
		return r;
	}
	*ret = steal_ptr(k);
	return 0;
}

static int parse(struct signing_key *k, const uint8_t *p, struct err *e)
{
	uint8_t id[JOURNAL_ID_BYTES];

	journal_id_of(p + 24, id);
	if (memcmp(p, magic, 8) != 0 || get_le32(p + HEAD_BYTES) != crc32c(p, HEAD_BYTES) ||
	    memcmp(p + 8, id, sizeof(id)) != 0)
		return err_set(e, -EBADMSG, SIGNING_KEY_FILE " is damaged, or no writer's key");
	memcpy(k->journal, id, sizeof(id));
	for (unsigned int i = 0; i < N_SLOTS; i++)
		parse_slot(p + SLOT_AT(i), &k->slot[i]);
	if (!k->slot[0].used && !k->slot[1].used)
		return err_set(e, -EBADMSG, SIGNING_KEY_FILE " holds no whole key");
	return 0;
}

/* Who else can read it can sign what is written from now on. */
static int check_mode(int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "cannot read " SIGNING_KEY_FILE ": %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EBADMSG, SIGNING_KEY_FILE " is no file");
	return st.st_mode & 077 ? err_set(e, -EPERM,
					  "others may read or write " SIGNING_KEY_FILE
					  ", which signs (try: chmod 600 on it)")
				: 0;
}

static int read_key(int dir_fd, bool writes, struct signing_key **ret, struct err *e)
{
	int fd = openat(dir_fd, SIGNING_KEY_FILE,
			(writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return err_set(e, -errno, "cannot open " SIGNING_KEY_FILE ": %s", strerror(errno));
	auto_ptr(signing_key) k = new_key(fd);
	uint8_t *p = k ? seal_alloc(FILE_BYTES) : NULL;

	if (!p)
		return err_set(e, -ENOMEM, "no memory");
	int r = writes ? lock(fd, e) : 0;

	if (r >= 0 && writes)
		r = check_mode(fd, e);
	if (r >= 0) {
		r = file_pread_all(fd, p, FILE_BYTES, 0);
		if (r == -ENODATA)
			r = err_set(e, -EBADMSG, SIGNING_KEY_FILE " is cut");
		else if (r < 0)
			err_set(e, r, "cannot read " SIGNING_KEY_FILE ": %s", strerror(-r));
	}
	if (r >= 0)
		r = parse(k, p, e);
	seal_free(p);
	if (r < 0)
		return r;
	*ret = steal_ptr(k);
	return 0;
}

int signing_key_open(int dir_fd, struct signing_key **ret, struct err *e)
{
	return read_key(dir_fd, true, ret, e);
}

struct signing_key *signing_key_free(struct signing_key *k)
{
	if (k) {
		close(k->fd);
		seal_free(k);
	}
	return NULL;
}

const uint8_t *signing_key_journal(const struct signing_key *k)
{
	return k->journal;
}

/* ---- which slot ---- */

static int later_than(const struct signing_key *k, uint64_t epoch, uint64_t segment, struct err *e)
{
	for (unsigned int i = 0; i < N_SLOTS; i++)
		if (k->slot[i].used && k->slot[i].segment > segment)
			return err_set(e, -ESTALE,
				       "rolled back: segment %llu was begun, the journal ends with "
				       "segment %llu",
				       (unsigned long long)k->slot[i].segment,
				       (unsigned long long)segment);
	for (unsigned int i = 0; i < N_SLOTS; i++)
		if (k->slot[i].used && k->slot[i].epoch <= epoch)
			return 0;
	return err_set(e, -ESTALE,
		       "rolled back: the journal ends in epoch %llu, its writer's key is of a "
		       "later one",
		       (unsigned long long)epoch);
}

int signing_key_choose(struct signing_key *k, uint64_t epoch,
		       const uint8_t statement[STATEMENT_SIGNED_BYTES], uint64_t segment,
		       struct err *e)
{
	int found = -1, r = later_than(k, epoch, segment, e);

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < N_SLOTS; i++) {
		const struct slot *s = &k->slot[i];

		if (s->used && s->epoch == epoch &&
		    memcmp(s->statement, statement, STATEMENT_SIGNED_BYTES) == 0 &&
		    (found < 0 || s->segment > k->slot[found].segment))
			found = (int)i;
	}
	if (found < 0)
		return err_set(e, -EKEYREJECTED,
			       SIGNING_KEY_FILE " does not fit the journal's end (epoch %llu): the "
						"key of another journal, or an older copy",
			       (unsigned long long)epoch);
	k->current = (unsigned int)found;
	return erase_slot(k, 1 - k->current, e);
}

int signing_key_read_claim(int dir_fd, struct signing_key_claim *ret, struct err *e)
{
	auto_ptr(signing_key) k = NULL;
	int r = read_key(dir_fd, false, &k, e);

	if (r < 0)
		return r;
	*ret = (struct signing_key_claim){ .epoch = UINT64_MAX };
	memcpy(ret->journal, k->journal, JOURNAL_ID_BYTES);
	for (unsigned int i = 0; i < N_SLOTS; i++) {
		if (!k->slot[i].used)
			continue;
		ret->epoch = min_of(ret->epoch, k->slot[i].epoch);
		ret->segment = max_of(ret->segment, k->slot[i].segment);
	}
	return 0;
}

/* ---- evolving ---- */

uint64_t signing_key_epoch(const struct signing_key *k)
{
	return k->slot[k->current].epoch;
}

const uint8_t *signing_key_statement(const struct signing_key *k)
{
	return k->slot[k->current].statement;
}

const uint8_t *signing_key_public(const struct signing_key *k)
{
	return k->slot[k->current].public_key;
}

const uint8_t *signing_key_secret(const struct signing_key *k)
{
	return k->slot[k->current].secret;
}

int signing_key_note_segment(struct signing_key *k, uint64_t segment, struct err *e)
{
	const unsigned int other = 1 - k->current;

	k->prepared = false;
	k->slot[other] = k->slot[k->current];
	k->slot[other].segment = segment;
	int r = write_slot(k, other, e);

	if (r < 0)
		return r;
	k->current = other;
	return erase_slot(k, 1 - other, e);
}

void signing_key_make_next(struct signing_key *k, uint8_t ret_public[SEAL_KEY_BYTES])
{
	struct slot *next = &k->slot[1 - k->current];

	k->prepared = false;
	(void)crypto_sign_keypair(next->public_key, next->secret);
	next->used = true;
	next->epoch = k->slot[k->current].epoch + 1;
	next->segment = k->slot[k->current].segment;
	memcpy(ret_public, next->public_key, SEAL_KEY_BYTES);
}

int signing_key_prepare(struct signing_key *k, const uint8_t statement[STATEMENT_SIGNED_BYTES],
			struct err *e)
{
	const unsigned int next = 1 - k->current;

	memcpy(k->slot[next].statement, statement, STATEMENT_SIGNED_BYTES);
	int r = write_slot(k, next, e);

	k->prepared = r >= 0;
	return r;
}

int signing_key_advance(struct signing_key *k, struct err *e)
{
	if (!k->prepared)
		return err_set(e, -EINVAL, "no next key was prepared");
	k->prepared = false;
	k->current = 1 - k->current;
	return erase_slot(k, 1 - k->current, e);
}
