// SPDX-License-Identifier: MIT
//
// A handler has no argument: what it guards has to be a variable of the file.
// It jumps nowhere. It puts a page of zeros where the missing one was and lets
// the read go on; no record holds a zero byte, so nothing is made up.
#include "dat/mapping.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
	volatile uintptr_t start, end, page;
} guarded;

static void put_zeros(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	(void)context;
	/* si_code: a signal that someone sent has no address */
	if (info->si_code > 0 && at >= guarded.start && at < guarded.end &&
	    mmap((void *)(at & -guarded.page), guarded.page, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
		return;
	/* Not ours: what would have happened without us. */
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

void mapping_guard_begin(struct sigaction *before)
{
	struct sigaction action = {
	    .sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO | SA_RESTART};

	sigemptyset(&action.sa_mask);
	guarded.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	(void)sigaction(SIGBUS, &action, before);
}

void mapping_guard_end(const struct sigaction *before)
{
	(void)sigaction(SIGBUS, before, NULL);
}

int mapping_open(struct mapping *mapping, int fd, off_t offset, size_t len)
{
	size_t over = (size_t)offset & (guarded.page - 1);
	size_t size = (len + over + guarded.page - 1) & -guarded.page;
	char *pages = mmap(NULL, size + guarded.page, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return -1;
	if (mmap(pages, size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE,
		fd, offset - (off_t)over) == MAP_FAILED) {
		munmap(pages, size + guarded.page);
		return -1;
	}
	*mapping = (struct mapping){.bytes = pages + over,
	    .len = len,
	    .pages = pages,
	    .size = size + guarded.page};
	guarded.start = (uintptr_t)pages;
	guarded.end = guarded.start + size;
	return 0;
}

void mapping_close(struct mapping *mapping)
{
	guarded.start = guarded.end = 0;
	munmap(mapping->pages, mapping->size);
}
