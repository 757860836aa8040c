/* SPDX-License-Identifier: MIT
 *
 * The objects of a type in a live Python program, and what keeps them or what
 * they hold: found once, shown as text, as JSON, as a picture.
 */
#ifndef MPROF_COMMANDS_REFS_H
#define MPROF_COMMANDS_REFS_H

#include "base/json.h"
#include "graph/graph.h"
#include "python/refs/referrers.h"
#include "python/heap/look.h"

/* A reference by a field of C, which has no name. */
#define REFS_PLAIN "(in C)"

/* Boxes of what was asked for: red. */
#define REFS_ROLE_ASKED ROLE_ALARM

struct refs {
	struct look look;
	struct referrers referrers;
	bool has_references; /* referrers are found, dominators and sizes */
	struct chains chains;
	struct dominators dominators; /* with referrers alone */
	uint64_t *sizes;              /* of each object */
	bool *is_wanted;              /* of each type */
	uint32_t *below; /* with referents: links by those above, most first */
	ARRAY(const struct object_type *) types; /* the wanted ones */
	ARRAY(uint32_t) wanted;                  /* their objects */
	bool referents, with_members;            /* members: of chains */
	size_t count;    /* so many chains, or of each what it holds */
	uint32_t depth;  /* so many links */
	const char *one; /* one object of them, as it was asked for; NULL */
	uint32_t chosen; /* that one, */
	size_t number;   /* and its place among them */
};

/* Stops the process for the moment of a copy, and finds its objects there.
 * referents, with_members, count and depth are set before; progress, or NULL,
 * hears how far it is. -1 with e, and nothing to finish. */
int refs_look(struct refs *refs, pid_t pid, const struct progress *progress,
    struct err *e) __attribute__((nonnull(1, 4), warn_unused_result));

/* Finds the chains of the type that word names, with or without its module;
 * those of another type that was asked for before go. -1 with e. */
int refs_find(struct refs *refs, const char *word, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void refs_finish(struct refs *refs) __attribute__((nonnull));

/* The name of a type without its module. */
const char *refs_short(const char *type) __attribute__((nonnull));

/* How a link is held, behind what holds it: ".name", "[3]", "['key']"; an
 * ellipsis where it differs from object to object. */
char *refs_hold(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* The type of what stands at a link, and the value where that is a single
 * object: "list 5 items". */
char *refs_title(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* With referents: where the objects of a link stand too, as ".id" beside it or
 * as the whole way; "" where they don't, or not all at one place. */
char *refs_same(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* The name of what a chain begins at; "" where it has none. */
char *refs_root_name(const struct refs *refs, const struct chain_link *root)
    __attribute__((nonnull));

/* From now on the thread, greenlet or task that the chain of a link begins at
 * is named without its numbers, as many are that are one chain. */
void refs_forget_number(struct refs *refs, uint32_t link)
    __attribute__((nonnull));

/* The link that a chain begins at. */
const struct chain_link *refs_root(const struct refs *refs, uint32_t link)
    __attribute__((nonnull));

/* "module", "frame", "type", "outside", "cycle" */
const char *refs_root_kind(const struct chain_link *root)
    __attribute__((nonnull));

/* The whole way from the root to a link, as a programmer would write it:
 * "courses.views.kept[...]". The caller frees, also the names above. */
char *refs_path(const struct refs *refs, uint32_t link)
    __attribute__((nonnull));

void refs_sort_below(struct refs *refs) __attribute__((nonnull));

/* The links that hang below one, those of most objects first: how many there
 * are goes to *len. */
const uint32_t *refs_below(const struct refs *refs, uint32_t link, size_t *len)
    __attribute__((nonnull));

/* Whether a generator or a coroutine stands at a link. */
bool refs_is_generator(const struct refs *refs, const struct chain_link *link)
    __attribute__((nonnull));

/* A chain as a table has it, of one process or of several. */
struct refs_row {
	ARRAY(char *) words; /* types, from the object to the root */
	char *path;
	struct chain figures; /* of several processes the sums, and no link */
};

void refs_row_init(struct refs_row *row, const struct refs *refs,
    const struct chain *chain) __attribute__((nonnull));
void refs_row_finish(struct refs_row *row) __attribute__((nonnull));

/* The line above the rows, a row, of so many objects in all, and a line below
 * it. */
void refs_row_print_heading(void);
void refs_row_print(const struct refs_row *row, size_t objects)
    __attribute__((nonnull));
void refs_row_print_note(const char *format, ...)
    __attribute__((nonnull, format(printf, 1, 2)));

/* text has UNITS_TEXT bytes, and is returned. */
const char *refs_size_text(char *text, uint64_t bytes) __attribute__((nonnull));

/* The colour of a link's box, and the meaning of each that a box has. */
enum role refs_role(const struct chain_link *link) __attribute__((nonnull));
void refs_legend(struct graph *graph, const char *others, const char *asked)
    __attribute__((nonnull));

/* Writes members of the JSON of a type and of a chain, of so many objects in
 * all. */
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
