/* SPDX-License-Identifier: MIT */
/* A queue of copied pieces and the thread that writes them in order. */
#include "format/write_behind.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct piece {
	struct piece *next;
	size_t n;
	uint8_t data[];
};

struct write_behind {
	int fd;
	uint64_t offset; /* the thread's */
	size_t max_bytes;
	void (*begin)(void);
	pthread_t thread;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t more, less; /* something was queued, or the end; something was written */
	struct piece *first, **last;
	size_t bytes; /* queued, or being written */
	int error;
	bool stop;
};

static struct piece *take_piece(struct write_behind *w)
{
	struct piece *p;

	pthread_mutex_lock(&w->lock);
	while (!w->first && !w->stop)
		pthread_cond_wait(&w->more, &w->lock);
	p = w->stop ? NULL : w->first;
	if (p) {
		w->first = p->next;
		if (!w->first)
			w->last = &w->first;
	}
	pthread_mutex_unlock(&w->lock);
	return p;
}

static void *run(void *arg)
{
	struct write_behind *w = arg;
	struct piece *p;
	bool failed = false;

	if (w->begin)
		w->begin();
	while ((p = take_piece(w))) {
		/* After a failure nothing more is written: a hole would be worse than an end. */
		int r = failed ? 0 : file_pwrite_all(w->fd, p->data, p->n, w->offset);

		failed |= r < 0;
		w->offset += p->n;
		pthread_mutex_lock(&w->lock);
		w->bytes -= p->n;
		if (r < 0)
			w->error = r;
		pthread_cond_broadcast(&w->less);
		pthread_mutex_unlock(&w->lock);
		free(p);
	}
	return NULL;
}

int write_behind_new(int fd, uint64_t offset, size_t max_bytes, void (*begin)(void),
		     struct write_behind **ret)
{
	struct write_behind *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->fd = fd;
	w->offset = offset;
	w->max_bytes = max_bytes;
	w->begin = begin;
	w->last = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->less, NULL);
	int r = pthread_create(&w->thread, NULL, run, w);

	if (r) {
		free(w);
		return -r;
	}
	*ret = w;
	return 0;
}

struct write_behind *write_behind_free(struct write_behind *w)
{
	if (w) {
		pthread_mutex_lock(&w->lock);
		w->stop = true;
		pthread_cond_broadcast(&w->more);
		pthread_mutex_unlock(&w->lock);
		pthread_join(w->thread, NULL);
		for (struct piece *p = w->first, *next; p; p = next) {
			next = p->next;
			free(p);
		}
		pthread_cond_destroy(&w->more);
		pthread_cond_destroy(&w->less);
		pthread_mutex_destroy(&w->lock);
		free(w);
	}
	return NULL;
}

int write_behind_append(struct write_behind *w, const void *data, size_t n)
{
	struct piece *p = malloc(sizeof(*p) + n);

	if (!p)
		return -ENOMEM;
	p->next = NULL;
	p->n = n;
	memcpy(p->data, data, n);
	pthread_mutex_lock(&w->lock);
	/* A piece larger than the limit goes when nothing else is there. */
	while (!w->error && w->bytes && w->bytes + n > w->max_bytes)
		pthread_cond_wait(&w->less, &w->lock);
	int r = w->error;

	if (!r) {
		*w->last = p;
		w->last = &p->next;
		w->bytes += n;
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	if (r)
		free(p);
	return r;
}

int write_behind_finish(struct write_behind *w)
{
	pthread_mutex_lock(&w->lock);
	while (w->bytes && !w->error)
		pthread_cond_wait(&w->less, &w->lock);
	int r = w->error;

	pthread_mutex_unlock(&w->lock);
	return r;
}
