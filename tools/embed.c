/* SPDX-License-Identifier: MIT */
/*
 * embed OUT.c OUT.h NAME=FILE...: the bytes of files as C arrays, with their length and their
 * SHA-256 in base64 (what a CSP hash source wants). Each NAME gives
 *
 *	extern const unsigned char NAME[];      followed by a NUL that is not counted
 *	extern const size_t NAME_bytes;
 *	extern const char NAME_sha256[];
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sha256.h"

#define FILE_MAX (64u << 20)

static uint8_t *read_file(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(FILE_MAX);
	size_t n = 0;

	if (f && data)
		n = fread(data, 1, FILE_MAX, f);
	if (!f || !data || ferror(f) || n == FILE_MAX) {
		fprintf(stderr, "embed: cannot read '%s': %s\n", path,
			n == FILE_MAX ? "too long" : strerror(errno));
		exit(1);
	}
	fclose(f);
	*ret_n = n;
	return data;
}

static void embed_one(FILE *c, FILE *h, const char *name, const char *path)
{
	uint8_t digest[SHA256_BYTES];
	char text[SHA256_BASE64_MAX];
	size_t n;
	uint8_t *data = read_file(path, &n);

	sha256(data, n, digest);
	sha256_base64(digest, text);
	fprintf(h,
		"extern const unsigned char %s[];\nextern const size_t %s_bytes;\n"
		"extern const char %s_sha256[];\n",
		name, name, name);
	fprintf(c, "const unsigned char %s[] = {", name);
	for (size_t i = 0; i < n; i++)
		fprintf(c, "%s%u,", i % 24 ? "" : "\n", data[i]);
	fprintf(c, "\n0 };\nconst size_t %s_bytes = %zu;\nconst char %s_sha256[] = \"%s\";\n\n",
		name, n, name, text);
	free(data);
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f) {
		fprintf(stderr, "embed: cannot write '%s': %s\n", path, strerror(errno));
		exit(1);
	}
	return f;
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fprintf(stderr, "usage: embed OUT.c OUT.h NAME=FILE...\n");
		return 2;
	}

	FILE *c = create(argv[1]), *h = create(argv[2]);
	const char *slash = strrchr(argv[2], '/');

	fprintf(h,
		"/* SPDX-License-Identifier: MIT */\n/* Made by tools/embed. */\n#pragma once\n\n"
		"#include <stddef.h>\n\n");
	fprintf(c,
		"/* SPDX-License-Identifier: MIT */\n/* Made by tools/embed. */\n#include "
		"\"%s\"\n\n",
		slash ? slash + 1 : argv[2]);
	for (int i = 3; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals) {
			fprintf(stderr, "embed: '%s' is not NAME=FILE\n", argv[i]);
			return 2;
		}
		*equals = '\0';
		embed_one(c, h, argv[i], equals + 1);
	}

	bool failed = ferror(c) || ferror(h);

	failed |= fclose(c) != 0;
	failed |= fclose(h) != 0;
	if (failed)
		fprintf(stderr, "embed: write error\n");
	return failed;
}
