/* SPDX-License-Identifier: MIT */
/* Keys and forms as the older tool's JSON encoder, Go's encoding/json, writes them. */
#include "format/perfcollector_record.h"

#include <string.h>

#include "base/timestamp.h"
#include "format/json.h"

/* What a time that was never set looks like there. */
#define NO_TIME "0001-01-01T00:00:00Z"

int perfcollector_record_add(const struct perfcollector_record *r, struct buf *b)
{
	char time[TIMESTAMP_MAX], start[TIMESTAMP_MAX];
	struct json j;

	json_init(&j, b, JSON_GO);
	json_begin_object(&j);
	json_key_u64(&j, "Site", r->site);
	json_key_u64(&j, "Host", r->host);
	json_key_u64(&j, "Run", r->run);
	json_key(&j, "Measurement");
	json_begin_object(&j);
	json_key_str(&j, "Timestamp", timestamp_text(time, r->time));
	json_key_str(&j, "Start", r->start ? timestamp_text(start, r->start) : NO_TIME);
	json_key_u64(&j, "Duration", r->duration);
	json_key_u64(&j, "Frequency", r->frequency);
	json_key_str(&j, "System", r->path);
	json_key(&j, "Measurement");
	json_str_n(&j, r->text, r->text_bytes);
	json_end(&j);
	json_end(&j);
	return buf_add_byte(b, '\n');
}

static bool number_of(const json_t *object, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(object, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(v);
	return true;
}

static bool time_of(const json_t *object, const char *key, nsec_t *ret)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && timestamp_parse(s, ret) == 0;
}

bool perfcollector_record_of(const json_t *object, struct perfcollector_record *ret)
{
	const json_t *m = json_object_get(object, "Measurement");
	const json_t *text = json_object_get(m, "Measurement");
	const char *stamp = json_string_value(json_object_get(m, "Timestamp"));
	struct perfcollector_record r = { .path = json_string_value(json_object_get(m, "System")),
					  .text = json_string_value(text) };

	if (!number_of(object, "Site", &r.site) || !number_of(object, "Host", &r.host) ||
	    !number_of(object, "Run", &r.run) || !time_of(m, "Timestamp", &r.time) || !r.path ||
	    !r.path[0] || !r.text)
		return false;
	r.text_bytes = json_string_length(text);
	r.plus_zero = strlen(stamp) > 6 && !strcmp(stamp + strlen(stamp) - 6, "+00:00");
	(void)number_of(m, "Frequency", &r.frequency);
	(void)number_of(m, "Duration", &r.duration);
	(void)time_of(m, "Start", &r.start);
	*ret = r;
	return true;
}
