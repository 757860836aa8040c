/* SPDX-License-Identifier: MIT
 *
 * A small heap of an interpreter, made up in memory, as each version lays it
 * out: a class app.Lesson with one instance that has a title, held by a list
 * in a dict, with a tuple, a set, a deque and a generator beside it. Tests
 * and fuzzers then change words of it.
 */
#ifndef MPROF_TESTS_FAKE_HEAP_H
#define MPROF_TESTS_FAKE_HEAP_H

#include <errno.h>
#include <string.h>

#include "python/heap/objects.h"

enum { FAKE_SIZE = 65536 };
#define FAKE_START 0x10000000u

struct fake_heap {
	_Alignas(16) uint8_t bytes[FAKE_SIZE];
	size_t used;
	const struct python_offsets *o;
	struct python_target target;
	struct snapshot snapshot;
	struct snapshot_region region;
	uint64_t ring, last; /* of the collector: its head, its newest */
	/* Types. */
	uint64_t type, object, list, tuple, dict, set, str, integer, deque;
	uint64_t generator, lesson;
	/* Objects. */
	uint64_t items, pair, table, members, queue, running, instance, number;
	uint64_t title, text, keys;
};

static inline void fake_put(
    struct fake_heap *fake, uint64_t address, int offset, uint64_t value)
{
	memcpy(fake->bytes + (address - FAKE_START) + offset, &value,
	    sizeof(value));
}

static inline uint64_t fake_room(struct fake_heap *fake, size_t size)
{
	uint64_t address = FAKE_START + fake->used;

	fake->used += (size + 15) / 16 * 16;
	if (fake->used > FAKE_SIZE)
		__builtin_trap();
	return address;
}

static inline uint64_t fake_object(
    struct fake_heap *fake, uint64_t type, size_t size)
{
	uint64_t address = fake_room(fake, size);

	fake_put(fake, address, 0, 1);
	fake_put(fake, address, fake->o->object_type, type);
	return address;
}

/* In the collector's ring; with room for what stands in front of that. */
static inline uint64_t fake_tracked(
    struct fake_heap *fake, uint64_t type, size_t size)
{
	uint64_t head = fake_room(fake, 32) + 16;
	uint64_t address = fake_object(fake, type, size);

	fake_put(fake, fake->last, 0, head);
	fake_put(fake, head, 0, fake->ring);
	fake_put(fake, head, 8, fake->last);
	fake_put(fake, fake->ring, 8, head);
	fake->last = head;
	return address;
}

static inline uint64_t fake_text(struct fake_heap *fake, const char *text)
{
	const struct python_offsets *o = fake->o;
	uint64_t address =
	    fake_object(fake, fake->str, (size_t)o->str_data + 64);

	fake_put(fake, address, o->str_length, strlen(text));
	fake_put(fake, address, o->str_state, 1 << 2 | 1 << 5 | 1 << 6);
	memcpy(fake->bytes + (address - FAKE_START) + o->str_ascii_size, text,
	    strlen(text));
	return address;
}

#define FAKE_READY (1u << 12)
#define FAKE_GC (1u << 14)
#define FAKE_HEAP (1u << 9)

static inline uint64_t fake_type(struct fake_heap *fake, const char *name,
    uint64_t basic, uint64_t item, uint64_t flags)
{
	const struct python_offsets *o = fake->o;
	uint64_t address =
	    fake_tracked(fake, fake->type, (size_t)o->heap_type_size);
	uint64_t text = fake_room(fake, strlen(name) + 1);

	if (!fake->type)
		fake_put(fake, address, o->object_type, address);
	memcpy(fake->bytes + (text - FAKE_START), name, strlen(name));
	fake_put(fake, address, o->type_name, text);
	fake_put(fake, address, o->type_basic_size, basic);
	fake_put(fake, address, o->type_item_size, item);
	fake_put(fake, address, o->type_flags, flags | FAKE_READY);
	fake_put(fake, address, o->type_base, fake->object);
	return address;
}

/* A table of one key and, where it is a dict's own, its value. */
static inline uint64_t fake_keys(
    struct fake_heap *fake, uint64_t key, uint64_t value)
{
	uint64_t address = fake_room(fake, 40 + 8 + 5 * 24);
	bool is_new = fake->o->dict_keys_form == DICT_KEYS_LOG2;

