// SPDX-License-Identifier: MIT
#include "recorder/allocation_tables.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "proc/namespace.h"

static const char table_pattern[] = "[0-9]*.[0-9]*";

enum { TABLES_MAX = 10000 };

/* Added to a pid of another namespace whose process was never found: it is then
 * no process's here (the kernel's PID_MAX_LIMIT). */
#define STRANGE_PID (4 << 20)

int allocation_tables_begin(
    struct allocation_tables *tables, const char *path, struct err *e)
{
	int directory = -1;

	if (mkdir(path, 0700) == 0)
		directory =
		    open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (directory < 0) {
		err_errno(e, "%s: sampled allocations can't be kept", path);
		return -1;
	}
	/* A process that is already running samples only while this lock is
	 * held. */
	flock(directory, LOCK_EX | LOCK_NB);
	*tables = (struct allocation_tables){.directory = directory,
	    .begun_ns = clock_wall_ns(),
	    .finds_mappings = file_lock_finds_mappings(directory),
	    .pids = namespace_has_proc() ? namespace_of_pids(getpid()) : 0};
	table_events_begin(&tables->events, directory);
	return 0;
}

static void allocation_table_destroy(struct allocation_table *table)
{
	allocation_reader_finish(&table->reader);
	free(table);
}

void allocation_tables_finish(struct allocation_tables *tables)
{
	for (size_t i = 0; i < tables->list.len; i++)
		allocation_table_destroy(tables->list.items[i]);
	array_free(&tables->list);
	index_finish(&tables->by_pid);
	array_free(&tables->starts);
	table_events_end(&tables->events);
	close(tables->directory);
}

static bool allocation_table_has_name(const char *name)
{
	return fnmatch(table_pattern, name, 0) == 0;
}

void allocation_tables_clean(const char *path)
{
	io_remove_own_directory(path, allocation_table_has_name);
}

