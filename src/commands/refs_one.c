// SPDX-License-Identifier: MIT
#include "commands/refs_one.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"

#define SCHEMA 1
#define NODES_MAX 10000
#define TEXT_SIZE 512
#define NO_BOX SIZE_MAX

/* An object of the neighbourhood, with those of its references that are shown;
 * these are consecutive. */
struct refs_one_node {
	uint32_t object, depth;
	size_t first, len;
	size_t left_out; /* references that are not shown */
};

struct refs_one_reference {
	uint32_t number; /* its number in references */
	uint32_t object; /* the object at the other end */
	size_t node;     /* that object's node; 0: it had one before */
};

/* Breadth-first search in one direction; node 0 is the chosen object. */
struct refs_one_near {
	const struct refs *refs;
	bool referents;
	ARRAY(struct refs_one_node) nodes;
	ARRAY(struct refs_one_reference) references;
	bool *visited; /* for each object */
};

int refs_one_choose(struct refs *refs, const char *word, struct err *e)
{
	const struct objects *objects = &refs->scan.objects;
	unsigned long long number;
	bool is_address = !strncmp(word, "0x", 2);
	char *end;

	errno = 0;
	number = strtoull(word, &end, is_address ? 16 : 10);
	for (size_t i = 0; is_address && i < refs->wanted.len; i++)
		if (objects->found.items[refs->wanted.items[i]] == number) {
			refs->chosen = refs->wanted.items[i];
			refs->number = i;
			return 0;
		}
	if (is_address)
		return err_set(e, "process %d: no object of that type at %s",
		    (int)refs->scan.target.pid, word);
	if (errno || *end || number >= refs->wanted.len)
		return err_set(e,
		    "process %d: no object %s of that type; the last of its "
		    "%zu objects has the number %zu",
		    (int)refs->scan.target.pid, word, refs->wanted.len,
		    refs->wanted.len - 1);
	refs->number = (size_t)number;
	refs->chosen = refs->wanted.items[number];
	return 0;
}

static bool refs_one_goes_on(
    const struct refs_one_near *near, const struct refs_one_node *node)
{
	const struct referrers *referrers = &near->refs->referrers;

	return node->depth < near->refs->depth &&
	       (node->depth == 0 ||
		   referrers->roots[node->object] == CHAIN_INSIDE);
}

/* Adds the references of a node, and the objects at their other ends. */
static void refs_one_expand(struct refs_one_near *near, size_t at)
{
	const struct references *all = &near->refs->referrers.references;
	struct refs_one_node node = near->nodes.items[at];
	const uint32_t *first =
	    near->referents ? all->first : all->first_referrer;

	node.first = near->references.len;
	for (uint32_t i = first[node.object]; i < first[node.object + 1]; i++) {
		uint32_t number = near->referents ? i : all->referrers[i];
		uint32_t other = near->referents ? all->to.items[number]
						 : references_from(all, number);
		size_t to = 0;

		if ((near->refs->count && node.len == near->refs->count) ||
		    near->nodes.len == NODES_MAX) {
			node.left_out++;
			continue;
		}
		if (!near->visited[other]) {
			near->visited[other] = true;
			to = near->nodes.len;
			*array_push(&near->nodes) = (struct refs_one_node){
			    .object = other, .depth = node.depth + 1};
		}
		*array_push(&near->references) =
		    (struct refs_one_reference){number, other, to};
		node.len++;
	}
	near->nodes.items[at] = node;
}

static void refs_one_find(
    struct refs_one_near *near, const struct refs *refs, bool referents)
{
	*near = (struct refs_one_near){.refs = refs, .referents = referents};
	near->visited =
	    mem_zero(refs->referrers.references.count + 1, sizeof(bool));
	near->visited[refs->chosen] = true;
	*array_push(&near->nodes) =
	    (struct refs_one_node){.object = refs->chosen};
	for (size_t i = 0; i < near->nodes.len; i++)
		if (refs_one_goes_on(near, &near->nodes.items[i]))
			refs_one_expand(near, i);
}

