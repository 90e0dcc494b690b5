/* SPDX-License-Identifier: MIT */
/* kymo doctor: what this machine and this user allow, and the smallest fix for what is missing. */
#include <errno.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "capture/engine.h"
#include "capture/facility.h"
#include "cmd/command.h"
#include "format/json.h"

struct doctor_args {
	bool json;
};

static const struct option_spec doctor_options[] = {
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct doctor_args, json),
	  .help = "answer as JSON" },
	{ 0 },
};

static void add_json(struct buf *out, const struct facility *f, size_t n, const char *engine,
		     const char *why)
{
	struct json j;

	json_init(&j, out, JSON_PRETTY);
	json_begin_object(&j);
	json_key_bool(&j, "can_record", *engine);
	json_key(&j, "engine");
	json_str(&j, *engine ? engine : NULL);
	json_key_str(&j, "why_not", why);
	json_key(&j, "facilities");
	json_begin_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&j);
		json_key_str(&j, "name", f[i].name);
		json_key_str(&j, "title", f[i].title);
		json_key_str(&j, "state", facility_state_name(f[i].state));
		json_key_str(&j, "found", f[i].found);
		json_key_str(&j, "use", f[i].use);
		json_key_str(&j, "fix", f[i].fix);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_add_byte(out, '\n');
}

static void add_text(struct buf *out, const struct facility *f, size_t n, const char *engine,
		     const char *why)
{
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%-8s %-28s %s\n", facility_state_name(f[i].state), f[i].title,
			 f[i].found);
		if (f[i].state == FACILITY_OK)
			continue;
		buf_addf(out, "%37s for: %s\n", "", f[i].use);
		if (*f[i].fix)
			buf_addf(out, "%37s fix: %s\n", "", f[i].fix);
	}
	if (*engine)
		buf_addf(out, "\nkymo record works here, with engine %s\n", engine);
	else
		buf_addf(out, "\nkymo record does not work here: %s\n", why);
}

static int doctor_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct doctor_args *a = args;
	struct facility f[32];
	size_t count = min_of(facility_count(), ARRAY_SIZE(f));
	struct err why = { 0 };
	const char *engine = "";
	auto_buf out;

	(void)n_before;
	buf_init(&out, 0);
	if (n)
		return command_misused("doctor", "unexpected word '%s'", word[0]);
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0) {
		log_error("cannot open /: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < count; i++)
		facility_check(i, root_fd, &f[i]);
	for (const struct engine *const *i = engine_list; *i && !*engine; i++) {
		struct err e = { 0 };

		if ((*i)->probe(root_fd, &e) >= 0)
			engine = (*i)->name;
		else if (!why.code)
			err_set(&why, e.code, "engine %s: %.400s", (*i)->name, e.text);
	}
	if (a->json)
		add_json(&out, f, count, engine, *engine ? NULL : why.text);
	else
		add_text(&out, f, count, engine, why.text);
	if (buf_error(&out) || file_write_all(STDOUT_FILENO, out.data, out.len) < 0) {
		log_error("cannot write the answer");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static const struct command_example doctor_examples[] = {
	{ "kymo doctor", "what works here, what is missing, and how to get it" },
	{ NULL, NULL },
};

const struct command command_doctor = {
	.name = "doctor",
	.summary = "tell what this machine allows, and the smallest fix for what it does not",
	.usage = "[--json]",
	.description =
		"Tries what Kymo needs (kernel version, BTF, BPF, tracepoints, perf events, "
		"tracefs, capabilities, real-time priority, locked memory, hardware counters, "
		"virtual machines) and says for each: ok, limited or missing, what was found, what "
		"it is for, and the smallest fix. The checks really load, attach and open; nothing "
		"is left behind.\n"
		"\n"
		"The exit status is 0 also when something is missing.",
	.options = doctor_options,
	.args_bytes = sizeof(struct doctor_args),
	.examples = doctor_examples,
	.run = doctor_run,
};
