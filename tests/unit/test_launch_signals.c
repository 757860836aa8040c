// SPDX-License-Identifier: MIT
//
// Tests how signals, ends of children and what is waited for are handled:
// without a program, over a pipe that stands for the signalfd, and with
// functions in place of libc's that note what would be sent to whom.
#undef _FORTIFY_SOURCE /* it would put a function of its own before our ppoll \
			*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "recorder/launch.h"

enum { PROGRAM = 999999998, SOMEONE = 999999997, CHILDREN = 4 };

/* The time, and what the kernel is said to answer. */
static struct world {
	int64_t now_ns;
	pid_t group, session; /* of the program; of this process */
	int refusal;          /* of kill() and sigqueue(): an errno */
	bool continued;       /* waitid() tells that */
	int sent, queued;     /* the latest signal */
	int raised, handler;  /* handler: 1 where it was the default one */
	union sigval value;
	struct {
		pid_t pid;
		int status;
	} children[CHILDREN];
	size_t next, count;
	int failure;       /* of wait4(), when no child is left */
	int interrupted;   /* calls of wait4() that a signal interrupts first */
	int ppoll_failure; /* of the next ppoll(): an errno */
	int64_t waited_ns; /* the latest timeout of ppoll(); -1: none */
	size_t waits, pauses;
} world;

static struct launch launch;
static int ends[2];

int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	now->tv_sec = world.now_ns / NS_PER_S;
	now->tv_nsec = world.now_ns % NS_PER_S;
	return 0;
}

pid_t getpgid(pid_t pid)
{
	return pid == PROGRAM ? world.group : 55;
}

pid_t getpgrp(void)
{
	return 55;
}

pid_t getsid(pid_t pid)
{
	(void)pid;
	return world.session;
}

static int answer(void)
{
	errno = world.refusal;
	return world.refusal ? -1 : 0;
}

int kill(pid_t pid, int signal)
{
	assert_int_equal(pid, PROGRAM);
	world.sent = signal;
	return answer();
}

int sigqueue(pid_t pid, int signal, const union sigval value)
{
	assert_int_equal(pid, PROGRAM);
	world.queued = signal;
	world.value = value;
	return answer();
}

int raise(int signal)
{
	struct sigaction action;

	world.raised = signal;
	sigaction(signal, NULL, &action);
	world.handler = action.sa_handler == SIG_DFL;
	return 0;
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	(void)type;
	(void)options;
	assert_int_equal(id, PROGRAM);
	info->si_pid = world.continued ? PROGRAM : 0;
	return 0;
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	(void)pid;
	(void)options;
	errno = EINTR;
	if (world.interrupted > 0)
		return world.interrupted--, -1;
	if (world.next == world.count) {
		errno = world.failure ? world.failure : EINTR;
		return world.failure ? -1 : 0;
	}
	*status = world.children[world.next].status;
	*usage = (struct rusage){.ru_maxrss = 70,
	    .ru_utime = {2, 30},
	    .ru_stime = {1, 4},
	    .ru_minflt = 5,
	    .ru_majflt = 6};
	return world.children[world.next++].pid;
}

/* Time passes by as much as it was to wait, where nothing is there. */
int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask)
{
	int ready;

	(void)mask;
	world.waits++;
	world.waited_ns =
	    timeout ? timeout->tv_sec * NS_PER_S + timeout->tv_nsec : -1;
	errno = world.ppoll_failure;
	world.ppoll_failure = 0;
	if (errno)
		return -1;
	ready = poll(fds, count, timeout ? 0 : 60000);
	if (ready == 0)
		world.now_ns += world.waited_ns;
	return ready;
}

int nanosleep(const struct timespec *pause, struct timespec *rest)
{
	(void)rest;
	world.pauses++;
	world.now_ns += pause->tv_nsec;
	return 0;
}

static int begin(void **state)
{
	(void)state;
	world = (struct world){
	    .now_ns = 100 * NS_PER_S, .group = 66, .session = 44};
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	launch =
	    (struct launch){.pid = PROGRAM, .signals = ends[0], .pidfd = -1};
	return 0;
}

