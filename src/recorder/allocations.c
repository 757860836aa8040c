// SPDX-License-Identifier: MIT
#include "recorder/allocations.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "proc/filters.h"
#include "proc/namespace.h"
#include "proc/procfs.h"
#include "recorder/allocation_end.h"
#include "recorder/allocation_report.h"
#include "recorder/allocation_tables.h"
#include "recorder/unsampled.h"

enum { LARGE = 1024 }; /* slots, from which on a table is read less often */

#define LARGE_NS (NS_PER_S / 10)
/* Age at which a process is first examined for a filter of system calls, and
 * time between two looks. */
#define FILTERS_FIRST_NS (NS_PER_S / 2)
#define FILTERS_NS (5 * NS_PER_S)

/* A search for left directories reads at most so many names, as a program waits
 * for its start meanwhile. It removes those that have not changed for so long.
 */
enum { ENTRIES_MAX = 10000, LEFT_S = 3600 };

struct allocations {
	char *path;
	struct allocation_tables tables;
	struct allocation_report report;
	struct unsampled unsampled;
	size_t own; /* processes that have a table and another allocator */
	bool attached;
};

/* A tick, and a table in it. */
struct allocations_round {
	struct allocations *all;
	struct allocation_table *table;
	const struct sink_tick *tick;
};

struct allocations *allocations_create(
    const char *path, struct sites *sites, struct err *e)
{
	struct allocations *all = mem_zero(1, sizeof(*all));

	if (allocation_tables_begin(&all->tables, path, e) != 0) {
		free(all);
		return NULL;
	}
	all->path = mem_copy(path);
	allocation_report_init(&all->report, &all->tables, sites);
	return all;
}

void allocations_remove(const char *path)
{
	allocation_tables_clean(path);
}

/* The recorder locks its directory for as long as it runs. It locks it just
 * after it has made it, so a new one may have no lock yet. */
