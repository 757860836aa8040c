// SPDX-License-Identifier: MIT
#include "profile/label.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

/* A word in the command lines of one group of processes, which share a name. */
struct label_word {
	size_t group;     /* index of the first process of that name */
	const char *text; /* in the command line, ends at a blank */
	size_t len;
	size_t processes; /* number of processes that have it */
	size_t last;      /* index of the last of these, + 1 */
};

struct label_build {
	const struct run *run;
	ARRAY(struct label_word) words;
	struct index index; /* finds words by group and text */
	size_t *groups;     /* group of each process */
	size_t *counts;     /* number of processes in each group */
};

/* The longest name that the kernel gives. */
enum { COMM_MAX = 15 };

/* Characters around a word that belong to a script's or a shell's text. */
static const char label_around[] = "'\"()[]{},;";

/* Characters inside a word that make it part of a program: of the text behind
 * python3 -c, perl -e or sh -c. A word with one of them identifies nothing. */
static const char label_program[] = "'\"`(){}<>;";

/* Whether the word is part of a program; see above. Python's import is one that
 * many begin with. */
static bool label_is_program(const char *at, size_t len)
{
	if ((len == 4 && memcmp(at, "from", len) == 0) ||
	    (len == 6 && memcmp(at, "import", len) == 0))
		return true;
	for (size_t i = 0; i < len; i++)
		if (strchr(label_program, at[i]))
			return true;
	return false;
}

/* Takes the next word at *text, without characters around it; false at the
 * end. The word is empty where it is part of a program. */
static bool label_next(const char **text, struct label_word *word)
{
	const char *at = *text + strspn(*text, " ");
	size_t len = strcspn(at, " ");

	*text = at + len;
	if (len == 0)
		return false;
	while (len > 0 && strchr(label_around, *at)) {
		at++;
		len--;
	}
	while (len > 0 && strchr(label_around, at[len - 1]))
		len--;
	word->text = at;
	word->len = label_is_program(at, len) ? 0 : len;
	return true;
}

static bool label_word_is(const void *words, size_t at, const void *key)
{
	const struct label_word *a = &((const struct label_word *)words)[at];
	const struct label_word *b = key;

	return a->group == b->group && a->len == b->len &&
	       memcmp(a->text, b->text, a->len) == 0;
}

static struct label_word *label_word_of(
    struct label_build *build, const struct label_word *key)
{
	uint32_t hash =
	    index_hash(key->text, key->len) ^ index_hash_number(key->group);
	size_t at = index_place(&build->index, hash, label_word_is,
	    build->words.items, key, build->words.len);

	if (at == build->words.len)
		*array_push(&build->words) = *key;
	return &build->words.items[at];
}

/* The last component of a path; the whole word where it is no path. */
static struct label_word label_tail(const struct label_word *word)
{
	struct label_word tail = *word;
	const char *slash = memrchr(word->text, '/', word->len);

	if (slash && slash + 1 < word->text + word->len) {
		tail.text = slash + 1;
		tail.len = (size_t)(word->text + word->len - tail.text);
	}
	return tail;
}

static void label_count(
    struct label_build *build, const struct label_word *key, size_t process)
{
	struct label_word *word;

	if (key->len == 0)
		return;
	word = label_word_of(build, key);
	if (word->last == process + 1)
		return;
	word->last = process + 1;
	word->processes++;
}

static const char *label_name(const struct process *process)
{
	return process->name ? process->name : "";
}

static bool label_same_name(const void *items, size_t at, const void *name)
{
	return strcmp(label_name(&((const struct process *)items)[at]), name) ==
	       0;
}

static void label_group(struct label_build *build)
{
	const struct process *items = build->run->processes.items;
	struct index index = {0};

	for (size_t i = 0; i < build->run->processes.len; i++) {
		const char *name = label_name(&items[i]);

		build->groups[i] =
		    index_place(&index, index_hash(name, strlen(name)),
			label_same_name, items, name, i);
		build->counts[build->groups[i]] +=
		    items[i].command && *items[i].command;
	}
	index_finish(&index);
}

