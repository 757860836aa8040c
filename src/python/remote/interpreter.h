/* SPDX-License-Identifier: MIT
 *
 * A CPython interpreter in another process: that there is one, which version
 * it is and where it keeps its things. Nothing of the process is touched or
 * run. Supported are CPython 3.8 to 3.15 on x86-64, 3.13 and 3.14 without a GIL
 * too.
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
	PYTHON_EARLY,       /* it does, but has not come up yet: try again */
	PYTHON_UNSUPPORTED, /* it does, and we can't read that one */
	PYTHON_DENIED,      /* we may not read the process */
	PYTHON_GONE         /* there is no such process */
};

struct python_target {
	pid_t pid;
	pid_t thread; /* a living one, by which the process is read: pid, but
		       * where its main thread has ended */
	int minor, micro; /* of 3.MINOR.MICRO; micro -1 where not told */
	struct python_offsets offsets;
	struct python_memory memory; /* the live process */
	uint64_t runtime;            /* _PyRuntime */
	uint64_t interpreter;        /* the newest interpreter's state */
	uint64_t type_type;          /* &PyType_Type; 0 where not exported */
	uint64_t code_type;          /* &PyCode_Type; the same */
	uint64_t generator_type;     /* &PyGen_Type; the same */
	char file[256];              /* what holds _PyRuntime; shortened */
};

/* Looks at pid; fills target at PYTHON_OK, and e otherwise. Costs about a
 * millisecond, holds nothing open and allocates nothing. */
enum python_result python_open(struct python_target *target, pid_t pid,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Says in e why pid can't be read: which setting stands in the way, and what
 * would help. Returns PYTHON_DENIED, PYTHON_GONE where error is ESRCH, or
 * PYTHON_EARLY where another try may do. */
enum python_result python_refusal(pid_t pid, int error, struct err *e)
    __attribute__((nonnull));

#endif
