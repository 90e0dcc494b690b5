/* SPDX-License-Identifier: MIT */
/* Interrupts by number and CPU: /proc/interrupts. */
#include "collect/collector.h"
#include "collect/cpu_table.h"

static const struct metric_spec metrics[] = {
	COUNTER("count", "interrupts handled; CPUs on which there was none have no series",
		.bits = 32),
};

/*
 * Who asked for an interrupt stands last, behind two blanks: "  IO-APIC   5-edge      ACPI:Ged",
 * " PCI-MSIX-0000:00:05.0   1-edge      virtio4-input", "     GICv3  27 Level     arch_timer".
 * Without anybody the line ends in what stands before, filled up with blanks, or in a number.
 */
static size_t owner(const char *rest, const char **ret)
{
	size_t len = strcspn(rest, "\n"), at = len;

	while (at > 1 && !(rest[at - 1] == ' ' && rest[at - 2] == ' '))
		at--;
	if (at < 2 || at == len || strspn(rest + at, "0123456789") == len - at)
		return 0;
	*ret = rest + at;
	return len - at;
}

/* "24 ACPI:Ged"; those of the architecture ("LOC") are words already. */
static size_t name_row(const char *word, size_t len, const char *rest, char name[CPU_TABLE_NAME])
{
	const char *who = NULL;
	size_t n = word[0] >= '0' && word[0] <= '9' ? owner(rest, &who) : 0;

	len = min_of(len, (size_t)CPU_TABLE_NAME - 2);
	memcpy(name, word, len);
	if (n) {
		n = min_of(n, CPU_TABLE_NAME - 1 - len);
		name[len++] = ' ';
		memcpy(name + len, who, n);
	}
	return len + n;
}

static void scan(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	cpu_table_scan(r, 0, text, name_row);
}

static const struct collector_file files[] = {
	{ .path = "proc/interrupts", .scan = scan, .long_lines = true }
};

const struct collector collector_interrupts = {
	.name = "interrupts",
	.help = "interrupts by number and CPU",
	.things = "CPUs by number and device: 24 ACPI:Ged, LOC",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
