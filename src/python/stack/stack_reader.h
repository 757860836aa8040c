/* SPDX-License-Identifier: MIT
 *
 * Reads the parts of a stack in bulk: a source lists the addresses of the
 * thread's state, its frames and their code objects from the last walk, and
 * all are read by one call of process_vm_readv().
 */
#ifndef MPROF_PYTHON_STACK_STACK_READER_H
#define MPROF_PYTHON_STACK_STACK_READER_H

#include "python/stack/stack.h"
#include "python/stack/stack_bytes.h"
#include "python/stack/threads.h"

#define STACK_CHUNK_BYTES 16384 /* frames beyond it are read separately */
/* Less than the kernel's limit of 1,024. */
#define STACK_PARTS_MAX (STACK_FRAMES + STACK_CODES + 7)

/* The bytes of all the parts that source lists. */
struct stack_reader {
	struct threads_lock lock;
	char thread[THREAD_BYTES], cframe[CFRAME_BYTES],
	    chunk[STACK_CHUNK_BYTES];
	char thread_after[THREAD_BYTES], cframe_after[CFRAME_BYTES];
	char frames[STACK_FRAMES][FRAME_BYTES];
	char codes[STACK_CODES][CODE_BYTES];
	const struct stack_source *source; /* source that was read */
	size_t codes_len; /* code objects in its list that were read, from the
			     first on */
	struct iovec to[STACK_PARTS_MAX], from[STACK_PARTS_MAX];
	size_t parts;
	bool filled;
};

/* Parts that can be read along with a thread's frames; each takes time. */
enum { STACK_READER_LOCK = 1, STACK_READER_CODES = 2 };

/* Reads the parts that source lists; false where some of it is missing. */
bool stack_reader_fill(struct stack_reader *reader,
    const struct stack_source *source, unsigned with) __attribute__((nonnull));

/* Clears the list, and reads the thread alone. */
bool stack_reader_fill_anew(struct stack_reader *reader,
    struct stack_source *source) __attribute__((nonnull));

/* Lists what was walked, to be read at once from now on. */
void stack_reader_list(struct stack_reader *reader, struct stack_source *source,
    const struct python_stack *stack) __attribute__((nonnull));

/* The innermost frame; false where the thread's anchors have moved since they
 * were listed, or it called or returned during the reading. */
bool stack_reader_innermost(const struct stack_reader *reader,
    const struct stack_source *source, uint64_t *frame)
    __attribute__((nonnull));

/* The bytes of the frame at address, NULL where they were not read; `from` is
 * where to search first, as frames come in the order of last time. */
const char *stack_reader_frame(const struct stack_reader *reader,
    const struct stack_source *source, uint64_t address, size_t *from)
    __attribute__((nonnull));

/* The same for a code object. */
const char *stack_reader_code(const struct stack_reader *reader,
    const struct stack_source *source, uint64_t address)
    __attribute__((nonnull));

#endif
