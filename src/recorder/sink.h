/* SPDX-License-Identifier: MIT
 *
 * The receiver of a sampler's findings: a struct of functions, so that it knows
 * neither files nor screens. Any of them may be NULL. What they are given is
 * borrowed for the call. Times are nanoseconds since the epoch that never go
 * back; memory is in KiB of the chosen metric.
 */
#ifndef MPROF_RECORDER_SINK_H
#define MPROF_RECORDER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One process that belongs, at a tick. */
struct sink_process {
	pid_t pid, ppid;
	uint64_t start_ticks; /* since boot; with the pid its identity */
	int64_t kib;          /* now; -1 where it could not be measured */
	int64_t peak_kib;     /* highest known, marks included */
	const char *name;     /* as the kernel has it: hostile bytes */
	bool is_root;         /* the program itself */
};

/* Resources beside memory, by resource_figure_id (profile/resource.h), in the
 * units that are said there; NAN where a figure is not known. */
struct sink_usage {
	int64_t time_ns;
	int64_t kib; /* as a tick's, or a process's */
	pid_t pid;   /* 0: of the whole */
	const double *figures;
};

/* One sample of the whole. */
struct sink_tick {
	int64_t time_ns;
	int64_t total_kib;
	bool sampled; /* false: nothing could be measured, total_kib is 0 */
	const struct sink_process *processes; /* in order of appearance */
	size_t count;
	const double *usage; /* as sink_usage.figures, of the last reading;
			      * NULL: none was asked for */
	int64_t usage_ns;    /* the time of that reading */
	int64_t gpu_ns;      /* that of GPUs' own reading; 0: none yet */
};

/* A process was first seen, or its name or command line changed. */
struct sink_birth {
	int64_t time_ns;
	const struct sink_process *process;
	const char *command; /* its words joined by blanks: hostile bytes */
};

/* A process ended, or the recording of the program did; where nobody knows how,
 * or it lives on, it has no status. */
struct sink_exit {
	int64_t time_ns;
	pid_t pid;
	bool is_root, has_status;
	int status; /* as wait() gives it */
	bool oom;   /* the kernel's out-of-memory killer did it */
	int64_t peak_kib;
	int64_t limit_kib;    /* the memory limit it ran under; 0: none known */
	const char *limit_of; /* "cgroup": what it is a limit of; or NULL */
};

/* The highest memory so far, which may lie between two samples. */
struct sink_peak {
	int64_t time_ns;  /* of the highest sample since then */
	int64_t since_ns; /* the marks were read last; 0: not known */
	int64_t kib;
};

/* A reading of PSS beside RSS. */
struct sink_share {
	int64_t time_ns;
	int64_t kib, pss_kib; /* of the same processes */
	size_t processes; /* that map the largest shared segment; 0: unknown */
};

/* A sampled stack; frames (innermost first) only where the id is new. */
struct sink_frame {
	const char *file, *function; /* hostile bytes */
	int line;
};

struct sink_stack {
	int64_t time_ns;
	int64_t kib;  /* of its process */
	pid_t pid;    /* of a descendant; 0: the program */
	pid_t thread; /* one that waits; 0: the one that runs */
	int id;
	const struct sink_frame *frames; /* NULL where the id is known */
	size_t count;
};

/* A sampled allocation that lives, and the bytes that it stands for. */
struct sink_allocation {
	int64_t time_ns; /* when it was allocated */
	int64_t kib;     /* that it stands for */
	uint64_t size;   /* as it was asked for */
	pid_t pid;       /* of a descendant; 0: the program */
	uint32_t id;     /* of the sample; from 1 */
	uint32_t
	    site; /* its stack: as sink_stack's id, of a count of its own */
	const struct sink_frame *frames; /* NULL where the site is known */
	const uint32_t *numbers;         /* of the frames; as many */
	size_t count;
};

/* Sampled allocations that were freed, and what they stood for. */
struct sink_freed {
	int64_t time_ns;
	int64_t kib;
	pid_t pid;           /* as above */
	const uint32_t *ids; /* ascending */
	size_t count;
	bool ended; /* they were held until their process ended */
};

/* The sampling of a process's allocations, if it has changed. */
struct sink_held {
	int64_t time_ns;
	int64_t kib;      /* that its recorded samples stand for */
	pid_t pid;        /* as above */
	const char *name; /* the process's: hostile bytes; NULL: not known */
	const char *by;   /* the hooks: "malloc,python" */
	uint64_t period;  /* one sample in so many bytes */
	uint64_t every;   /* of these one in so many is recorded */
	uint64_t failed;  /* samples without a stack so far */
};

/* The state of page-fault sampling, sent when it changes. */
struct sink_faults {
	int64_t time_ns;
	int64_t kib;     /* as a tick's */
	uint64_t period; /* one sample in so many bytes of growth */
	uint64_t lost;   /* faults that could not be looked at so far */
	uint64_t failed; /* samples without a stack so far */
};

struct sink {
	void *context; /* first argument of all */
	void (*tick)(void *context, const struct sink_tick *tick);
	void (*birth)(void *context, const struct sink_birth *birth);
	void (*exit)(void *context, const struct sink_exit *exit);
	void (*peak)(void *context, const struct sink_peak *peak);
	void (*share)(void *context, const struct sink_share *share);
	void (*usage)(void *context, const struct sink_usage *usage);
	void (*mark)(
	    void *context, int64_t time_ns, int64_t kib, const char *label);
	void (*stack)(void *context, const struct sink_stack *stack);
	void (*allocation)(
	    void *context, const struct sink_allocation *allocation);
	void (*freed)(void *context, const struct sink_freed *freed);
	void (*held)(void *context, const struct sink_held *held);
	/* Whole records that stand as they go into a recording. */
	void (*records)(void *context, const char *text, size_t len);
	/* A page that was touched, and stands for growth; pages that are no
	 * longer resident. Their ids are a count of their own, sites and frames
	 * have the numbers of allocations'. */
	void (*touched)(void *context, const struct sink_allocation *touched);
	void (*left)(void *context, const struct sink_freed *left);
	void (*faults)(void *context, const struct sink_faults *faults);
	/* All of this tick was reported: one write. */
	void (*flush)(void *context);
};

/* Asked at each tick, behind the sink's tick and before its flush; it may
 * report more to the sink. */
struct sampler_hook {
	void *context;
	void (*tick)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
	/* The recording ends; tick is the last one. May be NULL. */
	void (*end)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
	/* Whether it has a moment to report that begins a new phase: only then
	 * it is asked, and all high-water marks are read before it is. May be
	 * NULL. */
	bool (*is_due)(void *context, const struct sink_tick *tick);
	/* A descriptor that is readable when it is: the hook is asked then,
	 * with the last tick at the present time, and not only at the next
	 * one. It reads it empty. 0: none. */
	int wake;
};

#endif
