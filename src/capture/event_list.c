/* SPDX-License-Identifier: MIT */
/*
 * Splits the list (commas between slashes belong to a PMU's terms), then asks for each name those
 * that may know it, from the most general to the least. A failure is told with the event and its
 * place in the list.
 */
#include "capture/event_list.h"

#include <errno.h>
#include <fnmatch.h>
#include <linux/hw_breakpoint.h>
#include <stdlib.h>
#include <string.h>

#include "base/distance.h"
#include "capture/generic_event.h"
#include "capture/pfm_event.h"
#include "capture/pmu.h"
#include "capture/tracefs.h"
#include "model/profile_track.h"

#define ITEM_MAX 1024

struct parser {
	struct event_list *list;
	int root_fd;
	const char *text; /* the whole */
	struct err *error;
	unsigned int group; /* that we are in */
	unsigned int first; /* event of the item in progress */
};

void event_list_done(struct event_list *l)
{
	free(l->item);
	*l = (struct event_list){ 0 };
}

uint32_t event_flags(const struct event *ev)
{
	uint32_t r = 0;

	if (ev->attr.exclude_kernel && !ev->attr.exclude_user)
		r |= EVENT_FLAG_USER;
	if (ev->attr.exclude_user && !ev->attr.exclude_kernel)
		r |= EVENT_FLAG_KERNEL;
	if (ev->attr.precise_ip || ev->most_precise)
		r |= EVENT_FLAG_PRECISE;
	if (ev->missing[0])
		r |= EVENT_FLAG_MISSING;
	return r;
}

/* A new event at the end of the list; NULL with words. */
static struct event *add(struct parser *p, const char *name)
{
	struct event_list *l = p->list;

	if (l->n == EVENT_LIST_MAX) {
		err_set(p->error, -E2BIG, "more than %u events", EVENT_LIST_MAX);
		return NULL;
	}
	if (l->n == l->cap) {
		unsigned int cap = l->cap ? 2 * l->cap : 8;
		struct event *grown = reallocarray(l->item, cap, sizeof(*grown));

		if (!grown) {
			err_set(p->error, -ENOMEM, "out of memory");
			return NULL;
		}
		l->item = grown;
		l->cap = cap;
	}
	struct event *ev = &l->item[l->n++];

	*ev = (struct event){ .scale = 1, .group = p->group };
	ev->attr.size = sizeof(ev->attr);
	snprintf(ev->name, sizeof(ev->name), "%.*s", EVENT_NAME_MAX - 1, name);
	return ev;
}

int event_list_add_missing(struct event_list *l, const char *name, const char *why, struct err *e)
{
	struct err own = { 0 };
	struct parser p = { .list = l, .error = e ? e : &own };
	struct event *ev = add(&p, name);

	if (!ev)
		return p.error->code;
	snprintf(ev->missing, sizeof(ev->missing), "%s", why);
	return 0;
}

/* ---- modifiers ---- */

static int apply_modifiers(struct parser *p, struct event *ev, const char *text)
{
	struct perf_event_attr *a = &ev->attr;
	unsigned int precise = 0;
	bool modes = false;

	for (const char *c = text; *c; c++) {
		if (strchr("ukh", *c) && !modes) {
			modes = true;
			a->exclude_user = a->exclude_kernel = a->exclude_hv = 1;
		}
		if (strchr("GH", *c) && !ev->guest_said) {
			ev->guest_said = true;
			a->exclude_guest = a->exclude_host = 1;
		}
		switch (*c) {
		case 'u':
			a->exclude_user = 0;
			break;
		case 'k':
			a->exclude_kernel = 0;
			break;
		case 'h':
			a->exclude_hv = 0;
			break;
		case 'G':
			a->exclude_guest = 0;
			break;
		case 'H':
			a->exclude_host = 0;
			break;
		case 'p':
			precise++;
			break;
		case 'P':
			ev->most_precise = true;
			break;
		case 'S':
			ev->leader_samples = true;
			break;
		case 'D':
			a->pinned = 1;
			break;
		case 'e':
			a->exclusive = 1;
			break;
		case 'W':
			break; /* a group that does not fit is split anyway */
		default:
			return err_set(p->error, -EINVAL,
				       "no modifier '%c' (there are u k h G H p P S D e W)", *c);
		}
	}
	if (precise > 3)
		return err_set(p->error, -EINVAL, "more than three p");
	if (precise)
		a->precise_ip = precise & 3;
	return 0;
}

