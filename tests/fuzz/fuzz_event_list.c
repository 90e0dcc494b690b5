/* SPDX-License-Identifier: MIT */
/*
 * A list of events, and behind NULs the files of sysfs that it is read with: a format, an event,
 * its scale, its unit, the PMU's type and CPUs.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/machine_tree.h"
#include "capture/event_list.h"
#include "fuzz.h"

#define DEVICE "sys/bus/event_source/devices/cpu/"

static struct machine_tree tree;

static void end(void)
{
	machine_tree_remove(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const file[] = {
		DEVICE "format/event",	    DEVICE "events/alias", DEVICE "events/alias.scale",
		DEVICE "events/alias.unit", DEVICE "type",	   DEVICE "cpumask",
	};
	static const char *const usual[] = { "config:0-7", "event=1", "0.5", "ns", "4", "0" };
	auto_event_list l = { 0 };
	struct err e = { 0 };
	char *text = malloc(n + 1);

	if (!text)
		abort();
	memcpy(text, data, n);
	text[n] = 0;
	if (!tree.dir[0]) {
		machine_tree_make(&tree);
		atexit(end);
	}
	const char *at = text;

	for (size_t i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		const char *after = at + strlen(at);

		if (after < text + n) {
			machine_tree_put(&tree, file[i], after + 1);
			at = after + 1;
		} else {
			machine_tree_put(&tree, file[i], usual[i]);
		}
	}
	if (event_list_parse(&l, tree.fd, text, &e) < 0) {
		if (!e.text[0])
			abort();
	} else {
		if (!l.n)
			abort();
		for (unsigned int i = 0; i < l.n; i++)
			if (!l.item[i].name[0] || !(l.item[i].scale > 0) ||
			    l.item[i].group > l.n_groups)
				abort();
	}
	free(text);
	return 0;
}
