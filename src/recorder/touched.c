// SPDX-License-Identifier: MIT
#include "recorder/touched.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/self.h"
#include "base/touched_feed.h"

#define TOUCHED_FILE "touched.so"

/* A sanitizer maps terabytes for its own use. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_MAX RLIM_INFINITY
#else
#define MEMORY_MAX ((rlim_t)256 << 20)
#endif

enum {
	READY_MS = 5000,
	END_MS = 5000,
	FEED_FD = 3,
	MESSAGES_MAX = 4096, /* handled in one tick */
	MANY = 16,           /* messages handled at once: more may be waiting */
	MORE_MS = 5,
	SIZE_BITS = 47 /* no memory is larger than the address space */
};

/* Pages of a process that has ended. */
struct touched_gone {
	struct sink_freed gone;
	int64_t found_ns, ended_ns; /* as in struct touched_left */
	uint32_t *ids;
};

struct touched {
	int feed; /* socket to the process that watches; -1: closed */
	pid_t root;
	struct sites *sites;
	uint32_t last; /* id of the last sample */
	uint64_t reported_period, reported_failed, reported_lost;
	struct touched_state state;
	size_t samples;
	int64_t newest_ns; /* time of the latest sample */
	bool died;
	/* Reported after the samples of the same tick. */
	ARRAY(struct touched_gone) gone;
	struct sink_frame frames[TOUCHED_DEPTH];
	uint32_t numbers[TOUCHED_DEPTH];
	union {
		char bytes[TOUCHED_MESSAGE + 1];
		struct touched_head head;
		struct touched_ready ready;
		struct touched_page page;
		struct touched_left left;
		struct touched_state state;
	} message;
};

struct touched_round {
	struct touched *touched;
	const struct sink_tick *tick;
	const struct sink *sink;
	bool is_last; /* no more messages come */
};

