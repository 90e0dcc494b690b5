/* SPDX-License-Identifier: MIT */
/* Reading NAME=VALUE lines. */
#include "cmd/dropin/go_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define CONFIG_BYTES ((size_t)1 << 20)

bool go_home_path(const char *tool, const char *name, char *ret, size_t size)
{
	const char *home = getenv("HOME");
	int n = home && *home ? snprintf(ret, size, "%s/.%s/%s", home, tool, name) : -1;

	return n > 0 && (size_t)n < size;
}

static char *trim(char *s)
{
	s += strspn(s, " \t\r");
	for (size_t n = strlen(s); n && strchr(" \t\r", s[n - 1]);)
		s[--n] = 0;
	return s;
}

static bool is_known(const char *name, const char *const *known)
{
	for (; *known; known++)
		if (!strcmp(*known, name))
			return true;
	return false;
}

static int take_line(struct go_config *c, char *line, const char *const *known, struct err *e)
{
	line[strcspn(line, "#;")] = 0;
	line = trim(line);
	if (!*line || *line == '[')
		return 0;
	char *equals = strchr(line, '=');

	if (!equals)
		return err_set(e, -EINVAL, "no '=' in it");
	*equals = 0;
	const char *name = trim(line);

	if (!is_known(name, known))
		return err_set(e, -EINVAL, "unknown option '%s'", name);
	if (c->n == GO_CONFIG_MAX)
		return err_set(e, -E2BIG, "too many lines");
	c->line[c->n].name = name;
	c->line[c->n++].value = trim(equals + 1);
	return 0;
}

static int read_one(struct go_config *c, const char *path, bool must, const char *const *known,
		    struct err *e)
{
	const size_t from = c->text.len;
	int r = file_read_at(AT_FDCWD, path, &c->text);

	if (r == -ENOENT && !must)
		return 0;
	if (r >= 0)
		r = buf_add_byte(&c->text, 0);
	if (r < 0)
		return err_set(e, r, "cannot read '%s': %s", path, strerror(-r));
	unsigned int number = 1;

	for (char *line = (char *)c->text.data + from, *next; line; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		r = take_line(c, line, known, e);
		if (r < 0) {
			err_prefix(e, "'%s', line %u", path, number);
			return r;
		}
	}
	return 0;
}

int go_config_read(struct go_config *c, const char *tool, const struct option_list *files,
		   const char *const *known, struct err *e)
{
	char name[64], path[512];
	int r = 0;

	c->n = 0;
	buf_init(&c->text, CONFIG_BYTES);
	/* All of it at once, so that lines do not move when another file follows. */
	if (!buf_reserve(&c->text, CONFIG_BYTES - 1))
		return err_set(e, -ENOMEM, "no memory");
	(void)snprintf(name, sizeof(name), "%s.conf", tool);
	if (!files->n && go_home_path(tool, name, path, sizeof(path)))
		r = read_one(c, path, false, known, e);
	for (unsigned int i = 0; i < files->n && r >= 0; i++)
		r = read_one(c, files->item[i], true, known, e);
	return r;
}

void go_config_done(struct go_config *c)
{
	buf_done(&c->text);
}

const char *go_config_get(const struct go_config *c, const char *name)
{
	for (unsigned int i = c->n; i-- > 0;)
		if (!strcmp(c->line[i].name, name))
			return c->line[i].value;
	return NULL;
}
