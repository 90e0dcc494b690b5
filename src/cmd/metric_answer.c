/* SPDX-License-Identifier: MIT */
/* Options of the commands about metrics. */
#include "cmd/metric_answer.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/quantity.h"

int metric_options_load(const struct metric_options *o, int root_fd, struct metric_set **ret,
			struct cpu_model *ret_model, struct err *e)
{
	struct metric_choice choice = { .only = o->set_name,
					.directory = o->directory,
					.file = o->file.item,
					.n_files = o->file.n };
	int r = o->cpu ? cpu_model_parse(o->cpu, ret_model, e)
		       : cpu_model_read(root_fd, ret_model, e);

	if (r < 0)
		return r;
	choice.model = ret_model;
	return metric_data_load(&choice, ret, e);
}

int metric_options_constants(const struct metric_options *o, const struct metric_set *set,
			     struct metric_inputs *in, struct err *e)
{
	for (unsigned int i = 0; i < o->set.n; i++) {
		const char *equals = strchr(o->set.item[i], '=');
		struct metric_ref ref = { 0 };
		double v = NAN;
		char name[64];

		if (!equals || (size_t)(equals - o->set.item[i]) >= sizeof(name))
			return err_set(e, -EINVAL, "'%.60s' is not NAME=VALUE", o->set.item[i]);
		(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - o->set.item[i]),
			       o->set.item[i]);
		int used = quantity_scan(equals + 1, strlen(equals + 1), &v);

		if (used <= 0 || equals[1 + used])
			return err_set(e, -EINVAL, "'%.60s': the value is no number",
				       o->set.item[i]);
		if (!metric_set_find(set, name, &ref) || ref.kind != METRIC_CONSTANT)
			return err_set(e, -EINVAL, "there is no constant '%.60s'", name);
		metric_inputs_constant(in, ref.index, v);
	}
	return 0;
}

int metric_options_sockets(const struct option_list *list, const struct counts_file *f, int **ret,
			   struct err *e)
{
	unsigned int n = counts_file_n_columns(f);
	auto_free int *of = calloc(n + 1, sizeof(*of));
	auto_free struct cpuset *set = calloc(1, sizeof(*set));

	if (!of || !set)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int c = 0; c < n; c++)
		of[c] = -1;
	for (unsigned int s = 0; s < list->n; s++) {
		int r = cpuset_parse(list->item[s], set, e);

		if (r < 0)
			return r;
		for (unsigned int c = 0; c < n; c++)
			if (cpuset_has(set, counts_file_columns(f)[c]))
				of[c] = (int)s;
	}
	*ret = steal_ptr(of);
	return 0;
}
