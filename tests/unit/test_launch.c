// SPDX-License-Identifier: MIT
#include "recorder/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "proc/namespace.h"
#include "scratch.h"

#define SOON_NS (60 * NS_PER_S) /* longer than any test here takes */

static sigset_t mask_before;

static pid_t protected; /* it may not be signalled */

/* In place of libc's. */
int kill(pid_t pid, int signal)
{
	if (pid != protected || pid == 0)
		return (int)syscall(SYS_kill, pid, signal);
	errno = EPERM;
	return -1;
}

static struct launch start(char *const argv[])
{
	const struct launch_request request = {.argv = argv, .adopt = true};
	struct launch launch;
	struct err e = {""};

	if (launch_start(&launch, &request, &e) != 0)
		fail_msg("not started: %s", e.text);
	return launch;
}

static struct launch shell(char *script)
{
	char *argv[] = {"sh", "-c", script, NULL};

	return start(argv);
}

static struct launch_event next(struct launch *launch)
{
	struct launch_event event;

	launch_wait(launch, clock_mono_ns() + SOON_NS, &event);
	return event;
}

/* The next that is no orphan's end: the shells of other tests leave some. */
static struct launch_event next_but_child(struct launch *launch)
{
	struct launch_event event;

	do {
		event = next(launch);
	} while (event.what == LAUNCH_CHILD);
	return event;
}

/* Waits for the program's end, over everything else. */
static int end_status(struct launch *launch)
{
	struct launch_event event;

	do {
		event = next(launch);
		assert_int_not_equal(event.what, LAUNCH_TICK);
	} while (event.what != LAUNCH_EXITED);
	launch_finish(launch);
	sigprocmask(SIG_SETMASK, &launch->inherited, NULL);
	return launch_exit_status(event.status);
}

static int setup(void **state)
{
	(void)state;
	return sigprocmask(SIG_SETMASK, NULL, &mask_before);
}

static int teardown(void **state)
{
	(void)state;
	return sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

static void status_of(char *script, int want)
{
	struct launch launch = shell(script);

	assert_int_equal(end_status(&launch), want);
}

static void test_status(void **state)
{
	(void)state;
	status_of("exit 0", 0);
	status_of("exit 7", 7);
	status_of("kill -9 $$", 128 + SIGKILL);
	status_of("kill -USR1 $$", 128 + SIGUSR1);
}

static void refused(char *program, int status, const char *message)
{
	char *argv[] = {program, NULL};
	const struct launch_request request = {.argv = argv};
	struct launch launch;
	sigset_t mask;
	struct err e = {""};

	assert_int_equal(launch_start(&launch, &request, &e), -1);
	assert_int_equal(launch_failure_status(&launch), status);
	assert_non_null(strstr(e.text, message));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int signal = 1; signal < 65; signal++)
		assert_int_equal(sigismember(&mask, signal),
		    sigismember(&mask_before, signal));
}

static void test_refused(void **state)
{
	char script[SCRATCH_MAX];
	int fd = scratch_file(script);

	(void)state;
	assert_int_equal(dprintf(fd, "#!/no/such/interpreter\n"), 23);
	refused("no-such-program", 127, "no-such-program: command not found");
	refused("/no/such/program", 127, "No such file");
	refused("", 127, "not found");
	refused("/etc", 126, "/etc: can't be executed: Permission denied");
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	refused(script, 127, "interpreter that it names is missing");
	unlink(script);
}

static void test_path(void **state)
{
	char *path = strdup(getenv("PATH"));
	struct launch launch;
	char *argv[] = {"true", NULL};

	(void)state;
	setenv("PATH", "/etc/passwd:/nowhere", 1);
	refused("true", 127, "true: command not found");
	unsetenv("PATH");
	launch = start(argv);
	assert_int_equal(end_status(&launch), 0);
	setenv("PATH", path, 1);
	free(path);
}

/* A file without #! is a shell script, as for the shell. */
static void test_script_without_interpreter(void **state)
{
	char script[SCRATCH_MAX];
	char *argv[] = {script, "5", NULL};
	int fd = scratch_file(script);
	struct launch launch;

	(void)state;
	assert_int_equal(dprintf(fd, "exit $1\n"), 8);
	assert_int_equal(fchmod(fd, 0700), 0);
	close(fd);
	launch = start(argv);
	assert_int_equal(end_status(&launch), 5);
	unlink(script);
}