static void allocations_remove_unlocked(const char *path)
{
	int fd = open(
	    path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat about;

	if (fd < 0)
		return;
	if (fstat(fd, &about) == 0 && about.st_uid == geteuid() &&
	    about.st_mtime < time(NULL) - LEFT_S &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		allocations_remove(path);
	close(fd);
}

void allocations_remove_left(const char *parent)
{
	DIR *dir = opendir(parent);
	char pattern[64];
	const struct dirent *entry;

	if (!dir)
		return;
	snprintf(pattern, sizeof(pattern), "mprof-%u-*" ALLOCATIONS_SUFFIX,
	    (unsigned)geteuid());
	for (int i = 0; i < ENTRIES_MAX && (entry = readdir(dir)) != NULL;
	     i++) {
		char *path;

		if (fnmatch(pattern, entry->d_name, 0) != 0)
			continue;
		path = mem_format("%s/%s", parent, entry->d_name);
		allocations_remove_unlocked(path);
		free(path);
	}
	closedir(dir);
}

void allocations_destroy(struct allocations *all)
{
	if (!all)
		return;
	allocation_tables_finish(&all->tables);
	allocation_report_finish(&all->report);
	unsampled_finish(&all->unsampled);
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
	return all->tables.processes;
}

size_t allocations_unseen(const struct allocations *all)
{
	return all->own + all->unsampled.reported;
}

/* Finds the process that the table belongs to: in another pid namespace, one of
 * the recorded processes with that pid there. */
static void allocations_recognize(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	uint64_t pids = table->reader.header.pids;

	if (pids == round->all->tables.pids && pids) {
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
static void allocations_set_prefix(struct allocation_table *table)
{
	const struct allocation_header *header = &table->reader.header;

	if (!namespace_shares_files(
		header->mounts, header->root_device, header->root_inode))
		procfs_path(table->reader.root, sizeof(table->reader.root),
		    allocation_table_pid(table), "root");
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
	 * below looks as if it were unmapped. */
	table->is_filtered = true;
	fd = openat(round->all->tables.directory, table->name,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	(void)!pwrite(fd, &leave, sizeof(leave),
	    offsetof(struct allocation_header, leave));
	close(fd);
}

/* Counts a process with another allocator, and takes one without samples out of
 * the count: its table may have been made to tell of a filter alone. */
static void allocations_count(
    struct allocations *all, struct allocation_table *table)
{
	const struct allocation_header *header = &table->reader.header;
	bool is_filtered =
	    header->flags & (ALLOCATION_FILTERED | ALLOCATION_LOCKED);
	bool has_own =
	    is_filtered ||
	    header->flags & (ALLOCATION_OWN_HEAP | ALLOCATION_OWN_MALLOC);

	if (is_filtered && table->is_first && header->taken == 0) {
		all->tables.processes--;
		table->is_first = false;
	}
	all->own += has_own && !table->has_own;
	table->has_own |= has_own;
}

/* Reports a reading. The process of a new table may not have been found yet,
 * as it was recorded after the last tick: false then. */
static bool allocations_report_reading(const struct allocations_round *round,
    const struct allocation_reading *reading, size_t count, bool changed)
{
	struct allocation_table *table = round->table;
	struct allocation_report *report = &round->all->report;
	bool has_header = table->reader.header.magic;

	if (has_header && !table->pid) {
		allocations_recognize(round);
		if (!table->pid && table->mapped == 1 && !reading->is_last)
			return false;
	}
	if (has_header && !table->reported_ns)
		allocations_set_prefix(table);
	allocations_find_filter(round);
	if (table->is_filtered)
		table->reader.header.flags |= ALLOCATION_FILTERED;
	if (changed) {
		table->changed_ns = table->read_ns;
		allocation_report_changes(report, reading, count);
	}
	if (has_header) {
		allocations_count(round->all, table);
		allocation_report_state(report, reading);
	}
	return true;
}

static void allocations_read_table(
    const struct allocations_round *round, bool is_last)
{
	struct allocation_table *table = round->table;
	struct allocations *all = round->all;
	struct allocation_reading reading = {
	    .table = table, .tick = round->tick};
	bool changed;
	size_t count;

	table->read_ns = round->tick->time_ns;
	reading.fd = allocation_tables_open(&all->tables, table);
	if (reading.fd < 0)
		return;
	table->mapped =
	    all->tables.finds_mappings ? file_lock_has_writer(reading.fd) : -1;
	reading.is_last = is_last || table->mapped == 0;
	count = allocation_reader_read(
	    &table->reader, reading.fd, &all->report.room, &changed);
	if (!allocations_report_reading(round, &reading, count, changed))
		table->reader.again = true;
	close(reading.fd);
}

/* Reports what the table's process, which is gone, held until end_ns. */
static void allocations_end_table(
    const struct allocations_round *round, int64_t end_ns)
{
	allocation_report_end(
	    &round->all->report, round->table, end_ns, round->tick->time_ns);
	round->table->is_ended = true;
}

/* Whether a new table was created after the tick began: it is for the next
 * tick. Once, as the clock may have been set back. */
static bool allocations_is_for_next_tick(const struct allocations_round *round)
{
	const struct allocation_table *table = round->table;
	struct allocation_header header;

	if (table->is_for_next || table->read_ns > 0)
		return false;
	allocation_tables_peek(&round->all->tables, table, &header);
	return header.start_ns > (uint64_t)round->tick->time_ns;
}

static void allocations_read_living(const struct allocations_round *round)
{
	struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns;

	table->is_for_next = allocations_is_for_next_tick(round);
	if (table->is_for_next || table->is_ended || table->mapped == 0 ||
	    (table->reader.slots > LARGE && now_ns - table->read_ns < LARGE_NS))
		return;
	allocations_read_table(round, false);
	if (table->mapped == 1)
		table->alive_ns = now_ns;
}

/* Ends a table whose process is gone: it has ended, or executed another
 * program. All tables were read: the next one's start shows when that was. */
static void allocations_end_gone(const struct allocations_round *round)
{
	struct allocation_tables *tables = &round->all->tables;
	struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns;

	if (table->is_for_next)
		return;
	table->is_for_removal =
	    table->has_successor ||
	    (allocation_end_of_process(tables, table, now_ns) &&
		allocation_end_may_be_now(table, round->tick));
	if (table->is_ended)
		return;
	if (!table->is_for_removal &&
	    (!allocation_end_by_exec(table, now_ns) ||
		!allocation_end_may_be_now(table, round->tick)))
		return;
	if (table->mapped != 0)
		allocations_read_table(round, true);
	allocations_end_table(round, allocation_end_ns(tables, table, now_ns));
}

static bool allocations_has_table(const void *context, pid_t pid)
{
	const struct allocation_tables *tables = context;

	for (size_t i = 0; i < tables->list.len; i++)
		if (tables->list.items[i]->pid == pid &&
		    !tables->list.items[i]->is_ended)
			return true;
	return false;
}

static void allocations_each(struct allocations *all,
    const struct sink_tick *tick,
    void (*call)(const struct allocations_round *round))
{
	for (size_t i = all->tables.list.len; i-- > 0;) {
		struct allocations_round round = {.all = all,
		    .table = all->tables.list.items[i],
		    .tick = tick};

		call(&round);
	}
}

static void allocations_on_tick(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct allocations *all = context;
	struct allocation_tables *tables = &all->tables;

	if (!sink->allocation)
		return;
	allocation_report_begin(&all->report, tick, sink);
	allocation_tables_find(tables, tick->time_ns, false);
	allocations_each(all, tick, allocations_read_living);
	allocations_each(all, tick, allocations_end_gone);
	allocation_tables_remove(tables);
	if (!all->attached || tables->list.len > 0)
		unsampled_scan(
		    &all->unsampled, tick, sink, allocations_has_table, tables);
}

static void allocations_read_last(const struct allocations_round *round)
{
	if (!round->table->is_ended)
		allocations_read_table(round, true);
}

/* Ends a table whose process was gone before the recording's end: one that
 * ended with the recording held its memory until then. */
static void allocations_end_earlier(const struct allocations_round *round)
{
	struct allocation_tables *tables = &round->all->tables;
	const struct allocation_table *table = round->table;
	int64_t now_ns = round->tick->time_ns, end_ns;
	bool is_gone = table->has_successor || table->mapped == 0 ||
		       (table->mapped < 0 &&
			   allocation_end_of_process(tables, table, now_ns));

	if (table->is_ended || !is_gone)
		return;
	end_ns = allocation_end_ns(tables, table, now_ns);
	if (table->has_successor || end_ns < now_ns)
		allocations_end_table(round, end_ns);
}

/* Tables outlive their processes: reads what these held at their end. */
static void allocations_on_end(
    void *context, const struct sink_tick *tick, const struct sink *sink)
{
	struct allocations *all = context;

	if (!sink->allocation)
		return;
	allocation_report_begin(&all->report, tick, sink);
	allocation_tables_find(&all->tables, tick->time_ns, true);
	allocations_each(all, tick, allocations_read_last);
	allocations_each(all, tick, allocations_end_earlier);
	if (all->tables.processes == 0 && all->own == 0)
		unsampled_end(&all->unsampled, tick, sink);
}

struct sampler_hook allocations_hook(struct allocations *all)
{
	return (struct sampler_hook){.context = all,
	    .tick = allocations_on_tick,
	    .end = allocations_on_end};
}
