/* SPDX-License-Identifier: MIT */
/* kymo name: names for the tasks of recordings, written into them, or listed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/naming.h"
#include "cmd/run_file.h"
#include "export/answer_json.h"
#include "export/answer_text.h"
#include "format/recording.h"
#include "model/tasks.h"
#include "names/csv_map.h"
#include "names/vm_list.h"
#include "names/vm_scan.h"

struct name_args {
	struct naming_args names;
	bool clear, list, json, csv, salvage;
	const char *vm_csv, *task, *group;
};

/* ---- --list ---- */

enum { TID, COMM, ROLE, VM, TYPE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[TID] = { .name = "tid",
		  .title = "TID",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .flags = TABLE_COLUMN_KEY },
	[COMM] = { .name = "comm", .title = "Name", .type = CELL_TEXT },
	[ROLE] = { .name = "role", .title = "Role", .type = CELL_TEXT },
	[VM] = { .name = "vm", .title = "Machine", .type = CELL_TEXT },
	[TYPE] = { .name = "type", .title = "Type", .type = CELL_TEXT },
};

static struct table *make_list(const struct tasks *tasks, const struct vm_list *vms)
{
	struct table *t = table_new("names", "Names of tasks", columns, N_COLUMNS);

	for (uint32_t i = 0; t && i < tasks_count(tasks); i++) {
		const struct task *k = tasks_at(tasks, i);
		const struct vm_thread *vm = k->tid ? vm_list_find(vms, k->tid) : NULL;

		if (!k->tid)
			continue;
		table_row(t);
		table_set_u64(t, TID, k->tid);
		table_set_text(t, COMM, k->comm);
		if (k->role)
			table_set_text(t, ROLE, k->role);
		if (vm && vm_thread_machine(vm)[0])
			table_set_text(t, VM, vm_thread_machine(vm));
		if (vm && vm->type[0])
			table_set_text(t, TYPE, vm->type);
	}
	if (t && (table_error(t) < 0 || table_sort(t, TID, false) < 0))
		t = table_free(t);
	return t;
}

static int print_list(const struct table *t, const char *path, const struct name_args *a)
{
	if (a->csv)
		return table_csv(t, stdout);
	if (!a->json)
		return table_plain(t, NULL, stdout);

	/* The table as an answer without figure, so that JSON looks as everywhere. */
	struct answer answer = { .view = "names",
				 .title = "Names of tasks",
				 .summary = "names and roles of all tasks",
				 .help = "",
				 .coverage = 1,
				 .table = (struct table *)(uintptr_t)t };
	auto_buf buf;
	struct json j;

	(void)path;
	buf_init(&buf, 0);
	json_init(&j, &buf, JSON_PRETTY);
	int r = answer_json(&answer, &j, stdout);

	return r < 0 ? r : json_drain(&j, stdout);
}

static int list_file(struct naming *names, unsigned int number, const char *path,
		     const struct name_args *a, struct err *e)
{
	const struct run_file_options how = { .flags = a->salvage ? RECORDING_SALVAGE : 0 };
	auto_ptr(run_file) file = NULL;
	auto_ptr(vm_list) vms = vm_list_new();
	int r = run_file_open(path, &how, &file, e);

	if (r < 0)
		return r;
	struct source *src = run_file_source(file);

	r = vms ? vm_list_read(vms, src, e) : -ENOMEM;
	if (r >= 0 && a->clear)
		r = roles_clear(src->tasks);
	if (r >= 0)
		r = naming_apply(names, number, src, path, e);
	if (r < 0)
		return r;
	auto_ptr(table) t = make_list(src->tasks, vms);

	return t ? print_list(t, path, a) : -ENOMEM;
}

/* ---- --vm-csv ---- */

