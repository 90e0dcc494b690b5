/* SPDX-License-Identifier: MIT */
/*
 * libiberty gives text piece by piece to a callback, which cannot say "enough": it leaves by a long
 * jump. The callback forms of the demanglers hold no memory of the heap, so that nothing is lost.
 */
#include "symbol/demangle.h"

#include <setjmp.h>
#include <string.h>

#include <libiberty/demangle.h>

#include "base/buf.h"

struct output {
	struct buf text;
	jmp_buf enough;
};

static void take(const char *piece, size_t n, void *opaque)
{
	struct output *out = opaque;

	if (buf_add(&out->text, piece, n) < 0)
		longjmp(out->enough, 1);
}

static bool may_be_mangled(const char *name)
{
	/* Rust's v0 and legacy forms are _R and _ZN..E; toolchains of other systems put one more or
	 * one less underscore before. */
	return (name[0] == '_' && (name[1] == 'Z' || name[1] == 'R' || name[1] == '_')) ||
	       !strncmp(name, "_GLOBAL_", 8);
}

static bool demangle_into(struct output *out, const char *name, bool params)
{
	int options = params ? DMGL_PARAMS | DMGL_ANSI : DMGL_NO_OPTS;

	if (setjmp(out->enough))
		return false;
	if (rust_demangle_callback(name, options, take, out))
		return true;
	if (name[1] == 'R')
		return false;
	buf_clear(&out->text);
	return cplus_demangle_v3_callback(name, options, take, out);
}

char *demangle_name(const char *name, bool params)
{
	const char *version = strchr(name, '@');
	auto_free char *before = NULL;
	struct output out;

	if (!may_be_mangled(name))
		return NULL;
	/* What stands behind an @ (a version, "plt") is no part of the mangled name. */
	if (version && !(before = strndup(name, (size_t)(version - name))))
		return NULL;
	buf_init(&out.text, DEMANGLE_MAX);
	bool good = demangle_into(&out, before ? before : name, params) && out.text.len &&
		    (!version || buf_add_str(&out.text, version) >= 0);
	char *text = good ? buf_take(&out.text) : NULL;

	buf_done(&out.text);
	return text;
}
