// SPDX-License-Identifier: MIT
#include "recorder/allocations.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/random.h"
#include "proc/filters.h"
#include "proc/maps.h"
#include "proc/namespace.h"
#include "proc/procfs.h"
#include "recorder/allocation_reader.h"
#include "recorder/table_events.h"
#include "recorder/unsampled.h"

static const char table_pattern[] = "[0-9]*.[0-9]*";

enum {
	TABLES_MAX = 10000,
	LARGE = 1024, /* slots, from which on a table is read less often */
	BUDGET = 512 << 10, /* bytes that records may take at once, and again in
			       each minute */
	RECORD = 96,        /* bytes that the records of a sample take */
	COST_OF = 64,       /* samples that their mean size is taken of */
	EVERY_MAX = 1 << 20
};

#define LARGE_NS (NS_PER_S / 10)
#define MINUTE_NS (60 * NS_PER_S)
/* Time without a write after which a table is given up, where it is not known
 * which process it belongs to, nor whether it is mapped. */
#define STRANGE_NS MINUTE_NS
/* Added to a pid of another namespace whose process was never found: it is then
 * no process's here (the kernel's PID_MAX_LIMIT). */
#define STRANGE_PID (4 << 20)
/* Age at which a process is first examined for a filter of system calls, and
 * time between two looks. */
#define FILTERS_FIRST_NS (NS_PER_S / 2)
#define FILTERS_NS (5 * NS_PER_S)
/* Least time between two records about a table, from the second one on. */
#define REPORT_NS (10 * NS_PER_S)
/* The least difference of two times in a recording. */
#define MOMENT_NS (NS_PER_S / 10000)

struct allocation_table {
	char name[32];
	pid_t inner;      /* pid in its process's own namespace */
	pid_t pid;        /* the same here; 0: not known */
	unsigned number;  /* ordinal of the program among those that the process
			     executed */
	int mapped;       /* whether it was when last read; -1: not known */
	bool is_left;     /* its process has executed another program */
	bool is_earlier;  /* its process has a later table */
	bool is_over;     /* it is removed at the end of this tick */
	bool is_for_next; /* it was created after this tick began */
	bool is_first;    /* its process is counted for this table */
	bool has_own;     /* its other allocator was reported */
	int64_t read_ns, changed_ns, reported_ns, mapped_ns, filters_ns;
	int64_t gone_ns; /* when it was found to be over; 0: it isn't */
	/* The last tick at which its process held its memory, and the last
	 * sample in it. */
	int64_t alive_ns, last_ns;
	/* When it was created and left, in the order of events; 0: not known,
	 * or not yet. */
	uint64_t created, left;
	bool is_filtered;          /* it has a filter of system calls */
	char program[PROCFS_NAME]; /* name of the program executed last */
	struct sink_held reported;
	uint32_t reported_flags;
	uint64_t every; /* the largest since the last record about it */
	struct allocation_reader reader;
};

struct allocations {
	char *path;
	int directory;
	/* The directory's last change, as of when it was listed. */
	struct timespec listed;
	bool settled; /* the directory was listed a while after that change */
	bool finds_mappings; /* it is known whether a table is mapped */
	uint64_t pids;       /* this process's pid namespace; 0: /proc has the
				numbers of another one */
	ARRAY(struct allocation_table *) tables;
	struct table_events events;
	uint64_t order;        /* number of events so far */
	size_t processes, own; /* processes that have a table; of them with
				  another allocator */
	pid_t root;
	bool attached;
	struct allocation_room room;
	struct sites *sites; /* borrowed */
	uint32_t numbers[ALLOCATION_DEPTH];
	/* Samples that were reported; also the last one's id. */
	uint32_t samples;
	ARRAY(uint32_t) freed;
	struct unsampled unsampled;
	double budget;
	double cost; /* mean size of a sample's records, of late */
	int64_t begun_ns, budget_ns;
	uint64_t random;
};

/* One reading of a table. */
struct allocations_round {
	struct allocations *all;
	struct allocation_table *table;
	const struct sink_tick *tick;
	const struct sink *sink;
	size_t left;  /* new samples of the table that were not read yet */
	bool is_last; /* the table is not read again */
	int fd;
};

