/* SPDX-License-Identifier: MIT */
/* The vm track. One row a thread; the last row of a tid counts. */
#include "model/vm_track.h"

const struct track track_vm = {
	.id = 9,
	.name = "vm",
	.help = "threads of virtual machines",
	.n_columns = 7,
	.column = {
		[VM_TIME] = TRACK_TIME_COLUMN,
		[VM_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
			     .flags = COLUMN_TASK, .unit = "id", .help = "thread id" },
		[VM_PID] = { .name = "pid", .type = COLUMN_U32, .codec = CODEC_DICT,
			     .unit = "id", .help = "process that runs the machine" },
		[VM_NAME] = { .name = "name", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
			      .unit = "", .help = "name of the machine (-name guest=)" },
		[VM_UUID] = { .name = "uuid", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
			      .unit = "", .help = "its UUID, empty when it has none" },
		[VM_INSTANCE] = { .name = "instance", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "its name in libvirt (cgroup), or empty" },
		[VM_TYPE] = { .name = "type", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
			      .unit = "", .help = "what the thread is: vcpu0, emulator, "
						  "iothread1, vhost ..." },
	},
};
