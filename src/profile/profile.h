/* SPDX-License-Identifier: MIT
 *
 * What a recording is, in memory. A profile is one file; it holds one run for
 * each CMDLINE in it. All memory is in MiB, all times are seconds since the
 * epoch, all text is as the file had it (percent-encoding undone, so hostile:
 * see base/utf8.h). NULL means that the file did not say.
 */
#ifndef MPROF_PROFILE_PROFILE_H
#define MPROF_PROFILE_PROFILE_H

#include "base/array.h"
#include "base/index.h"
#include "profile/series.h"

/* How a process, or the run, ended (EXIT). */
struct exit_status {
	bool known;
	int code;         /* exit status; -1 where a signal ended it */
	int signal;       /* 0 where it exited by itself */
	bool oom;         /* the kernel's out-of-memory killer did it */
	double limit_mib; /* the limit it ran under; 0 where not told */
	double time_s;
	double mib; /* that process's highest known memory */
};

/* A descendant, or the launched program itself: from CHLD, PROC and EXIT
 * records. Without samples it is known by name alone, or is the phantom of
 * pid 0 that old recordings hold: nothing to draw. */
struct process {
	char *key; /* the pid, or the index that old versions wrote */
	int pid;   /* key as a number; -1 where it is none */
	int ppid;  /* 0 where not told */
	char *name;
	char *command;
	struct series memory;
	struct exit_status exit;
};

/* One call of a profiled function, from enter to leave (FUNC, CALL). */
struct call {
	char *name;
	double enter_s, leave_s;
	double enter_mib, leave_mib;
	int level;    /* depth of nesting from 0; -1 where not told */
	int pid, tid; /* 0 where not told */
};

struct mark {
	double time_s, mib;
	char *label;
};

/* One frame of a sampled stack. */
struct frame {
	char *file;
	int line;
	char *function;
};

/* A distinct stack of the run, innermost frame first (STACK's frames=). */
struct stack {
	int id;
	struct frame *frames;
	size_t len;
};

struct stack_sample {
	double time_s, mib; /* the memory of the process that it is of */
	size_t stack;       /* index into run.stacks */
	int pid;            /* 0: the launched program */
};

/* INFO: what was not as by default, and who recorded. */
struct run_info {
	char *backend, *host, *version, *start;
	double interval_s; /* 0 where not told */
};

struct run {
	char *command;       /* of CMDLINE; NULL for records before the first */
	struct series total; /* MEM */
	struct series peaks; /* PEAK: high-water marks that samples missed */
	ARRAY(struct process) processes; /* in order of appearance */
	size_t next_process;             /* where run_process() looks first */
	struct index process_index;      /* by key, into processes */
	ARRAY(struct call) calls;
	ARRAY(struct mark) marks;
	ARRAY(struct stack) stacks;
	struct index stack_index; /* by id, into stacks */
	ARRAY(struct stack_sample) stack_samples;
	struct run_info info;
	struct exit_status exit; /* of the launched program */
};

struct profile {
	char *path;
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

/* The process of that key, made where the run has none yet. The pointer is
 * good until the next is made. */
struct process *run_process(struct run *run, const char *key, size_t key_len)
    __attribute__((nonnull));

/* The first and the last moment that the run tells of, in samples and calls;
 * 0 where there is none. */
double run_first_s(const struct run *run) __attribute__((nonnull));
double run_last_s(const struct run *run) __attribute__((nonnull));

/* The place in stacks of that id, without frames where it is new. */
size_t run_stack(struct run *run, int id) __attribute__((nonnull));

#endif
