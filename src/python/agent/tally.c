// SPDX-License-Identifier: MIT
#include "python/agent/tally.h"

#include <stdlib.h>

#include "python/agent/reader.h"
#include "python/agent/session.h"

struct tally_function {
	struct spot spot; /* first: the function of a code's spot */
	struct session *session;
};

struct tally {
	struct tally_function **functions;
	size_t len;
	struct spot_codes codes;
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
	free(tally->codes.items);
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

int tally_add_code(struct tally *tally, long function, const void *code)
{
	struct spot_code *slot = NULL;

	if (function >= 0 && (size_t)function < tally->len)
		slot = spot_codes_add(&tally->codes, code);
	if (!slot)
		return -1;
	slot->spot = &tally->functions[function]->spot;
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
	const struct spot_code *found = spot_codes_find(&tally->codes, code);

	return found ? ((const struct tally_function *)found->spot)->session
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
