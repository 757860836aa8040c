/* SPDX-License-Identifier: MIT
 *
 * A recording in memory. A profile is one file; it holds one run for each
 * CMDLINE in it. All memory is in MiB, all times are seconds since the epoch,
 * all text is as the file had it (percent-encoding undone, so hostile: see
 * base/utf8.h). NULL means that the file did not say.
 */
#ifndef MPROF_PROFILE_PROFILE_H
#define MPROF_PROFILE_PROFILE_H

#include "base/array.h"
#include "base/index.h"
#include "profile/heap.h"
#include "profile/parts.h"
#include "profile/resource.h"
#include "profile/series.h"

/* INFO: how it was recorded, and by whom. */
struct run_info {
	char *backend, *host, *version, *start, *job;
	double interval_s; /* 0 where not recorded */
	double stretch_s;  /* THIN: two samples stay for each stretch of that
			    * length, before until_s; 0: it was not thinned */
	double until_s;
	int rank, ranks; /* of a parallel job; -1 where not recorded */
	bool alone;      /* MEM is said to be the program's alone */
	bool sum;        /* or the sum of it and its descendants */
	bool is_table;   /* of a CSV file: without a backend nothing says
			  * what its figures are */
};

/* The state of process.c while a run is being read. */
struct run_processes {
	size_t next;        /* where run_process() begins its search */
	struct index index; /* by key, into processes */
	bool introduces;    /* each process has a PROC */
	bool lost;          /* some are missing in this tick */
	size_t whole;       /* ticks before this one in which none was */
};

struct run {
	char *command;       /* of CMDLINE; NULL for records before the first */
	struct series total; /* MEM */
	struct series peaks; /* PEAK: high-water marks that samples missed */
	double peak_since_s; /* the highest PEAK is no older; 0: not recorded */
	struct usage_series *usage; /* USAGE, of the whole; NULL: none */
	ARRAY(struct share) shares; /* SHARE, in order of appearance */
	/* in order of appearance; made and found by process.h */
	ARRAY(struct process) processes;
	struct run_processes state;
	ARRAY(struct call) calls;
	ARRAY(struct mark) marks;
	ARRAY(struct stack) stacks;
	struct index stack_index; /* by id, into stacks */
	ARRAY(struct stack_sample) stack_samples;
	/* Made by allocations.h. */
	struct allocation_list allocations; /* ALLOC: held until FREE */
	struct allocation_list touches;     /* TOUCH: resident until LEFT */
	struct fault_sampling faults;
	ARRAY(struct site) sites;
	struct index site_index;  /* by number */
	ARRAY(size_t) site_codes; /* the sites' frames: places in code */
	ARRAY(struct site_frame) code;
	struct index code_index; /* by number */
	ARRAY(struct hooked) hooked;
	ARRAY(struct heap_snapshot) snapshots; /* HEAP, TYPE */
	struct run_info info;
	struct exit_status exit; /* of the launched program */
	enum run_ending ending;
};

struct profile {
	char *path;
	bool locked; /* a recorder was writing it before it was read */
	ARRAY(struct run) runs;
	size_t lines;
	size_t skipped;       /* lines that are no record */
	size_t first_skipped; /* the number of the first of them, from 1 */
	size_t unknown;       /* records with a keyword that we don't know */
};

void profile_init(struct profile *profile, const char *path)
    __attribute__((nonnull));
void profile_finish(struct profile *profile) __attribute__((nonnull));

/* A new, empty run at the end. The pointer is good until the next is added. */
struct run *profile_add_run(struct profile *profile) __attribute__((nonnull));

/* The process that has the key (the first len bytes of text) now, made where
 * none has; see process.h. The pointer is good until the next is made. */
struct process *run_process(struct run *run, const char *text, size_t len)
    __attribute__((nonnull));

/* The usage at that place of a run or a process, made where there is none. */
struct usage_series *usage_at(struct usage_series **place)
    __attribute__((nonnull));

/* The place in stacks of that id, without frames where it is new. */
size_t run_stack(struct run *run, int id) __attribute__((nonnull));

#endif