	fake_put(fake, address, 0, 1);
	/* Eight slots: as a number, or as log2 of slots and of the index. */
	fake_put(fake, address, 8, is_new ? 3 | 3 << 8 : 8);
	fake_put(fake, address, is_new ? 16 : 24, 4);
	fake_put(fake, address, is_new ? 24 : 32, 1);
	fake_put(fake, address, is_new ? 40 + 8 : 48 + 8, key);
	fake_put(fake, address, is_new ? 40 + 16 : 48 + 16, value);
	return address;
}

static inline uint64_t fake_dict(
    struct fake_heap *fake, uint64_t key, uint64_t value)
{
	const struct python_offsets *o = fake->o;
	uint64_t address = fake_tracked(fake, fake->dict, (size_t)o->dict_size);

	fake_put(fake, address, o->dict_used, 1);
	fake_put(fake, address, o->dict_keys, fake_keys(fake, key, value));
	return address;
}

static inline void fake_types(struct fake_heap *fake)
{
	const struct python_offsets *o = fake->o;
	uint64_t gc = FAKE_GC;

	fake->type = fake_type(
	    fake, "type", (uint64_t)o->heap_type_size, 40, gc | 1u << 31);
	fake->object = fake_type(fake, "object", 16, 0, 0);
	fake->list = fake_type(fake, "list", 40, 0, gc | 1u << 25);
	fake->tuple = fake_type(
	    fake, "tuple", (uint64_t)o->tuple_items, 8, gc | 1u << 26);
	fake->dict =
	    fake_type(fake, "dict", (uint64_t)o->dict_size, 0, gc | 1u << 29);
	fake->set = fake_type(fake, "set", 200, 0, gc);
	fake->str =
	    fake_type(fake, "str", (uint64_t)o->str_data + 8, 0, 1u << 28);
	fake->integer = fake_type(fake, "int", 24, 4, 1u << 24);
	fake->deque = fake_type(fake, "collections.deque", 80, 0, gc);
	fake->generator = fake_type(fake, "generator",
	    o->generator_frame == OFFSET_ABSENT
		? 152
		: (uint64_t)(o->generator_frame + o->frame_locals),
	    8, gc);
}

/* The class: its instances' attributes are inline, or in a dict. */
static inline void fake_class(struct fake_heap *fake)
{
	const struct python_offsets *o = fake->o;
	uint64_t flags = FAKE_GC | FAKE_HEAP;
	uint64_t name = fake_text(fake, "Lesson");
	uint64_t dict = fake_dict(
	    fake, fake_text(fake, "__module__"), fake_text(fake, "app"));

	bool is_plain = o->instance_form == INSTANCE_PLAIN;

	flags |= (uint32_t)(o->flag_managed_dict | o->flag_inline_values);
	fake->lesson = fake_type(fake, "Lesson", is_plain ? 32 : 16, 0, flags);
	fake->title = fake_text(fake, "title");
	fake->keys = fake_keys(fake, fake->title, 0);
	fake_put(fake, fake->lesson, o->heap_type_qualname, name);
	fake_put(fake, fake->lesson, o->heap_type_cached_keys, fake->keys);
	fake_put(fake, fake->lesson, o->type_dict, dict);
	fake_put(fake, fake->lesson, o->type_dict_offset, is_plain ? 16 : 0);
}

static inline void fake_instance(struct fake_heap *fake)
{
	uint64_t values = fake_room(fake, 64);

	fake->text = fake_text(fake, "a lesson");
	fake->instance = fake_tracked(fake, fake->lesson, 128);
	fake_put(fake, values, 0, fake->text);
	switch ((enum instance_form)fake->o->instance_form) {
	case INSTANCE_INLINE:
		fake_put(fake, fake->instance, 16, 4 | 1 << 8 | 1 << 24);
		fake_put(fake, fake->instance, 24, fake->text);
		break;
	case INSTANCE_TAGGED:
		fake_put(fake, fake->instance, -24, values - 1);
		break;
	case INSTANCE_PAIR:
		fake_put(fake, fake->instance, -32, values);
		break;
	case INSTANCE_PLAIN:
		fake_put(fake, fake->instance, 16,
		    fake_dict(fake, fake->title, fake->text));
	}
}

