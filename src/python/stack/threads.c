// SPDX-License-Identifier: MIT
#include "python/stack/threads.h"

#include <unistd.h>

#include "proc/namespace.h"
#include "proc/procfs.h"
#include "python/stack/stack.h"

#define THREADS_MAX 4096
#define LIBC_THREAD_BYTES 1024 /* size of libc's own thread structure */
#define OTHERS_MAX 256         /* each step takes a read */

static uint64_t threads_next(const struct stack_source *source, uint64_t thread)
{
	uint64_t next = 0;

	memory_u64(&source->target.memory,
	    thread + source->target.offsets.thread_next, &next);
	return next;
}

static uint64_t threads_first(const struct stack_source *source)
{
	uint64_t first = 0;

	memory_u64(&source->target.memory,
	    source->interpreter + source->target.offsets.interpreter_threads,
	    &first);
	return first;
}

/* The wanted thread where it is in the list, else the last: the oldest. */
static uint64_t threads_find(const struct stack_source *source, uint64_t wanted)
{
	uint64_t thread = threads_first(source), next;

	for (int i = 0; thread && thread != wanted && i < THREADS_MAX; i++) {
		next = threads_next(source, thread);
		if (!next)
			break;
		thread = next;
	}
	return thread;
}

/* Whether a thread is attached: without a GIL, one that runs Python code is
 * attached to its interpreter. */
static bool thread_is_attached(
    const struct stack_source *source, uint64_t thread)
{
	enum { ATTACHED = 1 };
	uint32_t state = 0;

	memory_u32(&source->target.memory,
	    thread + (uint64_t)source->target.offsets.thread_state, &state);
	return state == ATTACHED;
}

uint64_t threads_other(const struct stack_source *source, uint64_t running,
    uint64_t after, bool attached)
{
	uint64_t thread = threads_first(source), first = 0;
	bool passed = false;

	for (int i = 0; thread && i < OTHERS_MAX; i++) {
		bool is_one = thread != running &&
			      (!attached || thread_is_attached(source, thread));

		if (is_one && passed)
			return thread;
		if (is_one && !first)
			first = thread;
		passed |= thread == after;
		thread = threads_next(source, thread);
	}
	return first;
}

uint64_t threads_holder(
    const struct stack_source *source, const struct threads_lock *lock)
{
	const struct python_offsets *o = &source->target.offsets;

	if (!source->lock)
		return 0;
	if (!source->gil)
		return lock->current;
	return (int)field_u32(lock->gil, o->gil_locked) > 0
		   ? field_u64(lock->gil, o->gil_last_holder)
		   : 0;
}

/* The first attached thread behind the previous one, in a circle. */
static uint64_t threads_attached(struct stack_source *source, bool *held)
{
	uint64_t thread = threads_first(source), first = 0, behind = 0;
	bool passed = false;

	source->attached = 0;
	for (int i = 0; thread && i < OTHERS_MAX; i++) {
		if (thread_is_attached(source, thread)) {
			source->attached++;
			if (!first)
				first = thread;
			if (passed && !behind)
				behind = thread;
		}
		passed |= thread == source->running;
		thread = threads_next(source, thread);
	}
	*held = first != 0;
	if (!first)
		return threads_find(source, source->running);
	source->attached--;
	return behind ? behind : first;
}

uint64_t threads_running(struct stack_source *source, bool *held)
{
	const struct python_memory *memory = &source->target.memory;
	struct threads_lock lock = {.current = 0};
	uint64_t holder;

	if (!source->lock)
		return threads_attached(source, held);
	if (memory_read(memory, source->lock, lock.gil, sizeof(lock.gil)) < 0)
		return 0;
	if (source->current)
		memory_u64(memory, source->current, &lock.current);
	holder = threads_holder(source, &lock);
	*held = holder != 0;
	/* A thread that released it may have ended since. */
	return holder ? holder
		      : threads_find(source,
			    field_u64(lock.gil,
				source->target.offsets.gil_last_holder));
}

/* Up to 3.10 a thread state has only libc's handle, the address of a structure
 * that holds the kernel's id at some offset, which the main thread shows. */
static int threads_find_tid_offset(const struct stack_source *source)
{
	const struct python_memory *memory = &source->target.memory;
	uint64_t thread = threads_find(source, 0), libc;
	char bytes[LIBC_THREAD_BYTES];

	if (!thread ||
	    memory_u64(
		memory, thread + source->target.offsets.thread_id, &libc) < 0 ||
	    memory_read(memory, libc, bytes, sizeof(bytes)) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(bytes); i += sizeof(uint32_t))
		if (field_u32(bytes, i) == (uint32_t)source->inner_pid)
			return (int)i;
	return 0;
}

void threads_prepare(struct stack_source *source)
{
	const struct python_offsets *o = &source->target.offsets;

	source->inner_pid = namespace_inner_pid(source->target.pid);
	if (o->free_threaded)
		return;
	if (o->interpreter_gil != OFFSET_ABSENT)
		memory_u64(&source->target.memory,
		    source->interpreter + o->interpreter_gil, &source->gil);
	source->lock =
	    source->gil ? source->gil : source->target.runtime + o->runtime_gil;
	source->current =
	    source->gil ? 0 : source->target.runtime + o->runtime_current;
	if (o->thread_native_id == OFFSET_ABSENT)
		source->tid_offset = threads_find_tid_offset(source);
}

static bool threads_is_task(pid_t pid, pid_t tid)
{
	char path[64];

	procfs_path(path, sizeof(path), pid, "task/%d", (int)tid);
	return tid > 0 && access(path, F_OK) == 0;
}

pid_t threads_kernel_id(const struct stack_source *source, uint64_t thread)
{
	const struct python_memory *memory = &source->target.memory;
	const struct python_offsets *o = &source->target.offsets;
	uint64_t libc, native = 0;
	uint32_t tid = 0;

	if (o->thread_native_id != OFFSET_ABSENT) {
		memory_u64(memory, thread + o->thread_native_id, &native);
		tid = native <= INT32_MAX ? (uint32_t)native : 0;
	} else if (source->tid_offset &&
		   memory_u64(memory, thread + o->thread_id, &libc) == 0) {
		memory_u32(memory, libc + source->tid_offset, &tid);
	}
	/* In a container, its ids may be other threads' outside. */
	if (source->inner_pid != source->target.pid)
		return namespace_outer_tid(source->target.pid, (pid_t)tid);
	return threads_is_task(source->target.pid, (pid_t)tid) ? (pid_t)tid : 0;
}
