/* SPDX-License-Identifier: MIT */
/*
 * Captures of virtual machines: every event of `perf script`, read by other means than the
 * importer's, is a row of the perf.data, and the text converts to the same rows. Skipped without
 * the folder of captures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <inttypes.h>

#include "capture_file.h"
#include "model/kvm_track.h"
#include "model/sched_track.h"
#include "perf_conversion.h"

/* Reasons that the captures have: numbers of the AMD64 manual, volume 2, appendix C. */
static uint32_t svm_reason(const char *name)
{
	static const struct {
		const char *name;
		uint32_t reason;
	} reasons[] = {
		{ "interrupt", 0x60 }, { "cpuid", 0x72 }, { "hlt", 0x78 },
		{ "io", 0x7b },	       { "npf", 0x400 },
	};

	for (unsigned int i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(reasons[i].name, name))
			return reasons[i].reason;
	fail_msg("the captures have no reason '%s'", name);
	return 0;
}

struct want {
	struct buf rows;
	uint64_t exits, entries, others, sched;
	uint64_t kind[KVM_KINDS];
};

static void want_kvm(struct want *w, unsigned int cpu, uint64_t time, unsigned int tid,
		     unsigned int kind, uint64_t what, unsigned int detail)
{
	w->others++;
	w->kind[kind]++;
	assert_int_equal(buf_addf(&w->rows,
				  "kvm %u %" PRIu64 " kind=%u tid=%u what=%" PRIu64 " detail=%u\n",
				  cpu, time, kind, tid, what, detail),
			 0);
}

static unsigned int is_write(const char *word)
{
	if (strcmp(word, "write") && strcmp(word, "read"))
		fail_msg("neither read nor write: %s", word);
	return !strcmp(word, "write");
}

static void want_line(char *line, void *ctx)
{
	struct want *w = ctx;
	unsigned int cpu, sec, nsec, tid, a, b;
	char *at = strchr(line, '[');
	char event[64], word[64];
	uint64_t n;

	while (at && sscanf(at, "[%u] %u.%9u: %63s", &cpu, &sec, &nsec, event) != 4)
		at = strchr(at + 1, '[');
	if (!at)
		fail_msg("perf script has no such line: %s", line);
	uint64_t time = sec * UINT64_C(1000000000) + nsec;
	const char *p = strstr(at, event) + strlen(event);

	while (at[-1] == ' ')
		at--;
	while (at[-1] != ' ')
		at--;
	assert_int_equal(sscanf(at, "%u", &tid), 1);
	if (!strncmp(event, "sched:", 6)) {
		w->sched++;
	} else if (!strcmp(event, "kvm:kvm_exit:")) {
		w->exits++;
		assert_int_equal(sscanf(p, " vcpu %u reason %63s rip", &a, word), 2);
		buf_addf(&w->rows, "kvm_exit %u %" PRIu64 " tid=%u isa=2 reason=%u\n", cpu, time,
			 tid, svm_reason(word));
	} else if (!strcmp(event, "kvm:kvm_entry:")) {
		w->entries++;
		buf_addf(&w->rows, "kvm_entry %u %" PRIu64 " tid=%u\n", cpu, time, tid);
	} else if (sscanf(p, " reason KVM_EXIT_%*s (%u)", &a) == 1) {
		want_kvm(w, cpu, time, tid, KVM_KIND_USERSPACE_EXIT, a, 0);
	} else if (sscanf(p, " mmio %63s len %u gpa %" SCNx64, word, &a, &n) == 3) {
		bool unsatisfied = !strcmp(word, "unsatisfied-read");

		want_kvm(w, cpu, time, tid, KVM_KIND_MMIO, n,
			 (unsatisfied ? 0 : 1 + is_write(word)) << 8 | a);
	} else if (sscanf(p, " pio_%63s at %" SCNx64 " size %u count %u", word, &n, &a, &b) == 4) {
		want_kvm(w, cpu, time, tid, KVM_KIND_PIO, n, b << 16 | is_write(word) << 8 | a);
	} else if (sscanf(p, " msr_%63s %" SCNx64, word, &n) == 2) {
		want_kvm(w, cpu, time, tid, KVM_KIND_MSR, n,
			 is_write(word) | (strstr(p, "(#GP)") ? 2 : 0));
	} else if (sscanf(p, " func %" SCNx64 " idx %x rax", &n, &a) == 2) {
		want_kvm(w, cpu, time, tid, KVM_KIND_CPUID, n, a);
	} else {
		fail_msg("the captures have no such event: %s", line);
	}
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of @b that begin with one of @tracks, sorted. */
static void sort_lines(struct buf *b, const char *const *tracks, struct buf *ret)
{
	size_t n = 0, cap = 0;
	char **line = NULL;

	buf_init(ret, 0);
	assert_int_equal(buf_add(b, "", 1), 0);
	for (char *p = (char *)b->data; *p;) {
		char *end = strchr(p, '\n');
		bool wanted = false;

		*end = '\0';
		for (unsigned int i = 0; tracks[i]; i++)
			wanted |= !strncmp(p, tracks[i], strlen(tracks[i]));
		if (wanted && n == cap) {
			cap = cap ? cap * 2 : 1024;
			line = realloc(line, cap * sizeof(*line));
			assert_non_null(line);
		}
		if (wanted)
			line[n++] = p;
		p = end + 1;
	}
	assert_true(n > 0);
	qsort(line, n, sizeof(*line), compare_lines);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_addf(ret, "%s\n", line[i]), 0);
	free(line);
}

