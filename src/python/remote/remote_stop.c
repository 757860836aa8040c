// SPDX-License-Identifier: MIT
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "base/array.h"
#include "base/clock.h"
#include "proc/procfs.h"
#include "python/remote/remote.h"

#define SPIN_NS 200000 /* a running thread stops within microseconds */
#define NAP_NS 100000
#define RESUME_LIMIT_NS NS_PER_S
/* Rounds over the list of threads: a program that starts threads faster can't
 * be stopped. */
#define ROUNDS_MAX 64

static int stop_trace(int request, pid_t tid, int signal)
{
	return ptrace(request, tid, NULL, (void *)(intptr_t)signal) < 0 ? -1
									: 0;
}

/* Whether it has ended. The end of a child of this process is left to its
 * waiter; any other's stays unseen by its parent until it is reaped here. */
static bool stop_has_ended(const struct remote_thread *thread)
{
	siginfo_t info = {.si_pid = 0};

	if (waitid(P_PID, thread->tid, &info,
		WEXITED | WNOWAIT | WNOHANG | __WALL) < 0)
		return true;
	/* waitid() also reports the stop of a tracee, whatever was asked
	 * for. */
	if (!info.si_pid || info.si_code == CLD_TRAPPED ||
	    info.si_code == CLD_STOPPED || info.si_code == CLD_CONTINUED)
		return false;
	if (!thread->ours)
		waitid(P_PID, thread->tid, &info, WEXITED | WNOHANG | __WALL);
	return true;
}

/* Checks once whether it has stopped or ended. waitid() is not asked whether it
 * has stopped, as a waiter for all children may have taken the answer. */
static void stop_read_state(struct remote_thread *thread)
{
	siginfo_t info = {0};

	if (ptrace(PTRACE_GETSIGINFO, thread->tid, NULL, &info) == 0) {
		thread->state = REMOTE_STANDS;
		/* si_code above the low byte is ptrace's own event; without one
		 * the thread was about to get a signal, which is passed on. */
		thread->signal =
		    info.si_code >> 8 == PTRACE_EVENT_STOP ? 0 : info.si_signo;
	} else if (errno == EINVAL) {
		/* A group stop of the whole process, which stays stopped
		 * afterwards. */
		thread->state = REMOTE_STANDS;
		thread->signal = 0;
	} else if (stop_has_ended(thread)) {
		thread->state = REMOTE_RUNS;
	}
	if (thread->state == REMOTE_STANDS)
		waitid(P_PID, thread->tid, &info, WSTOPPED | WNOHANG | __WALL);
}

static void remote_wait_stopped(struct remote_thread *thread, int64_t limit_ns)
{
	int64_t start = clock_mono_ns();

	for (;;) {
		int64_t spent;

		stop_read_state(thread);
		if (thread->state != REMOTE_STOPPING)
			return;
		spent = clock_mono_ns() - start;
		if (spent > limit_ns)
			return;
		if (spent < SPIN_NS)
			sched_yield();
		else
			nanosleep(&(struct timespec){0, NAP_NS}, NULL);
	}
}

/* Asks it to stop. */
static int stop_request(struct remote_thread *thread, pid_t tid)
{
	siginfo_t info;

	thread->tid = tid;
	thread->signal = 0;
	thread->ours =
	    waitid(P_PID, tid, &info, WEXITED | WNOWAIT | WNOHANG) == 0;
	if (stop_trace(PTRACE_SEIZE, tid, 0) < 0)
		return -1;
	thread->state = REMOTE_STOPPING;
	stop_trace(PTRACE_INTERRUPT, tid, 0);
	return 0;
}

static int stop_answer(const struct remote_thread *thread)
{
	if (thread->state == REMOTE_STANDS)
		return 0;
	errno = thread->state == REMOTE_RUNS ? ESRCH : ETIMEDOUT;
	return -1;
}

