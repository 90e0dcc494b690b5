/* SPDX-License-Identifier: MIT */
/* One place for samplers and counters, so that their rows mean the same. */
#include "capture/event_rows.h"

#include <errno.h>

#include "capture/event_list.h"
#include "model/profile_track.h"

int event_rows_add(struct batch *b, nsec_t time, unsigned int number, const struct event *ev,
		   uint32_t flags, const char *note)
{
	const struct perf_event_attr *a = &ev->attr;
	uint32_t row = b->rows;
	int64_t name = batch_add_text(b, ev->name), unit = batch_add_text(b, ev->unit),
		text = batch_add_text(b, note);

	if (name < 0 || unit < 0 || text < 0)
		return -ENOMEM;
	b->time[row] = time;
	batch_u16(b, EVENT_NUMBER)[row] = (uint16_t)number;
	((uint32_t *)b->col[EVENT_NAME])[row] = (uint32_t)name;
	((uint32_t *)b->col[EVENT_UNIT])[row] = (uint32_t)unit;
	((uint32_t *)b->col[EVENT_NOTE])[row] = (uint32_t)text;
	batch_u32(b, EVENT_TYPE)[row] = a->type;
	batch_u64(b, EVENT_CONFIG)[row] = a->config;
	batch_u64(b, EVENT_PERIOD)[row] = a->freq ? 0 : a->sample_period;
	batch_u32(b, EVENT_FREQ)[row] = a->freq ? (uint32_t)a->sample_freq : 0;
	batch_u32(b, EVENT_FLAGS)[row] = event_flags(ev) | flags;
	b->rows++;
	return 0;
}
