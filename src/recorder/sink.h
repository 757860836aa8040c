/* SPDX-License-Identifier: MIT
 *
 * The receiver of a sampler's results: a struct of functions, so that the
 * sampler knows neither files nor screens. Any of them may be NULL. Arguments
 * are borrowed for the call. Times are nanoseconds since the epoch and never
 * decrease; memory is in KiB of the chosen metric.
 */
#ifndef MPROF_RECORDER_SINK_H
#define MPROF_RECORDER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that belongs, at a tick. */
struct sink_process {
	pid_t pid, ppid;
	uint64_t start_ticks; /* since boot; with the pid its identity */
	int64_t kib;          /* now; -1 where it could not be measured */
	int64_t peak_kib;     /* highest known, marks included */
	const char *name;     /* as the kernel tells it: hostile bytes */
	bool is_root;         /* it is the program */
};

/* Resources beside memory, by resource_figure_id and in the units of
 * profile/resource.h; NAN where a figure is not known. */
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
	const double *usage; /* as sink_usage.figures, as last read; NULL: not
				asked for */
	int64_t usage_ns;    /* time of that reading */
	int64_t gpu_ns;      /* time of the reading of GPUs; 0: none yet */
};

/* A process was found, or its name or command line has changed. */
struct sink_introduction {
	int64_t time_ns;
	const struct sink_process *process;
	const char *command; /* argv joined by blanks: hostile bytes */
};

/* A process ended, or the recording did while the program lives on. It has no
 * status where that isn't known or there is none. */
struct sink_exit {
	int64_t time_ns;
	int64_t until_ns; /* descendants were recorded until then; 0: they
			     were not */
	pid_t pid;
	bool is_root, has_status;
	int status; /* as wait() gives it */
	bool oom;   /* ended by the kernel's out-of-memory killer */
	int64_t peak_kib;
	int64_t limit_kib;    /* the memory limit it ran under; 0: none known */
	const char *limit_of; /* "cgroup": what the limit applies to; or NULL */
};

/* The highest memory so far, which may lie between two samples. */
struct sink_peak {
	int64_t time_ns; /* of the highest sample since then */
	/* Last reading of the marks before it; 0: not known. */
	int64_t since_ns;
	int64_t kib;
};

/* A reading of PSS beside RSS. */
struct sink_share {
	int64_t time_ns;
	int64_t kib, pss_kib; /* of the same processes */
	size_t processes; /* they map the largest shared segment; 0: unknown */
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
	pid_t thread; /* a waiting thread; 0: the running one */
	int id;
	const struct sink_frame *frames; /* NULL where the id is known */
	size_t count;
};

/* A sampled allocation that is still held, and the memory that it stands
 * for. */
struct sink_allocation {
	int64_t time_ns; /* when it was allocated */
	int64_t kib;     /* memory that it stands for */
	uint64_t size;   /* as it was asked for */
	pid_t pid;       /* of a descendant; 0: the program */
	uint32_t id;     /* number of the sample, from 1 */
	/* Its stack: like sink_stack's id, but counted apart. */
	uint32_t site;
	const struct sink_frame *frames; /* NULL where the site is known */
	const uint32_t *numbers;         /* of the frames; as many */
	size_t count;
};

/* Sampled allocations that were freed, and the memory that they stood for. */
struct sink_freed {
	int64_t time_ns;
	int64_t kib;
	pid_t pid;           /* as above */
	const uint32_t *ids; /* ascending */
	size_t count;
	bool ended; /* they were held until the process ended */
	/* The reading in which they were missing, where the process had ended
	 * by time_ns; 0: it is time_ns. */
	int64_t read_ns;
};

/* The state of a process's allocation sampling, sent when it changes. */
struct sink_held {
	int64_t time_ns;
	int64_t kib;      /* memory that its recorded samples stand for */
	pid_t pid;        /* as above */
	const char *name; /* the process's: hostile bytes; NULL: not known */
	const char *by;   /* the hooks: "malloc,python" */
	uint64_t period;  /* one sample in so many bytes */
	uint64_t every;   /* one sample in this many is recorded */
	uint64_t failed;  /* samples without a stack so far */
	uint64_t lost;    /* samples and frees that it couldn't note so far */
};

/* The state of page-fault sampling, sent when it changes. */
struct sink_faults {
	int64_t time_ns;
	int64_t kib;     /* as a tick's */
	uint64_t period; /* one sample in so many bytes of growth */
	uint64_t lost;   /* faults that could not be read so far */
	uint64_t failed; /* samples without a stack so far */
};

struct sink {
	void *context; /* first argument of all */
	void (*tick)(void *context, const struct sink_tick *tick);
	void (*introduce)(
	    void *context, const struct sink_introduction *introduction);
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
	/* Complete records, to be copied into a recording as they are. */
	void (*records)(void *context, const char *text, size_t len);
	/* A touched page that stands for growth; pages that are no longer
	 * resident. Their ids are counted apart; sites and frames have the
	 * numbers of allocations'. */
	void (*touched)(void *context, const struct sink_allocation *touched);
	void (*left)(void *context, const struct sink_freed *left);
	void (*faults)(void *context, const struct sink_faults *faults);
	/* All of this tick was reported: written at once. */
	void (*flush)(void *context);
};

/* Called at each tick, after the sink's tick and before its flush; it may
 * report more to the sink. */
struct sampler_hook {
	void *context;
	void (*tick)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
	/* Called at the end of the recording with the last tick. May be
	 * NULL. */
	void (*end)(void *context, const struct sink_tick *tick,
	    const struct sink *sink);
	/* Whether it has a moment to report that begins a new phase: it is
	 * called only then, after all high-water marks were read. May be
	 * NULL. */
	bool (*is_due)(void *context, const struct sink_tick *tick);
	/* A descriptor that becomes readable when it has news: the hook is then
	 * called with the last tick at the present time, before the next one.
	 * The hook reads it empty. 0: none. */
	int wake;
};

#endif
