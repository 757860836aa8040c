/* SPDX-License-Identifier: MIT
 *
 * The page faults of a process and of all that it starts, sampled by the
 * kernel: perf_event_open(2), a ring buffer for each processor. The kernel
 * adapts the period to the rate of faults, so that those in small pages are
 * sampled seldom. It adapts it with the next sample alone: after a quick run of
 * faults the period is that of this run, until so many more came. Faults in
 * huge pages are few. A second event, which is switched on and off, samples
 * each fault.
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
	uint64_t among;    /* both events sampled it: so many of which some were
			      sampled each by itself; 0 */
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
	ARRAY(int) each_fds; /* of the events of each fault; none: refused */
	bool each;           /* these are on */
	pid_t unwatched;     /* what starts the program, whose faults are not
				the program's; 0 */
	ARRAY(struct ring) all;
	ARRAY(struct rings_event) events;
	size_t size;    /* of the data of a ring that is opened next */
	bool in_kernel; /* faults within system calls are seen */
	bool crowded;   /* a ring is half full */
	uint64_t lost;
	uint8_t *copy; /* of a record that the ring's end cuts in two */
};

/* pid: a process; running: with all of its threads and descendants, from now
 * on; else it is to execute a program, and that is watched. -1 with errno
 * where it is refused. The caller finishes in any case. */
int rings_open(struct rings *rings, pid_t pid, bool running)
    __attribute__((nonnull));
void rings_finish(struct rings *rings) __attribute__((nonnull));

/* Whether each fault is sampled from now on. */
void rings_sample_each(struct rings *rings, bool each) __attribute__((nonnull));

/* Adds to events what is new, in order of time. */
void rings_read(struct rings *rings) __attribute__((nonnull));

/* The thread of a fault among events; false where nothing was recorded of it,
 * as of a 32-bit program. It is good until rings_release(). */
bool rings_thread(struct rings *rings, const struct rings_event *event,
    struct rings_thread *thread) __attribute__((nonnull));

/* Drops the first so many events, and gives room that none is left in back to
 * the kernel. */
void rings_release(struct rings *rings, size_t count) __attribute__((nonnull));

#endif
