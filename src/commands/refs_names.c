// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "commands/refs.h"
#include "python/refs/referrers_alike.h"

#define TEXT_SIZE 512
#define CLEAN_SIZE (4 * TEXT_SIZE)
#define MANY "\xe2\x80\xa6" /* an ellipsis */

static bool refs_is_root(const struct chain_link *link)
{
	return link->parent == CHAIN_NONE;
}

/* The text of a reference that has a name or a key. */
static char *refs_label_text(
    const struct refs *refs, const struct chain_link *link, bool *is_text)
{
	char raw[TEXT_SIZE];

	*is_text =
	    referrers_label(&refs->referrers, link->detail, raw, sizeof(raw));
	return utf8_clean_copy(raw);
}

static char *refs_names_by_name(
    const struct refs *refs, const struct chain_link *link, const char *before)
{
	bool is_text;
	char *text = link->varies ? mem_copy(MANY)
				  : refs_label_text(refs, link, &is_text);
	char *made = mem_format("%s%s", before, text);

	free(text);
	return made;
}

/* A module's variable is written as an attribute. */
static char *refs_names_by_value(
    const struct refs *refs, const struct chain_link *link)
{
	bool is_text;
	char *text, *made, value[TEXT_SIZE];

	if (link->label)
		return refs_names_by_name(refs, link, ".");
	if (link->varies)
		return mem_copy("[" MANY "]");
	text = refs_label_text(refs, link, &is_text);
	if (!is_text && referrers_label_value(&refs->referrers, link->detail,
			    value, sizeof(value))) {
		free(text);
		text = utf8_clean_copy(value);
		made = mem_format("[%s]", text);
	} else {
		made = mem_format(is_text ? "['%s']" : "[<%s>]", text);
	}
	free(text);
	return made;
}

bool refs_is_generator(const struct refs *refs, const struct chain_link *link)
{
	return link->type < refs->referrers.frame_type &&
	       refs->referrers.objects->types.items.items[link->type]->kind ==
		   OBJECT_GENERATOR;
}

/* Whether a task holds the link: tasks that share a root run the same
 * function. */
static bool refs_is_of_task(
    const struct refs *refs, const struct chain_link *link)
{
	const struct chain_link *above =
	    &refs->chains.links.items[link->parent];

	return refs_is_root(above) && above->kind == CHAIN_TASK;
}

static char *refs_names_plain(
    const struct refs *refs, const struct chain_link *link)
{
	char type[CLEAN_SIZE], value[TEXT_SIZE];

	/* A coroutine that a task runs, or a generator that another awaits. */
	if (!refs_is_root(link) && refs_is_generator(refs, link) &&
	    (!link->many || refs_is_of_task(refs, link)) &&
	    referrers_value(
		&refs->referrers, link->object, value, sizeof(value)))
		return mem_format(
		    ": %s", utf8_clean(type, sizeof(type), value));
	return mem_format("(%s)",
	    utf8_clean(type, sizeof(type),
		refs_short(referrers_type(&refs->referrers, link->type))));
}

char *refs_reference(const struct refs *refs, const struct chain_link *link)
{
	if (refs_is_root(link))
		return mem_copy("");
	switch ((enum reference_kind)link->kind) {
	case REFERENCE_ITEM:
		return link->varies ? mem_copy("[" MANY "]")
				    : mem_format("[%" PRIu32 "]", link->detail);
	case REFERENCE_MEMBER:
		return mem_copy("{" MANY "}");
	case REFERENCE_KEY:
		return mem_copy(".keys()");
	case REFERENCE_VALUE:
		return refs_names_by_value(refs, link);
	case REFERENCE_ATTRIBUTE:
		return refs_names_by_name(refs, link, ".");
	case REFERENCE_LOCAL:
		return refs_names_by_name(refs, link, ": ");
	case REFERENCE_DICT:
		return mem_copy(".__dict__");
	case REFERENCE_PLAIN:
	case REFERENCE_TYPE:
	case REFERENCE_WEAK:
		break;
	}
	return refs_names_plain(refs, link);
}

char *refs_title(const struct refs *refs, const struct chain_link *link)
{
	const char *type =
	    refs_short(referrers_type(&refs->referrers, link->type));
	char value[TEXT_SIZE], *text, *made;
	bool has_value = !link->many && referrers_value(&refs->referrers,
					    link->object, value, sizeof(value));

	text = has_value ? mem_format("%s %s", type, value) : mem_copy(type);
	made = utf8_clean_copy(text);
	free(text);
	return made;
}

const struct chain_link *refs_root(const struct refs *refs, uint32_t link)
{
	const struct chain_link *links = refs->chains.links.items;

	while (links[link].parent != CHAIN_NONE)
		link = links[link].parent;
	return &links[link];
}

