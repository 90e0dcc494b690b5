/* SPDX-License-Identifier: MIT */
/*
 * perfcap: a capture of scheduler and KVM events as a cdict and a text of statistics, with the
 * options of perfwhiz' program of that name. Recording, naming and conversion are kymo record and
 * kymo convert; the recording stays beside the files as RUN.kymo.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/dropin/dropin.h"

#define CONFIG_FILE	   ".mkcdict.cfg"
#define CONFIG_MAX	   ((size_t)64 << 10)
#define EXIT_NOTHING_ASKED 3

struct perfcap_args {
	bool all, stats, switches;
	uint64_t sleep;
	const char *dest_folder, *use_perf_data, *map, *use_perf, *remap, *rc, *password;
};

static const struct perfcap_args defaults = { .sleep = 1, .dest_folder = "./" };

static const struct option_spec options[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfcap_args, all),
	  .help = "both --switches and --stats" },
	{ .name = "switches",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfcap_args, switches),
	  .help = "write RUN.cdict: context switches and KVM exits" },
	{ .name = "stats",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfcap_args, stats),
	  .help = "write RUN.stats: latency and KVM exit statistics as text" },
	{ .name = "sleep",
	  .letter = 's',
	  .type = OPTION_U64,
	  .arg = "SECONDS",
	  OPTION_AT(struct perfcap_args, sleep),
	  .help = "length of the capture (1)" },
	{ .name = "dest-folder",
	  .type = OPTION_STRING,
	  .arg = "DIR",
	  OPTION_AT(struct perfcap_args, dest_folder),
	  .help = "where the files go (here)" },
	{ .name = "use-perf-data",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perfcap_args, use_perf_data),
	  .help = "do not record, convert this perf.data" },
	{ .name = "map",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perfcap_args, map),
	  .help = "name tasks by this CSV file" },
	{ .name = "use-perf",
	  .type = OPTION_STRING,
	  .arg = "PROGRAM",
	  OPTION_AT(struct perfcap_args, use_perf),
	  .help = "accepted and not used: kymo records by itself" },
	{ .name = "remap",
	  .type = OPTION_STRING,
	  .arg = "CDICT",
	  OPTION_AT(struct perfcap_args, remap),
	  .help = "no capture: name the tasks of this file anew by --map, in place" },
	{ .name = "rc",
	  .letter = 'r',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perfcap_args, rc),
	  .help = "name virtual machines by OpenStack with the credentials of this openrc file" },
	{ .name = "password",
	  .letter = 'p',
	  .type = OPTION_STRING,
	  .arg = "TEXT",
	  OPTION_AT(struct perfcap_args, password),
	  .help = "the OpenStack password (better: OS_PASSWORD, a command line can be seen)" },
	{ 0 },
};

/* ---- .mkcdict.cfg ---- */

/* What a line may set, where the command line did not. */
static const char **config_place(struct perfcap_args *a, const char *name, size_t n)
{
	const struct {
		const char *name, **place;
	} known[] = {
		{ "use_perf_data", &a->use_perf_data },
		{ "perf_data", &a->use_perf_data },
		{ "map", &a->map },
		{ "perf", &a->use_perf },
		{ "remap", &a->remap },
		{ "rc", &a->rc },
		{ "password", &a->password },
		{ "passwordd", &a->password }, /* as the older program had it */
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == n && !strncmp(known[i].name, name, n))
			return known[i].place;
	return NULL;
}

static bool is_value(char c)
{
	return isalnum((unsigned char)c) || strchr("_/.-", c);
}

/* `name = value` or `name: value`; a line of another form says nothing. Values are cut out of
 * @text, which is changed. */
static void config_line(struct perfcap_args *a, char *line)
{
	char *name = line + strspn(line, " \t");
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	char *p = name + n + strspn(name + n, " \t");
	size_t marks = strspn(p, "=:");
	char *value = p + marks + strspn(p + marks, " \t");
	char *end = value;

	while (*end && is_value(*end))
		end++;
	if (!n || !marks || end == value)
		return;
	const char **place = config_place(a, name, n);

	*end = '\0';
	if (place && !*place)
		*place = value;
}

/* The file is optional. Its values live in @text. */
static int read_config(struct perfcap_args *a, struct buf *text)
{
	int r = file_read_at(AT_FDCWD, CONFIG_FILE, text);

	if (r == -ENOENT)
		return 0;
	if (r < 0) {
		log_error("cannot read '%s': %s", CONFIG_FILE, strerror(-r));
		return r;
	}
	(void)buf_str(text); /* NUL behind it */
	for (char *line = (char *)text->data, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		config_line(a, line);
	}
	return 0;
}

/* ---- steps ---- */

static bool is_there(const char *path)
{
	return access(path, R_OK) == 0;
}

static void name_options(struct line *l, const struct perfcap_args *a)
{
	line_option(l, "--map", a->map);
	line_option(l, "--os-rc", a->rc);
	if (a->password)
		(void)setenv("KYMO_OS_PASSWORD", a->password, 1);
}

static int record(const struct perfcap_args *a, const char *recording)
{
	struct line l = { 0 };
	char seconds[32];

	(void)snprintf(seconds, sizeof(seconds), "%llus", (unsigned long long)a->sleep);
	line_add(&l, "record");
	line_option(&l, "-e", "switch,wakeup,kvm");
	line_option(&l, "-d", seconds);
	line_option(&l, "-o", recording);
	name_options(&l, a);
	return line_run(&l);
}

