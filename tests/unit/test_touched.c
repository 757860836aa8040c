// SPDX-License-Identifier: MIT
//
// The recorder reads messages as touched.so sends them: no process watches
// here, the test writes its end of the feed.
#undef _FORTIFY_SOURCE /* it would put a function of its own before our poll \
			*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/touched_feed.h"
#include "recorder/touched.h"
#include "scratch.h"

enum { NOBODY = 999999998, PROGRAM = 700, OTHER = 701 };

static struct test_state {
	int peer; /* the watching process's end */
	pid_t forked, pid;
	bool blocked; /* signals, as it forked */
	void (*on_wait)(void);
	int first_kind, error; /* of the first message; -1: none */
	bool forks;            /* a process watches, by our module */
	bool has_module;
	struct touched_module module;
	struct sink_faults found;
	struct sites sites;
	struct touched *touched;
	struct sampler_hook hook;
	struct strbuf told;
} the;

static void send_bytes(const void *bytes, size_t len)
{
	assert_int_equal(send(the.peer, bytes, len, 0), len);
}

/* In place of libc's: the program lies beside a module. */
ssize_t readlink(const char *path, char *to, size_t size)
{
	if (strcmp(path, "/proc/self/exe") != 0)
		return syscall(SYS_readlinkat, -100, path, to, size);
	return snprintf(to, size, "%s/mprof", scratch);
}

/* Time stands still, and who answers late on a slow machine is waited for. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){.tv_sec = 100};
	return 0;
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
	const struct timespec limit = {.tv_sec = ms < 1000 ? 0 : 600};

	if (the.on_wait)
		the.on_wait();
	the.on_wait = NULL;
	return (int)syscall(SYS_ppoll, fds, count, &limit, NULL, 0);
}

pid_t fork(void)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	the.blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
	if (the.forks)
		return (pid_t)syscall(
		    SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	errno = EAGAIN;
	return the.forked;
}

/* The process that asks for another one does not end by that. */
void _exit(int status)
{
	if (getpid() == the.pid)
		abort();
	for (;;)
		syscall(SYS_exit_group, status);
}

int socketpair(int domain, int type, int protocol, int ends[2])
{
	const struct touched_ready ready = {
	    .head = {.kind = (uint32_t)the.first_kind}, .error = the.error};
	int got = (int)syscall(SYS_socketpair, domain, type, protocol, ends);

	if (got == 0 && the.first_kind >= 0) {
		the.peer = dup(ends[1]);
		send_bytes(&ready, sizeof(ready));
	}
	return got;
}

/* The sanitizers ask dlsym() for libc's functions before they begin. */
#ifndef __SANITIZE_ADDRESS__
/* In place of libc's: the module is this program's. */
void *dlopen(const char *path, int flags)
{
	return strstr(path, "/build/touched.so") && flags ? &the.module : NULL;
}

void *dlsym(void *handle, const char *name)
{
	return the.has_module && handle == &the.module &&
		       strcmp(name, TOUCHED_MODULE_SYMBOL) == 0
		   ? &the.module
		   : NULL;
}
#endif

static int begin(void **state)
{
	(void)state;
	the =
	    (struct test_state){.peer = -1, .forked = NOBODY, .pid = getpid()};
	strbuf_add(&the.told, "");
	return 0;
}

static int end(void **state)
{
	(void)state;
	touched_destroy(the.touched);
	if (the.peer >= 0)
		close(the.peer);
	sites_finish(&the.sites);
	strbuf_finish(&the.told);
	return 0;
}

static void tell(const char *what, const struct sink_allocation *page)
{
	strbuf_add_format(&the.told, "%s%u site %u pid %d at %lld: %llu B %lld",
	    what, (unsigned)page->id, (unsigned)page->site, (int)page->pid,
	    (long long)page->time_ns, (unsigned long long)page->size,
	    (long long)page->kib);
	for (size_t i = 0; page->frames && i < page->count; i++)
		strbuf_add_format(&the.told, " #%u %s:%d:%s",
		    (unsigned)page->numbers[i], page->frames[i].file,
		    page->frames[i].line, page->frames[i].function);
	strbuf_add(&the.told, "\n");
}

