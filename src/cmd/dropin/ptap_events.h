/* SPDX-License-Identifier: MIT */
/* Which events ptap's programs count and sample: those of a set of metrics, of a list, or all. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "capture/event_list.h"
#include "metric/metric_set.h"

/*
 * The events of @set by their names there, each on its own PMU, into @ret (zeroed before). What
 * this machine does not even have the terms for is added as missing.
 */
int ptap_events(const struct metric_set *set, int root_fd, struct event_list *ret,
		struct err *e) must_check;

/*
 * Texts for kymo record: of several events those that can be sampled here. The others are told with
 * the reason, each once.
 */
struct ptap_sampled {
	int root_fd; /* lent */
	struct buf text; /* events by commas */
	struct buf told; /* names, each between \n */
};
void ptap_sampled_init(struct ptap_sampled *s, int root_fd);
void ptap_sampled_done(struct ptap_sampled *s);
/* Forget the events, but not what was told. */
void ptap_sampled_clear(struct ptap_sampled *s);

/* Events as event_list_parse() reads them. -EINVAL with words. */
int ptap_sampled_add(struct ptap_sampled *s, const char *list, struct err *e) must_check;
int ptap_sampled_add_set(struct ptap_sampled *s, const struct metric_set *set,
			 struct err *e) must_check;
/* All hardware, software and cache events with names of their own. */
int ptap_sampled_add_all(struct ptap_sampled *s, struct err *e) must_check;
