// SPDX-License-Identifier: MIT
#include "python/remote/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "proc/maps.h"
#include "proc/procfs.h"
#include "python/remote/pages.h"
#include "python/remote/remote.h"

#define REGIONS_MAX 65536 /* more than a process may have by default */
/* Bound for a region: Python's allocations never reserve so much more than they
 * use, but sanitizers' shadows do. */
#define REGION_MAX ((uint64_t)64 << 30)
#define PAGE 4096
/* Spare space on each side of a room, unless there are very many rooms: each
 * may be three of this process's mappings, of which 65,530 are allowed. */
#define SLACK ((uint64_t)32 << 20)
#define SLACK_REGIONS_MAX 4096
#define STOP_LIMIT_NS (NS_PER_S / 2)
#define PATIENCE_NS (2 * NS_PER_S)
#define RETRY_NS 5000000
/* Tries to meet the collector at rest, in half a second. */
#define TRIES_MAX 9
#define NAP_NS 1000000

/* State of one copy. */
struct copy {
	struct snapshot *snapshot;
	pid_t pid; /* that of a living thread */
	int pagemap;
	struct pages pages;
};

static bool snapshot_is_wanted(const struct maps_entry *entry)
{
	return entry->access[0] == 'r' && entry->access[1] == 'w' &&
	       entry->access[3] == 'p' && entry->end <= MEMORY_END &&
	       entry->end - entry->start <= REGION_MAX;
}

/* Adds a mapping; the kernel lists them in order. False where there are too
 * many. */
static bool snapshot_add_region(
    struct snapshot *snapshot, uint64_t start, uint64_t end)
{
	size_t len = snapshot->regions.len;

	if (len > 0) {
		struct snapshot_region *last =
		    &snapshot->regions.items[len - 1];

		if (start < last->end)
			return true;
		if (start == last->end && end - last->start <= REGION_MAX) {
			last->end = end;
			return true;
		}
	}
	if (len == REGIONS_MAX)
		return false;
	*array_push(&snapshot->regions) =
	    (struct snapshot_region){.start = start, .end = end};
	return true;
}

/* Lists the present regions, without room for their bytes yet. */
static int snapshot_list_regions(struct snapshot *snapshot, pid_t pid)
{
	struct maps maps;
	struct maps_entry entry;
	bool all = true;

	if (maps_open(&maps, pid) < 0)
		return -1;
	while (all && maps_next(&maps, &entry))
		if (snapshot_is_wanted(&entry))
			all = snapshot_add_region(
			    snapshot, entry.start, entry.end);
	maps_close(&maps);
	if (all && !maps.error && snapshot->regions.len)
		return 0;
	/* A process without memory is about to end. */
	errno = !all ? E2BIG : maps.error ? maps.error : ESRCH;
	return -1;
}

/* The region with the address, by binary search; NULL: none. */
static const struct snapshot_region *region_find(
    const struct snapshot_region *regions, size_t len, uint64_t address)
{
	size_t low = 0, high = len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address < regions[middle].start)
			high = middle;
		else if (address >= regions[middle].end)
			low = middle + 1;
		else
			return &regions[middle];
	}
	return NULL;
}

/* The known room that contains the region; NULL: none. The rooms up to known
 * are sorted. */
static const struct snapshot_region *room_find(const struct snapshot *snapshot,
    size_t known, const struct snapshot_region *region)
{
	const struct snapshot_region *room =
	    region_find(snapshot->rooms.items, known, region->start);

	return room && region->end <= room->end ? room : NULL;
}

/* Slack towards a neighbour: at most SLACK, and at most half of the gap, so
 * that rooms don't overlap. */
static uint64_t snapshot_slack(const struct snapshot *snapshot, uint64_t gap)
{
	if (snapshot->regions.len > SLACK_REGIONS_MAX)
		return 0;
	gap = gap / 2 / PAGE * PAGE;
	return gap < SLACK ? gap : SLACK;
}

/* The room of region i, with space to grow before the second copy. mremap can't
 * enlarge it later: it takes no range of differing parts, and huge pages were
 * asked for in parts of it. */
