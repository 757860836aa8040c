// SPDX-License-Identifier: MIT
#include "recorder/watermarks.h"

#include <unistd.h>

#include "base/clock.h"

void watermarks_init(struct watermarks *watermarks, const struct meter *meter,
    const struct metric *metric)
{
	*watermarks = (struct watermarks){.fs = meter->fs,
	    .key = metric->mark,
	    .keep_below = meter->keep_below};
}

static ssize_t read_status(const struct watermarks *watermarks,
    struct member *member, char *text, size_t size)
{
	if (member->status < 0)
		member->status =
		    procfs_open(watermarks->fs, member->pid, "status");
	if (member->status < watermarks->keep_below)
		return procfs_pread(member->status, text, size);
	close(member->status);
	member->status = -1;
	return procfs_read(watermarks->fs, member->pid, "status", text, size);
}

static int64_t read_mark(struct watermarks *watermarks, struct member *member)
{
	char text[4096];
	int64_t kib;

	if (member->zombie || member->gone ||
	    read_status(watermarks, member, text, sizeof(text)) <= 0)
		return -1;
	kib = procfs_kib(text, watermarks->key);
	if (kib > member->peak_kib)
		member->peak_kib = kib;
	return kib;
}

int64_t watermarks_step(
    struct watermarks *watermarks, struct members *members, int64_t elapsed_ns)
{
	size_t count = members->list.len;
	int64_t highest = -1;

	if (!watermarks->key || count == 0)
		return -1;
	watermarks->credit += (int64_t)count * elapsed_ns;
	if (watermarks->credit > (int64_t)count * NS_PER_S)
		watermarks->credit = (int64_t)count * NS_PER_S;
	for (; watermarks->credit >= NS_PER_S; watermarks->credit -= NS_PER_S) {
		int64_t kib;

		if (watermarks->next >= count)
			watermarks->next = 0;
		kib = read_mark(
		    watermarks, &members->list.items[watermarks->next++]);
		if (kib > highest)
			highest = kib;
	}
	return highest;
}

int64_t watermarks_all(struct watermarks *watermarks, struct members *members)
{
	watermarks->credit = 0;
	return watermarks_step(watermarks, members, NS_PER_S);
}
