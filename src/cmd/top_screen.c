/* SPDX-License-Identifier: MIT */
/* Lines of text: the machine above, processes below. */
#include "cmd/top_screen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

#define BOLD	"\033[1m"
#define REVERSE "\033[7m"
#define PLAIN	"\033[0m"

#define BUSIEST 4 /* devices of a line */

struct drawing {
	struct buf *out;
	const struct top_look *look;
	char line[1024];
	size_t at; /* length of the line so far */
	unsigned int lines;
};

static void put(struct drawing *d, const char *fmt, ...) printf_like(2, 3);
static void put(struct drawing *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(d->line + d->at, sizeof(d->line) - d->at, fmt, ap);
	va_end(ap);
	d->at = min_of(d->at + (size_t)max_of(n, 0), sizeof(d->line) - 1);
}

/* Cut at the width, counted in characters; names may be UTF-8. */
static size_t cut(const char *s, unsigned int width)
{
	size_t i = 0;

	for (unsigned int n = 0; s[i]; n += ((unsigned char)s[i] & 0xc0) != 0x80, i++)
		if (n == width && ((unsigned char)s[i] & 0xc0) != 0x80)
			break;
	return i;
}

static void end_line(struct drawing *d, const char *style)
{
	bool styled = d->look->styled && *style;

	if (styled)
		(void)buf_add_str(d->out, style);
	(void)buf_add(d->out, d->line, cut(d->line, d->look->width));
	if (styled)
		(void)buf_add_str(d->out, PLAIN);
	(void)buf_add_byte(d->out, '\n');
	d->at = 0;
	d->line[0] = '\0';
	d->lines++;
}

/* ---- numbers in few places; absent is a dash ---- */

static const char *share(char *buf, double v)
{
	if (isnan(v))
		return "-";
	snprintf(buf, QUANTITY_MAX, "%.*f", v >= 9.995 ? 0 : 1, 100 * v);
	return buf;
}

/* 1023, 1.5K, 12M */
static const char *bytes(char *buf, double v)
{
	static const char unit[] = "\0KMGTPE";
	unsigned int u = 0;

	if (isnan(v))
		return "-";
	for (; v >= 999.5 && unit[u + 1]; u++)
		v /= 1024;
	snprintf(buf, QUANTITY_MAX, u && v < 9.95 ? "%.1f%c" : "%.0f%c", v, unit[u]);
	if (!u)
		snprintf(buf, QUANTITY_MAX, "%.0f", v);
	return buf;
}

/* 0.3, 12, 1.5k */
static const char *rate(char *buf, double v)
{
	static const char unit[] = "\0kMG";
	unsigned int u = 0;

	if (isnan(v))
		return "-";
	for (; v >= 9999.5 && unit[u + 1]; u++)
		v /= 1000;
	snprintf(buf, QUANTITY_MAX, v > 0 && v < 9.95 ? "%.1f" : "%.0f", v);
	if (u)
		snprintf(buf + strlen(buf), 2, "%c", unit[u]);
	return buf;
}

/* ---- the machine ---- */

static void draw_title(struct drawing *d)
{
	size_t left = strlen(d->look->title), right = strlen(d->look->when);
	int gap = (int)d->look->width - (int)(left + right);

	put(d, "%s%*s%s", d->look->title, max_of(gap, 1), "", d->look->when);
	end_line(d, REVERSE);
}

static void draw_cpu(struct drawing *d, const struct machine_frame *f)
{
	const struct frame_cpu *c = &f->cpu;
	char b[8][QUANTITY_MAX];

	put(d,
	    "CPU  %s%% user  %s%% system  %s%% nice  %s%% iowait  %s%% irq  %s%% steal  %s%% idle",
	    share(b[0], c->user), share(b[1], c->sys), share(b[2], c->nice), share(b[3], c->iowait),
	    share(b[4], c->irq), share(b[5], c->steal), share(b[6], c->idle));
	if (c->guest > 0)
		put(d, "  %s%% guests", share(b[7], c->guest));
	if (c->n)
		put(d, "  of %u CPUs", c->n);
	end_line(d, "");
}

static void draw_memory(struct drawing *d, const struct machine_frame *f)
{
	const struct frame_memory *m = &f->memory;
	char b[7][QUANTITY_MAX];

	put(d, "MEM  %s total  %s available  %s free  %s cached  %s dirty", bytes(b[0], m->total),
	    bytes(b[1], m->available), bytes(b[2], m->free), bytes(b[3], m->cached),
	    bytes(b[4], m->dirty));
	if (m->swap_total > 0)
		put(d, "  SWAP  %s of %s used", bytes(b[5], m->swap_total - m->swap_free),
		    bytes(b[6], m->swap_total));
	end_line(d, "");
}