static void test_environment(void **state)
{
	char *argv[] = {"sh", "-c", "test \"$FRUIT$HOME\" = pear", NULL};
	char *envp[] = {"FRUIT=pear", NULL};
	const struct launch_request request = {.argv = argv, .envp = envp};
	struct launch launch;
	struct err e;

	(void)state;
	assert_int_equal(launch_start(&launch, &request, &e), 0);
	assert_int_equal(end_status(&launch), 0);
}

static void test_tick(void **state)
{
	char *argv[] = {"sleep", "60", NULL};
	struct launch launch = start(argv);
	int64_t deadline_ns = clock_mono_ns() + NS_PER_S / 50;
	struct launch_event event;

	(void)state;
	launch_wait(&launch, deadline_ns, &event);
	assert_int_equal(event.what, LAUNCH_TICK);
	assert_true(clock_mono_ns() >= deadline_ns);
	launch_wait(&launch, 0, &event);
	assert_int_equal(event.what, LAUNCH_TICK);
	assert_int_equal(kill(launch.pid, SIGTERM), 0);
	launch_wait(&launch, LAUNCH_NEVER, &event);
	assert_int_equal(event.what, LAUNCH_EXITED);
	assert_int_equal(event.pid, launch.pid);
	assert_int_equal(event.status, SIGTERM);
	assert_true(event.maxrss_kib > 0);
	launch_finish(&launch);
}