struct allocations *allocations_create(
    const char *path, struct sites *sites, struct err *e)
{
	struct allocations *all;
	int directory = -1;

	if (mkdir(path, 0700) == 0)
		directory =
		    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0) {
		err_errno(e, "%s: sampled allocations can't be kept", path);
		return NULL;
	}
	/* A process that is already running samples only while this lock is
	 * held. */
	flock(directory, LOCK_EX | LOCK_NB);
	all = mem_zero(1, sizeof(*all));
	all->path = mem_copy(path);
	all->directory = directory;
	all->finds_mappings = file_lock_finds_mappings(directory);
	table_events_begin(&all->events, directory);
	all->pids = namespace_has_proc() ? namespace_of_pids(getpid()) : 0;
	all->sites = sites;
	all->budget = BUDGET;
	all->cost = RECORD;
	all->begun_ns = clock_wall_ns();
	all->random = (uint64_t)clock_mono_ns();
	return all;
}

static void allocations_drop_table(struct allocation_table *table)
{
	allocation_reader_finish(&table->reader);
	free(table);
}

static bool allocations_wrote(const char *name)
{
	return fnmatch(table_pattern, name, 0) == 0;
}

void allocations_remove(const char *path)
{
	io_remove_own_directory(path, allocations_wrote);
}

void allocations_destroy(struct allocations *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->tables.len; i++)
		allocations_drop_table(all->tables.items[i]);
	array_free(&all->tables);
	allocation_room_finish(&all->room);
	array_free(&all->freed);
	unsampled_finish(&all->unsampled);
	table_events_end(&all->events);
	close(all->directory);
	allocations_remove(all->path);
	free(all->path);
	free(all);
}

void allocations_attach(struct allocations *all)
{
	all->attached = true;
	all->unsampled.attached = true;
}

size_t allocations_processes(const struct allocations *all)
{
	return all->processes;
}

size_t allocations_unseen(const struct allocations *all)
{
	return all->own + all->unsampled.reported;
}

static bool allocations_stack_same(
    const void *stacks, size_t at, const void *key)
{
	return ((const struct allocation_known_stack *)stacks)[at].offset ==
	       *(const uint32_t *)key;
}

/* Returns the number of the stack's site; 0: none. Where the site is new,
 * frames are set and *bytes is the size that they take in the recording. */
static uint32_t allocations_site(
    const struct allocations_round *round, uint32_t stack, size_t *bytes)
{
	struct allocations *all = round->all;
	struct allocation_reader *reader = &round->table->reader;
	uint32_t hash = index_hash_number(stack), site = 0;
	size_t at = index_find(&reader->stack_index, hash,
	    allocations_stack_same, reader->stacks.items, &stack);

	*bytes = 0;
	if (at != INDEX_NONE)
		return reader->stacks.items[at].site;
	if (stack != UINT32_MAX &&
	    allocation_reader_frames(reader, round->fd, stack, &all->room) &&
	    all->room.count > 0)
		site = sites_number(all->sites, all->room.frames,
		    all->room.count, all->numbers, bytes);
	index_add(&reader->stack_index, hash, reader->stacks.len);
	*array_push(&reader->stacks) =
	    (struct allocation_known_stack){stack, site};
	return site;
}

/* The process's number in the recording. */
static pid_t allocations_pid(const struct allocations_round *round)
{
	pid_t pid = round->table->pid;

	if (!pid)
		return STRANGE_PID + round->table->inner;
	return pid == round->all->root ? 0 : pid;
}

/* One sample in this many is to be reported now. It doubles each time that half
 * of the budget is used, and such that the samples which are left in this
 * reading take at most half of what there is. */
static uint64_t allocations_every(const struct allocations_round *round)
{
	const struct allocations *all = round->all;
	double wanted = (double)round->left * all->cost, part = BUDGET / 2;
	uint64_t every = 1;

	while (
	    every < EVERY_MAX &&
	    (all->budget < part || wanted / (double)every > all->budget / 2)) {
		every *= 2;
		part /= 2;
	}
	return every;
}