const char *refs_root_kind(const struct chain_link *root)
{
	static const char *const kinds[] = {
	    [CHAIN_INSIDE] = "inside",
	    [CHAIN_MODULE] = "module",
	    [CHAIN_FRAME] = "frame",
	    [CHAIN_TYPE] = "type",
	    [CHAIN_OUTSIDE] = "outside",
	    [CHAIN_THREAD] = "thread",
	    [CHAIN_GREENLET] = "greenlet",
	    [CHAIN_TASK] = "task",
	    [CHAIN_CYCLE] = "cycle",
	};

	return kinds[root->kind];
}

static bool refs_is_owner(const struct chain_link *root)
{
	return root->kind == CHAIN_THREAD || root->kind == CHAIN_GREENLET ||
	       root->kind == CHAIN_TASK;
}

char *refs_root_name(const struct refs *refs, const struct chain_link *root)
{
	char raw[TEXT_SIZE], *name, *made;

	if (!root->label ||
	    !referrers_name(&refs->referrers, root->object, raw, sizeof(raw)))
		return mem_copy("");
	name = utf8_clean_copy(raw);
	if (!root->many || !refs_is_owner(root))
		return name;
	made = referrers_without_numbers(name, MANY);
	free(name);
	return made;
}

void refs_forget_number(struct refs *refs, uint32_t link)
{
	struct chain_link *links = refs->chains.links.items;

	links[refs_root(refs, link) - links].many = true;
}

/* Writes the thread or greenlet in which a function runs, except for the main
 * thread. */
static void refs_write_owner(
    const struct refs *refs, const struct chain_link *root, FILE *out)
{
	uint32_t owner = referrers_owner(&refs->referrers, root->object);
	const struct chain_link link = {.parent = CHAIN_NONE,
	    .kind = owner == REFERENCES_NONE ? CHAIN_INSIDE
					     : refs->referrers.roots[owner],
	    .label = 1,
	    .many = root->many,
	    .object = owner};
	char *name;

	if (owner == REFERENCES_NONE)
		return;
	name = refs_root_name(refs, &link);
	if (strcmp(name, "MainThread") != 0)
		fprintf(out, "%s %s: ", refs_root_kind(&link), name);
	free(name);
}

/* Writes the root of a path. */
static void refs_write_root(
    const struct refs *refs, const struct chain_link *root, FILE *out)
{
	char *name = refs_root_name(refs, root);
	char *type = refs_names_plain(refs, root);

	switch ((enum chain_root)root->kind) {
	case CHAIN_OUTSIDE:
		fprintf(out, "held by no object: %s", type);
		break;
	case CHAIN_CYCLE:
		fprintf(out, "held by its own cycle: %s", type);
		break;
	case CHAIN_FRAME:
		refs_write_owner(refs, root, out);
		fprintf(out, "%s()", *name ? name : "?");
		break;
	case CHAIN_THREAD:
	case CHAIN_GREENLET:
	case CHAIN_TASK:
		fprintf(out, "%s %s", refs_root_kind(root), *name ? name : "?");
		break;
	case CHAIN_INSIDE:
	case CHAIN_MODULE:
	case CHAIN_TYPE:
		fputs(*name ? name : type, out);
		break;
	}
	free(name);
	free(type);
}

char *refs_path(const struct refs *refs, uint32_t link)
{
	const struct chain_link *links = refs->chains.links.items;
	uint32_t len = links[link].depth + 1, at = link;
	const struct chain_link **way =
	    mem_zero(len, sizeof(struct chain_link *));
	char *path = NULL;
	size_t size = 0;
	FILE *out = mem_stream(&path, &size);

	for (uint32_t i = len; i-- > 0; at = links[at].parent)
		way[i] = &links[at];
	refs_write_root(refs, way[0], out);
	for (uint32_t i = 1; i < len; i++) {
		char *reference = refs_reference(refs, way[i]);

		if (len > 2 * refs->depth && i == refs->depth) {
			fputs(MANY, out);
			i = len - refs->depth - 1;
		} else if (way[i]->kind != REFERENCE_DICT || i + 1 == len) {
			/* a module's dict adds nothing to its name */
			fprintf(out, "%s%s", reference,
			    way[i]->repeated ? MANY : "");
		}
		free(reference);
	}
	fclose(out);
	free(way);
	return path;
}

char *refs_same(const struct refs *refs, const struct chain_link *link)
{
	const struct chain_link *links = refs->chains.links.items;

	if (!link->again || link->again != link->objects ||
	    link->same == CHAIN_NONE)
		return mem_copy("");
	if (links[link->same].parent == CHAIN_NONE)
		return mem_copy("themselves");
	if (links[link->same].parent == link->parent)
		return refs_reference(refs, &links[link->same]);
	return refs_path(refs, link->same);
}