static void take_page(void *context, const struct sink_allocation *page)
{
	(void)context;
	tell("+", page);
}

static void take_left(void *context, const struct sink_freed *left)
{
	(void)context;
	strbuf_add(&the.told, "-");
	for (size_t i = 0; i < left->count; i++)
		strbuf_add_format(&the.told, " %u", (unsigned)left->ids[i]);
	strbuf_add_format(&the.told, " pid %d at %lld%s", (int)left->pid,
	    (long long)left->time_ns, left->ended ? " ended" : "");
	if (left->read_ns)
		strbuf_add_format(
		    &the.told, " read %lld", (long long)left->read_ns);
	strbuf_add(&the.told, "\n");
}

static void take_faults(void *context, const struct sink_faults *faults)
{
	(void)context;
	strbuf_add_format(&the.told, "at %lld: %lld period %llu %llu %llu\n",
	    (long long)faults->time_ns, (long long)faults->kib,
	    (unsigned long long)faults->period,
	    (unsigned long long)faults->lost,
	    (unsigned long long)faults->failed);
}

static const struct sink sink = {
    .touched = take_page, .left = take_left, .faults = take_faults};

static void call(
    void (*hook)(void *, const struct sink_tick *, const struct sink *),
    const char *want)
{
	const struct sink_process processes[] = {
	    {.pid = PROGRAM, .is_root = true}, {.pid = OTHER}};
	const struct sink_tick tick = {.time_ns = 5000,
	    .total_kib = 44,
	    .sampled = true,
	    .processes = processes,
	    .count = 2};

	strbuf_cut(&the.told, 0);
	hook(the.hook.context, &tick, &sink);
	assert_string_equal(the.told.text, want);
}

static void expect(const char *want)
{
	call(the.hook.tick, want);
}

static void create(void)
{
	struct err e = {""};
	sigset_t before, mask;

	sigprocmask(SIG_BLOCK, NULL, &before);
	the.touched = touched_create(PROGRAM, &the.sites, &e);
	if (!the.touched)
		fail_msg("%s", e.text);
	/* The process that watches gets no signal as it begins. */
	assert_true(the.blocked);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(
	    sigismember(&mask, SIGTERM), sigismember(&before, SIGTERM));
	the.hook = touched_hook(the.touched);
}

static void expect_refused(const char *want)
{
	struct err e = {""};

	assert_null(touched_create(0, &the.sites, &e));
	if (!strstr(e.text, want))
		assert_string_equal(e.text, want);
	if (the.peer >= 0)
		close(the.peer);
	the.peer = -1;
}

/* A page with so many frames by its head, and these texts. */
static void send_page(struct touched_page page, const char *texts, size_t len)
{
	static char bytes[TOUCHED_MESSAGE];

	page.head.kind = TOUCHED_PAGE;
	memcpy(bytes, &page, sizeof(page));
	memcpy(bytes + sizeof(page), texts, len);
	send_bytes(bytes, sizeof(page) + len);
}

#define PAGE(texts, ...) \
	send_page((struct touched_page){__VA_ARGS__}, texts, sizeof(texts))

/* One page of a process that ended, as was found then. */
static void send_end(uint32_t id, int64_t found_ns, int64_t ended_ns)
{
	struct {
		struct touched_left left;
		uint32_t id;
	} message = {{{TOUCHED_LEFT, 1}, OTHER, 1, found_ns, ended_ns}, id};

	send_bytes(&message, sizeof(message.left) + sizeof(id));
}

