/* SPDX-License-Identifier: MIT
 *
 * The tables of sampled allocations (base/allocation_table.h) that recorded
 * processes keep in a directory: each process has one for every program that it
 * has executed. Finds the new ones, and the order in which tables were created
 * and unmapped. Times are wall-clock nanoseconds. What a process wrote is
 * hostile: a file that is no table stays in the list and is never read.
 */
#ifndef MPROF_RECORDER_ALLOCATION_TABLES_H
#define MPROF_RECORDER_ALLOCATION_TABLES_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/array.h"
#include "base/err.h"
#include "base/index.h"
#include "proc/procfs.h"
#include "recorder/allocation_reader.h"
#include "recorder/sink.h"
#include "recorder/table_events.h"

struct allocation_table {
	char name[32];
	pid_t inner;     /* pid in its process's own namespace */
	pid_t pid;       /* the same here; 0: not known */
	unsigned number; /* ordinal of the program among those that the process
			    executed */
	struct allocation_table *same_pid; /* the next with inner; or NULL */
	uint64_t pids;    /* pid namespace of inner; 0: not known yet */
	int mapped;       /* whether it was when last read; -1: not known */
	bool is_for_next; /* it was created after this tick began */
	bool is_first;    /* its process is counted for this table */
	bool has_own;     /* its process is counted for another allocator */
	bool is_filtered; /* its process has a filter of system calls */
	/* Its process has made a later table, and has unmapped this one. */
	bool has_successor;
	/* Its process ended, or executed another program: all its samples were
	 * reported as held until then. */
	bool is_ended;
	bool is_for_removal; /* at the end of this tick */
	/* The last tick at which it was read, had changed, was reported, and at
	 * which its process's mappings were read; 0: none. */
	int64_t read_ns, changed_ns, reported_ns, maps_read_ns;
	int64_t filters_ns; /* when to look for filters next; 0: not set yet */
	int64_t gone_ns;    /* when its process was first seen gone; 0: never */
	/* The last tick at which its process held its memory, and the time of
	 * the last sample that was reported. */
	int64_t alive_ns, last_ns;
	/* Numbers of the events that tell that it was created, and that its
	 * last mapping was gone; 0: not known, or not yet. */
	uint64_t created_event, unmapped_event;
	char program[PROCFS_NAME]; /* name of the program executed last */
	struct sink_held reported;
	uint32_t reported_flags;
	uint64_t every; /* the largest since the last record about it */
	struct allocation_reader reader;
};

/* The earliest start_ns of the tables that were created by an event or later.
 */
struct allocation_start {
	uint64_t event, start_ns;
};

struct allocation_tables {
	int directory;
	int64_t begun_ns; /* when the directory was made */
	/* The directory's last change, as of when it was listed. */
	struct timespec listed;
	bool settled; /* the directory was listed a while after that change */
	bool finds_mappings; /* it is known whether a table is mapped */
	uint64_t pids;       /* this process's pid namespace; 0: /proc has the
				numbers of another one */
	ARRAY(struct allocation_table *) list;
	struct index by_pid; /* the first table of each inner pid */
	struct table_events events;
	uint64_t event_count; /* so far: the number of the last event */
	size_t processes;     /* how many have had a table */
	/* Ascending by event; made when the end of a table is first asked for
	 * after tables were found. */
	ARRAY(struct allocation_start) starts;
	bool has_starts;
};

/* Makes the directory, for this user alone; path must not exist. -1 with e. */
int allocation_tables_begin(struct allocation_tables *tables, const char *path,
    struct err *e) __attribute__((nonnull(1, 2), warn_unused_result));

/* Frees all tables. Their files and the directory stay. */
void allocation_tables_finish(struct allocation_tables *tables)
    __attribute__((nonnull));

/* Removes a directory of tables with the tables in it, and nothing else. */
void allocation_tables_clean(const char *path) __attribute__((nonnull));

/* Adds new tables to the list, and notes which were unmapped. The directory is
 * listed where it has changed, or where lists_always. */
void allocation_tables_find(struct allocation_tables *tables, int64_t now_ns,
    bool lists_always) __attribute__((nonnull));

/* Takes the tables that are for removal out of the list, and removes their
 * files. Others change their places. */
void allocation_tables_remove(struct allocation_tables *tables)
    __attribute__((nonnull));

/* Opens its file for reading. -1 where that is no regular file, or is gone. */
int allocation_tables_open(const struct allocation_tables *tables,
    const struct allocation_table *table) __attribute__((nonnull));

/* Reads the header of a table that may not have been read yet, unchecked; zeros
 * where that can't be done. */
void allocation_tables_peek(const struct allocation_tables *tables,
    const struct allocation_table *table, struct allocation_header *header)
    __attribute__((nonnull));

/* A time that a process wrote, moved into the recording. */
int64_t allocation_tables_time(const struct allocation_tables *tables,
    uint64_t time_ns, int64_t now_ns) __attribute__((nonnull));

/* The process's pid here; where that isn't known, a number that no process
 * has. */
pid_t allocation_table_pid(const struct allocation_table *table)
    __attribute__((nonnull));

#endif
