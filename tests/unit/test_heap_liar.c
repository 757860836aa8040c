// SPDX-License-Identifier: MIT
// A heap that lies, in each version's layout: rings that never close, lengths
// of 2^60, pointers to nowhere. Every walk ends, and what is reported of the
// honest one is true.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "python/remote/text.h"
#include "fake_heap.h"

#define HUGE_LENGTH ((uint64_t)1 << 60)
#define WILD 0x7abcdef00000u

static struct fake_heap fake;
static struct objects objects;

static int find(void)
{
	struct err e;

	return objects_find(&objects, &fake.target, &fake.snapshot, &e);
}

/* Calls test for each version's layout, with a heap that is honest yet. Without
 * the GIL there are no rings: see test_segments.c. */
static void each_layout(void (*test)(void))
{
	const struct python_offsets *o;

	for (unsigned i = 0; (o = python_offsets_row(i)); i++) {
		if (o->free_threaded)
			continue;
		fake_heap_init(&fake, o);
		test();
		objects_finish(&objects);
	}
}

static const struct object_type *type_named(const char *name)
{
	for (size_t i = 0; i < objects.types.items.len; i++)
		if (!strcmp(objects.types.items.items[i]->name, name))
			return objects.types.items.items[i];
	return NULL;
}

static size_t count_of(const char *name)
{
	const struct object_type *type = type_named(name);

	return type ? type->count : 0;
}

static bool keep_reference(
    const struct object_reference *reference, void *context)
{
	struct object_reference *wanted = context;

	if (reference->to != wanted->to || reference->kind == REFERENCE_TYPE)
		return true;
	*wanted = *reference;
	return false;
}

/* The reference from one object to the other. */
static struct object_reference reference_between(uint64_t from, uint64_t to)
{
	struct object_budget budget = object_budget(&fake.snapshot);
	struct object_reference reference = {.to = to, .kind = REFERENCE_TYPE};

	object_references(&objects.types, from,
	    object_types_of(&objects.types, from), &budget, keep_reference,
	    &reference);
	return reference;
}

static void truth(void)
{
	struct object_reference reference;
	char text[16];

	assert_int_equal(find(), 0);
	assert_int_equal(count_of("list"), 1);
	assert_int_equal(count_of("tuple"), 1);
	assert_int_equal(count_of("int"), 1);
	assert_int_equal(count_of("set"), 1);
	assert_int_equal(count_of("collections.deque"), 1);
	assert_int_equal(count_of("app.Lesson"), 1);
	assert_int_equal(type_named("list")->size, 40 + 16 + 4 * 8);
	assert_int_equal(type_named("tuple")->size,
	    (uint64_t)fake.o->tuple_items + 16 + 2 * 8);
	assert_int_equal(type_named("int")->size, 28);
	assert_int_equal(type_named("collections.deque")->size, 80 + 16 + 528);
	reference = reference_between(fake.items, fake.instance);
	assert_int_equal(reference.kind, REFERENCE_ITEM);
	assert_int_equal(reference.index, 0);
	reference = reference_between(fake.queue, fake.pair);
	assert_int_equal(reference.kind, REFERENCE_ITEM);
	reference = reference_between(fake.members, fake.number);
	assert_int_equal(reference.kind, REFERENCE_MEMBER);
	reference = reference_between(fake.table, fake.items);
	assert_int_equal(reference.kind, REFERENCE_VALUE);
	assert_int_equal(
	    python_text(&objects.types.view, reference.key, text, sizeof(text)),
	    0);
	assert_string_equal(text, "kept");
	if (fake.o->instance_form == INSTANCE_PLAIN)
		return;
	reference = reference_between(fake.instance, fake.text);
	assert_int_equal(reference.kind, REFERENCE_ATTRIBUTE);
	assert_int_equal(reference.key, fake.title);
}

static void the_truth_is_reported(void **state)
{
	(void)state;
	each_layout(truth);
}

static void assert_refused(const char *words)
{
	struct err e;

	assert_int_equal(
	    objects_find(&objects, &fake.target, &fake.snapshot, &e), -1);
	if (!strstr(e.text, words))
		fail_msg("%s", e.text);
	objects_finish(&objects);
}

