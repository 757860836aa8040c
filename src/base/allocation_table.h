/* SPDX-License-Identifier: MIT
 *
 * The table of sampled allocations that one recorded process keeps in a file
 * which it maps (MAP_SHARED), and which the recorder reads with pread(): the
 * only thing that both sides know of each other. The writer never waits for
 * the reader, makes no system call for most samples, and what it wrote outlives
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
/* Directory of the tables, in the recorded program's environment. A process
 * creates a file there at its first sample; a forked child once it holds, or
 * lives for, more than a little. The file is named PID.N, N from 0: after an
 * exec the next free number. PID is the one in the process's own namespace. The
 * process may have another user by then. */
#define ALLOCATION_VARIABLE "MPROF_ALLOCATIONS"
/* The period in bytes, which is then kept as long as the table has room;
 * otherwise it starts at ALLOCATION_PERIOD and follows the cost of samples. */
#define ALLOCATION_PERIOD_VARIABLE "MPROF_ALLOCATION_PERIOD"
/* "1": records C frames below Python's, also where Python's own allocators are
 * called. */
#define ALLOCATION_NATIVE_VARIABLE "MPROF_ALLOCATION_NATIVE"
/* Filters of system calls (seccomp) that the recorder has itself. A program
 * with more of them is not sampled: see src/allocation/filter.h. */
#define ALLOCATION_FILTERS_VARIABLE "MPROF_ALLOCATION_FILTERS"

enum {
	ALLOCATION_MAGIC = 0x6d70616c,
	ALLOCATION_VERSION = 1,
	ALLOCATION_PERIOD = 64 << 10,
	ALLOCATION_SLOTS = 1 << 15, /* when they are full the period doubles */
	/* bytes; when it is full, no new stacks are added. */
	ALLOCATION_LOG = 32 << 20,
	ALLOCATION_DEPTH = 64, /* frames a stack, innermost first */
};

/* Flags: hooked allocators of this process. */
enum {
	ALLOCATION_MALLOC = 1,       /* the malloc family */
	ALLOCATION_PYTHON = 2,       /* CPython's OBJ and MEM domains */
	ALLOCATION_OWN_MALLOC = 4,   /* the program defines malloc itself */
	ALLOCATION_NO_BACKTRACE = 8, /* stacks of C code can't be taken */
	ALLOCATION_OWN_HEAP = 16,    /* it has another allocator, too */
	/* It has set a filter of system calls; no more samples are taken. */
	ALLOCATION_FILTERED = 32,
	/* It has locked its memory, under a limit that the table would have
	 * exceeded; no more samples are taken. */
	ALLOCATION_LOCKED = 64,
};

struct allocation_header {
	uint32_t magic, version;
	uint32_t pid; /* in the process's own namespace */
	uint32_t flags;
	uint64_t start_ns; /* CLOCK_REALTIME when the file was created */
	uint64_t period;   /* present period */
	uint64_t used;     /* slots, from the first, that were ever used */
	uint64_t log_used; /* bytes of complete records in the log */
	uint64_t taken, dropped; /* samples taken so far; samples freed */
	uint64_t thinned; /* samples dropped because the table was full */
	uint64_t failed;  /* samples without a stack */
	/* The process's mount namespace, as in /proc/self/ns/mnt, and its root:
	 * elsewhere a path in the log is another file. 0: unknown. */
	uint64_t mounts, root_device, root_inode;
	/* Not 0: the recorder has seen a filter of system calls that was set
	 * without the library's knowledge, which makes no more of them. The
	 * only field that the recorder writes. */
	uint64_t leave;
	/* The process's pid namespace, as in /proc/self/ns/pid. 0: unknown. */
	uint64_t pids;
	uint64_t lost; /* samples and frees that couldn't be noted */
};

/* A slot holds a sampled allocation that was not freed, or nothing (serial 0).
 * serial is written last when a slot is filled and first when it is emptied
 * (release order), and never used twice in a table: a sample that gets another
 * weight gets another serial. */
struct allocation_slot {
	uint64_t serial;
	uint64_t address;
	uint64_t size;    /* as requested */
	uint64_t weight;  /* bytes that it represents */
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint32_t stack; /* offset of an allocation_stack in the log; ~0: none */
	uint32_t thread; /* kernel's id */
};

/* Records of the log; each begins at a multiple of 8 with its kind and length
 * in bytes. */
enum {
	ALLOCATION_STACK = 1,
	ALLOCATION_FRAME = 2,
	ALLOCATION_MODULE = 3,
};

struct allocation_entry {
	uint32_t kind, bytes;
};

/* count frames, innermost first, beginning with the code that called the
 * allocator: a return address minus one, or, with the highest bit set, the
 * offset of an allocation_frame in the log. */
#define ALLOCATION_IS_FRAME (UINT64_C(1) << 63)
struct allocation_stack {
	struct allocation_entry entry;
	uint64_t count;
	uint64_t frames[];
};

/* A frame of Python code: the file's path and the function's qualified name,
 * each terminated by a zero byte. */
struct allocation_frame {
	struct allocation_entry entry;
	uint64_t line;
	char text[];
};

/* A mapped object file: code at [begin, end) is at address - bias in the file.
 * It is written before the first stack with an address in it. */
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
