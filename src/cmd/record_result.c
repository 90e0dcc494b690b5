/* SPDX-License-Identifier: MIT */
/* The closing line of kymo record: how much there is, what is missing, what it cost. */
#include "cmd/record_result.h"

#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/quantity.h"

/* CPU time of this process so far: what recording cost beside the programs in the kernel. */
static nsec_t own_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

static void tell_lost_metrics(const struct collection *metrics)
{
	struct collection_stats stats = { 0 };
	char lost[QUANTITY_MAX];

	if (metrics)
		collection_stats(metrics, &stats);
	if (stats.lost)
		log_warn("%s rows of processes are missing, there were too many at once; entered "
			 "as losses",
			 quantity_count(lost, stats.lost));
}

/* What shows a file of metrics best. */
static const char *view_of(const struct collection_stats *s)
{
	return s->series ? "metrics" : s->rows ? "processes" : "raw";
}

/* Where nothing but metrics and raw files was recorded. */
static void tell_metrics(const struct collection *metrics, const char *path,
			 const struct record_progress *p)
{
	char samples[QUANTITY_MAX], values[QUANTITY_MAX], series[QUANTITY_MAX], size[QUANTITY_MAX],
		cpu[QUANTITY_MAX];
	struct collection_stats stats;

	collection_stats(metrics, &stats);
	if (stats.missed)
		log_warn("%s samples came too late and were left out (try: a longer --interval)",
			 quantity_count(samples, stats.missed));
	(void)quantity_count(samples, stats.samples);
	(void)quantity_size(size, p->bytes);
	(void)quantity_duration(cpu, own_cpu());
	if (stats.series)
		log_info("wrote %s: %s samples, %s values of %s series, %s, %s of own CPU; next: "
			 "kymo show %s %s",
			 path, samples, quantity_count(values, stats.values),
			 quantity_count(series, stats.series), size, cpu, view_of(&stats), path);
	else if (stats.rows)
		log_info("wrote %s: %s samples, %s rows of processes, %s, %s of own CPU; next: "
			 "kymo show %s %s",
			 path, samples, quantity_count(values, stats.rows), size, cpu,
			 view_of(&stats), path);
	else
		log_info("wrote %s: %s samples of files, %s, %s of own CPU; next: kymo show %s %s",
			 path, samples, size, cpu, view_of(&stats), path);
}

/* Of a flight recorder's last file; it keeps less than there was. */
static void tell_kept(const struct collection *metrics, const char *path,
		      const struct record_progress *p)
{
	char seen[QUANTITY_MAX], size[QUANTITY_MAX];
	struct collection_stats stats = { 0 };

	(void)quantity_size(size, p->bytes);
	if (metrics)
		collection_stats(metrics, &stats);
	if (metrics && !p->events)
		log_info("wrote %s: %s (of %s samples); next: kymo show %s %s", path, size,
			 quantity_count(seen, stats.samples), view_of(&stats), path);
	else
		log_info("wrote %s: %s (of %s events seen); next: kymo report %s", path, size,
			 quantity_count(seen, p->events), path);
}

void record_result_tell(struct record_session *s, const struct capture *c,
			const struct collection *metrics)
{
	char events[QUANTITY_MAX], lost[QUANTITY_MAX], size[QUANTITY_MAX], cpu[QUANTITY_MAX];
	struct record_progress p;
	auto_free char *path = record_session_path(s);

	record_session_progress(s, &p);
	if (!path)
		return;
	struct capture_stats stats;

	capture_stats(c, &stats);
	log_debug("engine %s, rings at most %u %% full", capture_engine_name(c),
		  stats.max_fill_pct);
	if (p.lost)
		log_warn("%s events lost because the buffers were full, entered as losses "
			 "(try: --buffer 64M)",
			 quantity_count(lost, p.lost));
	tell_lost_metrics(metrics);
	if (p.written)
		tell_kept(metrics, path, &p);
	else if (metrics && !p.events)
		tell_metrics(metrics, path, &p);
	else
		log_info("wrote %s: %s events, %s lost, %s, %.2f bytes/event, %s of own CPU; next: "
			 "kymo report %s",
			 path, quantity_count(events, p.events), quantity_count(lost, p.lost),
			 quantity_size(size, p.bytes),
			 p.events ? (double)p.bytes / (double)p.events : 0.0,
			 quantity_duration(cpu, own_cpu()), path);
}