/* This process's file-backed memory is not the program's. */
static void test_floor(void **state)
{
	struct launch launch = shell("exit 0");
	struct rusage usage;

	(void)state;
	assert_int_equal(end_status(&launch), 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	assert_true(launch.floor_kib > 0);
	if (syscall(SYS_clone3, NULL, 0) < 0 && errno != EINVAL)
		skip();
	assert_true(launch.floor_kib < usage.ru_maxrss);
}

/* An orphan of the program is ours to reap, and is reported before the end. */
static void test_orphan(void **state)
{
	struct launch launch = shell("sh -c 'exit 9 &'; sleep 1");
	struct launch_event event;

	(void)state;
	event = next(&launch);
	assert_int_equal(event.what, LAUNCH_CHILD);
	assert_int_not_equal(event.pid, launch.pid);
	assert_int_equal(event.status, 9 << 8);
	assert_true(event.maxrss_kib > 0);
	assert_int_equal(end_status(&launch), 0);
}

/* With a child that signals this process so often, at once: one that is not
 * the program. */
static pid_t signal_us_often(int signal, int count)
{
	pid_t child = fork();

	if (child == 0) {
		while (count-- > 0)
			kill(getppid(), signal);
		_exit(0);
	}
	return child;
}

static void signal_us(int signal)
{
	signal_us_often(signal, 1);
}

/* Until the program has set its traps. */
static struct launch trapping(const char *traps)
{
	char script[512], byte;
	struct launch launch;
	int ready[2];

	assert_int_equal(pipe(ready), 0);
	snprintf(script, sizeof(script),
	    "%s; echo >&%d; exec %d>&- %d<&-; n=0; while [ $((n += 1)) -lt "
	    "3000 "
	    "]; do sleep 0.02; done",
	    traps, ready[1], ready[1], ready[0]);
	launch = shell(script);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return launch;
}

static void passed(int signal)
{
	char traps[128];
	struct launch launch;

	snprintf(
	    traps, sizeof(traps), "trap 'exit %d' %d", 40 + signal, signal);
	launch = trapping(traps);
	signal_us(signal);
	assert_int_equal(end_status(&launch), 40 + signal);
}

static void test_signals_are_passed(void **state)
{
	(void)state;
	passed(SIGTERM);
	passed(SIGHUP);
	passed(SIGINT);
	passed(SIGQUIT);
	passed(SIGUSR1);
	passed(SIGWINCH);
	passed(SIGALRM);
	passed(SIGSEGV); /* these are no faults of ours */
	passed(SIGBUS);
	passed(SIGFPE);
	passed(SIGILL);
}

/* A signal of the program to its parent is not sent back. */
static void test_signal_of_the_program(void **state)
{
	struct launch launch =
	    shell("trap 'exit 1' TERM; kill -TERM $PPID; sleep 0.1; exit 0");

	(void)state;
	assert_int_equal(end_status(&launch), 0);
}

static void test_second_term(void **state)
{
	struct launch launch = trapping("trap : TERM");
	struct launch_event event;
	int64_t deadline_ns;
	pid_t timeout;

	(void)state;
	timeout = signal_us_often(SIGTERM, 2); /* timeout(1) does it so */
	do {
		event = next(&launch);
		assert_int_equal(event.what, LAUNCH_CHILD);
	} while (event.pid != timeout);
	deadline_ns = clock_mono_ns() + NS_PER_S / 2;
	do {
		launch_wait(&launch, deadline_ns, &event);
	} while (event.what == LAUNCH_CHILD);
	assert_int_equal(event.what, LAUNCH_TICK);
	signal_us(SIGTERM);
	event = next_but_child(&launch);
	assert_int_equal(event.what, LAUNCH_QUIT);
	assert_int_equal(event.signal, SIGTERM);
	assert_int_equal(kill(launch.pid, SIGKILL), 0);
	end_status(&launch);
}

/* Stopped by someone else, the program is recorded on. */
static void test_stopped_alone(void **state)
{
	struct launch launch = trapping("trap 'exit 4' TERM");
	struct launch_event event;

	(void)state;
	kill(launch.pid, SIGTSTP);
	kill(launch.pid, SIGSTOP);
	for (int i = 0; i < 600 && !launch.stopped; i++) {
		launch_wait(&launch, clock_mono_ns() + NS_PER_S / 10, &event);
		if (event.what != LAUNCH_CHILD)
			assert_int_equal(event.what, LAUNCH_TICK);
	}
	assert_true(launch.stopped);
	signal_us(SIGCONT);
	signal_us(SIGTERM);
	assert_int_equal(end_status(&launch), 4);
	assert_false(launch.stopped);
}

static void finds(char *pattern, char *file)
{
	char *argv[] = {"grep", "-q", pattern, file, NULL};
	struct launch launch = start(argv);

	assert_int_equal(end_status(&launch), 0);
}

/* The program gets everything that this process was started with. */
static void test_inherited(void **state)
{
	sigset_t set;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 70000);
	finds("^70000$", "/proc/self/timerslack_ns");
	assert_int_equal(prctl(PR_GET_TIMERSLACK), 1); /* the recorder's */
	prctl(PR_SET_TIMERSLACK, 0);
	finds("^SigBlk:.*00000800$", "/proc/self/status");
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	finds("^SigBlk:.*00000c00$", "/proc/self/status");
	signal(SIGCHLD, SIG_IGN);
	finds("^SigIgn:.*10001$", "/proc/self/status");
	signal(SIGCHLD, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

static void test_watch(void **state)
{
	struct launch launch;
	struct launch_event event;
	pid_t child = fork();
	struct err e;
	int pidfd;

	(void)state;
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	prctl(PR_SET_TIMERSLACK, 70000);
	assert_int_equal(launch_watch(&launch, child, &e), 0);
	assert_int_equal(prctl(PR_GET_TIMERSLACK), 1);
	/* The end of a process that is no child of this one. */
	pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	assert_int_equal(launch.pidfd >= 0, pidfd >= 0 && namespace_has_proc());
	if (pidfd >= 0)
		close(pidfd);
	do {
		launch_wait(&launch, 0, &event);
	} while (event.what == LAUNCH_CHILD);
	assert_int_equal(event.what, LAUNCH_TICK);
	signal_us(SIGINT);
	event = next_but_child(&launch);
	assert_int_equal(event.what, LAUNCH_QUIT);
	assert_int_equal(event.signal, SIGINT);
	assert_int_equal(kill(child, SIGKILL), 0);
	event = next_but_child(&launch);
	assert_int_equal(event.what, LAUNCH_EXITED);
	assert_int_equal(event.pid, child);
	launch_finish(&launch);
}

static volatile int faults_seen;

static int fault = SIGSEGV;

static void see_fault(int signal)
{
	faults_seen += signal == fault;
}

static bool sees_faults(void)
{
	struct sigaction action;

	return sigaction(fault, NULL, &action) == 0 &&
	       action.sa_handler == see_fault;
}

/* As without a handler: one that is sent is sent again, one that an
 * instruction caused comes again by itself. */
static void test_fault_of_this_process(void **state)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	siginfo_t info = {.si_code = SEGV_MAPERR};
	struct launch launch;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		bool is_sent = i % 2 == 0;

		fault = info.si_signo = faults[i / 2];
		signal(fault, see_fault);
		faults_seen = 0;
		launch = trapping("trap 'exit 3' TERM; "
				  "trap 'exit 4' SEGV BUS FPE ILL");
		assert_false(sees_faults());
		if (is_sent)
			kill(getpid(), fault);
		else
			syscall(SYS_rt_sigqueueinfo, getpid(), fault, &info);
		assert_int_equal(faults_seen, is_sent);
		assert_true(sees_faults());
		assert_int_equal(kill(launch.pid, SIGTERM), 0);
		assert_int_equal(end_status(&launch), 3);
		signal(fault, SIG_DFL);
	}
	fault = SIGSEGV;
}

