// SPDX-License-Identifier: MIT
#include "python/remote/remote.h"

#include <errno.h>

int remote_read_many(
    pid_t pid, const struct iovec *to, const struct iovec *from, size_t count)
{
	size_t want = 0;
	ssize_t got;

	for (size_t i = 0; i < count; i++)
		want += to[i].iov_len;
	got = process_vm_readv(pid, to, count, from, count, 0);
	if (got == (ssize_t)want)
		return 0;
	if (got >= 0)
		errno = EFAULT;
	return -1;
}

static int remote_read_live(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	struct iovec here = {to, len};
	struct iovec there = {(void *)(uintptr_t)address, len};

	return remote_read_many(memory->pid, &here, &there, 1);
}

struct python_memory remote_memory(pid_t pid)
{
	return (struct python_memory){.read = remote_read_live, .pid = pid};
}
