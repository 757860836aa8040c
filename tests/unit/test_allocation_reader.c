// SPDX-License-Identifier: MIT
//
// The reader of one table of sampled allocations: what it takes from a log, and
// what it leaves out of one that can't be.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>

#include "made_table.h"
#include "recorder/allocation_reader.h"

static struct made_table table;
static struct allocation_reader reader;
static struct allocation_room room;
static bool changed;

static int begin(void **state)
{
	const char *base = getenv("TMPDIR");
	char path[160];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%.90s/mprof-reader.XXXXXX",
	    base && base[0] == '/' && strlen(base) <= 90 ? base : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	made_open(&table, path);
	snprintf(reader.root, sizeof(reader.root), "/root");
	return unlink(path);
}

static int end(void **state)
{
	(void)state;
	allocation_reader_finish(&reader);
	allocation_room_finish(&room);
	return close(table.fd);
}

static size_t read_table(void)
{
	return allocation_reader_read(&reader, table.fd, &room, &changed);
}

static void expect_frames(uint32_t stack, const char *want)
{
	char got[1024] = "";

	assert_true(allocation_reader_frames(&reader, table.fd, stack, &room));
	for (size_t i = 0; i < room.count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s%s:%d:%s", i ? " " : "", room.frames[i].file,
		    room.frames[i].line, room.frames[i].function);
	assert_string_equal(got, want);
}

static void no_stack(uint32_t at)
{
	assert_false(allocation_reader_frames(&reader, table.fd, at, &room));
	assert_int_equal(room.count, 0);
}

/* Once more than it changed: slots may have been filled meanwhile. */
static void a_table_is_read_when_its_header_changed(void **state)
{
	(void)state;
	made_slot(&table, 2, 70000, UINT32_MAX, 5);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_table(), 3);
		assert_true(changed);
		assert_int_equal(room.slots[2].size, 70000);
		assert_int_equal(room.slots[1].serial, 0);
	}
	assert_int_equal(read_table(), 0);
	assert_false(changed);
	reader.known[2].id = 7;
	made_slot(&table, 9, 80000, UINT32_MAX, 5);
	assert_int_equal(read_table(), 10);
	assert_int_equal(reader.slots, 10);
	assert_int_equal(reader.known[2].id, 7);
	assert_int_equal(reader.known[9].id, 0);
	table.header.used = 4; /* none that was known is forgotten */
	made_header(&table);
	assert_int_equal(read_table(), 10);
}

static void another_file_is_no_table(void **state)
{
	(void)state;
	made_slot(&table, 0, 70000, UINT32_MAX, 5);
	table.header.magic++;
	made_header(&table);
	assert_int_equal(read_table(), 0);
	assert_false(changed);
	table.header.magic--;
	table.header.version++;
	made_header(&table);
	assert_int_equal(read_table(), 0);
	table.header.version--;
	made_header(&table);
	assert_int_equal(read_table(), 1);
	assert_int_equal(room.slots[0].size, 70000);
	made_slot(&table, 0, 80000, UINT32_MAX, 5);
	assert_int_equal(read_table(), 1);
	assert_int_equal(room.slots[0].size, 80000);
	assert_int_equal(ftruncate(table.fd, 100), 0);
	assert_int_equal(read_table(), 0);
	assert_false(changed);
}

/* A header may say anything. */
static void counts_beyond_the_file_are_its_most(void **state)
{
	(void)state;
	table.header.used = ALLOCATION_SLOTS + 1;
	table.header.log_used = UINT64_MAX;
	made_header(&table);
	assert_int_equal(read_table(), ALLOCATION_SLOTS);
	assert_int_equal(reader.header.log_used, ALLOCATION_LOG);
	assert_int_equal(read_table(), ALLOCATION_SLOTS);
	assert_int_equal(read_table(), 0); /* nothing has changed */
	assert_false(changed);
	assert_int_equal(ftruncate(table.fd, ALLOCATION_SLOTS_AT + 100), 0);
	table.header.used = 2;
	made_header(&table);
	assert_int_equal(read_table(), 0);
	assert_false(changed);
}

static void code_belongs_to_the_newest_module_before_it(void **state)
{
	uint64_t frames[] = {0x1000, 0x1fff, 0x2000, 0xfff};
	uint32_t stack, later;

	(void)state;
	made_module(&table, 0x1000, 0x2000, 0x400, "/lib/a.so (deleted)");
	made_module(&table, 0x5000, 0x5000, 0, "/lib/empty.so");
	stack = made_stack(&table, frames, 4);
	made_module(&table, 0x1800, 0x3000, 0x1000, "/lib/b.so");
	later = made_stack(&table, frames, 4);
	read_table();
	assert_int_equal(reader.modules.len, 2);
	expect_frames(stack, "/root/lib/a.so:0:+0xc00 /root/lib/a.so:0:+0x1bff "
			     ":0:+0x2000 :0:+0xfff");
	expect_frames(later, "/root/lib/a.so:0:+0xc00 /root/lib/b.so:0:+0xfff "
			     "/root/lib/b.so:0:+0x1000 :0:+0xfff");
}