/* Whether to report this sample, and with which weight: those are reported that
 * a period `every` times as long would have taken too, so large allocations are
 * never left to chance. */
static bool allocations_thin(const struct allocations_round *round,
    const struct allocation_slot *slot, double *weight)
{
	struct allocation_table *table = round->table;
	uint64_t every = allocations_every(round);
	double size = slot->size > 0 ? (double)slot->size : 1;
	double period = (double)table->reader.header.period * (double)every;
	double taken = 1 - exp(-size / fmax(period, 1));

	if (table->every < every)
		table->every = every;
	*weight = (double)slot->weight;
	if (every == 1 || size / taken <= *weight)
		return true;
	if (random_unit(&round->all->random) >= taken * *weight / size)
		return false;
	*weight = size / taken;
	return true;
}

static int64_t allocations_time(
    const struct allocations_round *round, uint64_t time_ns)
{
	int64_t now_ns = round->tick->time_ns;

	if (time_ns > (uint64_t)now_ns)
		return now_ns;
	return (int64_t)time_ns < round->all->begun_ns ? round->all->begun_ns
						       : (int64_t)time_ns;
}

/* Reports a sample that the slot did not hold at the last reading. */
static void allocations_report(const struct allocations_round *round, size_t at)
{
	struct allocations *all = round->all;
	const struct allocation_slot *slot = &all->room.slots[at];
	struct allocation_known *known = &round->table->reader.known[at];
	struct sink_allocation taken = {.size = slot->size};
	double weight;
	size_t bytes;

	*known = (struct allocation_known){.serial = slot->serial};
	if (!allocation_reader_confirm(round->fd, at, slot)) {
		known->serial = 0; /* read again next time */
		return;
	}
	if (all->budget < RECORD || all->samples == UINT32_MAX ||
	    !allocations_thin(round, slot, &weight))
		return;
	taken.site = allocations_site(round, slot->stack, &bytes);
	if (bytes > 0) {
		taken.frames = all->room.frames;
		taken.numbers = all->numbers;
		taken.count = all->room.count;
	}
	all->budget -= RECORD + (double)bytes;
	all->cost += (RECORD + (double)bytes - all->cost) / COST_OF;
	taken.id = known->id = ++all->samples;
	taken.kib = (int64_t)(weight / 1024 + 0.5);
	known->kib = taken.kib < UINT32_MAX ? (uint32_t)taken.kib : UINT32_MAX;
	taken.pid = allocations_pid(round);
	taken.time_ns = allocations_time(round, slot->time_ns);
	if (round->table->last_ns < taken.time_ns)
		round->table->last_ns = taken.time_ns;
	round->sink->allocation(round->sink->context, &taken);
}

/* Reports the new samples among the first count slots. */
static void allocations_report_new(
    struct allocations_round *round, size_t count)
{
	const struct allocation_slot *slots = round->all->room.slots;
	const struct allocation_known *known = round->table->reader.known;

	round->left = 0;
	for (size_t i = 0; i < count; i++)
		round->left += slots[i].serial != known[i].serial;
	for (size_t i = 0; i < count && round->left > 0; i++) {
		if (slots[i].serial == known[i].serial)
			continue;
		allocations_report(round, i);
		round->left--;
	}
}