static struct snapshot_region snapshot_room(
    const struct snapshot *snapshot, size_t i)
{
	const struct snapshot_region *region = &snapshot->regions.items[i];
	uint64_t before = i ? region[-1].end : 0, behind = MEMORY_END;

	if (i + 1 < snapshot->regions.len)
		behind = region[1].start;
	return (struct snapshot_region){
	    .start = region->start -
		     snapshot_slack(snapshot, region->start - before),
	    .end =
		region->end + snapshot_slack(snapshot, behind - region->end)};
}

static int snapshot_map_room(
    struct snapshot *snapshot, struct snapshot_region room)
{
	void *bytes = mmap(NULL, room.end - room.start, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return -1;
	room.bytes = bytes;
	*array_push(&snapshot->rooms) = room;
	return 0;
}

/* Maps room for region i. The unused part is inaccessible, and counts for no
 * memory limit. */
static int snapshot_place_region(
    struct snapshot *snapshot, size_t known, size_t i)
{
	struct snapshot_region *region = &snapshot->regions.items[i];
	const struct snapshot_region *room = room_find(snapshot, known, region);

	if (!room) {
		if (snapshot_map_room(snapshot, snapshot_room(snapshot, i)) <
			0 &&
		    snapshot_map_room(snapshot, *region) < 0)
			return -1;
		room = &snapshot->rooms.items[snapshot->rooms.len - 1];
	}
	region->bytes = room->bytes + (region->start - room->start);
	return mprotect(
	    region->bytes, region->end - region->start, PROT_READ | PROT_WRITE);
}

static int snapshot_place_regions(struct snapshot *snapshot)
{
	size_t known = snapshot->rooms.len;

	for (size_t i = 0; i < snapshot->regions.len; i++)
		if (snapshot_place_region(snapshot, known, i) < 0)
			return -1;
	return 0;
}

/* Lists the regions and pages to copy now; a region uses a known room that is
 * large enough. */
static int snapshot_list_pages(struct copy *copy)
{
	struct snapshot *snapshot = copy->snapshot;

	pages_clear(&copy->pages);
	snapshot->regions.len = 0;
	if (snapshot_list_regions(snapshot, copy->pid) < 0 ||
	    snapshot_place_regions(snapshot) < 0)
		return -1;
	for (size_t i = 0; i < snapshot->regions.len; i++) {
		const struct snapshot_region *region =
		    &snapshot->regions.items[i];

		if (pages_add(&copy->pages, copy->pagemap, region->start,
			region->end, region->bytes) < 0)
			return -1;
	}
	return 0;
}

static void snapshot_forget(
    const struct snapshot_region *region, uint64_t from, uint64_t to)
{
	if (to > from)
		madvise(region->bytes + (from - region->start), to - from,
		    MADV_DONTNEED);
}

/* Clears memory of the first copy that is missing in the second one: it was
 * given back. */
static void snapshot_forget_gone(const struct copy *copy)
{
	const struct page_run *run = copy->pages.runs.items;
	const struct page_run *end = run + copy->pages.runs.len;

	for (size_t i = 0; i < copy->snapshot->regions.len; i++) {
		const struct snapshot_region *region =
		    &copy->snapshot->regions.items[i];
		uint64_t at = region->start;

		for (; run < end && run->start < region->end; run++) {
			snapshot_forget(region, at, run->start);
			at = run->end;
		}
		snapshot_forget(region, at, region->end);
	}
}

/* Whether the collector is running; -1 with errno where that can't be read. */
static int snapshot_collecting(const struct python_target *target)
{
	const struct python_offsets *o = &target->offsets;
	uint64_t collector = o->interpreter_gc == OFFSET_ABSENT
				 ? target->runtime + o->runtime_gc
				 : target->interpreter + o->interpreter_gc;
	uint32_t collecting = 0;

	if (memory_u32(
		&target->memory, collector + o->gc_collecting, &collecting) < 0)
		return -1;
	return collecting != 0;
}

/* A number in /proc/PID/status, or (pid 0) in /proc/meminfo; -1: not there. */
static int64_t snapshot_number(pid_t pid, const char *key)
{
	char text[8192];
	struct procfs fs;
	ssize_t len;

	if (procfs_init(&fs, "/proc", NULL) < 0)
		return -1;
	len = pid ? procfs_read(&fs, pid, "status", text, sizeof(text))
		  : procfs_machine(&fs, "meminfo", text, sizeof(text));
	procfs_finish(&fs);
	return len > 0 ? procfs_kib(text, key) : -1;
}

/* Errors that may pass: another tracer may hold one thread for a moment, and
 * EPERM is no refusal once the process was read. */
static bool snapshot_is_passing(int error)
{
	return error == EPERM || error == EAGAIN || error == ETIMEDOUT;
}

/* Stops all threads, and tries again where a passing state prevents it. *start
 * is when they were stopped. */
static int snapshot_stop_patiently(
    struct remote_threads *threads, pid_t pid, int64_t *start)
{
	int64_t deadline = clock_mono_ns() + PATIENCE_NS;

