/* SPDX-License-Identifier: MIT */
/*
 * One thread does everything between rings and blocks, another writes them to the file, so that a
 * disk that stalls does not keep the rings from being emptied. Both run at SCHED_FIFO 1 when they
 * may: at normal priority they get hardly any CPU beside saturated ping-pong pairs, and events are
 * lost. The first works for some milliseconds and sleeps for some tens, by how full the rings were.
 */
#include "cmd/record_session.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/new_file.h"
#include "capture/flight.h"
#include "collect/collection.h"
#include "format/recording.h"

#define LONGEST_SLEEP  (100 * NSEC_PER_MSEC)
#define SHORTEST_SLEEP (1 * NSEC_PER_MSEC)
#define FLUSH_EVERY    NSEC_PER_SEC
#define FLUSH_METRICS  (10 * NSEC_PER_SEC) /* where there is nothing else: blocks of a minute */
#define BEHIND_BYTES   ((size_t)64 << 20) /* encoded blocks that wait for a stalled disk, at most */
#define BLOCK_AGE      (2 * NSEC_PER_SEC) /* what is older goes to the file in blocks not full */

struct record_session {
	struct record_options options;
	struct capture *capture;
	pthread_mutex_t lock; /* of path, note */
	char *path; /* of the file written last */
	struct buf note; /* what metrics have said, and nobody has taken */
	struct recording_writer *writer; /* NULL in flight mode */
	struct flight *flight;
	pthread_t thread;
	bool running;
	atomic_bool stop;
	int signal_fd;
	int ready_fd, done_fd; /* eventfds: capture is on, the thread has ended */
	nsec_t deadline, sleep, longest_sleep, flush_every, last_flush;
	enum record_end end;
	int begun, result; /* of the start, known when ready_fd is readable; of all */
	struct err error;
	/* Written by the thread, read by the one that shows progress. */
	_Atomic uint64_t events, lost, bytes;
	_Atomic unsigned int written;
	atomic_bool fifo;
};

void record_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGHUP);
	sigaddset(ret, SIGUSR1);
}

/* ---- files ---- */

static int finish(struct record_session *s, struct recording_writer *w, const nsec_t *from,
		  int exit_status, struct err *e)
{
	const struct record_options *o = &s->options;
	struct recording_stats stats;
	int r = capture_describe(s->capture, recording_writer_sink(w), from, e);

	if (r >= 0 && o->collection)
		r = collection_describe(o->collection, recording_writer_sink(w), e);
	if (r >= 0)
		r = recording_writer_meta(w, "kymo.command", o->command, e);
	for (unsigned int i = 0; r >= 0 && o->labels && i < o->labels->n; i++)
		r = recording_writer_meta(w, "label", o->labels->item[i], e);
	if (r >= 0 && o->workload)
		r = recording_writer_meta(w, "workload.command", o->workload, e);
	if (r >= 0 && exit_status >= 0) {
		char text[16];

		snprintf(text, sizeof(text), "%d", exit_status);
		r = recording_writer_meta(w, "workload.exit", text, e);
	}
	if (r >= 0)
		r = recording_writer_close(w, e);
	recording_writer_stats(w, &stats);
	s->bytes = stats.bytes;
	return r;
}

/* "x.kymo", "x-2.kymo", "x-3.kymo" ... */
static char *numbered_path(const char *path, unsigned int number)
{
	char *r = NULL;
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');

	if (number <= 1)
		return strdup(path);
	if (!dot || (slash && dot < slash))
		dot = path + strlen(path);
	return asprintf(&r, "%.*s-%u%s", (int)(dot - path), path, number, dot) < 0 ? NULL : r;
}

