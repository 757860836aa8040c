/* SPDX-License-Identifier: MIT
 *
 * The references among all objects of an interpreter's snapshot, as a graph for
 * chains.h, and what its numbers are called. An object's class is no
 * reference, nor is a weak one, which holds what it calls. The functions that
 * run are roots, with their variables; most are no objects, and stand behind
 * them.
 */
#ifndef MPROF_PYTHON_REFS_REFERRERS_H
#define MPROF_PYTHON_REFS_REFERRERS_H

#include "base/index.h"
#include "python/refs/chains.h"
#include "python/heap/objects.h"

/* The name of an attribute, or the key of a dict: an object, or text. */
struct referrers_label {
	uint64_t address;
	const char *text;
};

struct referrers_frame {
	uint64_t address, code;
	uint64_t thread; /* the number of the one that runs it; 0 */
	uint32_t object; /* its number */
	uint32_t owner;  /* the thread or the greenlet; REFERENCES_NONE */
	bool is_object;  /* and not just that */
};

struct referrers {
	struct objects *objects;
	struct references references;
	uint32_t *types; /* places in objects->types, or: */
	uint32_t frame_type;
	uint8_t *roots;  /* enum chain_root */
	uint32_t *alike; /* of each object: the root that stands for it; NULL
			  * with referents */
	ARRAY(struct referrers_frame) frames;
	size_t bare_frames; /* of them are no objects */
	ARRAY(struct referrers_label) labels;
	struct index labels_index;
};

struct referrers_request {
	bool referents; /* what is held: where not to look further is root */
};

/* Goes through all objects, which must live as long; -1 with e where their
 * references can't be counted. referrers_finish() in any case. */
int referrers_find(struct referrers *referrers, struct objects *objects,
    const struct referrers_request *request, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void referrers_finish(struct referrers *referrers) __attribute__((nonnull));

/* Writes the text of label number detail; false where it is no text but an
 * object of the type that out then names. As the target has it: see
 * base/utf8.h. */
bool referrers_label(const struct referrers *referrers, uint32_t detail,
    char *out, size_t size) __attribute__((nonnull));

/* The name that an object has of its own: a module, a class, a function that
 * runs. False where it has none. */
bool referrers_name(const struct referrers *referrers, uint32_t object,
    char *out, size_t size) __attribute__((nonnull));

/* The name of a thread, a greenlet or a task. */
bool referrers_owner_name(const struct referrers *referrers, uint32_t object,
    char *out, size_t size) __attribute__((nonnull));

/* The thread or the greenlet in which a function runs; REFERENCES_NONE where
 * that is not known, or the object no frame. */
uint32_t referrers_owner(const struct referrers *referrers, uint32_t object)
    __attribute__((nonnull));

/* The text that a variable of a module is, an object that is a module's; false
 * where it has no such variable, or that is no text. */
bool referrers_module_text(const struct referrers *referrers, uint32_t object,
    const char *key, char *out, size_t size) __attribute__((nonnull));

/* Writes the value of an object where it is short: 'a text', a number, "5
 * items", the name of a class or a function. False where it has none. */
bool referrers_value(const struct referrers *referrers, uint32_t object,
    char *out, size_t size) __attribute__((nonnull));

/* The same of a key that is no text. */
bool referrers_label_value(const struct referrers *referrers, uint32_t detail,
    char *out, size_t size) __attribute__((nonnull));

/* The sizes of all objects, as sys.getsizeof() has them; the caller frees. */
uint64_t *referrers_sizes(const struct referrers *referrers)
    __attribute__((nonnull));

/* The name of its type: "list", "shop.models.Lesson". */
const char *referrers_type(const struct referrers *referrers, uint32_t type)
    __attribute__((nonnull));

#endif