	for (;;) {
		*start = clock_mono_ns();
		if (remote_stop_all(threads, pid, STOP_LIMIT_NS) == 0)
			return 0;
		if (!snapshot_is_passing(errno) || clock_mono_ns() > deadline)
			return -1;
		nanosleep(&(struct timespec){0, RETRY_NS}, NULL);
	}
}

/* Stops the process while its collector rests, if that happens soon; checks
 * without stopping first. */
static int snapshot_stop_at_rest(struct copy *copy,
    const struct python_target *target, struct remote_threads *threads,
    int64_t *start)
{
	for (int i = 0;; i++) {
		bool is_last = i == TRIES_MAX;
		int collecting = is_last ? 0 : snapshot_collecting(target);
		int error;

		if (collecting == 0) {
			if (snapshot_stop_patiently(
				threads, target->pid, start) < 0)
				return -1;
			collecting = snapshot_collecting(target);
			copy->snapshot->collecting = collecting > 0;
			if (collecting == 0 || (collecting > 0 && is_last))
				return 0;
			error = errno;
			remote_resume_all(threads);
			errno = error;
		}
		if (collecting < 0)
			return -1;
		nanosleep(&(struct timespec){0, NAP_NS << i}, NULL);
	}
}

static int snapshot_copy_standing(
    struct copy *copy, const struct python_target *target)
{
	struct remote_threads threads;
	int64_t start;
	int result, error;

	if (snapshot_stop_at_rest(copy, target, &threads, &start) < 0)
		return -1;
	result = snapshot_list_pages(copy);
	if (result == 0)
		result = pages_copy(
		    &copy->pages, copy->pid, &copy->snapshot->copied);
	error = errno;
	copy->snapshot->rss_kib = snapshot_number(copy->pid, "VmRSS");
	remote_resume_all(&threads);
	copy->snapshot->pause_ns = clock_mono_ns() - start;
	errno = error;
	return result;
}

static int snapshot_copy_running(struct copy *copy)
{
	int64_t available;
	uint64_t copied;

	if (snapshot_list_pages(copy) < 0)
		return -1;
	available = snapshot_number(0, "MemAvailable");
	if (available >= 0 && copy->pages.there / 1024 > (uint64_t)available) {
		errno = ENOMEM;
		return -1;
	}
	pages_advise(&copy->pages);
	return pages_copy(&copy->pages, copy->pid, &copied);
}

static int snapshot_copy_twice(
    struct copy *copy, const struct python_target *target)
{
	int error;