/* Bring what the flight recorder holds into a file of its own. */
static int write_flight(struct record_session *s, int exit_status, struct err *e)
{
	auto_ptr(recording_writer) w = NULL;
	auto_free char *path = numbered_path(s->options.path, s->written + 1);
	const nsec_t *from;

	if (!path)
		return -ENOMEM;
	int r = recording_create(path, NEW_FILE_KEEP_OLD, NULL, &w, e);

	if (r >= 0)
		r = flight_write(s->flight, w, &from, e);
	if (r >= 0)
		r = finish(s, w, from, exit_status, e);
	if (r >= 0) {
		pthread_mutex_lock(&s->lock);
		free(s->path);
		s->path = steal_ptr(path);
		pthread_mutex_unlock(&s->lock);
		s->written++;
	}
	return r;
}

/* ---- the thread ---- */

static int flush(struct record_session *s, nsec_t now, struct err *e)
{
	s->last_flush = now;
	if (!s->flight)
		return recording_writer_flush(s->writer, now - BLOCK_AGE, e);
	int r = 0;

	if (flight_wants_snapshot(s->flight, now)) {
		nsec_t at;

		/* Old names go before the new ones come. */
		r = flight_turn(s->flight, now, NSEC_MAX, e);
		if (r >= 0)
			r = capture_snapshot(s->capture, &at, e);
		if (r >= 0 && s->options.collection)
			r = collection_snapshot(s->options.collection, flight_sink(s->flight), e);
		if (r >= 0)
			flight_snapshot_taken(s->flight, at);
	}
	return r < 0 ? r : flight_turn(s->flight, now, now - BLOCK_AGE, e);
}

static void note_progress(struct record_session *s)
{
	struct capture_stats c;

	capture_stats(s->capture, &c);
	s->events = c.events;
	s->lost = c.lost;
	if (s->flight) {
		s->bytes = flight_bytes(s->flight);
	} else {
		struct recording_stats w;

		recording_writer_stats(s->writer, &w);
		s->bytes = w.bytes;
	}
}

static struct sink *sink_of(struct record_session *s)
{
	return s->flight ? flight_sink(s->flight) : recording_writer_sink(s->writer);
}

/* Metrics, and what they have to say: this thread waits for no terminal. */
static int sample(struct record_session *s,
		  int (*what)(struct collection *c, struct sink *sink, struct err *e),
		  struct err *e)
{
	int r = what(s->options.collection, capture_sink(s->capture), e);
	const char *note = collection_note(s->options.collection);

	if (r >= 0 && *note) {
		pthread_mutex_lock(&s->lock);
		if (s->note.len)
			buf_add_str(&s->note, "; ");
		r = buf_add_str(&s->note, note);
		pthread_mutex_unlock(&s->lock);
	}
	return r;
}

/* Metrics when it is time for them. */
static int collect(struct record_session *s, nsec_t now, nsec_t *ret_sleep, struct err *e)
{
	struct collection *c = s->options.collection;
	int r = now >= collection_due(c) ? sample(s, collection_turn, e) : 0;

	if (r < 0)
		return r;
	now = nsec_monotonic();
	*ret_sleep = min_of(*ret_sleep, collection_due(c) - min_of(now, collection_due(c)));
	return 0;
}

/* One turn. How long to sleep follows the fill: half as long above a quarter, longer below 5 %. */
static int work(struct record_session *s, nsec_t *ret_sleep, struct err *e)
{
	unsigned int fill = 0;
	int r = capture_drain(s->capture, &fill, e);
	nsec_t now = nsec_monotonic();

	if (r >= 0 && now - s->last_flush >= s->flush_every)
		r = flush(s, now, e);
	if (r < 0)
		return r;
	note_progress(s);
	if (fill > 25)
		s->sleep = max_of(s->sleep / 2, SHORTEST_SLEEP);
	else if (fill < 5)
		s->sleep = min_of(s->sleep + s->sleep / 4, s->longest_sleep);
	*ret_sleep = s->sleep;
	if (capture_due(s->capture))
		*ret_sleep = min_of(*ret_sleep,
				    capture_due(s->capture) - min_of(now, capture_due(s->capture)));
	if (s->options.collection)
		r = collect(s, now, ret_sleep, e);
	if (r < 0)
		return r;
	if (s->deadline) {
		if (now >= s->deadline)
			s->end = RECORD_TIME_UP;
		else
			*ret_sleep = min_of(*ret_sleep, s->deadline - now);
	}
	return 0;
}