static int vm_csv(const struct name_args *a)
{
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_ptr(vm_list) vms = vm_list_new();
	bool negative = a->group && *a->group == '-';
	struct err e = { 0 };
	uint64_t pid, group;
	auto_buf b;

	buf_init(&b, 0);
	if (!a->task || !a->group)
		return command_misused("name", "--vm-csv needs --task and --group");
	if (quantity_parse_u64(a->vm_csv, &pid, &e) < 0 || !pid || pid > UINT32_MAX)
		return command_misused("name", "--vm-csv: '%s' is no process id", a->vm_csv);
	if (quantity_parse_u64(a->group + negative, &group, &e) < 0 || group > INT32_MAX)
		return command_misused("name", "--group: '%s' is no group number", a->group);
	int r = vms && root_fd >= 0 ? vm_scan_machine(root_fd, nsec_monotonic(), vms, &e) : -ENOMEM;

	if (r >= 0)
		r = csv_map_write(vms, (uint32_t)pid, a->task,
				  negative ? -(int64_t)group : (int64_t)group, &b);
	if (r == -ENOENT)
		log_error("process %" PRIu64 " runs no virtual machine (QEMU), or is not there",
			  pid);
	else if (r < 0)
		log_error("%s", err_text(&e, r));
	else
		fputs(buf_str(&b), stdout);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- names into files ---- */

static int write_file(struct naming *names, unsigned int number, const char *path,
		      const struct name_args *a, struct err *e)
{
	const struct naming_change how = { .clear = a->clear, .salvage = a->salvage };
	struct role_counts counts;
	int r = naming_write(names, number, path, &how, &counts, e);

	if (r >= 0 && a->clear && !counts.tasks)
		log_info("%s: took all roles away", path);
	else if (r >= 0)
		log_info("%s: named %zu %s (%zu %s)", path, counts.tasks,
			 counts.tasks == 1 ? "task" : "tasks", counts.roles,
			 counts.roles == 1 ? "role" : "roles");
	return r;
}

static int name_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct name_args *a = args;
	auto_ptr(naming) names = NULL;
	bool failed = false;

	(void)n_before;
	if (a->vm_csv && n)
		return command_misused("name", "--vm-csv takes no files, not '%s'", word[0]);
	if (a->vm_csv)
		return vm_csv(a);
	if (a->task || a->group)
		return command_misused("name", "--task and --group belong to --vm-csv");
	if (!n)
		return command_misused("name", "which files?");
	if ((a->json || a->csv) && !a->list)
		return command_misused("name", "--json and --csv belong to --list");
	if (a->json && a->csv)
		return command_misused("name", "--json and --csv exclude each other");
	if (a->list && n > 1)
		return command_misused("name", "--list takes one file at a time");
	int status = naming_open("name", &a->names, n, &names);

	if (status)
		return status;
	for (unsigned int i = 0; i < n; i++) {
		struct err e = { 0 };
		int r = a->list ? list_file(names, i, word[i], a, &e)
				: write_file(names, i, word[i], a, &e);

		if (r < 0) {
			log_error("%s", err_text(&e, r));
			failed = true;
		}
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct option_spec name_options[] = {
	NAMING_OPTIONS(struct name_args, names),
	{ .name = "clear",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct name_args, clear),
	  .help = "take all roles away before others are given" },
	{ .name = "salvage",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct name_args, salvage),
	  .help = "of a damaged recording keep what is whole; what is lost is entered as losses" },
	{ .name = "list",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct name_args, list),
	  .help = "change nothing, print tid, name, role, machine and type of all tasks" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct name_args, json),
	  .help = "--list as JSON" },
	{ .name = "csv",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct name_args, csv),
	  .help = "--list as CSV" },
	{ .name = "vm-csv",
	  .type = OPTION_STRING,
	  .arg = "PID",
	  OPTION_AT(struct name_args, vm_csv),
	  .help = "print map lines for the threads of the virtual machine in process PID" },
	{ .name = "task",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct name_args, task),
	  .help = "the task name in lines of --vm-csv" },
	{ .name = "group",
	  .type = OPTION_STRING,
	  .arg = "N",
	  OPTION_AT(struct name_args, group),
	  .help = "the group number in lines of --vm-csv" },
	{ 0 },
};

static const struct command_example name_examples[] = {
	{ "kymo name x.kymo --map tasks.csv", "write the names of a map into the recording" },
	{ "kymo name x.kymo --list", "who is who" },
	{ "kymo name x.kymo --name-rule '^worker-([0-9]+)=>pool.{1:02}'",
	  "worker-7 becomes pool.07" },
	{ "kymo name a.kymo b.kymo --map a.csv --map b.csv", "each its own map" },
	{ "kymo name x.kymo --clear", "back to the names that the kernel knew" },
	{ NULL, NULL },
};

const struct command command_name = {
	.name = "name",
	.summary = "give names to the tasks of recordings",
	.usage = "[OPTIONS] FILE...",
	.description =
		"Writes roles into recordings: stable names for tasks, as Firewall.05.vcpu0, which "
		"filters, tables and pages then use; the kernel's names stay beside them. Without "
		"a source of names, threads of virtual machines get their machine's.\n"
		"\n"
		"What is more exact wins: a map's line for the tid; a rule for the task's name; "
		"for "
		"threads of machines a map's line for the machine, a rule for the machine's name, "
		"or that name, with the thread's type behind it. Roles that nothing names anew "
		"stay.\n"
		"\n"
		"A line of a map is TID,INSTANCE,TYPE,UUID,,GROUP,TASK and gives the role "
		"TASK.GROUP.TYPE, the group with at least two digits. With an empty TID it names "
		"the threads of the machine with this UUID or INSTANCE. A map says nothing of "
		"time: "
		"a line names all tasks that had the tid. One bad line, and nothing is named.\n"
		"\n"
		"A file is replaced when its copy is complete: events are copied as they are.",
	.options = name_options,
	.args_bytes = sizeof(struct name_args),
	.examples = name_examples,
	.run = name_run,
};
