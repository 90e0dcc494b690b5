/* SPDX-License-Identifier: MIT */
/*
 * Exports of metrics: csv, json, openmetrics, sadf-csv and sadf-json of a made-up run, word by
 * word, and the structure of OpenMetrics by its rules (the specification's sections on syntax and
 * types).
 */
#include "metric_scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "export/exporter.h"

#define S NSEC_PER_SEC
/* 2026-11-21 00:55:05 UTC */
#define EPOCH (UINT64_C(1795222505) * S)

static void build(struct metric_scenario *s)
{
	static const char *const times[] = { "cpu.user", "cpu.nice", "cpu.system", "cpu.idle" };
	static const uint64_t ticks[3][4] = { { 0, 0, 0, 0 },
					      { 10, 0, 10, 80 },
					      { 30, 0, 30, 140 } };
	uint32_t cpu[4];

	metric_scenario_init(s);
	metric_scenario_meta(s, "host.name", "vm;1");
	metric_scenario_meta(s, "kernel.release", "6.1 \"x\"\\");
	metric_scenario_meta(s, "collect.interval", "1000000000");
	metric_scenario_clock(s, 10 * S, EPOCH);
	for (unsigned int i = 0; i < 4; i++)
		cpu[i] = metric_scenario_series(s, COUNTER(times[i], 64, 0.01, "s"), "", 0);
	uint32_t n =
		metric_scenario_series(s, COUNTER("odd.n", 32, 1, ""), "a \"b\",c", SERIES_NO_CPU);
	uint32_t level =
		metric_scenario_series(s, GAUGE("odd.level_bytes", 2, "bytes"), "", SERIES_NO_CPU);

	for (unsigned int t = 0; t < 3; t++) {
		nsec_t at = (10 + t) * S + t * NSEC_PER_MSEC;

		for (unsigned int i = 0; i < 4; i++)
			metric_scenario_value(s, at, cpu[i], ticks[t][i]);
		metric_scenario_value(s, at, n, t == 2 ? 3 : UINT32_MAX);
		if (t)
			metric_scenario_value(s, at, level, (uint64_t)-7);
	}
}

static char *export_as(const char *name, struct metric_scenario *s, uint64_t *ret_rows)
{
	struct source *src = metric_scenario_source(s);
	const struct export_args args = { .from = src->info->start, .to = src->info->end };
	struct export_result result = { 0 };
	struct err e = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (exporter_by_name(name)->run(src, &args, out, &result, &e) < 0)
		fail_msg("%s", e.text);
	(void)fclose(out);
	if (ret_rows)
		*ret_rows = result.rows;
	export_result_done(&result);
	return text;
}

static void check(const char *name, uint64_t rows, const char *expected)
{
	struct metric_scenario s;
	uint64_t n;

	build(&s);
	char *text = export_as(name, &s, &n);

	assert_string_equal(text, expected);
	assert_int_equal(n, rows);
	free(text);
	metric_scenario_done(&s);
}

static void test_csv(void **state)
{
	(void)state;
	check("csv", 17,
	      "time,metric,instance,cpu,unit,raw,value,rate\n"
	      "2026-11-21T00:55:05Z,cpu.user,,0,s,0,0,\n"
	      "2026-11-21T00:55:05Z,cpu.nice,,0,s,0,0,\n"
	      "2026-11-21T00:55:05Z,cpu.system,,0,s,0,0,\n"
	      "2026-11-21T00:55:05Z,cpu.idle,,0,s,0,0,\n"
	      "2026-11-21T00:55:05Z,odd.n,\"a \"\"b\"\",c\",,,4294967295,4294967295,\n"
	      "2026-11-21T00:55:06.001Z,cpu.user,,0,s,10,0.1,0.09990009990009992\n"
	      "2026-11-21T00:55:06.001Z,cpu.nice,,0,s,0,0,0\n"
	      "2026-11-21T00:55:06.001Z,cpu.system,,0,s,10,0.1,0.09990009990009992\n"
	      "2026-11-21T00:55:06.001Z,cpu.idle,,0,s,80,0.8,0.7992007992007993\n"
	      "2026-11-21T00:55:06.001Z,odd.n,\"a \"\"b\"\",c\",,,4294967295,4294967295,0\n"
	      "2026-11-21T00:55:06.001Z,odd.level_bytes,,,bytes,-7,-14,\n"
	      "2026-11-21T00:55:07.002Z,cpu.user,,0,s,30,0.3,0.19980019980019983\n"
	      "2026-11-21T00:55:07.002Z,cpu.nice,,0,s,0,0,0\n"
	      "2026-11-21T00:55:07.002Z,cpu.system,,0,s,30,0.3,0.19980019980019983\n"
	      "2026-11-21T00:55:07.002Z,cpu.idle,,0,s,140,1.4,0.5994005994005994\n"
	      "2026-11-21T00:55:07.002Z,odd.n,\"a \"\"b\"\",c\",,,3,3,3.9960039960039966\n"
	      "2026-11-21T00:55:07.002Z,odd.level_bytes,,,bytes,-7,-14,\n");
}

