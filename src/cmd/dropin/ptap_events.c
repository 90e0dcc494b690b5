/* SPDX-License-Identifier: MIT */
/* Texts of events, and trying them out. */
#include "cmd/dropin/ptap_events.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "capture/event_try.h"
#include "capture/generic_event.h"

/* In perf's form, with the name that the set has for it, where perf's form takes that. */
static void event_text(const struct metric_event *ev, struct buf *out)
{
	char code[EVENT_CODE_TEXT];
	const char *text = event_code_text(&ev->code, code);
	const char *end = strrchr(text, '/');

	if (end && !strpbrk(ev->name, ",/"))
		(void)buf_addf(out, "%.*s,name=%s%s", (int)(end - text), text, ev->name, end);
	else
		(void)buf_add_str(out, text);
}

int ptap_events(const struct metric_set *set, int root_fd, struct event_list *ret, struct err *e)
{
	for (unsigned int i = 0; i < metric_set_n_events(set); i++) {
		const struct metric_event *ev = metric_set_event(set, i);
		unsigned int before = ret->n;
		struct err why = { 0 };
		auto_buf text;

		buf_init(&text, 0);
		event_text(ev, &text);
		int r = buf_error(&text);

		if (!r)
			r = event_list_parse(ret, root_fd, buf_str(&text), &why);
		if (r == -EINVAL) {
			ret->n = before; /* boxes that were read before the mistake */
			r = event_list_add_missing(ret, ev->name, why.text, &why);
		}
		if (r < 0)
			return err_set(e, r, "%s", err_text(&why, r));
	}
	return 0;
}

/* ---- sampling ---- */

void ptap_sampled_init(struct ptap_sampled *s, int root_fd)
{
	s->root_fd = root_fd;
	buf_init(&s->text, 0);
	buf_init(&s->told, 0);
}

void ptap_sampled_done(struct ptap_sampled *s)
{
	buf_done(&s->text);
	buf_done(&s->told);
}

void ptap_sampled_clear(struct ptap_sampled *s)
{
	buf_clear(&s->text);
}

static void tell(struct ptap_sampled *s, const char *name, const char *why)
{
	auto_buf line;

	buf_init(&line, 0);
	if (buf_addf(&line, "\n%s\n", name) < 0 || strstr(buf_str(&s->told), buf_str(&line)))
		return;
	log_info("event %s is not sampled: %s", name, why);
	(void)buf_add_str(&s->told, buf_str(&line));
}

/* The reason against @ev, "" = none, into @ret. */
static void try_event(const struct event *ev, char *ret, size_t size)
{
	*ret = '\0';
	if (ev->missing[0])
		(void)snprintf(ret, size, "%s", ev->missing);
	else if (event_try(ev, true, ret, size) >= 0)
		*ret = '\0';
}

/* @text holds one event, or several that go together: boxes, a group. Where some of them can be
 * sampled, kymo record tells of the others. */
static int add_event(struct ptap_sampled *s, const char *text, struct err *e)
{
	auto_event_list events = { 0 };
	char why[EVENT_MISSING_MAX];
	bool some = false;
	int r = event_list_parse(&events, s->root_fd, text, e);

	for (unsigned int i = 0; i < events.n && r >= 0 && !some; i++) {
		try_event(&events.item[i], why, sizeof(why));
		some = !*why;
	}
	for (unsigned int i = 0; i < events.n && r >= 0 && !some; i++) {
		try_event(&events.item[i], why, sizeof(why));
		tell(s, events.item[i].name, why);
	}
	if (r < 0 || !some)
		return r;
	r = buf_addf(&s->text, "%s%s", s->text.len ? "," : "", text);
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* How long the event or group at @list is: to a comma outside of slashes and braces. */
static size_t item_length(const char *list)
{
	bool slashes = strncmp(list, "mem:", 4) != 0, inside = false, group = false;
	size_t n = 0;

	for (; list[n]; n++) {
		if (list[n] == '/' && slashes)
			inside = !inside;
		else if (!inside && (list[n] == '{' || list[n] == '}'))
			group = list[n] == '{';
		else if (!inside && !group && list[n] == ',')
			break;
	}
	return n;
}

int ptap_sampled_add(struct ptap_sampled *s, const char *list, struct err *e)
{
	auto_event_list all = { 0 };
	int r = event_list_parse(&all, s->root_fd, list, e); /* words with places in the list */

	for (const char *p = list; r >= 0 && *p;) {
		size_t n = item_length(p);
		auto_free char *text = strndup(p, n);

		r = text ? add_event(s, text, e) : err_set(e, -ENOMEM, "out of memory");
		p += n + (p[n] == ',');
	}
	return r;
}

int ptap_sampled_add_set(struct ptap_sampled *s, const struct metric_set *set, struct err *e)
{
	for (unsigned int i = 0; i < metric_set_n_events(set); i++) {
		const struct metric_event *ev = metric_set_event(set, i);
		struct err why = { 0 };
		auto_buf text;

		buf_init(&text, 0);
		event_text(ev, &text);
		int r = buf_error(&text);

		if (!r)
			r = add_event(s, buf_str(&text), &why);
		if (r == -EINVAL)
			tell(s, ev->name, why.text);
		else if (r < 0)
			return err_set(e, r, "%s", err_text(&why, r));
	}
	return 0;
}

int ptap_sampled_add_all(struct ptap_sampled *s, struct err *e)
{
	char name[GENERIC_CACHE_NAME];
	uint64_t config;
	int r = 0;

	for (size_t i = 0; i < generic_event_count && r >= 0; i++) {
		const struct generic_event *g = &generic_event_list[i];
		/* Never happen by themselves. */
		bool none = !strcmp(g->name, "dummy") || !strcmp(g->name, "bpf-output");

		r = none ? 0 : add_event(s, g->name, e);
	}
	for (size_t i = 0; r >= 0 && generic_cache_at(i, name, &config); i++)
		r = add_event(s, name, e);
	return r;
}
