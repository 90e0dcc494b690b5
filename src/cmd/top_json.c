/* SPDX-License-Identifier: MIT */
/* A frame as JSON. */
#include "cmd/top_json.h"

#include "format/json.h"

struct member {
	const char *key;
	double value;
};

static void put_numbers(struct json *j, const struct member *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_key(j, m[i].key);
		json_f64(j, m[i].value);
	}
}
#define PUT_NUMBERS(j, ...)                                     \
	do {                                                    \
		const struct member m_[] = { __VA_ARGS__ };     \
		put_numbers(j, m_, sizeof(m_) / sizeof(m_[0])); \
	} while (0)

static void put_devices(struct json *j, const char *key, const struct frame_device *x, uint32_t n)
{
	json_key(j, key);
	json_begin_array(j);
	for (uint32_t i = 0; i < n; i++) {
		json_begin_object_flat(j);
		json_key(j, "name");
		json_str(j, x[i].name);
		PUT_NUMBERS(j, { "in", x[i].in }, { "out", x[i].out }, { "in_ops", x[i].in_ops },
			    { "out_ops", x[i].out_ops }, { "busy", x[i].busy });
		json_end(j);
	}
	json_end(j);
}

static void put_process(struct json *j, const struct frame_process *p)
{
	const char state[] = { p->state, '\0' };

	json_begin_object_flat(j);
	json_key(j, "pid");
	json_u64(j, p->pid);
	json_key(j, "parent");
	json_u64(j, p->parent);
	json_key(j, "name");
	json_str(j, p->name);
	json_key(j, "state");
	json_str(j, state);
	json_key(j, "uid");
	json_u64(j, p->uid);
	json_key(j, "threads");
	json_u64(j, p->threads);
	json_key(j, "began");
	json_bool(j, p->begun);
	json_key(j, "ended");
	json_bool(j, p->ended);
	PUT_NUMBERS(j, { "user", p->user }, { "system", p->sys }, { "rss", p->rss },
		    { "vsize", p->vsize }, { "read", p->read }, { "written", p->written },
		    { "minor", p->minor }, { "major", p->major }, { "switches", p->switches },
		    { "run_delay", p->run_delay });
	json_end(j);
}

int top_json_add(struct buf *out, struct machine_frame *f, const struct top_look *look)
{
	struct json j;

	machine_frame_sort(f, look->order);
	json_init(&j, out, JSON_PRETTY);
	json_begin_object(&j);
	json_key(&j, "title");
	json_str(&j, look->title);
	json_key(&j, "when");
	json_str(&j, look->when);
	json_key(&j, "elapsed_ns");
	json_u64(&j, f->elapsed);
	json_key(&j, "cpu");
	json_begin_object_flat(&j);
	PUT_NUMBERS(&j, { "user", f->cpu.user }, { "nice", f->cpu.nice }, { "system", f->cpu.sys },
		    { "iowait", f->cpu.iowait }, { "irq", f->cpu.irq }, { "steal", f->cpu.steal },
		    { "guest", f->cpu.guest }, { "idle", f->cpu.idle }, { "cpus", f->cpu.n });
	json_end(&j);
	json_key(&j, "memory");
	json_begin_object_flat(&j);
	PUT_NUMBERS(&j, { "total", f->memory.total }, { "available", f->memory.available },
		    { "free", f->memory.free }, { "cached", f->memory.cached },
		    { "buffers", f->memory.buffers }, { "dirty", f->memory.dirty },
		    { "swap_total", f->memory.swap_total }, { "swap_free", f->memory.swap_free });
	json_end(&j);
	PUT_NUMBERS(&j, { "load1", f->load[0] }, { "load5", f->load[1] }, { "load15", f->load[2] },
		    { "running", f->running }, { "blocked", f->blocked },
		    { "switches", f->switches }, { "forks", f->forks },
		    { "interrupts", f->interrupts });
	put_devices(&j, "disks", f->disk, f->n_disks);
	put_devices(&j, "networks", f->net, f->n_nets);
	json_key(&j, "processes");
	if (f->has_processes) {
		json_begin_array(&j);
		for (uint32_t i = 0; i < f->n_processes; i++)
			if (top_screen_shows(look, &f->process[i]))
				put_process(&j, &f->process[i]);
		json_end(&j);
	} else {
		json_put_null(&j);
	}
	json_end(&j);
	return buf_add_byte(out, '\n');
}
