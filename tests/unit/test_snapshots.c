// SPDX-License-Identifier: MIT
//
// Requests for snapshots of a heap, and what comes of each. The process aside
// is this program again: it tells how it was called, and ends as the label
// says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "recorder/snapshots.h"
#include "scratch.h"

enum { FIRST = 1, PROGRAM = 700, OTHER = 701, UNSEEN = 702 };

static char mark_path[160];
static struct snapshots snapshots;
static char told[1024];
static size_t told_len;

/* Looks of the recorder that are interrupted, or find the process running. */
static int interrupted, too_early;

/* A clock of the test's own, which goes on by so much with each look; and the
 * looks until a process was killed. */
static bool has_clock;
static int64_t clock_now_ns, look_ns;
static int looks_made, looks_until_kill;

/* In place of libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!has_clock)
		return (int)syscall(SYS_clock_gettime, clock, now);
	now->tv_sec = clock_now_ns / NS_PER_S;
	now->tv_nsec = clock_now_ns % NS_PER_S;
	return 0;
}

int kill(pid_t pid, int number)
{
	if (looks_until_kill == 0)
		looks_until_kill = looks_made;
	return (int)syscall(SYS_kill, pid, number);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	bool looks = options == WNOHANG;

	if (looks) {
		looks_made++;
		clock_now_ns += look_ns;
	}

	errno = looks && interrupted > 0 ? EINTR : 0;
	if (looks && interrupted > 0)
		return interrupted--, -1;
	if (looks && too_early > 0)
		return too_early--, 0;
	return (pid_t)syscall(SYS_wait4, pid, status, options, NULL);
}

/* Calls that fail when a process aside is started. */
static bool no_pipe, no_fork, no_exec;
static const char *volatile executed; /* reachable for memcheck */

int pipe2(int ends[2], int flags)
{
	errno = EMFILE;
	return no_pipe ? -1 : (int)syscall(SYS_pipe2, ends, flags);
}

