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
	RECORDING_KINDS
};

struct recording_facts {
	double leak_mib;  /* what leaked from start to end; 0: no leak */
	double noise_mib; /* standard deviation of what is no signal */
};

const char *recording_name(enum recording_kind kind);

/* Fills run, which the caller empties, with a recording of that kind. */
void recording_make(enum recording_kind kind, uint64_t seed, struct run *run,
    struct recording_facts *facts);

#endif
