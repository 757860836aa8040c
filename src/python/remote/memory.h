/* SPDX-License-Identifier: MIT
 *
 * The memory of an interpreter: of a live process, or in a snapshot.
 * Everything in it may be wrong, changing or a lie: a read tells whether it
 * got all its bytes, and a value is only a number until it was checked.
 */
#ifndef MPROF_PYTHON_REMOTE_MEMORY_H
#define MPROF_PYTHON_REMOTE_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* End of user space on x86-64 with four levels of page tables. */
#define MEMORY_END ((uint64_t)1 << 47)

struct python_memory {
	/* Reads all len bytes at address or fails: 0, or -1 with errno. */
	int (*read)(const struct python_memory *memory, uint64_t address,
	    void *to, size_t len);
	pid_t pid;            /* a live process */
	const void *snapshot; /* for the reader of a snapshot */
};

static inline int memory_read(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	if (!address || address >= MEMORY_END || len > MEMORY_END - address) {
		errno = EFAULT;
		return -1;
	}
	return memory->read(memory, address, to, len);
}

/* Reads numbers in the target's byte order; -1 leaves *value alone. */
static inline int memory_u64(
    const struct python_memory *memory, uint64_t address, uint64_t *value)
{
	return memory_read(memory, address, value, sizeof(*value));
}

static inline int memory_i64(
    const struct python_memory *memory, uint64_t address, int64_t *value)
{
	return memory_read(memory, address, value, sizeof(*value));
}

static inline int memory_u32(
    const struct python_memory *memory, uint64_t address, uint32_t *value)
{
	return memory_read(memory, address, value, sizeof(*value));
}

/* A field in bytes that were read before; they need not be aligned. */
static inline uint64_t field_u64(const void *bytes, int offset)
{
	uint64_t value;

	__builtin_memcpy(&value, (const char *)bytes + offset, sizeof(value));
	return value;
}

static inline uint32_t field_u32(const void *bytes, int offset)
{
	uint32_t value;

	__builtin_memcpy(&value, (const char *)bytes + offset, sizeof(value));
	return value;
}

#endif
