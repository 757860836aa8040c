// SPDX-License-Identifier: MIT
#include "allocation/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/allocation_space.h"
#include "base/clock.h"

#define NAMES_MAX 100000
#define PAGE 4096
#define CHUNK (4 * PAGE)

int file_descriptor_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

void file_descriptor_close(int fd)
{
	syscall(SYS_close, fd);
}

/* The file created last. A thread's stack may be too small for a path. */
static char file_path[PATH_MAX];

static int file_open_new(const char *directory, uint32_t pid)
{
	int fd = -1;

	for (int n = 0; n < NAMES_MAX; n++) {
		int len = snprintf(file_path, sizeof(file_path), "%s/%u.%d",
		    directory, pid, n);

		if (len < 0 || (size_t)len >= sizeof(file_path))
			return -1;
		fd = file_descriptor_open(file_path,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd;
}

/* Beyond the limit of file sizes ftruncate() would end the program by
 * SIGXFSZ. */
static bool file_is_allowed(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) != 0 ||
	       limit.rlim_cur >= ALLOCATION_FILE;
}

/* Allocates disk space for bytes: the kernel writes, and returns an error where
 * a write here would raise SIGBUS. */
static bool file_back(char *from, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE) {
		if (syscall(SYS_clock_gettime, CLOCK_REALTIME, from + at) != 0)
			return false;
		memset(from + at, 0, sizeof(struct timespec));
	}
	return true;
}

static void *file_map(const char *directory, uint32_t pid)
{
	void *map = MAP_FAILED;
	int fd;

	/* A file that can't grow would be taken for a table for a moment. */
	if (!file_is_allowed() || !allocation_has_space(directory))
		return MAP_FAILED;
	fd = file_open_new(directory, pid);
	if (fd < 0)
		return MAP_FAILED;
	if (ftruncate(fd, ALLOCATION_FILE) == 0)
		map = mmap(NULL, ALLOCATION_FILE, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	file_descriptor_close(fd);
	return map;
}

static void file_note_namespaces(struct allocation_header *header)
{
	struct stat mounts, root, pids;

	if (stat("/proc/thread-self/ns/pid", &pids) == 0)
		header->pids = pids.st_ino;
	if (stat("/proc/thread-self/ns/mnt", &mounts) != 0 ||
	    stat("/", &root) != 0)
		return;
	header->mounts = mounts.st_ino;
	header->root_device = root.st_dev;
	header->root_inode = root.st_ino;
}

static void file_lay_out(
    struct file *file, char *map, uint32_t pid, uint32_t flags)
{
	*file = (struct file){
	    .header = (void *)map,
	    .slots = (void *)(map + ALLOCATION_SLOTS_AT),
	    .log = map + ALLOCATION_LOG_AT,
	    .slots_backed = 2 * PAGE - ALLOCATION_SLOTS_AT,
	    .log_backed = PAGE,
	};
	file->header->version = ALLOCATION_VERSION;
	file->header->pid = pid;
	file->header->flags = flags;
	file->header->start_ns = (uint64_t)clock_wall_ns();
}

/* Opens a file that no reader takes for a table yet. */
static int file_open(
    struct file *file, const char *directory, uint32_t pid, uint32_t flags)
{
	char *map = file_map(directory, pid);

	if (map == MAP_FAILED)
		return -1;
	/* A child creates its own table, and a fork need not copy this one. */
	if (madvise(map, ALLOCATION_FILE, MADV_DONTFORK) != 0 ||
	    !file_back(map, 2 * PAGE) ||
	    !file_back(map + ALLOCATION_LOG_AT, PAGE)) {
		munmap(map, ALLOCATION_FILE);
		/* The recorder would take it for a sampled process's. */
		syscall(SYS_unlinkat, AT_FDCWD, file_path, 0);
		return -1;
	}
	file_lay_out(file, map, pid, flags);
	file_note_namespaces(file->header);
	return 0;
}

static void file_show(struct file *file)
{
	__atomic_store_n(
	    &file->header->magic, ALLOCATION_MAGIC, __ATOMIC_RELEASE);
}

int file_create(
    struct file *file, const char *directory, uint32_t pid, uint32_t flags)
{
	if (file_open(file, directory, pid, flags) != 0)
		return -1;
	file_show(file);
	return 0;
}

/* Whether private memory may be used: a limit (RLIMIT_DATA) is the program's
 * alone. */
static bool file_may_be_private(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_DATA, &limit) != 0 ||
	       limit.rlim_cur == RLIM_INFINITY;
}