/* The newest goes back into the middle of the ring, to itself, to nowhere. */
static void open_ring(void)
{
	static const char words[] = "does not come back to its beginning";
	uint64_t middle = fake.lesson - 16;

	fake_put(&fake, fake.last, 0, fake.last);
	assert_refused("collector");
	fake_put(&fake, fake.last, 0, middle);
	assert_refused("collector");
	fake_put(&fake, fake.last, 0, fake.ring);
	fake_put(&fake, middle, 0, middle);
	assert_refused(words);
	fake_put(&fake, middle, 0, WILD);
	assert_refused(words);
	fake_put(&fake, fake.ring, 0, WILD);
	assert_refused("not where any CPython");
}

static void rings_that_never_close_are_reported(void **state)
{
	(void)state;
	each_layout(open_ring);
}

/* Whatever the number, it is held against the memory that there is. */
static void huge_lengths_of(uint64_t length)
{
	const struct python_offsets *o = fake.o;

	fake_put(&fake, fake.items, o->object_size, length);
	fake_put(&fake, fake.items, o->list_allocated, length);
	fake_put(&fake, fake.pair, o->object_size, length);
	fake_put(&fake, fake.members, o->set_mask, length);
	fake_put(&fake, fake.members, o->set_table, fake.items);
	fake_put(&fake, fake.queue, o->object_size, length);
	fake_put(&fake, fake.text, o->str_length, length);
	fake_put(&fake, fake.number, 16, length);
	fake_put(&fake, fake.keys, 16, length);
	fake_put(&fake, fake.keys, 24, length);
	assert_int_equal(find(), 0);
	for (size_t i = 0; i < objects.types.items.len; i++)
		assert_true(objects.types.items.items[i]->size <=
			    objects.types.items.items[i]->count *
				(16 + 4 * FAKE_SIZE + (1 << 20)));
}

static void huge_lengths(void)
{
	static const uint64_t lengths[] = {HUGE_LENGTH, HUGE_LENGTH - 1,
	    (uint64_t)1 << 40, INT64_MAX, (uint64_t)1 << 63, UINT64_MAX,
	    FAKE_SIZE / 8, FAKE_SIZE};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		fake_heap_init(&fake, fake.o);
		huge_lengths_of(lengths[i]);
		objects_finish(&objects);
	}
}

static void huge_lengths_are_none(void **state)
{
	(void)state;
	each_layout(huge_lengths);
}

/* Each word of the heap in turn. */
static void wild_words(void)
{
	static const uint64_t values[] = {0, 1, WILD, HUGE_LENGTH,
	    FAKE_START + FAKE_SIZE - 8, FAKE_START + 4, UINT64_MAX};
	size_t used = fake.used;

	for (size_t at = 0; at < used; at += 8) {
		uint64_t before = field_u64(fake.bytes + at, 0);

		if (!before)
			continue;
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			fake_put(&fake, FAKE_START + at, 0, values[i]);
			if (find() < 0)
				assert_true(objects.found.len < FAKE_SIZE / 16);
			objects_finish(&objects);
		}
		fake_put(&fake, FAKE_START + at, 0, before);
	}
}

static void wild_words_do_no_harm(void **state)
{
	(void)state;
	each_layout(wild_words);
}

/* Tuples that hold one another's memory: more to read than there is. */
static void overlapping(void)
{
	uint64_t address = fake_room(&fake, 8192);

	for (uint64_t at = 0; at < 8000; at += 16) {
		fake_put(&fake, address + at, 0, fake.pair);
		fake_put(&fake, address + at, 8, fake.tuple);
	}
	fake_put(&fake, fake.pair, fake.o->object_size, FAKE_SIZE / 16);
	fake_put(&fake, fake.items, fake.o->list_items, address);
	fake_put(&fake, fake.items, fake.o->object_size, 1000);
	find();
	assert_true(objects.found.len <= FAKE_SIZE / 8);
}

static void objects_in_one_another_end(void **state)
{
	(void)state;
	each_layout(overlapping);
}

/* A process that ended while it was read is no empty one. */
static int gone(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	(void)memory;
	(void)address;
	(void)to;
	(void)len;
	errno = ESRCH;
	return -1;
}

static void ended(void)
{
	struct err e;

	fake.snapshot.live.read = gone;
	fake_put(&fake, fake.list, fake.o->type_name, WILD);
	assert_int_equal(
	    objects_find(&objects, &fake.target, &fake.snapshot, &e), -1);
	assert_non_null(strstr(e.text, "ended"));
}