static inline void fake_containers(struct fake_heap *fake)
{
	const struct python_offsets *o = fake->o;
	uint64_t words = fake_room(fake, 64), block = fake_room(fake, 528);

	fake->number = fake_object(fake, fake->integer, 32);
	fake_put(fake, fake->number, 16, 1 << o->int_tag_bits);
	fake->items = fake_tracked(fake, fake->list, 40);
	fake_put(fake, fake->items, o->object_size, 2);
	fake_put(fake, fake->items, o->list_items, words);
	fake_put(fake, fake->items, o->list_allocated, 4);
	fake_put(fake, words, 0, fake->instance);
	fake_put(fake, words, 8, fake->number);
	fake->pair =
	    fake_tracked(fake, fake->tuple, (size_t)o->tuple_items + 16);
	fake_put(fake, fake->pair, o->object_size, 2);
	fake_put(fake, fake->pair, o->tuple_items, fake->items);
	fake_put(fake, fake->pair, o->tuple_items + 8, fake->number);
	fake->members = fake_tracked(fake, fake->set, 200);
	fake_put(fake, fake->members, o->set_mask, 7);
	fake_put(fake, fake->members, o->set_table,
	    fake->members + (uint64_t)o->set_small);
	fake_put(fake, fake->members, o->set_small + 16, fake->number);
	fake->queue = fake_tracked(fake, fake->deque, 80);
	fake_put(fake, fake->queue, o->object_size, 1);
	fake_put(fake, fake->queue, 24, block);
	fake_put(fake, fake->queue, 32, block);
	fake_put(fake, fake->queue, 40, 32);
	fake_put(fake, block, 8 + 8 * 32, fake->pair);
	fake->running = fake_tracked(fake, fake->generator, 256);
	fake->table = fake_dict(fake, fake_text(fake, "kept"), fake->items);
}

static inline int fake_nowhere(
    const struct python_memory *memory, uint64_t address, void *to, size_t len)
{
	(void)memory;
	(void)address;
	(void)to;
	(void)len;
	errno = EFAULT;
	return -1;
}

/* The place of the collector's state. */
static inline uint64_t fake_collector(const struct fake_heap *fake)
{
	const struct python_offsets *o = fake->o;

	return o->interpreter_gc == OFFSET_ABSENT
		   ? fake->target.runtime + (uint64_t)o->runtime_gc
		   : fake->target.interpreter + (uint64_t)o->interpreter_gc;
}

/* Empty ones, and the pointer to the first. */
static inline void fake_rings(struct fake_heap *fake)
{
	const struct python_offsets *o = fake->o;
	uint64_t permanent = fake_collector(fake) + (uint64_t)o->gc_permanent;

	for (uint64_t i = 0; i < 4; i++) {
		uint64_t head = i < 3 ? fake->ring + i * 24 : permanent;

		fake_put(fake, head, 0, head);
		fake_put(fake, head, 8, head);
	}
	fake_put(fake, fake_collector(fake), o->gc_generation0, fake->ring);
}

static inline void fake_heap_init(
    struct fake_heap *fake, const struct python_offsets *o)
{
	uint64_t interpreter, thread;

	memset(fake, 0, sizeof(*fake));
	fake->o = o;
	fake->target.offsets = *o;
	fake->target.minor = o->minor;
	fake->target.micro = o->micro;
	fake->target.memory.read = fake_nowhere;
	fake->target.runtime = fake_room(fake, 2048);
	interpreter = fake_room(fake, 8192);
	thread = fake_room(fake, 512);
	fake->target.interpreter = interpreter;
	fake_put(
	    fake, fake->target.runtime, o->runtime_interpreters, interpreter);
	fake_put(fake, interpreter, o->interpreter_threads, thread);
	fake->ring = fake_collector(fake) + (uint64_t)o->gc_generations;
	fake->last = fake->ring;
	fake_rings(fake);
	fake_types(fake);
	fake_class(fake);
	fake_instance(fake);
	fake_containers(fake);
	fake_put(fake, interpreter, o->interpreter_modules, fake->table);
	fake->region = (struct snapshot_region){
	    FAKE_START, FAKE_START + FAKE_SIZE, fake->bytes};
	fake->snapshot.live = fake->target.memory;
	fake->snapshot.copied = FAKE_SIZE;
	fake->snapshot.regions.items = &fake->region;
	fake->snapshot.regions.len = 1;
}

#endif