static void refs_one_finish(struct refs_one_near *near)
{
	array_free(&near->nodes);
	array_free(&near->references);
	free(near->visited);
}

static struct chain_link refs_one_link(const struct refs *refs, uint32_t object)
{
	return (struct chain_link){
	    .type = refs->referrers.types[object], .object = object};
}

static char *refs_one_title(const struct refs *refs, uint32_t object)
{
	struct chain_link link = refs_one_link(refs, object);

	return refs_title(refs, &link);
}

static char *refs_one_label(const struct refs *refs, uint32_t number)
{
	const struct references *all = &refs->referrers.references;
	struct chain_link link = refs_one_link(refs, all->to.items[number]);

	link.kind = all->kind.items[number];
	link.detail = all->detail.items[number];
	return link.kind == REFERENCE_PLAIN ? mem_copy(REFS_PLAIN)
					    : refs_reference(refs, &link);
}

static void refs_one_print_below(const struct refs_one_near *near, size_t at)
{
	const struct refs_one_node *node = &near->nodes.items[at];
	int indent = 2 * (int)node->depth + 2;

	for (size_t i = 0; i < node->len; i++) {
		const struct refs_one_reference *reference =
		    &near->references.items[node->first + i];
		char *label = refs_one_label(near->refs, reference->number);
		char *title = refs_one_title(near->refs, reference->object);
		const char *note = reference->node ? "" : " (shown elsewhere)";

		if (reference->object == near->refs->chosen)
			note = " (itself)";
		printf("%*s%s %s%s%s\n", indent, "", label,
		    near->referents ? "" : "of ", title, note);
		if (reference->node)
			refs_one_print_below(near, reference->node);
		free(label);
		free(title);
	}
	if (node->left_out)
		printf(
		    "%*s(%zu more: --count 0)\n", indent, "", node->left_out);
}

void refs_one_print(const struct refs *refs)
{
	char size[UNITS_TEXT], retained[UNITS_TEXT];

	printf("Number %zu, at 0x%" PRIx64 ": %s; it retains %s\n",
	    refs->number, refs->scan.objects.found.items[refs->chosen],
	    refs_size_text(size, refs->sizes[refs->chosen]),
	    refs_size_text(retained, refs->dominators.retained[refs->chosen]));
	for (int referents = 0; referents < 2; referents++) {
		struct refs_one_near near;

		refs_one_find(&near, refs, referents);
		puts(referents ? "\nWhat it refers to" : "\nWhat refers to it");
		if (!near.references.len)
			puts("  nothing");
		refs_one_print_below(&near, 0);
		refs_one_finish(&near);
	}
}

static void refs_one_write_object(
    struct json *json, const struct refs *refs, uint32_t object)
{
	char value[TEXT_SIZE];

	json_open(json, '{');
	json_member_whole(json, "id", object);
	json_member_text(json, "type",
	    referrers_type(&refs->referrers, refs->referrers.types[object]));
	if (object < refs->scan.objects.found.len) {
		json_member_whole(json, "address",
		    (int64_t)refs->scan.objects.found.items[object]);
	}
	if (referrers_value(&refs->referrers, object, value, sizeof(value))) {
		json_member_text(json, "value", value);
	}
	json_member_whole(json, "size", (int64_t)refs->sizes[object]);
	json_member_whole(
	    json, "retained", (int64_t)refs->dominators.retained[object]);
	json_close(json, '}');
}

static void refs_one_write_references(
    struct json *json, const struct refs_one_near *near)
{
	const struct references *all = &near->refs->referrers.references;

	json_key(json, near->referents ? "referents" : "referrers");
	json_open(json, '[');
	for (size_t i = 0; i < near->references.len; i++) {
		uint32_t number = near->references.items[i].number;
		char *label = refs_one_label(near->refs, number);

		json_open(json, '{');
		json_member_whole(json, "from", references_from(all, number));
		json_member_whole(json, "to", all->to.items[number]);
		json_member_text(json, "name", label);
		json_close(json, '}');
		free(label);
	}
	json_close(json, ']');
}