static void a_frame_has_a_file_a_line_and_a_function(void **state)
{
	uint64_t frames[3];
	uint32_t stack;

	(void)state;
	frames[0] = made_frame(&table, 8, "a b.py\0f", 9);
	frames[1] = made_frame(&table, INT32_MAX, "\0", 2);
	frames[2] = made_frame(&table, (uint64_t)INT32_MAX + 1, "c\0g", 4);
	stack = made_stack(&table, frames, 3);
	read_table();
	expect_frames(stack, "a b.py:8:f :2147483647: c:0:g");
}

/* With their head, texts of frames have 16 KiB at most. */
static void a_frame_may_have_16_kib(void **state)
{
	static char text[16 << 10];
	const size_t most = sizeof(text) - sizeof(struct allocation_frame);
	uint64_t frames[2];
	uint32_t stack;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[most - 1] = text[most] = text[most - 3] = 0;
	frames[0] = made_frame(&table, 8, text, most);
	frames[1] = made_frame(&table, 8, text, most + 1);
	stack = made_stack(&table, frames, 2);
	read_table();
	assert_true(allocation_reader_frames(&reader, table.fd, stack, &room));
	assert_int_equal(room.count, 1);
	assert_int_equal(strlen(room.frames[0].file), most - 3);
	assert_string_equal(room.frames[0].function, "x");
}

/* A frame's text without its zero bytes, one that is none, and a place where
 * none can begin. */
static void a_frame_that_can_not_be_is_left_out(void **state)
{
	uint64_t frames[7];
	uint32_t stack;

	(void)state;
	frames[0] = made_frame(&table, 8, "a.py\0f", 5);
	frames[1] = made_frame(&table, 8, "a.py\0fun", 8);
	frames[2] = made_frame(&table, 8, "a.py", 4);
	frames[3] = made_frame(&table, 8, "", 0);
	frames[4] = ALLOCATION_IS_FRAME | made_stack(&table, frames, 3);
	frames[5] = made_frame(&table, 8, "a.py\0f", 7);
	frames[6] = frames[5] + 4;
	stack = made_stack(&table, frames, 7);
	read_table();
	expect_frames(stack, "a.py:8:f");
}

static void a_stack_that_can_not_be_is_none(void **state)
{
	uint64_t frames[ALLOCATION_DEPTH + 1] = {0};
	uint64_t count = 4;
	uint32_t stack, deep, frame;

	(void)state;
	stack = made_stack(&table, frames, 3);
	frame = (uint32_t)made_frame(&table, 8, "a.py\0f", 7);
	deep = made_stack(&table, frames, ALLOCATION_DEPTH + 1);
	read_table();
	assert_true(allocation_reader_frames(&reader, table.fd, stack, &room));
	assert_int_equal(room.count, 3);
	no_stack(stack + 4);
	no_stack(stack + 8);
	no_stack(frame);
	no_stack(deep);
	no_stack(UINT32_MAX);
	no_stack((uint32_t)table.header.log_used);
	made_put(&table, &count, sizeof(count),
	    ALLOCATION_LOG_AT + stack +
		offsetof(struct allocation_stack, count));
	no_stack(stack); /* of more frames than it has bytes */
	count = UINT64_MAX;
	made_put(&table, &count, sizeof(count),
	    ALLOCATION_LOG_AT + stack +
		offsetof(struct allocation_stack, count));
	no_stack(stack);
}

static void a_stack_may_be_as_deep_as_they_are_kept(void **state)
{
	uint64_t frames[ALLOCATION_DEPTH];
	uint32_t stack;

	(void)state;
	for (size_t i = 0; i < ALLOCATION_DEPTH; i++)
		frames[i] = 0x1000 + i;
	stack = made_stack(&table, frames, ALLOCATION_DEPTH);
	read_table();
	assert_true(allocation_reader_frames(&reader, table.fd, stack, &room));
	assert_int_equal(room.count, ALLOCATION_DEPTH);
	assert_string_equal(room.frames[0].function, "+0x1000");
	assert_string_equal(
	    room.frames[ALLOCATION_DEPTH - 1].function, "+0x103f");
}

/* A record must end within the log, as it stood. */
static void a_record_ends_within_the_log(void **state)
{
	const uint64_t frame = 0x1234;
	uint32_t stack = made_stack(&table, &frame, 1);
	struct allocation_entry entry = {ALLOCATION_STACK, 24};

	(void)state;
	read_table();
	expect_frames(stack, ":0:+0x1234");
	for (uint32_t bytes = 0; bytes < 40; bytes++) {
		entry.bytes = bytes;
		made_put(
		    &table, &entry, sizeof(entry), ALLOCATION_LOG_AT + stack);
		assert_int_equal(
		    allocation_reader_frames(&reader, table.fd, stack, &room),
		    bytes == 24);
	}
}

/* Nor may it begin behind it, where an older one may stand. */
static void a_record_begins_within_the_log(void **state)
{
	const uint64_t frame = 0x1234;
	uint32_t first = made_stack(&table, &frame, 1);
	uint64_t end = table.header.log_used;
	uint32_t second = made_stack(&table, &frame, 1);
	uint32_t third = made_stack(&table, &frame, 1);

	(void)state;
	table.header.log_used = end;
	made_header(&table);
	read_table();
	expect_frames(first, ":0:+0x1234");
	no_stack(second);
	no_stack(third);
}

