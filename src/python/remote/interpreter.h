/* SPDX-License-Identifier: MIT
 *
 * Finds a CPython interpreter in another process: its version, and the
 * addresses of its structures. Nothing in the process is changed or run.
 * Supported are CPython 3.8 to 3.15 on x86-64, 3.13 and 3.14 also without a
 * GIL.
 */
#ifndef MPROF_PYTHON_REMOTE_INTERPRETER_H
#define MPROF_PYTHON_REMOTE_INTERPRETER_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "python/remote/memory.h"
#include "python/remote/offsets.h"

enum python_result {
	PYTHON_OK,
	PYTHON_NONE,        /* the process runs no Python */
	PYTHON_EARLY,       /* its Python is not initialised yet: try again */
	PYTHON_UNSUPPORTED, /* its Python can't be read */
	PYTHON_DENIED,      /* the process may not be read */
	PYTHON_GONE         /* there is no such process */
};

struct python_target {
	pid_t pid;
	pid_t thread;     /* a living thread by which the process is read: pid,
			     unless its main thread has ended */
	int minor, micro; /* of 3.MINOR.MICRO; micro -1: unknown */
	struct python_offsets offsets;
	struct python_memory memory; /* the live process */
	uint64_t runtime;            /* _PyRuntime */
	uint64_t interpreter;        /* the newest interpreter's state */
	uint64_t type_type;          /* &PyType_Type; 0: not exported */
	uint64_t code_type;          /* &PyCode_Type; 0: likewise */
	uint64_t generator_type;     /* &PyGen_Type; 0: likewise */
	char file[256]; /* path of the file that holds _PyRuntime; shortened */
};

/* Examines pid; fills target on PYTHON_OK, and e otherwise. Takes about a
 * millisecond, keeps nothing open and allocates nothing. */
enum python_result python_open(struct python_target *target, pid_t pid,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Says in e why pid can't be read: which setting forbids it, and what would
 * help. Returns PYTHON_DENIED; PYTHON_GONE where error is ESRCH; or
 * PYTHON_EARLY where another try may succeed. */
enum python_result python_refusal(pid_t pid, int error, struct err *e)
    __attribute__((nonnull));

#endif