static int end(void **state)
{
	(void)state;
	close(ends[1]);
	launch_finish(&launch);
	return launch.signals == -1 ? 0 : -1;
}

static struct launch_event wait_now(void)
{
	struct launch_event event;

	launch_wait(&launch, 0, &event);
	return event;
}

static struct launch_event get(int signal, int code, pid_t sender)
{
	struct signalfd_siginfo info = {.ssi_signo = (uint32_t)signal,
	    .ssi_code = code,
	    .ssi_pid = (uint32_t)sender,
	    .ssi_ptr = 77};

	world.sent = world.queued = world.raised = 0;
	assert_int_equal(write(ends[1], &info, sizeof(info)), sizeof(info));
	return wait_now();
}

/* A signal that makes no event; whether it was sent on. */
static bool is_passed(int signal, int code, pid_t sender)
{
	assert_int_equal(get(signal, code, sender).what, LAUNCH_TICK);
	if (world.sent != 0)
		assert_int_equal(world.sent, signal);
	return world.sent != 0;
}

static void the_terminals_signals_reach_its_group_alone(void **state)
{
	static const int of_group[] = {
	    SIGINT, SIGQUIT, SIGTTIN, SIGTTOU, SIGWINCH, SIGHUP, SIGCONT};

	(void)state;
	for (size_t i = 0; i < sizeof(of_group) / sizeof(of_group[0]); i++) {
		world.group = 55;
		assert_false(is_passed(of_group[i], SI_KERNEL, 0));
		world.group = 66;
		assert_true(is_passed(of_group[i], SI_KERNEL, 0));
		world.group = 55;
		world.session = getpid(); /* it leads its session */
		assert_int_equal(is_passed(of_group[i], SI_KERNEL, 0),
		    of_group[i] == SIGHUP || of_group[i] == SIGCONT);
		world.session = 44;
	}
	assert_true(is_passed(SIGALRM, SI_KERNEL, 0));
	assert_true(is_passed(SIGIO, SI_KERNEL, 0));
	world.group = 66;
	assert_false(is_passed(SIGXCPU, SI_KERNEL, 0));
	assert_false(is_passed(SIGXFSZ, SI_KERNEL, 0));
}

static void a_third_processs_signal_is_passed(void **state)
{
	(void)state;
	assert_true(is_passed(SIGUSR1, SI_USER, SOMEONE));
	assert_false(is_passed(SIGUSR1, SI_USER, getpid()));
	assert_false(is_passed(SIGUSR1, SI_USER, PROGRAM));
	assert_false(is_passed(SIGUSR1, SI_QUEUE, SOMEONE));
	assert_int_equal(world.queued, SIGUSR1);
	assert_ptr_equal(world.value.sival_ptr, (void *)77);
}

/* The first one is reported at the end. */
static void a_signal_may_be_refused(void **state)
{
	(void)state;
	world.refusal = ESRCH;
	is_passed(SIGUSR1, SI_USER, SOMEONE);
	assert_int_equal(launch.refused, 0);
	world.refusal = EPERM;
	is_passed(SIGUSR2, SI_USER, SOMEONE);
	is_passed(SIGINT, SI_USER, SOMEONE);
	assert_int_equal(launch.refused, SIGUSR2);
}

static void a_program_that_goes_on_gets_no_cont(void **state)
{
	(void)state;
	assert_false(is_passed(SIGCONT, SI_USER, SOMEONE));
	launch.stopped = true;
	assert_true(is_passed(SIGCONT, SI_USER, SOMEONE));
	world.continued = true;
	assert_false(is_passed(SIGCONT, SI_USER, SOMEONE));
	assert_false(launch.stopped);
}

