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

/* A process as its PROC had it, for the next file. */
struct dat_sink_birth {
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
	bool launched; /* by this process, in whose environment it began */
	bool each;     /* a series for each process */
	bool skip_unchanged;
	bool informed; /* INFO is written */
	uint32_t
	    frames; /* of sampled allocations: the highest number written */
	bool begun; /* the first sample is written */
	int64_t held_ns; /* time of a sample that is held back, since it equals
			    the one before; 0: none */
	int64_t written_ns, written_kib;      /* the last that was written */
	ARRAY(struct dat_sink_child) written; /* and its children */
	char *const *command;                 /* its words, for the next file */
	/* The births of living processes; kept only where files are rotated. */
	ARRAY(struct dat_sink_birth) births;
	struct sink_exit left; /* the program, as it was last */
	int64_t file_ns; /* when the present file began; 0: it is the first */
	ARRAY(struct share)
	shares; /* candidates for the reading near the peak */
};

/* Fills sink; writer, backend, interval_ns, alone, launched, each,
 * skip_unchanged and command are the caller's to set. */
void dat_sink_init(struct dat_sink *recording) __attribute__((nonnull));

/* Ends the recording. -1 with e where something was lost. */
int dat_sink_finish(struct dat_sink *recording, struct err *e)
    __attribute__((nonnull(1), warn_unused_result));

#endif
