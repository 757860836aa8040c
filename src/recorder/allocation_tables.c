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

void allocation_tables_remove(struct allocation_tables *tables, size_t at)
{
	struct allocation_table *table = tables->list.items[at];

	unlinkat(tables->directory, table->name, 0);
	allocation_table_destroy(table);
	tables->list.items[at] = tables->list.items[--tables->list.len];
}

void allocation_tables_peek(const struct allocation_tables *tables,
    const struct allocation_table *table, struct allocation_header *header,
    bool *is_mapped)
{
	int fd = allocation_tables_open(tables, table);

	*header = (struct allocation_header){0};
	if (is_mapped)
		*is_mapped = fd >= 0 && tables->finds_mappings &&
			     file_lock_has_writer(fd) == 1;
	if (fd < 0)
		return;
	if (pread(fd, header, sizeof(*header), 0) != sizeof(*header))
		*header = (struct allocation_header){0};
	close(fd);
}

/* Finds the tables of programs that the same process executed before. Returns
 * whether there is another table of the process; a process of another pid
 * namespace may have the same pid there. */
static bool allocation_tables_find_earlier(
    struct allocation_tables *tables, const struct allocation_table *table)
{
	struct allocation_header header, others;
	bool executes = false, is_mapped;

	for (size_t i = 0; i < tables->list.len; i++) {
		struct allocation_table *other = tables->list.items[i];

		if (other->inner != table->inner)
			continue;
		allocation_tables_peek(tables, table, &header, NULL);
		allocation_tables_peek(tables, other, &others, &is_mapped);
		if (header.pids && others.pids && header.pids != others.pids)
			continue;
		executes = true;
		other->has_successor |=
		    other->number < table->number && !is_mapped;
	}
	return executes;
}

static struct allocation_table *allocation_tables_get(
    const struct allocation_tables *tables, int inner, unsigned number)
{
	for (size_t i = 0; i < tables->list.len; i++) {
		struct allocation_table *table = tables->list.items[i];

		if (table->inner == inner && table->number == number)
			return table;
	}
	return NULL;
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
	executes = allocation_tables_find_earlier(tables, table);
	if (tables->list.len == TABLES_MAX) {
		free(table);
		return;
	}
	table->changed_ns = now_ns;
	table->every = 1;
	*array_push(&tables->list) = table;
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
