/* SPDX-License-Identifier: MIT
 *
 * The parts of a run: processes, calls, marks, stacks. Memory is in MiB, times
 * are seconds since the epoch; text is as profile.h says.
 */
#ifndef MPROF_PROFILE_PARTS_H
#define MPROF_PROFILE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "profile/series.h"

enum limit_of {
	LIMIT_OF_UNKNOWN,
	LIMIT_OF_CGROUP,
	LIMIT_OF_ADDRESS_SPACE,
	LIMIT_OF_MACHINE
};

/* The end of a process, or of the run (EXIT). An EXIT without status and signal
 * has a time and no more: how the process ended is not known. */
struct exit_status {
	bool recorded;    /* there is one */
	bool known;       /* it has a status or a signal */
	int code;         /* exit status; -1 where a signal ended it */
	int signal;       /* 0 where it exited by itself */
	bool oom;         /* the kernel's out-of-memory killer did it */
	double limit_mib; /* the limit it ran under; 0 where not recorded */
	enum limit_of limit_of;
	double time_s;
	double mib; /* that process's highest known memory */
};

/* A run's end, as far as it is recorded (profile/ending.h). */
enum run_ending {
	RUN_ENDING_UNKNOWN, /* as in other tools' files */
	RUN_ENDED,
	RUN_CUT_OFF, /* its recorder was killed, or the machine lost power */
	RUN_GOING_ON
};

/* From here on, samples belong to ticks one by one, beginning with these. */
struct stretch {
	size_t sample, tick;
};

struct usage_series;

/* A descendant, or the launched program itself: from CHLD, PROC and EXIT
 * records. Without samples it is known by name alone, or is the phantom of
 * pid 0 that old recordings hold: nothing to draw. */
struct process {
	char *key; /* the pid, or the index that old versions wrote */
	int pid;   /* key as a number; -1 where it is none */
	int ppid;  /* 0 where not recorded */
	uint64_t start_ticks; /* since boot; 0 where not recorded */
	/* Its names when it held most; until all is read, those of the last
	 * PROC with them. */
	char *name, *command;
	struct series memory;
	struct usage_series *usage;      /* USAGE; NULL: none */
	ARRAY(struct stretch) stretches; /* see process_at_tick() */
	struct exit_status exit;
	bool introduced; /* by a PROC */
	size_t unnamed;  /* samples before the tick in which that was read */
	char *high_name, *high_command; /* of the highest sample before that */
	double high_mib;
	size_t high_samples;
	size_t whole;  /* as in run_processes, at its last sample */
	bool again;    /* its pid was another process's before */
	bool followed; /* its pid is another process's by now */
};

/* A reading of PSS beside RSS (SHARE). */
struct share {
	double time_s, mib; /* RSS, summed */
	double pss_mib;
	int processes; /* that map the largest shared segment; 0: not recorded
			*/
};

/* One call of a profiled function, from enter to leave (FUNC, CALL). */
struct call {
	char *name;
	double enter_s, leave_s;
	double enter_mib, leave_mib;
	int level;      /* depth of nesting from 0; -1 where not recorded */
	int pid, tid;   /* 0 where not recorded */
	size_t process; /* see run_assign() */
};

struct mark {
	double time_s, mib;
	char *label;
};

/* One frame of a sampled stack. Machine code that has no name is its object
 * file, line 0, and "+0x" with the address in it. */
struct frame {
	char *file;
	int line;
	char *function;
	const char *module; /* the object file of machine code, else NULL */
};

/* A distinct stack of the run, innermost frame first (STACK's frames=). */
struct stack {
	int id;
	struct frame *frames;
	size_t len;
};

/* A sampled allocation, and the memory that it stands for. */
struct allocation {
	double time_s, freed_s; /* INFINITY: it was never seen freed */
	bool ended;             /* it was held until its process ended */
	double mib, size_mib;   /* size: as it was asked for */
	uint64_t id;
	size_t site;    /* index into run.sites */
	int pid;        /* 0: the launched program */
	size_t process; /* see run_assign() */
	size_t next;    /* the first from here on that lives */
};

/* Ids ascend. Made by allocations.h. */
struct allocation_list {
	struct allocation *items;
	size_t len, cap;
};

/* The state of page-fault sampling at the end (FAULTS). */
struct fault_sampling {
	bool known;
	double period;   /* bytes */
	uint64_t lost;   /* faults that could not be looked at */
	uint64_t failed; /* samples without a stack */
};

/* A frame of sampled allocations, by the number that it has in the file; names
 * are the functions that an address in machine code is in, inlined calls as
 * frames of their own, innermost first (NAME). */
struct site_frame {
	uint64_t number;
	struct frame own;
	ARRAY(struct frame) names;
};

/* A stack under which sampled allocations were made. Its texts are those of
 * run.code. */
struct site {
	uint64_t number;
	size_t first, count; /* in run.site_codes */
	struct stack stack;
};

/* The sampling of a process's allocations from then on (HELD). */
struct hooked {
	double time_s;
	int pid;         /* 0: the launched program */
	char *name;      /* the process's; NULL: not recorded */
	char *by;        /* the hooks: "malloc,python" */
	double period;   /* bytes */
	uint64_t every;  /* one of so many samples was recorded */
	uint64_t failed; /* samples without a stack so far */
};

struct stack_sample {
	double time_s, mib; /* the memory of the process that it is of */
	size_t stack;       /* index into run.stacks */
	int pid;            /* 0: the launched program */
	int thread;         /* one that waited; 0: the one that ran, and grew */
	size_t process;     /* see run_assign() */
};

#endif