static bool are_modifiers(const char *text)
{
	return *text && strspn(text, "ukhGHpPSDeW") == strlen(text);
}

/* ---- kinds of names ---- */

/* Each returns 1 when the name is of its kind and was added, 0 when it is not, or -errno. */

static int try_generic(struct parser *p, const char *name)
{
	const struct generic_event *g = generic_event_find(name);
	uint64_t config;

	if (!g && !generic_cache_parse(name, &config))
		return 0;
	struct event *ev = add(p, name);

	if (!ev)
		return -ENOMEM;
	ev->attr.type = g ? g->type : PERF_TYPE_HW_CACHE;
	ev->attr.config = g ? g->config : config;
	if (g && g->ns)
		snprintf(ev->unit, sizeof(ev->unit), "ns");
	return 1;
}

static bool parse_hex(const char *text, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (!n || n > 16)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned int)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (unsigned int)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

static int try_raw(struct parser *p, const char *name)
{
	uint64_t config;

	if (name[0] != 'r' || !parse_hex(name + 1, strlen(name + 1), &config))
		return 0;
	struct event *ev = add(p, name);

	if (!ev)
		return -ENOMEM;
	ev->attr.type = PERF_TYPE_RAW;
	ev->attr.config = config;
	return 1;
}

/* mem:ADDRESS[/LENGTH][:ACCESS][:MODIFIERS] */
static int parse_breakpoint(struct parser *p, const char *text)
{
	struct event *ev = add(p, text);
	const char *c = text + 4;
	uint64_t address, length = 0;
	size_t n;

	if (!ev)
		return -ENOMEM;
	c += !strncmp(c, "0x", 2) || !strncmp(c, "0X", 2) ? 2 : 0;
	n = strcspn(c, "/:");
	if (!parse_hex(c, n, &address))
		return err_set(p->error, -EINVAL, "no address behind 'mem:'");
	c += n;
	if (*c == '/') {
		n = strcspn(++c, ":");
		if (!parse_hex(c, n, &length) || !length || length > 8 || (length & (length - 1)))
			return err_set(p->error, -EINVAL, "a length has to be 1, 2, 4 or 8");
		c += n;
	}
	c += *c == ':';
	n = strcspn(c, ":");
	for (; n && strspn(c, "rwx") >= n && *c && *c != ':'; c++, n--)
		ev->attr.bp_type |= *c == 'r'	? HW_BREAKPOINT_R
				    : *c == 'w' ? HW_BREAKPOINT_W
						: HW_BREAKPOINT_X;
	c += *c == ':';
	if (!ev->attr.bp_type)
		ev->attr.bp_type = HW_BREAKPOINT_RW;
	bool code = ev->attr.bp_type == HW_BREAKPOINT_X;

	if (!code && ev->attr.bp_type & HW_BREAKPOINT_X)
		return err_set(p->error, -EINVAL, "x does not go with r and w");
	ev->attr.type = PERF_TYPE_BREAKPOINT;
	ev->attr.bp_addr = address;
	ev->attr.bp_len = length ? length : code ? sizeof(long) : 4;
	ev->attr.sample_period = 1;
	return apply_modifiers(p, ev, c);
}

static int open_tracepoint(struct parser *p, struct event *ev, const char *name)
{
	struct tracepoint *t = NULL;
	struct err why = { 0 };
	char path[ITEM_MAX];
	bool own;
	int r;

	auto_close int tracefs = tracefs_open(p->root_fd, &own, &why);

	if (tracefs < 0) {
		snprintf(ev->missing, sizeof(ev->missing), "%.200s", err_text(&why, tracefs));
		return 0;
	}
	snprintf(path, sizeof(path), "%s", name);
	*strchr(path, ':') = '/';
	r = tracefs_read_event(tracefs, path, &t, &why);
	if (r < 0)
		snprintf(ev->missing, sizeof(ev->missing), "%.200s", err_text(&why, r));
	else
		ev->attr.config = t->id;
	tracepoint_free(t);
	return 0;
}

