/* SPDX-License-Identifier: MIT
 *
 * The objects of a type in a live Python program, and what holds them or what
 * they refer to: searched once, shown as text, JSON or a picture.
 */
#ifndef MPROF_COMMANDS_REFS_H
#define MPROF_COMMANDS_REFS_H

#include "base/json.h"
#include "base/units.h"
#include "graph/graph.h"
#include "python/refs/referrers.h"
#include "python/heap/scan.h"

/* How a reference by a field of C, which has no name, is written. */
#define REFS_PLAIN "(in C)"

/* Red, for the boxes of the wanted objects. */
#define REFS_ROLE_ASKED ROLE_ALARM

struct refs {
	struct scan scan;
	struct referrers referrers;
	bool has_references; /* references were found, with dominators and
				sizes */
	struct chains chains;
	struct dominators dominators; /* with referrers only */
	uint64_t *sizes;              /* size of each object */
	bool *is_wanted;              /* for each type */
	uint32_t *below; /* with referents: links sorted by parent, then by
			    number of objects */
	ARRAY(const struct object_type *) types; /* wanted types */
	ARRAY(uint32_t) wanted;                  /* objects of these types */
	bool referents, with_members;            /* members: of chains */
	/* Number of chains; with referents, of links below each. */
	size_t count;
	uint32_t depth;  /* number of links */
	const char *one; /* word that names one of the objects; NULL */
	uint32_t chosen; /* number of that object */
	size_t number;   /* and its index in wanted */
};

/* Stops the process for the moment of a copy, and finds its objects there.
 * referents, with_members, count and depth are set before; progress, or NULL,
 * hears how far it is. -1 with e, and nothing to finish. */
int refs_scan(struct refs *refs, pid_t pid, const struct progress *progress,
    struct err *e) __attribute__((nonnull(1, 4), warn_unused_result));

/* Finds the chains of the type that word names, with or without its module, in
 * place of those found before. -1 with e. */
int refs_find(struct refs *refs, const char *word, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void refs_finish(struct refs *refs) __attribute__((nonnull));

/* The name of a type without its module. */
const char *refs_short(const char *type) __attribute__((nonnull));

/* The reference by which a link is held, to be appended to its referrer:
 * ".name", "[3]", "['key']"; an ellipsis where it differs from object to
 * object. */
char *refs_reference(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* The type of the objects at a link, and the value where it is a single object:
 * "list 5 items". */
char *refs_title(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* With referents: the other place that holds all the objects of a link, as
 * ".id" beside it or as a path; "" where there is none, or they are at
 * several. */
char *refs_same(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* The name of a chain's root; "" where it has none. */
char *refs_root_name(const struct refs *refs, const struct chain_link *root)
    __attribute__((nonnull));

/* From now on the thread, greenlet or task at the root of the link's chain is
 * named without its numbers, as many such are one chain. */
void refs_forget_number(struct refs *refs, uint32_t link)
    __attribute__((nonnull));

/* The root of a link's chain. */
const struct chain_link *refs_root(const struct refs *refs, uint32_t link)
    __attribute__((nonnull));

/* "module", "frame", "type", "outside", "cycle" */
const char *refs_root_kind(const struct chain_link *root)
    __attribute__((nonnull));

/* The path from the root to a link as Python would write it:
 * "courses.views.kept[...]". The caller frees this, and the names above. */
char *refs_path(const struct refs *refs, uint32_t link)
    __attribute__((nonnull));

void refs_sort_below(struct refs *refs) __attribute__((nonnull));

/* The links below a link, sorted by number of objects, the highest first; *len
 * is their number. */
const uint32_t *refs_below(const struct refs *refs, uint32_t link, size_t *len)
    __attribute__((nonnull));

/* Whether the object at a link is a generator or a coroutine. */
bool refs_is_generator(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* A chain as a row of a table, of one process or of several. */
struct refs_row {
	ARRAY(char *) words; /* types, from the object to the root */
	char *path;
	struct chain figures; /* sums over several processes, without a link */
};

void refs_row_init(struct refs_row *row, const struct refs *refs,
    const struct chain *chain) __attribute__((nonnull));
void refs_row_finish(struct refs_row *row) __attribute__((nonnull));

/* Adds what a row retains to the sizes that are written in one unit. */
void refs_row_measure(struct units_column *retained, uint64_t bytes)
    __attribute__((nonnull));

/* Print the heading, a row (its share is of that many objects), and a last
 * line. */
void refs_row_print_heading(void);
void refs_row_print(const struct refs_row *row, size_t objects,
    const struct units_column *retained) __attribute__((nonnull));
void refs_row_print_note(const char *format, ...)
    __attribute__((nonnull, format(printf, 1, 2)));

/* text has UNITS_TEXT bytes. Returns it. */
const char *refs_size_text(char *text, uint64_t bytes) __attribute__((nonnull));

/* The colour of a link's box, and the legend of the colours that were used. */
enum role refs_role(const struct chain_link *link) __attribute__((nonnull));
void refs_legend(struct graph *graph, const char *others, const char *asked)
    __attribute__((nonnull));

/* Write JSON members of a type and of a chain; shares are of that many
 * objects. */
void refs_write_type(struct json *json, const char *name, int64_t count,
    int64_t size) __attribute__((nonnull));
void refs_write_figures(struct json *json, const struct chain *figures,
    size_t objects) __attribute__((nonnull));

void refs_print(const struct refs *refs) __attribute__((nonnull));
void refs_write_json(const struct refs *refs) __attribute__((nonnull));

/* Fills a zeroed graph. */
void refs_draw(const struct refs *refs, struct graph *graph)
    __attribute__((nonnull));

#endif
