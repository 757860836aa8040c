// SPDX-License-Identifier: MIT
#include "recorder/high_water.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

void high_water_init(struct high_water *high_water, const struct meter *meter,
    const struct metric *metric)
{
	*high_water = (struct high_water){.fs = meter->fs,
	    .key = metric->mark,
	    .keep_below = meter->keep_below};
}

/* Reads a file that is kept open while there are descriptors. */
static ssize_t read_kept(const struct high_water *high_water, pid_t pid,
    const char *name, int *fd, char *text, size_t size)
{
	if (*fd < 0)
		*fd = procfs_open(high_water->fs, pid, name);
	if (*fd < high_water->keep_below)
		return procfs_pread(*fd, text, size);
	close(*fd);
	*fd = -1;
	return procfs_read(high_water->fs, pid, name, text, size);
}

/* A process that has not run since can't have grown: schedstat costs a tenth of
 * status. It tells of the main thread alone, and of none where the kernel keeps
 * no account of it. Opened anew each time it would save nothing. */
static bool has_run(const struct high_water *high_water, struct member *member)
{
	uint64_t before = member->ran;
	char text[64];

	if (!member->single || member->status < 0)
		return true;
	member->ran = 0;
	if (read_kept(high_water, member->pid, "schedstat", &member->schedstat,
		text, sizeof(text)) > 0)
		member->ran = strtoull(text, NULL, 10);
	return member->ran == 0 || member->ran != before;
}

static int64_t read_mark(struct high_water *high_water, struct member *member)
{
	char text[4096];
	int64_t kib;

	if (member->zombie || member->gone || !member->owns ||
	    !has_run(high_water, member) ||
	    read_kept(high_water, member->pid, "status", &member->status, text,
		sizeof(text)) <= 0)
		return -1;
	member->single = strstr(text, "\nThreads:\t1\n") != NULL;
	kib = procfs_kib(text, high_water->key);
	if (member->started < high_water->began && member->base_kib < 0)
		member->base_kib = kib;
	if (kib <= member->base_kib)
		return -1;
	if (kib > member->peak_kib)
		member->peak_kib = kib;
	return kib;
}

static void take_mark(struct high_water *high_water, struct member *member,
    const struct high_water_look *look, struct high_water_mark *highest)
{
	int64_t kib = read_mark(high_water, member);

	if (kib > highest->kib && (!high_water->alone || member->is_root))
		*highest = (struct high_water_mark){kib, member->high};
	highest_restart(
	    &member->high, look->sampled ? member->kib : -1, look->now_ns);
}

struct high_water_mark high_water_step(struct high_water *high_water,
    struct members *members, int64_t elapsed_ns,
    const struct high_water_look *look)
{
	size_t count = members->list.len;
	struct high_water_mark highest = {.kib = -1};

	if (!high_water->key || count == 0)
		return highest;
	high_water->credit += (int64_t)count * elapsed_ns;
	if (high_water->credit > (int64_t)count * NS_PER_S)
		high_water->credit = (int64_t)count * NS_PER_S;
	for (; high_water->credit >= NS_PER_S; high_water->credit -= NS_PER_S) {
		if (high_water->next >= count)
			high_water->next = 0;
		take_mark(high_water, &members->list.items[high_water->next++],
		    look, &highest);
	}
	return highest;
}

struct high_water_mark high_water_all(struct high_water *high_water,
    struct members *members, const struct high_water_look *look)
{
	high_water->credit = 0;
	return high_water_step(high_water, members, NS_PER_S, look);
}
