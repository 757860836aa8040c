// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "commands/refs.h"

#define NO_BOX SIZE_MAX

/* Boxes of links, of single objects, and of the types at which chains end. */
struct drawn {
	const struct refs *refs;
	struct graph *graph;
	size_t *box_of_link, *box_of_object, *box_of_type;
};

#define ROLE_LOST ROLE_SERIES /* orange */

enum role refs_role(const struct chain_link *link)
{
	if (link->parent != CHAIN_NONE)
		return ROLE_OTHER;
	switch ((enum chain_root)link->kind) {
	case CHAIN_MODULE:
	case CHAIN_TYPE:
		return ROLE_TOTAL;
	case CHAIN_FRAME:
	case CHAIN_THREAD:
	case CHAIN_GREENLET:
	case CHAIN_TASK:
		return ROLE_MARK;
	case CHAIN_INSIDE:
		return REFS_ROLE_ASKED;
	default:
		return ROLE_LOST;
	}
}

/* Adds the meaning of each colour that a box has. */
void refs_legend(struct graph *graph, const char *others, const char *asked)
{
	const struct {
		enum role role;
		const char *text;
	} keys[] = {
	    {REFS_ROLE_ASKED, asked},
	    {ROLE_TOTAL, "a root: a module, or a class written in C"},
	    {ROLE_MARK, "a root: a thread, greenlet or task, or a running "
			"function with its variables"},
	    {ROLE_LOST, "held by no object, or by its own cycle"},
	    {ROLE_OTHER, others},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		for (size_t k = 0; k < graph->boxes.len; k++)
			if (graph->boxes.items[k].role == keys[i].role) {
				graph_add_key(
				    graph, keys[i].role, keys[i].text);
				break;
			}
}

static char *refs_count_text(size_t objects)
{
	char count[UNITS_COUNT];

	return mem_copy(units_count(count, objects, "object", "objects"));
}

static char *refs_root_detail(
    const struct refs *refs, const struct chain_link *root)
{
	char *name;

	if (root->kind == CHAIN_OUTSIDE)
		return mem_copy("held by no object");
	if (root->kind == CHAIN_CYCLE)
		return mem_copy("held by its own cycle");
	name = refs_root_name(refs, root);
	if (*name)
		return name;
	free(name);
	return NULL;
}

static char *refs_draw_title(
    const struct refs *refs, const struct chain_link *link)
{
	char *title = link->parent == CHAIN_NONE
			  ? mem_copy(refs_short(
				referrers_type(&refs->referrers, link->type)))
			  : refs_title(refs, link);
	char *made =
	    mem_format("%s%s", title, link->repeated ? " \xe2\x80\xa6" : "");

	free(title);
	return made;
}

static char *refs_draw_detail(
    const struct refs *refs, const struct chain_link *link)
{
	if (refs->referents)
		return link->many || link->parent == CHAIN_NONE
			   ? refs_count_text(link->objects)
			   : NULL;
	return link->parent == CHAIN_NONE ? refs_root_detail(refs, link) : NULL;
}

/* An object has a single box, wherever it is held, and so have objects that are
 * held at the same two places. */
static size_t refs_link_box(struct drawn *drawn, uint32_t at)
{
	const struct refs *refs = drawn->refs;
	const struct chain_link *link = &refs->chains.links.items[at];
	size_t *place = link->many ? &drawn->box_of_link[at]
				   : &drawn->box_of_object[link->object];
	char *title, *detail;

	if (drawn->box_of_link[at] != NO_BOX)
		return drawn->box_of_link[at];
	if (link->again && link->again == link->objects &&
	    link->same != CHAIN_NONE) {
		drawn->box_of_link[at] = refs_link_box(drawn, link->same);
		return drawn->box_of_link[at];
	}
	if (*place == NO_BOX) {
		title = refs_draw_title(refs, link);
		detail = refs_draw_detail(refs, link);
		*place =
		    graph_add_box(drawn->graph, title, detail, refs_role(link));
		free(title);
		free(detail);
	}
	drawn->box_of_link[at] = *place;
	return *place;
}

/* The wanted objects of one type have one box, wherever they are held. */
static size_t refs_wanted_box(struct drawn *drawn, uint32_t type)
{
	const struct refs *refs = drawn->refs;
	char *detail;

	if (drawn->box_of_type[type] != NO_BOX)
		return drawn->box_of_type[type];
	detail =
	    refs_count_text(refs->scan.objects.types.items.items[type]->count);
	drawn->box_of_type[type] = graph_add_box(drawn->graph,
	    refs_short(referrers_type(&refs->referrers, type)), detail,
	    REFS_ROLE_ASKED);
	free(detail);
	return drawn->box_of_type[type];
}

static void refs_draw_arrow(struct drawn *drawn, size_t from, size_t to,
    const struct chain_link *link, size_t objects)
{
	char *reference = link->kind == REFERENCE_PLAIN
			      ? mem_copy(REFS_PLAIN)
			      : refs_reference(drawn->refs, link);
	char *label = objects
			  ? mem_format("%s \xc3\x97 %zu", reference, objects)
			  : mem_copy(reference);

	graph_add_arrow(drawn->graph, from, to, label);
	free(reference);
	free(label);
}

/* Draws from the wanted object up to the root, or to a box that exists. */
static void draw_chain(struct drawn *drawn, const struct chain *chain)
{
	const struct chain_link *links = drawn->refs->chains.links.items;
	const struct chain_link *link = &links[chain->link];
	size_t box = refs_wanted_box(drawn, link->type);
	size_t objects = chain->objects;

	for (uint32_t i = 1; link->parent != CHAIN_NONE; i++) {
		bool known = drawn->box_of_link[link->parent] != NO_BOX;
		size_t referrer;

		if (i > drawn->refs->depth)
			break;
		referrer = refs_link_box(drawn, link->parent);
		refs_draw_arrow(drawn, referrer, box, link, objects);
		if (known)
			break;
		objects = 0;
		box = referrer;
		link = &links[link->parent];
	}
}

static void draw_below(struct drawn *drawn, uint32_t at)
{
	const struct refs *refs = drawn->refs;
	size_t len, from = refs_link_box(drawn, at);
	const uint32_t *below = refs_below(refs, at, &len);

	for (size_t i = 0; i < len && (!refs->count || i < refs->count); i++) {
		size_t to = refs_link_box(drawn, below[i]);

		refs_draw_arrow(
		    drawn, from, to, &refs->chains.links.items[below[i]], 0);
		draw_below(drawn, below[i]);
	}
}

static void draw_links(struct drawn *drawn)
{
	const struct chains *chains = &drawn->refs->chains;
	size_t count = drawn->refs->count;

	for (size_t i = 0; i < chains->items.len && (!count || i < count); i++)
		draw_chain(drawn, &chains->items.items[i]);
	for (size_t i = 0; drawn->refs->referents && i < chains->links.len; i++)
		if (chains->links.items[i].parent == CHAIN_NONE)
			draw_below(drawn, (uint32_t)i);
}

static size_t *refs_no_boxes(size_t len)
{
	size_t *boxes = mem_zero(len + 1, sizeof(*boxes));

	for (size_t i = 0; i < len; i++)
		boxes[i] = NO_BOX;
	return boxes;
}

void refs_draw(const struct refs *refs, struct graph *graph)
{
	char count[UNITS_COUNT];
	struct drawn drawn = {.refs = refs,
	    .graph = graph,
	    .box_of_link = refs_no_boxes(refs->chains.links.len),
	    .box_of_object = refs_no_boxes(refs->referrers.references.count),
	    .box_of_type = refs_no_boxes(refs->scan.objects.types.items.len)};
	size_t len = refs->chains.items.len;
	char *title = mem_format("What %s %s in process %d",
	    refs->referents ? "is held by" : "holds",
	    refs->types.items[0]->name, (int)refs->scan.target.pid);

	graph->title = utf8_clean_copy(title);
	free(title);
	draw_links(&drawn);
	refs_legend(graph, refs->referents ? "what they hold" : "on the way",
	    "the objects that were asked for");
	if (refs->count && len > refs->count)
		*array_push(&graph->notes) = mem_copy(units_count(count,
		    len - refs->count, "more chain holds fewer objects",
		    "more chains hold fewer objects each"));
	free(drawn.box_of_link);
	free(drawn.box_of_object);
	free(drawn.box_of_type);
}