/* timeout(1) sends its signal twice. */
static void a_second_term_asks_to_quit(void **state)
{
	struct launch_event event;

	(void)state;
	assert_true(is_passed(SIGTERM, SI_USER, SOMEONE));
	world.now_ns += NS_PER_S / 5;
	assert_true(is_passed(SIGTERM, SI_USER, SOMEONE));
	world.now_ns += 1;
	event = get(SIGTERM, SI_USER, SOMEONE);
	assert_int_equal(event.what, LAUNCH_QUIT);
	assert_int_equal(event.signal, SIGTERM);
	assert_int_equal(world.sent, 0);
	assert_true(is_passed(SIGINT, SI_USER, SOMEONE));
	signal(SIGTERM, SIG_IGN);
	assert_true(is_passed(SIGTERM, SI_USER, SOMEONE));
	signal(SIGTERM, SIG_DFL);
}

/* Attached to, it gets none of this process's signals. */
static void a_recorder_that_watches_ends_by_any(void **state)
{
	static const int harmless[] = {SIGCHLD, SIGCONT, SIGWINCH, SIGURG};

	(void)state;
	launch.watching = true;
	assert_int_equal(get(SIGINT, SI_KERNEL, 0).what, LAUNCH_QUIT);
	assert_int_equal(get(SIGUSR1, SI_USER, SOMEONE).what, LAUNCH_QUIT);
	assert_int_equal(get(SIGUSR1, SI_USER, SOMEONE).signal, SIGUSR1);
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		assert_false(is_passed(harmless[i], SI_KERNEL, 0));
		assert_false(is_passed(harmless[i], SI_USER, SOMEONE));
	}
	signal(SIGINT, SIG_IGN);
	assert_false(is_passed(SIGINT, SI_KERNEL, 0));
	signal(SIGINT, SIG_DFL);
}

static void on_stop(int signal)
{
	(void)signal;
}

/* As the terminal would have stopped it; its handler comes back. */
static void it_stops_with_the_program(void **state)
{
	struct sigaction action;

	(void)state;
	signal(SIGTSTP, on_stop);
	world.group = 55;
	assert_false(is_passed(SIGTSTP, SI_KERNEL, 0));
	assert_int_equal(world.raised, 0);
	assert_int_equal(launch.stop_signal, SIGTSTP);
	launch.stopped = true;
	assert_int_equal(wait_now().what, LAUNCH_RESUMED);
	assert_int_equal(world.raised, SIGTSTP);
	assert_true(world.handler);
	sigaction(SIGTSTP, NULL, &action);
	assert_ptr_equal(action.sa_handler, on_stop);
	signal(SIGTSTP, SIG_DFL);
	assert_int_equal(wait_now().what, LAUNCH_TICK); /* once */
	launch.stopped = false;
	launch.watching = true;
	assert_int_equal(get(SIGTTIN, SI_KERNEL, 0).what, LAUNCH_RESUMED);
	assert_int_equal(world.raised, SIGTTIN);
}

static void a_program_that_stops_late_stops_alone(void **state)
{
	(void)state;
	world.group = 55;
	assert_false(is_passed(SIGTTOU, SI_KERNEL, 0));
	world.now_ns += 10 * NS_PER_S + 1;
	launch.stopped = true;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_int_equal(world.raised, 0);
	launch.stopped = false;
	assert_false(is_passed(SIGTTOU, SI_KERNEL, 0));
	assert_false(is_passed(SIGCONT, SI_KERNEL, 0));
	launch.stopped = true;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_int_equal(world.raised, 0);
}

static void child(pid_t pid, int status)
{
	world.children[world.count].pid = pid;
	world.children[world.count++].status = status;
	launch.reap = true;
}

static void stops_of_the_program_are_followed(void **state)
{
	(void)state;
	for (int event = 1; event < 256; event *= 2) { /* a tracer's */
		world.next = world.count = 0;
		child(PROGRAM, 0x7f | SIGSTOP << 8 | event << 16);
		assert_int_equal(wait_now().what, LAUNCH_TICK);
		assert_false(launch.stopped);
	}
	assert_false(launch.reap);
	world.next = world.count = 0;
	child(PROGRAM, 0x7f | SIGSTOP << 8);
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_true(launch.stopped);
	launch.stop_signal = SIGTSTP;
	launch.stop_ns = world.now_ns;
	child(PROGRAM, 0xffff);
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_false(launch.stopped);
	assert_int_equal(launch.stop_signal, 0);
	child(SOMEONE, 0x7f | SIGSTOP << 8);
	assert_int_equal(wait_now().what, LAUNCH_TICK);
}

