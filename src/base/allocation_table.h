/* SPDX-License-Identifier: MIT
 *
 * The table of sampled allocations that one recorded process keeps in a file
 * which it maps (MAP_SHARED), and which the recorder reads with pread(): the
 * only thing that both sides know of each other. The writer never waits for
 * the reader, makes no system call for a sample, and what it wrote outlives
 * it. Everything in it is hostile to the reader.
 *
 * The file is a header, then ALLOCATION_SLOTS slots, then a log of what the
 * slots name by offset: stacks and frames, each written once, before the
 * first slot that uses it. The file is sparse; numbers are native.
 *
 * One allocation in about `period` bytes is sampled, with probability
 * 1 - exp(-size / period) (Poisson sampling by bytes, as the heap profiles of
 * tcmalloc and Go do it); it stands for size / (1 - exp(-size / period))
 * bytes with the period of its own time. The variance of a sum of weights is
 * the sum of weight * (weight - size) (Horvitz and Thompson).
 */
#ifndef MPROF_BASE_ALLOCATION_TABLE_H
#define MPROF_BASE_ALLOCATION_TABLE_H

#include <stdint.h>

/* The library that writes it. */
#define ALLOCATION_LIBRARY "allocation.so"
/* The folder of the tables, in the environment of the recorded program; a
 * process makes a file there at its first sample, a forked child where it
 * holds more or lives longer than is little, which is named PID.N, N from
 * 0: after an exec the next free one. A process may have become another user
 * by then. */
#define ALLOCATION_VARIABLE "MPROF_ALLOCATIONS"
/* The period in bytes, which then stays as long as the table has room; without
 * it the period begins with ALLOCATION_PERIOD and follows what samples cost. */
#define ALLOCATION_PERIOD_VARIABLE "MPROF_ALLOCATION_PERIOD"
/* "1": the frames of C are wanted below those of Python also where Python's own
 * allocators are called. */
#define ALLOCATION_NATIVE_VARIABLE "MPROF_ALLOCATION_NATIVE"

enum {
	ALLOCATION_MAGIC = 0x6d70616c,
	ALLOCATION_VERSION = 1,
	ALLOCATION_PERIOD = 64 << 10,
	ALLOCATION_SLOTS = 1 << 15, /* when these are full the period doubles */
	ALLOCATION_LOG = 32 << 20,  /* bytes; when it is full no new stacks */
	ALLOCATION_DEPTH = 64,      /* frames a stack, innermost first */
};

/* Flags: the allocators that are hooked in this process. */
enum {
	ALLOCATION_MALLOC = 1,       /* the malloc family */
	ALLOCATION_PYTHON = 2,       /* CPython's OBJ and MEM domains */
	ALLOCATION_OWN_MALLOC = 4,   /* the program defines malloc itself */
	ALLOCATION_NO_BACKTRACE = 8, /* stacks of C code can't be taken */
	ALLOCATION_OWN_HEAP = 16,    /* it has another allocator besides */
};

struct allocation_header {
	uint32_t magic, version;
	uint32_t pid; /* in the process's own namespace */
	uint32_t flags;
	uint64_t start_ns;       /* CLOCK_REALTIME: hooked since then */
	uint64_t period;         /* now */
	uint64_t used;           /* slots from the first that were ever used */
	uint64_t log_used;       /* bytes of the log that are whole */
	uint64_t taken, dropped; /* samples so far, and of these freed */
	uint64_t thinned;        /* dropped because the table was full */
	uint64_t failed;         /* samples without a stack */
	/* Its mount namespace, as /proc/self/ns/mnt has it, and its root: a
	 * path of the log is another file elsewhere. 0: not known. */
	uint64_t mounts, root_device, root_inode;
	uint64_t reserved[3];
};

/* A slot holds a sampled allocation that was not freed, or nothing: serial is
 * 0 then, and it is written last when a slot is filled and first when it is
 * emptied (release order). A serial is never used twice in a table: a sample
 * that only gets another weight gets another serial with it. */
struct allocation_slot {
	uint64_t serial;
	uint64_t address;
	uint64_t size;    /* as asked for */
	uint64_t weight;  /* bytes that it stands for */
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint32_t stack; /* offset of an allocation_stack in the log; ~0: none */
	uint32_t thread; /* its kernel number */
};

/* Records of the log; each begins at a multiple of 8 with a kind and its
 * whole length in bytes. */
enum {
	ALLOCATION_STACK = 1,
	ALLOCATION_FRAME = 2,
	ALLOCATION_MODULE = 3,
};

struct allocation_entry {
	uint32_t kind, bytes;
};

/* count frames, innermost first, from the code that called the allocator on: a
 * return address less one, or, with the highest bit set, the offset of an
 * allocation_frame in the log. */
#define ALLOCATION_IS_FRAME (UINT64_C(1) << 63)
struct allocation_stack {
	struct allocation_entry entry;
	uint64_t count;
	uint64_t frames[];
};

/* A frame of Python code: the file's path and the function's qualified name
 * behind each other, each ended by a zero byte. */
struct allocation_frame {
	struct allocation_entry entry;
	uint64_t line;
	char text[];
};

/* An object file that was mapped: code at [begin, end) is the file's at
 * address - bias. It is written before the first stack that has an address
 * in it. */
struct allocation_module {
	struct allocation_entry entry;
	uint64_t begin, end, bias;
	char path[];
};

/* Offsets of the parts of the file. */
enum {
	ALLOCATION_SLOTS_AT = 4096,
	ALLOCATION_LOG_AT =
	    ALLOCATION_SLOTS_AT +
	    ALLOCATION_SLOTS * (int)sizeof(struct allocation_slot),
	ALLOCATION_FILE = ALLOCATION_LOG_AT + ALLOCATION_LOG,
};

#endif
