// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "commands/refs_one.h"

#define COUNT_COLUMNS 9
#define NAME_SIZE 2048
static const char *refs_type_name(
    const struct refs *refs, uint32_t type, char *out, size_t size)
{
	return utf8_clean(
	    out, size, refs_short(referrers_type(&refs->referrers, type)));
}

const char *refs_size_text(char *text, uint64_t bytes)
{
	if (bytes < 1024)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " B", bytes);
	else
		units_size(text, units_mib((double)bytes));
	return text;
}

static void refs_text_print_head(const struct refs *refs)
{
	char count[UNITS_COUNT], name[NAME_SIZE];
	char pause[UNITS_TEXT], size[UNITS_TEXT];
	int micro = refs->scan.target.micro;

	printf("Process %d, Python 3.%d", (int)refs->scan.target.pid,
	    refs->scan.target.minor);
	if (micro >= 0)
		printf(".%d", micro);
	printf("; it was stopped for %s\n",
	    units_duration(pause,
		(double)refs->scan.snapshot.pause_ns / (double)NS_PER_S));
	for (size_t i = 0; i < refs->types.len; i++) {
		const struct object_type *type = refs->types.items[i];

		printf("%s: %s, %s\n",
		    utf8_clean(name, sizeof(name), type->name),
		    units_count(count, type->count, "object", "objects"),
		    refs_size_text(size, type->size));
	}
}

static void refs_text_print_chain(
    const struct refs *refs, size_t at, const struct units_column *retained)
{
	struct refs_row row;

	refs_row_init(&row, refs, &refs->chains.items.items[at]);
	refs_row_print(&row, refs->wanted.len, retained);
	refs_row_finish(&row);
}

/* The chain that retains most: a single large buffer among thousands of small
 * ones. A chain behind the first ones doesn't retain objects that all are in
 * others, too. */
static size_t refs_text_largest(const struct refs *refs)
{
	const struct chain *items = refs->chains.items.items;
	size_t largest = 0;

	for (size_t i = 1; i < refs->chains.items.len; i++)
		if ((i < refs->count || items[i].shared < items[i].objects) &&
		    items[i].retained > items[largest].retained)
			largest = i;
	return largest;
}

static void refs_print_chains(const struct refs *refs)
{
	const struct chain *items = refs->chains.items.items;
	size_t len = refs->chains.items.len, shown = len, largest, more;
	struct units_column retained = {0};

	refs_row_print_heading();
	if (len == 0)
		return;
	if (refs->count && refs->count < len)
		shown = refs->count;
	largest = refs_text_largest(refs);
	refs_row_measure(&retained, items[largest].retained);
	for (size_t i = 0; i < shown; i++)
		refs_row_measure(&retained, items[i].retained);
	for (size_t i = 0; i < shown; i++)
		refs_text_print_chain(refs, i, &retained);
	if (largest >= shown) {
		refs_text_print_chain(refs, largest, &retained);
		refs_row_print_note("what retains most of all");
	}
	more = len - shown - (largest >= shown);
	if (more)
		printf("(%zu more: --count 0)\n", more);
}

static void refs_text_print_referent(
    const struct refs *refs, const struct chain_link *item, int level)
{
	char *reference = refs_reference(refs, item),
	     *title = refs_title(refs, item);
	char *same = refs_same(refs, item);

	printf("%*zu  %*s%s %s%s", COUNT_COLUMNS, item->objects, 2 * level, "",
	    item->kind == REFERENCE_PLAIN ? REFS_PLAIN : reference, title,
	    item->repeated ? " \xe2\x80\xa6" : "");
	if (*same)
		printf(" (%s%s)",
		    strcmp(same, "themselves") ? "the same as " : "", same);
	putchar('\n');
	free(reference);
	free(title);
	free(same);
}

static void refs_print_below(const struct refs *refs, uint32_t link, int level)
{
	size_t len, shown;
	const uint32_t *below = refs_below(refs, link, &len);

	shown = refs->count && refs->count < len ? refs->count : len;
	for (size_t i = 0; i < shown; i++) {
		const struct chain_link *item =
		    &refs->chains.links.items[below[i]];
		refs_text_print_referent(refs, item, level);
		refs_print_below(refs, below[i], level + 1);
	}
	if (shown < len)
		printf("%*s  %*s(%zu more: --count 0)\n", COUNT_COLUMNS, "",
		    2 * level, "", len - shown);
}

static void refs_print_referents(const struct refs *refs)
{
	printf("\n%*s  %s\n", COUNT_COLUMNS, "# objects", "what they hold");
	for (size_t i = 0; i < refs->chains.links.len; i++) {
		const struct chain_link *link = &refs->chains.links.items[i];
		char name[NAME_SIZE];

		if (link->parent != CHAIN_NONE)
			continue;
		printf("%*zu  %s\n", COUNT_COLUMNS, link->objects,
		    refs_type_name(refs, link->type, name, sizeof(name)));
		refs_print_below(refs, (uint32_t)i, 1);
	}
}

void refs_print(const struct refs *refs)
{
	refs_text_print_head(refs);
	if (refs->one)
		refs_one_print(refs);
	else if (refs->referents)
		refs_print_referents(refs);
	else
		refs_print_chains(refs);
}
