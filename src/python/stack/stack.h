/* SPDX-License-Identifier: MIT
 *
 * Reads the Python stack of a running thread. A stack read from a running
 * program may look plausible and be wrong, so each is read twice and used only
 * if both readings agree; if they keep differing, that one thread is stopped
 * for the read. An unchecked stack is never returned.
 */
#ifndef MPROF_PYTHON_STACK_STACK_H
#define MPROF_PYTHON_STACK_STACK_H

#include <sys/types.h>
#include <sys/uio.h>

#include "python/remote/interpreter.h"
#include "python/remote/remote.h"

#define STACK_DEPTH 256 /* innermost frames; a deeper stack is cut */
/* Including the interpreter's own frames: mostly one for each call from C. */
#define STACK_FRAMES (2 * STACK_DEPTH)
/* Code objects to read for them, including those that 3.13 runs after
 * __init__. */
#define STACK_CODES (STACK_DEPTH + 8)

/* One frame: its code object and position. The fields of the code object tell
 * apart two that have used the same address. */
struct python_frame {
	uint64_t address, previous, code, instruction;
	uint64_t filename, name, line_table, type;
	int first_line;
	uint32_t copy; /* index of the thread whose copy of the instructions it
			  runs; 0: the code's */
	bool shim;     /* the interpreter's own, without a code object */
};

/* The outermost frame of a thread; it is certain when it was seen twice. */
struct stack_root {
	uint64_t thread, frame, code;
	bool known;
};

#define STACK_ROOTS 16

/* A process whose stacks are read. */
struct stack_source {
	struct python_target target;
	uint64_t interpreter; /* the main interpreter */
	uint64_t gil;         /* 0: in the runtime (up to 3.11) */
	uint64_t lock;        /* address of the GIL's state, in either */
	/* Current thread in the runtime, where the GIL is there. */
	uint64_t current;
	/* The last running one, and the last of the others. */
	uint64_t running, last_other;
	int attached;   /* without the GIL: other threads that run at this
			   sample */
	int tid_offset; /* offset of the kernel's thread id in libc's structure;
			   0: unknown */
	pid_t inner_pid; /* pid in the process's own namespace */
	struct remote_thread stopped;
	struct stack_root roots[STACK_ROOTS];
	/* Read at once: the thread state that was read last, the beginning of
	 * its chunk of frames (since 3.11), frames outside of it, and code
	 * objects. */
	uint64_t thread, cframe, chunk;
	uint64_t base; /* the thread's last frame (since 3.15); 0: unknown */
	size_t chunk_len, frames_len, codes_len;
	uint64_t frames[STACK_FRAMES], codes[STACK_CODES];
};

/* Buffers for reading, for any number of sources in turn; over 100 KiB. */
struct stack_reader;
struct stack_reader *stack_reader_create(void);
void stack_reader_destroy(struct stack_reader *reader);

struct python_stack {
	pid_t pid;
	uint64_t thread;
	size_t len; /* number of frames, innermost first */
	bool cut;   /* there are further ones */
	bool held;  /* the thread held the GIL */
	bool other; /* nor did it hold the GIL last */
	bool paused;
	struct python_frame frames[STACK_FRAMES];
};

/* Opens a process; as python_open(). */
enum python_result stack_source_open(struct stack_source *source, pid_t pid,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether none of its threads is stopped, or about to be: the source must be
 * kept, and this be called again, until then. */
bool stack_source_settle(struct stack_source *source)
    __attribute__((nonnull, warn_unused_result));

enum stack_result {
	STACK_READ,
	STACK_NONE,     /* the thread runs no Python code at present */
	STACK_UNCERTAIN /* no consistent stack could be read */
};

/* Reads the stack of the thread that holds the GIL, or held it last. Without a
 * GIL: of the next running thread at each call. Fills stack only on
 * STACK_READ. */
enum stack_result stack_read(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
    __attribute__((nonnull, warn_unused_result));

/* Reads the stack of the next of the other threads in turn; it may get the GIL
 * meanwhile. STACK_NONE where there is none. Call it after stack_read(). */
enum stack_result stack_read_other(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
    __attribute__((nonnull, warn_unused_result));

/* Without a GIL, after stack_read(): the same for the next running thread;
 * false when each had its turn. */
bool stack_read_attached(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack,
    enum stack_result *result) __attribute__((nonnull, warn_unused_result));

/* Whether the frame runs code from a source file. */
bool stack_frame_is_python(const struct python_frame *frame);

/* Byte offset of the instruction in its code; negative: before the first, or
 * unknown. */
int stack_frame_place(
    const struct python_target *target, const struct python_frame *frame);

#endif