/* As many ids as its head says, where sent is 0. */
static void send_left(
    uint32_t count, size_t sent, const uint32_t *ids, struct sink_freed of)
{
	const struct touched_left left = {
	    {TOUCHED_LEFT, count}, of.pid, of.ended, of.time_ns, 0};
	char bytes[256];

	sent = sent ? sent : count;
	memcpy(bytes, &left, sizeof(left));
	memcpy(bytes + sizeof(left), ids, sent * sizeof(ids[0]));
	send_bytes(bytes, sizeof(left) + sent * sizeof(ids[0]));
}

static void send_state(uint64_t period, uint64_t lost, uint64_t failed)
{
	const struct touched_state message = {
	    {TOUCHED_STATE, 0}, period, lost, failed};

	send_bytes(&message, sizeof(message));
}

static void where_it_may_not_the_cause_is_reported(void **state)
{
	char want[128], level[16] = "";
	FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "r");

	(void)state;
	if (file && fgets(level, sizeof(level), file))
		level[strcspn(level, "\n")] = 0;
	if (file)
		fclose(file);
	the.error = EACCES;
	snprintf(want, sizeof(want),
	    "page faults can't be sampled here: "
	    "perf_event_open is refused (kernel.perf_event_paranoid is "
	    "%s)",
	    level);
	expect_refused(want);
	the.error = EPERM;
	expect_refused("perf_event_open is refused");
	the.error = ENOSYS;
	snprintf(want, sizeof(want), "page faults can't be sampled here: %s",
	    strerror(ENOSYS));
	expect_refused(want);
	the.error = 0;
	the.first_kind = TOUCHED_STATE;
	expect_refused("the process that unwinds stacks ended");
	the.first_kind = -1;
	expect_refused("the process that unwinds stacks ended");
	the.forked = -1;
	snprintf(want, sizeof(want), "page faults can't be sampled: %s",
	    strerror(EAGAIN));
	expect_refused(want);
}

static void a_page_has_its_stack_once(void **state)
{
	(void)state;
	create();
	PAGE("a b.c\0"
	     "7\0"
	     "f\0"
	     "lib.so\0"
	     "0\0"
	     "+0x12",
	    .head.count = 2, .time_ns = 30, .bytes = 4096, .id = 1,
	    .pid = PROGRAM);
	expect("+1 site 1 pid 0 at 30: 4096 B 4 #1 a b.c:7:f "
	       "#2 lib.so:0:+0x12\n");
	PAGE("a b.c\0"
	     "7\0"
	     "f\0"
	     "lib.so\0"
	     "0\0"
	     "+0x12",
	    .head.count = 2, .time_ns = 5000, .bytes = 5119, .id = 3,
	    .pid = OTHER);
	PAGE("a b.c\0"
	     "7\0"
	     "f\0"
	     "lib.so\0"
	     "0\0"
	     "+0x12",
	    .head.count = 1, .time_ns = 5001, .bytes = 5120, .id = 4,
	    .pid = OTHER);
	PAGE("a b.c\0"
	     "7\0"
	     "f",
	    .head.count = 1, .time_ns = -1, .bytes = 4096, .id = 5,
	    .pid = PROGRAM);
	expect("+3 site 1 pid 701 at 5000: 5119 B 4\n"
	       "+4 site 2 pid 701 at 5000: 5120 B 5 #1 a b.c:7:f\n"
	       "+5 site 2 pid 0 at 5000: 4096 B 4\n");
	assert_int_equal(touched_count(the.touched).samples, 4);
	assert_false(touched_count(the.touched).died);
}

/* An id that comes again, or memory beyond the address space. */
static void a_page_that_can_not_be_is_left_out(void **state)
{
	(void)state;
	create();
	PAGE("", .bytes = 4096, .id = 0);
	PAGE("", .bytes = 4096, .id = 5);
	PAGE("", .bytes = 4096, .id = 5);
	PAGE("", .bytes = 4096, .id = 4);
	PAGE("", .bytes = 1ULL << 47, .id = 6);
	PAGE("", .bytes = (1ULL << 47) - 1, .id = 7);
	expect("+5 site 1 pid 0 at 0: 4096 B 4\n"
	       "+7 site 1 pid 0 at 0: 140737488355327 B 137438953471\n");
	assert_int_equal(touched_count(the.touched).samples, 2);
}

