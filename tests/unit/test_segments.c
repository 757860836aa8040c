// SPDX-License-Identifier: MIT
// Heaps of mimalloc, made up in memory as each build of CPython without the GIL
// lays them out: a segment of a thread, and one that a thread left behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "python/heap/segments.h"

#define SEGMENT ((uint64_t)32 << 20)
#define SLICE 65536
#define PAGES 3 /* of a segment; the first is its own */
#define SECRET 0x5ec2e7u
#define BLOCK 96
#define BLOCKS 20

enum { STATE_SIZE = 65536 };

/* Two segments side by side, and before them the runtime's state. */
static uint8_t state_bytes[STATE_SIZE], *segment_bytes[2];
static struct snapshot_region regions[3];
static struct snapshot snapshot;
static struct python_target target;
static const struct python_offsets *o;
static uint64_t thread;

static const uint64_t state_at = SEGMENT / 2;

static void put(uint64_t address, int offset, uint64_t value, size_t size)
{
	address += (uint64_t)offset;
	for (size_t i = 0; i < 3; i++)
		if (address >= regions[i].start && address < regions[i].end)
			memcpy(regions[i].bytes + (address - regions[i].start),
			    &value, size);
}

static void put_word(uint64_t address, int offset, uint64_t value)
{
	put(address, offset, value, 8);
}

static uint64_t heap_at(uint64_t index)
{
	return thread + (uint64_t)o->thread_heaps +
	       index * (uint64_t)o->heap_size;
}

static uint64_t page_at(uint64_t segment, uint64_t index)
{
	return segment + (uint64_t)o->segment_slices +
	       index * (uint64_t)o->page_size;
}

static uint64_t block_at(uint64_t segment, uint64_t page, uint64_t i)
{
	return segment + page * SLICE + BLOCK + i * BLOCK;
}

/* A page of that heap's blocks; owner is 0 where the thread has ended. */
static void make_page(
    uint64_t segment, uint64_t index, uint64_t tag, uint64_t owner)
{
	uint64_t page = page_at(segment, index);

	put(page, o->page_block_size, BLOCK, 4);
	put(page, o->page_capacity, BLOCKS, 2);
	put(page, o->page_tag, tag << o->page_tag_shift, 1);
	put_word(page, o->page_heap, owner);
	if (o->page_start != OFFSET_ABSENT)
		put_word(page, o->page_start, block_at(segment, index, 0));
}

static void make_segment(uint64_t segment, bool is_left)
{
	put_word(segment, o->segment_cookie, segment ^ SECRET);
	put_word(segment, o->segment_info, 1);
	put_word(segment, o->segment_entries, PAGES);
	for (uint64_t i = 0; i < PAGES; i++)
		put(page_at(segment, i), 0, 1, 4);
	make_page(segment, 1, 2, is_left ? 0 : heap_at(2));
	make_page(segment, 2, 3, is_left ? 0 : heap_at(3));
}

/* An object that the collector tracks, in block i of each page. */
static void track(uint64_t segment, uint64_t i)
{
	put(block_at(segment, 1, i), o->object_gc_bits, 1, 1);
	put(block_at(segment, 2, i) + 16, o->object_gc_bits, 1, 1);
}

static void make_state(void)
{
	uint64_t runtime = state_at, interpreter = state_at + 2048;

	thread = state_at + 16384;
	target.runtime = runtime;
	target.interpreter = interpreter;
	put_word(runtime, o->runtime_interpreters, interpreter);
	put_word(interpreter, o->interpreter_threads, thread);
	put(thread, o->thread_heaps_ready, 1, 4);
	for (uint64_t i = 2; i < 4; i++) {
		put_word(heap_at(i), o->heap_page_count, 1);
		put_word(heap_at(i), 512, page_at(SEGMENT, i - 1));
	}
}

static void make(const struct python_offsets *row)
{
	o = row;
	memset(&snapshot, 0, sizeof(snapshot));
	memset(state_bytes, 0, sizeof(state_bytes));
	target = (struct python_target){.offsets = *row, .minor = row->minor};
	regions[0] = (struct snapshot_region){
	    state_at, state_at + STATE_SIZE, state_bytes};
	for (int i = 0; i < 2; i++) {
		memset(segment_bytes[i], 0, PAGES * SLICE);
		regions[i + 1] = (struct snapshot_region){SEGMENT * (i + 1u),
		    SEGMENT * (i + 1u) + PAGES * SLICE, segment_bytes[i]};
	}
	snapshot.regions.items = regions;
	snapshot.regions.len = 3;
	make_state();
	make_segment(SEGMENT, false);
	make_segment(2 * SEGMENT, true);
	track(SEGMENT, 0);
	track(SEGMENT, BLOCKS - 1);
	track(2 * SEGMENT, 7);
}

