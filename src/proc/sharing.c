// SPDX-License-Identifier: MIT
#include "proc/sharing.h"

#include <errno.h>

#include "base/array.h"
#include "base/index.h"
#include "proc/maps.h"

struct segment_saving {
	struct sharing_segment is;
	int64_t saved_kib; /* RSS minus PSS over all its mappings */
};

/* Shared segments of one process. */
struct sharing_segments {
	ARRAY(struct segment_saving) list;
	struct index index;
};

bool sharing_read(
    const struct procfs *fs, pid_t pid, struct sharing_usage *usage)
{
	char text[2048];

	if (procfs_read(fs, pid, "smaps_rollup", text, sizeof(text)) <= 0)
		return false;
	usage->rss_kib = procfs_kib(text, "Rss");
	usage->pss_kib = procfs_kib(text, "Pss");
	return usage->rss_kib >= 0 && usage->pss_kib >= 0;
}

static bool sharing_segment_is(const void *items, size_t at, const void *key)
{
	const struct segment_saving *saving = items;
	const struct sharing_segment *segment = key;

	return saving[at].is.inode == segment->inode &&
	       saving[at].is.device == segment->device;
}

static void sharing_segments_add(
    struct sharing_segments *segments, const struct maps_usage *usage)
{
	struct sharing_segment is = {usage->device, usage->inode};
	int64_t saved_kib = usage->rss_kib - usage->pss_kib;
	size_t at;

	if (saved_kib <= 0)
		return;
	at = index_place(&segments->index,
	    index_hash_number(is.inode * 31 + is.device), sharing_segment_is,
	    segments->list.items, &is, segments->list.len);
	if (at == segments->list.len)
		*array_push(&segments->list) = (struct segment_saving){is, 0};
	segments->list.items[at].saved_kib += saved_kib;
}

bool sharing_largest(
    const struct procfs *fs, pid_t pid, struct sharing_segment *largest)
{
	struct sharing_segments segments = {0};
	struct maps_usage usage;
	int64_t most_kib = 0;
	struct maps maps;

	maps_init(&maps, procfs_open(fs, pid, "smaps"));
	if (maps.fd < 0)
		return false;
	while (maps_next_usage(&maps, &usage))
		sharing_segments_add(&segments, &usage);
	maps_close(&maps);
	for (size_t i = 0; !maps.error && i < segments.list.len; i++) {
		if (segments.list.items[i].saved_kib <= most_kib)
			continue;
		most_kib = segments.list.items[i].saved_kib;
		*largest = segments.list.items[i].is;
	}
	array_free(&segments.list);
	index_finish(&segments.index);
	return most_kib > 0;
}

int sharing_maps(
    const struct procfs *fs, pid_t pid, const struct sharing_segment *segment)
{
	struct maps_entry entry;
	struct maps maps;
	bool found = false;

	maps_init(&maps, procfs_open(fs, pid, "maps"));
	if (maps.fd < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	while (!found && maps_next(&maps, &entry))
		found = entry.inode == segment->inode &&
			entry.device == segment->device;
	maps_close(&maps);
	if (!found && maps.error && maps.error != ESRCH)
		return -1;
	return found;
}