static void draw_load(struct drawing *d, const struct machine_frame *f)
{
	char b[3][QUANTITY_MAX];

	put(d, "RUN  ");
	if (!isnan(f->load[0]))
		put(d, "load %.2f %.2f %.2f  ", f->load[0], f->load[1], f->load[2]);
	if (!isnan(f->running))
		put(d, "%.0f running  %.0f blocked  ", f->running, f->blocked);
	put(d, "%s switches/s  %s forks/s  %s interrupts/s", rate(b[0], f->switches),
	    rate(b[1], f->forks), rate(b[2], f->interrupts));
	end_line(d, "");
}

static double traffic(const struct frame_device *x)
{
	return (isnan(x->in) ? 0 : x->in) + (isnan(x->out) ? 0 : x->out);
}

static int busiest_first(const void *a, const void *b)
{
	const struct frame_device *x = a, *y = b;

	if (traffic(x) != traffic(y))
		return traffic(x) < traffic(y) ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* The devices that moved something; nothing when there are none. */
static void draw_devices(struct drawing *d, const char *what, struct frame_device *x, uint32_t n,
			 const char *in, const char *out)
{
	if (!n)
		return;
	qsort(x, n, sizeof(*x), busiest_first);
	put(d, "%s ", what);
	for (uint32_t i = 0; i < n && i < BUSIEST && (i == 0 || traffic(&x[i]) > 0); i++) {
		char b[3][QUANTITY_MAX];

		put(d, " %s %s/s %s  %s/s %s", x[i].name, bytes(b[0], x[i].in), in,
		    bytes(b[1], x[i].out), out);
		if (!isnan(x[i].busy))
			put(d, "  %s%% busy", share(b[2], fmin(x[i].busy, 1)));
		put(d, " ");
	}
	end_line(d, "");
}

/* ---- processes ---- */

static bool did_something(const struct frame_process *p)
{
	return p->user > 0 || p->sys > 0 || p->read > 0 || p->written > 0 || p->minor > 0 ||
	       p->major > 0 || p->begun || p->ended;
}

bool top_screen_shows(const struct top_look *look, const struct frame_process *p)
{
	if (look->task && regexec(look->task, p->name, 0, NULL, 0) != 0)
		return false;
	return look->all || did_something(p);
}

static void draw_process(struct drawing *d, const struct frame_process *p)
{
	char b[9][QUANTITY_MAX];
	double cpu = (isnan(p->user) ? 0 : p->user) + (isnan(p->sys) ? 0 : p->sys);

	put(d, "%8u %6u %c %6s %6s %6s %6s %6s %6s %6s %6s %6s %4u  %s%s", p->pid, p->uid,
	    p->ended ? '-' : p->state, share(b[0], isnan(p->user) && isnan(p->sys) ? NAN : cpu),
	    share(b[1], p->sys), bytes(b[2], p->rss), bytes(b[3], p->read), bytes(b[4], p->written),
	    rate(b[5], p->minor), rate(b[6], p->major), rate(b[7], p->switches),
	    share(b[8], p->run_delay), p->threads, p->name,
	    p->ended && p->begun ? "  (began and ended)"
	    : p->ended		 ? "  (ended)"
	    : p->begun		 ? "  (began)"
				 : "");
	end_line(d, "");
}

static uint32_t draw_processes(struct drawing *d, struct machine_frame *f)
{
	const struct top_look *look = d->look;
	uint32_t rows = 0;

	machine_frame_sort(f, look->order);
	put(d, "%8s %6s %c %6s %6s %6s %6s %6s %6s %6s %6s %6s %4s  %s", "PID", "UID", 'S', "CPU%",
	    "SYS%", "RSS", "READ/s", "WRIT/s", "FLT/s", "MAJ/s", "CSW/s", "WAIT%", "THR", "NAME");
	end_line(d, BOLD);
	unsigned int last = look->height ? look->height - (look->keys ? 1 : 0) : 0;

	for (uint32_t i = 0; i < f->n_processes; i++) {
		if (!top_screen_shows(look, &f->process[i]))
			continue;
		if (rows++ < look->scroll || (last && d->lines >= last))
			continue;
		draw_process(d, &f->process[i]);
	}
	return rows;
}

int top_screen_draw(struct buf *out, struct machine_frame *f, const struct top_look *look,
		    uint32_t *ret_rows)
{
	struct drawing d = { .out = out, .look = look };
	uint32_t rows = 0;

	draw_title(&d);
	draw_cpu(&d, f);
	draw_memory(&d, f);
	draw_load(&d, f);
	draw_devices(&d, "DISK", f->disk, f->n_disks, "read", "written");
	draw_devices(&d, "NET ", f->net, f->n_nets, "received", "sent");
	end_line(&d, "");
	if (f->has_processes) {
		rows = draw_processes(&d, f);
	} else {
		put(&d, "no processes were recorded (try: kymo record --metrics default,process)");
		end_line(&d, "");
	}
	if (look->keys) {
		while (d.lines + 1 < look->height)
			end_line(&d, "");
		put(&d, "%s", look->keys);
		end_line(&d, REVERSE);
	}
	if (ret_rows)
		*ret_rows = rows;
	return buf_error(out);
}