/* A fault signal for a program that has ended is for this process. */
static void test_fault_after_the_end(void **state)
{
	pid_t sender;

	(void)state;
	signal(SIGSEGV, see_fault);
	faults_seen = 0;
	status_of("exit 0", 0);
	assert_false(sees_faults());
	sender = signal_us_often(SIGSEGV, 1);
	assert_int_equal(waitpid(sender, NULL, 0), sender);
	assert_int_equal(faults_seen, 1);
	assert_true(sees_faults());
	signal(SIGSEGV, SIG_DFL);
}

/* The program runs as another user by now: the first is reported. */
static void test_fault_refused(void **state)
{
	static const int faults[] = {SIGFPE, SIGBUS};
	struct launch launch = trapping("trap 'exit 3' TERM");

	(void)state;
	protected = launch.pid;
	for (size_t i = 0; i < 2; i++) {
		pid_t sender = signal_us_often(faults[i], 1);

		errno = 0; /* the handler leaves it */
		assert_int_equal(waitpid(sender, NULL, 0), sender);
		assert_int_equal(errno, 0);
	}
	protected = 0;
	assert_int_equal(kill(launch.pid, SIGTERM), 0);
	assert_int_equal(end_status(&launch), 3);
	assert_int_equal(launch.refused, SIGFPE);
}

/* Launches a program that waits for the pipe before it is executed; never
 * returns. */
static void launch_behind(int pipe_end)
{
	char *argv[] = {"sleep", "30", NULL};
	const struct launch_request request = {.argv = argv, .group = pipe_end};
	const struct rlimit no_core = {0};
	struct launch launch;
	struct err e;

	(void)setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (launch_start(&launch, &request, &e) != 0)
		_exit(1);
	_exit(end_status(&launch) == 128 + SIGSEGV ? 0 : 2);
}

static void await_child_of(pid_t pid)
{
	char path[64];
	int child;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	while (!found) {
		FILE *file = fopen(path, "re");

		assert_non_null(file);
		found = fscanf(file, "%d", &child) == 1;
		assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
		(void)fclose(file);
		usleep(1000);
	}
}

/* One that arrives while the program is being launched is passed on, too. */
static void test_fault_at_the_launch(void **state)
{
	char filler[4096] = {0};
	int ends[2], status = 0;
	pid_t launcher;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	while (write(ends[1], filler, sizeof(filler)) > 0)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	launcher = fork();
	if (launcher == 0)
		launch_behind(ends[1]);
	await_child_of(launcher);
	assert_int_equal(kill(launcher, SIGSEGV), 0);
	assert_int_equal(read(ends[0], filler, sizeof(filler)), sizeof(filler));
	assert_int_equal(waitpid(launcher, &status, 0), launcher);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
}

/* It enters its control group before it is executed, or is not executed. */
static void test_group(void **state)
{
	char *argv[] = {"true", NULL}, byte = 0;
	struct launch_request request = {.argv = argv};
	struct launch launch;
	struct err e;
	sigset_t mask;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	request.group = ends[1];
	assert_int_equal(launch_start(&launch, &request, &e), 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, '0');
	assert_int_equal(end_status(&launch), 0);
	request.group = ends[0]; /* it can't be written */
	assert_int_equal(launch_start(&launch, &request, &e), -1);
	assert_string_equal(e.text, "option --scope: the program may not be "
				    "moved to its control group: Bad file "
				    "descriptor");
	assert_int_equal(launch_failure_status(&launch), 125);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
	close(ends[0]);
	close(ends[1]);
}

static void test_no_descriptor(void **state)
{
	int next = open("/", O_RDONLY | O_CLOEXEC);
	struct rlimit before, few;
	struct launch launch;
	char *argv[] = {"true", NULL};
	const struct launch_request request = {.argv = argv};
	struct err e, other;
	sigset_t mask;

	(void)state;
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(launch_start(&launch, &request, &e), -1);
	assert_int_equal(launch_watch(&launch, getpid(), &other), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_string_equal(
	    e.text, "signals: can't be received: Too many open files");
	assert_string_equal(other.text, e.text);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_status, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_path, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_script_without_interpreter, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_environment, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_tick, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_floor, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_orphan, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_signals_are_passed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_signal_of_the_program, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_second_term, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_stopped_alone, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_inherited, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_fault_of_this_process, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_fault_after_the_end, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_fault_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_fault_at_the_launch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_group, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_no_descriptor, setup, teardown),
	};

	/* A shell ignores them for what it starts in the background. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