static void of_a_stack_that_is_cut_the_whole_frames_count(void **state)
{
	char many[70 * 6];
	size_t frames = 0;

	(void)state;
	create();
	PAGE("a\0"
	     "1\0"
	     "f\0"
	     "b\0"
	     "2",
	    .head.count = 2, .bytes = 4096, .id = 1, .pid = OTHER);
	PAGE("a\0"
	     "1\0"
	     "f\0"
	     "b",
	    .head.count = 2, .bytes = 4096, .id = 2, .pid = OTHER);
	expect("+1 site 1 pid 701 at 0: 4096 B 4 #1 a:1:f\n"
	       "+2 site 1 pid 701 at 0: 4096 B 4\n");
	for (size_t i = 0; i < sizeof(many); i += 6)
		memcpy(many + i,
		    "a\0"
		    "1\0"
		    "f",
		    6);
	send_page(
	    (struct touched_page){
		.head.count = 70, .bytes = 4096, .id = 3, .pid = OTHER},
	    many, sizeof(many));
	strbuf_cut(&the.told, 0);
	the.hook.tick(the.hook.context, &(struct sink_tick){0}, &sink);
	for (const char *at = the.told.text; (at = strstr(at, " #1 a:1:f"));
	     at++)
		frames++;
	assert_int_equal(frames, TOUCHED_DEPTH);
}

static void pages_that_left_are_reported_by_their_ids(void **state)
{
	static const uint32_t ids[] = {3, 4, 9, 12}, twice[] = {3, 4, 4},
			      down[] = {4, 3};

	(void)state;
	create();
	send_left(4, 0, ids, (struct sink_freed){.pid = PROGRAM});
	send_left(1, 0, ids + 2, (struct sink_freed){.pid = OTHER, .ended = 1});
	send_left(0, 0, ids, (struct sink_freed){0});
	send_left(4, 3, ids, (struct sink_freed){0});
	send_left(TOUCHED_MESSAGE + 1, 3, ids, (struct sink_freed){0});
	send_left(3, 0, twice, (struct sink_freed){0});
	send_left(2, 0, down, (struct sink_freed){0});
	expect("- 3 4 9 12 pid 0 at 5000\n- 9 pid 701 at 5000 ended\n");
}

static void pages_found_gone_after_the_tick_were_there_at_it(void **state)
{
	static const uint32_t ids[] = {3, 4, 9};

	(void)state;
	create();
	send_left(2, 0, ids, (struct sink_freed){.time_ns = 5000});
	send_left(1, 0, ids + 2, (struct sink_freed){.time_ns = 5001});
	expect("- 3 4 pid 0 at 5000\n");
	close(the.peer);
	the.peer = -1;
	call(the.hook.end, "- 9 pid 0 at 5000\n");
}

/* Its pages are gone from then on only if something was touched after that:
 * what it had at its end counts, in a tick, too, that it outlived. */
static void a_process_ends_before_the_next_is_sampled(void **state)
{
	(void)state;
	create();
	PAGE("a\0"
	     "1\0f",
	    .head.count = 1, .bytes = 1024, .id = 1, .pid = OTHER,
	    .time_ns = 3000);
	send_end(1, 4000, 3500);
	expect("+1 site 1 pid 701 at 3000: 1024 B 1 #1 a:1:f\n"
	       "- 1 pid 701 at 5000 ended\n");
	send_end(2, 4000, 3500);
	send_end(3, 4500, 4400);
	send_end(4, 5001, 3600);
	PAGE("a\0"
	     "1\0f",
	    .head.count = 1, .bytes = 1024, .id = 9, .pid = OTHER,
	    .time_ns = 4000);
	expect("+9 site 1 pid 701 at 4000: 1024 B 1\n"
	       "- 2 pid 701 at 3500 ended read 5000\n"
	       "- 3 pid 701 at 5000 ended\n");
	expect("");
	close(the.peer);
	the.peer = -1;
	call(the.hook.end, "- 4 pid 701 at 3600 ended read 5000\n");
}

