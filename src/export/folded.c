// SPDX-License-Identifier: MIT
//
// Folded stacks, the input of flame graph tools: the outermost function first,
// then the KiB that sampled allocations under that stack held when the total
// was highest, or, where there are none, by which memory grew under it.
#include "export/formats.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/held.h"
#include "base/index.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "export/stacks.h"
#include "profile/process.h"

struct fold {
	char *path;
	double kib;
};

struct folds {
	ARRAY(struct fold) list;
	struct index index;
};

static bool folded_is(const void *folds, size_t at, const void *path)
{
	return strcmp(((const struct fold *)folds)[at].path, path) == 0;
}

/* Takes over path. */
static void export_folded_add(struct folds *folds, char *path, double mib)
{
	uint32_t hash = index_hash(path, strlen(path));
	size_t at = index_place(&folds->index, hash, folded_is,
	    folds->list.items, path, folds->list.len);

	if (at == folds->list.len)
		*array_push(&folds->list) = (struct fold){path, 0};
	else
		free(path);
	folds->list.items[at].kib += mib * 1024;
}

/* The text of a frame, without the separator between frames. */
static char *folded_frame_text(const char *text)
{
	char *clean = utf8_clean_copy(text);

	for (char *c = clean; *c; c++) {
		if (*c == ';')
			*c = ':';
	}
	return clean;
}

static char *folded_path(const struct stack *stack)
{
	struct strbuf path = {0};

	for (size_t i = stack->len; i-- > 0;) {
		const struct frame *frame = &stack->frames[i];
		char *function = folded_frame_text(frame->function);
		char *file = folded_frame_text(frame->file);

		strbuf_separate(&path, ";");
		strbuf_add(&path, function);
		if (*file && frame->line > 0)
			strbuf_add_format(&path, " (%s:%d)", file, frame->line);
		else if (*file)
			strbuf_add_format(&path, " (%s)", file);
		free(function);
		free(file);
	}
	return strbuf_take(&path);
}

static void folded_add_stacks(struct folds *folds, const struct run *run)
{
	struct stack_growths growths;

	export_stacks_init(&growths, run);
	for (size_t i = 0; i < growths.items.len; i++) {
		const struct stack_growth *growth = &growths.items.items[i];

		if (growth->mib > 0)
			export_folded_add(
			    folds, folded_path(growth->stack), growth->mib);
	}
	stack_growths_finish(&growths);
}

struct open_call {
	const struct call *call;
	char *path;
	double inner_mib; /* growth in its callees */
};

struct folded_calls {
	ARRAY(struct open_call) list;
};

static int export_folded_compare_calls(const void *left, const void *right)
{
	const struct call *a = *(struct call *const *)left;
	const struct call *b = *(struct call *const *)right;

	int threads = call_compare_threads(a, b);

	if (threads != 0)
		return threads;
	if (a->enter_s != b->enter_s)
		return a->enter_s < b->enter_s ? -1 : 1;
	if (a->leave_s != b->leave_s)
		return a->leave_s > b->leave_s ? -1 : 1;
	return (a->level > b->level) - (a->level < b->level);
}

static void folded_close_call(struct folds *folds, struct folded_calls *open)
{
	struct open_call *last = &open->list.items[--open->list.len];
	double mib = last->call->leave_mib - last->call->enter_mib;

	if (open->list.len > 0)
		open->list.items[open->list.len - 1].inner_mib += mib;
	if (mib - last->inner_mib > 0)
		export_folded_add(folds, last->path, mib - last->inner_mib);
	else
		free(last->path);
}

static bool folded_is_within(const struct call *inner, const struct call *outer)
{
	return call_compare_threads(inner, outer) == 0 &&
	       inner->leave_s <= outer->leave_s;
}

static void folded_open_call(
    struct folds *folds, struct folded_calls *open, const struct call *call)
{
	char *name = folded_frame_text(call->name), *path;
	const struct open_call *outer;

	while (
	    open->list.len > 0 &&
	    !folded_is_within(call, open->list.items[open->list.len - 1].call))
		folded_close_call(folds, open);
	outer = open->list.len ? &open->list.items[open->list.len - 1] : NULL;
	path = mem_format(
	    "%s%s%s", outer ? outer->path : "", outer ? ";" : "", name);
	free(name);
	*array_push(&open->list) = (struct open_call){call, path, 0};
}

static void folded_add_calls(struct folds *folds, const struct run *run)
{
	size_t len = run->calls.len;
	const struct call **sorted = mem_zero(len, sizeof(sorted[0]));
	struct folded_calls open = {0};

	for (size_t i = 0; i < len; i++)
		sorted[i] = &run->calls.items[i];
	qsort(sorted, len, sizeof(sorted[0]), export_folded_compare_calls);
	for (size_t i = 0; i < len; i++)
		folded_open_call(folds, &open, sorted[i]);
	while (open.list.len > 0)
		folded_close_call(folds, &open);
	array_free(&open.list);
	free(sorted);
}

static void folded_write(struct folds *folds, FILE *out)
{
	for (size_t i = 0; i < folds->list.len; i++) {
		struct fold *fold = &folds->list.items[i];

		if (fold->kib >= 0.5 && *fold->path)
			fprintf(out, "%s %.0f\n", fold->path, fold->kib);
		free(fold->path);
	}
	array_free(&folds->list);
	index_finish(&folds->index);
}

int export_folded(const struct profile *profile, FILE *out, struct err *e)
{
	struct folds folds = {0};
	bool known = false;

	for (size_t i = 0; i < profile->runs.len; i++) {
		const struct run *run = &profile->runs.items[i];

		bool stacks = run->stack_samples.len > 0 ||
			      held_source(run) != SOURCE_CLOCK;

		if (stacks)
			folded_add_stacks(&folds, run);
		else
			folded_add_calls(&folds, run);
		known = known || stacks || run->calls.len > 0;
	}
	folded_write(&folds, out);
	if (known)
		return 0;
	return err_set(e,
	    "%s: holds no stacks and no calls; record with --stacks",
	    profile->path);
}