static void test_json(void **state)
{
	struct metric_scenario s;

	(void)state;
	build(&s);
	char *text = export_as("json", &s, NULL);

	assert_non_null(strstr(text, "{\"time\":\"2026-11-21T00:55:05Z\",\"metric\":\"cpu.user\","
				     "\"cpu\":0,\"unit\":\"s\",\"raw\":0,\"value\":0}\n"));
	assert_non_null(strstr(text,
			       "\"metric\":\"odd.n\",\"instance\":\"a \\\"b\\\",c\",\"raw\":3,"
			       "\"value\":3,\"rate\":3.9960039960039966}\n"));
	assert_non_null(strstr(text, "\"metric\":\"odd.level_bytes\",\"unit\":\"bytes\",\"raw\":-7,"
				     "\"value\":-14}\n"));
	free(text);
	metric_scenario_done(&s);
}

static void test_openmetrics(void **state)
{
	(void)state;
	check("openmetrics", 17,
	      "# TYPE target info\n"
	      "# HELP target the recorded machine\n"
	      "target_info{host_name=\"vm;1\",kernel_release=\"6.1 \\\"x\\\"\\\\\"} 1\n"
	      "# TYPE kymo_cpu_user_seconds counter\n"
	      "# UNIT kymo_cpu_user_seconds seconds\n"
	      "# HELP kymo_cpu_user_seconds help\n"
	      "kymo_cpu_user_seconds_total{cpu=\"0\"} 0 1795222505.000000000\n"
	      "kymo_cpu_user_seconds_total{cpu=\"0\"} 0.1 1795222506.001000000\n"
	      "kymo_cpu_user_seconds_total{cpu=\"0\"} 0.3 1795222507.002000000\n"
	      "# TYPE kymo_cpu_nice_seconds counter\n"
	      "# UNIT kymo_cpu_nice_seconds seconds\n"
	      "# HELP kymo_cpu_nice_seconds help\n"
	      "kymo_cpu_nice_seconds_total{cpu=\"0\"} 0 1795222505.000000000\n"
	      "kymo_cpu_nice_seconds_total{cpu=\"0\"} 0 1795222506.001000000\n"
	      "kymo_cpu_nice_seconds_total{cpu=\"0\"} 0 1795222507.002000000\n"
	      "# TYPE kymo_cpu_system_seconds counter\n"
	      "# UNIT kymo_cpu_system_seconds seconds\n"
	      "# HELP kymo_cpu_system_seconds help\n"
	      "kymo_cpu_system_seconds_total{cpu=\"0\"} 0 1795222505.000000000\n"
	      "kymo_cpu_system_seconds_total{cpu=\"0\"} 0.1 1795222506.001000000\n"
	      "kymo_cpu_system_seconds_total{cpu=\"0\"} 0.3 1795222507.002000000\n"
	      "# TYPE kymo_cpu_idle_seconds counter\n"
	      "# UNIT kymo_cpu_idle_seconds seconds\n"
	      "# HELP kymo_cpu_idle_seconds help\n"
	      "kymo_cpu_idle_seconds_total{cpu=\"0\"} 0 1795222505.000000000\n"
	      "kymo_cpu_idle_seconds_total{cpu=\"0\"} 0.8 1795222506.001000000\n"
	      "kymo_cpu_idle_seconds_total{cpu=\"0\"} 1.4 1795222507.002000000\n"
	      "# TYPE kymo_odd_n counter\n"
	      "# HELP kymo_odd_n help\n"
	      "kymo_odd_n_total{name=\"a \\\"b\\\",c\"} 4294967295 1795222505.000000000\n"
	      "kymo_odd_n_total{name=\"a \\\"b\\\",c\"} 4294967295 1795222506.001000000\n"
	      "kymo_odd_n_total{name=\"a \\\"b\\\",c\"} 3 1795222507.002000000\n"
	      "# TYPE kymo_odd_level_bytes gauge\n"
	      "# UNIT kymo_odd_level_bytes bytes\n"
	      "# HELP kymo_odd_level_bytes help\n"
	      "kymo_odd_level_bytes -14 1795222506.001000000\n"
	      "kymo_odd_level_bytes -14 1795222507.002000000\n"
	      "# EOF\n");
}