/* SUBSYSTEM:NAME[:MODIFIERS] */
static int parse_tracepoint(struct parser *p, const char *text)
{
	char name[ITEM_MAX];
	const char *modifiers = strchr(strchr(text, ':') + 1, ':');
	size_t n = modifiers ? (size_t)(modifiers - text) : strlen(text);

	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	for (const char *c = name; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:-",
			    *c))
			return err_set(p->error, -EINVAL, "no such event");
	if (name[0] == ':' || name[n - 1] == ':')
		return err_set(p->error, -EINVAL, "no such event");
	struct event *ev = add(p, text);

	if (!ev)
		return -ENOMEM;
	ev->attr.type = PERF_TYPE_TRACEPOINT;
	ev->attr.sample_period = 1;
	int r = apply_modifiers(p, ev, modifiers ? modifiers + 1 : "");

	return r < 0 ? r : open_tracepoint(p, ev, name);
}

/* ---- PMUs ---- */

struct pmu_search {
	struct parser *p;
	const char *pmu, *terms, *text, *modifiers, *event;
	unsigned int found;
	struct nearest *near;
};

/* "uncore_imc" stands for uncore_imc_0, uncore_imc_1 ... */
static bool stands_for(const char *asked, const char *pmu)
{
	size_t n = strlen(asked);

	if (strpbrk(asked, "*?"))
		return fnmatch(asked, pmu, 0) == 0;
	if (strncmp(asked, pmu, n))
		return false;
	pmu += n;
	pmu += *pmu == '_';
	return *pmu && strspn(pmu, "0123456789") == strlen(pmu);
}

static int add_of_pmu(struct pmu_search *s, const char *pmu, const char *terms)
{
	struct event *ev = add(s->p, s->text);

	if (!ev)
		return -ENOMEM;
	s->found++;
	if (strcmp(pmu, s->pmu))
		snprintf(ev->pmu, sizeof(ev->pmu), "%s", pmu);
	int r = pmu_apply(s->p->root_fd, pmu, terms, ev, s->p->error);

	return r < 0 ? r : apply_modifiers(s->p, ev, s->modifiers);
}

static int take_pmu(void *ctx, const char *pmu)
{
	struct pmu_search *s = ctx;

	return stands_for(s->pmu, pmu) ? add_of_pmu(s, pmu, s->terms) : 0;
}

static int take_pmu_with_event(void *ctx, const char *pmu)
{
	struct pmu_search *s = ctx;

	if (!pmu_has_event(s->p->root_fd, pmu, s->event))
		return 0;
	s->pmu = "";
	return add_of_pmu(s, pmu, s->event);
}

static int list_pmu(void *ctx, const char *pmu)
{
	char *names = ctx;
	size_t n = strlen(names);

	snprintf(names + n, 160 - n, "%s%s", n ? ", " : "", pmu);
	return 0;
}

/* The last name=, which counts where there is no PMU either. */
static void take_name(const char *terms, struct event *ev)
{
	for (const char *t = terms; *t; t += strcspn(t, ","), t += *t == ',') {
		size_t n = strcspn(t, ",");

		if (n > 5 && n - 5 < sizeof(ev->name) && !strncmp(t, "name=", 5))
			snprintf(ev->name, sizeof(ev->name), "%.*s", (int)n - 5, t + 5);
	}
}

