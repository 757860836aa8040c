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
 * has only a time: it is not known how the process ended. */
struct exit_status {
	bool recorded;    /* there is such a record */
	bool known;       /* it has a status or a signal */
	int code;         /* exit status; -1 where a signal ended it */
	int signal;       /* 0 where no signal ended it */
	bool oom;         /* ended by the kernel's out-of-memory killer */
	double limit_mib; /* memory limit; 0: not recorded */
	enum limit_of limit_of;
	double time_s;
	double until_s; /* end of the recording, if it was waited for
			   descendants; else 0 */
	double mib;     /* highest known memory of the process */
};

/* A PEAK was reached between since_s and the next reading of the high-water
 * mark. */
struct peak_since {
	struct sample peak;
	double since_s;
};

/* A run's end, as far as it is recorded (profile/run.h). */
enum run_ending {
	RUN_ENDING_UNKNOWN, /* as in other tools' files */
	RUN_ENDED,
	RUN_CUT_OFF, /* its recorder was killed, or the machine lost power */
	RUN_GOING_ON
};

/* Consecutive samples and ticks that belong to each other one by one; these are
 * the first. */
struct stretch {
	size_t sample, tick;
};

struct usage_series;

/* A descendant, or the launched program itself: from CHLD, PROC and EXIT
 * records. One without samples is only a name, or the phantom with pid 0 in old
 * recordings, and is not drawn. */
struct process {
	char *key; /* the pid, or the index that old versions wrote */
	int pid;   /* key as a number; -1: not a number */
	int ppid;  /* 0 where not recorded */
	uint64_t start_ticks; /* since boot; 0 where not recorded */
	/* The name and command line under which it held most; until all is
	 * read, those of the last PROC with them. */
	char *name, *command;
	struct series memory;
	struct usage_series *usage;      /* USAGE; NULL: none */
	ARRAY(struct stretch) stretches; /* see process_at_tick() */
	struct exit_status exit;
	double thinned_mib; /* highest sample that thinning left out; 0: none */
	bool introduced;    /* by a PROC record */
	size_t unnamed;     /* samples before the tick in which name was read */
	/* Names at the highest sample before that. */
	char *high_name, *high_command;
	double high_mib;
	size_t high_samples;
	size_t whole;  /* run_processes.whole at its last sample */
	bool again;    /* its pid was used by an earlier process */
	bool followed; /* its pid was used again by a later process */
};

/* A reading of PSS beside RSS (SHARE). */
struct share {
	double time_s, mib; /* RSS, summed */
	double pss_mib;
	int processes; /* processes that map the largest shared segment; 0: not
			  recorded */
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

/* One frame of a sampled stack. Machine code without a name has its object
 * file, line 0, and "+0x" with the address. */
struct frame {
	char *file;
	int line;
	char *function;
	/* Object file of machine code, else NULL. In a settled stack both files
	 * are without the /proc/PID/root of a process with another root. */
	const char *module;
};

/* A distinct stack of the run, innermost frame first (STACK's frames=). */
struct stack {
	int id;
	struct frame *frames;
	size_t len;
};

/* A sampled allocation, and the memory that it stands for. */
struct allocation {
	double time_s, freed_s; /* freed_s INFINITY: not freed */
	double read_s; /* the reading that no longer had it: freed_s, or later
			  where the end of its process is known better */
	bool ended;    /* held until its process ended */
	/* It is what is left of another sample, which was held in its place up
	 * to then; 0: it is a sample of its own, held from time_s on. */
	double begun_s;
	double mib, size_mib; /* size as requested */
	uint64_t id;
	size_t site;    /* index into run.sites */
	int pid;        /* 0: the launched program */
	size_t process; /* see run_assign() */
	size_t next;    /* next one from here on that is still held */
};

/* Ids ascend. Built by allocations.h. */
struct allocation_list {
	struct allocation *items;
	size_t len, cap;
};

/* The state of page-fault sampling at the end (FAULTS). */
struct fault_sampling {
	bool known;
	double period;   /* bytes */
	uint64_t lost;   /* faults that were not handled */
	uint64_t failed; /* samples without a stack */
};

/* A frame of sampled allocations, by its number in the file. For an address of
 * machine code, names are the functions that contain it (NAME), innermost
 * first, including inlined calls. */
struct site_frame {
	uint64_t number;
	struct frame own;
	ARRAY(struct frame) names;
};

/* A stack under which sampled allocations were made. Texts are borrowed from
 * run.code. */
struct site {
	uint64_t number;
	size_t first, count; /* range in run.site_codes */
	struct stack stack;
};

/* State of a process's allocation sampling from then on (HELD). */
struct hooked {
	double time_s;
	int pid;         /* 0: the launched program */
	char *name;      /* name of the process; NULL: not recorded */
	char *by;        /* the hooks: "malloc,python" */
	double period;   /* bytes */
	uint64_t every;  /* one sample in this many was recorded */
	uint64_t failed; /* samples without a stack so far */
	uint64_t lost;   /* samples and frees that couldn't be noted so far */
};

struct stack_sample {
	double time_s, mib; /* mib: memory of its process */
	size_t stack;       /* index into run.stacks */
	int pid;            /* 0: the launched program */
	int thread;     /* one that waited; 0: the running thread, whose process
			   grew */
	size_t process; /* see run_assign() */
};

#endif
