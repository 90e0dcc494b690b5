/* SPDX-License-Identifier: MIT */
/* Finding a command, filling its arguments and running it. */
#include "cmd/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/distance.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/help_text.h"

struct common_args {
	bool help, quiet, verbose;
};

const struct option_spec command_common_options[] = {
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct common_args, help),
	  .help = "show this help" },
	{ .name = "quiet",
	  .letter = 'q',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct common_args, quiet),
	  .help = "say nothing on stderr but errors" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct common_args, verbose),
	  .help = "say more on stderr" },
	{ 0 }
};

#define N_COMMON (ARRAY_SIZE(command_common_options) - 1)

const struct command *command_by_name(const char *name)
{
	for (const struct command *const *c = command_table; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

bool command_nearest(const char *word, char *ret, size_t size)
{
	size_t best = 3, len = 0;

	ret[0] = 0;
	for (const struct command *const *c = command_table; *c; c++)
		best = min_of(best, distance_of(word, (*c)->name));
	for (const struct command *const *c = command_table; *c; c++) {
		const char *name = (*c)->name;
		bool begins = *word && !strncmp(name, word, strlen(word));

		if ((*c)->hidden || !(begins || (best < 3 && distance_of(word, name) == best)))
			continue;
		int n = snprintf(ret + len, size - len, "%s%s", len ? ", " : "", name);

		if (n < 0 || (size_t)n >= size - len)
			break;
		len += (size_t)n;
	}
	return len > 0;
}

int command_misused(const char *name, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The sentence may know a better way already. */
	if (strstr(text, "(try: "))
		log_error("%s: %s", name, text);
	else
		log_error("%s: %s (try: kymo %s --help)", name, text, name);
	return EXIT_USAGE;
}

/* The command's options and, behind them, the common ones whose names it does not use itself;
 * their values lie at @common_at. A letter stays with the command. */
static void join_options(const struct option_spec *own, size_t common_at, struct option_spec *ret)
{
	size_t n = 0;

	for (; own && own[n].name; n++)
		ret[n] = own[n];
	size_t n_own = n;

	for (size_t i = 0; i < N_COMMON; i++) {
		struct option_spec o = command_common_options[i];
		bool taken = false;

		for (size_t k = 0; k < n_own; k++) {
			taken = taken || !strcmp(own[k].name, o.name);
			if (own[k].letter == o.letter)
				o.letter = 0;
		}
		o.offset += common_at;
		if (!taken)
			ret[n++] = o;
	}
	ret[n] = (struct option_spec){ 0 };
}

static size_t count_options(const struct option_spec *o)
{
	size_t n = 0;

	while (o && o[n].name)
		n++;
	return n;
}

const char *command_line(struct buf *b)
{
	if (file_read_at(AT_FDCWD, "/proc/self/cmdline", b) < 0)
		return "";
	for (size_t i = 0; i + 1 < b->len; i++)
		if (!b->data[i])
			b->data[i] = ' ';
	return buf_str(b);
}

/* "-name" and "-name=value" of options that there are, with a second dash; @ret gets argc + 1
 * words,
 * @made the memory of those that were made. */
static bool double_dashes(const struct option_spec *options, int argc, char **argv, char **ret,
			  struct buf *made)
{
	for (int i = 0; i < argc; i++) {
		const char *name = argv[i] + 1;
		const size_t n = strcspn(name, "=");

		ret[i] = argv[i];
		for (const struct option_spec *o = options; argv[i][0] == '-' && o->name; o++)
			if (n > 1 && strlen(o->name) == n && !strncmp(o->name, name, n)) {
				/* Room for all was made: it does not move. */
				ret[i] = (char *)made->data + made->len;
				(void)buf_addf(made, "-%s", argv[i]);
				(void)buf_add_byte(made, 0);
				break;
			}
	}
	return !buf_error(made);
}

/* Room for argc + 1 words, and for one more character in each. */
static bool make_room(int argc, char **argv, char ***ret, struct buf *made)
{
	size_t bytes = 0;

	for (int i = 0; i < argc; i++)
		bytes += strlen(argv[i]) + 3;
	*ret = calloc((size_t)argc + 1, sizeof(**ret));
	return *ret && buf_reserve(made, bytes);
}

int command_run(const struct command *c, int argc, char **argv)
{
	const size_t align = _Alignof(max_align_t);
	size_t common_at = (c->args_bytes + align - 1) / align * align;
	auto_free char *args = calloc(1, common_at + sizeof(struct common_args));
	auto_free struct option_spec *options =
		calloc(count_options(c->options) + N_COMMON + 1, sizeof(*options));
	auto_free const char **words = calloc((size_t)argc + 1, sizeof(*words));
	auto_free char **dashed = NULL;
	unsigned int n, n_before;
	struct err e = { 0 };
	auto_buf made;

	buf_init(&made, 0);
	if (!args || !options || !words) {
		log_error("%s: out of memory", c->name);
		return EXIT_FAILURE;
	}
	if (c->args_default)
		memcpy(args, c->args_default, c->args_bytes);
	join_options(c->options, common_at, options);
	if (c->single_dash) {
		if (!make_room(argc, argv, &dashed, &made) ||
		    !double_dashes(options, argc, argv, dashed, &made)) {
			log_error("%s: out of memory", c->name);
			return EXIT_FAILURE;
		}
		argv = dashed;
	}
	int r = option_parse(options, argc, argv, args, c->stop_at_word, words, &n, &n_before, &e);

	if (r < 0)
		return command_misused(c->name, "%s", err_text(&e, r));
	const struct common_args *common = (const void *)(args + common_at);

	if (common->help) {
		help_text_command(c, stdout);
		return EXIT_SUCCESS;
	}
	if (common->quiet)
		log_set_level(LOG_ERROR);
	else if (common->verbose)
		log_set_level(LOG_DEBUG);
	return c->run(args, words, n, n_before);
}