static void a_process_that_ended_is_said(void **state)
{
	(void)state;
	each_layout(ended);
}

/* The lists stand elsewhere than the row has them: by four bytes, as Debian
 * builds 3.13, with and without a pointer that says so. */
static void moved_rings(void)
{
	int *place = &fake.target.offsets.gc_generations;
	int *collector = fake.o->interpreter_gc == OFFSET_ABSENT
			     ? &fake.target.offsets.runtime_gc
			     : &fake.target.offsets.interpreter_gc;

	*place += 4;
	assert_int_equal(find(), 0);
	assert_int_equal(count_of("app.Lesson"), 1);
	objects_finish(&objects);
	fake_put(&fake, fake_collector(&fake), fake.o->gc_generation0, WILD);
	assert_int_equal(find(), 0);
	assert_int_equal(count_of("app.Lesson"), 1);
	objects_finish(&objects);
	*collector += 1000;
	assert_refused("not where any CPython");
}

/* 3.14.0 to 3.14.4 have a young and two old lists, and nothing that points to
 * the first; the lists stand nearer to the beginning of the state. */
static void incremental_rings(void)
{
	uint64_t state = fake_collector(&fake);
	uint64_t first = snapshot_u64(&fake.snapshot, fake.ring);
	uint64_t last = snapshot_u64(&fake.snapshot, fake.ring + 8);

	if (fake.o->minor != 14)
		return;
	memset(fake.bytes + (state - FAKE_START), 0, (size_t)fake.o->gc_size);
	for (uint64_t head = state + 8; head < state + 8 + 4 * 24; head += 24) {
		fake_put(&fake, head, 0, head);
		fake_put(&fake, head, 8, head);
		fake_put(&fake, head, 16, 2000);
	}
	/* All is in the first of the old ones, whose links have flags. */
	fake_put(&fake, state + 32, 0, first);
	fake_put(&fake, state + 32, 8, last);
	fake_put(&fake, first, 8, state + 32);
	fake_put(&fake, last, 0, (state + 32) | 1);
	assert_int_equal(find(), 0);
	assert_int_equal(count_of("app.Lesson"), 1);
	objects_finish(&objects);
}

static void the_incremental_collector_is_recognised(void **state)
{
	(void)state;
	each_layout(incremental_rings);
}

static void rings_are_found_by_what_they_are(void **state)
{
	(void)state;
	each_layout(moved_rings);
}

/* An interpreter that is built otherwise than its row says. */
static void lying_rows(void)
{
	static const struct {
		size_t field;
		const char *words;
	} lies[] = {
	    {offsetof(struct python_offsets, dict_size), "its type dict"},
	    {offsetof(struct python_offsets, tuple_items), "its type tuple"},
	    {offsetof(struct python_offsets, list_allocated), "its type list"},
	    {offsetof(struct python_offsets, set_small), "its type set"},
	    {offsetof(struct python_offsets, heap_type_size), "its type type"},
	    {offsetof(struct python_offsets, heap_type_qualname),
		"its name of a class"},
	    {offsetof(struct python_offsets, str_length),
		"its name of a class"},
	    {offsetof(struct python_offsets, interpreter_modules),
		"its list of modules"},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		int *field =
		    (int *)((char *)&fake.target.offsets + lies[i].field);

		*field += 8;
		assert_refused(lies[i].words);
		*field -= 8;
	}
	assert_int_equal(find(), 0);
}

static void an_offset_that_lies_is_reported(void **state)
{
	(void)state;
	each_layout(lying_rows);
}

/* A thread with one frame in a chunk: two variables, the second of which
 * points into the chunk at what looks like a list, and room for four words
 * more, of which the first is in use where the top says so. */