/* Runs in the process that watches: only the feed stays open. */
__attribute__((noreturn)) static void touched_run(
    const char *path, const int ends[2], pid_t pid, bool running)
{
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
	const struct rlimit no_core = {0, 0};
	struct rlimit files;
	const struct touched_module *module;
	void *handle;

	/* Before Linux 5.9: otherwise it stays open, and the feed never
	 * ends. */
	close(ends[0]);
	dup2(ends[1], FEED_FD);
#ifdef SYS_close_range
	syscall(SYS_close_range, FEED_FD + 1, ~0U, 0);
#endif
	io_silence_streams();
	setrlimit(RLIMIT_DATA, &memory);
	setrlimit(RLIMIT_CORE, &no_core);
	/* Each thread uses a descriptor for each processor. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	module = handle ? dlsym(handle, TOUCHED_MODULE_SYMBOL) : NULL;
	if (module && module->version == TOUCHED_MODULE_VERSION)
		module->run(&(struct touched_request){
		    .feed = FEED_FD, .pid = pid, .running = running});
	_exit(0);
}

/* The process that watches is an orphan from the start, so that it is not taken
 * for a child of the recorded program. It ignores the terminal's signals. */
static int touched_fork(
    const char *path, const int ends[2], pid_t pid, bool running)
{
	sigset_t all, before;
	pid_t child;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			touched_run(path, ends, pid, running);
		_exit(0);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return -1;
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* The length of the next message; 0: none is there; -1: the other side has
 * ended. */
static ssize_t touched_receive(struct touched *touched)
{
	ssize_t len = recv(touched->feed, touched->message.bytes,
	    TOUCHED_MESSAGE, MSG_DONTWAIT);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (len < (ssize_t)sizeof(touched->message.head))
		return -1;
	touched->message.bytes[len] = 0;
	return len;
}

static bool touched_wait(const struct touched *touched, int ms)
{
	struct pollfd pollfd = {.fd = touched->feed, .events = POLLIN};

	return poll(&pollfd, 1, ms) > 0;
}

static int touched_explain(int error, struct err *e)
{
	char level[16] = "";
	FILE *file;

	if (error == EACCES || error == EPERM) {
		file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
		if (file && !fgets(level, sizeof(level), file))
			level[0] = 0;
		if (file)
			fclose(file);
		return err_set(e,
		    "page faults can't be sampled here: perf_event_open is "
		    "refused (kernel.perf_event_paranoid is %.*s)",
		    (int)strcspn(level, "\n"), level);
	}
	errno = error;
	return err_errno(e, "page faults can't be sampled here");
}

/* -1 with e where page faults may not be sampled. */
static int touched_begin(struct touched *touched, struct err *e)
{
	ssize_t len =
	    touched_wait(touched, READY_MS) ? touched_receive(touched) : -1;

	if (len < (ssize_t)sizeof(touched->message.ready) ||
	    touched->message.head.kind != TOUCHED_READY)
		return err_set(e, "page faults can't be sampled here: the "
				  "process that unwinds stacks ended");
	if (touched->message.ready.error)
		return touched_explain(touched->message.ready.error, e);
	return 0;
}

struct touched *touched_create(pid_t pid, struct sites *sites, struct err *e)
{
	char *path = self_companion(TOUCHED_FILE, e);
	struct touched *touched = NULL;
	int ends[2] = {-1, -1};

	if (!path)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0 ||
	    touched_fork(path, ends, pid > 0 ? pid : getpid(), pid > 0) != 0) {
		err_errno(e, "page faults can't be sampled");
		close(ends[0]);
	} else {
		touched = mem_zero(1, sizeof(*touched));
		touched->feed = ends[0];
		touched->sites = sites;
	}
	close(ends[1]);
	free(path);
	if (touched && touched_begin(touched, e) != 0) {
		touched_destroy(touched);
		return NULL;
	}
	return touched;
}

void touched_destroy(struct touched *touched)
{
	if (!touched)
		return;
	if (touched->feed >= 0)
		close(touched->feed);
	for (size_t i = 0; i < touched->gone.len; i++)
		free(touched->gone.items[i].ids);
	array_free(&touched->gone);
	free(touched);
}

static pid_t touched_pid(const struct touched *touched, int32_t pid)
{
	return pid == touched->root ? 0 : pid;
}

/* The text after this one; NULL where there is none. */
static const char *touched_next_text(const char *text, const char *end)
{
	const char *next = text + strnlen(text, (size_t)(end - text)) + 1;

	return next < end ? next : NULL;
}

/* Three texts for each frame. Returns the number of complete frames. */
static size_t touched_read_frames(
    struct touched *touched, const char *text, const char *end, size_t count)
{
	size_t i = 0;

	while (text && i < count && i < TOUCHED_DEPTH) {
		const char *line = touched_next_text(text, end);
		const char *function =
		    line ? touched_next_text(line, end) : NULL;

		if (!function)
			break;
		touched->frames[i++] = (struct sink_frame){
		    .file = text, .line = atoi(line), .function = function};
		text = touched_next_text(function, end);
	}
	return i;
}

static void touched_report_page(const struct touched_round *round, size_t len)
{
	struct touched *touched = round->touched;
	const char *end = touched->message.bytes + len;
	const struct touched_page *page = &touched->message.page;
	struct sink_allocation taken = {.id = page->id,
	    .size = page->bytes,
	    .kib = (int64_t)(page->bytes >> 10),
	    .pid = touched_pid(touched, page->pid),
	    .time_ns = page->time_ns};
	size_t bytes;

	if (page->id <= touched->last || page->bytes >> SIZE_BITS != 0)
		return;
	touched->last = page->id;
	taken.count = touched_read_frames(
	    touched, (const char *)(page + 1), end, page->head.count);
	taken.site = sites_number(touched->sites, touched->frames, taken.count,
	    touched->numbers, &bytes);
	if (bytes > 0) {
		taken.frames = touched->frames;
		taken.numbers = touched->numbers;
	}
	if (taken.time_ns > round->tick->time_ns || taken.time_ns < 0)
		taken.time_ns = round->tick->time_ns;
	touched->samples++;
	if (touched->newest_ns < taken.time_ns)
		touched->newest_ns = taken.time_ns;
	round->sink->touched(round->sink->context, &taken);
}

static void touched_keep_gone(struct touched *touched,
    const struct sink_freed *gone, const struct touched_left *left)
{
	struct touched_gone one = {.gone = *gone,
	    .found_ns = left->found_ns,
	    .ended_ns = left->ended_ns,
	    .ids = mem_zero(gone->count, sizeof(*one.ids))};

	memcpy(one.ids, gone->ids, gone->count * sizeof(*one.ids));
	one.gone.ids = one.ids;
	*array_push(&touched->gone) = one;
}

static void touched_report_left(const struct touched_round *round, size_t len)
{
	struct touched *touched = round->touched;
	const struct touched_left *left = &touched->message.left;
	struct sink_freed gone = {.time_ns = round->tick->time_ns,
	    .pid = touched_pid(touched, left->pid),
	    .ids = left->ids,
	    .count = left->head.count,
	    .ended = left->ended != 0};

	if (gone.count == 0 || gone.count > TOUCHED_MESSAGE ||
	    len < sizeof(*left) + gone.count * sizeof(gone.ids[0]))
		return;
	for (size_t i = 1; i < gone.count; i++)
		if (gone.ids[i] <= gone.ids[i - 1])
			return;
	if (gone.ended || left->found_ns > gone.time_ns)
		touched_keep_gone(touched, &gone, left);
	else
		round->sink->left(round->sink->context, &gone);
}

/* Reports the pages of processes that have ended. Their time is that of the end
 * if something else was touched after it; otherwise the tick's. Pages that were
 * found to be gone after the tick began were there at the tick. */
static void touched_report_gone(const struct touched_round *round)
{
	struct touched *touched = round->touched;
	int64_t now_ns = round->tick->time_ns;
	size_t kept = 0;

	for (size_t i = 0; i < touched->gone.len; i++) {
		struct touched_gone *one = &touched->gone.items[i];

		if (one->found_ns > now_ns && !round->is_last) {
			touched->gone.items[kept++] = *one;
			continue;
		}
		one->gone.time_ns = now_ns;
		if (one->ended_ns > 0 && one->ended_ns < touched->newest_ns &&
		    one->ended_ns < now_ns) {
			one->gone.time_ns = one->ended_ns;
			one->gone.read_ns = now_ns;
		}
		round->sink->left(round->sink->context, &one->gone);
		free(one->ids);
	}
	touched->gone.len = kept;
}

static void touched_report(const struct touched_round *round, size_t len)
{
	struct touched *touched = round->touched;

	switch (touched->message.head.kind) {
	case TOUCHED_PAGE:
		if (len >= sizeof(struct touched_page))
			touched_report_page(round, len);
		break;
	case TOUCHED_LEFT:
		if (len >= sizeof(struct touched_left))
			touched_report_left(round, len);
		break;
	case TOUCHED_STATE:
		if (len >= sizeof(struct touched_state))
			touched->state = touched->message.state;
		break;
	default:
		break;
	}
}

static void touched_report_state(const struct touched_round *round)
{
	struct touched *touched = round->touched;
	const struct touched_state *state = &touched->state;

	if (state->period == touched->reported_period &&
	    state->lost == touched->reported_lost &&
	    state->failed == touched->reported_failed)
		return;
	touched->reported_period = state->period;
	touched->reported_lost = state->lost;
	touched->reported_failed = state->failed;
	round->sink->faults(round->sink->context,
	    &(struct sink_faults){.time_ns = round->tick->time_ns,
		.kib = round->tick->total_kib,
		.period = state->period,
		.lost = state->lost,
		.failed = state->failed});
}

/* Handles the waiting messages. False where the other side has ended. Where
 * there were many, more may be waiting for room; single ones are left to the
 * next tick. */
static bool touched_read(const struct touched_round *round)
{
	ssize_t len = 0;
	int at_once = 0;

	for (int i = 0; i < MESSAGES_MAX; i++) {
		len = touched_receive(round->touched);
		if (len == 0 && at_once >= MANY &&
		    touched_wait(round->touched, MORE_MS)) {
			len = touched_receive(round->touched);
			at_once = 0;
		}
		if (len <= 0)
			break;
		at_once++;
		touched_report(round, (size_t)len);
	}
	return len >= 0;
}

static void touched_close(struct touched *touched)
{
	close(touched->feed);
	touched->feed = -1;
}

static void touched_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct touched *touched = context;
	struct touched_round round = {touched, tick, sink, false};

	for (size_t i = 0; i < tick->count && !touched->root; i++)
		if (tick->processes[i].is_root)
			touched->root = tick->processes[i].pid;
	if (touched->feed < 0 || !sink->touched)
		return;
	if (!touched_read(&round)) {
		touched->died = round.is_last = true;
		touched_close(touched);
	}
	touched_report_gone(&round);
	touched_report_state(&round);
}

/* Handles the remaining messages: the other side ends when it has sent all. */
static void touched_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct touched *touched = context;
	const struct touched_round round = {touched, tick, sink, true};
	int64_t until_ns = clock_mono_ns() + END_MS * (NS_PER_S / 1000);

	if (touched->feed < 0 || !sink->touched)
		return;
	shutdown(touched->feed, SHUT_WR);
	while (clock_mono_ns() < until_ns && touched_wait(touched, END_MS)) {
		if (!touched_read(&round))
			break;
	}
	touched_report_gone(&round);
	touched_report_state(&round);
	touched_close(touched);
}

struct sampler_hook touched_hook(struct touched *touched)
{
	return (struct sampler_hook){
	    .context = touched, .tick = touched_on_tick, .end = touched_on_end};
}

struct touched_count touched_count(const struct touched *touched)
{
	return (struct touched_count){.samples = touched->samples,
	    .lost = touched->state.lost,
	    .died = touched->died};
}
