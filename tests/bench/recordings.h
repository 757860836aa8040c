/* SPDX-License-Identifier: MIT
 *
 * Labelled recordings, made from a seed: what a leak detector must tell
 * apart. The same seed gives the same recording everywhere.
 */
#ifndef MPROF_BENCH_RECORDINGS_H
#define MPROF_BENCH_RECORDINGS_H

#include <stdint.h>

#include "profile/profile.h"

enum recording_kind {
	RECORDING_FLAT,
	RECORDING_NOISE,
	RECORDING_SAWTOOTH,
	RECORDING_WARM_UP,
	RECORDING_STEPS,
	RECORDING_CACHE,
	RECORDING_DAILY,
	RECORDING_LEAK,
	RECORDING_LEAK_SAWTOOTH,
	RECORDING_LEAK_CHILD,
	RECORDING_LEAK_PROCESSES,
	/* With a beginning and an end (edges.h). */
	RECORDING_START_FLAT,
	RECORDING_LOADING_FLAT,
	RECORDING_FLAT_EXIT,
	RECORDING_FLAT_IDLE,
	RECORDING_OFFICE,
	RECORDING_LIVES,
	RECORDING_FILLS,
	RECORDING_JVM,
	RECORDING_PHASES,
	RECORDING_SERVICE,
	RECORDING_LEAK_ONE_LOW,
	RECORDING_LEAK_EXIT,
	RECORDING_LEAK_START,
	RECORDING_LEAK_LOADING,
	RECORDING_LEAK_IDLE,
	RECORDING_LEAK_DAYS,
	RECORDING_LEAK_OFFICE,
	RECORDING_LEAK_LIVES,
	RECORDING_LEAK_SERVICE,
	RECORDING_LEAK_RESTARTS,
	RECORDING_KINDS
};

struct recording_facts {
	double leak_mib;  /* what leaked from start to end; 0: no leak */
	double noise_mib; /* standard deviation of what is no signal */
	double mib_per_s; /* while it leaked */
};

const char *recording_name(enum recording_kind kind);
bool recording_leaks(enum recording_kind kind);
bool recording_has_edges(enum recording_kind kind);

/* Growth without a leak looks the same: undecided is right too. */
bool recording_is_open(enum recording_kind kind);

/* Fills run, which the caller empties, with a recording of that kind. */
void recording_make(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts);

#endif