static int take_signal(struct record_session *s, struct err *e)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo != SIGUSR1) {
		s->end = RECORD_SIGNAL;
		return 0;
	}
	if (!s->flight)
		return 0;
	int r = capture_drain(s->capture, NULL, e);

	return r < 0 ? r : write_flight(s, -1, e);
}

static int loop(struct record_session *s, struct err *e)
{
	struct pollfd fd[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->options.pid_fd, .events = POLLIN },
	};

	while (s->end == RECORD_GOES_ON && !s->stop) {
		nsec_t sleep = 0;
		int r = work(s, &sleep, e);

		if (r < 0)
			return r;
		if (s->end != RECORD_GOES_ON)
			break;
		const struct timespec t = { .tv_sec = (time_t)(sleep / NSEC_PER_SEC),
					    .tv_nsec = (long)(sleep % NSEC_PER_SEC) };

		if (ppoll(fd, ARRAY_SIZE(fd), &t, NULL) <= 0)
			continue;
		if (fd[0].revents)
			r = take_signal(s, e);
		if (r < 0)
			return r;
		if (fd[1].revents && s->end == RECORD_GOES_ON)
			s->end = RECORD_WORKLOAD_ENDED;
	}
	return 0;
}

static int begin(struct record_session *s, struct err *e)
{
	int r = capture_start(s->capture, sink_of(s), e);

	if (r >= 0 && s->options.collection)
		r = sample(s, collection_sample, e);
	if (r < 0)
		return r;
	nsec_t now = nsec_monotonic();

	if (s->flight)
		flight_snapshot_taken(s->flight, now);
	s->last_flush = now;
	s->deadline = s->options.duration ? now + s->options.duration : 0;
	return 0;
}

/* Real-time priority for the calling thread, if it may. */
static bool raise_priority(void)
{
	const struct sched_param one = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &one) == 0;
}

static void writer_begins(void)
{
	(void)raise_priority();
}

static void *run(void *arg)
{
	struct record_session *s = arg;

	s->fifo = raise_priority();
	s->begun = begin(s, &s->error);
	eventfd_write(s->ready_fd, 1);
	s->result = s->begun < 0 ? s->begun : loop(s, &s->error);

	/* Also after a failure: what was captured should be told apart from what was not. */
	struct err later = { 0 };
	int r = 0;

	/* What happened since the last tick. */
	if (s->result >= 0 && s->options.collection)
		s->result = sample(s, collection_sample, &s->error);
	r = capture_stop(s->capture, s->result < 0 ? &later : &s->error);
	if (s->result >= 0)
		s->result = r;
	note_progress(s);
	eventfd_write(s->done_fd, 1);
	return NULL;
}

/* ---- interface ---- */

int record_session_new(const struct record_options *o, struct capture *c,
		       struct record_session **ret, struct err *e)
{
	auto_ptr(record_session) s = calloc(1, sizeof(*s));
	sigset_t signals;
	bool rings = capture_fills_in(c) != NSEC_MAX;
	/* Well before the rings would be full; without any only to write what is there. */
	nsec_t every = rings || o->flight ? FLUSH_EVERY : FLUSH_METRICS;
	nsec_t longest = rings ? min_of(capture_fills_in(c) * 3 / 5, LONGEST_SLEEP) : every;

	if (!s)
		return -ENOMEM;
	buf_init(&s->note, 65536);
	s->options = *o;
	s->capture = c;
	s->signal_fd = s->ready_fd = s->done_fd = -1;
	s->flush_every = every;
	s->longest_sleep = max_of(longest, SHORTEST_SLEEP);
	s->sleep = s->longest_sleep / 2;
	pthread_mutex_init(&s->lock, NULL);
	s->path = strdup(o->path);
	record_signals(&signals);
	s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	s->ready_fd = eventfd(0, EFD_CLOEXEC);
	s->done_fd = eventfd(0, EFD_CLOEXEC);
	if (!s->path || s->signal_fd < 0 || s->ready_fd < 0 || s->done_fd < 0)
		return err_set(e, -ENOMEM, "no memory for a recording");

