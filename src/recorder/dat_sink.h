/* SPDX-License-Identifier: MIT
 *
 * A sink that writes what the sampler reports into a .dat file.
 */
#ifndef MPROF_RECORDER_DAT_SINK_H
#define MPROF_RECORDER_DAT_SINK_H

#include "base/array.h"
#include "dat/writer.h"
#include "profile/share.h"
#include "recorder/sink.h"

struct dat_sink_child {
	pid_t pid;
	int64_t kib;
};

/* A process's PROC record, to repeat it in the next file. */
struct dat_sink_proc {
	pid_t pid, ppid;
	uint64_t start_ticks;
	int64_t kib;
	char *name, *command;
};

struct dat_sink {
	struct dat_writer writer;
	struct sink sink;    /* for the sampler */
	const char *backend; /* for INFO */
	int64_t interval_ns;
	bool alone;    /* the total is the program's */
	bool launched; /* the program was started by this process, and inherited
			  its environment */
	bool each;     /* a series is written for each process */
	bool skip_unchanged;
	bool informed; /* INFO was written */
	/* Highest frame number of sampled allocations that was written. */
	uint32_t frames;
	bool begun;      /* the first sample was written */
	int64_t held_ns; /* time of a sample that is held back because it equals
			    the one before; 0: none */
	int64_t written_ns, written_kib; /* the last sample that was written */
	ARRAY(struct dat_sink_child) written; /* and its processes' figures */
	char *const *command;                 /* argv, for the next file */
	/* PROC records of living processes; kept only if files are rotated. */
	ARRAY(struct dat_sink_proc) procs;
	struct sink_exit left;  /* the program's state at the last sample */
	ARRAY(uint32_t) living; /* pids at the last tick, for the writer */
	unsigned troubles;      /* those of the writer that it has recorded */
	/* When the present file was begun; 0: it is the first. */
	int64_t file_ns;
	ARRAY(struct share)
	shares; /* candidates for the reading near the peak */
};

/* Fills sink; writer, backend, interval_ns, alone, launched, each,
 * skip_unchanged and command are the caller's to set. */
void dat_sink_init(struct dat_sink *recording) __attribute__((nonnull));

/* Completes the recording. -1 with e where something was lost. */
int dat_sink_finish(struct dat_sink *recording, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

#endif
