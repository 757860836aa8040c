// SPDX-License-Identifier: MIT
#include "proc/resident.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "proc/procfs.h"

enum {
	BLOCK = 2 << 20,
	ENTRIES = BLOCK / 4096,
	AROUND = 16 /* pages of a file that one fault maps */
};

/* Bit 63 of an entry (proc_pid_pagemap(5)). */
#define PRESENT (UINT64_C(1) << 63)

void resident_open(struct resident *resident, pid_t pid)
{
	resident->pid = pid;
	resident->statm = procfs_open_once(pid, "statm");
	resident->thread_statm = -1;
	resident->pagemap = procfs_open_once(pid, "pagemap");
}

void resident_close(struct resident *resident)
{
	if (resident->statm >= 0)
		close(resident->statm);
	if (resident->thread_statm >= 0)
		close(resident->thread_statm);
	if (resident->pagemap >= 0)
		close(resident->pagemap);
	resident->statm = resident->thread_statm = resident->pagemap = -1;
}

/* "SIZE RESIDENT ..." in pages. -1 where it can't be read; 0 with zeros, as a
 * thread has that ended before others. */
static int64_t resident_read_kib(int statm)
{
	char text[256], *end;
	long long pages;

	if (statm < 0 || procfs_pread(statm, text, sizeof(text)) <= 0)
		return -1;
	if (strtoll(text, &end, 10) == 0)
		return 0;
	pages = strtoll(end, NULL, 10);
	return (int64_t)pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static bool resident_try_thread(void *context, pid_t thread)
{
	struct resident *resident = context;

	resident->thread_statm = procfs_open_once(thread, "statm");
	if (resident_read_kib(resident->thread_statm) > 0)
		return false;
	if (resident->thread_statm >= 0)
		close(resident->thread_statm);
	resident->thread_statm = -1;
	return true;
}

int64_t resident_kib(struct resident *resident)
{
	int64_t kib = resident_read_kib(resident->statm);

	if (kib != 0)
		return kib;
	kib = resident_read_kib(resident->thread_statm);
	if (kib > 0)
		return kib;
	if (resident->thread_statm >= 0)
		close(resident->thread_statm);
	resident->thread_statm = -1;
	procfs_each_thread_once(resident->pid, resident_try_thread, resident);
	kib = resident_read_kib(resident->thread_statm);
	return kib > 0 ? kib : -1;
}

bool resident_has(const struct resident *resident, uint64_t address)
{
	uint64_t entry;
	off_t at =
	    (off_t)(address / (uint64_t)sysconf(_SC_PAGESIZE) * sizeof(entry));

	return resident->pagemap < 0 ||
	       pread(resident->pagemap, &entry, sizeof(entry), at) !=
		   (ssize_t)sizeof(entry) ||
	       (entry & PRESENT) != 0;
}

/* PAGEMAP_SCAN of linux/fs.h, Linux 6.7: older headers lack it. */
struct resident_scan {
	uint64_t size, flags, start, end, walk_end, regions, region_count,
	    max_pages, inverted, mask, any_of, returned;
};

struct resident_region {
	uint64_t start, end, categories;
};

#define RESIDENT_SCAN _IOWR('f', 16, struct resident_scan)
enum { IS_FILE = 1 << 2, IS_PRESENT = 1 << 3, IS_HUGE = 1 << 6 };

/* The categories of a page; -1 where the kernel doesn't tell. */
static int resident_categories(
    const struct resident *resident, uint64_t address)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct resident_region region = {0};
	struct resident_scan scan = {.size = sizeof(scan),
	    .start = address / page * page,
	    .end = address / page * page + page,
	    .regions = (uint64_t)(uintptr_t)&region,
	    .region_count = 1,
	    .mask = IS_PRESENT,
	    .returned = IS_FILE | IS_PRESENT | IS_HUGE};

	if (ioctl(resident->pagemap, RESIDENT_SCAN, &scan) < 0)
		return -1;
	return (int)region.categories;
}

/* The size of the aligned power-of-two block around a page, up to most pages,
 * that is resident as a whole. */
static uint64_t resident_block(
    const struct resident *resident, uint64_t address, uint64_t most)
{
	uint64_t entries[ENTRIES];
	uint64_t number = address / (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t first = number / most * most, at = number - first;
	ssize_t len = (ssize_t)(most * sizeof(entries[0]));
	uint64_t size = 1;

	if (pread(resident->pagemap, entries, (size_t)len,
		(off_t)(first * sizeof(entries[0]))) != len)
		return 1;
	for (; size < most; size *= 2) {
		uint64_t begin = at / (2 * size) * (2 * size);

		for (uint64_t i = begin; i < begin + 2 * size; i++)
			if (!(entries[i] & PRESENT))
				return size;
	}
	return size;
}

int64_t resident_block_kib(const struct resident *resident, uint64_t address)
{
	int64_t page_kib = sysconf(_SC_PAGESIZE) / 1024;
	uint64_t most = BLOCK / 1024 / (uint64_t)page_kib;
	int categories;

	if (resident->pagemap < 0 || most > ENTRIES)
		return BLOCK / 1024;
	categories = resident_categories(resident, address);
	if (categories >= 0 && categories & IS_HUGE)
		return BLOCK / 1024;
	if (categories >= 0)
		most = categories & IS_FILE ? AROUND : 1;
	return (int64_t)resident_block(resident, address, most) * page_kib;
}