pid_t fork(void)
{
	errno = EAGAIN;
	return no_fork ? -1 : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

int execv(const char *program, char *const words[])
{
	errno = EACCES;
	executed = program;
	return no_exec ? -1 : (int)syscall(SYS_execve, program, words, environ);
}

static void take_records(void *context, const char *text, size_t len)
{
	(void)context;
	told_len = len;
	snprintf(told, sizeof(told), "%.*s", (int)len, text);
}

static const struct sink sink = {.records = take_records};

static int begin(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	snprintf(mark_path, sizeof(mark_path), "%s/7.mark", scratch);
	told[0] = 0;
	snapshots_init(&snapshots, mark_path, false);
	return 0;
}

static int end(void **state)
{
	snapshots_finish(&snapshots);
	assert_int_equal(snapshots.len, 0);
	return scratch_remove_empty(state);
}

static const char *take(const char *line)
{
	return snapshots_read_line(&snapshots, line, 1234);
}

static void expect_notice(const char *want)
{
	struct err e = {""};

	assert_true(snapshots_notice(&snapshots, &e));
	assert_string_equal(e.text, want);
}

static void no_more_notices(void)
{
	struct err e;

	assert_false(snapshots_notice(&snapshots, &e));
}

/* One step with the first of these processes: behind them the list ends. */
static void step(size_t count)
{
	const struct sink_process processes[] = {{.pid = FIRST},
	    {.pid = PROGRAM, .is_root = true}, {.pid = OTHER}, {.pid = UNSEEN}};
	const struct sink_tick tick = {.processes = processes, .count = count};

	snapshots_step(&snapshots, &tick, &sink);
}

/* Starts the first request, and waits for the end of its process. */
static void start(size_t count)
{
	step(count);
	assert_true(snapshots.busy);
	assert_false(snapshots_is_due(&snapshots));
	assert_int_equal(
	    waitpid(snapshots.aside.pid, &snapshots.aside.status, 0),
	    snapshots.aside.pid);
	snapshots.aside.ended = true;
	assert_true(snapshots_is_due(&snapshots));
}

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static bool is_there(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	return access(path, F_OK) == 0;
}

/* Removes the file, which must hold this. */
static void expect_file(const char *name, const char *want)
{
	char path[200], text[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	assert_string_equal(text, want);
	assert_int_equal(unlink(path), 0);
}

static void other_marks_ask_for_nothing(void **state)
{
	static const char *const lines[] = {
	    "", "load", "heap", "@hea", "@heaps", "@heap:x", " @heap"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_ptr_equal(take(lines[i]), lines[i]);
	assert_int_equal(snapshots.len, 0);
	assert_false(snapshots_is_due(&snapshots));
}

static void a_request_has_a_label_a_pid_and_an_answer(void **state)
{
	static const char longest[] = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6";
	static const struct {
		const char *line, *label, *answer;
		pid_t pid;
	} rows[] = {
	    {"@heap", "heap", "", 0},
	    {"@heap  after load", "after load", "", 0},
	    {"@heap;pid=17;answer=a1b2 x", "x", "a1b2", 17},
	    {"@heap;answer=a1b2;pid=17", "heap", "a1b2", 17},
	    {"@heap;more;pi=3;other=4;pid=5 x", "x", "", 5},
	    {"@heap;pid=5x;answer=../b x", "x", "", 5},
	    {"@heap;answer= x", "x", "", 0},
	    {"@heap;answer=/ x", "x", "", 0},
	    {"@heap;answer=a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6 x", "x", longest,
		0},
	    {"@heap;answer=a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q x", "x", "", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct snapshots_request *request = &snapshots.waiting[i];

		assert_string_equal(take(rows[i].line), rows[i].label);
		assert_int_equal(snapshots.len, i + 1);
		assert_string_equal(request->label, rows[i].label);
		assert_string_equal(request->answer, rows[i].answer);
		assert_int_equal(request->pid, rows[i].pid);
		assert_int_equal(request->asked_ns, 1234);
	}
	assert_true(snapshots_is_due(&snapshots));
	assert_int_equal(snapshots.left_out, 0);
}

static void too_many_are_left_out_with_their_cause(void **state)
{
	(void)state;
	for (int i = 0; i < SNAPSHOTS_WAITING + 7; i++)
		take("@heap a\x01"
		     "b");
	assert_int_equal(snapshots.len, SNAPSHOTS_WAITING);
	assert_int_equal(snapshots.left_out, 7);
	for (int i = 0; i < SNAPSHOTS_NOTICES; i++)
		expect_notice("@heap a\\x01"
			      "b: left out, 10 snapshots "
			      "are waiting already");
	no_more_notices();
}

static void a_recording_has_a_most(void **state)
{
	(void)state;
	snapshots.taken = SNAPSHOTS_MAX - 2;
	for (int i = 0; i < 3; i++)
		take("@heap");
	assert_int_equal(snapshots.len, 2);
	expect_notice("@heap heap: left out, a recording holds 1000 snapshots "
		      "at most");
	no_more_notices();
}

static void an_answer_needs_a_file_of_its_own(void **state)
{
	char path[200], other[200];

	(void)state;
	take("@heap;answer=a1 x");
	take("@heap;answer=a2 x");
	take("@heap;answer=a3 x");
	take("@heap;answer=a4 x");
	take("@heap");
	write_file("7.answer-a1", "");
	write_file("7.answer-a3", "");
	snprintf(path, sizeof(path), "%s/7.answer-a3", scratch);
	snprintf(other, sizeof(other), "%s/linked", scratch);
	assert_int_equal(link(path, other), 0);
	write_file("target", "");
	snprintf(path, sizeof(path), "%s/7.answer-a4", scratch);
	assert_int_equal(symlink("target", path), 0);
	step(1);
	assert_int_equal(snapshots.len, 0);
	assert_int_equal(snapshots.left_out, 5);
	assert_false(snapshots.busy);
	for (int i = 0; i < 5; i++)
		expect_notice(i < 4 ? "@heap x: the program has ended"
				    : "@heap heap: the program has ended");
	no_more_notices();
	expect_file("7.answer-a1", "the program has ended\n");
	assert_false(is_there("7.answer-a2"));
	expect_file("7.answer-a3", "");
	expect_file("linked", "");
	expect_file("target", "");
	assert_int_equal(unlink(path), 0);
}

static void what_it_wrote_goes_to_the_sink(void **state)
{
	int elsewhere = open("/", O_RDONLY | O_CLOEXEC), kept[2];

	(void)state;
	assert_false(snapshots_is_due(&snapshots));
	take("@heap;answer=a1 ok");
	assert_true(snapshots_is_due(&snapshots));
	take("@heap;pid=701 ok");
	take("@heap;pid=702 ok");
	take("@heap;pid=1 ok");
	write_file("7.answer-a1", "");
	write_file("7.heap", "an earlier one\n");
	/* Its streams are others than those of the test. */
	fflush(stdout);
	for (int fd = 0; fd < 2; fd++) {
		kept[fd] = dup(fd);
		assert_int_equal(dup2(elsewhere, fd), fd);
	}
	start(3);
	for (int fd = 0; fd < 2; fd++) {
		dup2(kept[fd], fd);
		close(kept[fd]);
	}
	close(elsewhere);
	step(3);
	assert_string_equal(told, "mprof snapshot 700 1 1234 ok worker - "
				  "/dev/null /dev/null 0\n");
	expect_file("7.answer-a1", "ok\n");
	assert_int_equal(snapshots.taken, 1);
	assert_true(snapshots.busy); /* at the next */
	assert_int_equal(snapshots.len, 3);
	snapshots.precise = true;
	waitpid(snapshots.aside.pid, &snapshots.aside.status, 0);
	snapshots.aside.ended = true;
	step(3);
	assert_string_equal(told, "mprof snapshot 701 2 1234 ok only - "
				  "/dev/null /dev/null 0\n");
	waitpid(snapshots.aside.pid, &snapshots.aside.status, 0);
	snapshots.aside.ended = true;
	step(3);
	assert_string_equal(told, "mprof snapshot 700 3 1234 ok worker precise "
				  "/dev/null /dev/null 0\n");
	waitpid(snapshots.aside.pid, &snapshots.aside.status, 0);
	snapshots.aside.ended = true;
	step(3);
	assert_string_equal(told, "mprof snapshot 1 4 1234 ok only precise "
				  "/dev/null /dev/null 0\n");
	assert_false(snapshots.busy);
	assert_int_equal(snapshots.len, 0);
	assert_int_equal(snapshots.taken, 4);
	assert_int_equal(snapshots.left_out, 0);
	assert_false(is_there("7.heap"));
	no_more_notices();
}

static void one_that_fails_says_why(void **state)
{
	static const struct {
		const char *label, *cause;
	} rows[] = {
	    {"cause", "no heap here"},
	    {"plain", "mprof is not here"},
	    {"status", "it could not be taken (status 3)"},
	    {"none", "it could not be taken (status 0)"},
	    {"cut", "it could not be taken (status 0)"},
	    {"empty", "it could not be taken (status 0)"},
	    {"killed", "the process that takes it was killed by signal 9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64], want[128];

		snprintf(
		    line, sizeof(line), "@heap;answer=a %s", rows[i].label);
		take(line);
		write_file("7.answer-a", "");
		start(3);
		step(3);
		assert_false(snapshots.busy);
		assert_int_equal(snapshots.left_out, i + 1);
		snprintf(want, sizeof(want), "%s\n", rows[i].cause);
		expect_file("7.answer-a", want);
		assert_false(is_there("7.heap"));
		snprintf(want, sizeof(want), "@heap %s: %s", rows[i].label,
		    rows[i].cause);
		if (i < SNAPSHOTS_NOTICES)
			expect_notice(want);
	}
	assert_string_equal(told, "");
	assert_int_equal(snapshots.taken, 0);
	no_more_notices();
}

/* Each says so, and nothing runs then. */
static void a_process_aside_may_not_be_had(void **state)
{
	bool *const missing[] = {&no_pipe, &no_fork};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		take("@heap;answer=a x");
		write_file("7.answer-a", "");
		*missing[i] = true;
		step(3);
		*missing[i] = false;
		assert_false(snapshots.busy);
		assert_int_equal(snapshots.len, 0);
		expect_file("7.answer-a",
		    i == 0 ? "no process can be started for it: Too many open "
			     "files\n"
			   : "no process can be started for it: Resource "
			     "temporarily unavailable\n");
		snapshots_notice(&snapshots, &(struct err){""});
	}
	take("@heap x");
	no_exec = true;
	start(3);
	no_exec = false;
	step(3);
	expect_notice("@heap x: it could not be taken (status 127)");
}

/* The program may be the first of all, and of a cause the first 399 bytes are
 * kept. */
static void a_long_cause_is_cut(void **state)
{
	const struct sink_process program = {.pid = PROGRAM, .is_root = true};
	const struct sink_tick tick = {.processes = &program, .count = 1};
	char want[401];

	(void)state;
	memset(want, 'x', 399);
	strcpy(want + 399, "\n");
	take("@heap;answer=a long");
	write_file("7.answer-a", "");
	snapshots_step(&snapshots, &tick, &sink);
	assert_true(snapshots.busy);
	waitpid(snapshots.aside.pid, &snapshots.aside.status, 0);
	snapshots.aside.ended = true;
	snapshots_step(&snapshots, &tick, &sink);
	expect_file("7.answer-a", want);
}

/* Sixteen MiB of them, at most. */
static void records_are_bounded(void **state)
{
	(void)state;
	take("@heap 16777216");
	start(3);
	step(3);
	assert_int_equal(told_len, 16 << 20);
	assert_int_equal(snapshots.taken, 1);
	take("@heap 1");
	start(3);
	step(3);
	assert_int_equal(told_len, 1);
	assert_int_equal(snapshots.taken, 2);
	take("@heap 16777217");
	start(3);
	step(3);
	assert_int_equal(snapshots.taken, 2);
	expect_notice("@heap 16777217: it could not be taken (status 0)");
}

static void one_that_takes_too_long_is_killed(void **state)
{
	(void)state;
	take("@heap waits");
	step(3);
	has_clock = true;
	clock_now_ns = snapshots.began_ns + 120 * NS_PER_S;
	assert_false(snapshots_is_due(&snapshots));
	step(3); /* it has time */
	clock_now_ns++;
	assert_true(snapshots_is_due(&snapshots));
	step(3);
	has_clock = false;
	assert_int_equal(
	    waitpid(snapshots.aside.pid, &snapshots.aside.status, 0),
	    snapshots.aside.pid);
	assert_true(WIFSIGNALED(snapshots.aside.status));
	snapshots.aside.ended = true;
	step(3);
	expect_notice("@heap waits: the process that takes it was killed by "
		      "signal 9");
}

static void at_the_end_the_running_one_is_taken(void **state)
{
	siginfo_t info;

	(void)state;
	take("@heap ok");
	take("@heap;answer=a late");
	take("@heap later");
	write_file("7.answer-a", "");
	step(3);
	/* Its end has a limit of time: here it has ended, and is not known. */
	assert_int_equal(
	    waitid(P_PID, (id_t)snapshots.aside.pid, &info, WEXITED | WNOWAIT),
	    0);
	interrupted = too_early = 2;
	snapshots_end(&snapshots, &sink);
	assert_int_equal(interrupted + too_early, 0);
	assert_string_equal(told, "mprof snapshot 700 1 1234 ok worker - "
				  "/dev/null /dev/null 0\n");
	assert_int_equal(snapshots.taken, 1);
	assert_int_equal(snapshots.left_out, 2);
	assert_int_equal(snapshots.len, 0);
	assert_false(snapshots.busy);
	expect_notice("@heap late: the recording has ended");
	expect_notice("@heap later: the recording has ended");
	expect_file("7.answer-a", "the recording has ended\n");
}

/* It has 20 seconds then. */
static void at_the_end_one_that_waits_is_killed(void **state)
{
	(void)state;
	take("@heap waits");
	step(3);
	has_clock = true;
	clock_now_ns = 1000 * NS_PER_S;
	look_ns = 4 * NS_PER_S;
	looks_made = looks_until_kill = 0;
	snapshots_end(&snapshots, &sink);
	has_clock = false;
	look_ns = 0;
	assert_int_equal(looks_until_kill, 6);
	assert_int_equal(snapshots.taken, 0);
	assert_false(snapshots.busy);
	expect_notice("@heap waits: the process that takes it was killed by "
		      "signal 9");
}

static void what_a_killed_recorder_left_is_removed(void **state)
{
	(void)state;
	write_file("7.heap", "x");
	snapshots_remove_left(mark_path);
	assert_false(is_there("7.heap"));
}

static const char *worker_file(int fd, char text[static 64])
{
	char path[32];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, text, 63);
	text[len > 0 ? len : 0] = 0;
	return text;
}

/* mprof snapshot PID FILE ID ASKED LABEL HOW [precise] */
static int worker(char **words, int count)
{
	const char *label = words[6];
	char in[64], out[64];
	sigset_t blocked;
	FILE *file;

	if (atoi(getenv("MPROF_TEST_PID")) == (int)getpid())
		return 99; /* the test itself executed it */
	if (strcmp(label, "cause") == 0)
		return fputs("mprof: no heap here\nmore\n", stderr), 1;
	if (strcmp(label, "plain") == 0)
		return fputs("mprof is not here", stderr), 1;
	for (int i = 0; i < 500 && strcmp(label, "long") == 0; i++)
		fputc('x', stderr);
	if (strcmp(label, "status") == 0 || strcmp(label, "long") == 0)
		return 3;
	if (strcmp(label, "none") == 0)
		return 0;
	while (strcmp(label, "waits") == 0)
		pause();
	file = fopen(words[3], "wx");
	if (!file)
		return fputs("an earlier file is there\n", stderr), 1;
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	if (atoi(label) > 0) {
		fseek(file, atoi(label) - 1, SEEK_SET);
		fputc('\n', file);
	} else if (strcmp(label, "empty") != 0)
		fprintf(file, "%s %s %s %s %s %s %s %s %s %s %d%s", words[0],
		    words[1], words[2], words[4], words[5], label, words[7],
		    count > 8 ? words[8] : "-", worker_file(0, in),
		    worker_file(1, out), sigismember(&blocked, SIGTERM),
		    strcmp(label, "cut") == 0 ? "" : "\n");
	fclose(file);
	if (strcmp(label, "killed") == 0)
		kill(getpid(), SIGKILL);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int count, char **words)
{
	const struct CMUnitTest tests[] = {
	    TEST(other_marks_ask_for_nothing),
	    TEST(a_request_has_a_label_a_pid_and_an_answer),
	    TEST(too_many_are_left_out_with_their_cause),
	    TEST(a_recording_has_a_most),
	    TEST(an_answer_needs_a_file_of_its_own),
	    TEST(what_it_wrote_goes_to_the_sink),
	    TEST(one_that_fails_says_why),
	    TEST(a_process_aside_may_not_be_had),
	    TEST(a_long_cause_is_cut),
	    TEST(records_are_bounded),
	    TEST(one_that_takes_too_long_is_killed),
	    TEST(at_the_end_the_running_one_is_taken),
	    TEST(at_the_end_one_that_waits_is_killed),
	    TEST(what_a_killed_recorder_left_is_removed),
	};
	sigset_t term;
	char pid[24];

	if (count > 7 && strcmp(words[1], "snapshot") == 0)
		return worker(words, count);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("MPROF_TEST_PID", pid, 1);
	/* As the recorder's are. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
