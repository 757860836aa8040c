/* SPDX-License-Identifier: MIT
 *
 * The messages in which the module touched.so tells the recorder of pages that
 * a process touched first. It runs in its own process, which may die: the two
 * share only a pair of sockets (SOCK_SEQPACKET), on which each message is a
 * packet. Everything in a message is hostile to the recorder, as it comes from
 * recorded programs.
 *
 * One page in about `period` bytes of growth is sampled: systematic sampling
 * of faults by the growth of their process's resident memory. A sample
 * represents that growth until its page is no longer resident.
 */
#ifndef MPROF_BASE_TOUCHED_FEED_H
#define MPROF_BASE_TOUCHED_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	TOUCHED_MODULE_VERSION = 2,
	TOUCHED_DEPTH = 64,        /* frames of a stack, innermost first */
	TOUCHED_MESSAGE = 32 << 10 /* bytes of the longest message */
};

enum touched_kind { TOUCHED_READY, TOUCHED_PAGE, TOUCHED_LEFT, TOUCHED_STATE };

/* Begins each message. */
struct touched_head {
	uint32_t kind;
	uint32_t count; /* number of frames or ids */
};

/* The first message: whether faults can be sampled. */
struct touched_ready {
	struct touched_head head;
	int32_t error;     /* errno if not; 0 */
	int32_t in_kernel; /* faults in system calls are included */
};

/* A sample. It is followed by three texts for each frame: file, line and
 * function. Machine code without a name has its object file, 0, and "+0x" with
 * the address, a return address minus one. */
struct touched_page {
	struct touched_head head;
	int64_t time_ns; /* CLOCK_REALTIME */
	uint64_t bytes;  /* bytes that it represents */
	uint32_t id;     /* from 1, ascending */
	int32_t pid;
};

/* Samples whose pages are no longer resident. */
struct touched_left {
	struct touched_head head;
	int32_t pid;
	uint32_t ended; /* because their process has ended */
	/* CLOCK_REALTIME: when it was found out, and when their process ended,
	 * or executed another program; 0: not known. */
	int64_t found_ns, ended_ns;
	uint32_t ids[];
};

/* The state of sampling: sent ten times a second if it changed, and at the
 * end. */
struct touched_state {
	struct touched_head head;
	uint64_t period; /* bytes */
	uint64_t lost;   /* faults for which the kernel had no room */
	uint64_t failed; /* samples without a stack */
};

struct touched_request {
	int feed;     /* socket; the other end closes it */
	pid_t pid;    /* process to watch, with its future descendants */
	bool running; /* false: it is going to execute the program */
};

struct touched_module {
	int version;
	/* Returns when the other end of the feed was closed for writing, and
	 * everything was sent. */
	void (*run)(const struct touched_request *request);
};

/* The module's one symbol, a const struct touched_module. */
#define TOUCHED_MODULE_SYMBOL "mprof_touched_module"

#endif
