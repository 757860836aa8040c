/* SPDX-License-Identifier: MIT
 *
 * The page faults of a process and of all that it starts, sampled by the
 * kernel: perf_event_open(2), a ring buffer for each processor. The kernel
 * adapts the period to the rate of faults, so that each fault in a huge page is
 * sampled and those in small pages seldom.
 */
#ifndef MPROF_TOUCHED_RINGS_H
#define MPROF_TOUCHED_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/array.h"

enum { RINGS_REGISTERS = 17 };

enum rings_what {
	RINGS_FAULT,
	RINGS_EXEC, /* it executes another program from now on */
	RINGS_MAP   /* code was mapped */
};

/* A sampled fault, or what became of a process. */
struct rings_event {
	enum rings_what what;
	pid_t pid, tid;
	int64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t address;
	uint64_t faults;   /* that it stands for */
	int64_t block_kib; /* the caller's; 0 */
	size_t ring;       /* and its place there */
	uint64_t at;
};

/* The thread at a fault. */
struct rings_thread {
	uint64_t registers[RINGS_REGISTERS]; /* by their DWARF numbers */
	const uint8_t *stack;                /* from the stack pointer on */
	size_t stack_len;
};

struct ring {
	void *map;
	uint64_t size; /* of the data, a power of two */
	uint64_t head; /* read so far */
};

struct rings {
	ARRAY(int) fds;
	ARRAY(struct ring) all;
	ARRAY(struct rings_event) events;
	size_t size;    /* of the data of a ring that is opened next */
	bool in_kernel; /* faults within system calls are seen */
	uint64_t lost;
	uint8_t *copy; /* of a record that the ring's end cuts in two */
};

/* pid: a process; running: with all of its threads and descendants, from now
 * on; else it is to execute a program, and that is watched. -1 with errno
 * where it is refused. The caller finishes in any case. */
int rings_open(struct rings *rings, pid_t pid, bool running)
    __attribute__((nonnull));
void rings_finish(struct rings *rings) __attribute__((nonnull));

/* Fills events with what is new, in order of time. */
void rings_read(struct rings *rings) __attribute__((nonnull));

/* The thread of a fault among events; false where nothing was recorded of it,
 * as of a 32-bit program. It is good until rings_release(). */
bool rings_thread(struct rings *rings, const struct rings_event *event,
    struct rings_thread *thread) __attribute__((nonnull));

/* Gives the room of all events back to the kernel. */
void rings_release(struct rings *rings) __attribute__((nonnull));

#endif
