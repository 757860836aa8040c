// SPDX-License-Identifier: MIT
#include "analysis/leak.h"

#include <math.h>

#include "base/mem.h"
#include "base/units.h"

/* Figures as text, for the sentences below. */
struct figures_text {
	char rate[UNITS_TEXT], shows[UNITS_TEXT], need[UNITS_TEXT];
	char until[UNITS_TEXT], since[UNITS_TEXT], took[UNITS_TEXT];
	char cycle[UNITS_TEXT];
};

static char *leak_why_few(const struct figures_text *t)
{
	return mem_format("too few samples; record %s longer, or with a "
			  "shorter interval",
	    t->need);
}

static char *leak_why_short(const struct figures_text *t)
{
	return mem_format("no growth seen, but only %s could be judged; "
			  "record %s longer",
	    t->took, t->need);
}

static char *leak_why_loads(const struct figures_text *t)
{
	return mem_format("it only grew, %s in %s: a load of data and a leak "
			  "look the same; record a minute or longer",
	    t->rate, t->took);
}

static char *leak_why_noise(const struct figures_text *t)
{
	return mem_format("growth of %s, which ups and downs could also "
			  "explain; record %s longer",
	    t->rate, t->need);
}

static char *leak_why_coarse(const struct figures_text *t)
{
	return mem_format("no growth seen, but a leak of less than %s would "
			  "not show in its ups and downs; record %s longer",
	    t->shows, t->need);
}

static char *leak_why_cycles(const struct figures_text *t)
{
	return mem_format("it rose from one period of %s to the next, but "
			  "there are too few; record %s longer",
	    t->cycle, t->need);
}

static char *leak_why_rested(const struct figures_text *t)
{
	return mem_format(
	    "it grew by %s until %s and has not changed since: a cache that is "
	    "full, or a leak whose work ended; record %s more of that work",
	    t->rate, t->until, t->need);
}

static char *leak_why_bends(const struct figures_text *t)
{
	return mem_format("%s from %s on, slower than before: a warm-up that "
			  "goes on, or a leak behind it; record %s longer",
	    t->rate, t->since, t->need);
}

static char *leak_why_falls(const struct figures_text *t)
{
	(void)t;
	return mem_copy("it grew, fell back and grew again: restarts of a "
			"program that leaks, or memory that is given back, as "
			"by a collector; record each process (run -M)");
}

static const struct reason {
	const char *word;
	char *(*why)(const struct figures_text *t);
} reasons[] = {
    [LEAK_FEW] = {"few", leak_why_few},
    [LEAK_SHORT] = {"short", leak_why_short},
    [LEAK_LOADS] = {"loads", leak_why_loads},
    [LEAK_NOISE] = {"noise", leak_why_noise},
    [LEAK_COARSE] = {"coarse", leak_why_coarse},
    [LEAK_CYCLES] = {"cycles", leak_why_cycles},
    [LEAK_RESTED] = {"rested", leak_why_rested},
    [LEAK_BENDS] = {"bends", leak_why_bends},
    [LEAK_FALLS] = {"falls", leak_why_falls},
};

/* An idle program allocates nothing, so it shows no leak. */
static char *leak_why_steady(
    const struct leak *leak, const struct figures_text *t)
{
	bool from_start = leak->since_s <= leak->first_s;

	if (leak->low != 0 || leak->high != 0)
		return mem_format("a leak of %s would have shown", t->shows);
	return mem_format("a leak of %s would have shown, unless the program "
			  "was idle: memory has not changed%s%s",
	    t->shows, from_start ? "" : " after ", from_start ? "" : t->since);
}

char *leak_why(const struct leak *leak)
{
	struct figures_text t;

	units_rate(t.rate, leak->mib_per_s);
	units_rate(t.shows, leak_shows_mib_per_s(leak));
	units_duration(t.need, fmax(leak->need_s, 1));
	units_duration(t.until, leak->until_s - leak->first_s);
	units_duration(t.since, leak->since_s - leak->first_s);
	units_duration(t.took, leak->until_s - leak->since_s);
	units_duration(t.cycle, leak->cycle_s);
	if (leak->verdict == LEAK_UNDECIDED) /* the function returns a copy */
		// cppcheck-suppress returnDanglingLifetime
		return reasons[leak->reason].why(&t);
	if (leak->verdict == LEAK_STEADY)
		return leak_why_steady(leak, &t);
	return mem_copy("");
}

const char *leak_why_word(const struct leak *leak)
{
	return leak->verdict == LEAK_UNDECIDED ? reasons[leak->reason].word
					       : NULL;
}
