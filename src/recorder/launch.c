// SPDX-License-Identifier: MIT
#include "recorder/launch.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/namespace.h"

/* timeout(1) signals its child and then its whole group: a second SIGTERM
 * within this time is not taken for a second request. */
#define SAME_REQUEST_NS (NS_PER_S / 5)

/* Wait for a program that restores its terminal before it stops. */
#define STOP_PATIENCE_NS (10 * NS_PER_S)

/* Signals by which the kernel reports a fault: they can't wait until a signalfd
 * is read. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* fault_pid: pid that receives forwarded fault signals; 0: none. fault_refused:
 * the first fault signal that could not be forwarded. A signal handler is
 * passed nothing else. */
static volatile sig_atomic_t fault_pid, fault_refused;
static struct sigaction replaced[FAULTS];

static void launch_on_fault(int signal, siginfo_t *info, void *context)
{
	int cause = errno;

	(void)context;
	if (info->si_code <= 0 && info->si_pid != getpid() && fault_pid != 0) {
		if (kill((pid_t)fault_pid, signal) != 0 && errno == EPERM &&
		    fault_refused == 0)
			fault_refused = signal;
		errno = cause;
		return;
	}
	/* A fault in this process itself acts as it would without a
	 * handler. */
	for (size_t i = 0; i < FAULTS; i++) {
		if (faults[i] == signal)
			(void)sigaction(signal, &replaced[i], NULL);
	}
	if (info->si_code <= 0)
		(void)raise(signal);
	errno = cause;
}

