// SPDX-License-Identifier: MIT
#include "python/remote/remote_exec.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "python/remote/remote.h"

enum {
	PATH_MAX_BYTES = 4096,
	STOP_BIT = 1 << 5, /* _PY_EVAL_PLEASE_STOP_BIT */
	WORD_THREADS_MAIN = 10
};

/* The last words of _Py_DebugOffsets, which describe the interface. */
struct remote_exec_words {
	uint64_t breaker, support;      /* in the thread state */
	uint64_t enabled;               /* in the interpreter state */
	uint64_t flag, path, path_size; /* from support on */
};

static int remote_exec_check_version(
    const struct python_target *target, struct err *e)
{
	if (target->offsets.remote_exec_word == OFFSET_ABSENT)
		return err_set(e,
		    "process %d: CPython 3.%d can't load code while it runs, "
		    "3.14 can: restart it under mprof run --python",
		    (int)target->pid, target->minor);
	return 0;
}

static int remote_exec_fail(struct err *e, pid_t pid)
{
	return err_errno(e, "process %d: its main thread's state", (int)pid);
}

/* The state of the main thread; 0 where it can't be found. */
static uint64_t remote_exec_main_thread(const struct python_target *target)
{
	uint64_t offset = 0, thread = 0, native = 0;

	memory_u64(&target->memory,
	    target->runtime + WORD_THREADS_MAIN * sizeof(offset), &offset);
	memory_u64(&target->memory, target->interpreter + offset, &thread);
	memory_u64(&target->memory,
	    thread + (uint64_t)target->offsets.thread_native_id, &native);
	return native == (uint64_t)target->pid ? thread : 0;
}

static int remote_exec_check_use(const struct remote_exec *exec,
    const struct python_memory *memory, uint64_t enabled, struct err *e)
{
	uint32_t is_enabled = 0, flag = 0;

	if (memory_u32(memory, enabled, &is_enabled) < 0 ||
	    memory_u32(memory, exec->flag, &flag) < 0)
		return remote_exec_fail(e, exec->pid);
	if (is_enabled > 1 || flag > 1 || exec->path_size < 16 ||
	    exec->path_size > PATH_MAX_BYTES)
		return err_set(e,
		    "process %d: not supported: its table of offsets makes no "
		    "sense",
		    (int)exec->pid);
	if (!is_enabled)
		return err_set(e,
		    "process %d: its remote debugging is switched off "
		    "(PYTHON_DISABLE_REMOTE_DEBUG, -X disable-remote-debug): "
		    "restart it without that, or under mprof run",
		    (int)exec->pid);
	if (flag)
		return err_set(e,
		    "process %d: another request waits for its main thread "
		    "to run Python code: try again later",
		    (int)exec->pid);
	return 0;
}

bool remote_exec_is_offered(pid_t pid)
{
	struct python_target target;
	struct err ignored;

	return python_open(&target, pid, &ignored) == PYTHON_OK &&
	       target.offsets.remote_exec_word != OFFSET_ABSENT;
}

int remote_exec_init(struct remote_exec *exec, pid_t pid, struct err *e)
{
	struct python_target target;
	struct remote_exec_words words;
	uint64_t thread;

	*exec = (struct remote_exec){.pid = pid};
	if (python_open(&target, pid, e) != PYTHON_OK ||
	    remote_exec_check_version(&target, e) != 0)
		return -1;
	if (memory_read(&target.memory,
		target.runtime + 8 * (uint64_t)target.offsets.remote_exec_word,
		&words, sizeof(words)) < 0)
		return remote_exec_fail(e, pid);
	thread = remote_exec_main_thread(&target);
	if (!thread)
		return err_set(e,
		    "process %d: its main thread runs no Python; try again "
		    "when it does",
		    (int)pid);
	exec->breaker = thread + words.breaker;
	exec->flag = thread + words.support + words.flag;
	exec->path = thread + words.support + words.path;
	exec->path_size = words.path_size;
	return remote_exec_check_use(
	    exec, &target.memory, target.interpreter + words.enabled, e);
}

static int remote_exec_write(
    const struct remote_exec *exec, uint64_t at, const void *bytes, size_t len)
{
	struct iovec here = {(void *)(uintptr_t)bytes, len};
	struct iovec there = {(void *)(uintptr_t)at, len};
	ssize_t wrote = process_vm_writev(exec->pid, &here, 1, &there, 1, 0);

	if (wrote >= 0 && wrote != (ssize_t)len)
		errno = EFAULT;
	return wrote == (ssize_t)len ? 0 : -1;
}

/* Called while none of its threads runs. */
static int remote_exec_write_all(
    const struct remote_exec *exec, const char *path)
{
	const struct python_memory memory = remote_memory(exec->pid);
	const uint32_t yes = 1;
	uint64_t bits;

	if (memory_u64(&memory, exec->breaker, &bits) < 0 ||
	    remote_exec_write(exec, exec->path, path, strlen(path) + 1) < 0 ||
	    remote_exec_write(exec, exec->flag, &yes, sizeof(yes)) < 0)
		return -1;
	bits |= STOP_BIT;
	return remote_exec_write(exec, exec->breaker, &bits, sizeof(bits));
}

int remote_exec_ask(struct remote_exec *exec, const char *path, struct err *e)
{
	struct remote_threads threads;
	int failed;

	if (strlen(path) >= exec->path_size)
		return err_set(e, "%s: too long a path for process %d", path,
		    (int)exec->pid);
	if (remote_stop_all(&threads, exec->pid, NS_PER_S) < 0)
		return err_errno(e, "process %d: can't be stopped for a moment",
		    (int)exec->pid);
	failed = remote_exec_write_all(exec, path);
	if (failed)
		remote_exec_fail(e, exec->pid);
	remote_resume_all(&threads);
	return failed;
}

bool remote_exec_is_taken(const struct remote_exec *exec)
{
	const struct python_memory memory = remote_memory(exec->pid);
	uint32_t flag;

	return memory_u32(&memory, exec->flag, &flag) < 0 || !flag;
}

bool remote_exec_withdraw(const struct remote_exec *exec)
{
	const uint32_t no = 0;
	struct remote_threads threads;
	bool withdrawn;

	if (remote_stop_all(&threads, exec->pid, NS_PER_S) < 0)
		return false;
	withdrawn = !remote_exec_is_taken(exec) &&
		    remote_exec_write(exec, exec->flag, &no, sizeof(no)) == 0;
	remote_resume_all(&threads);
	return withdrawn;
}
