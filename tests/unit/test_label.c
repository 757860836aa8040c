// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "profile/label.h"

static struct profile profile;

static struct run *run_of(const char *name, const char *const *commands)
{
	struct run *run;
	char key[8] = "0";

	profile_init(&profile, "a.dat");
	run = profile_add_run(&profile);
	for (size_t i = 0; commands[i]; i++) {
		struct process *process;

		key[0] = (char)('0' + i);
		process = run_process(run, key, 1);
		process->name = mem_copy(name);
		process->command = mem_copy(commands[i]);
	}
	return run;
}

static void assert_words(
    const char *name, const char *const *commands, const char *const *want)
{
	struct run *run = run_of(name, commands);
	struct process_labels labels;

	process_labels_init(&labels, run);
	for (size_t i = 0; commands[i]; i++) {
		const char *word =
		    process_label(&labels, &run->processes.items[i]);

		if (want[i])
			assert_string_equal(word, want[i]);
		else
			assert_null(word);
	}
	process_labels_finish(&labels);
	profile_finish(&profile);
}

static void of_a_compiler_the_source(void **state)
{
	(void)state;
	assert_words("cc1plus",
	    (const char *const[]){
		"cc1plus -quiet -imultiarch x /tmp/a -D_GNU f7.cpp -quiet "
		"-dumpbase f7.cpp -o /tmp/ccMVbmbJ.s",
		"cc1plus -quiet -imultiarch x /tmp/a -D_GNU f8.cpp -quiet "
		"-dumpbase f8.cpp -o /tmp/ccAAbmbJ.s",
		NULL},
	    (const char *const[]){"f7.cpp", "f8.cpp"});
	assert_words("cc1",
	    (const char *const[]){
		"cc1 /src/a/x.c", "cc1 /src/b/x.c", "cc1 /src/b/y.c", NULL},
	    (const char *const[]){"/src/a/x.c", "/src/b/x.c", "y.c"});
	assert_words("cc1",
	    (const char *const[]){
		"cc1 -MMD build/x.d -MP -D_GNU src/x.c -dumpbase x.c -o "
		"/tmp/ccA.s",
		"cc1 -MMD build/y.d -MP -D_GNU src/y.c -dumpbase y.c -o "
		"/tmp/ccB.s",
		NULL},
	    (const char *const[]){"x.c", "y.c"});
	assert_words("cc",
	    (const char *const[]){"cc -c -o build/x.o src/x.c",
		"cc -c -o build/y.o src/y.c", NULL},
	    (const char *const[]){"x.c", "y.c"});
	assert_words("as",
	    (const char *const[]){"as -o /tmp/1.o", "as -o /tmp/2.o", NULL},
	    (const char *const[]){"1.o", "2.o"});
}

static void of_a_spawned_worker_its_number(void **state)
{
	(void)state;
	assert_words("python3",
	    (const char *const[]){
		"python3 -c 'from m.spawn import spawn_main; "
		"spawn_main(tracker_fd=5, pipe_handle=7)' --fork",
		"python3 -c 'from m.spawn import spawn_main; "
		"spawn_main(tracker_fd=5, pipe_handle=9)' --fork",
		NULL},
	    (const char *const[]){"pipe_handle=7", "pipe_handle=9"});
}

/* "b=bytearray(30<<20" is no name. */
static void of_a_program_on_the_command_line_no_part(void **state)
{
	(void)state;
	assert_words("python3",
	    (const char *const[]){
		"python3 -c b=bytearray(30<<20); import time; time.sleep(1)",
		"python3 -c b=bytearray(20<<20); import time; time.sleep(1)",
		NULL},
	    (const char *const[]){NULL, NULL});
	assert_words("python3",
	    (const char *const[]){
		"python3 -c from m.resource_tracker import main;main(4)",
		"python3 a.py", NULL},
	    (const char *const[]){"m.resource_tracker", "a.py"});
	assert_words("sh",
	    (const char *const[]){"sh -c '(cc -c a.c 2>/dev/null)'",
		"sh -c 'cc -c \"b.c\" 2>/dev/null'", NULL},
	    (const char *const[]){"a.c", "b.c"});
}

/* PostgreSQL's processes give themselves command lines. */
static void of_a_server_no_path_of_its_own(void **state)
{
	(void)state;
	assert_words("postgres",
	    (const char *const[]){
		"/usr/lib/postgresql/15/bin/postgres -D /srv/data",
		"postgres: walwriter", "postgres: checkpointer", NULL},
	    (const char *const[]){"data", "walwriter", "checkpointer"});
	assert_words("gnome-session-b",
	    (const char *const[]){"/usr/libexec/gnome-session-binary --user",
		"gnome-session: init", NULL},
	    (const char *const[]){"--user", "gnome-session:"});
	/* The path tells them apart if nothing else does. */
	assert_words("python3",
	    (const char *const[]){
		"/opt/a/python3 x.py", "/opt/b/python3 x.py", NULL},
	    (const char *const[]){"/opt/a/python3", "/opt/b/python3"});
}

static void what_is_alike_has_none(void **state)
{
	(void)state;
	assert_words("sh", (const char *const[]){"sh -c x", NULL},
	    (const char *const[]){NULL});
	assert_words("w", (const char *const[]){"w -a", "w -a", NULL},
	    (const char *const[]){NULL, NULL});
	assert_words("w", (const char *const[]){"w () a", "w", "", NULL},
	    (const char *const[]){"a", NULL, NULL});
}

static void the_text_is_the_name_and_the_word(void **state)
{
	struct run *run =
	    run_of("g\x1b", (const char *const[]){"g a", "g b", NULL});
	struct process_labels labels;
	char *text;

	(void)state;
	process_labels_init(&labels, run);
	text = process_label_text(&labels, &run->processes.items[0]);
	assert_string_equal(text, "g\\x1b a");
	free(text);
	process_labels_finish(&labels);
	profile_finish(&profile);
	run = run_of("g", (const char *const[]){"g a", NULL});
	process_labels_init(&labels, run);
	text = process_label_text(&labels, &run->processes.items[0]);
	assert_string_equal(text, "g a");
	free(text);
	process_labels_finish(&labels);
	profile_finish(&profile);
}

static void a_name_of_its_own_stands_before_the_command_line(void **state)
{
	struct run *run =
	    run_of("test_large", (const char *const[]){"python3 -c x", NULL});
	struct process_labels labels;
	char *text;

	(void)state;
	process_labels_init(&labels, run);
	text = process_label_text(&labels, &run->processes.items[0]);
	assert_string_equal(text, "test_large: python3 -c x");
	free(text);
	process_labels_finish(&labels);
	profile_finish(&profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_a_compiler_the_source),
	    cmocka_unit_test(of_a_spawned_worker_its_number),
	    cmocka_unit_test(of_a_program_on_the_command_line_no_part),
	    cmocka_unit_test(of_a_server_no_path_of_its_own),
	    cmocka_unit_test(what_is_alike_has_none),
	    cmocka_unit_test(the_text_is_the_name_and_the_word),
	    cmocka_unit_test(a_name_of_its_own_stands_before_the_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