static void the_state_is_reported_where_it_changed(void **state)
{
	(void)state;
	create();
	expect("");
	send_state(4096, 0, 0);
	expect("at 5000: 44 period 4096 0 0\n");
	send_state(4096, 0, 0);
	expect("");
	send_state(4096, 2, 0);
	expect("at 5000: 44 period 4096 2 0\n");
	send_state(4096, 2, 3);
	expect("at 5000: 44 period 4096 2 3\n");
	assert_int_equal(touched_count(the.touched).lost, 2);
}

/* A message that ends before its struct does, and one of a later version. */
static void what_is_no_message_is_left_out(void **state)
{
	const struct touched_head heads[] = {{TOUCHED_PAGE, 1},
	    {TOUCHED_LEFT, 1}, {TOUCHED_STATE, 1}, {TOUCHED_STATE + 1, 1}};

	(void)state;
	create();
	send_state(4096, 0, 0);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		send_bytes(&heads[i], sizeof(heads[i]));
	expect("at 5000: 44 period 4096 0 0\n");
	send_bytes("x", 1); /* not even a head: the other side is broken */
	expect("");
	assert_true(touched_count(the.touched).died);
}

static void many_messages_are_read_at_once(void **state)
{
	(void)state;
	create();
	for (uint32_t id = 1; id <= 40; id++)
		PAGE("", .bytes = 4096, .id = id);
	strbuf_cut(&the.told, 0);
	the.hook.tick(the.hook.context, &(struct sink_tick){0}, &sink);
	assert_int_equal(touched_count(the.touched).samples, 40);
}

static void send_three(void)
{
	for (uint32_t id = 101; id <= 103; id++)
		PAGE("", .bytes = 4096, .id = id);
}

/* Whoever sends sixteen at once may have more. */
static void more_is_waited_for_behind_many(void **state)
{
	const struct sink_tick tick = {0};

	(void)state;
	create();
	the.on_wait = send_three;
	for (uint32_t id = 1; id <= 15; id++)
		PAGE("", .bytes = 4096, .id = id);
	the.hook.tick(the.hook.context, &tick, &sink);
	assert_int_equal(touched_count(the.touched).samples, 15);
	for (uint32_t id = 16; id <= 31; id++)
		PAGE("", .bytes = 4096, .id = id);
	the.hook.tick(the.hook.context, &tick, &sink);
	assert_int_equal(touched_count(the.touched).samples, 34);
}

static void one_that_ends_early_has_died(void **state)
{
	int other;

	(void)state;
	create();
	send_state(4096, 0, 0);
	close(the.peer);
	the.peer = -1;
	expect("at 5000: 44 period 4096 0 0\n");
	assert_true(touched_count(the.touched).died);
	other = open("/", O_RDONLY | O_CLOEXEC); /* by the same number */
	expect("");
	call(the.hook.end, "");
	assert_true(fcntl(other, F_GETFD) >= 0);
	close(other);
}

/* There is no later tick that could report them. */
static void ends_are_reported_when_it_dies(void **state)
{
	(void)state;
	create();
	send_end(1, 5001, 4000);
	expect("");
	close(the.peer);
	the.peer = -1;
	expect("- 1 pid 701 at 5000 ended\n");
}

static void at_the_end_all_that_was_sent_is_read(void **state)
{
	(void)state;
	create();
	expect("");
	PAGE("", .time_ns = 4, .bytes = 4096, .id = 1, .pid = PROGRAM);
	send_state(4096, 1, 0);
	close(the.peer);
	the.peer = -1;
	call(the.hook.end, "+1 site 1 pid 0 at 4: 4096 B 4\n"
			   "at 5000: 44 period 4096 1 0\n");
	assert_false(touched_count(the.touched).died);
	call(the.hook.end, "");
}

