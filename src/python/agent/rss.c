// SPDX-License-Identifier: MIT
#include "python/agent/rss.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* High enough that programs which close or count their low descriptors don't
 * meet it. */
#define HIGH_DESCRIPTOR 960

static int statm = -1;

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

/* The second of statm's seven numbers; -1 where text is no statm, since the
 * program may have closed our descriptor and opened another file there. */
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
	/* Not closed: what has that number now is not ours. */
	statm = rss_open_statm();
	pages = rss_read_statm();
	return pages >= 0 ? pages : 0;
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
