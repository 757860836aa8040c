// SPDX-License-Identifier: MIT
#include "dat/thin_line.h"

#include <math.h>
#include <string.h>

#include "dat/fields.h"
#include "profile/process.h"

#define THIN_WORD(text) text, sizeof(text) - 1

static const struct {
	const char *keyword;
	size_t len;
	enum thin_kind kind;
} thin_words[] = {
    {THIN_WORD("MEM"), THIN_MEMORY},
    {THIN_WORD("CHLD"), THIN_CHILD},
    {THIN_WORD("USAGE"), THIN_USAGE},
    {THIN_WORD("PROC"), THIN_PROC},
    {THIN_WORD("EXIT"), THIN_EXIT},
    {THIN_WORD("PEAK"), THIN_PEAK},
    {THIN_WORD("SHARE"), THIN_SHARE},
    {THIN_WORD("MARK"), THIN_MARK},
    {THIN_WORD("CMDLINE"), THIN_COMMAND},
    {THIN_WORD("HEAP"), THIN_HEAP},
    {THIN_WORD("TYPE"), THIN_TYPE},
    {THIN_WORD("THIN"), THIN_NOTE},
    {THIN_WORD("SIZE"), THIN_NOTE},
    {THIN_WORD("FUNC"), THIN_WHOLE},
    {THIN_WORD("CALL"), THIN_WHOLE},
    {THIN_WORD("STACK"), THIN_WHOLE},
    {THIN_WORD("ALLOC"), THIN_WHOLE},
    {THIN_WORD("FREE"), THIN_WHOLE},
    {THIN_WORD("HELD"), THIN_WHOLE},
    {THIN_WORD("TOUCH"), THIN_WHOLE},
    {THIN_WORD("LEFT"), THIN_WHOLE},
    {THIN_WORD("FAULTS"), THIN_WHOLE},
    {THIN_WORD("NAME"), THIN_WHOLE},
};

static enum thin_kind thin_line_kind(const struct field *keyword)
{
	for (size_t i = 0; i < sizeof(thin_words) / sizeof(thin_words[0]);
	     i++) {
		if (keyword->len == thin_words[i].len &&
		    memcmp(keyword->text, thin_words[i].keyword,
			keyword->len) == 0)
			return thin_words[i].kind;
	}
	return THIN_OTHER;
}

static double thin_line_read_number(const struct field *field)
{
	char text[64 + 1 + NUMBER_PADDING];
	double value;

	if (field->len == 0 || field->len > 64)
		return NAN;
	memcpy(text, field->text, field->len);
	memset(text + field->len, '\n', 1 + NUMBER_PADDING);
	return number_read(text, &value) ? value : NAN;
}

bool thin_line_key(
    const struct thin_line *line, const char *key, struct field *value)
{
	const char *at = line->keys.text, *end = at + line->keys.len;
	struct field pair;

	while (field_split(&at, end, ';', &pair)) {
		if (field_value(&pair, key, value))
			return true;
	}
	return false;
}

double thin_line_number(const struct thin_line *line, const char *key)
{
	struct field value;

	return thin_line_key(line, key, &value) ? thin_line_read_number(&value)
						: NAN;
}

uint64_t thin_line_count(const struct thin_line *line, const char *key)
{
	struct field value;
	uint64_t count = 0;

	return thin_line_key(line, key, &value) && field_count(&value, &count)
		   ? count
		   : 0;
}

static uint32_t thin_line_pid(const struct field *field)
{
	uint64_t pid;

	return field_count(field, &pid) && pid <= INT32_MAX ? (uint32_t)pid : 0;
}

void thin_line_split(const char *text, size_t len, struct thin_line *line)
{
	const char *at = text, *end = text + len, *semicolon;
	struct field word, keyword, mib, time;

	*line =
	    (struct thin_line){.keys = {.text = ""}, .mib = NAN, .time_s = NAN};
	if (!field_next(&at, end, &word))
		return;
	keyword = word;
	semicolon = memchr(word.text, ';', word.len);
	if (semicolon) {
		keyword.len = (size_t)(semicolon - word.text);
		line->keys =
		    (struct field){semicolon + 1, word.len - keyword.len - 1};
	}
	line->kind = thin_line_kind(&keyword);
	if (line->kind == THIN_COMMAND)
		return;
	if ((line->kind == THIN_CHILD && field_next(&at, end, &word)) ||
	    thin_line_key(line, "pid", &word))
		line->pid = thin_line_pid(&word);
	if (!field_next(&at, end, &mib) || !field_next(&at, end, &time))
		return;
	line->mib = thin_line_read_number(&mib);
	line->time_s = thin_line_read_number(&time);
}

static bool thin_life_is(const void *items, size_t at, const void *key)
{
	const struct thin_life *lives = items;

	return lives[at].pid == *(const uint32_t *)key;
}

/* The life of the pid; one that has ended where there is none. */
static struct thin_life *thin_lives_of(struct thin_lives *lives, uint32_t pid)
{
	size_t at = index_place(&lives->index, index_hash_number(pid),
	    thin_life_is, lives->list.items, &pid, lives->list.len);

	if (at == lives->list.len)
		*array_push(&lives->list) = (struct thin_life){
		    .pid = pid, .process = THIN_NOBODY, .ended = true};
	return &lives->list.items[at];
}

static void thin_life_begin(struct thin_lives *lives, struct thin_life *life)
{
	*life =
	    (struct thin_life){.pid = life->pid, .process = lives->processes++};
}

static size_t thin_lives_introduce(
    struct thin_lives *lives, const struct thin_line *line, bool *root)
{
	struct thin_life *life = thin_lives_of(lives, line->pid);
	uint64_t start = thin_line_count(line, "start");

	if (life->ended ||
	    process_is_another(life->introduced, life->start, start))
		thin_life_begin(lives, life);
	life->introduced = true;
	life->start = start;
	*root = !lives->rooted;
	lives->rooted = true;
	return life->process;
}

static void thin_lives_begin_run(struct thin_lives *lives)
{
	lives->list.len = 0;
	index_clear(&lives->index);
	lives->run++;
	lives->rooted = false;
}

size_t thin_lives_take(
    struct thin_lives *lives, const struct thin_line *line, bool *root)
{
	struct thin_life *life;

	*root = false;
	if (line->kind == THIN_COMMAND)
		thin_lives_begin_run(lives);
	if (line->pid == 0)
		return THIN_NOBODY;
	if (line->kind == THIN_PROC)
		return thin_lives_introduce(lives, line, root);
	if (line->kind != THIN_CHILD && line->kind != THIN_EXIT)
		return THIN_NOBODY;
	life = thin_lives_of(lives, line->pid);
	if (line->kind == THIN_EXIT) {
		bool known = !life->ended;

		life->ended = true;
		return known ? life->process : THIN_NOBODY;
	}
	if (life->ended)
		thin_life_begin(lives, life);
	return life->process;
}

void thin_lives_finish(struct thin_lives *lives)
{
	array_free(&lives->list);
	index_finish(&lives->index);
}
