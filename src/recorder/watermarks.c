// SPDX-License-Identifier: MIT
#include "recorder/watermarks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

void watermarks_init(struct watermarks *watermarks, const struct meter *meter,
    const struct metric *metric)
{
	*watermarks = (struct watermarks){.fs = meter->fs,
	    .key = metric->mark,
	    .keep_below = meter->keep_below};
}

/* Reads a file that is kept open while there are descriptors. */
static ssize_t read_kept(const struct watermarks *watermarks, pid_t pid,
    const char *name, int *fd, char *text, size_t size)
{
	if (*fd < 0)
		*fd = procfs_open(watermarks->fs, pid, name);
	if (*fd < watermarks->keep_below)
		return procfs_pread(*fd, text, size);
	close(*fd);
	*fd = -1;
	return procfs_read(watermarks->fs, pid, name, text, size);
}

/* What has not run since cannot have grown: schedstat costs a tenth of status.
 * It tells of the main thread alone, and of none where the kernel keeps no
 * account of it. Opened anew each time it would save nothing. */
static bool has_run(const struct watermarks *watermarks, struct member *member)
{
	uint64_t before = member->ran;
	char text[64];

	if (!member->single || member->status < 0)
		return true;
	member->ran = 0;
	if (read_kept(watermarks, member->pid, "schedstat", &member->schedstat,
		text, sizeof(text)) > 0)
		member->ran = strtoull(text, NULL, 10);
	return member->ran == 0 || member->ran != before;
}

static int64_t read_mark(struct watermarks *watermarks, struct member *member)
{
	char text[4096];
	int64_t kib;

	if (member->zombie || member->gone || !member->owns ||
	    !has_run(watermarks, member) ||
	    read_kept(watermarks, member->pid, "status", &member->status, text,
		sizeof(text)) <= 0)
		return -1;
	member->single = strstr(text, "\nThreads:\t1\n") != NULL;
	kib = procfs_kib(text, watermarks->key);
	if (member->started < watermarks->began && member->base_kib < 0)
		member->base_kib = kib;
	if (kib <= member->base_kib)
		return -1;
	if (kib > member->peak_kib)
		member->peak_kib = kib;
	return kib;
}

static void take_mark(struct watermarks *watermarks, struct member *member,
    const struct watermarks_look *look, struct watermark *highest)
{
	int64_t kib = read_mark(watermarks, member);

	if (kib > highest->kib && (!watermarks->alone || member->is_root))
		*highest = (struct watermark){kib, member->high};
	highest_restart(
	    &member->high, look->sampled ? member->kib : -1, look->now_ns);
}

struct watermark watermarks_step(struct watermarks *watermarks,
    struct members *members, int64_t elapsed_ns,
    const struct watermarks_look *look)
{
	size_t count = members->list.len;
	struct watermark highest = {.kib = -1};

	if (!watermarks->key || count == 0)
		return highest;
	watermarks->credit += (int64_t)count * elapsed_ns;
	if (watermarks->credit > (int64_t)count * NS_PER_S)
		watermarks->credit = (int64_t)count * NS_PER_S;
	for (; watermarks->credit >= NS_PER_S; watermarks->credit -= NS_PER_S) {
		if (watermarks->next >= count)
			watermarks->next = 0;
		take_mark(watermarks, &members->list.items[watermarks->next++],
		    look, &highest);
	}
	return highest;
}

struct watermark watermarks_all(struct watermarks *watermarks,
    struct members *members, const struct watermarks_look *look)
{
	watermarks->credit = 0;
	return watermarks_step(watermarks, members, NS_PER_S, look);
}
