/* SPDX-License-Identifier: MIT */
/* Opening a symbolizer for a recording, and taking along what it says. */
#include "cmd/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "model/run.h"
#include "symbol/symbolizer.h"

void chain_names_done(struct chain_names *n)
{
	for (size_t i = 0; i < n->n_notes; i++)
		free(n->note[i]);
	n->functions = functions_free(n->functions);
	n->profile = profile_free(n->profile);
	n->n_notes = 0;
}

/* An address as a meta row holds it, in hex with 0x; 0: not known. */
static uint64_t meta_address(const struct run_info *info, const char *key)
{
	const char *text = run_info_meta(info, key);
	uint64_t address = 0;

	if (text && !strncmp(text, "0x", 2))
		text += 2;
	if (text)
		(void)hex_number(&text, text + strlen(text), &address);
	return address;
}

static int take_notes(struct chain_names *n, const struct symbolizer *s)
{
	for (size_t i = 0; i < symbolizer_n_notes(s) && n->n_notes < CHAIN_NAMES_NOTES; i++) {
		n->note[n->n_notes] = strdup(symbolizer_note(s, i));
		if (!n->note[n->n_notes])
			return -ENOMEM;
		n->n_notes++;
	}
	return 0;
}

static enum functions_detail detail_of(const struct symbol_choice *choice)
{
	return choice->lines	 ? FUNCTIONS_LINES
	       : choice->inlined ? FUNCTIONS_INLINED
				 : FUNCTIONS_SYMBOLS;
}

static int name_by_machine(struct chain_names *n, const struct run_info *info,
			   const struct symbol_choice *choice, struct err *e)
{
	const char *root = choice->symfs ? choice->symfs : "/";
	auto_close int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_ptr(symbolizer) s = NULL;
	const struct symbolizer_options o = {
		.root_fd = fd,
		.debuginfod = choice->debuginfod,
		.boot_id = run_info_meta(info, "boot.id"),
		.kernel_build_id = run_info_meta(info, "kernel.build_id"),
		.kernel_text = meta_address(info, "kernel.text"),
	};

	if (fd < 0)
		return err_set(e, -errno, "--symfs: cannot open '%s': %s", root, strerror(errno));
	int r = symbolizer_open(&o, &s, e);

	if (r >= 0)
		r = symbolizer_learn(s, profile_modules(n->profile), e);
	if (r >= 0)
		r = functions_new(n->profile, symbolizer_source(s), detail_of(choice),
				  &n->functions, e);
	if (r >= 0 && take_notes(n, s) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	return r;
}

int chain_names_init(struct chain_names *n, struct source *src, const struct symbol_choice *choice,
		     struct err *e)
{
	*n = (struct chain_names){ 0 };
	int r = profile_load(src, &n->profile, e);

	if (r < 0)
		return r;
	if (choice->none)
		return functions_new(n->profile, NULL, detail_of(choice), &n->functions, e);
	return name_by_machine(n, src->info, choice, e);
}

void chain_names_give(const struct chain_names *n, struct analysis_args *args)
{
	args->profile = n->profile;
	args->functions = n->functions;
}

void chain_names_notes(const struct chain_names *n, struct table *t)
{
	for (size_t i = 0; i < n->n_notes; i++)
		table_note(t, "%s", n->note[i]);
}
