/* SPDX-License-Identifier: MIT */
/*
 * How fast a sealed journal is written, verified and read, beside the bare cipher and hashes on
 *this machine. MB/s of CPU time, which other work on the machine does not change, and of wall time.
 *
 *	bench_journal DIR MIB ROUNDS
 *
 * DIR must not be there; records of frames of 64 KiB, synced every 16 MiB.
 */
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/blake2bp.h"
#include "format/journal_reader.h"
#include "format/journal_verify.h"
#include "format/journal_writer.h"

/* With its entry, stream and tail the content of a frame of 64 KiB. */
#define RECORD_BYTES (65536u - 32 - 48 - 8)
#define ROUNDS_MAX   64u

struct clocks {
	double cpu, wall;
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct clocks now(void)
{
	return (struct clocks){ seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_MONOTONIC) };
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}

struct row {
	const char *name;
	double cpu[ROUNDS_MAX], wall[ROUNDS_MAX];
	unsigned int n;
};

static void took(struct row *r, struct clocks from, double bytes)
{
	const struct clocks to = now();

	r->cpu[r->n] = bytes / (to.cpu - from.cpu) / 1e6;
	r->wall[r->n++] = bytes / (to.wall - from.wall) / 1e6;
}

static void print(struct row *r)
{
	const double cpu = median(r->cpu, r->n);

	printf("| %s | %.0f [%.0f-%.0f] | %.0f |\n", r->name, cpu, r->cpu[0], r->cpu[r->n - 1],
	       median(r->wall, r->n));
}

static void die(const char *what, struct err *e)
{
	(void)fprintf(stderr, "bench_journal: %s: %s\n", what, e ? err_text(e, e->code) : "failed");
	exit(1);
}

/* ---- the bare parts ---- */

#define PIECES 4000

static void bare(struct row *aead, struct row *one, struct row *four, uint8_t *data)
{
	static uint8_t key[32], nonce[24], hash[64];
	uint8_t *out = malloc(65536 + 16);
	struct clocks t = now();

	if (!out)
		exit(1);
	for (unsigned int i = 0; i < PIECES; i++)
		crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, data, 65536, NULL, 0, NULL,
							   nonce, key);
	took(aead, t, PIECES * 65536.0);
	t = now();
	for (unsigned int i = 0; i < PIECES; i++)
		crypto_generichash(hash, 32, data, 65536, NULL, 0);
	took(one, t, PIECES * 65536.0);
	t = now();
	for (unsigned int i = 0; i < PIECES; i++)
		blake2bp(data, 65536, hash);
	took(four, t, PIECES * 65536.0);
	free(out);
}

/* ---- the journal ---- */

static void append(struct row *r, const char *path, const struct recipient *to, unsigned int n,
		   uint8_t *data)
{
	const struct journal_writer_options o = { .site = 1, .to = to, .n_to = 1 };
	const struct journal_stream s = { .site = 1 };
	struct journal_entry entry = { .kind = ENTRY_RECORD, .bytes = RECORD_BYTES, .data = data };
	struct journal_writer *w = NULL;
	struct err e = { 0 };

	if (journal_writer_open(path, &o, &w, &e) < 0)
		die("open", &e);
	const struct clocks t = now();

	for (unsigned int i = 0; i < n; i++) {
		entry.first = entry.last = i;
		if (journal_append(w, &s, &entry, &e) < 0 ||
		    (i % 256 == 255 && journal_sync(w, &e) < 0))
			die("append", &e);
	}
	if (journal_writer_close(w, &e) < 0)
		die("close", &e);
	took(r, t, (double)n * RECORD_BYTES);
	journal_writer_free(w);
}

static void verify(struct row *r, const char *path, struct keyring *keys)
{
	const struct journal_verify_options o = { .keys = keys };
	struct journal_verdict v;
	struct err e = { 0 };
	const struct clocks t = now();

	if (journal_verify(path, &o, &v, &e) < 0)
		die("verify", &e);
	took(r, t, (double)v.bytes);
	if (v.n_problems || !v.closed)
		die("it is not intact", NULL);
	journal_verdict_done(&v);
}

static void read_all(struct row *r, const char *path, struct keyring *keys)
{
	struct journal_reader *reader = NULL;
	struct journal_stream s;
	struct journal_entry entry;
	struct err e = { 0 };
	double bytes = 0;
	const struct clocks t = now();

	if (journal_reader_open(path, keys, NULL, &reader, &e) < 0)
		die("read", &e);
	while (journal_reader_next(reader, &s, &entry, &e) > 0)
		bytes += entry.bytes;
	took(r, t, bytes);
	journal_reader_free(reader);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int main(int argc, char **argv)
{
	static struct row aead = { .name = "XChaCha20-Poly1305 of libsodium alone" },
			  one = { .name = "BLAKE2b of libsodium alone" },
			  four = { .name = "BLAKE2bp alone" },
			  appended = { .name = "append and sync" }, plain = { .name = "verify" },
			  keyed = { .name = "verify with a key" }, got = { .name = "read" };
	struct row *const rows[] = { &aead, &one, &four, &appended, &plain, &keyed, &got };
	unsigned int mib = 0, rounds = 0;

	if (argc != 4 || sscanf(argv[2], "%u", &mib) != 1 || sscanf(argv[3], "%u", &rounds) != 1 ||
	    !mib || !rounds || rounds > ROUNDS_MAX) {
		(void)fputs("usage: bench_journal DIR MIB ROUNDS\n", stderr);
		return 2;
	}
	struct recipient to = { .kind = RECIPIENT_X25519, .name = "bench" };
	uint8_t secret[SEAL_KEY_BYTES], *data = malloc(65536);
	struct keyring *keys = keyring_new();

	if (!data || !keys || seal_ready(NULL) < 0)
		return 1;
	(void)crypto_box_keypair(to.public_key, secret);
	randombytes_buf(data, 65536);
	if (keyring_add_secret(keys, secret) < 0)
		return 1;
	for (unsigned int i = 0; i < rounds; i++) {
		bare(&aead, &one, &four, data);
		append(&appended, argv[1], &to, mib * 16, data);
		verify(&plain, argv[1], NULL);
		verify(&keyed, argv[1], keys);
		read_all(&got, argv[1], keys);
		(void)nftw(argv[1], remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	printf("| what, at frames of 64 KiB | MB/s of CPU time [min-max] | MB/s "
	       "|\n|---|---|---|\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		print(rows[i]);
	keyring_free(keys);
	free(data);
	return 0;
}