static int allocations_order(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* When the table's process had left it, at the latest: before the next table
 * was created. Otherwise now, as it is only seen now. */
static int64_t allocations_left_ns(const struct allocations_round *round)
{
	const struct allocations *all = round->all;
	const struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns, left_ns = now_ns;

	if (!table->left || table->is_filtered)
		return now_ns;
	for (size_t i = 0; i < all->tables.len; i++) {
		const struct allocation_table *next = all->tables.items[i];
		int64_t start_ns;

		if (next->created < table->left || !next->reader.header.magic)
			continue;
		start_ns =
		    allocations_time(round, next->reader.header.start_ns);
		if (left_ns > start_ns - MOMENT_NS)
			left_ns = start_ns - MOMENT_NS;
	}
	if (table->alive_ns && left_ns <= table->alive_ns)
		left_ns = table->alive_ns + MOMENT_NS;
	if (left_ns < table->last_ns)
		left_ns = table->last_ns;
	return left_ns < now_ns ? left_ns : now_ns;
}

/* Reports the samples that slots no longer hold as freed; without slots, all of
 * them. */
static void allocations_free(
    const struct allocations_round *round, const struct allocation_slot *slots)
{
	struct allocations *all = round->all;
	struct allocation_reader *reader = &round->table->reader;
	int64_t now_ns = round->tick->time_ns;
	struct sink_freed freed = {
	    .time_ns = slots ? now_ns : allocations_left_ns(round),
	    .pid = allocations_pid(round),
	    .ended = slots == NULL};

	all->freed.len = 0;
	for (size_t i = 0; i < reader->slots; i++) {
		struct allocation_known *known = &reader->known[i];

		if (slots && known->serial == slots[i].serial)
			continue;
		if (known->id > 0) {
			*array_push(&all->freed) = known->id;
			freed.kib += known->kib;
		}
		*known = (struct allocation_known){0};
	}
	if (all->freed.len == 0)
		return;
	qsort(all->freed.items, all->freed.len, sizeof(all->freed.items[0]),
	    allocations_order);
	freed.ids = all->freed.items;
	freed.count = all->freed.len;
	freed.read_ns = freed.time_ns < now_ns ? now_ns : 0;
	round->sink->freed(round->sink->context, &freed);
}

static int64_t allocations_sum(const struct allocation_reader *reader)
{
	int64_t kib = 0;

	for (size_t i = 0; i < reader->slots; i++)
		kib += reader->known[i].kib;
	return kib;
}

/* The tick may have the name of the program before: also where the process had
 * no table then, as between fork and exec. */
static const char *allocations_name(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	struct proc_stat now;

	if (!table->pid)
		return NULL;
	if (procfs_stat_once(table->pid, &now) == 0 && now.name[0]) {
		strcpy(table->program, now.name);
		return table->program;
	}
	for (size_t i = 0; i < round->tick->count; i++) {
		const struct sink_process *process = &round->tick->processes[i];

		if (process->pid == table->pid)
			return process->name;
	}
	return NULL;
}

/* Names the hooks that sample, and the reasons that some memory is missing: an
 * allocator of the program's own, a filter of system calls, locked memory. */
static const char *allocations_by(const struct allocation_header *header)
{
	static const char *const names[] = {"own", "malloc", "python",
	    "malloc,python", "own", "malloc,own", "python,own",
	    "malloc,python,own", "filter", "malloc,filter", "python,filter",
	    "malloc,python,filter", "own,filter", "malloc,own,filter",
	    "python,own,filter", "malloc,python,own,filter"};
	static const char *const locked[] = {
	    "locked", "malloc,locked", "python,locked", "malloc,python,locked"};
	unsigned own =
	    header->flags & (ALLOCATION_OWN_HEAP | ALLOCATION_OWN_MALLOC);

	if (header->flags & ALLOCATION_LOCKED)
		return locked[header->flags &
			      (ALLOCATION_MALLOC | ALLOCATION_PYTHON)];
	return names[(header->flags & (ALLOCATION_MALLOC | ALLOCATION_PYTHON)) |
		     (own ? 4 : 0) |
		     (header->flags & ALLOCATION_FILTERED ? 8 : 0)];
}

/* Reports the state of this table's sampling, if it has changed. */
static void allocations_report_state(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	const struct allocation_header *header = &table->reader.header;
	const struct sink_held *before = &table->reported;
	int64_t now_ns = round->tick->time_ns;
	struct sink_held held = {.time_ns = now_ns,
	    .pid = allocations_pid(round),
	    .period = header->period,
	    .every = table->every,
	    .failed = header->failed,
	    .lost = header->lost};
	bool has_own, is_filtered;

	/* A new hook is reported at once: there are few. */
	if (table->reported_ns &&
	    (header->flags & ~table->reported_flags) == 0 &&
	    ((now_ns - table->reported_ns < REPORT_NS && !round->is_last) ||
		(held.period == before->period && held.every == before->every &&
		    (held.failed > 0) == (before->failed > 0) &&
		    (held.lost > 0) == (before->lost > 0) &&
		    (held.lost == before->lost || !round->is_last))))
		return;
	has_own = header->flags & (ALLOCATION_OWN_HEAP | ALLOCATION_OWN_MALLOC);
	is_filtered = header->flags & (ALLOCATION_FILTERED | ALLOCATION_LOCKED);
	held.by = allocations_by(header);
	/* It may have been made to tell that alone. */
	if (is_filtered && table->is_first && header->taken == 0) {
		round->all->processes--;
		table->is_first = false;
	}
	has_own = has_own || is_filtered;
	round->all->own += has_own && !table->has_own;
	table->has_own |= has_own;
	held.name = allocations_name(round);
	held.kib = allocations_sum(&table->reader);
	table->reported = held;
	table->reported_flags |= header->flags;
	table->reported_ns = now_ns;
	table->every = 1;
	round->all->budget -= 2 * RECORD;
	round->sink->held(round->sink->context, &held);
}

static int allocations_open(
    const struct allocations *all, const struct allocation_table *table)
{
	int fd = openat(all->directory, table->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat about;

	if (fd >= 0 && (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Finds the process that the table belongs to: in another pid namespace, one of
 * the recorded processes with that pid there. */
static void allocations_recognize(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	uint64_t pids = table->reader.header.pids;

	if (pids == round->all->pids && pids) {
		table->pid = table->inner;
		return;
	}
	for (size_t i = 0; i < round->tick->count && !table->pid; i++) {
		pid_t pid = round->tick->processes[i].pid;

		if ((!pids || namespace_of_pids(pid) == pids) &&
		    namespace_inner_pid(pid) == table->inner)
			table->pid = pid;
	}
}

/* In another mount namespace or below another root, a path names another file:
 * a prefix keeps it from being taken for this system's. */
static void allocations_set_prefix(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	const struct allocation_header *header = &table->reader.header;
	pid_t pid = table->pid ? table->pid : allocations_pid(round);

	if (!namespace_shares_files(
		header->mounts, header->root_device, header->root_inode))
		procfs_path(table->reader.root, sizeof(table->reader.root), pid,
		    "root");
}

/* Looks for a filter of system calls that the library did not notice, and tells
 * the library, whose own calls may be forbidden now. */
static void allocations_find_filter(const struct allocations_round *round)
{
	static const uint64_t leave = 1;
	struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns;
	int fd;

	if (!table->filters_ns)
		table->filters_ns = now_ns + FILTERS_FIRST_NS;
	if (!table->pid || table->is_filtered || now_ns < table->filters_ns)
		return;
	table->filters_ns = now_ns + FILTERS_NS;
	if (round->all->attached || !filters_are_more(table->pid))
		return;
	/* From here on the order of its events isn't known: closing the file
	 * below looks as if its process had left it. */
	table->is_filtered = true;
	fd = openat(round->all->directory, table->name,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	(void)!pwrite(fd, &leave, sizeof(leave),
	    offsetof(struct allocation_header, leave));
	close(fd);
}

/* Reports a reading. The process of a new table may not have been found yet,
 * as it was recorded after the last tick: false then. */
static bool allocations_report_reading(
    struct allocations_round *round, size_t count, bool changed)
{
	struct allocation_table *table = round->table;
	bool has_header = table->reader.header.magic;

	if (has_header && !table->pid) {
		allocations_recognize(round);
		if (!table->pid && table->mapped == 1 && !round->is_last)
			return false;
	}
	if (has_header && !table->reported_ns)
		allocations_set_prefix(round);
	allocations_find_filter(round);
	if (table->is_filtered)
		table->reader.header.flags |= ALLOCATION_FILTERED;
	if (changed) {
		table->changed_ns = table->read_ns;
		allocations_free(round, round->all->room.slots);
		allocations_report_new(round, count);
	}
	if (has_header)
		allocations_report_state(round);
	return true;
}

static void allocations_read_table(struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	struct allocations *all = round->all;
	bool is_last = round->is_last, changed;
	size_t count;

	table->read_ns = round->tick->time_ns;
	round->fd = allocations_open(all, table);
	if (round->fd < 0)
		return;
	table->mapped =
	    all->finds_mappings ? file_lock_has_writer(round->fd) : -1;
	round->is_last = is_last || table->mapped == 0;
	count = allocation_reader_read(
	    &table->reader, round->fd, &all->room, &changed);
	if (!allocations_report_reading(round, count, changed))
		table->reader.again = true;
	round->is_last = is_last;
	close(round->fd);
}

/* The table's process holds nothing of it any more. */
static void allocations_leave_table(struct allocations_round *round)
{
	bool is_last = round->is_last;

	if (round->table->is_left)
		return;
	round->is_last = true;
	if (round->table->mapped != 0)
		allocations_read_table(round);
	round->is_last = is_last;
	allocations_free(round, NULL);
	round->table->is_left = true;
}

static void allocations_remove_table(struct allocations *all, size_t at)
{
	struct allocation_table *table = all->tables.items[at];

	unlinkat(all->directory, table->name, 0);
	allocations_drop_table(table);
	all->tables.items[at] = all->tables.items[--all->tables.len];
}

/* Whether the process has executed another program: the table is no longer
 * mapped. False where that can't be found out. Mappings are read only after a
 * second without a change, and seldom after that. */
static bool allocations_is_left(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns;
	struct proc_stat now;

	if (!table->pid || table->mapped == 1)
		return false;
	if (table->mapped == 0)
		return procfs_stat_once(table->pid, &now) == 0 &&
		       !now.is_ending;
	if (now_ns - table->changed_ns < NS_PER_S ||
	    now_ns - table->mapped_ns < 10 * NS_PER_S)
		return false;
	table->mapped_ns = now_ns;
	return maps_has_file(table->pid, table->name) == 0;
}

/* The pid namespace of a table that may not have been read yet; 0: not known.
 * Sets *is_mapped, if that is known. */
static uint64_t allocations_pids_of(const struct allocations *all,
    const struct allocation_table *table, bool *is_mapped)
{
	struct allocation_header header = {0};
	int fd = allocations_open(all, table);

	*is_mapped = false;
	if (fd < 0)
		return 0;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		header.pids = 0;
	if (all->finds_mappings)
		*is_mapped = file_lock_has_writer(fd) == 1;
	close(fd);
	return header.pids;
}

/* Finds the tables of programs that the same process executed before. Returns
 * whether it has another table; a process of another pid namespace may have the
 * same pid there. */
static bool allocations_find_earlier(
    struct allocations *all, const struct allocation_table *table)
{
	bool executes = false, is_mapped;

	for (size_t i = 0; i < all->tables.len; i++) {
		struct allocation_table *other = all->tables.items[i];
		uint64_t pids, others;

		if (other->inner != table->inner)
			continue;
		pids = allocations_pids_of(all, table, &is_mapped);
		others = allocations_pids_of(all, other, &is_mapped);
		if (pids && others && pids != others)
			continue;
		executes = true;
		other->is_earlier |=
		    other->number < table->number && !is_mapped;
	}
	return executes;
}

static struct allocation_table *allocations_table(
    const struct allocations *all, int inner, unsigned number)
{
	for (size_t i = 0; i < all->tables.len; i++) {
		struct allocation_table *table = all->tables.items[i];

		if (table->inner == inner && table->number == number)
			return table;
	}
	return NULL;
}

static void allocations_add_table(struct allocations_round *round,
    const char *name, pid_t inner, unsigned number)
{
	struct allocations *all = round->all;
	struct allocation_table *table;
	bool executes;

	if (allocations_table(all, inner, number))
		return;
	table = mem_zero(1, sizeof(*table));
	strcpy(table->name, name);
	table->inner = inner;
	table->number = number;
	table->mapped = -1;
	executes = allocations_find_earlier(all, table);
	if (all->tables.len == TABLES_MAX) {
		free(table);
		return;
	}
	table->changed_ns = round->tick->time_ns;
	table->every = 1;
	*array_push(&all->tables) = table;
	table->is_first = !executes;
	all->processes += !executes;
}

/* The numbers in a table's name. False where it is no table's name. */
static bool allocations_read_name(
    const char *name, int *inner, unsigned *number)
{
	int end = 0;

	return strlen(name) < sizeof(((struct allocation_table *)0)->name) &&
	       allocations_wrote(name) &&
	       sscanf(name, "%9d.%9u%n", inner, number, &end) == 2 &&
	       name[end] == 0 && *inner > 0;
}

/* Lists the directory where it has changed. The kernel's clock for file times
 * stands still for up to 10 ms. */
static void allocations_list(struct allocations_round *round)
{
	struct allocations *all = round->all;
	const struct dirent *entry;
	struct stat about;
	DIR *dir;
	int fd;

	if (fstat(all->directory, &about) != 0 ||
	    (all->settled &&
		memcmp(&about.st_mtim, &all->listed, sizeof(all->listed)) == 0))
		return;
	all->listed = about.st_mtim;
	all->settled = clock_wall_ns() - about.st_mtim.tv_sec * NS_PER_S -
			   about.st_mtim.tv_nsec >
		       NS_PER_S / 20;
	fd = openat(all->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		unsigned number;
		int inner;

		if (allocations_read_name(entry->d_name, &inner, &number))
			allocations_add_table(
			    round, entry->d_name, inner, number);
	}
	closedir(dir);
}

/* The kernel dropped the events that came next. A table whose creation is not
 * known was created then. */
static void allocations_note_lost(struct allocations *all)
{
	for (size_t i = 0; i < all->tables.len; i++)
		if (all->tables.items[i]->created == 0)
			all->tables.items[i]->created = all->order;
}

/* Notes in which order tables were created and left. */
static void allocations_note_events(struct allocations_round *round)
{
	struct allocations *all = round->all;
	struct table_event event;

	while (table_events_next(&all->events, &event)) {
		struct allocation_table *table = NULL;
		unsigned number;
		int inner;

		all->order++;
		if (event.what == TABLE_EVENTS_LOST) {
			allocations_note_lost(all);
		} else if (allocations_read_name(event.name, &inner, &number)) {
			if (event.what == TABLE_CREATED)
				allocations_add_table(
				    round, event.name, inner, number);
			table = allocations_table(all, inner, number);
		}
		if (table && event.what == TABLE_CREATED)
			table->created = all->order;
		else if (table)
			table->left = all->order;
	}
}

/* Whether the table's process has ended. One that ended between two ticks was
 * never recorded. One that lives may be hidden in /proc; system calls know it
 * by another number if /proc is another namespace's. */
static bool allocations_is_over(const struct allocations_round *round)
{
	const struct allocation_table *table = round->table;
	struct proc_stat now;

	if (table->pid && round->all->pids)
		return kill(table->pid, 0) != 0 && errno == ESRCH;
	if (table->pid)
		return procfs_stat_once(table->pid, &now) != 0;
	if (table->mapped >= 0)
		return table->mapped == 0;
	return round->tick->time_ns - table->changed_ns > STRANGE_NS;
}

/* Whether a table that is over may be ended in this tick: a process whose
 * memory the tick has was there then, with what it held. */
static bool allocations_may_end(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;

	if (!table->gone_ns)
		table->gone_ns = round->tick->time_ns;
	for (size_t i = 0; i < round->tick->count; i++)
		if (round->tick->processes[i].pid == table->pid &&
		    round->tick->processes[i].kib > 0) {
			table->alive_ns = table->gone_ns;
			return table->gone_ns < round->tick->time_ns;
		}
	return true;
}

/* Whether a new table was created after the tick began: it is for the next
 * tick. Once, as the clock may have been set back. */
static bool allocations_is_for_next_tick(const struct allocations_round *round)
{
	const struct allocation_table *table = round->table;
	uint64_t start_ns = 0;
	int fd;

	if (table->is_for_next || table->read_ns > 0)
		return false;
	fd = allocations_open(round->all, table);
	if (fd < 0)
		return false;
	if (pread(fd, &start_ns, sizeof(start_ns),
		offsetof(struct allocation_header, start_ns)) !=
	    sizeof(start_ns))
		start_ns = 0;
	close(fd);
	return start_ns > (uint64_t)round->tick->time_ns;
}

static void allocations_read_living(struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns;

	table->is_for_next = allocations_is_for_next_tick(round);
	if (table->is_for_next || table->is_left || table->mapped == 0 ||
	    (table->reader.slots > LARGE && now_ns - table->read_ns < LARGE_NS))
		return;
	allocations_read_table(round);
	if (table->mapped == 1)
		table->alive_ns = now_ns;
}

/* Leaves a table whose process has ended, or executed another program. All
 * tables were read: the next one shows when that was. */
static void allocations_leave_gone(struct allocations_round *round)
{
	struct allocation_table *table = round->table;

	if (table->is_for_next)
		return;
	table->is_over = table->is_earlier || (allocations_is_over(round) &&
						  allocations_may_end(round));
	if (table->is_over || (!table->is_left && allocations_is_left(round) &&
				  allocations_may_end(round)))
		allocations_leave_table(round);
}

/* Adds to the budget of bytes for the time that passed. */
static void allocations_begin(struct allocations_round *round)
{
	struct allocations *all = round->all;
	int64_t now_ns = round->tick->time_ns;

	if (all->budget_ns)
		all->budget +=
		    (double)(now_ns - all->budget_ns) / MINUTE_NS * BUDGET;
	all->budget = fmin(all->budget, BUDGET);
	all->budget_ns = now_ns;
	for (size_t i = 0; i < round->tick->count && !all->root; i++)
		if (round->tick->processes[i].is_root)
			all->root = round->tick->processes[i].pid;
}

static bool allocations_has_table(const void *context, pid_t pid)
{
	const struct allocations *all = context;

	for (size_t i = 0; i < all->tables.len; i++)
		if (all->tables.items[i]->pid == pid &&
		    !all->tables.items[i]->is_left)
			return true;
	return false;
}

static void allocations_each(struct allocations_round *round,
    void (*call)(struct allocations_round *round))
{
	for (size_t i = round->all->tables.len; i-- > 0;) {
		round->table = round->all->tables.items[i];
		call(round);
	}
}

static void allocations_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct allocations *all = context;
	struct allocations_round round = {
	    .all = all, .tick = tick, .sink = sink};

	if (!sink->allocation)
		return;
	allocations_begin(&round);
	allocations_list(&round);
	allocations_note_events(&round);
	allocations_each(&round, allocations_read_living);
	allocations_each(&round, allocations_leave_gone);
	for (size_t i = all->tables.len; i-- > 0;)
		if (all->tables.items[i]->is_over)
			allocations_remove_table(all, i);
	if (!all->attached || all->tables.len > 0)
		unsampled_scan(
		    &all->unsampled, tick, sink, allocations_has_table, all);
}

static void allocations_read_last(struct allocations_round *round)
{
	if (!round->table->is_left)
		allocations_read_table(round);
}

/* A process that ended with the recording held its memory until the end. */
static void allocations_leave_earlier(struct allocations_round *round)
{
	const struct allocation_table *table = round->table;
	bool is_gone = table->mapped == 0 ||
		       (table->mapped < 0 && allocations_is_over(round));

	if (table->is_earlier ||
	    (is_gone && allocations_left_ns(round) < round->tick->time_ns))
		allocations_leave_table(round);
}

/* Tables outlive their processes: reads what these held at their end. */
static void allocations_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct allocations *all = context;
	struct allocations_round round = {
	    .all = all, .tick = tick, .sink = sink, .is_last = true};

	if (!sink->allocation)
		return;
	allocations_begin(&round);
	all->settled = false;
	allocations_list(&round);
	allocations_note_events(&round);
	allocations_each(&round, allocations_read_last);
	allocations_each(&round, allocations_leave_earlier);
	if (all->processes == 0 && all->own == 0)
		unsampled_end(&all->unsampled, tick, sink);
}

struct sampler_hook allocations_hook(struct allocations *all)
{
	return (struct sampler_hook){.context = all,
	    .tick = allocations_on_tick,
	    .end = allocations_on_end};
}
