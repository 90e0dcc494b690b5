/* SPDX-License-Identifier: MIT */
/* create-vm-csv.sh: the map lines of one QEMU process, as perfwhiz' helper of that name. */
#include "cmd/dropin/dropin.h"

static int create_vm_csv_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	struct line l = { 0 };

	(void)args;
	(void)n_before;
	if (n != 3) {
		(void)fputs("usage: create-vm-csv.sh QEMU-PID VM-TYPE VM-ID\n", stderr);
		return 1; /* as the older script said it */
	}
	line_add(&l, "name");
	line_option(&l, "--vm-csv", word[0]);
	line_option(&l, "--task", word[1]);
	line_option(&l, "--group", word[2]);
	return line_run(&l);
}

static const struct command_example examples[] = {
	{ "create-vm-csv.sh 4711 Firewall 2 >> tmap.csv",
	  "the threads of process 4711 as machine 2 of the kind Firewall" },
	{ NULL, NULL },
};

const struct command dropin_create_vm_csv = {
	.name = "create-vm-csv.sh",
	.summary = "print the map lines of a QEMU process, as perfwhiz' script did",
	.usage = "QEMU-PID VM-TYPE VM-ID",
	.description =
		"Prints one line of a name map for each thread of the process: thread id, kind of "
		"thread (vcpu0, emulator0 ...), VM-ID and VM-TYPE; kymo record --map and perfcap "
		"--map read it.",
	.examples = examples,
	.run = create_vm_csv_run,
	.dropin = true,
};
