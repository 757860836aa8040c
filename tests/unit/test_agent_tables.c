// SPDX-License-Identifier: MIT
// Tables that a process leaves behind: the agent's half, whose files are in
// its shared object alone and so are included here, and the recorder's.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>

#include "../../src/python/agent/shelf.c"
#include "../../src/python/agent/table.c"

#include "base/mem.h"
#include "base/random.h"
#include "python/agent_tables.h"

/* The agent takes its directory from the environment once: all tests share it.
 */
static char *directory;

static void open_directory(struct agent_tables *tables)
{
	const char *parent = getenv("TMPDIR");
	struct err e;

	if (!directory)
		directory = mem_format("%s/mprof-test-%d.tables",
		    parent ? parent : "/tmp", (int)getpid());
	if (agent_tables_open(tables, directory, &e) != 0)
		fail_msg("%s", e.text);
	setenv("MPROF_AGENT_TABLES", directory, 1);
	shelf_init();
}

static void fill(struct line_table *table, long lines)
{
	const struct shelf_label label = {.file = "/src/app.py",
	    .text = "def f():\n\treturn 1\n",
	    .first_line = 10,
	    .digits = 3};

	*table =
	    (struct line_table){.first = 10, .shelf = shelf_create(&label)};
	assert_non_null(table->shelf);
	for (long line = 0; line < lines; line++)
		table_note(table, 10 + line, 256 * (line + 1), 256);
}

static void finish(struct line_table *table)
{
	table_clear(table);
	shelf_clear(table->shelf);
	free(table->shelf->name);
	free(table->shelf->text);
	free(table->shelf);
}

static void what_was_noted_is_taken(void **state)
{
	struct agent_tables tables;
	struct line_table table;
	const struct agent_table *taken;

	(void)state;
	open_directory(&tables);
	fill(&table, 500); /* more than there was room for at first */
	assert_true(table_on_shelf(&table));
	agent_tables_collect(&tables);
	assert_int_equal(tables.items.len, 1);
	taken = &tables.items.items[0];
	assert_string_equal(taken->file, "/src/app.py");
	assert_string_equal(taken->text, "def f():\n\treturn 1\n");
	assert_int_equal(taken->first_line, 10);
	assert_int_equal(taken->digits, 3);
	assert_int_equal(taken->rows.len, 500);
	assert_int_equal(taken->rows.items[499].line, 509);
	assert_int_equal(taken->rows.items[499].count, 1);
	assert_true(taken->rows.items[499].mib > 0);
	assert_false(shelf_claim(table.shelf)); /* it was printed */
	finish(&table);
	agent_tables_close(&tables);
}

static void what_is_removed_untaken_is_printed_by_its_process(void **state)
{
	struct agent_tables tables;
	struct line_table table;

	(void)state;
	open_directory(&tables);
	fill(&table, 3);
	agent_tables_remove(directory); /* as the next recorder after a kill */
	assert_int_equal(access(directory, F_OK), -1);
	assert_true(shelf_claim(table.shelf));
	assert_true(shelf_release(table.shelf, true));
	finish(&table);
	agent_tables_close(&tables);
}

static void a_loaded_agent_is_reported(void **state)
{
	struct agent_tables tables = {0};

	(void)state;
	assert_true(agent_tables_loaded(&tables));
	open_directory(&tables);
	assert_false(agent_tables_loaded(&tables));
	shelf_report_loaded();
	assert_true(agent_tables_loaded(&tables));
	agent_tables_close(&tables);
	assert_int_equal(access(directory, F_OK), -1);
}

static void what_the_process_printed_is_not_taken(void **state)
{
	struct agent_tables tables;
	struct line_table table;

	(void)state;
	open_directory(&tables);
	fill(&table, 1);
	assert_true(shelf_claim(table.shelf));
	assert_true(shelf_release(table.shelf, true));
	agent_tables_collect(&tables);
	assert_int_equal(tables.items.len, 0);
	finish(&table);

	/* It tried to, and its output was closed. */
	fill(&table, 1);
	assert_true(shelf_claim(table.shelf));
	assert_true(shelf_release(table.shelf, false));
	agent_tables_collect(&tables);
	assert_int_equal(tables.items.len, 1);
	finish(&table);
	agent_tables_close(&tables);
}

