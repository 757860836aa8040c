// SPDX-License-Identifier: MIT
#include "proc/sharing.h"

#include "proc/maps.h"

/* The segments of one process that are told apart. Where it has more, the
 * later ones are not counted: the large ones are seldom the last. */
enum { SEGMENTS = 512 };

struct segments {
	struct {
		struct sharing_segment is;
		int64_t saved_kib; /* RSS above PSS; slots with 0 are free */
	} slots[SEGMENTS];
	size_t used;
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

static void segments_add(
    struct segments *segments, const struct maps_usage *usage)
{
	int64_t saved_kib = usage->rss_kib - usage->pss_kib;
	size_t slot = (usage->inode * 31 + usage->device) % SEGMENTS;

	if (saved_kib <= 0)
		return;
	while (segments->slots[slot].saved_kib > 0 &&
	       (segments->slots[slot].is.inode != usage->inode ||
		   segments->slots[slot].is.device != usage->device))
		slot = (slot + 1) % SEGMENTS;
	if (segments->slots[slot].saved_kib == 0) {
		if (segments->used == SEGMENTS - 1)
			return;
		segments->used++;
		segments->slots[slot].is =
		    (struct sharing_segment){usage->device, usage->inode};
	}
	segments->slots[slot].saved_kib += saved_kib;
}

bool sharing_largest(
    const struct procfs *fs, pid_t pid, struct sharing_segment *largest)
{
	struct segments segments = {.used = 0};
	struct maps_usage usage;
	int64_t most_kib = 0;
	struct maps maps;

	maps_init(&maps, procfs_open(fs, pid, "smaps"));
	if (maps.fd < 0)
		return false;
	while (maps_next_usage(&maps, &usage))
		segments_add(&segments, &usage);
	maps_close(&maps);
	for (size_t i = 0; i < SEGMENTS; i++) {
		if (segments.slots[i].saved_kib <= most_kib)
			continue;
		most_kib = segments.slots[i].saved_kib;
		*largest = segments.slots[i].is;
	}
	return most_kib > 0;
}

bool sharing_maps(
    const struct procfs *fs, pid_t pid, const struct sharing_segment *segment)
{
	struct maps_entry entry;
	struct maps maps;
	bool found = false;

	maps_init(&maps, procfs_open(fs, pid, "maps"));
	if (maps.fd < 0)
		return false;
	while (!found && maps_next(&maps, &entry))
		found = entry.inode == segment->inode &&
			entry.device == segment->device;
	maps_close(&maps);
	return found;
}
