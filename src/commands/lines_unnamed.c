// SPDX-License-Identifier: MIT
#include "commands/lines_unnamed.h"

#include <string.h>

#include "analysis/origin.h"
#include "base/units.h"
#include "cli/wrap.h"

/* Less than this part of what is held is not worth a sentence. */
enum { LEAST_PART = 20 };

/* Java's interpreter is one piece of code, whatever it executes. */
static bool unnamed_is_java(const struct frame *frame)
{
	return strcmp(frame->function, "java (interpreted)") == 0 ||
	       (strcmp(frame->function, "Interpreter") == 0 &&
		   origin_is_generated(frame->module));
}

/* Likewise that of V8, in the program or in its perf map. */
static bool unnamed_is_javascript(const struct frame *frame)
{
	return strstr(frame->function, "InterpreterEntryTrampoline") != NULL;
}

static bool unnamed_is_bare(const struct frame *frame)
{
	return *frame->module == 0;
}

static const struct unnamed_kind {
	bool (*is)(const struct frame *machine_code);
	const char *sentence;
} unnamed_kinds[] = {
    {unnamed_is_java,
	"Java methods that are interpreted, which have no names: java -Xcomp "
	"compiles them first"},
    {unnamed_is_javascript,
	"JavaScript functions that are interpreted, which have no names here: "
	"node --perf-basic-prof --interpreted-frames-native-stack gives them "
	"one"},
    {unnamed_is_bare,
	"code that no file has and no perf map names: see mprof-run(1) for how "
	"a program writes one"},
};

enum { UNNAMED_KINDS = sizeof(unnamed_kinds) / sizeof(*unnamed_kinds) };

/* The first kind that a frame of the stack is of; UNNAMED_KINDS: none. */
static size_t unnamed_kind_of(const struct stack *stack)
{
	for (size_t kind = 0; kind < UNNAMED_KINDS; kind++)
		for (size_t i = 0; i < stack->len; i++)
			if (stack->frames[i].module &&
			    unnamed_kinds[kind].is(&stack->frames[i]))
				return kind;
	return UNNAMED_KINDS;
}

/* Memory of stacks without the names that would credit it, by kind. */
struct unnamed_sums {
	double mib[UNNAMED_KINDS + 1], all_mib;
};

static void unnamed_add(
    struct unnamed_sums *sums, const struct stack *stack, double mib)
{
	sums->all_mib += mib;
	if (stack->len > 0 &&
	    origin_of(&stack->frames[origin_leader(stack)]) != ORIGIN_OWN)
		sums->mib[unnamed_kind_of(stack)] += mib;
}

static bool unnamed_is_much(const struct unnamed_sums *sums, size_t kind)
{
	return sums->mib[kind] > sums->all_mib / LEAST_PART;
}

static void unnamed_sum_held(struct unnamed_sums *sums, const struct held *held)
{
	*sums = (struct unnamed_sums){0};
	for (size_t i = 0; i < held->items.len; i++)
		unnamed_add(
		    sums, held->items.items[i].stack, held->items.items[i].mib);
	sums->all_mib = held->mib;
}

void lines_unnamed_print(const struct held *held)
{
	struct unnamed_sums sums;
	char size[UNITS_TEXT];

	unnamed_sum_held(&sums, held);
	for (size_t kind = 0; kind < UNNAMED_KINDS; kind++) {
		if (unnamed_is_much(&sums, kind))
			wrap_print_note("%s of it is below %s.",
			    units_size(size, sums.mib[kind]),
			    unnamed_kinds[kind].sentence);
	}
}

void lines_unnamed_print_touched(
    const struct held *held, const struct stack_growths *growths)
{
	struct unnamed_sums sums, touched = {0};
	char size[UNITS_TEXT];

	unnamed_sum_held(&sums, held);
	for (size_t i = 0; i < growths->touched; i++)
		unnamed_add(&touched, growths->items.items[i].stack,
		    growths->items.items[i].mib);
	for (size_t kind = 0; kind < UNNAMED_KINDS; kind++) {
		if (unnamed_is_much(&touched, kind) &&
		    !unnamed_is_much(&sums, kind))
			wrap_print_note("%s of what was touched is below %s.",
			    units_size(size, touched.mib[kind]),
			    unnamed_kinds[kind].sentence);
	}
}
