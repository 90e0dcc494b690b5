/* SPDX-License-Identifier: MIT */
/* Opening recordings for show and report, and what of them is asked for. */
#include "cmd/selection.h"

#include <errno.h>

#include "base/log.h"
#include "base/quantity.h"
#include "model/run.h"
#include "model/stream.h"
#include "model/tasks.h"

int selection_task(const struct selection *s, regex_t *ret, struct err *e)
{
	char why[128];

	if (!s->task)
		return 0;
	int code = regcomp(ret, s->task, REG_EXTENDED | REG_NOSUB);

	if (!code)
		return 1;
	(void)regerror(code, ret, why, sizeof(why));
	return err_set(e, -EINVAL, "--task '%s': %s", s->task, why);
}

int selection_names(struct selection *s, const char *command, size_t n_files)
{
	return naming_open(command, &s->names, (unsigned int)n_files, &s->naming);
}

void selection_done(struct selection *s)
{
	s->naming = naming_free(s->naming);
}

struct source *opened_run_source(const struct opened_run *r)
{
	return run_file_source(r->file);
}

const struct run_info *opened_run_info(const struct opened_run *r)
{
	return opened_run_source(r)->info;
}

/* Names are settled here, before anything looks at them: roles first, then how they are written. */
static int name_tasks(struct opened_run *r, const struct selection *s, struct err *e)
{
	unsigned int how =
		(s->merge_sys ? TASKS_MERGE_SYS : 0) | (s->append_tid ? TASKS_APPEND_TID : 0);
	struct source *src = opened_run_source(r);
	int ret = naming_apply(s->naming, r->number, src, r->path, e);

	if (ret < 0 || !how)
		return ret;
	ret = tasks_relabel(src->tasks, how);
	return ret < 0 ? err_set(e, ret, "out of memory") : 0;
}

static int open_with(struct opened_run *r, const struct selection *s, const char *doing,
		     unsigned int flags, struct err *e)
{
	const struct run_file_options how = { .flags = flags,
					      .conversion = { .root = s->root },
					      .blocks = s->blocks };
	int ret = run_file_open(r->path, &how, &r->file, e);

	if (ret < 0)
		return ret;
	const struct run_info *info = opened_run_info(r);

	if (!info->complete)
		log_warn("'%s' is not complete: %s; %s", r->path,
			 info->damage[0] ? info->damage : "it was not closed", doing);
	return name_tasks(r, s, e);
}

int opened_run_open(struct opened_run *r, const char *path, size_t number,
		    const struct selection *s, const char *doing, struct err *e)
{
	*r = (struct opened_run){ .path = path, .number = (unsigned int)number };
	int ret = open_with(r, s, doing, 0, e);

	return ret < 0 ? opened_run_salvage(r, s, doing, ret, e) : 0;
}

int opened_run_salvage(struct opened_run *r, const struct selection *s, const char *doing,
		       int error, struct err *e)
{
	if (error != -EBADMSG || r->salvaged)
		return error;
	opened_run_close(r);
	r->salvaged = true;
	*e = (struct err){ 0 };
	return open_with(r, s, doing, RECORDING_SALVAGE, e);
}

void opened_run_close(struct opened_run *r)
{
	r->file = run_file_close(r->file);
}

int selection_window(const struct selection *s, const struct opened_run *run, size_t n,
		     nsec_t *ret_from, nsec_t *ret_to, struct err *e)
{
	char at[QUANTITY_MAX], length[QUANTITY_MAX];
	const struct opened_run *shortest = run;

	for (size_t i = 1; i < n; i++)
		if (run_info_span(opened_run_info(&run[i])) <
		    run_info_span(opened_run_info(shortest)))
			shortest = &run[i];
	nsec_t span = run_info_span(opened_run_info(shortest));

	(void)quantity_duration(at, s->from);
	(void)quantity_duration(length, span);
	if (s->from && s->from >= span && n > 1)
		return err_set(e, -EINVAL,
			       "--from %s lies behind the end of '%s', the shortest run, which is "
			       "%s long",
			       at, shortest->path, length);
	if (s->from && s->from >= span)
		return err_set(e, -EINVAL,
			       "--from %s lies behind the end of the run, which is %s long", at,
			       length);
	if (s->length_given && !s->length)
		return err_set(e, -EINVAL, "--for 0 is an empty window");
	*ret_from = s->from;
	*ret_to = s->length_given && s->length < span - s->from ? s->from + s->length : span;
	return 0;
}
