// SPDX-License-Identifier: MIT
#include "cli/screen.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/io.h"

#define ENTER "\033[?1049h\033[?25l\033[2J"
#define CTRL_Z 0x1a
#define ESCAPE 0x1b
#define LEAVE "\033[?25h\033[?1049l"

/* State to restore on a crash; global, as a signal handler gets no argument. */
static struct termios before;
static volatile sig_atomic_t has_before;

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
static const int awaited[] = {
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};

static void screen_put(const char *text)
{
	/* nothing to restore if the terminal is gone */
	if (io_write_all(STDOUT_FILENO, text, strlen(text)) != 0)
		return;
}

static void screen_leave(void)
{
	screen_put(LEAVE);
	if (has_before)
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* SA_RESETHAND has removed the handler: raising the signal again ends the
 * process. */
static void screen_on_crash(int number)
{
	screen_leave();
	raise(number);
}

static void screen_set_crash_handlers(void (*handler)(int))
{
	struct sigaction action = {
	    .sa_handler = handler, .sa_flags = SA_RESETHAND | SA_NODEFER};

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		(void)sigaction(crashes[i], &action, NULL);
}

static void screen_awaited_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < sizeof(awaited) / sizeof(awaited[0]); i++)
		sigaddset(set, awaited[i]);
}

static void screen_enter(void)
{
	struct termios single;

	if (has_before) {
		single = before;
		single.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		single.c_cc[VMIN] = 1;
		single.c_cc[VTIME] = 0;
		/* Ctrl-Z is read as a key: the screen is restored before this
		 * process stops */
		single.c_cc[VSUSP] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &single);
	}
	screen_put(ENTER);
}

void screen_open(struct screen *screen, bool keys)
{
	sigset_t set;

	*screen = (struct screen){.signals = -1};
	has_before = keys && tcgetattr(STDIN_FILENO, &before) == 0;
	screen->reads_keys = has_before;
	screen_set_crash_handlers(screen_on_crash);
	if (keys) {
		screen_awaited_set(&set);
		sigprocmask(SIG_BLOCK, &set, NULL);
		screen->signals =
		    signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	}
	screen_enter();
}

void screen_close(struct screen *screen)
{
	sigset_t set;

	screen_leave();
	has_before = 0;
	screen_set_crash_handlers(SIG_DFL);
	if (screen->signals >= 0) {
		close(screen->signals);
		screen_awaited_set(&set);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	screen->signals = -1;
}

/* Restores the screen and stops this process, as Ctrl-Z would. */
static void screen_stop(void)
{
	screen_leave();
	raise(SIGSTOP);
	screen_enter();
}

static enum screen_event screen_read_signal(const struct screen *screen)
{
	struct signalfd_siginfo info;

	if (read(screen->signals, &info, sizeof(info)) != sizeof(info))
		return SCREEN_NOTHING;
	switch (info.ssi_signo) {
	case SIGTSTP:
		screen_stop();
		return SCREEN_CHANGED;
	case SIGCONT:
	case SIGWINCH:
		return SCREEN_CHANGED;
	default:
		return SCREEN_QUIT;
	}
}

/* The rest of an arrow key's sequence is no key. */
static enum screen_event screen_skip_sequence(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char rest[16];

	if (poll(&input, 1, 0) > 0 &&
	    read(STDIN_FILENO, rest, sizeof(rest)) <= 0)
		return SCREEN_QUIT;
	return SCREEN_NOTHING;
}

/* End of input: the terminal was closed. */
static enum screen_event screen_read_key(struct screen *screen)
{
	char key;
	ssize_t got = read(STDIN_FILENO, &key, 1);

	if (got > 0 && key == CTRL_Z) {
		screen_stop();
		return SCREEN_CHANGED;
	}
	if (got <= 0 || key == 'q' || key == 'Q')
		return SCREEN_QUIT;
	if (key == ESCAPE)
		return screen_skip_sequence();
	screen->key = key;
	return SCREEN_KEY;
}

enum screen_event screen_wait(struct screen *screen, int timeout_ms)
{
	struct pollfd sources[] = {{.fd = screen->signals, .events = POLLIN},
	    {.fd = screen->reads_keys ? STDIN_FILENO : -1, .events = POLLIN}};

	if (poll(sources, 2, timeout_ms) <= 0)
		return SCREEN_NOTHING;
	if (sources[0].revents)
		return screen_read_signal(screen);
	return screen_read_key(screen);
}

void screen_show(const char *frame, size_t len, size_t rows)
{
	const char *end = frame + len, *at = frame;

	screen_put("\033[H");
	while (rows-- > 0 && at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t part = (size_t)((stop ? stop : end) - at);

		if (io_write_all(STDOUT_FILENO, at, part) != 0)
			return;
		screen_put(rows > 0 && stop ? "\033[K\r\n" : "\033[K");
		at += part + 1;
	}
	screen_put("\033[J");
}
