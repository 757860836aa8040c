/* SPDX-License-Identifier: MIT
 *
 * Inside the sampler: what sampler.c, the loop and the ends of processes,
 * sample.c, one tick, and sample_peaks.c have between them. For these alone.
 */
#ifndef MPROF_RECORDER_SAMPLE_H
#define MPROF_RECORDER_SAMPLE_H

#include "recorder/births.h"
#include "recorder/borrow.h"
#include "recorder/meter.h"
#include "recorder/names.h"
#include "recorder/sampler.h"
#include "recorder/ticks.h"
#include "recorder/tree.h"
#include "recorder/high_water.h"

struct sampler {
	struct sampler_plan plan;
	struct launch *launch;
	const struct sink *sink;
	struct procfs fs;
	struct tree tree;
	struct births births;
	struct meter meter;
	struct borrow borrow;
	struct names names;
	struct high_water high_water;
	struct shares shares;
	struct ticks ticks;
	struct limit limit;
	struct exit_cause exit_cause;
	struct cgroup cgroup;      /* where it is the metric */
	int64_t cgroup_peak_kib;   /* as it was at the start */
	int64_t epoch_ns;          /* what CLOCK_BOOTTIME counts from */
	int64_t end_ns;            /* of the recording: its timeout */
	int64_t ticked_ns, cpu_ns; /* at the last tick */
	int64_t peak_kib;          /* highest known of the whole; -1: none */
	int64_t peak_time_ns;      /* its moment, as far as is known */
	int64_t peak_since_ns;     /* it is no older */
	int64_t marks_ns;          /* a process's mark was read last */
	struct highest group;      /* of the control group's sum */
	int64_t told_ns;           /* the last tick's time; 0 before it */
	int64_t listen_ns;         /* to hooks' news from then on */
	int64_t root_peak_kib;     /* and of the program */
	bool peak_untold;
	int64_t peak_told_ns;
	pid_t root_pid; /* as /proc counts it */
	bool root_over;
	bool root_killed; /* by this process, for the limit */
	struct sink_tick tick;
	ARRAY(struct sink_process) processes;
	struct sampler_result result;
};

/* Now, as the sink is told it. */
int64_t sample_now_ns(const struct sampler *s);

/* Measures the program alone, and keeps it to itself until sample_tell(). */
void sample_first(struct sampler *s);
void sample_tell(struct sampler *s);

/* One tick: measures, looks for new processes, tells the sink. */
void sample_take(struct sampler *s);

/* A hook has something to tell between ticks. */
void sample_news(struct sampler *s);

/* Between ticks: finds the processes that came and went. */
void sample_look(struct sampler *s);

/* Tells the last reading of shared memory. */
void sample_last_share(struct sampler *s);

/* At the end: finds who is still there, and reads their marks. */
void sample_last_look(struct sampler *s);

/* Whether this process has killed it, for the limit. */
bool sample_has_killed(const struct sampler *s, const struct member *member);

/* A member ended, with the status that wait() gave where it was ours. */
void sample_end_member(struct sampler *s, size_t at, const int *status);

void sample_flush(struct sampler *s);

/* The peak of the whole: at the start, at each tick of each process and of
 * their sum, when a high-water mark was learned. */
void peaks_begin(struct sampler *s);
void peaks_take_member(struct sampler *s, struct member *member);
void peaks_take_sum(struct sampler *s);
void peaks_note_mark(struct sampler *s, const struct high_water_mark *mark);

/* Reads the marks whose turn it is, and tells a peak that no sample saw. */
void peaks_look(struct sampler *s, int64_t elapsed_ns);

/* Reads all marks, and tells at once: somebody marks the end of a phase. */
void peaks_look_at_all(struct sampler *s);

/* At the end: reads all marks; tells the peak, whatever it was. */
void peaks_last(struct sampler *s);
void peaks_tell_last(struct sampler *s);

#endif
