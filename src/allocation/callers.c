// SPDX-License-Identifier: MIT
#include "allocation/callers.h"

#include <stdbool.h>

/* Linear probing: a place is at one of this many consecutive entries. */
#define PROBES 4
/* Samples are recent while fewer than this many followed. */
#define RECENT 2048
/* A place keeps its allocations if it holds that many samples, and half of the
 * recent ones. */
#define KEEPER 4
/* An error of 1/PARTS in a place's sum is accepted: sums are then within 5 %,
 * apart from other errors. */
#define PARTS 512

static uint64_t caller_period(
    const struct caller *caller, const struct rate *rate)
{
	uint64_t period = rate->period, taken = caller->taken;
	uint64_t most = caller->most;
	uint64_t part = caller->bytes / PARTS;

	for (uint64_t few = most + 1; few * 4 <= taken; few *= 4)
		period *= 2;
	if (caller->held >= KEEPER && most * 2 >= taken &&
	    period > rate->least * RATE_KEEPER_TIMES)
		period = rate->least * RATE_KEEPER_TIMES;
	if (period < part)
		period = part;
	return period < rate->least ? rate->least : period;
}

/* The index of the place's entry, or of a free one for it; where all candidates
 * are in use it shares one. */
static uint32_t callers_find(const struct callers *callers, uint32_t key)
{
	uint32_t first = key % (CALLERS - PROBES) + 1, free = first;
	bool is_found = false;

	for (uint32_t at = first; at < first + PROBES; at++) {
		const struct caller *caller = &callers->list[callers->at[at]];
		bool is_none = callers->at[at] == CALLERS_NONE;

		if (!is_none && caller->key == key)
			return at;
		if (!is_found && (is_none || caller->held == 0)) {
			free = at;
			is_found = true;
		}
	}
	return free;
}

uint64_t callers_period(
    const struct callers *callers, uint32_t key, const struct rate *rate)
{
	static const struct caller unknown;
	uint32_t at = callers->at[callers_find(callers, key)];
	const struct caller *caller = &callers->list[at];

	return caller_period(
	    at != CALLERS_NONE && caller->key == key ? caller : &unknown, rate);
}

uint32_t callers_add(struct callers *callers, uint32_t key)
{
	uint16_t *at = &callers->at[callers_find(callers, key)];
	struct caller *caller;

	if (*at == CALLERS_NONE)
		*at = (uint16_t)++callers->len;
	caller = &callers->list[*at];
	if (caller->key != key && caller->held == 0)
		*caller = (struct caller){.key = key};
	if (++caller->taken >= RECENT) {
		caller->taken /= 2;
		caller->most /= 2;
		if (caller->most < caller->held)
			caller->most = caller->held;
	}
	return *at;
}

void callers_hold(struct callers *callers, uint32_t caller, uint64_t bytes)
{
	struct caller *at = &callers->list[caller];

	at->bytes += bytes;
	if (++at->held > at->most)
		at->most = at->held;
}

void callers_release(struct callers *callers, uint32_t caller, uint64_t bytes)
{
	struct caller *at = &callers->list[caller];

	at->bytes -= bytes < at->bytes ? bytes : at->bytes;
	at->held -= at->held > 0;
}
