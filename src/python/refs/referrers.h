/* SPDX-License-Identifier: MIT
 *
 * The references between all objects in an interpreter's snapshot, as a graph
 * for chains.h, and the names of its numbers. An object's class is no
 * reference, and neither is a weak reference, which holds only its callback.
 * Running functions are roots, with their variables; most of them are no
 * objects, and are numbered after these.
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
	uint64_t thread; /* number of its thread; 0: none */
	uint32_t object; /* number of the frame */
	uint32_t owner;  /* thread or greenlet; REFERENCES_NONE */
	bool is_object;  /* the frame is an object, too */
};

struct referrers {
	struct objects *objects;
	struct references references;
	uint32_t *types; /* index in objects->types, or one of: */
	uint32_t frame_type;
	uint8_t *roots;  /* enum chain_root */
	uint32_t *alike; /* for each object, the root that stands for it; NULL
			    with referents */
	ARRAY(struct referrers_frame) frames;
	size_t bare_frames; /* frames that are no objects */
	ARRAY(struct referrers_label) labels;
	struct index labels_index;
};

struct referrers_request {
	bool referents; /* follow what is held; roots mark objects that are not
			   followed */
};

/* Walks over all objects, which must live as long; -1 with e where there are
 * too many references. referrers_finish() in any case. */
int referrers_find(struct referrers *referrers, struct objects *objects,
    const struct referrers_request *request, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void referrers_finish(struct referrers *referrers) __attribute__((nonnull));

/* Writes the text of label number detail; false where it is an object without
 * text, whose type out then names. The text is the target's: see
 * base/utf8.h. */
bool referrers_label(const struct referrers *referrers, uint32_t detail,
    char *out, size_t size) __attribute__((nonnull));

/* Writes an object's own name: of a module, a class, a running function. False
 * where it has none. */
bool referrers_name(const struct referrers *referrers, uint32_t object,
    char *out, size_t size) __attribute__((nonnull));

/* The name of a thread, a greenlet or a task. */
bool referrers_owner_name(const struct referrers *referrers, uint32_t object,
    char *out, size_t size) __attribute__((nonnull));

/* The thread or greenlet in which a function runs; REFERENCES_NONE where that
 * is unknown, or the object is no frame. */
uint32_t referrers_owner(const struct referrers *referrers, uint32_t object)
    __attribute__((nonnull));

/* Writes the text value of a module's variable; false where there is no such
 * variable, or it is no text. */
bool referrers_module_text(const struct referrers *referrers, uint32_t object,
    const char *key, char *out, size_t size) __attribute__((nonnull));

/* Writes the value of an object where it is short: 'a text', a number, "5
 * items", the name of a class or a function. False where it has none. */
bool referrers_value(const struct referrers *referrers, uint32_t object,
    char *out, size_t size) __attribute__((nonnull));

/* The same for a key that is no text. */
bool referrers_label_value(const struct referrers *referrers, uint32_t detail,
    char *out, size_t size) __attribute__((nonnull));

/* The sizes of all objects, as by sys.getsizeof(); the caller frees. */
uint64_t *referrers_sizes(const struct referrers *referrers)
    __attribute__((nonnull));

/* The name of its type: "list", "shop.models.Lesson". */
const char *referrers_type(const struct referrers *referrers, uint32_t type)
    __attribute__((nonnull));

#endif
