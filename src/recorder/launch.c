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
#include "recorder/signals.h"

/* How soon to ask again after a system call failed that can't fail. */
#define RETRY_NS (NS_PER_S / 100)

static int open_signals(struct launch *launch, struct err *e)
{
	sigset_t held;

	signals_held(&held);
	if (sigprocmask(SIG_BLOCK, &held, &launch->inherited) != 0)
		return err_errno(e, "signals: can't be held back");
	launch->signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (launch->signals >= 0)
		return 0;
	err_errno(e, "signals: can't be received");
	sigprocmask(SIG_SETMASK, &launch->inherited, NULL);
	return -1;
}

/* The child reports in memory that it shares with this process. */
struct launch_report {
	int exec_error;
	long floor_kib;
};

/* Runs in the child until it is another program. The child may share this
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

/* As vfork() does, this waits until the program was executed, or not. With
 * vfork() the child's high-water mark would begin with all that this process
 * holds; with memory of its own it begins with what was ever written. Linux
 * 5.3; a filter of system calls may not know it. */
static pid_t clone_suspended(void)
{
	struct clone_words words = {
	    .flags = CLONE_VFORK, .exit_signal = SIGCHLD};

	return (pid_t)syscall(SYS_clone3, &words, sizeof(words));
}

static pid_t spawn_reporting(const struct launch *launch,
    const struct launch_request *request, const struct sigaction *sigchld,
    volatile struct launch_report *report, bool shared)
{
	pid_t pid = shared ? clone_suspended() : -1;

	if (pid < 0)
		pid = vfork();
	/* It sets signals, and ends in an exec or in _exit(). */
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
	pid = spawn_reporting(launch, request, sigchld, report, shared);
	cause = errno;
	own = *(volatile struct launch_report *)report;
	if (shared)
		munmap(page, sizeof(own));
	errno = cause;
	if (pid < 0)
		return err_errno(
		    e, "%s: no process could be made", request->argv[0]);
	launch->pid = pid;
	launch->floor_kib = own.floor_kib;
	launch->exec_error = own.exec_error;
	if (own.exec_error == 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return -1;
}

/* execvp() goes on along PATH after such an error, so the last one may not be
 * ENOENT. */
static bool not_found(int exec_error)
{
	return exec_error == ENOENT || exec_error == ENOTDIR;
}

static void say_exec_error(
    const struct launch *launch, const char *program, struct err *e)
{
	bool is_path = strchr(program, '/') != NULL;

	errno = launch->exec_error;
	if (not_found(errno) && is_path && access(program, F_OK) == 0)
		err_set(
		    e, "%s: the interpreter that it names is missing", program);
	else if (not_found(errno) && !is_path)
		err_set(e, "%s: command not found", program);
	else
		err_errno(e, "%s: can't be executed", program);
}

/* Ignored, SIGCHLD would have the kernel reap in our place. */
static int spawn_adopting(
    struct launch *launch, const struct launch_request *request, struct err *e)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction sigchld;

	if (sigaction(SIGCHLD, &by_default, &sigchld) != 0)
		return err_errno(e, "signals: no word of ended children");
	if (request->adopt)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (launch_spawn(launch, request, &sigchld, e) == 0)
		return 0;
	if (launch->exec_error != 0)
		say_exec_error(launch, request->argv[0], e);
	(void)sigaction(SIGCHLD, &sigchld, NULL);
	return -1;
}

int launch_start(
    struct launch *launch, const struct launch_request *request, struct err *e)
{
	*launch = (struct launch){.signals = -1, .pidfd = -1};
	if (open_signals(launch, e) != 0)
		return -1;
	if (spawn_adopting(launch, request, e) != 0) {
		sigprocmask(SIG_SETMASK, &launch->inherited, NULL);
		close(launch->signals);
		return -1;
	}
	/* Behind the fork: it is inherited. */
	prctl(PR_SET_TIMERSLACK, 1);
	signals_pass_faults(launch->pid);
	return 0;
}

int launch_watch(struct launch *launch, pid_t pid, struct err *e)
{
	*launch = (struct launch){
	    .pid = pid, .watching = true, .signals = -1, .pidfd = -1};
	if (open_signals(launch, e) != 0)
		return -1;
	/* Linux 5.3; without it the sampler's next look shows the end. Where
	 * /proc is another namespace's, pid is no number of ours. */
	if (namespace_has_proc())
		launch->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	prctl(PR_SET_TIMERSLACK, 1);
	return 0;
}

/* The program stopped, went on, or ended. */
static void launch_note_program(
    struct launch *launch, int status, const struct rusage *usage)
{
	if (WIFSTOPPED(status)) {
		/* With an event it is held for a read of its stack alone. */
		if (status >> 16 == 0)
			launch->stopped = true;
	} else if (WIFCONTINUED(status)) {
		launch->stopped = false;
		launch->stop_signal = 0;
	} else {
		signals_keep_faults();
		launch->ended = true;
		launch->stopped = false;
		launch->end = (struct launch_event){
		    .what = LAUNCH_EXITED,
		    .pid = launch->pid,
		    .status = status,
		    .maxrss_kib = usage->ru_maxrss,
		};
	}
}

/* Takes one child's end; false when there is none to tell (any more). A failure
 * while the program is known to be there is not believed, but tried again. */
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
		} else if (WIFEXITED(status) || WIFSIGNALED(status)) {
			*event = (struct launch_event){
			    .what = LAUNCH_CHILD,
			    .pid = pid,
			    .status = status,
			    .maxrss_kib = usage.ru_maxrss,
			};
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

/* Until a descriptor is readable or the deadline; the ready ones in fds. */
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

static bool watched_ended(struct launch *launch, struct launch_event *event)
{
	close(launch->pidfd);
	launch->pidfd = -1;
	*event =
	    (struct launch_event){.what = LAUNCH_EXITED, .pid = launch->pid};
	return true;
}

/* A signal, or the end of what is watched; true where it makes an event. */
static bool launch_take(struct launch *launch,
    const struct pollfd fds[static FDS], struct launch_event *event)
{
	if (fds[0].revents && signals_take(launch, event))
		return true;
	if (fds[1].revents && watched_ended(launch, event))
		return true;
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
		if (signals_stop(launch, event))
			return;
		ready = launch_await(launch, deadline_ns, fds);
		if (ready > 0 && launch_take(launch, fds, event))
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
		launch->refused = signals_refused_fault();
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
	return not_found(launch->exec_error) ? 127 : 126;
}