/* Write @to in the form that is named, readable for the group as the older program left it. */
static int convert(const char *from, const char *format, const char *to, const char *map)
{
	struct line l = { 0 };

	line_add(&l, "convert");
	line_add(&l, from);
	line_option(&l, "--to-format", format);
	line_option(&l, "-o", to);
	line_option(&l, "--map", map);
	int status = line_run(&l);

	if (is_there(to) && chmod(to, 0664) < 0)
		log_warn("cannot set the mode of '%s': %s", to, strerror(errno));
	return status;
}

static int write_results(const struct perfcap_args *a, const char *from, const char *map,
			 const char *run)
{
	auto_buf cdict, stats;
	int status = EXIT_SUCCESS;

	buf_init(&cdict, 0);
	buf_init(&stats, 0);
	(void)buf_addf(&cdict, "%s.cdict", run);
	(void)buf_addf(&stats, "%s.stats", run);
	if (buf_error(&cdict) || buf_error(&stats)) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	if (a->switches || a->all)
		status = convert(from, "cdict", buf_str(&cdict), map);
	if (a->stats || a->all)
		status = max_of(status, convert(from, "stats", buf_str(&stats), map));
	return status;
}

static int remap(const struct perfcap_args *a)
{
	auto_buf path, fresh;

	buf_init(&path, 0);
	buf_init(&fresh, 0);
	if (!a->map) {
		log_error("perfcap: --remap needs names (try: --map FILE)");
		return EXIT_FAILURE;
	}
	(void)buf_add_str(&path, a->remap);
	if (!is_there(a->remap))
		(void)buf_add_str(&path, ".cdict");
	(void)buf_addf(&fresh, "%s.new", buf_str(&path));
	if (buf_error(&path) || buf_error(&fresh)) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	int status = convert(buf_str(&path), "cdict", buf_str(&fresh), a->map);

	if (status == EXIT_SUCCESS && rename(buf_str(&fresh), buf_str(&path)) < 0) {
		log_error("cannot replace '%s': %s", buf_str(&path), strerror(errno));
		status = EXIT_FAILURE;
	}
	if (status != EXIT_SUCCESS)
		(void)unlink(buf_str(&fresh));
	return status;
}

static int capture(struct perfcap_args *a, const char *run)
{
	auto_buf recording;

	buf_init(&recording, 0);
	if (a->use_perf_data) {
		if (!is_there(a->use_perf_data)) {
			log_error("cannot read '%s': %s", a->use_perf_data, strerror(errno));
			return EXIT_FAILURE;
		}
		return write_results(a, a->use_perf_data, a->map, run);
	}
	if (buf_addf(&recording, "%s.kymo", run) < 0) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	int status = record(a, buf_str(&recording));

	/* The names are in the recording already. */
	return status ? status : write_results(a, buf_str(&recording), NULL, run);
}

static int perfcap_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	struct perfcap_args *a = args;
	auto_buf config, run;
	struct stat st;

	(void)n_before;
	buf_init(&config, CONFIG_MAX);
	buf_init(&run, 0);
	if (n > 1)
		return command_misused("perfcap", "one run name, not also '%s'", word[1]);
	if (read_config(a, &config) < 0)
		return EXIT_FAILURE;
	if (a->map && !is_there(a->map)) {
		log_error("cannot read '%s': %s", a->map, strerror(errno));
		return EXIT_FAILURE;
	}
	if (a->remap)
		return remap(a);
	if (a->use_perf_data && !a->all && !a->stats)
		a->switches = true;
	if (!a->all && !a->switches && !a->stats) {
		log_error("perfcap: pick at least one of --all, --switches, --stats");
		return EXIT_NOTHING_ASKED;
	}
	if (!a->sleep)
		return command_misused("perfcap", "--sleep 0 captures nothing");
	if (stat(a->dest_folder, &st) < 0 || !S_ISDIR(st.st_mode)) {
		log_error("perfcap: there is no folder '%s' (try: mkdir)", a->dest_folder);
		return EXIT_USAGE;
	}
	if (a->use_perf)
		log_info("'%s' is not used: kymo records by itself", a->use_perf);
	size_t len = strlen(a->dest_folder);
	const char *slash = len && a->dest_folder[len - 1] == '/' ? "" : "/";

	(void)buf_addf(&run, "%s%s%s", strcmp(a->dest_folder, "./") ? a->dest_folder : "",
		       strcmp(a->dest_folder, "./") ? slash : "", n ? word[0] : "perf");
	if (buf_error(&run)) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	return capture(a, buf_str(&run));
}

static const struct command_example examples[] = {
	{ "perfcap -s 5 --all test", "five seconds into test.cdict and test.stats" },
	{ "perfcap --all --map tmap.csv test2", "with names of a CSV file" },
	{ "perfcap --use-perf-data perf.data oldrun", "oldrun.cdict from what perf recorded" },
	{ "perfcap --remap test2.cdict --map tmap.csv", "other names for a file that is there" },
	{ NULL, NULL },
};

const struct command dropin_perfcap = {
	.name = "perfcap",
	.summary = "capture scheduler and KVM events into a cdict, as perfwhiz did",
	.usage = "[OPTIONS] [RUN]",
	.description =
		"Takes the command lines of perfwhiz' perfcap: records the scheduler and the "
		"virtual machines of this machine and writes RUN.cdict (--switches), RUN.stats "
		"(--stats) or both (--all). The recording itself stays beside them as RUN.kymo: "
		"it knows more than the cdict (losses, wake-ups, times in ns), and kymo show and "
		"kymo report read it.\n\n"
		"The file .mkcdict.cfg of the current folder may hold 'name = value' lines for "
		"perf_data, map, perf, remap, rc and password, used where the command line says "
		"nothing.\n\n"
		"Exit status 3: none of --all, --switches, --stats was given.",
	.options = options,
	.args_bytes = sizeof(struct perfcap_args),
	.args_default = &defaults,
	.examples = examples,
	.run = perfcap_run,
	.dropin = true,
};