struct told {
	size_t len;
	uint64_t sum; /* of their addresses */
};

static void tell(void *context, uint64_t object)
{
	struct told *told = context;

	told->len++;
	told->sum += object;
}

static void assert_reported(size_t len, uint64_t sum)
{
	struct told told = {0};

	assert_true(segments_each(&target, &snapshot, tell, &told));
	assert_int_equal(told.len, len);
	assert_int_equal(told.sum, sum);
}

static void assert_refused(void)
{
	struct told told = {0};

	assert_false(segments_each(&target, &snapshot, tell, &told));
	assert_int_equal(told.len, 0);
}

static void each_layout(void (*test)(void))
{
	for (unsigned i = 0; python_offsets_row(i); i++) {
		if (!python_offsets_row(i)->free_threaded)
			continue;
		make(python_offsets_row(i));
		test();
	}
}

static uint64_t sum_of_both(uint64_t segment, uint64_t i)
{
	return block_at(segment, 1, i) + block_at(segment, 2, i) + 16;
}

static void truth(void)
{
	assert_reported(6, sum_of_both(SEGMENT, 0) +
			       sum_of_both(SEGMENT, BLOCKS - 1) +
			       sum_of_both(2 * SEGMENT, 7));
}

static void what_threads_hold_and_left_behind_is_reported(void **state)
{
	(void)state;
	each_layout(truth);
}

/* A free block keeps the bytes that it held before. */
static void free_blocks(void)
{
	put_word(page_at(SEGMENT, 1), o->page_free, block_at(SEGMENT, 1, 3));
	put_word(block_at(SEGMENT, 1, 3), 0, block_at(SEGMENT, 1, 0));
	put_word(page_at(SEGMENT, 2), o->page_thread_free,
	    block_at(SEGMENT, 2, 0) | 1);
	assert_reported(
	    4, sum_of_both(SEGMENT, BLOCKS - 1) + sum_of_both(2 * SEGMENT, 7));
	put_word(block_at(SEGMENT, 1, 0), 0, block_at(SEGMENT, 1, 3));
	assert_refused();
	put_word(block_at(SEGMENT, 1, 0), 0, block_at(SEGMENT, 2, 0));
	assert_refused();
}

static void free_blocks_hold_nothing(void **state)
{
	(void)state;
	each_layout(free_blocks);
}

static void more_pages(void)
{
	put_word(heap_at(3), o->heap_page_count, 2);
	assert_refused();
}

static void fewer_pages(void)
{
	put_word(page_at(SEGMENT, 2), o->page_heap, 0);
	assert_refused();
}

static void strange_heap(void)
{
	put_word(page_at(2 * SEGMENT, 1), o->page_heap, heap_at(7));
	assert_refused();
}

static void pages_in_one_another(void)
{
	put(page_at(SEGMENT, 0), 0, 2, 4);
	assert_refused();
}

static void page_beyond_the_end(void)
{
	put(page_at(2 * SEGMENT, 2), 0, 2, 4);
	assert_refused();
}

static void blocks_beyond_the_end(void)
{
	put(page_at(SEGMENT, 2), o->page_capacity, 10000, 2);
	assert_refused();
}

static void no_heaps(void)
{
	put(thread, o->thread_heaps_ready, 0, 4);
	assert_refused();
}

static void what_does_not_add_up_is_refused(void **state)
{
	(void)state;
	each_layout(more_pages);
	each_layout(fewer_pages);
	each_layout(strange_heap);
	each_layout(pages_in_one_another);
	each_layout(page_beyond_the_end);
	each_layout(blocks_beyond_the_end);
	each_layout(no_heaps);
}

/* Something else may lie where a segment could. */
static void other_memory(void)
{
	put_word(2 * SEGMENT, o->segment_cookie, 0);
	assert_reported(
	    4, sum_of_both(SEGMENT, 0) + sum_of_both(SEGMENT, BLOCKS - 1));
}

static void what_is_no_segment_is_passed_over(void **state)
{
	(void)state;
	each_layout(other_memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_threads_hold_and_left_behind_is_reported),
	    cmocka_unit_test(free_blocks_hold_nothing),
	    cmocka_unit_test(what_does_not_add_up_is_refused),
	    cmocka_unit_test(what_is_no_segment_is_passed_over),
	};
	int failed;

	for (int i = 0; i < 2; i++)
		segment_bytes[i] = mem_zero(PAGES, SLICE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(segment_bytes[0]);
	free(segment_bytes[1]);
	return failed;
}