static void test_sadf_csv(void **state)
{
	(void)state;
	/* The first sample is what the second is compared with; -1 is sysstat's word for all CPUs.
	 */
	check("sadf-csv", 4,
	      "# hostname;interval;timestamp;CPU;%usr;%nice;%sys;%iowait;%steal;%irq;%soft;%guest;"
	      "%gnice;%idle\n"
	      "vm_1;1;2026-11-21 00:55:06 UTC;-1;10.00;0.00;10.00;0.00;0.00;0.00;0.00;0.00;0.00;"
	      "80.00\n"
	      "vm_1;1;2026-11-21 00:55:06 UTC;0;10.00;0.00;10.00;0.00;0.00;0.00;0.00;0.00;0.00;"
	      "80.00\n"
	      "vm_1;1;2026-11-21 00:55:07 UTC;-1;20.00;0.00;20.00;0.00;0.00;0.00;0.00;0.00;0.00;"
	      "60.00\n"
	      "vm_1;1;2026-11-21 00:55:07 UTC;0;20.00;0.00;20.00;0.00;0.00;0.00;0.00;0.00;0.00;"
	      "60.00\n");
}

static void test_sadf_json(void **state)
{
	struct metric_scenario s;

	(void)state;
	build(&s);
	char *text = export_as("sadf-json", &s, NULL);

	assert_non_null(strstr(text, "\"nodename\": \"vm;1\""));
	assert_non_null(strstr(text, "\"timestamp\": {\"date\": \"2026-11-21\", \"time\": "
				     "\"00:55:06\", \"utc\": 1, \"interval\": 1}"));
	assert_non_null(strstr(text, "{\"cpu\": \"0\", \"usr\": 20, \"nice\": 0, \"sys\": 20, "));
	free(text);
	metric_scenario_done(&s);
}

static void test_without_metrics(void **state)
{
	static const char *const names[] = { "csv", "json", "openmetrics", "sadf-csv",
					     "sadf-json" };
	struct metric_scenario s;

	(void)state;
	metric_scenario_init(&s);
	struct source *src = metric_scenario_source(&s);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct export_args args = { 0 };
		struct export_result result = { 0 };
		struct err e = { 0 };
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);

		assert_int_equal(exporter_by_name(names[i])->run(src, &args, out, &result, &e),
				 -ENODATA);
		assert_non_null(strstr(e.text, "has no metrics (record with --metrics)"));
		(void)fclose(out);
		free(text);
		export_result_done(&result);
	}
	metric_scenario_done(&s);
}

/* ---- the structure of OpenMetrics ---- */

struct family_check {
	char name[256], type[16], unit[64];
	unsigned int heads; /* bits of TYPE, UNIT, HELP */
	bool sampled;
	char labels[512]; /* of the sample before */
	double time;
};

static bool is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(isalpha((unsigned char)s[i]) || s[i] == '_' || s[i] == ':' ||
		      (i && isdigit((unsigned char)s[i]))))
			return false;
	return n > 0;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && !strcmp(s + n - m, with);
}

/* "# TYPE name type": descriptors of a family come once each, and before its samples. */
static void check_descriptor(struct family_check *f, char *line, char seen[][256],
			     unsigned int *n_seen)
{
	char word[16], name[256], rest[512];

	assert_int_equal(sscanf(line, "# %15s %255s %511[^\n]", word, name, rest), 3);
	assert_true(is_name(name, strlen(name)));
	if (strcmp(name, f->name) != 0) {
		for (unsigned int i = 0; i < *n_seen; i++)
			assert_string_not_equal(seen[i], name);
		(void)snprintf(seen[(*n_seen)++], 256, "%s", name);
		memset(f, 0, sizeof(*f));
		(void)snprintf(f->name, sizeof(f->name), "%s", name);
	}
	unsigned int bit = !strcmp(word, "TYPE") ? 1 : !strcmp(word, "UNIT") ? 2 : 4;

	assert_true(bit != 4 || !strcmp(word, "HELP"));
	assert_false(f->heads & bit);
	assert_false(f->sampled);
	f->heads |= bit;
	if (bit == 1)
		(void)snprintf(f->type, sizeof(f->type), "%.15s", rest);
	if (bit == 2) {
		(void)snprintf(f->unit, sizeof(f->unit), "_%.60s", rest);
		assert_true(ends(name, f->unit));
	}
}