void refs_one_write_json(const struct refs *refs)
{
	struct refs_one_near near[2];
	struct json json;

	for (int i = 0; i < 2; i++)
		refs_one_find(&near[i], refs, i);
	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_whole(&json, "pid", refs->scan.target.pid);
	json_member_whole(&json, "number", (int64_t)refs->number);
	json_member_whole(&json, "id", refs->chosen);
	json_member_open(&json, "objects", '[');
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < near[i].nodes.len; k++)
			if (i == 0 ||
			    !near[0].visited[near[1].nodes.items[k].object])
				refs_one_write_object(
				    &json, refs, near[i].nodes.items[k].object);
	json_close(&json, ']');
	for (int i = 0; i < 2; i++) {
		refs_one_write_references(&json, &near[i]);
		refs_one_finish(&near[i]);
	}
	json_close(&json, '}');
}

static enum role refs_one_role(const struct refs *refs, uint32_t object)
{
	struct chain_link link = {
	    .parent = CHAIN_NONE, .kind = refs->referrers.roots[object]};

	if (object == refs->chosen)
		return REFS_ROLE_ASKED;
	return link.kind == CHAIN_INSIDE ? ROLE_OTHER : refs_role(&link);
}

static size_t refs_one_box(const struct refs *refs, struct graph *graph,
    size_t *boxes, uint32_t object)
{
	char *title, *detail = NULL;

	if (boxes[object] != NO_BOX)
		return boxes[object];
	title = refs_one_title(refs, object);
	if (object == refs->chosen)
		detail = mem_format("number %zu", refs->number);
	boxes[object] =
	    graph_add_box(graph, title, detail, refs_one_role(refs, object));
	free(title);
	free(detail);
	return boxes[object];
}

/* A reference that was found in both directions is drawn once. */
static void refs_one_draw_near(const struct refs_one_near *near,
    struct graph *graph, size_t *boxes, bool *drawn)
{
	const struct references *all = &near->refs->referrers.references;

	for (size_t i = 0; i < near->references.len; i++) {
		uint32_t number = near->references.items[i].number;
		char *label;

		if (drawn[number])
			continue;
		drawn[number] = true;
		label = refs_one_label(near->refs, number);
		graph_add_arrow(graph,
		    refs_one_box(
			near->refs, graph, boxes, references_from(all, number)),
		    refs_one_box(
			near->refs, graph, boxes, all->to.items[number]),
		    label);
		free(label);
	}
}

void refs_one_draw(const struct refs *refs, struct graph *graph)
{
	const struct references *all = &refs->referrers.references;
	size_t *boxes = mem_zero(all->count + 1, sizeof(*boxes)), left_out = 0;
	bool *drawn = mem_zero(all->to.len + 1, sizeof(*drawn));
	char *title = mem_format("%s number %zu in process %d",
	    refs->types.items[0]->name, refs->number,
	    (int)refs->scan.target.pid);
	char count[UNITS_COUNT];

	graph->title = utf8_clean_copy(title);
	free(title);
	memset(boxes, 0xff, (all->count + 1) * sizeof(*boxes));
	refs_one_box(refs, graph, boxes, refs->chosen);
	for (int referents = 0; referents < 2; referents++) {
		struct refs_one_near near;

		refs_one_find(&near, refs, referents);
		refs_one_draw_near(&near, graph, boxes, drawn);
		for (size_t i = 0; i < near.nodes.len; i++)
			left_out += near.nodes.items[i].left_out;
		refs_one_finish(&near);
	}
	refs_legend(graph, "what holds it or is held by it",
	    "the object that was asked for");
	if (left_out)
		*array_push(&graph->notes) = mem_copy(units_count(count,
		    left_out, "more reference is not drawn: --count 0",
		    "more references are not drawn: --count 0"));
	free(boxes);
	free(drawn);
}