/* Children come before the program, whatever wait() reported first. */
static void ends_have_a_status_and_a_use(void **state)
{
	struct launch_event event;

	(void)state;
	child(PROGRAM, 3 << 8);
	child(SOMEONE, SIGKILL);
	event = wait_now();
	assert_int_equal(event.what, LAUNCH_CHILD);
	assert_int_equal(event.pid, SOMEONE);
	assert_int_equal(event.status, SIGKILL);
	assert_true(launch.ended);
	event = wait_now();
	assert_int_equal(event.what, LAUNCH_EXITED);
	assert_int_equal(event.pid, PROGRAM);
	assert_int_equal(event.status, 3 << 8);
	assert_int_equal(event.maxrss_kib, 70);
	assert_int_equal(event.cpu_us, 3000034);
	assert_int_equal(event.minor_faults, 5);
	assert_int_equal(event.major_faults, 6);
	launch.reap = true;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
}

static void a_process_aside_makes_news(void **state)
{
	struct aside aside = {.pid = SOMEONE};
	struct launch_event event;

	(void)state;
	launch.aside = &aside;
	child(SOMEONE, 5 << 8);
	assert_int_equal(wait_now().what, LAUNCH_NEWS);
	assert_true(aside.ended);
	assert_int_equal(aside.status, 5 << 8);
	child(SOMEONE, 0); /* another one with its pid */
	event = wait_now();
	assert_int_equal(event.what, LAUNCH_CHILD);
	assert_int_equal(event.pid, SOMEONE);
}

/* No child while the program lives: that can't be, so it is asked again. */
static void a_failure_is_tried_again(void **state)
{
	(void)state;
	world.failure = ECHILD;
	launch.reap = true;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_true(launch.reap);
	launch.ended = true;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_false(launch.reap);
	launch.ended = false;
	launch.reap = launch.watching = true;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_false(launch.reap);
}

static void a_child_signal_asks_for_their_ends(void **state)
{
	(void)state;
	child(SOMEONE, 0);
	launch.reap = false;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_int_equal(get(SIGCHLD, CLD_EXITED, SOMEONE).what, LAUNCH_CHILD);
}

static void what_is_waited_for_is_reported(void **state)
{
	struct launch_event event;
	int other[2];

	(void)state;
	assert_int_equal(pipe2(other, O_CLOEXEC), 0);
	launch.wake = other[0];
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_int_equal(write(other[1], "x", 1), 1);
	assert_int_equal(wait_now().what, LAUNCH_NEWS);
	launch.wake = 0;
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	launch.pidfd = other[0];
	event = wait_now();
	assert_int_equal(event.what, LAUNCH_EXITED);
	assert_int_equal(event.pid, PROGRAM);
	assert_int_equal(event.status, 0);
	assert_int_equal(launch.pidfd, -1);
	assert_int_equal(fcntl(other[0], F_GETFD), -1);
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	close(other[1]);
}

static void a_status_is_as_a_shells(void **state)
{
	(void)state;
	assert_int_equal(launch_exit_status(7 << 8), 7);
	assert_int_equal(launch_exit_status(SIGTERM), 128 + SIGTERM);
	assert_int_equal(launch_failure_status(&launch), 125);
	launch.exec_error = ENOENT;
	assert_int_equal(launch_failure_status(&launch), 127);
	launch.exec_error = ENOTDIR;
	assert_int_equal(launch_failure_status(&launch), 127);
	launch.exec_error = EACCES;
	assert_int_equal(launch_failure_status(&launch), 126);
}

static enum launch_what wait_for(int64_t ns)
{
	struct launch_event event;

	launch_wait(&launch, world.now_ns + ns, &event);
	return event.what;
}

