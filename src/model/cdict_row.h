/* SPDX-License-Identifier: MIT */
/* A row of a cdict file (docs/formats/cdict.md): what happened to a task, and how long that had
 * lasted. Read from and written to files, and made of any run (analysis/cdict_rows.h). */
#pragma once

#include <stdint.h>

#define CDICT_NO_NEXT UINT32_MAX

enum cdict_event {
	CDICT_SWITCH, /* it was switched out; it had run for `duration` */
	CDICT_SLEEP, /* it was woken; it had slept */
	CDICT_IOWAIT, /* ... and had waited for a device */
	CDICT_RUNTIME, /* it has run; in files made before 21 October 2015 */
	CDICT_EXIT, /* it came back from the guest, after so long */
	CDICT_ENTRY, /* it went into the guest, after so long outside */
	CDICT_EVENTS,
};

struct cdict_row {
	enum cdict_event event;
	uint32_t cpu;
	uint32_t pid; /* thread id of the subject */
	uint32_t next_pid; /* CDICT_NO_NEXT: nil */
	uint32_t reason; /* EXIT */
	uint8_t isa; /* what it is a number of; not in files, which mean VMX */
	uint64_t usecs; /* since the first row of the file */
	uint64_t duration; /* us */
	const char *task_name;
	const char *next_comm; /* NULL: nil, or EXIT */
};