static void chunk_of_frame(int32_t top, uint64_t variable, uint64_t word)
{
	const struct python_offsets *o = fake.o;
	uint64_t code = fake_room(&fake, (size_t)o->code_size);
	uint64_t chunk = fake_room(&fake, 1024), frame = chunk + 24;
	uint64_t thread =
	    field_u64(fake.bytes + (fake.target.interpreter - FAKE_START),
		o->interpreter_threads);
	uint64_t holder = thread, list = chunk + 512;
	int field = o->thread_frame;

	fake_put(&fake, code, o->code_locals, 2);
	fake_put(&fake, code, o->code_stack_size, 4);
	fake_put(&fake, chunk, 8, 1024);
	if (o->frame_top_form == FRAME_TOP_WORDS)
		fake_put(&fake, frame, o->frame_top, (uint32_t)top);
	else if (top >= 0)
		fake_put(&fake, frame, o->frame_top,
		    frame + (uint64_t)o->frame_locals + 8 * (uint64_t)top);
	fake_put(&fake, frame, o->frame_code, code);
	fake_put(&fake, frame, o->frame_locals, variable);
	fake_put(&fake, frame, o->frame_locals + 8, list);
	fake_put(&fake, frame, o->frame_locals + 16, word);
	fake_put(&fake, list, 0, 1);
	fake_put(&fake, list, o->object_type, fake.list);
	fake_put(&fake, thread, o->thread_datastack, chunk);
	if (o->thread_cframe >= 0) {
		holder = fake_room(&fake, 64);
		fake_put(&fake, thread, o->thread_cframe, holder);
		field = o->cframe_current;
	}
	fake_put(&fake, holder, field, frame);
}

static size_t texts_with(int32_t top, bool is_whole)
{
	uint64_t variable, word;
	size_t count;

	fake_heap_init(&fake, fake.o);
	variable = fake_text(&fake, "in a variable");
	word = fake_text(&fake, "in the middle");
	if (!is_whole)
		fake_put(&fake, word, fake.o->str_length, 5);
	chunk_of_frame(top, variable, word);
	assert_int_equal(find(), 0);
	assert_int_equal(count_of("list"), 1);
	count = count_of("str");
	objects_finish(&objects);
	return count;
}

static void stacks(void)
{
	size_t without;

	if (python_frames_are_objects(fake.o))
		return;
	assert_int_equal(find(), 0);
	without = count_of("str");
	objects_finish(&objects);
	/* Ended; two variables; a word besides; not reported. */
	assert_int_equal(texts_with(0, true), without);
	assert_int_equal(texts_with(2, true), without + 1);
	assert_int_equal(texts_with(3, true), without + 2);
	assert_int_equal(texts_with(-1, true), without + 2);
	assert_int_equal(texts_with(-1, false), without + 1);
}

static void a_stack_is_read_to_its_top(void **state)
{
	(void)state;
	each_layout(stacks);
}

/* A module in C has a type of its own that is called "generator". */
static void namesake(void)
{
	struct snapshot_region regions[] = {fake.region, fake.region};
	size_t own = fake.used;
	uint64_t type, object;

	type = fake_type(&fake, "generator", 128, 0, FAKE_GC);
	object = fake_tracked(&fake, type, 128);
	fake_put(&fake, object, 64, fake.text);
	regions[0].end = regions[1].start = FAKE_START + own;
	regions[1].bytes += own;
	memset(fake.snapshot.slots, 0, sizeof(fake.snapshot.slots));
	fake.snapshot.regions.items = regions;
	fake.snapshot.regions.len = 2;
	assert_int_equal(find(), 0);
	assert_int_equal(
	    object_types_of(&objects.types, object)->kind, OBJECT_OTHER);
	assert_int_equal(object_types_of(&objects.types, object)->size, 144);
	assert_int_equal(
	    reference_between(object, fake.text).kind, REFERENCE_PLAIN);
	assert_int_equal(object_types_of(&objects.types, fake.running)->kind,
	    OBJECT_GENERATOR);
	fake.snapshot.regions.items = &fake.region;
	fake.snapshot.regions.len = 1;
}

static void a_namesake_is_not_taken_for_the_interpreters(void **state)
{
	(void)state;
	each_layout(namesake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_truth_is_reported),
	    cmocka_unit_test(rings_that_never_close_are_reported),
	    cmocka_unit_test(rings_are_found_by_what_they_are),
	    cmocka_unit_test(the_incremental_collector_is_recognised),
	    cmocka_unit_test(an_offset_that_lies_is_reported),
	    cmocka_unit_test(huge_lengths_are_none),
	    cmocka_unit_test(wild_words_do_no_harm),
	    cmocka_unit_test(objects_in_one_another_end),
	    cmocka_unit_test(a_stack_is_read_to_its_top),
	    cmocka_unit_test(a_process_that_ended_is_said),
	    cmocka_unit_test(a_namesake_is_not_taken_for_the_interpreters),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