	int r = 0;

	if (o->flight) {
		s->flight = flight_new(o->flight, o->flight_bytes, capture_n_cpus(c));
		if (!s->flight)
			return err_set(e, -ENOMEM, "no memory for the flight recorder");
		/* Find out now, not when it is needed, that the place is not writable. */
		if (access(".", W_OK) < 0 && o->path[0] != '/')
			return err_set(e, -errno, "cannot write here: %s (try: -o FILE)",
				       strerror(errno));
	} else {
		r = recording_create(o->path, NEW_FILE_KEEP_OLD, NULL, &s->writer, e);
		if (r >= 0)
			r = recording_writer_behind(s->writer, BEHIND_BYTES, writer_begins, e);
	}
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

int record_session_run(struct record_session *s, struct err *e)
{
	int r = pthread_create(&s->thread, NULL, run, s);
	eventfd_t ready;

	if (r)
		return err_set(e, -r, "cannot start a thread: %s", strerror(r));
	s->running = true;
	while (eventfd_read(s->ready_fd, &ready) < 0 && errno == EINTR)
		;
	if (s->begun >= 0)
		return 0;
	/* Nothing was recorded. */
	pthread_join(s->thread, NULL);
	s->running = false;
	return err_set(e, s->begun, "%s", err_text(&s->error, s->begun));
}

int record_session_publish(struct record_session *s, struct err *e)
{
	return s->writer ? recording_writer_publish(s->writer, e) : 0;
}

enum record_end record_session_wait(struct record_session *s, nsec_t timeout)
{
	struct pollfd fd = { .fd = s->done_fd, .events = POLLIN };
	const struct timespec t = { .tv_sec = (time_t)(timeout / NSEC_PER_SEC),
				    .tv_nsec = (long)(timeout % NSEC_PER_SEC) };

	if (s->running && ppoll(&fd, 1, &t, NULL) <= 0)
		return RECORD_GOES_ON;
	if (s->running)
		pthread_join(s->thread, NULL);
	s->running = false;
	return s->end == RECORD_GOES_ON ? RECORD_SIGNAL : s->end;
}

int record_session_close(struct record_session *s, int exit_status, struct err *e)
{
	struct err later = { 0 };
	int r = s->flight ? write_flight(s, exit_status, &later)
			  : finish(s, s->writer, NULL, exit_status, &later);

	if (s->result < 0)
		return err_set(e, s->result, "%s", err_text(&s->error, s->result));
	if (r < 0)
		return err_set(e, r, "cannot finish '%s': %s", s->path, err_text(&later, r));
	return 0;
}

struct record_session *record_session_free(struct record_session *s)
{
	if (!s)
		return NULL;
	if (s->running) {
		s->stop = true;
		pthread_join(s->thread, NULL);
	}
	recording_writer_free(s->writer);
	flight_free(s->flight);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	if (s->ready_fd >= 0)
		close(s->ready_fd);
	if (s->done_fd >= 0)
		close(s->done_fd);
	free(s->path);
	buf_done(&s->note);
	free(s);
	return NULL;
}

void record_session_progress(struct record_session *s, struct record_progress *ret)
{
	struct capture_stats c;

	capture_stats(s->capture, &c);
	*ret = (struct record_progress){
		.events = s->events,
		.lost = s->lost,
		.bytes = s->bytes,
		.elapsed = nsec_monotonic() - c.start,
		.written = s->written,
		.fifo = s->fifo,
		.rings = capture_fills_in(s->capture) != NSEC_MAX,
	};
}

char *record_session_path(struct record_session *s)
{
	pthread_mutex_lock(&s->lock);
	char *path = strdup(s->path);

	pthread_mutex_unlock(&s->lock);
	return path;
}

char *record_session_note(struct record_session *s)
{
	pthread_mutex_lock(&s->lock);
	char *note = s->note.len ? buf_take(&s->note) : NULL;

	pthread_mutex_unlock(&s->lock);
	return note;
}
