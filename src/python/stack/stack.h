/* SPDX-License-Identifier: MIT
 *
 * The Python stack of a thread, read while it runs. A stack that was put
 * together from a moving program looks plausible and is wrong, so each is
 * read twice and counts only where both agree; where they keep differing,
 * that one thread is stopped for the read. What was not checked is never
 * handed out.
 */
#ifndef MPROF_PYTHON_STACK_STACK_H
#define MPROF_PYTHON_STACK_STACK_H

#include <sys/types.h>
#include <sys/uio.h>

#include "python/remote/interpreter.h"
#include "python/remote/remote.h"

#define STACK_DEPTH 256 /* innermost frames; a deeper stack is cut there */
/* With the interpreter's own: mostly one for each call from C. */
#define STACK_FRAMES (2 * STACK_DEPTH)
/* Belong to their code objects, as those that 3.13 runs behind __init__. */
#define STACK_CODES (STACK_DEPTH + 8)

/* One frame: which code object runs, and how far it is. The fields of the
 * code object tell apart two that had one address in turn. */
struct python_frame {
	uint64_t address, previous, code, instruction;
	uint64_t filename, name, line_table, type;
	int first_line;
	uint32_t copy; /* of the instructions: which thread's; 0: the code's */
	bool shim;     /* the interpreter's own, without a code object */
};

/* The outermost frame of a thread; the second time that it is seen, it is
 * known for certain. */
struct stack_root {
	uint64_t thread, frame, code;
	bool known;
};

#define STACK_ROOTS 16

/* A process whose stacks are read. */
struct stack_source {
	struct python_target target;
	uint64_t interpreter; /* the main one */
	uint64_t gil;         /* 0: the runtime holds it (to 3.11) */
	uint64_t lock;        /* where the GIL is, either way */
	uint64_t current;     /* of the runtime's, where it holds the GIL */
	uint64_t running, looked_at; /* the last thread of either kind */
	int attached;    /* without the GIL: others that run at this sample */
	int tid_offset;  /* of the kernel's id in libc's thread; 0: unknown */
	pid_t inner_pid; /* what the process calls itself */
	struct remote_thread stopped;
	struct stack_root roots[STACK_ROOTS];
	/* Read at once: the state of the thread that was read last,
	 * the beginning of its chunk of frames (3.11 on), the frames that
	 * were elsewhere, and the code objects. */
	uint64_t thread, cframe, chunk;
	uint64_t base; /* the thread's last frame (3.15 on); 0: unknown */
	size_t chunk_len, frames_len, codes_len;
	uint64_t frames[STACK_FRAMES], codes[STACK_CODES];
};

/* Room for reading, for any number of sources in turn; over 100 KiB. */
struct stack_reader;
struct stack_reader *stack_reader_create(void);
void stack_reader_destroy(struct stack_reader *reader);

struct python_stack {
	pid_t pid;
	uint64_t thread;
	size_t len; /* frames, innermost first */
	bool cut;   /* there are more beyond */
	bool held;  /* the thread had the GIL */
	bool other; /* it was not even the last to */
	bool paused;
	struct python_frame frames[STACK_FRAMES];
};

/* Opens a process; as python_open(). */
enum python_result stack_source_open(struct stack_source *source, pid_t pid,
    struct err *e) __attribute__((nonnull, warn_unused_result));

/* Whether no thread of it is stopped any more, nor about to be: the source
 * must be kept until then, and this be asked again. */
bool stack_source_settle(struct stack_source *source)
    __attribute__((nonnull, warn_unused_result));

enum stack_result {
	STACK_READ,
	STACK_NONE,     /* the thread runs no Python code just now */
	STACK_UNCERTAIN /* nothing that fits together could be had */
};

/* The stack of the thread that holds the GIL; where none does, of the one
 * that had it last. Without a GIL: of a thread that runs, the next at each
 * call. Only STACK_READ leaves something in stack. */
enum stack_result stack_read(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
    __attribute__((nonnull, warn_unused_result));

/* The stack of the next of the other threads, each in its turn; it may get
 * the GIL meanwhile. STACK_NONE where there is none. To be called after
 * stack_read(). */
enum stack_result stack_read_other(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack)
    __attribute__((nonnull, warn_unused_result));

/* Without a GIL, after stack_read(): the same of the next of those that run;
 * false where each had its turn. */
bool stack_read_attached(struct stack_source *source,
    struct stack_reader *reader, struct python_stack *stack,
    enum stack_result *result) __attribute__((nonnull, warn_unused_result));

/* Whether the frame runs code that somebody wrote. */
bool stack_frame_is_python(const struct python_frame *frame);

/* Byte offset of the instruction in its code; below 0: before the first, or
 * not to be had. */
int stack_frame_place(
    const struct python_target *target, const struct python_frame *frame);

#endif