/* Behind a label set: escapes only of \ " n. */
static char *check_labels(char *p)
{
	assert_int_equal(*p, '{');
	do {
		size_t n = strcspn(++p, "=");

		assert_true(is_name(p, n) && !memchr(p, ':', n));
		p += n + 1;
		assert_int_equal(*p++, '"');
		for (; *p != '"'; p++) {
			assert_true(*p && *p != '\n');
			if (*p == '\\')
				assert_non_null(strchr("\\\"n", *++p));
		}
		p++;
	} while (*p == ',');
	assert_int_equal(*p, '}');
	return p + 1;
}

static void check_sample(struct family_check *f, char *line)
{
	size_t n = strcspn(line, "{ ");
	char *p = line + n, name[300], labels[512] = "", *end;

	(void)snprintf(name, sizeof(name), "%s%s", f->name,
		       !strcmp(f->type, "counter") ? "_total"
		       : !strcmp(f->type, "info")  ? "_info"
						   : "");
	assert_true(strlen(name) == n && !memcmp(name, line, n));
	if (*p == '{')
		p = check_labels(p);
	(void)snprintf(labels, sizeof(labels), "%.*s", (int)(p - line - (long)n), line + n);
	assert_int_equal(*p++, ' ');
	double value = strtod(p, &end);

	assert_true(end > p && (value >= 0 || !strcmp(f->type, "gauge")));
	p = end;
	double time = 0;

	if (*p == ' ') {
		time = strtod(p + 1, &end);
		assert_true(end > p + 1);
		p = end;
	}
	assert_int_equal(*p, '\0');
	/* Points of one metric stand together, in time. */
	if (f->sampled && !strcmp(labels, f->labels))
		assert_true(time > f->time);
	(void)snprintf(f->labels, sizeof(f->labels), "%s", labels);
	f->time = time;
	f->sampled = true;
}

static void check_structure(char *text)
{
	static char seen[256][256];
	struct family_check f = { 0 };
	unsigned int n_seen = 0;
	size_t n = strlen(text);

	assert_true(ends(text, "\n# EOF\n"));
	text[n - 6] = '\0';
	for (char *line = strtok_r(text, "\n", &text); line; line = strtok_r(NULL, "\n", &text))
		if (*line == '#')
			check_descriptor(&f, line, seen, &n_seen);
		else
			check_sample(&f, line);
}

/* Names that collide, units of all kinds, a counter that begins anew, things that go. */
static void test_structure(void **state)
{
	static const char *const names[] = { "a.b", "a_b", "a.b_bytes", "9.x", "a.ü", "p.part" };
	static const char *const units[] = { "", "", "bytes", "1/min", "°C", "%" };
	struct metric_scenario s;
	uint32_t n[ARRAY_SIZE(names)][2];

	(void)state;
	metric_scenario_init(&s);
	metric_scenario_clock(&s, 1 * S, EPOCH);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (uint32_t k = 0; k < 2; k++)
			n[i][k] =
				metric_scenario_series(&s,
						       i % 2 ? GAUGE(names[i], 0.5, units[i])
							     : COUNTER(names[i], 32, 0.5, units[i]),
						       k ? "x\ny" : "", k ? 7 : SERIES_NO_CPU);
	for (unsigned int t = 1; t < 5; t++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			for (uint32_t k = 0; k < 2; k++)
				if (t != 2 || i != 3)
					metric_scenario_value(&s, t * S, n[i][k],
							      t == 3 ? 1 : 10 * t);
	char *text = export_as("openmetrics", &s, NULL);

	assert_non_null(strstr(text, "# TYPE kymo_a_b_2 gauge"));
	assert_non_null(strstr(text, "# UNIT kymo_p_part_ratio ratio"));
	assert_non_null(strstr(text, "kymo_p_part_ratio 0.05 "));
	assert_non_null(strstr(text, "{name=\"x\\ny\",cpu=\"7\"} "));
	check_structure(text);
	free(text);
	metric_scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),	    cmocka_unit_test(test_json),
		cmocka_unit_test(test_openmetrics), cmocka_unit_test(test_sadf_csv),
		cmocka_unit_test(test_sadf_json),   cmocka_unit_test(test_without_metrics),
		cmocka_unit_test(test_structure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