/* It ends when it has sent what it still has, once this end is closed for
 * writing. */
static void the_end_is_waited_for(void **state)
{
	struct touched_page page = {
	    .head.kind = TOUCHED_PAGE, .bytes = 4096, .pid = PROGRAM, .id = 2};
	pid_t child;
	char byte;

	(void)state;
	create();
	expect("");
	PAGE("", .bytes = 4096, .id = 1, .pid = PROGRAM);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	assert_true(child >= 0);
	if (child == 0) {
		(void)recv(the.peer, &byte, 1, 0);
		_exit(send(the.peer, &page, sizeof(page), 0) < 0);
	}
	close(the.peer);
	the.peer = -1;
	call(the.hook.end, "+1 site 1 pid 0 at 0: 4096 B 4\n"
			   "+2 site 1 pid 0 at 0: 4096 B 4\n");
	waitpid(child, NULL, 0);
}

enum {
	FEED_IS_3 = 1,
	IS_RUNNING = 2,
	NOTHING_IS_OPEN = 4,
	INPUT_IS_NULL = 8,
	NO_CORE = 16,
	ALL_FILES = 32,
	IS_BOUND = 64,
	SIGNALS_WAIT = 128
};

static bool is_null(int fd)
{
	struct stat opened, null;

	return fstat(fd, &opened) == 0 && stat("/dev/null", &null) == 0 &&
	       opened.st_rdev == null.st_rdev;
}

/* How the process stands in which the module runs. */
static uint64_t look_around(const struct touched_request *request)
{
	struct rlimit core = {1, 1}, files = {0, 1}, memory = {0};
	uint64_t found = NOTHING_IS_OPEN;
	sigset_t mask;

	for (int fd = 4; fd < 100; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 && !is_null(fd))
			found = 0;
	}
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_DATA, &memory);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	return found | (request->feed == 3 ? FEED_IS_3 : 0) |
	       (request->running ? IS_RUNNING : 0) |
	       (is_null(0) && is_null(1) && is_null(2) ? INPUT_IS_NULL : 0) |
	       (core.rlim_max == 0 ? NO_CORE : 0) |
	       (files.rlim_cur == files.rlim_max ? ALL_FILES : 0) |
	       (memory.rlim_max == 256 << 20 ? IS_BOUND : 0) |
	       (sigismember(&mask, SIGINT) ? SIGNALS_WAIT : 0);
}

static void run_module(const struct touched_request *request)
{
	const struct touched_ready ready = {.head.kind = TOUCHED_READY};
	const struct touched_state found = {{TOUCHED_STATE, 0},
	    (uint64_t)request->pid, (uint64_t)getppid(), look_around(request)};

	send(request->feed, &ready, sizeof(ready), 0);
	send(request->feed, &found, sizeof(found), 0);
}

static void need_module(void)
{
#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
}

static void begin_module(void)
{
	the.forks = the.has_module = true;
	the.first_kind = -1;
	the.module = (struct touched_module){
	    .version = TOUCHED_MODULE_VERSION, .run = run_module};
}

static void take_found(void *context, const struct sink_faults *found)
{
	(void)context;
	the.found = *found;
}

/* What the module has found when it ran: all comes before its end. */
static uint64_t found_around(pid_t pid)
{
	const struct sink to = {
	    .touched = take_page, .left = take_left, .faults = take_found};
	const struct sink_tick tick = {.time_ns = 1};

	the.hook = touched_hook(the.touched);
	the.hook.end(the.hook.context, &tick, &to);
	assert_int_equal(the.found.period, pid);
	assert_int_not_equal(the.found.lost, getpid()); /* an orphan */
	return the.found.failed;
}