/* PMU/TERMS/[MODIFIERS] */
static int parse_pmu(struct parser *p, const char *text)
{
	const char *open = strchr(text, '/'), *close = strchr(open + 1, '/');
	char pmu[PMU_NAME_MAX], terms[ITEM_MAX], there[160] = "";

	if (!close)
		return err_set(p->error, -EINVAL, "no closing '/'");
	if (open == text || open - text >= PMU_NAME_MAX)
		return err_set(p->error, -EINVAL, "no PMU before '/'");
	snprintf(pmu, sizeof(pmu), "%.*s", (int)(open - text), text);
	snprintf(terms, sizeof(terms), "%.*s", (int)(close - open - 1), open + 1);
	struct pmu_search s = {
		.p = p,
		.pmu = pmu,
		.terms = terms,
		.text = text,
		.modifiers = close + 1 + (close[1] == ':'),
	};

	if (pmu_exists(p->root_fd, pmu))
		return add_of_pmu(&s, pmu, terms);
	int r = pmu_each(p->root_fd, take_pmu, &s);

	if (r < 0 || s.found)
		return r;
	struct event *ev = add(p, text);

	if (!ev)
		return -ENOMEM;
	r = apply_modifiers(p, ev, s.modifiers);
	if (r < 0)
		return r;
	take_name(terms, ev);
	r = pmu_each(p->root_fd, list_pmu, there);
	snprintf(ev->missing, sizeof(ev->missing), "no PMU '%s' here (there are: %s)", pmu,
		 there[0] ? there : "none");
	return r;
}

/* An event that some PMU's folder names. */
static int try_pmu_event(struct parser *p, const char *text, const char *name,
			 const char *modifiers)
{
	struct pmu_search s = { .p = p, .text = text, .modifiers = modifiers, .event = name };
	int r = pmu_each(p->root_fd, take_pmu_with_event, &s);

	return r < 0 ? r : s.found > 0;
}

/* ---- one event ---- */

static int take_near(void *ctx, const char *name)
{
	nearest_try(ctx, name);
	return 0;
}

static int take_near_of_pmu(void *ctx, const char *pmu)
{
	struct pmu_search *s = ctx;

	return pmu_each_event(s->p->root_fd, pmu, take_near, s->near);
}

static int no_such_event(struct parser *p, const char *name)
{
	struct nearest near;
	struct pmu_search s = { .p = p, .near = &near };
	char cache[GENERIC_CACHE_NAME];
	uint64_t config;

	nearest_init(&near, name);
	for (size_t i = 0; i < generic_event_count; i++) {
		nearest_try(&near, generic_event_list[i].name);
		if (generic_event_list[i].alias)
			nearest_try(&near, generic_event_list[i].alias);
	}
	for (size_t i = 0; generic_cache_at(i, cache, &config); i++)
		nearest_try(&near, cache);
	(void)!pmu_each(p->root_fd, take_near_of_pmu, &s);
	return err_set(p->error, -EINVAL, "no such event%s%s%s",
		       near.text[0] ? " (nearest: " : " (see: kymo list events", near.text, ")");
}

static int try_pfm(struct parser *p, const char *text)
{
	struct event ev = { 0 };

	if (pfm_event_parse(text, &ev, NULL) < 0)
		return 0;
	struct event *kept = add(p, text);

	if (!kept)
		return -ENOMEM;
	kept->attr.type = ev.attr.type;
	kept->attr.config = ev.attr.config;
	kept->attr.config1 = ev.attr.config1;
	kept->attr.config2 = ev.attr.config2;
	kept->attr.exclude_user = ev.attr.exclude_user;
	kept->attr.exclude_kernel = ev.attr.exclude_kernel;
	kept->attr.exclude_hv = ev.attr.exclude_hv;
	return 1;
}

/* Names before a colon: WORD[:MODIFIERS]. */
static int try_word(struct parser *p, const char *text)
{
	char name[ITEM_MAX];
	size_t n = strcspn(text, ":");
	const char *modifiers = text[n] ? text + n + 1 : "";

	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	int r = try_generic(p, name);

	if (!r)
		r = try_raw(p, name);
	if (r > 0) {
		struct event *ev = &p->list->item[p->list->n - 1];

		snprintf(ev->name, sizeof(ev->name), "%.*s", EVENT_NAME_MAX - 1, text);
		r = apply_modifiers(p, ev, modifiers);
		return r < 0 ? r : 1;
	}
	/* What else stands behind a colon is the name of a tracepoint. */
	if (!r && (!*modifiers || are_modifiers(modifiers)))
		r = try_pmu_event(p, text, name, modifiers);
	return r;
}

