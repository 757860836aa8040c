// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "commands/refs_one.h"

enum { SCHEMA = 1 };

#define NAME_SIZE 512

void refs_write_type(
    struct json *json, const char *name, int64_t count, int64_t size)
{
	json_open(json, '{');
	json_member_text(json, "type", name);
	json_member_whole(json, "count", count);
	json_member_whole(json, "size", size);
	json_close(json, '}');
}

void refs_write_figures(
    struct json *json, const struct chain *figures, size_t objects)
{
	json_member_whole(json, "objects", (int64_t)figures->objects);
	json_member_rounded(
	    json, "share", (double)figures->objects / (double)objects, 4);
	json_member_whole(json, "shared", (int64_t)figures->shared);
	json_member_whole(json, "retained", (int64_t)figures->retained);
	json_member_bool(json, "cache", figures->is_cache);
}

static void refs_write_types(struct json *json, const struct refs *refs)
{
	json_member_open(json, "types", '[');
	for (size_t i = 0; i < refs->types.len; i++) {
		const struct object_type *type = refs->types.items[i];

		refs_write_type(json, type->name, (int64_t)type->count,
		    (int64_t)type->size);
	}
	json_close(json, ']');
}

static const char *refs_kind_name(const struct chain_link *link)
{
	static const char *const names[] = {
	    [REFERENCE_PLAIN] = "plain",
	    [REFERENCE_ITEM] = "item",
	    [REFERENCE_MEMBER] = "member",
	    [REFERENCE_KEY] = "key",
	    [REFERENCE_VALUE] = "value",
	    [REFERENCE_ATTRIBUTE] = "attribute",
	    [REFERENCE_LOCAL] = "local",
	    [REFERENCE_DICT] = "dict",
	};

	return names[link->kind];
}

/* Writes the reference that holds it; one that differs from object to object
 * has no name. */
static void refs_json_write_reference(
    struct json *json, const struct refs *refs, const struct chain_link *link)
{
	char name[NAME_SIZE];

	json_member_text(json, "held", refs_kind_name(link));
	if (link->varies)
		return;
	switch ((enum reference_kind)link->kind) {
	case REFERENCE_ITEM:
		json_member_whole(json, "index", link->detail);
		break;
	case REFERENCE_VALUE:
	case REFERENCE_ATTRIBUTE:
	case REFERENCE_LOCAL:
		json_key(json, referrers_label(&refs->referrers, link->detail,
				   name, sizeof(name))
				   ? "name"
				   : "name_type");
		json_text(json, name);
		break;
	default:
		break;
	}
}

static void refs_write_link(
    struct json *json, const struct refs *refs, const struct chain_link *link)
{
	char name[NAME_SIZE];

	json_member_text(
	    json, "type", referrers_type(&refs->referrers, link->type));
	if (link->parent != CHAIN_NONE)
		refs_json_write_reference(json, refs, link);
	else if (link->label && referrers_name(&refs->referrers, link->object,
				    name, sizeof(name))) {
		json_member_text(json, "name", name);
	}
	if (!link->many &&
	    referrers_value(
		&refs->referrers, link->object, name, sizeof(name)) &&
	    !(link->parent == CHAIN_NONE && link->label)) {
		json_member_text(json, "value", name);
	}
	if (link->repeated) {
		json_member_bool(json, "repeated", true);
	}
}

static void refs_write_links(
    struct json *json, const struct refs *refs, const struct chain *chain)
{
	const struct chain_link *links = refs->chains.links.items;
	uint32_t at = chain->link, i = 0;

	json_member_open(json, "links", '[');
	for (; at != CHAIN_NONE; at = links[at].parent, i++) {
		if (i >= refs->depth && links[at].parent != CHAIN_NONE)
			continue;
		json_open(json, '{');
		refs_write_link(json, refs, &links[at]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void refs_write_chain(
    struct json *json, const struct refs *refs, const struct chain *chain)
{
	const struct chain_link *links = refs->chains.links.items;
	char *path = refs_path(refs, chain->link);

	json_open(json, '{');
	refs_write_figures(json, chain, refs->wanted.len);
	json_member_text(
	    json, "root", refs_root_kind(refs_root(refs, chain->link)));
	json_member_text(json, "path", path);
	json_member_whole(json, "len", links[chain->link].depth + 1);
	refs_write_links(json, refs, chain);
	json_close(json, '}');
	free(path);
}

static void refs_write_same(
    struct json *json, const struct refs *refs, const struct chain_link *link)
{
	char *same = refs_same(refs, link);

	if (*same) {
		json_member_text(json, "same", same);
	}
	free(same);
}

static void refs_write_referents(
    struct json *json, const struct refs *refs, uint32_t link)
{
	size_t len;
	const uint32_t *below = refs_below(refs, link, &len);

	json_member_open(json, "referents", '[');
	for (size_t i = 0; i < len && (!refs->count || i < refs->count); i++) {
		json_open(json, '{');
		refs_write_link(
		    json, refs, &refs->chains.links.items[below[i]]);
		json_member_whole(json, "objects",
		    (int64_t)refs->chains.links.items[below[i]].objects);
		refs_write_same(
		    json, refs, &refs->chains.links.items[below[i]]);
		refs_write_referents(json, refs, below[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void refs_write_roots(struct json *json, const struct refs *refs)
{
	json_member_open(json, "roots", '[');
	for (size_t i = 0; i < refs->chains.links.len; i++) {
		const struct chain_link *link = &refs->chains.links.items[i];

		if (link->parent != CHAIN_NONE)
			continue;
		json_open(json, '{');
		refs_write_link(json, refs, link);
		json_member_whole(json, "objects", (int64_t)link->objects);
		refs_write_referents(json, refs, (uint32_t)i);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void refs_write_chains(struct json *json, const struct refs *refs)
{
	size_t len = refs->chains.items.len;

	json_member_whole(json, "chains_found", (int64_t)len);
	json_member_open(json, "chains", '[');
	for (size_t i = 0; i < len && (!refs->count || i < refs->count); i++)
		refs_write_chain(json, refs, &refs->chains.items.items[i]);
	json_close(json, ']');
}

void refs_write_json(const struct refs *refs)
{
	struct json json;

	if (refs->one) {
		refs_one_write_json(refs);
		return;
	}
	json_init(&json, stdout);
	json_open_document(&json, SCHEMA);
	json_member_whole(&json, "pid", refs->scan.target.pid);
	json_member_rounded(
	    &json, "pause_ms", (double)refs->scan.snapshot.pause_ns / 1e6, 3);
	refs_write_types(&json, refs);
	json_member_whole(&json, "objects", (int64_t)refs->wanted.len);
	if (refs->referents)
		refs_write_roots(&json, refs);
	else
		refs_write_chains(&json, refs);
	json_close(&json, '}');
}
