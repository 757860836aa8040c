// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/units.h"
#include "base/utf8.h"
#include "cli/terminal.h"
#include "commands/refs_one.h"

#define COLUMNS 80
#define COUNT_COLUMNS 9
#define FIGURES "%*zu  %4.0f%%  %8s  "
#define FIGURES_COLUMNS (COUNT_COLUMNS + 19)
#define NAME_SIZE 2048
#define BYTES_IN_MIB (1024.0 * 1024)

struct text {
	const struct refs *refs;
	const char *arrow;
	size_t column; /* of the chain at hand */
};

static const char *type_name(
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
		units_size(text, (double)bytes / BYTES_IN_MIB);
	return text;
}

static void refs_text_print_head(const struct refs *refs)
{
	char count[UNITS_COUNT], name[NAME_SIZE];
	char pause[UNITS_TEXT], size[UNITS_TEXT];
	int micro = refs->look.target.micro;

	printf("Process %d, Python 3.%d", (int)refs->look.target.pid,
	    refs->look.target.minor);
	if (micro >= 0)
		printf(".%d", micro);
	printf("; it was stopped for %s\n",
	    units_duration(pause,
		(double)refs->look.snapshot.pause_ns / (double)NS_PER_S));
	for (size_t i = 0; i < refs->types.len; i++) {
		const struct object_type *type = refs->types.items[i];

		printf("%s: %s, %s\n",
		    utf8_clean(name, sizeof(name), type->name),
		    units_count(count, type->count, "object", "objects"),
		    refs_size_text(size, type->size));
	}
}

/* A word of a chain; on the next line where this one has no room. */
static void refs_text_put_word(
    struct text *text, const char *before, const char *word)
{
	size_t width = utf8_width(before) + utf8_width(word);

	if (text->column > FIGURES_COLUMNS && text->column + width > COLUMNS) {
		printf("\n%*s", FIGURES_COLUMNS + 2, "");
		text->column = FIGURES_COLUMNS + 2;
	}
	printf("%s%s", before, word);
	text->column += width;
}

/* "Lesson <- list <- dict <- module": no further than the depth, with the
 * root at the end. */
static void print_types(struct text *text, const struct chain *chain)
{
	const struct chain_link *links = text->refs->chains.links.items;
	const struct chain_link *link = &links[chain->link];

	text->column = FIGURES_COLUMNS;
	for (uint32_t i = 0;; link = &links[link->parent], i++) {
		bool is_root = link->parent == CHAIN_NONE;
		char *title, *shown;

		if (i >= text->refs->depth && !is_root) {
			if (i == text->refs->depth)
				refs_text_put_word(
				    text, text->arrow, "\xe2\x80\xa6");
			continue;
		}
		title = is_root ? utf8_clean_copy(refs_short(referrers_type(
				      &text->refs->referrers, link->type)))
				: refs_title(text->refs, link);
		shown = mem_format(
		    "%s%s", title, link->repeated ? " \xe2\x80\xa6" : "");
		refs_text_put_word(text, i ? text->arrow : "", shown);
		free(title);
		free(shown);
		if (is_root)
			break;
	}
	putchar('\n');
}

static void print_chain(struct text *text, const struct chain *chain)
{
	char *path = refs_path(text->refs, chain->link);
	char size[UNITS_TEXT];

	printf(FIGURES, COUNT_COLUMNS, chain->objects,
	    100.0 * (double)chain->objects / (double)text->refs->wanted.len,
	    refs_size_text(size, chain->retained));
	print_types(text, chain);
	printf("%*s%s\n", FIGURES_COLUMNS, "", path);
	if (chain->shared)
		printf("%*s(%zu of them in other chains too)\n",
		    FIGURES_COLUMNS, "", chain->shared);
	if (chain->is_cache)
		printf("%*s(a cache of the interpreter or a library)\n",
		    FIGURES_COLUMNS, "");
	free(path);
}

static void print_chains(struct text *text)
{
	const struct refs *refs = text->refs;
	size_t len = refs->chains.items.len;

	printf("\n%*s  share  retained  held by\n", COUNT_COLUMNS, "# objects");
	for (size_t i = 0; i < len && (!refs->count || i < refs->count); i++)
		print_chain(text, &refs->chains.items.items[i]);
	if (refs->count && len > refs->count)
		printf("(%zu more: --count 0)\n", len - refs->count);
}

static void refs_text_print_referent(
    const struct refs *refs, const struct chain_link *item, int level)
{
	char *hold = refs_hold(refs, item), *title = refs_title(refs, item);
	char *same = refs_same(refs, item);

	printf("%*zu  %*s%s %s%s", COUNT_COLUMNS, item->objects, 2 * level, "",
	    item->kind == REFERENCE_PLAIN ? REFS_PLAIN : hold, title,
	    item->repeated ? " \xe2\x80\xa6" : "");
	if (*same)
		printf(" (%s%s)",
		    strcmp(same, "themselves") ? "the same as " : "", same);
	putchar('\n');
	free(hold);
	free(title);
	free(same);
}

static void print_below(struct text *text, uint32_t link, int level)
{
	const struct refs *refs = text->refs;
	size_t len, shown;
	const uint32_t *below = refs_below(refs, link, &len);

	shown = refs->count && refs->count < len ? refs->count : len;
	for (size_t i = 0; i < shown; i++) {
		const struct chain_link *item =
		    &refs->chains.links.items[below[i]];
		refs_text_print_referent(refs, item, level);
		print_below(text, below[i], level + 1);
	}
	if (shown < len)
		printf("%*s  %*s(%zu more: --count 0)\n", COUNT_COLUMNS, "",
		    2 * level, "", len - shown);
}

static void print_referents(struct text *text)
{
	const struct refs *refs = text->refs;

	printf("\n%*s  %s\n", COUNT_COLUMNS, "# objects", "what they hold");
	for (size_t i = 0; i < refs->chains.links.len; i++) {
		const struct chain_link *link = &refs->chains.links.items[i];
		char name[NAME_SIZE];

		if (link->parent != CHAIN_NONE)
			continue;
		printf("%*zu  %s\n", COUNT_COLUMNS, link->objects,
		    type_name(refs, link->type, name, sizeof(name)));
		print_below(text, (uint32_t)i, 1);
	}
}

void refs_print(const struct refs *refs)
{
	struct text text = {.refs = refs, .arrow = " \xe2\x86\x90 "};
	struct terminal terminal;

	terminal_look(&terminal, STDOUT_FILENO);
	if (terminal.is_terminal && !terminal.unicode)
		text.arrow = " <- ";
	refs_text_print_head(refs);
	if (refs->one)
		refs_one_print(refs);
	else if (refs->referents)
		print_referents(&text);
	else
		print_chains(&text);
}