/* Of what this process has open, the feed alone; without a core. */
static void a_process_of_its_own_watches(void **state)
{
	const uint64_t common = FEED_IS_3 | NOTHING_IS_OPEN | INPUT_IS_NULL |
				NO_CORE | ALL_FILES | IS_BOUND | SIGNALS_WAIT;
	struct err e = {""};

	(void)state;
	need_module();
	begin_module();
	create();
	assert_int_equal(found_around(PROGRAM), common | IS_RUNNING);
	touched_destroy(the.touched);
	the.touched = touched_create(0, &the.sites, &e);
	assert_non_null(the.touched);
	assert_int_equal(found_around(getpid()), common);
	assert_true(waitpid(-1, NULL, 0) < 0); /* its parent has ended */
}

/* As after an update. */
static void another_module_does_not_run(void **state)
{
	(void)state;
	need_module();
	begin_module();
	the.module.version++;
	expect_refused("page faults can't be sampled here: the process that "
		       "unwinds stacks ended");
	the.module.version--;
	the.has_module = false;
	expect_refused("page faults can't be sampled here: the process that "
		       "unwinds stacks ended");
}

/* The module's file: it is named, not loaded. */
static int make_module(void **state)
{
	char path[160];

	if (scratch_make(state) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/build", scratch);
	if (mkdir(path, 0700) != 0)
		return -1;
	strcat(path, "/touched.so");
	scratch_put(path, "");
	return 0;
}

/* The last text ends with its message, whatever was there before. */
static void a_last_text_needs_no_end(void **state)
{
	(void)state;
	create();
	PAGE("xxxxxxxxxxxx\0"
	     "1111\0"
	     "ffffffffffff",
	    .head.count = 1, .bytes = 4096, .id = 1, .pid = OTHER);
	send_page(
	    (struct touched_page){
		.head.count = 1, .bytes = 4096, .id = 2, .pid = OTHER},
	    "a\0"
	    "2\0"
	    "g",
	    5);
	expect("+1 site 1 pid 701 at 0: 4096 B 4 #1 xxxxxxxxxxxx:1111:"
	       "ffffffffffff\n"
	       "+2 site 2 pid 701 at 0: 4096 B 4 #2 a:2:g\n");
}

/* The messages wait for a sink that takes them. */
static void without_a_sink_nothing_is_read(void **state)
{
	const struct sink none = {0};
	const struct sink_tick tick = {0};

	(void)state;
	create();
	PAGE("", .bytes = 4096, .id = 1, .pid = OTHER);
	the.hook.tick(the.hook.context, &tick, &none);
	the.hook.end(the.hook.context, &tick, &none);
	assert_int_equal(touched_count(the.touched).samples, 0);
	expect("+1 site 1 pid 701 at 0: 4096 B 4\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(where_it_may_not_the_cause_is_reported),
	    TEST(a_page_has_its_stack_once),
	    TEST(a_page_that_can_not_be_is_left_out),
	    TEST(of_a_stack_that_is_cut_the_whole_frames_count),
	    TEST(pages_that_left_are_reported_by_their_ids),
	    TEST(pages_found_gone_after_the_tick_were_there_at_it),
	    TEST(a_process_ends_before_the_next_is_sampled),
	    TEST(the_state_is_reported_where_it_changed),
	    TEST(what_is_no_message_is_left_out),
	    TEST(many_messages_are_read_at_once),
	    TEST(more_is_waited_for_behind_many),
	    TEST(one_that_ends_early_has_died),
	    TEST(ends_are_reported_when_it_dies),
	    TEST(at_the_end_all_that_was_sent_is_read),
	    TEST(the_end_is_waited_for),
	    TEST(a_last_text_needs_no_end),
	    TEST(without_a_sink_nothing_is_read),
	    TEST(a_process_of_its_own_watches),
	    TEST(another_module_does_not_run),
	};

	return cmocka_run_group_tests(tests, make_module, scratch_remove);
}
