/* SPDX-License-Identifier: MIT */
/* Names from a CSV file. */
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "names/csv_map.h"
#include "names/namer.h"

static int load(const struct namer_request *q, struct name_map *into, struct err *e)
{
	auto_buf b;

	buf_init(&b, CSV_MAP_MAX_BYTES);
	int r = file_read_at(AT_FDCWD, q->what, &b);

	if (r == -EFBIG)
		return err_set(e, r, "map '%s' is larger than %u MiB", q->what,
			       CSV_MAP_MAX_BYTES >> 20);
	if (r < 0)
		return err_set(e, r, "cannot read map '%s': %s", q->what, strerror(-r));
	return csv_map_parse(q->what, buf_str(&b), b.len, into, e);
}

const struct namer namer_csv = {
	.name = "csv",
	.summary = "a CSV file: tid, instance, type, uuid, group type, group, task",
	.load = load,
};