int allocation_tables_open(const struct allocation_tables *tables,
    const struct allocation_table *table)
{
	int fd = openat(tables->directory, table->name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat about;

	if (fd >= 0 && (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool allocation_table_has_pid(
    const void *tables, size_t at, const void *pid)
{
	return ((struct allocation_table *const *)tables)[at]->inner ==
	       *(const pid_t *)pid;
}

/* The first of the tables that belong to processes of that pid in their own
 * namespaces; NULL: none. */
static struct allocation_table *allocation_tables_of_pid(
    const struct allocation_tables *tables, pid_t inner)
{
	size_t at =
	    index_find(&tables->by_pid, index_hash_number((uint64_t)inner),
		allocation_table_has_pid, tables->list.items, &inner);

	return at == INDEX_NONE ? NULL : tables->list.items[at];
}

/* Makes the table at that place in the list known by its pid. */
static void allocation_tables_index(struct allocation_tables *tables, size_t at)
{
	struct allocation_table *table = tables->list.items[at], *first;

	first = tables->list.items[index_place(&tables->by_pid,
	    index_hash_number((uint64_t)table->inner), allocation_table_has_pid,
	    tables->list.items, &table->inner, at)];
	table->same_pid = NULL;
	if (first == table)
		return;
	table->same_pid = first->same_pid;
	first->same_pid = table;
}

void allocation_tables_remove(struct allocation_tables *tables)
{
	size_t len = tables->list.len;

	for (size_t i = len; i-- > 0;) {
		struct allocation_table *table = tables->list.items[i];

		if (!table->is_for_removal)
			continue;
		unlinkat(tables->directory, table->name, 0);
		allocation_table_destroy(table);
		tables->list.items[i] = tables->list.items[--tables->list.len];
	}
	if (tables->list.len == len)
		return;
	index_clear(&tables->by_pid);
	for (size_t i = 0; i < tables->list.len; i++)
		allocation_tables_index(tables, i);
}

void allocation_tables_peek(const struct allocation_tables *tables,
    const struct allocation_table *table, struct allocation_header *header)
{
	int fd = allocation_tables_open(tables, table);

	*header = (struct allocation_header){0};
	if (fd < 0)
		return;
	if (pread(fd, header, sizeof(*header), 0) != sizeof(*header))
		*header = (struct allocation_header){0};
	close(fd);
}

/* The pid namespace of the table's process; 0: not known. */
static uint64_t allocation_tables_pids_of(
    const struct allocation_tables *tables, struct allocation_table *table)
{
	struct allocation_header header;

	/* It is asked again where the process had not written it yet. */
	if (!table->pids) {
		allocation_tables_peek(tables, table, &header);
		table->pids = header.pids;
	}
	return table->pids;
}

/* False where that isn't known. */
static bool allocation_tables_is_mapped(const struct allocation_tables *tables,
    const struct allocation_table *table)
{
	bool is_mapped;
	int fd;

	if (!tables->finds_mappings)
		return false;
	fd = allocation_tables_open(tables, table);
	if (fd < 0)
		return false;
	is_mapped = file_lock_has_writer(fd) == 1;
	close(fd);
	return is_mapped;
}

/* The table's process has executed another program, unless the table is mapped:
 * the file is not looked at again once that is known. */
static void allocation_tables_note_successor(
    const struct allocation_tables *tables, struct allocation_table *table)
{
	table->has_successor =
	    table->has_successor || !allocation_tables_is_mapped(tables, table);
}

/* Finds the tables of programs that the same process executed before or after:
 * a directory may list the newest file first. Returns whether there is another
 * table of the process; a process of another pid namespace may have the same
 * pid there. A process may have executed thousands of programs: their files are
 * not opened for each one that follows. */
static bool allocation_tables_find_others(
    const struct allocation_tables *tables, struct allocation_table *table)
{
	struct allocation_table *other =
	    allocation_tables_of_pid(tables, table->inner);
	bool executes = false;

	for (; other; other = other->same_pid) {
		uint64_t pids = allocation_tables_pids_of(tables, table);
		uint64_t others = allocation_tables_pids_of(tables, other);

		if (pids && others && pids != others)
			continue;
		executes = true;
		if (other->number < table->number)
			allocation_tables_note_successor(tables, other);
		else
			allocation_tables_note_successor(tables, table);
	}
	return executes;
}

static struct allocation_table *allocation_tables_get(
    const struct allocation_tables *tables, pid_t inner, unsigned number)
{
	struct allocation_table *table =
	    allocation_tables_of_pid(tables, inner);

	while (table && table->number != number)
		table = table->same_pid;
	return table;
}

static void allocation_tables_add(struct allocation_tables *tables,
    const char *name, pid_t inner, unsigned number, int64_t now_ns)
{
	struct allocation_table *table;
	bool executes;

	if (allocation_tables_get(tables, inner, number))
		return;
	table = mem_zero(1, sizeof(*table));
	strcpy(table->name, name);
	table->inner = inner;
	table->number = number;
	table->mapped = -1;
	executes = allocation_tables_find_others(tables, table);
	if (tables->list.len == TABLES_MAX) {
		free(table);
		return;
	}
	table->changed_ns = now_ns;
	table->every = 1;
	*array_push(&tables->list) = table;
	allocation_tables_index(tables, tables->list.len - 1);
	table->is_first = !executes;
	tables->processes += !executes;
}

/* The numbers in a table's name. False where it is no table's name. */
static bool allocation_table_read_name(
    const char *name, int *inner, unsigned *number)
{
	int end = 0;

	return strlen(name) < sizeof(((struct allocation_table *)0)->name) &&
	       allocation_table_has_name(name) &&
	       sscanf(name, "%9d.%9u%n", inner, number, &end) == 2 &&
	       name[end] == 0 && *inner > 0;
}

/* Whether the directory may have changed since it was listed. The kernel's
 * clock for file times stands still for up to 10 ms. */
static bool allocation_tables_may_be_new(
    struct allocation_tables *tables, bool lists_always)
{
	struct stat about;

	if (fstat(tables->directory, &about) != 0 ||
	    (tables->settled && !lists_always &&
		memcmp(&about.st_mtim, &tables->listed,
		    sizeof(tables->listed)) == 0))
		return false;
	tables->listed = about.st_mtim;
	tables->settled = clock_wall_ns() - about.st_mtim.tv_sec * NS_PER_S -
			      about.st_mtim.tv_nsec >
			  NS_PER_S / 20;
	return true;
}

static void allocation_tables_list(
    struct allocation_tables *tables, int64_t now_ns)
{
	int fd =
	    openat(tables->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		unsigned number;
		int inner;

		if (allocation_table_read_name(entry->d_name, &inner, &number))
			allocation_tables_add(
			    tables, entry->d_name, inner, number, now_ns);
	}
	closedir(dir);
}

/* The kernel dropped the events that came next. A table whose creation is not
 * known was created then. */
static void allocation_tables_note_lost(struct allocation_tables *tables)
{
	for (size_t i = 0; i < tables->list.len; i++)
		if (tables->list.items[i]->created_event == 0)
			tables->list.items[i]->created_event =
			    tables->event_count;
}

/* Notes in which order tables were created and unmapped. */
static void allocation_tables_note_events(
    struct allocation_tables *tables, int64_t now_ns)
{
	struct table_event event;

	while (table_events_next(&tables->events, &event)) {
		struct allocation_table *table = NULL;
		unsigned number;
		int inner;

		tables->event_count++;
		if (event.what == TABLE_EVENTS_LOST) {
			allocation_tables_note_lost(tables);
		} else if (allocation_table_read_name(
			       event.name, &inner, &number)) {
			if (event.what == TABLE_CREATED)
				allocation_tables_add(
				    tables, event.name, inner, number, now_ns);
			table = allocation_tables_get(tables, inner, number);
		}
		if (table && event.what == TABLE_CREATED)
			table->created_event = tables->event_count;
		else if (table)
			table->unmapped_event = tables->event_count;
	}
}

void allocation_tables_find(
    struct allocation_tables *tables, int64_t now_ns, bool lists_always)
{
	if (allocation_tables_may_be_new(tables, lists_always))
		allocation_tables_list(tables, now_ns);
	allocation_tables_note_events(tables, now_ns);
	tables->has_starts = false;
}

int64_t allocation_tables_time(
    const struct allocation_tables *tables, uint64_t time_ns, int64_t now_ns)
{
	if (time_ns > (uint64_t)now_ns)
		return now_ns;
	return (int64_t)time_ns < tables->begun_ns ? tables->begun_ns
						   : (int64_t)time_ns;
}

pid_t allocation_table_pid(const struct allocation_table *table)
{
	return table->pid ? table->pid : STRANGE_PID + table->inner;
}