static void same_lines(const struct buf *a, const struct buf *b)
{
	const char *p = (const char *)a->data, *q = (const char *)b->data;

	for (size_t i = 0; i < a->len && i < b->len; i++)
		if (p[i] != q[i])
			fail_msg("rows differ from byte %zu on: %.120s | %.120s", i,
				 p + (i > 60 ? i - 60 : 0), q + (i > 60 ? i - 60 : 0));
	assert_int_equal(a->len, b->len);
}

/* @errnos: exits to user space whose errno the text does not show. */
static void compare(const char *name, unsigned int errnos, struct want *w)
{
	static const char *const kvm[] = { "kvm", NULL };
	static const char *const events[] = { "kvm", "switch", "wakeup", "migrate", "stat", NULL };
	struct conversion data, text;
	char path[64];
	auto_buf data_bytes;
	auto_buf text_bytes;
	auto_buf got_kvm;
	auto_buf want_kvm_rows;
	auto_buf got_data;
	auto_buf got_text;

	*w = (struct want){ 0 };
	buf_init(&w->rows, 0);
	snprintf(path, sizeof(path), "%s.perf.data.zst", name);
	need(path, &data_bytes);
	snprintf(path, sizeof(path), "%s.script.txt.zst", name);
	need(path, &text_bytes);
	convert_as(&data, "perf-data", data_bytes.data, data_bytes.len, false);
	convert_as(&text, "perf-script", text_bytes.data, text_bytes.len, false);
	assert_int_equal(data.r, 0);
	assert_int_equal(text.r, 0);
	each_line(buf_str(&text_bytes), want_line, w);

	const struct conversion *both[] = { &data, &text };

	for (unsigned int i = 0; i < 2; i++) {
		const uint64_t *rows = both[i]->rows->rows;

		assert_true(both[i]->result.complete);
		assert_int_equal(both[i]->result.other, 0);
		assert_int_equal(both[i]->result.late, 0);
		assert_int_equal(rows[track_kvm_exit.id], w->exits);
		assert_int_equal(rows[track_kvm_entry.id], w->entries);
		assert_int_equal(rows[track_kvm.id], w->others);
		assert_int_equal(both[i]->result.events,
				 w->exits + w->entries + w->others + w->sched);
	}
	assert_int_equal(forget_errno(&data.rows->text), errnos);
	assert_int_equal(forget_errno(&text.rows->text), 0);
	assert_int_equal(forget_errno(&w->rows), 0);
	struct buf copy;

	buf_init(&copy, 0);
	assert_int_equal(buf_add(&copy, data.rows->text.data, data.rows->text.len), 0);
	sort_lines(&copy, kvm, &got_kvm);
	sort_lines(&w->rows, kvm, &want_kvm_rows);
	same_lines(&got_kvm, &want_kvm_rows);
	sort_lines(&data.rows->text, events, &got_data);
	sort_lines(&text.rows->text, events, &got_text);
	same_lines(&got_text, &got_data);
	buf_done(&copy);
	buf_done(&w->rows);
	done(&data);
	done(&text);
}

static void test_qemu(void **state)
{
	struct want w;

	(void)state;
	compare("kvm_qemu", 1, &w);
	assert_int_equal(w.exits, 0); /* a paravirtual host has none */
	assert_int_equal(w.kind[KVM_KIND_CPUID], 182);
	assert_int_equal(w.kind[KVM_KIND_MMIO], 21039);
	assert_int_equal(w.kind[KVM_KIND_MSR], 64);
	assert_int_equal(w.kind[KVM_KIND_PIO], 3272);
	assert_int_equal(w.kind[KVM_KIND_USERSPACE_EXIT], 3586);
	assert_int_equal(w.others, 182 + 21039 + 64 + 3272 + 3586);
}

static void test_synth(void **state)
{
	struct want w;

	(void)state;
	compare("kvm_exit_synth", 0, &w);
	assert_int_equal(w.exits, 16000);
	assert_int_equal(w.entries, 16000);
	assert_int_equal(w.kind[KVM_KIND_PIO], 8000);
	assert_int_equal(w.kind[KVM_KIND_CPUID], 8000);
	assert_int_equal(w.kind[KVM_KIND_USERSPACE_EXIT], 8001);
	assert_int_equal(w.others, 8000 + 8000 + 8001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_synth),
	};
	auto_buf capture;

	if (!load("kvm_qemu.perf.data.zst", &capture)) {
		printf("1..0 # SKIP no captures (KYMO_SHARED names their folder)\n");
		return 0;
	}
	return cmocka_run_group_tests_name("kvm_agreement", tests, NULL, NULL);
}
