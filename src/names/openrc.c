/* SPDX-License-Identifier: MIT */
/* The files that OpenStack's dashboard hands out are shell scripts; only plain assignments are
 * understood, nothing is run. */
#include <string.h>

#include "names/cloud_config.h"

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static int parse_line(const char *p, const char *end, struct cloud_config *c)
{
	char name[64];

	p = skip_blanks(p, end);
	if (end - p < 7 || memcmp(p, "export", 6) != 0 || (p[6] != ' ' && p[6] != '\t'))
		return 0;
	p = skip_blanks(p + 6, end);
	const char *equals = memchr(p, '=', (size_t)(end - p));

	if (!equals || equals - p < 4 || memcmp(p, "OS_", 3) != 0 ||
	    (size_t)(equals - p) >= sizeof(name))
		return 0;
	memcpy(name, p + 3, (size_t)(equals - p - 3));
	name[equals - p - 3] = '\0';
	int setting = cloud_setting_by_env(name);

	p = equals + 1;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	if (end - p >= 2 && (*p == '"' || *p == '\'') && end[-1] == *p) {
		p++;
		end--;
	}
	if (setting < 0 || p == end || *p == '$')
		return 0;
	return cloud_config_set(c, (enum cloud_setting)setting, p, (size_t)(end - p));
}

int openrc_parse(const char *text, size_t n, struct cloud_config *c)
{
	const char *end = text + n;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		if (!stop)
			stop = end;
		int r = memchr(line, 0, (size_t)(stop - line)) ? 0 : parse_line(line, stop, c);

		if (r < 0)
			return r;
		line = stop + 1;
	}
	return 0;
}
