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

/* Records that thinning left out of a run; runs are whole ones before it. */
struct thinned {
	uint64_t processes, marks, snapshots, runs;
	double highest_mib; /* highest memory of those processes */
};

/* INFO: how and by whom it was recorded. */
struct run_info {
	char *backend, *host, *version, *start, *job;
	double interval_s; /* 0 where not recorded */
	double stretch_s; /* THIN: before until_s, two samples are kept for each
			     stretch of that length; 0: not thinned */
	double until_s;
	struct thinned left; /* THIN: left out of the run */
	char *oversize;      /* SIZE: why the file is larger than it should */
	int rank, ranks;     /* in a parallel job; -1: not recorded */
	bool alone;          /* INFO says that MEM is the program's alone */
	bool sum;            /* or the sum of it and its descendants */
	bool is_table; /* from a CSV file: without a backend, nothing tells what
			  its figures are */
};

/* State of process.c while a run is being read. */
struct run_processes {
	size_t next;        /* where run_process() starts to search */
	struct index index; /* finds processes by key */
	bool introduces;    /* each process has a PROC */
	bool lost;          /* some processes are missing in this tick */
	size_t whole;       /* earlier ticks in which none was missing */
};

struct run {
	char *command;       /* of CMDLINE; NULL for records before the first */
	struct series total; /* MEM */
	struct series peaks; /* PEAK: high-water marks that samples missed */
	ARRAY(struct peak_since) peak_sinces; /* by time */
	struct usage_series *usage; /* USAGE of the whole; NULL: none */
	ARRAY(struct share) shares; /* SHARE, in order of appearance */
	/* in order of appearance; made and found by process.h */
	ARRAY(struct process) processes;
	struct run_processes state;
	ARRAY(struct call) calls;
	ARRAY(struct mark) marks;
	ARRAY(struct stack) stacks;
	struct index stack_index; /* finds stacks by id */
	ARRAY(struct stack_sample) stack_samples;
	/* Built by allocations.h. */
	struct allocation_list allocations; /* ALLOC: held until FREE */
	struct allocation_list touches;     /* TOUCH: resident until LEFT */
	struct fault_sampling faults;
	ARRAY(struct site) sites;
	struct index site_index;  /* finds sites by number */
	ARRAY(size_t) site_codes; /* frames of the sites: indices in code */
	ARRAY(struct site_frame) code;
	struct index code_index; /* finds frames by number */
	ARRAY(struct hooked) hooked;
	ARRAY(struct heap_snapshot) snapshots; /* HEAP, TYPE */
	struct run_info info;
	struct exit_status exit; /* of the launched program */
	enum run_ending ending;
};

struct profile {
	char *path;
	bool locked; /* a recorder was writing it when reading began */
	ARRAY(struct run) runs;
	size_t lines;
	size_t skipped;       /* lines that are no record */
	size_t first_skipped; /* line number of the first of these, from 1 */
	size_t unknown;       /* records with an unknown keyword */
};

void profile_init(struct profile *profile, const char *path)
    __attribute__((nonnull));
void profile_finish(struct profile *profile) __attribute__((nonnull));

/* Adds an empty run. The pointer is valid until the next is added. */
struct run *profile_add_run(struct profile *profile) __attribute__((nonnull));

/* The process that has the key (the first len bytes of text) at present, added
 * where there is none; see process.h. The pointer is valid until the next is
 * added. */
struct process *run_process(struct run *run, const char *text, size_t len)
    __attribute__((nonnull));

/* The usage at that pointer of a run or a process, allocated where it is
 * NULL. */
struct usage_series *usage_at(struct usage_series **place)
    __attribute__((nonnull));

/* The index in stacks of that id; a new one has no frames. */
size_t run_stack(struct run *run, int id) __attribute__((nonnull));

#endif