int file_create_private(struct file *file, uint32_t pid, uint32_t flags)
{
	char *map = MAP_FAILED;

	if (file_may_be_private())
		map = mmap(NULL, ALLOCATION_FILE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return -1;
	/* Without huge pages, as few pages will be used. */
	madvise(map, ALLOCATION_FILE, MADV_NOHUGEPAGE);
	madvise(map, ALLOCATION_FILE, MADV_DONTFORK);
	file_lay_out(file, map, pid, flags);
	file->slots_backed = file->log_backed = UINT64_MAX;
	file->is_private = true;
	return 0;
}

static bool file_copy(struct file *to, const struct file *from)
{
	const struct allocation_header *header = from->header;

	if (header->used > 0 && !file_back_slot(to, (uint32_t)header->used - 1))
		return false;
	if (!file_log_room(to, header->log_used))
		return false;
	memcpy(to->log, from->log, header->log_used);
	file_log_add(to, header->log_used);
	memcpy(to->slots, from->slots,
	    header->used * sizeof(struct allocation_slot));
	to->header->period = header->period;
	to->header->taken = header->taken;
	to->header->dropped = header->dropped;
	to->header->thinned = header->thinned;
	to->header->failed = header->failed;
	to->header->lost = header->lost;
	to->header->used = header->used;
	return true;
}

int file_publish(struct file *file, const char *directory)
{
	struct file published;

	if (file_open(&published, directory, file->header->pid,
		file->header->flags) != 0)
		return -1;
	if (!file_copy(&published, file)) {
		file_close(&published);
		return -1;
	}
	file_show(&published);
	file_close(file);
	*file = published;
	return 0;
}

static void file_return(char *start, const char *end)
{
	if (start < end)
		madvise(start, (size_t)(end - start), MADV_REMOVE);
}

void file_unlock(struct file *file)
{
	char *map = (char *)file->header;

	munlock(map, ALLOCATION_FILE);
	if (file->is_private)
		return;
	file_return((char *)file->slots + file->slots_backed, file->log);
	file_return(file->log + file->log_backed, map + ALLOCATION_FILE);
	madvise(map, ALLOCATION_FILE, MADV_DONTNEED);
}

void file_empty(struct file *file)
{
	for (uint64_t at = 0; at < file->header->used; at++)
		__atomic_store_n(&file->slots[at].serial, 0, __ATOMIC_RELEASE);
}

void file_inherit(struct file *file, bool is_inherited)
{
	if (file->header)
		madvise(file->header, ALLOCATION_FILE,
		    is_inherited ? MADV_DOFORK : MADV_DONTFORK);
}

void file_replace(struct file *file)
{
	if (!file->header)
		return;
	(void)mmap(file->header, ALLOCATION_FILE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	file->slots_backed = file->log_backed = UINT64_MAX;
	file->is_private = false;
}

void file_close(struct file *file)
{
	if (file->header)
		munmap(file->header, ALLOCATION_FILE);
	*file = (struct file){0};
}

/* Whether [0, end) of an area of size bytes at start has disk space; backed
 * bytes have it so far. */
static bool file_back_to(
    char *start, uint64_t *backed, uint64_t end, uint64_t size)
{
	if (end > size)
		return false;
	while (*backed < end) {
		uint64_t rest = size - *backed;
		uint64_t bytes = rest < CHUNK ? rest : CHUNK;

		if (!file_back(start + *backed, bytes))
			return false;
		*backed += bytes;
	}
	return true;
}

bool file_back_slot(struct file *file, uint32_t slot)
{
	uint64_t end = (slot + 1) * (uint64_t)sizeof(struct allocation_slot);

	if (file->is_frozen)
		return end <= file->slots_backed;
	return file_back_to((char *)file->slots, &file->slots_backed, end,
	    ALLOCATION_LOG_AT - ALLOCATION_SLOTS_AT);
}

void *file_log_room(struct file *file, size_t bytes)
{
	uint64_t used = file->header->log_used;

	if (!file_back_to(
		file->log, &file->log_backed, used + bytes, ALLOCATION_LOG))
		return NULL;
	return file->log + used;
}

uint32_t file_log_add(struct file *file, size_t bytes)
{
	uint64_t at = file->header->log_used;

	__atomic_store_n(&file->header->log_used, at + bytes, __ATOMIC_RELEASE);
	return (uint32_t)at;
}