static void write_module_of(uint32_t bytes)
{
	static char text[17 << 10];
	const struct allocation_module head = {
	    .entry = {ALLOCATION_MODULE, bytes}, .begin = 1, .end = 2};

	memset(text, 'x', sizeof(text));
	memcpy(text, &head, sizeof(head));
	made_put(
	    &table, text, bytes, ALLOCATION_LOG_AT + table.header.log_used);
	table.header.log_used += (bytes + 7) & ~7u;
	made_header(&table);
}

/* Text records are 16 KiB long at most; those behind it count. */
static void a_long_module_is_skipped(void **state)
{
	(void)state;
	write_module_of(16 << 10);
	write_module_of((16 << 10) + 1);
	made_module(&table, 0x1000, 0x2000, 0, "/lib/a.so");
	read_table();
	assert_int_equal(reader.modules.len, 2);
	assert_int_equal(strlen(reader.modules.items[0].path),
	    (16 << 10) - sizeof(struct allocation_module));
	assert_string_equal(reader.modules.items[1].path, "/lib/a.so");
	assert_int_equal(reader.walked, table.header.log_used);
}

/* The log is read in pieces of 64 KiB, and modules lie across their ends. */
static void all_modules_of_a_long_log_are_found(void **state)
{
	char path[64];
	size_t count = 0;

	(void)state;
	while (table.header.log_used < 200 << 10) {
		snprintf(path, sizeof(path), "/lib/%.*s%zu", (int)(count % 23),
		    "xxxxxxxxxxxxxxxxxxxxxxx", count);
		made_module(&table, 1 + count, 2 + count, 0, path);
		count++;
	}
	read_table();
	assert_int_equal(reader.modules.len, count < 4096 ? count : 4096);
	for (size_t i = 0; i < reader.modules.len; i++) {
		snprintf(path, sizeof(path), "/lib/%.*s%zu", (int)(i % 23),
		    "xxxxxxxxxxxxxxxxxxxxxxx", i);
		assert_string_equal(reader.modules.items[i].path, path);
		assert_int_equal(reader.modules.items[i].begin, i + 1);
	}
}

static void a_broken_record_ends_the_walk(void **state)
{
	const struct allocation_entry entry = {ALLOCATION_FRAME, 7};

	(void)state;
	made_module(&table, 1, 2, 0, "/lib/a.so");
	made_put(&table, &entry, sizeof(entry),
	    ALLOCATION_LOG_AT + table.header.log_used);
	table.header.log_used += 8;
	made_module(&table, 1, 2, 0, "/lib/b.so");
	read_table();
	assert_int_equal(reader.modules.len, 1);
	made_module(&table, 1, 2, 0, "/lib/c.so");
	read_table();
	assert_int_equal(reader.modules.len, 1);
}

/* Memory is no larger than the address space, and no sample stands for less
 * than was asked for. */
static void a_slot_is_confirmed_where_it_is_the_same(void **state)
{
	static const struct {
		uint64_t size, weight;
		bool can_be;
	} rows[] = {
	    {10, 10, true},
	    {10, 9, false},
	    {0, 0, false},
	    {0, 1, true},
	    {1, (1ULL << 47) - 1, true},
	    {1, 1ULL << 47, false},
	};
	struct allocation_slot slot = {.serial = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		slot.size = rows[i].size;
		slot.weight = rows[i].weight;
		made_put(&table, &slot, sizeof(slot),
		    ALLOCATION_SLOTS_AT + 3 * sizeof(slot));
		assert_int_equal(allocation_reader_confirm(table.fd, 3, &slot),
		    rows[i].can_be);
		slot.serial++;
		assert_false(allocation_reader_confirm(table.fd, 3, &slot));
		assert_false(allocation_reader_confirm(table.fd, 2, &slot));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_table_is_read_when_its_header_changed),
	    TEST(another_file_is_no_table),
	    TEST(counts_beyond_the_file_are_its_most),
	    TEST(code_belongs_to_the_newest_module_before_it),
	    TEST(a_frame_has_a_file_a_line_and_a_function),
	    TEST(a_frame_may_have_16_kib),
	    TEST(a_frame_that_can_not_be_is_left_out),
	    TEST(a_stack_that_can_not_be_is_none),
	    TEST(a_stack_may_be_as_deep_as_they_are_kept),
	    TEST(a_record_ends_within_the_log),
	    TEST(a_record_begins_within_the_log),
	    TEST(a_long_module_is_skipped),
	    TEST(all_modules_of_a_long_log_are_found),
	    TEST(a_broken_record_ends_the_walk),
	    TEST(a_slot_is_confirmed_where_it_is_the_same),
	};

#ifdef M_PERTURB
	mallopt(M_PERTURB, 0x55); /* new memory is not zero by chance */
#endif
	return cmocka_run_group_tests(tests, NULL, NULL);
}
