// SPDX-License-Identifier: MIT
#include "python/remote/pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096
#define PAGE_THERE ((uint64_t)3 << 62) /* page is in memory, or swapped out */
#define HUGE (2 << 20)
#define ENTRIES 2048
#define PIECE ((uint64_t)1 << 20)
#define HELPERS_MAX 3
#define ALONE_MAX ((uint64_t)8 << 20) /* for less, no thread is started */

void pages_clear(struct pages *pages)
{
	pages->runs.len = 0;
	pages->there = 0;
}

void pages_finish(struct pages *pages)
{
	array_free(&pages->runs);
}

/* Appends a page to the last run, or as a new run. */
static void pages_add_page(struct pages *pages, uint64_t address, uint8_t *to)
{
	size_t len = pages->runs.len;

	pages->there += PAGE;
	if (len > 0) {
		struct page_run *last = &pages->runs.items[len - 1];

		if (last->end == address &&
		    last->to + (address - last->start) == to) {
			last->end += PAGE;
			return;
		}
	}
	*array_push(&pages->runs) =
	    (struct page_run){address, address + PAGE, to};
}

int pages_add(
    struct pages *pages, int pagemap, uint64_t start, uint64_t end, uint8_t *to)
{
	uint64_t entries[ENTRIES], at = start;

	while (at < end) {
		size_t want = (end - at) / PAGE * sizeof(*entries);
		ssize_t got = pread(pagemap, entries,
		    want < sizeof(entries) ? want : sizeof(entries),
		    (off_t)(at / PAGE * sizeof(*entries)));
		size_t count = got > 0 ? (size_t)got / sizeof(*entries) : 0;

		if (count == 0) {
			/* The kernel's result where the memory is gone. */
			errno = got < 0 ? errno : ESRCH;
			return -1;
		}
		for (size_t i = 0; i < count; i++, at += PAGE)
			if (entries[i] & PAGE_THERE)
				pages_add_page(pages, at, to + (at - start));
	}
	return 0;
}

/* State of a copy by several threads: a free thread takes the next piece. */
struct work {
	const struct pages *pages;
	pid_t pid;
	atomic_size_t next;
	atomic_ullong copied;
	atomic_int error; /* first error; 0: none */
};

/* Copies [at, end) of a run. Skips a page that can't be read (a device's, say),
 * and goes on after it. */
static void pages_copy_piece(
    struct work *work, const struct page_run *run, uint64_t at, uint64_t end)
{
	while (at < end) {
		struct iovec to = {run->to + (at - run->start), end - at};
		struct iovec from = {(void *)(uintptr_t)at, end - at};
		ssize_t got = process_vm_readv(work->pid, &to, 1, &from, 1, 0);

		if (got < 0 && errno != EFAULT) {
			atomic_store(&work->error, errno);
			return;
		}
		if (got > 0)
			atomic_fetch_add(&work->copied, (uint64_t)got);
		at += got > 0 ? (uint64_t)got / PAGE * PAGE : 0;
		at += at < end ? PAGE : 0;
	}
}

static void *pages_copy_share(void *context)
{
	struct work *work = context;
	size_t taken = atomic_fetch_add(&work->next, 1), piece = 0;

	for (size_t i = 0; i < work->pages->runs.len; i++) {
		const struct page_run *run = &work->pages->runs.items[i];

		for (uint64_t at = run->start; at < run->end; at += PIECE) {
			uint64_t left = run->end - at;

			if (piece++ != taken)
				continue;
			pages_copy_piece(
			    work, run, at, at + (left < PIECE ? left : PIECE));
			taken = atomic_fetch_add(&work->next, 1);
		}
	}
	return NULL;
}

/* A thread for each processor halves the time that the process is stopped;
 * where none can be started, this thread copies everything. */
int pages_copy(const struct pages *pages, pid_t pid, uint64_t *copied)
{
	struct work work = {.pages = pages, .pid = pid};
	long wanted = sysconf(_SC_NPROCESSORS_ONLN) - 1;
	pthread_t helpers[HELPERS_MAX];
	long count = 0;

	if (pages->there < ALONE_MAX)
		wanted = 0;
	while (
	    count < wanted && count < HELPERS_MAX &&
	    pthread_create(&helpers[count], NULL, pages_copy_share, &work) == 0)
		count++;
	pages_copy_share(&work);
	while (count > 0)
		pthread_join(helpers[--count], NULL);
	*copied = work.copied;
	errno = work.error;
	return errno ? -1 : 0;
}

/* Asks for huge pages where they would be full: that halves the time of the
 * first copy. */
void pages_advise(const struct pages *pages)
{
	for (size_t i = 0; i < pages->runs.len; i++) {
		const struct page_run *run = &pages->runs.items[i];
		uintptr_t first = ((uintptr_t)run->to + HUGE - 1) & -HUGE;
		uintptr_t end =
		    ((uintptr_t)run->to + run->end - run->start) & -HUGE;

		if (end > first)
			madvise((void *)first, end - first, MADV_HUGEPAGE);
	}
}