static void a_child_begins_anew(void **state)
{
	struct agent_tables tables;
	struct line_table table;

	(void)state;
	open_directory(&tables);
	fill(&table, 3);
	table_clear(&table); /* as spots_forked() does */
	shelf_forked(table.shelf);
	table_note(&table, 10, 7, 7);
	agent_tables_collect(&tables);
	assert_int_equal(tables.items.len, 2);
	assert_int_equal(tables.items.items[0].rows.len, 3);
	assert_int_equal(tables.items.items[1].rows.len, 1);
	finish(&table);
	agent_tables_close(&tables);
}

static void put_file(const char *name, const void *bytes, size_t len)
{
	char *path = mem_format("%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	free(path);
}

/* Whatever the program wrote there: no read outside of it (sanitizers look),
 * no table with figures that were not in it. */
static void hostile_files_do_no_harm(void **state)
{
	struct agent_tables tables;
	struct shelf_head head = {.magic = SHELF_MAGIC,
	    .row_size = sizeof(struct table_row),
	    .rows_at = sizeof(head),
	    .rows_len = 4};
	char bytes[sizeof(head) + 4 * sizeof(struct table_row)] = {0};
	uint64_t seed = 17;

	(void)state;
	open_directory(&tables);
	put_file("1-0.table", "", 0);
	put_file("2-0.table",
	    "no table, but long enough to hold a head that "
	    "would have been one, were it one of ours",
	    80);
	head.rows_len = UINT64_MAX / sizeof(struct table_row);
	put_file("3-0.table", &head, sizeof(head));
	head.rows_at = UINT64_MAX - 8;
	put_file("4-0.table", &head, sizeof(head));
	head.rows_at = sizeof(head);
	head.name_len = UINT32_MAX;
	put_file("5-0.table", &head, sizeof(head));
	agent_tables_collect(&tables);
	assert_int_equal(tables.items.len, 0);
	assert_int_equal(tables.left_out, 4);
	for (int i = 0; i < 3000; i++) {
		head.name_len = 0;
		head.rows_len = 4;
		memset(bytes, 0x11, sizeof(bytes));
		memcpy(bytes, &head, sizeof(head));
		for (int k = 0; k < 3; k++)
			bytes[random_next(&seed) % sizeof(head)] =
			    (char)random_next(&seed);
		put_file("6-0.table", bytes, sizeof(bytes));
		agent_tables_collect(&tables);
	}
	for (size_t i = 0; i < tables.items.len; i++)
		assert_true(tables.items.items[i].rows.len <= 4);
	agent_tables_close(&tables);
}

static void others_in_the_directory_are_let_be(void **state)
{
	struct agent_tables tables;
	char *path, *fifo, *link;

	(void)state;
	open_directory(&tables);
	put_file("notes", "x", 1);
	fifo = mem_format("%s/7-0.table", directory);
	link = mem_format("%s/8-0.table", directory);
	path = mem_format("%s/notes", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	agent_tables_collect(&tables);
	assert_int_equal(tables.items.len, 0);
	agent_tables_close(&tables);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(access(fifo, F_OK), -1);
	unlink(path);
	rmdir(directory);
	free(path);
	free(fifo);
	free(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_noted_is_taken),
	    cmocka_unit_test(what_is_removed_untaken_is_printed_by_its_process),
	    cmocka_unit_test(a_loaded_agent_is_reported),
	    cmocka_unit_test(what_the_process_printed_is_not_taken),
	    cmocka_unit_test(a_child_begins_anew),
	    cmocka_unit_test(hostile_files_do_no_harm),
	    cmocka_unit_test(others_in_the_directory_are_let_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
