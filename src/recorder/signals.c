// SPDX-License-Identifier: MIT
#include "recorder/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

/* timeout(1) signals its child and then its whole group: the second SIGTERM
 * within this time is no second request. */
#define SAME_REQUEST_NS (NS_PER_S / 5)

/* A program may put its terminal in order before it stops. */
#define STOP_PATIENCE_NS (10 * NS_PER_S)

/* The kernel's answers to a fault, which can't wait until they are read. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* Pid that receives forwarded fault signals; 0: none. And the first of them
 * that it may not be sent. A signal handler is given nothing else. */
static volatile sig_atomic_t heir, refused;
static struct sigaction replaced[FAULTS];

void signals_held(sigset_t *set)
{
	sigfillset(set);
	for (size_t i = 0; i < FAULTS; i++)
		sigdelset(set, faults[i]);
}

/* A fault of this very process does what it would have done without a handler.
 */
static void have_fault(int signal, const siginfo_t *info)
{
	for (size_t i = 0; i < FAULTS; i++) {
		if (faults[i] == signal)
			(void)sigaction(signal, &replaced[i], NULL);
	}
	if (info->si_code <= 0)
		(void)raise(signal);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	int cause = errno;

	(void)context;
	if (info->si_code > 0 || info->si_pid == getpid() || heir == 0)
		have_fault(signal, info);
	else if (kill((pid_t)heir, signal) != 0 && errno == EPERM &&
		 refused == 0)
		refused = signal;
	errno = cause;
}

void signals_pass_faults(pid_t pid)
{
	const struct sigaction action = {
	    .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_RESTART};

	heir = pid;
	for (size_t i = 0; i < FAULTS; i++)
		(void)sigaction(faults[i], &action, &replaced[i]);
}

void signals_keep_faults(void)
{
	heir = 0;
}

int signals_refused_fault(void)
{
	return (int)refused;
}

static bool is_stop(int signal)
{
	return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static bool is_ignored(int signal)
{
	struct sigaction action;

	return sigaction(signal, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}

/* Whether the kernel sent the same signal to the program: the terminal's go
 * to the whole foreground group. A hangup goes to the session's leader alone,
 * and where that is this process, the program would have been it. */
static bool program_has_it(const struct launch *launch, int signal)
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
		return true; /* about this process: SIGXCPU, SIGXFSZ, ... */
	}
	return getpgid(launch->pid) == getpgrp();
}

/* From someone else than this process or the program, which may signal its
 * whole group with kill(0, ...). */
static bool is_foreign(
    const struct launch *launch, const struct signalfd_siginfo *info)
{
	pid_t sender = (pid_t)info->ssi_pid;

	return sender != getpid() && sender != launch->pid;
}

static bool still_stopped(struct launch *launch)
{
	siginfo_t info = {0};

	if (launch->stopped &&
	    waitid(P_PID, (id_t)launch->pid, &info, WCONTINUED | WNOHANG) ==
		0 &&
	    info.si_pid == launch->pid)
		launch->stopped = false;
	return launch->stopped;
}

/* The program may have become another user's. */
static void pass_on(struct launch *launch, const struct signalfd_siginfo *info)
{
	int signal = (int)info->ssi_signo;
	union sigval value = {.sival_ptr = (void *)(uintptr_t)info->ssi_ptr};

	int failed = info->ssi_code == SI_QUEUE
			 ? sigqueue(launch->pid, signal, value)
			 : kill(launch->pid, signal);

	if (failed != 0 && errno == EPERM && launch->refused == 0)
		launch->refused = signal;
}

/* A second SIGTERM, or whatever ends a process that only watches. */
static bool asks_to_quit(struct launch *launch, int signal)
{
	int64_t now_ns = clock_mono_ns();
	int64_t first_ns = launch->term_ns;

	if (is_ignored(signal))
		return false;
	if (launch->watching)
		return !is_stop(signal) && signal != SIGCHLD &&
		       signal != SIGCONT && signal != SIGWINCH &&
		       signal != SIGURG;
	if (signal != SIGTERM)
		return false;
	if (first_ns == 0)
		launch->term_ns = now_ns;
	return first_ns != 0 && now_ns - first_ns > SAME_REQUEST_NS;
}

static bool take_sent(struct launch *launch,
    const struct signalfd_siginfo *info, struct launch_event *event)
{
	int signal = (int)info->ssi_signo;

	if (!is_foreign(launch, info))
		return false;
	if (asks_to_quit(launch, signal)) {
		*event = (struct launch_event){
		    .what = LAUNCH_QUIT, .signal = signal};
		return true;
	}
	/* The shell continues the whole group: once is enough. */
	if (!launch->watching && (signal != SIGCONT || still_stopped(launch)))
		pass_on(launch, info);
	return false;
}

static bool take_from_kernel(struct launch *launch,
    const struct signalfd_siginfo *info, struct launch_event *event)
{
	int signal = (int)info->ssi_signo;

	if (launch->watching && asks_to_quit(launch, signal)) {
		*event = (struct launch_event){
		    .what = LAUNCH_QUIT, .signal = signal};
		return true;
	}
	if (!launch->watching && !program_has_it(launch, signal))
		pass_on(launch, info);
	return false;
}

bool signals_take(struct launch *launch, struct launch_event *event)
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
	if (is_stop(signal)) {
		launch->stop_signal = signal;
		launch->stop_ns = clock_mono_ns();
	} else if (signal == SIGCONT) {
		launch->stop_signal = 0;
	}
	if (info.ssi_code > 0)
		return take_from_kernel(launch, &info, event);
	return take_sent(launch, &info, event);
}

/* As the terminal would have, had the signal not been blocked: the shell sees
 * which one it was. In an orphaned group nothing stops. */
static void stop_with(int signal)
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

bool signals_stop(struct launch *launch, struct launch_event *event)
{
	int signal = launch->stop_signal;

	if (signal == 0 || (!launch->watching && !launch->stopped))
		return false;
	launch->stop_signal = 0;
	if (clock_mono_ns() - launch->stop_ns > STOP_PATIENCE_NS)
		return false;
	stop_with(signal);
	*event = (struct launch_event){.what = LAUNCH_RESUMED};
	return true;
}