static void label_count_all(struct label_build *build)
{
	for (size_t i = 0; i < build->run->processes.len; i++) {
		const char *text = build->run->processes.items[i].command;
		struct label_word word = {.group = build->groups[i]};

		while (text && label_next(&text, &word)) {
			struct label_word tail = label_tail(&word);

			label_count(build, &word, i);
			if (tail.len != word.len)
				label_count(build, &tail, i);
		}
	}
}

/* Whether the word is a compiler's output, whose source is in the same command
 * line. */
static bool label_word_is_made(const struct label_word *word)
{
	static const char *const ends[] = {".o", ".d", ".lo", ".obj", ".s"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = strlen(ends[i]);

		if (word->len > len &&
		    memcmp(word->text + word->len - len, ends[i], len) == 0)
			return true;
	}
	return false;
}

/* Whether the word is the path of the program itself, which only processes of
 * other directories don't share. */
static bool label_is_own_path(
    const struct label_word *tail, const struct process *process)
{
	const char *name = label_name(process);

	/* The kernel cuts names. */
	return tail->len > 0 && tail->len >= strlen(name) &&
	       strncmp(tail->text, name, strlen(name)) == 0 &&
	       (tail->len == strlen(name) || strlen(name) == COMM_MAX);
}

/* Rates how well the word identifies the process: lower is better. */
static size_t label_word_cost(const struct label_word *word)
{
	bool option = word->text[0] == '-';
	bool temporary = word->len > 5 && memcmp(word->text, "/tmp/", 5) == 0;

	return word->processes * 8 + (option ? 4 : 0) + (temporary ? 2 : 0) +
	       (label_word_is_made(word) ? 1 : 0);
}

/* Returns the best word; NULL where every word is shared by all. The caller
 * frees. */
static char *label_choose(struct label_build *build, size_t process)
{
	const struct process *one = &build->run->processes.items[process];
	const char *text = one->command;
	struct label_word word = {.group = build->groups[process]};
	size_t all = build->counts[word.group];
	struct label_word best = {0};
	size_t best_cost = SIZE_MAX;

	while (text && label_next(&text, &word)) {
		struct label_word tail = label_tail(&word), *found;
		size_t cost;

		if (word.len == 0)
			continue;
		found = label_word_of(build, &word);
		cost = label_word_cost(found) +
		       (label_is_own_path(&tail, one) ? 6 : 0);
		if (found->processes >= all || cost >= best_cost)
			continue;
		best = *found;
		best_cost = cost;
		found = label_word_of(build, &tail);
		if (found->processes == best.processes) {
			best.text = found->text;
			best.len = found->len;
		}
	}
	return best.len ? mem_copy_n(best.text, best.len) : NULL;
}

void process_labels_init(struct process_labels *labels, const struct run *run)
{
	size_t len = run->processes.len;
	struct label_build build = {.run = run,
	    .groups = mem_zero(len + 1, sizeof(size_t)),
	    .counts = mem_zero(len + 1, sizeof(size_t))};

	labels->run = run;
	labels->words = mem_zero(len + 1, sizeof(labels->words[0]));
	label_group(&build);
	label_count_all(&build);
	for (size_t i = 0; i < len; i++)
		labels->words[i] = label_choose(&build, i);
	array_free(&build.words);
	index_finish(&build.index);
	free(build.groups);
	free(build.counts);
}

void process_labels_finish(struct process_labels *labels)
{
	for (size_t i = 0; labels->words && i < labels->run->processes.len; i++)
		free(labels->words[i]);
	free(labels->words);
	*labels = (struct process_labels){0};
}

const char *process_label(
    const struct process_labels *labels, const struct process *process)
{
	return labels->words[process - labels->run->processes.items];
}

/* If no word differs, a name that the process gave itself tells more than
 * its command line, which is the same for all workers of a pool. */
static char *label_without_word(const struct process *process)
{
	const char *command = process->command ? process->command : "";
	const char *name = process->name;

	if (!*command)
		return name ? mem_copy(name) : NULL;
	if (!name || !*name || strstr(command, name))
		return mem_copy(command);
	return mem_format("%s: %s", name, command);
}

char *process_label_text(
    const struct process_labels *labels, const struct process *process)
{
	const char *word = process_label(labels, process);
	char *clean, *raw = word && process->name
				? mem_format("%s %s", process->name, word)
				: label_without_word(process);

	if (!raw)
		return NULL;
	clean = utf8_clean_copy(raw);
	free(raw);
	return clean;
}
