// SPDX-License-Identifier: MIT
#include "python/agent/tally.h"

#include <stdlib.h>

#include "python/agent/reader.h"
#include "python/agent/session.h"

struct tally_function {
	struct spot spot;
	struct session *session;
};

struct tally_code {
	const void *code;
	struct session *session;
};

struct tally {
	struct tally_function **functions;
	size_t len;
	struct tally_code *codes; /* a hash table, at most half full */
	size_t codes_len, codes_cap;
	struct tally *next; /* next one that is enabled on the thread */
	bool enabled;
};

static _Thread_local struct tally *enabled;

struct tally *tally_create(void)
{
	return calloc(1, sizeof(struct tally));
}

void tally_destroy(struct tally *tally)
{
	for (size_t i = 0; i < tally->len; i++) {
		session_destroy(tally->functions[i]->session);
		reader_destroy(tally->functions[i]->spot.reader);
		free(tally->functions[i]);
	}
	free(tally->functions);
	free(tally->codes);
	free(tally);
}

long tally_add_function(
    struct tally *tally, long first_line, struct reader *reader)
{
	struct tally_function *function = calloc(1, sizeof(*function));
	struct tally_function **functions = realloc(tally->functions,
	    (tally->len + 1) * sizeof(struct tally_function *));

	if (functions)
		tally->functions = functions;
	if (function && functions) {
		function->spot.table.first = first_line;
		function->spot.reader = reader;
		function->session = session_create(&function->spot);
	}
	if (!function || !function->session) {
		free(function);
		reader_destroy(reader);
		return -1;
	}
	tally->functions[tally->len] = function;
	return (long)tally->len++;
}

static struct tally_code *tally_slot_of(
    struct tally_code *codes, size_t cap, const void *code)
{
	size_t at = ((uintptr_t)code >> 4) & (cap - 1);

	while (codes[at].code && codes[at].code != code)
		at = (at + 1) & (cap - 1);
	return &codes[at];
}

static int tally_grow_codes(struct tally *tally)
{
	size_t cap = tally->codes_cap ? 2 * tally->codes_cap : 16;
	struct tally_code *codes = calloc(cap, sizeof(*codes));

	if (!codes)
		return -1;
	for (size_t i = 0; i < tally->codes_cap; i++) {
		const struct tally_code *old = &tally->codes[i];

		if (old->code)
			*tally_slot_of(codes, cap, old->code) = *old;
	}
	free(tally->codes);
	tally->codes = codes;
	tally->codes_cap = cap;
	return 0;
}

int tally_add_code(struct tally *tally, long function, const void *code)
{
	struct tally_code *slot;

	if (function < 0 || (size_t)function >= tally->len ||
	    (2 * tally->codes_len >= tally->codes_cap &&
		tally_grow_codes(tally) != 0))
		return -1;
	slot = tally_slot_of(tally->codes, tally->codes_cap, code);
	tally->codes_len += !slot->code;
	*slot = (struct tally_code){code, tally->functions[function]->session};
	return 0;
}

const struct line_table *tally_table(const struct tally *tally, long function)
{
	if (function < 0 || (size_t)function >= tally->len)
		return NULL;
	return session_table(tally->functions[function]->session);
}

void tally_enable(struct tally *tally)
{
	if (tally->enabled)
		return;
	tally->enabled = true;
	tally->next = enabled;
	enabled = tally;
}

bool tally_disable(struct tally *tally)
{
	struct tally **at = &enabled;

	if (!tally->enabled)
		return true;
	while (*at && *at != tally)
		at = &(*at)->next;
	/* It is in another thread's list, which must not be changed here. */
	if (!*at)
		return false;
	*at = tally->next;
	tally->enabled = false;
	for (size_t i = 0; i < tally->len; i++)
		session_end_frames(tally->functions[i]->session);
	return true;
}

bool tally_any(void)
{
	return enabled != NULL;
}

static struct session *tally_session(
    const struct tally *tally, const void *code)
{
	return tally->codes_cap
		   ? tally_slot_of(tally->codes, tally->codes_cap, code)
			 ->session
		   : NULL;
}

bool tally_counts(const void *code)
{
	const struct tally *at = enabled;

	while (at && !tally_session(at, code))
		at = at->next;
	return at != NULL;
}

void tally_notify(
    struct tally *tally, enum tally_event event, const void *code, long line)
{
	struct session *session = tally_session(tally, code);

	if (!session)
		return;
	if (event == TALLY_FRAME)
		session_begin(session, code, line);
	else if (event == TALLY_LINE)
		session_step(session, code, line);
	else
		session_end(session, code);
}

void tally_notify_all(enum tally_event event, const void *code, long line)
{
	for (struct tally *at = enabled; at; at = at->next)
		tally_notify(at, event, code, line);
}
