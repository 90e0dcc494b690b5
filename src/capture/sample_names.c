/* SPDX-License-Identifier: MIT */
/* The machine's symbolizer beside a capture. */
#include "capture/sample_names.h"

#include <errno.h>
#include <stdlib.h>

#include "symbol/profile_names.h"
#include "symbol/symbolizer.h"

struct sample_names {
	struct symbolizer *symbolizer;
};

struct sample_names *sample_names_free(struct sample_names *n)
{
	if (n) {
		symbolizer_close(n->symbolizer);
		free(n);
	}
	return NULL;
}

/* A symbolizer reads what it is asked for, when it is asked. */
static int read_kernel(struct sample_names *n, const struct modules *m, struct err *e)
{
	struct symbol_source *source = symbolizer_source(n->symbolizer);
	static const uint64_t nowhere = 0;
	struct symbol symbol;

	for (uint32_t i = 0; i < modules_count(m); i++)
		if (modules_at(m, i)->kind == MODULE_KERNEL)
			return source->resolve(source, modules_at(m, i), &nowhere, 1, &symbol, e);
	return 0;
}

int sample_names_open(int root_fd, const struct modules *m, struct sample_names **ret,
		      struct err *e)
{
	const struct symbolizer_options o = { .root_fd = root_fd, .live = true };
	auto_ptr(sample_names) n = calloc(1, sizeof(*n));

	if (!n)
		return err_set(e, -ENOMEM, "out of memory");
	int r = symbolizer_open(&o, &n->symbolizer, e);

	if (r >= 0)
		r = read_kernel(n, m, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(n);
	return 0;
}

int sample_names_write(struct sample_names *n, const struct frames *f, const struct modules *m,
		       bool all, nsec_t time, struct sink *sink, struct err *e)
{
	int r = symbolizer_learn(n->symbolizer, m, e);

	return r < 0 ? r
		     : profile_names_write(f, m, symbolizer_source(n->symbolizer),
					   all ? MODULE_KINDS_ALL : MODULE_KINDS_PASSING, time,
					   sink, NULL, e);
}