static void launch_block_faults(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < FAULTS; i++)
		sigaddset(&set, faults[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Forwards fault signals that are sent to this process, while the program
 * lives, and unblocks those that were not blocked before
 * launch_block_faults(). */
static void launch_pass_faults(pid_t pid, const sigset_t *inherited)
{
	const struct sigaction action = {.sa_sigaction = launch_on_fault,
	    .sa_flags = SA_SIGINFO | SA_RESTART};

	sigset_t set;

	sigemptyset(&set);
	fault_pid = pid;
	for (size_t i = 0; i < FAULTS; i++) {
		(void)sigaction(faults[i], &action, &replaced[i]);
		if (!sigismember(inherited, faults[i]))
			sigaddset(&set, faults[i]);
	}
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static bool launch_is_stop(int signal)
{
	return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Whether the kernel sent the same signal to the program: the terminal signals
 * the whole foreground group. A hangup goes to the session's leader alone;
 * where that is this process, it would have been the program without mprof. */
static bool launch_program_has_it(const struct launch *launch, int signal)
{
	switch (signal) {
	case SIGHUP:
	case SIGCONT:
		if (getsid(0) == getpid())
			return false;
		break;
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		break;
	case SIGALRM:
	case SIGIO:
		return false; /* alarm() and F_SETOWN outlive an exec */
	default:
		return true; /* SIGXCPU, SIGXFSZ, ...: about this process */
	}
	return getpgid(launch->pid) == getpgrp();
}

static bool launch_still_stopped(struct launch *launch)
{
	siginfo_t info = {0};

	if (launch->stopped &&
	    waitid(P_PID, (id_t)launch->pid, &info, WCONTINUED | WNOHANG) ==
		0 &&
	    info.si_pid == launch->pid)
		launch->stopped = false;
	return launch->stopped;
}

/* The signal may be refused: the program may run as another user by now. */
static void launch_pass_on(
    struct launch *launch, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;
	union sigval value = {.sival_ptr = (void *)(uintptr_t)info->ssi_ptr};

	int failed = info->ssi_code == SI_QUEUE
			 ? sigqueue(launch->pid, signal, value)
			 : kill(launch->pid, signal);

	if (failed != 0 && errno == EPERM && launch->refused == 0)
		launch->refused = signal;
}

/* A second SIGTERM; for a recorder that only watches, any signal that ends a
 * process. */
static bool launch_asks_to_quit(struct launch *launch, int signal)
{
	int64_t now_ns = clock_mono_ns();
	int64_t first_ns = launch->term_ns;
	struct sigaction action;

	if (sigaction(signal, NULL, &action) == 0 &&
	    action.sa_handler == SIG_IGN)
		return false;
	if (launch->watching)
		return !launch_is_stop(signal) && signal != SIGCHLD &&
		       signal != SIGCONT && signal != SIGWINCH &&
		       signal != SIGURG;
	if (signal != SIGTERM)
		return false;
	if (first_ns == 0)
		launch->term_ns = now_ns;
	return first_ns != 0 && now_ns - first_ns > SAME_REQUEST_NS;
}

static bool launch_handle_sent(struct launch *launch,
    const struct signalfd_siginfo *info, struct launch_event *event)
{
	int signal = (int)info->ssi_signo;
	pid_t sender = (pid_t)info->ssi_pid;

	/* The program may signal its whole group with kill(0, ...). */
	if (sender == getpid() || sender == launch->pid)
		return false;
	if (launch_asks_to_quit(launch, signal)) {
		*event = (struct launch_event){
		    .what = LAUNCH_QUIT, .signal = signal};
		return true;
	}
	/* The shell continues the whole group: one SIGCONT is enough. */
	if (!launch->watching &&
	    (signal != SIGCONT || launch_still_stopped(launch)))
		launch_pass_on(launch, info);
	return false;
}

static bool launch_handle_kernels(struct launch *launch,
    const struct signalfd_siginfo *info, struct launch_event *event)
{
	int signal = (int)info->ssi_signo;

	if (launch->watching && launch_asks_to_quit(launch, signal)) {
		*event = (struct launch_event){
		    .what = LAUNCH_QUIT, .signal = signal};
		return true;
	}
	if (!launch->watching && !launch_program_has_it(launch, signal))
		launch_pass_on(launch, info);
	return false;
}

/* Reads one signal from launch->signals and acts on it; true with event where
 * the caller of launch_wait() is to hear of it. */
static bool launch_read_signal(
    struct launch *launch, struct launch_event *event)
{
	struct signalfd_siginfo info;
	int signal;

	if (read(launch->signals, &info, sizeof(info)) != sizeof(info))
		return false;
	signal = (int)info.ssi_signo;
	if (signal == SIGCHLD) {
		launch->reap = true;
		return false;
	}
	if (launch_is_stop(signal)) {
		launch->stop_signal = signal;
		launch->stop_ns = clock_mono_ns();
	} else if (signal == SIGCONT) {
		launch->stop_signal = 0;
	}
	if (info.ssi_code > 0)
		return launch_handle_kernels(launch, &info, event);
	return launch_handle_sent(launch, &info, event);
}

/* Stops this process by the same signal as the terminal would have, had it not
 * been blocked: the shell sees which one. In an orphaned group it doesn't
 * stop. */
static void launch_stop_with(int signal)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction before;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	(void)sigaction(signal, &by_default, &before);
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigaction(signal, &before, NULL);
}

/* Stops this process where the terminal stopped the program; returns true with
 * event once it was continued. */
static bool launch_stop_with_program(
    struct launch *launch, struct launch_event *event)
{
	int signal = launch->stop_signal;

	if (signal == 0 || (!launch->watching && !launch->stopped))
		return false;
	launch->stop_signal = 0;
	if (clock_mono_ns() - launch->stop_ns > STOP_PATIENCE_NS)
		return false;
	launch_stop_with(signal);
	*event = (struct launch_event){.what = LAUNCH_RESUMED};
	return true;
}

/* Delay before the next try where a system call failed unexpectedly. */
#define RETRY_NS (NS_PER_S / 100)

static int launch_open_signals(struct launch *launch, struct err *e)
{
	sigset_t held;

	/* Every signal but those that report a fault in this very process. */
	sigfillset(&held);
	for (size_t i = 0; i < FAULTS; i++)
		sigdelset(&held, faults[i]);
	if (sigprocmask(SIG_BLOCK, &held, &launch->inherited) != 0)
		return err_errno(e, "signals: can't be blocked");
	launch->signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (launch->signals >= 0)
		return 0;
	err_errno(e, "signals: can't be received");
	sigprocmask(SIG_SETMASK, &launch->inherited, NULL);
	return -1;
}

/* The child's report, in memory that it shares with this process. */
struct launch_report {
	int exec_error, group_error;
	long floor_kib;
};

/* Runs in the child until it executes the program. The child may share this
 * process's memory, but not its table of signal actions. */
__attribute__((noreturn)) static void become_program(
    const struct launch *launch, const struct launch_request *request,
    const struct sigaction *sigchld, volatile struct launch_report *report)
{
	struct rusage usage = {0};

	(void)sigaction(SIGCHLD, sigchld, NULL);
	sigprocmask(SIG_SETMASK, &launch->inherited, NULL);
	getrusage(RUSAGE_SELF, &usage);
	report->floor_kib = usage.ru_maxrss;
	if (request->group > 0 && write(request->group, "0", 1) != 1) {
		report->group_error = errno;
		_exit(127);
	}
	execvpe(request->argv[0], request->argv,
	    request->envp ? request->envp : environ);
	report->exec_error = errno;
	_exit(127);
}

/* struct clone_args of Linux 5.3, which musl's headers don't have. */
struct clone_words {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
	    stack_size, tls;
};

/* Waits as vfork() does until the program was executed, or failed to be. With
 * vfork() the child's high-water mark would begin with all that this process
 * holds; with memory of its own, with the pages ever written. Linux 5.3; a
 * seccomp filter may refuse it. */
static pid_t launch_spawn_reporting(const struct launch *launch,
    const struct launch_request *request, const struct sigaction *sigchld,
    volatile struct launch_report *report, bool shared)
{
	struct clone_words words = {
	    .flags = CLONE_VFORK, .exit_signal = SIGCHLD};
	pid_t pid = -1;

	if (shared)
		pid = (pid_t)syscall(SYS_clone3, &words, sizeof(words));
	if (pid < 0) /* NOLINTNEXTLINE(bugprone-unsafe-functions) */
		pid = vfork();
	/* The child sets signals, then executes or calls _exit(). */
	if (pid == 0) /* NOLINTNEXTLINE(clang-analyzer-unix.Vfork) */
		become_program(launch, request, sigchld, report);
	return pid;
}

static int launch_spawn(struct launch *launch,
    const struct launch_request *request, const struct sigaction *sigchld,
    struct err *e)
{
	struct launch_report own = {0}, *report;
	void *page = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool shared = page != MAP_FAILED;
	int cause;
	pid_t pid;

	report = shared ? page : &own;
	pid = launch_spawn_reporting(launch, request, sigchld, report, shared);
	cause = errno;
	own = *(volatile struct launch_report *)report;
	if (shared)
		munmap(page, sizeof(own));
	errno = cause;
	if (pid < 0)
		return err_errno(e, "%s: can't be started", request->argv[0]);
	launch->pid = pid;
	launch->floor_kib = own.floor_kib;
	launch->exec_error = own.exec_error;
	if (own.exec_error == 0 && own.group_error == 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	errno = own.group_error;
	return own.group_error
		   ? err_errno(e, "option --scope: the program may "
				  "not be moved to its control group")
		   : -1;
}

/* After such an error execvp() tries the next directory of PATH, so its last
 * error may not be ENOENT. */
static bool launch_not_found(int exec_error)
{
	return exec_error == ENOENT || exec_error == ENOTDIR;
}

static void launch_say_exec_error(
    const struct launch *launch, const char *program, struct err *e)
{
	bool is_path = strchr(program, '/') != NULL;

	errno = launch->exec_error;
	if (launch_not_found(errno) && is_path && access(program, F_OK) == 0)
		err_set(
		    e, "%s: the interpreter that it names is missing", program);
	else if (launch_not_found(errno) && !is_path)
		err_set(e, "%s: command not found", program);
	else
		err_errno(e, "%s: can't be executed", program);
}

/* Were SIGCHLD ignored, the kernel would reap children itself. */
static int launch_spawn_adopting(
    struct launch *launch, const struct launch_request *request, struct err *e)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction sigchld;

	if (sigaction(SIGCHLD, &by_default, &sigchld) != 0)
		return err_errno(e, "signals: SIGCHLD can't be received");
	if (request->adopt)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (launch_spawn(launch, request, &sigchld, e) == 0)
		return 0;
	if (launch->exec_error != 0)
		launch_say_exec_error(launch, request->argv[0], e);
	(void)sigaction(SIGCHLD, &sigchld, NULL);
	return -1;
}

int launch_start(
    struct launch *launch, const struct launch_request *request, struct err *e)
{
	*launch = (struct launch){.signals = -1, .pidfd = -1};
	if (launch_open_signals(launch, e) != 0)
		return -1;
	/* Until they can be passed on: one that came earlier would end this
	 * process while the program runs. */
	launch_block_faults();
	if (launch_spawn_adopting(launch, request, e) != 0) {
		sigprocmask(SIG_SETMASK, &launch->inherited, NULL);
		close(launch->signals);
		return -1;
	}
	/* After the fork, as it is inherited. */
	prctl(PR_SET_TIMERSLACK, 1);
	launch_pass_faults(launch->pid, &launch->inherited);
	return 0;
}

int launch_watch(struct launch *launch, pid_t pid, struct err *e)
{
	*launch = (struct launch){
	    .pid = pid, .watching = true, .signals = -1, .pidfd = -1};
	if (launch_open_signals(launch, e) != 0)
		return -1;
	/* Linux 5.3; without it, as for a group, the sampler's next reading
	 * shows the end. Where /proc belongs to another pid namespace, pid is
	 * not valid in system calls. */
	if (namespace_has_proc())
		launch->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	prctl(PR_SET_TIMERSLACK, 1);
	return 0;
}

static int64_t launch_us(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static struct launch_event launch_end_event(
    enum launch_what what, pid_t pid, int status, const struct rusage *usage)
{
	return (struct launch_event){
	    .what = what,
	    .pid = pid,
	    .status = status,
	    .maxrss_kib = usage->ru_maxrss,
	    .cpu_us = launch_us(&usage->ru_utime) + launch_us(&usage->ru_stime),
	    .minor_faults = usage->ru_minflt,
	    .major_faults = usage->ru_majflt,
	};
}

/* Updates the program's state: stopped, continued, or ended. */
static void launch_note_program(
    struct launch *launch, int status, const struct rusage *usage)
{
	if (WIFSTOPPED(status)) {
		/* A ptrace event: the process is stopped while its stack is
		 * read. */
		if (status >> 16 == 0)
			launch->stopped = true;
	} else if (WIFCONTINUED(status)) {
		launch->stopped = false;
		launch->stop_signal = 0;
	} else {
		fault_pid = 0;
		launch->ended = true;
		launch->stopped = false;
		launch->end =
		    launch_end_event(LAUNCH_EXITED, launch->pid, status, usage);
	}
}

bool aside_is(const struct aside *aside, pid_t pid)
{
	return aside && !aside->ended && aside->pid == pid;
}

/* Reaps one child; false when none is left to report. A failure while the
 * program is known to live is not believed, but tried again. */
static bool launch_reap(struct launch *launch, struct launch_event *event)
{
	struct rusage usage;
	int status;
	pid_t pid;

	for (;;) {
		pid = wait4(
		    -1, &status, WNOHANG | WUNTRACED | WCONTINUED, &usage);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			break;
		if (pid == launch->pid) {
			launch_note_program(launch, status, &usage);
		} else if (aside_is(launch->aside, pid)) {
			launch->aside->ended = true;
			launch->aside->status = status;
			*event = (struct launch_event){.what = LAUNCH_NEWS};
			return true;
		} else if (WIFEXITED(status) || WIFSIGNALED(status)) {
			*event =
			    launch_end_event(LAUNCH_CHILD, pid, status, &usage);
			return true;
		}
	}
	launch->reap = pid < 0 && !launch->ended && !launch->watching;
	if (launch->end.pid == 0)
		return false;
	*event = launch->end;
	launch->end.pid = 0;
	return true;
}

/* Signals, what is watched, and what the caller waits for. */
enum { FDS = 3 };

/* Waits until a descriptor is readable or the deadline; the ready ones are in
 * fds. */
static int launch_await(
    struct launch *launch, int64_t deadline_ns, struct pollfd fds[static FDS])
{
	struct timespec timeout = {0};
	int64_t left_ns;

	fds[0] = (struct pollfd){.fd = launch->signals, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = launch->pidfd, .events = POLLIN};
	fds[2] = (struct pollfd){
	    .fd = launch->wake > 0 ? launch->wake : -1, .events = POLLIN};
	if (deadline_ns == LAUNCH_NEVER && !launch->reap)
		return ppoll(fds, FDS, NULL, NULL);
	left_ns = deadline_ns - clock_mono_ns();
	if (launch->reap && left_ns > RETRY_NS)
		left_ns = RETRY_NS;
	if (left_ns > 0) {
		timeout.tv_sec = left_ns / NS_PER_S;
		timeout.tv_nsec = left_ns % NS_PER_S;
	}
	return ppoll(fds, FDS, &timeout, NULL);
}

/* Handles a signal, or the end of a watched process; true where that makes an
 * event. */
static bool launch_handle(struct launch *launch,
    const struct pollfd fds[static FDS], struct launch_event *event)
{
	if (fds[0].revents && launch_read_signal(launch, event))
		return true;
	if (fds[1].revents) {
		close(launch->pidfd);
		launch->pidfd = -1;
		*event = (struct launch_event){
		    .what = LAUNCH_EXITED, .pid = launch->pid};
		return true;
	}
	if (!fds[2].revents)
		return false;
	*event = (struct launch_event){.what = LAUNCH_NEWS};
	return true;
}

void launch_wait(
    struct launch *launch, int64_t deadline_ns, struct launch_event *event)
{
	struct pollfd fds[FDS];
	const struct timespec pause = {.tv_nsec = RETRY_NS};

	for (;;) {
		int ready;

		if (launch->reap && launch_reap(launch, event))
			return;
		if (launch_stop_with_program(launch, event))
			return;
		ready = launch_await(launch, deadline_ns, fds);
		if (launch_handle(launch, fds, event))
			return;
		if (ready == 0 && clock_mono_ns() >= deadline_ns)
			break;
		if (ready < 0 && errno != EINTR)
			nanosleep(&pause, NULL);
	}
	*event = (struct launch_event){.what = LAUNCH_TICK};
}

void launch_finish(struct launch *launch)
{
	if (launch->refused == 0)
		launch->refused = (int)fault_refused;
	if (launch->pidfd >= 0)
		close(launch->pidfd);
	close(launch->signals);
	launch->signals = launch->pidfd = -1;
}

int launch_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
					: WEXITSTATUS(wait_status);
}

int launch_failure_status(const struct launch *launch)
{
	if (launch->exec_error == 0)
		return 125;
	return launch_not_found(launch->exec_error) ? 127 : 126;
}