int remote_stop(struct remote_thread *thread, pid_t tid, int64_t limit_ns)
{
	if (!remote_settle(thread)) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (stop_request(thread, tid) < 0)
		return -1;
	remote_wait_stopped(thread, limit_ns);
	return stop_answer(thread);
}

void remote_resume(struct remote_thread *thread)
{
	if (thread->state != REMOTE_STANDS)
		return;
	/* If it fails, the thread has just been killed, or it is tried
	 * again. */
	if (stop_trace(PTRACE_DETACH, thread->tid, thread->signal) < 0)
		thread->state = REMOTE_STOPPING;
	else
		thread->state = REMOTE_RUNS;
}

bool remote_settle(struct remote_thread *thread)
{
	if (thread->state == REMOTE_STOPPING)
		stop_read_state(thread);
	remote_resume(thread);
	return thread->state == REMOTE_RUNS;
}

static bool remote_has_thread(const struct remote_threads *threads, pid_t tid)
{
	for (size_t i = 0; i < threads->len; i++)
		if (threads->items[i].tid == tid)
			return true;
	return false;
}

/* A thread that has ended stays in the list until it is reaped (the main thread
 * as long as there are others), and can't be traced. */
static bool stop_is_over(pid_t tid)
{
	struct proc_stat stat;
	int error = procfs_stat_once(tid, &stat);

	return error ? error != EIO : stat.is_ending;
}

/* Asks new threads to stop; returns their number, or -1. */
static int remote_request_new(struct remote_threads *threads, pid_t pid)
{
	struct remote_thread thread = {0};
	char path[64];
	struct dirent *entry;
	int count = 0, error;
	DIR *directory;

	procfs_path(path, sizeof(path), pid, "task");
	directory = opendir(path);
	if (!directory)
		return -1;
	while (count >= 0 && (errno = 0, entry = readdir(directory))) {
		pid_t tid = atoi(entry->d_name);

		if (tid <= 0 || remote_has_thread(threads, tid))
			continue;
		if (stop_request(&thread, tid) == 0) {
			*array_push(threads) = thread;
			count++;
		} else if (errno == EPERM && !stop_is_over(tid)) {
			errno = EPERM;
			count = -1;
		} else if (errno != EPERM && errno != ESRCH) {
			count = -1;
		}
	}
	/* An incomplete list may lack a thread, which would run on. */
	if (!entry && errno)
		count = -1;
	error = errno;
	closedir(directory);
	errno = error;
	return count;
}

static int remote_wait_all(struct remote_threads *threads, int64_t deadline_ns)
{
	for (size_t i = 0; i < threads->len; i++) {
		struct remote_thread *thread = &threads->items[i];

		if (thread->state == REMOTE_STOPPING)
			remote_wait_stopped(
			    thread, deadline_ns - clock_mono_ns());
		if (thread->state == REMOTE_STOPPING) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

int remote_stop_all(struct remote_threads *threads, pid_t pid, int64_t limit_ns)
{
	int64_t deadline = clock_mono_ns() + limit_ns;
	int error = EAGAIN;

	*threads = (struct remote_threads){0};
	for (int round = 0; round < ROUNDS_MAX; round++) {
		int fresh = remote_request_new(threads, pid);

		if (fresh == 0 && threads->len)
			return 0;
		if (fresh <= 0 || remote_wait_all(threads, deadline) < 0) {
			error = fresh == 0 ? ESRCH : errno;
			break;
		}
	}
	remote_resume_all(threads);
	errno = error;
	return -1;
}

void remote_resume_all(struct remote_threads *threads)
{
	for (size_t i = 0; i < threads->len; i++)
		remote_settle(&threads->items[i]);
	/* One that has not stopped yet must not stop without a tracer. */
	for (size_t i = 0; i < threads->len; i++) {
		if (threads->items[i].state == REMOTE_STOPPING)
			remote_wait_stopped(
			    &threads->items[i], RESUME_LIMIT_NS);
		remote_resume(&threads->items[i]);
	}
	array_free(threads);
}