static int parse_event(struct parser *p, const char *text)
{
	if (!strncmp(text, "mem:", 4))
		return parse_breakpoint(p, text);
	if (strchr(text, '/'))
		return parse_pmu(p, text);
	int r = try_word(p, text);

	if (!r && strstr(text, "::"))
		r = try_pfm(p, text);
	if (!r && strchr(text, ':') && !strstr(text, "::")) {
		r = parse_tracepoint(p, text);
		struct event *ev = r >= 0 ? &p->list->item[p->list->n - 1] : NULL;

		if (!ev || !ev->missing[0])
			return r;
		/* The same form is that of libpfm4's names. */
		p->list->n--;
		r = try_pfm(p, text);
		p->list->n += r <= 0;
		return r < 0 ? r : 0;
	}
	if (!r)
		r = try_pfm(p, text);
	if (!r)
		r = no_such_event(p, text);
	return r;
}

/* ---- the list ---- */

/* How long the item at @text is: to a comma or brace that is not between slashes. */
static size_t item_length(const char *text)
{
	bool inside = false, breakpoint = !strncmp(text, "mem:", 4);
	size_t n = 0;

	for (; text[n]; n++) {
		if (text[n] == '/' && !breakpoint)
			inside = !inside;
		else if (!inside && strchr(",{}", text[n]))
			break;
	}
	return n;
}

static int parse_item(struct parser *p, const char *at, size_t n)
{
	char text[ITEM_MAX];
	size_t place = (size_t)(at - p->text) + 1;

	if (!n)
		return err_set(p->error, -EINVAL, "an event is missing at %zu of '%.64s'", place,
			       p->text);
	if (n >= EVENT_NAME_MAX)
		return err_set(p->error, -EINVAL, "event '%.32s...' at %zu: longer than %d bytes",
			       at, place, EVENT_NAME_MAX - 1);
	snprintf(text, sizeof(text), "%.*s", (int)n, at);
	int r = parse_event(p, text);

	return r < 0 ? err_prefix(p->error, "event '%s' at %zu", text, place) : 0;
}

/* :MODIFIERS behind a group's brace */
static int end_group(struct parser *p, const char **at)
{
	char text[32];
	int r = 0;

	if (**at == ':') {
		size_t n = strcspn(++*at, ",{}");

		snprintf(text, sizeof(text), "%.*s", (int)min_of(n, sizeof(text) - 1), *at);
		for (unsigned int i = p->first; i < p->list->n && r >= 0; i++)
			r = apply_modifiers(p, &p->list->item[i], text);
		if (r < 0)
			return err_prefix(p->error, "group at %zu", (size_t)(*at - p->text));
		*at += n;
	}
	p->group = 0;
	return 0;
}

static int parse_all(struct parser *p)
{
	const char *at = p->text;

	do {
		if (*at == '{') {
			if (p->group)
				return err_set(p->error, -EINVAL, "a group in a group at %zu",
					       (size_t)(at - p->text) + 1);
			p->group = ++p->list->n_groups;
			p->first = p->list->n;
			at++;
		}
		size_t n = item_length(at);
		int r = parse_item(p, at, n);

		if (r < 0)
			return r;
		at += n;
		if (*at == '}' && p->group) {
			at++;
			r = end_group(p, &at);
			if (r < 0)
				return r;
		}
	} while (*at == ',' && at++);
	if (*at)
		return err_set(p->error, -EINVAL, "'%c' at %zu of '%.64s' does not belong there",
			       *at, (size_t)(at - p->text) + 1, p->text);
	if (p->group)
		return err_set(p->error, -EINVAL, "a group without '}' in '%.64s'", p->text);
	return 0;
}

int event_list_parse(struct event_list *l, int root_fd, const char *text, struct err *e)
{
	struct err own = { 0 };
	struct parser p = { .list = l, .root_fd = root_fd, .text = text, .error = e ? e : &own };
	int r = parse_all(&p);

	return r == -ENOMEM && !p.error->text[0] ? err_set(e, r, "out of memory") : r;
}
