/* SPDX-License-Identifier: MIT */
/* Raw mode, escape sequences, signals by signalfd. */
#include "cmd/terminal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

#define OTHER_SCREEN "\033[?1049h\033[?25l"
#define FIRST_SCREEN "\033[?25h\033[?1049l"
#define ESCAPE_WAIT  (30 * NSEC_PER_MSEC) /* bytes of a key come together */

struct terminal {
	struct termios before;
	sigset_t old_mask;
	int signal_fd;
	unsigned char in[64];
	size_t n_in;
	struct buf out;
};

bool terminal_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static void ending_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGHUP);
	sigaddset(ret, SIGWINCH);
}

int terminal_open(struct terminal **ret, struct err *e)
{
	auto_ptr(terminal) t = calloc(1, sizeof(*t));
	sigset_t signals;

	if (!t)
		return err_set(e, -ENOMEM, "no memory");
	t->signal_fd = -1;
	buf_init(&t->out, 16u << 20);
	if (tcgetattr(STDIN_FILENO, &t->before) < 0)
		return err_set(e, -errno, "no terminal (try: --once): %s", strerror(errno));
	ending_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, &t->old_mask);
	t->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	struct termios raw = t->before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	int r = t->signal_fd < 0 || tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0 ? -errno : 0;

	if (r >= 0)
		r = file_write_all(STDOUT_FILENO, OTHER_SCREEN, strlen(OTHER_SCREEN));
	if (r < 0)
		return err_set(e, r, "cannot use the terminal: %s", strerror(-r));
	*ret = steal_ptr(t);
	return 0;
}

struct terminal *terminal_free(struct terminal *t)
{
	if (!t)
		return NULL;
	if (t->signal_fd >= 0) {
		if (file_write_all(STDOUT_FILENO, FIRST_SCREEN, strlen(FIRST_SCREEN)) >= 0)
			(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &t->before);
		close(t->signal_fd);
		sigprocmask(SIG_SETMASK, &t->old_mask, NULL);
	}
	buf_done(&t->out);
	free(t);
	return NULL;
}

void terminal_size(const struct terminal *t, unsigned int *ret_width, unsigned int *ret_height)
{
	struct winsize w = { 0 };

	(void)t;
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	*ret_width = w.ws_col >= 20 ? w.ws_col : 80;
	*ret_height = w.ws_row >= 5 ? w.ws_row : 24;
}

/* ---- keys ---- */

static const struct {
	const char *bytes;
	enum key key;
} sequences[] = {
	{ "\033[D", KEY_LEFT },	      { "\033OD", KEY_LEFT }, { "\033[C", KEY_RIGHT },
	{ "\033OC", KEY_RIGHT },      { "\033[A", KEY_UP },   { "\033OA", KEY_UP },
	{ "\033[B", KEY_DOWN },	      { "\033OB", KEY_DOWN }, { "\033[5~", KEY_PAGE_UP },
	{ "\033[6~", KEY_PAGE_DOWN }, { "\033[H", KEY_HOME }, { "\033OH", KEY_HOME },
	{ "\033[1~", KEY_HOME },      { "\033[F", KEY_END },  { "\033OF", KEY_END },
	{ "\033[4~", KEY_END },
};

static void drop(struct terminal *t, size_t n)
{
	memmove(t->in, t->in + n, t->n_in - n);
	t->n_in -= n;
}

/* A key from what has come: KEY_NONE with *ret_more when it may be the begin of one. */
static int parse(struct terminal *t, bool *ret_more)
{
	*ret_more = false;
	if (!t->n_in)
		return KEY_NONE;
	for (unsigned int i = 0; i < ARRAY_SIZE(sequences); i++) {
		size_t n = strlen(sequences[i].bytes);

		if (t->n_in >= n && !memcmp(t->in, sequences[i].bytes, n)) {
			drop(t, n);
			return (int)sequences[i].key;
		}
		*ret_more |= t->n_in < n && !memcmp(t->in, sequences[i].bytes, t->n_in);
	}
	if (*ret_more)
		return KEY_NONE;
	int key = t->in[0];

	if (key == '\033') { /* of a key that we do not know: all that came with it */
		t->n_in = 0;
		return key;
	}
	drop(t, 1);
	return key;
}

static int take_signal(struct terminal *t)
{
	struct signalfd_siginfo s;

	if (read(t->signal_fd, &s, sizeof(s)) != sizeof(s))
		return KEY_NONE;
	return s.ssi_signo == SIGWINCH ? KEY_RESIZED : KEY_CLOSED;
}

int terminal_key(struct terminal *t, nsec_t until)
{
	for (;;) {
		struct pollfd fd[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				       { .fd = t->signal_fd, .events = POLLIN } };
		bool more;
		int key = parse(t, &more);

		if (key != KEY_NONE)
			return key;
		nsec_t now = nsec_monotonic();
		nsec_t end = more ? min_of(until, now + ESCAPE_WAIT) : until;
		nsec_t wait = end > now ? end - now : 0;
		const struct timespec s = { .tv_sec = (time_t)min_of(wait / NSEC_PER_SEC,
								     (nsec_t)1000000),
					    .tv_nsec = (long)(wait % NSEC_PER_SEC) };
		int n = ppoll(fd, ARRAY_SIZE(fd), &s, NULL);

		if (n == 0 && more) { /* Escape itself */
			key = t->in[0];
			drop(t, 1);
			return key;
		}
		if (n == 0)
			return KEY_NONE;
		if (fd[1].revents && (key = take_signal(t)) != KEY_NONE)
			return key;
		if (fd[0].revents) {
			ssize_t got = read(STDIN_FILENO, t->in + t->n_in, sizeof(t->in) - t->n_in);

			if (got <= 0 && !(got < 0 && errno == EINTR))
				return KEY_CLOSED;
			t->n_in += got > 0 ? (size_t)got : 0;
		}
	}
}

int terminal_draw(struct terminal *t, const struct buf *lines)
{
	const char *p = (const char *)lines->data, *end = p + lines->len;

	/* One write: a screen that comes in parts flickers. */
	buf_clear(&t->out);
	(void)buf_add_str(&t->out, "\033[H");
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		(void)buf_add(&t->out, p, n);
		(void)buf_add_str(&t->out, "\033[0m\033[K");
		p += n + 1;
		if (p < end)
			(void)buf_add_str(&t->out, "\r\n");
	}
	(void)buf_add_str(&t->out, "\033[J");
	return buf_error(&t->out) ? buf_error(&t->out)
				  : file_write_all(STDOUT_FILENO, t->out.data, t->out.len);
}
