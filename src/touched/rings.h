/* SPDX-License-Identifier: MIT
 *
 * The page faults of a process and its descendants, sampled by the kernel:
 * perf_event_open(2), with a ring buffer for each processor. The kernel adapts
 * the period to the rate of faults, so that faults in small pages are sampled
 * seldom. It adapts it only with the next sample: after a quick run of faults
 * its period remains until that many more occurred. Faults in huge pages are
 * few. A second event, which is switched on and off, samples each fault.
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
	RINGS_EXEC, /* another program was executed */
	RINGS_END,  /* a thread ended, perhaps the process's last one */
	RINGS_MAP   /* code was mapped */
};

/* A sampled fault, or a change of a process. */
struct rings_event {
	enum rings_what what;
	pid_t pid, tid;
	int64_t time_ns; /* CLOCK_MONOTONIC */
	uint64_t address;
	uint64_t faults;   /* faults that it represents */
	uint64_t among;    /* both events sampled it: number of faults, some of
			      which were sampled singly; 0 */
	int64_t block_kib; /* for the caller; 0 */
	size_t ring;       /* its ring, and position there */
	uint64_t at;
};

/* The thread at the time of a fault. */
struct rings_thread {
	/* By DWARF's numbers on x86-64, also in a 32-bit program. */
	uint64_t registers[RINGS_REGISTERS];
	bool is_narrow;       /* it runs 32-bit code */
	const uint8_t *stack; /* bytes from the stack pointer on */
	size_t stack_len;
};

struct ring {
	void *map;
	uint64_t size; /* of the data, a power of two */
	uint64_t head; /* position up to which it was read */
};

struct rings {
	ARRAY(int) fds;
	ARRAY(int) each_fds; /* single-fault events; none: refused */
	bool each;           /* these are enabled */
	pid_t unwatched; /* process that starts the program, whose faults don't
			    count; 0 */
	ARRAY(struct ring) all;
	ARRAY(struct rings_event) events;
	size_t size;    /* data size of the next ring to open */
	bool in_kernel; /* faults in system calls are seen */
	bool crowded;   /* a ring is half full */
	uint64_t lost;
	uint8_t *copy; /* a record that wraps around the ring's end */
};

/* pid: a process. running: watches it with all threads and descendants, from
 * now on; else watches the program that it is going to execute. -1 with errno
 * where that is refused. The caller finishes in any case. */
int rings_open(struct rings *rings, pid_t pid, bool running)
    __attribute__((nonnull));
void rings_finish(struct rings *rings) __attribute__((nonnull));

/* Switches sampling of each fault on or off. */
void rings_sample_each(struct rings *rings, bool each) __attribute__((nonnull));

/* Appends new events, sorted by time. */
void rings_read(struct rings *rings) __attribute__((nonnull));

/* The thread of one of the events; false where it was not recorded. Valid until
 * rings_release(). */
bool rings_thread(struct rings *rings, const struct rings_event *event,
    struct rings_thread *thread) __attribute__((nonnull));

/* Drops the first count events, and releases ring space that none needs. */
void rings_release(struct rings *rings, size_t count) __attribute__((nonnull));

#endif
