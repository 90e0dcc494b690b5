/* SPDX-License-Identifier: MIT */
/* Keys and forms as the older tool's JSON encoder writes them. */
#include "export/perfcollector_record.h"

#include "base/timestamp.h"
#include "format/json.h"

/* What a time that was never set looks like there. */
#define NO_TIME "0001-01-01T00:00:00Z"

int perfcollector_record_add(const struct perfcollector_record *r, struct buf *b)
{
	char time[TIMESTAMP_MAX], start[TIMESTAMP_MAX];
	struct json j;

	json_init(&j, b, 0);
	json_begin_object(&j);
	json_key(&j, "Site");
	json_u64(&j, r->site);
	json_key(&j, "Host");
	json_u64(&j, r->host);
	json_key(&j, "Run");
	json_u64(&j, r->run);
	json_key(&j, "Measurement");
	json_begin_object(&j);
	json_key(&j, "Timestamp");
	json_str(&j, timestamp_text(time, r->time));
	json_key(&j, "Start");
	json_str(&j, r->start ? timestamp_text(start, r->start) : NO_TIME);
	json_key(&j, "Duration");
	json_u64(&j, r->duration);
	json_key(&j, "Frequency");
	json_u64(&j, r->frequency);
	json_key(&j, "System");
	json_str(&j, r->path);
	json_key(&j, "Measurement");
	json_str(&j, r->text);
	json_end(&j);
	json_end(&j);
	return buf_add_byte(b, '\n');
}