/* Until the deadline, at once; while children may be waiting to be reaped, for
 * a hundredth of a second at most. */
static void a_deadline_is_waited_for(void **state)
{
	struct launch_event event;

	(void)state;
	assert_int_equal(wait_for(2 * NS_PER_S + 5), LAUNCH_TICK);
	assert_int_equal(world.waits, 1);
	assert_int_equal(world.waited_ns, 2 * NS_PER_S + 5);
	assert_int_equal(wait_for(0), LAUNCH_TICK);
	assert_int_equal(wait_for(-5), LAUNCH_TICK);
	assert_int_equal(world.waits, 3);
	assert_int_equal(world.waited_ns, 0);
	world.failure = ECHILD;
	launch.reap = true;
	world.waits = 0;
	assert_int_equal(wait_for(NS_PER_S / 40), LAUNCH_TICK);
	assert_int_equal(world.waits, 3);
	assert_int_equal(world.waited_ns, NS_PER_S / 200);
	world.failure = 0;
	launch.reap = false;
	launch.ended = true;
	child(SOMEONE, 0);
	launch.reap = false;
	assert_true(
	    write(ends[1], &(struct signalfd_siginfo){.ssi_signo = SIGCHLD},
		sizeof(struct signalfd_siginfo)) > 0);
	launch_wait(&launch, LAUNCH_NEVER, &event);
	assert_int_equal(event.what, LAUNCH_CHILD);
	assert_int_equal(world.waited_ns, -1);
}

/* A signal that interrupts is no failure; another one is tried again after a
 * pause. */
static void a_wait_that_fails_is_tried_again(void **state)
{
	(void)state;
	world.ppoll_failure = EINTR;
	assert_int_equal(wait_for(1000), LAUNCH_TICK);
	assert_int_equal(world.waits, 2);
	assert_int_equal(world.pauses, 0);
	world.ppoll_failure = ENOMEM;
	assert_int_equal(wait_for(NS_PER_S), LAUNCH_TICK);
	assert_int_equal(world.waits, 4);
	assert_int_equal(world.pauses, 1);
	assert_int_equal(world.waited_ns, NS_PER_S - NS_PER_S / 100);
}

static void an_interrupted_look_for_children_goes_on(void **state)
{
	(void)state;
	world.interrupted = 2;
	child(SOMEONE, 0);
	assert_int_equal(wait_now().what, LAUNCH_CHILD);
	assert_int_equal(world.interrupted, 0);
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_false(launch.reap);
}

/* A signal that came in part is none. */
static void half_a_signal_is_none(void **state)
{
	struct signalfd_siginfo info = {
	    .ssi_signo = SIGUSR1, .ssi_code = SI_USER, .ssi_pid = SOMEONE};

	(void)state;
	assert_int_equal(
	    write(ends[1], &info, sizeof(info) - 1), sizeof(info) - 1);
	assert_int_equal(wait_now().what, LAUNCH_TICK);
	assert_int_equal(world.sent, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_terminals_signals_reach_its_group_alone),
	    TEST(a_third_processs_signal_is_passed),
	    TEST(a_signal_may_be_refused),
	    TEST(a_program_that_goes_on_gets_no_cont),
	    TEST(a_second_term_asks_to_quit),
	    TEST(a_recorder_that_watches_ends_by_any),
	    TEST(it_stops_with_the_program),
	    TEST(a_program_that_stops_late_stops_alone),
	    TEST(stops_of_the_program_are_followed),
	    TEST(ends_have_a_status_and_a_use),
	    TEST(a_process_aside_makes_news),
	    TEST(a_failure_is_tried_again),
	    TEST(a_child_signal_asks_for_their_ends),
	    TEST(what_is_waited_for_is_reported),
	    TEST(a_status_is_as_a_shells),
	    TEST(a_deadline_is_waited_for),
	    TEST(a_wait_that_fails_is_tried_again),
	    TEST(an_interrupted_look_for_children_goes_on),
	    TEST(half_a_signal_is_none),
	};

	/* Below nohup, or in a shell's background, some are ignored. */
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