	if (snapshot_copy_running(copy) == 0 &&
	    snapshot_copy_standing(copy, target) == 0) {
		snapshot_forget_gone(copy);
		return 0;
	}
	error = errno;
	snapshot_finish(copy->snapshot);
	errno = error;
	return -1;
}

static bool snapshot_find_tracer(void *context, pid_t thread)
{
	int64_t *tracer = context;

	*tracer = snapshot_number(thread, "TracerPid");
	return *tracer <= 0;
}

/* The pid that traces one of its threads; 0: none at present. */
static int64_t snapshot_tracer_of(pid_t pid)
{
	int64_t tracer = 0;
	struct procfs fs;

	if (procfs_init(&fs, "/proc", NULL) < 0)
		return 0;
	procfs_each_thread(&fs, pid, snapshot_find_tracer, &tracer);
	procfs_finish(&fs);
	return tracer > 0 ? tracer : 0;
}

/* Its memory was read already, so ownership is not the reason why it can't be
 * stopped. */
static enum python_result snapshot_refusal_to_stop(pid_t pid, struct err *e)
{
	int64_t tracer = snapshot_tracer_of(pid);

	if (tracer) {
		err_set(e,
		    "process %d: process %lld traces it, and a process can "
		    "have one tracer; detach that one first",
		    (int)pid, (long long)tracer);
		return PYTHON_DENIED;
	}
	err_set(e,
	    "process %d: one of its threads was being traced or was ending at "
	    "each attempt to stop it; try again",
	    (int)pid);
	return PYTHON_EARLY;
}

static enum python_result snapshot_refusal(pid_t pid, int error, struct err *e)
{
	switch (error) {
	case EPERM:
		return snapshot_refusal_to_stop(pid, e);
	case E2BIG:
		err_set(e,
		    "process %d: its memory is in more than %d pieces, too "
		    "many to copy",
		    (int)pid, REGIONS_MAX);
		return PYTHON_DENIED;
	case ENOMEM:
		err_set(e,
		    "process %d: this machine has too little free memory for "
		    "a copy of its heap",
		    (int)pid);
		return PYTHON_DENIED;
	case ETIMEDOUT:
		err_set(e,
		    "process %d: one of its threads is waiting in the kernel "
		    "and can't be stopped; try again",
		    (int)pid);
		return PYTHON_EARLY;
	case EAGAIN:
		err_set(e,
		    "process %d: it starts threads faster than they can be "
		    "stopped; try again",
		    (int)pid);
		return PYTHON_EARLY;
	default:
		return python_refusal(pid, error, e);
	}
}

enum python_result snapshot_take(struct snapshot *snapshot,
    const struct python_target *target, struct err *e)
{
	struct copy copy = {.snapshot = snapshot, .pid = target->thread};
	enum python_result result = PYTHON_OK;

	*snapshot = (struct snapshot){.live = target->memory};
	copy.pagemap = procfs_open_once(target->thread, "pagemap");
	if (copy.pagemap < 0)
		return python_refusal(target->pid, errno, e);
	if (snapshot_copy_twice(&copy, target) < 0)
		result = snapshot_refusal(target->pid, errno, e);
	pages_finish(&copy.pages);
	close(copy.pagemap);
	return result;
}

void snapshot_finish(struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->rooms.len; i++) {
		const struct snapshot_region *room = &snapshot->rooms.items[i];

		munmap(room->bytes, room->end - room->start);
	}
	array_free(&snapshot->rooms);
	array_free(&snapshot->regions);
}

const struct snapshot_region *snapshot_find(
    struct snapshot *snapshot, uint64_t address)
{
	const struct snapshot_region *region = region_find(
	    snapshot->regions.items, snapshot->regions.len, address);

	if (region)
		snapshot->slots[address >> 20 & (SNAPSHOT_SLOTS - 1)] = region;
	return region;
}

static int snapshot_read_copy(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	struct snapshot *snapshot = (struct snapshot *)memory->snapshot;
	const void *at = snapshot_at(snapshot, address, len);

	if (at) {
		memcpy(to, at, len);
		return 0;
	}
	if (memory_read(&snapshot->live, address, to, len) == 0)
		return 0;
	/* EFAULT: nothing is mapped there. On other errors there may be
	 * memory. */
	if (errno != EFAULT)
		snapshot->failed = errno;
	return -1;
}

struct python_memory snapshot_memory(struct snapshot *snapshot)
{
	return (struct python_memory){.read = snapshot_read_copy,
	    .pid = snapshot->live.pid,
	    .snapshot = snapshot};
}
