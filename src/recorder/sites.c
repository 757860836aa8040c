// SPDX-License-Identifier: MIT
#include "recorder/sites.h"

#include <stdbool.h>
#include <string.h>

enum {
	SITES_MAX = 1 << 16,
	FRAMES_MAX = 1 << 20,
	NUMBER = 8 /* bytes that a frame's number takes in a record */
};

static const uint64_t sites_hash_begin = UINT64_C(0xcbf29ce484222325);

/* FNV-1a (Fowler, Noll, Vo) with 64 bits, so that two texts of a recording
 * hardly ever share a hash. */
static uint64_t sites_hash(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static bool sites_same(const void *hashes, size_t at, const void *key)
{
	return ((const uint64_t *)hashes)[at] == *(const uint64_t *)key;
}

/* The text's number, from 1; 0 where all numbers are used up. */
static uint32_t sites_number_of(
    struct sites_numbers *numbers, size_t most, uint64_t hash, bool *is_new)
{
	uint32_t short_hash = index_hash_number(hash);
	size_t at = index_find(&numbers->index, short_hash, sites_same,
	    numbers->hashes.items, &hash);

	*is_new = false;
	if (at != INDEX_NONE)
		return (uint32_t)at + 1;
	if (numbers->hashes.len == most)
		return 0;
	*is_new = true;
	index_add(&numbers->index, short_hash, numbers->hashes.len);
	*array_push(&numbers->hashes) = hash;
	return (uint32_t)numbers->hashes.len;
}

/* Bytes that the text may take in a record. */
static size_t sites_written(const char *text)
{
	size_t len = 0;

	for (; *text; text++)
		len += *text > ' ' && *text < 127 && !strchr("%=;,M", *text)
			   ? 1
			   : 3;
	return len;
}

/* The frame's number; adds to *bytes what a new one takes in a record. */
static uint32_t sites_number_frame(
    struct sites *sites, const struct sink_frame *frame, size_t *bytes)
{
	uint64_t hash =
	    sites_hash(sites_hash_begin, frame->file, strlen(frame->file));
	uint32_t number;
	bool is_new;

	hash = sites_hash(hash, &frame->line, sizeof(int));
	hash = sites_hash(hash, frame->function, strlen(frame->function));
	number = sites_number_of(&sites->frames, FRAMES_MAX, hash, &is_new);
	*bytes += NUMBER;
	if (!is_new)
		return number;
	roots_note(&sites->roots, frame->file);
	if (frame->function[0] == '+')
		kept_files_note(&sites->files, frame->file);
	*bytes += NUMBER + sites_written(frame->file) +
		  sites_written(frame->function);
	return number;
}

uint32_t sites_number(struct sites *sites, const struct sink_frame *frames,
    size_t count, uint32_t *numbers, size_t *bytes)
{
	uint32_t site;
	bool is_new;

	*bytes = 0;
	for (size_t i = 0; i < count; i++)
		numbers[i] = sites_number_frame(sites, &frames[i], bytes);
	site = sites_number_of(&sites->sites, SITES_MAX,
	    sites_hash(sites_hash_begin, numbers, count * sizeof(*numbers)),
	    &is_new);
	if (!is_new)
		*bytes = 0;
	return site;
}

static void sites_finish_numbers(struct sites_numbers *numbers)
{
	array_free(&numbers->hashes);
	index_finish(&numbers->index);
}

void sites_finish(struct sites *sites)
{
	sites_finish_numbers(&sites->sites);
	sites_finish_numbers(&sites->frames);
	roots_finish(&sites->roots);
	kept_files_finish(&sites->files);
}
