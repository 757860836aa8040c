// SPDX-License-Identifier: MIT
#include "python/agent/rss.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

/* High enough that programs which close or count their low descriptors hardly
 * ever meet it. */
#define HIGH_DESCRIPTOR 960

/* A line's reading is never older than this: other threads and the kernel
 * change memory at any time. */
#define OLDEST_NS 10000

/* A processor may run this many times faster than during the measurement. */
#define SPEEDS 4
#define TRIES 16

static int statm = -1;

/* A lower bound of the time in which this thread gets a page or gives one back;
 * -1: not measured yet. */
static int64_t quick_ns = -1;

static int rss_open_statm(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	int high;

	if (fd < 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

/* The second of statm's seven numbers; -1 where text is no statm: the program
 * may have closed the descriptor and opened another file. */
static int64_t rss_parse(const char *text)
{
	int64_t numbers[7] = {0};
	int at = 0;

	for (; *text && *text != '\n'; text++) {
		if (*text == ' ' && ++at < 7)
			continue;
		if (at >= 7 || *text < '0' || *text > '9')
			return -1;
		numbers[at] = 10 * numbers[at] + (*text - '0');
	}
	return at == 6 && *text == '\n' ? numbers[1] : -1;
}

static int64_t rss_read_statm(void)
{
	char text[128];
	ssize_t len;

	if (statm < 0)
		return -1;
	len = pread(statm, text, sizeof(text) - 1, 0);
	if (len <= 0)
		return -1;
	text[len] = 0;
	return rss_parse(text);
}

int64_t rss_pages(void)
{
	int64_t pages = rss_read_statm();

	if (pages >= 0)
		return pages;
	/* Not closed: the number belongs to another file now. */
	statm = rss_open_statm();
	pages = rss_read_statm();
	return pages >= 0 ? pages : 0;
}

static int64_t rss_time_of_page(volatile char *page, size_t size)
{
	int64_t least = NS_PER_S;

	for (int i = 0; i < TRIES; i++) {
		int64_t start = clock_mono_ns(), got, given;

		(void)*page;
		got = clock_mono_ns();
		madvise((void *)(uintptr_t)page, size, MADV_DONTNEED);
		given = clock_mono_ns();
		if (got - start < least)
			least = got - start;
		if (given - got < least)
			least = given - got;
	}
	return least;
}

/* A read maps the kernel's zero page: the quickest of all page faults, and one
 * that does not count as memory. */
static int64_t rss_measure_quick(void)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *page =
	    mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int64_t least;

	if (page == MAP_FAILED)
		return 0;
	least = rss_time_of_page(page, size);
	munmap(page, size);
	return least / SPEEDS;
}

void rss_begin(struct rss_reading *reading)
{
	if (quick_ns < 0)
		quick_ns = rss_measure_quick();
	reading->pages = rss_pages();
	reading->asked_ns = reading->read_ns = clock_mono_ns();
}

int64_t rss_pages_since(struct rss_reading *reading)
{
	int64_t now = clock_mono_ns();

	if (now - reading->asked_ns >= quick_ns ||
	    now - reading->read_ns >= OLDEST_NS)
		rss_begin(reading);
	else
		reading->asked_ns = now;
	return reading->pages;
}

double rss_mib(int64_t pages)
{
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

void rss_close(void)
{
	if (rss_read_statm() >= 0)
		close(statm);
	statm = -1;
}
