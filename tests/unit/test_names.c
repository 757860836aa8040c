// SPDX-License-Identifier: MIT
//
// Names over a directory that stands for /proc: when they are read again, and
// what is news.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <semaphore.h>
#include <string.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/names.h"

#define MS (NS_PER_S / 1000)

/* The command lines of these pids are read only when that is allowed. */
enum { SLOW = 60, SLOW_ONES = 8 };
static sem_t allowed[SLOW_ONES];

/* In place of libc's. */
int openat(int folder, const char *path, int flags, ...)
{
	int pid, end = 0;

	if (sscanf(path, "%d/cmdline%n", &pid, &end) == 1 && end > 0 &&
	    pid >= SLOW && pid < SLOW + SLOW_ONES) {
		while (sem_wait(&allowed[pid - SLOW]) != 0)
			;
	}
	return (int)syscall(SYS_openat, folder, path, flags, 0);
}

static struct procfs fs;
static struct names names;
static struct members members;

static void set_words(int pid, const char *words)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/cmdline", pid);
	fake_write(path, words);
}

static struct member *add(int pid, const char *words)
{
	struct proc_stat stat;
	struct member *member;

	fake_process((struct fake_process){
	    .pid = pid, .ppid = 1, .pages = 9, .started = pid});
	set_words(pid, words);
	assert_true(procfs_stat(&fs, pid, &stat));
	member = members_add(&members, &stat);
	member->seen_ns = NS_PER_S;
	member->kib = 1000;
	return member;
}

/* The news of a step, "PID WORDS;" each; all that is reported is introduced. */
static const char *step(int64_t ms)
{
	static char told[1024];
	struct member *member;
	size_t len = 0;
	bool news;

	told[0] = 0;
	while ((
	    member = names_step(&names, &members, NS_PER_S + ms * MS, &news))) {
		if (!news)
			continue;
		member->introduced = true;
		len += (size_t)snprintf(told + len, sizeof(told) - len,
		    "%d %s;", (int)member->pid, names.command);
	}
	return told;
}

static int begin(void **state)
{
	struct err e;

	(void)state;
	if (procfs_init(&fs, fake_root, &e) != 0)
		return -1;
	names_init(&names, &fs, NS_PER_S, 600 * NS_PER_S);
	return 0;
}

static int end(void **state)
{
	(void)state;
	names_finish(&names);
	members_finish(&members);
	procfs_finish(&fs);
	for (int pid = 1; pid < 200; pid++)
		fake_gone(pid);
	return 0;
}

static void what_executed_is_read_at_once(void **state)
{
	(void)state;
	add(5, "server -d  ");
	assert_string_equal(step(1), "5 server -d;");
	assert_string_equal(step(2), "");
}

/* It has its parent's words until it executes. */
static void what_forked_is_given_time(void **state)
{
	struct member *member = add(5, "sh -c x");

	(void)state;
	member->forked = true;
	assert_string_equal(step(5), "");
	set_words(5, "cc1 a.c");
	assert_string_equal(step(21), "5 cc1 a.c;");
	member = add(6, "sh -c x");
	member->forked = member->executed = true;
	assert_string_equal(step(22), "6 sh -c x;");
}

static void an_exec_is_news_and_a_title_is_in_time(void **state)
{
	struct member *member = add(5, "shim.sh");

	(void)state;
	assert_string_equal(step(0), "5 shim.sh;");
	set_words(5, "java x");
	assert_string_equal(step(30), "");
	member->executed = true;
	assert_string_equal(step(40), "5 java x;");
	set_words(5, "java: worker");
	assert_string_equal(step(900), "");
	assert_string_equal(step(1500), "5 java: worker;");
	assert_string_equal(step(60000), "");
	set_words(5, "java: idle");
	assert_string_equal(step(69000), "");
	assert_string_equal(step(70500), "5 java: idle;");
}

static void what_grew_is_read_again(void **state)
{
	struct member *member = add(5, "a");

	(void)state;
	assert_string_equal(step(0), "5 a;");
	assert_string_equal(step(100), "");
	assert_string_equal(step(5000), "");
	set_words(5, "b");
	member->kib = 1900;
	assert_string_equal(step(5150), "");
	member->kib = 2100;
	assert_string_equal(step(5200), "5 b;");
}

/* In an exec the words come a moment behind the name. */
static void no_words_are_waited_for(void **state)
{
	struct member *member = add(5, "");

	(void)state;
	assert_string_equal(step(5), "");
	assert_string_equal(step(10), "");
	assert_string_equal(step(25), "5 ;");
	assert_int_equal(member->reads, 1);
	set_words(5, "late");
	assert_string_equal(step(200), "5 late;");
}

static void what_was_read_often_is_due_after_the_longest_pause(void **state)
{
	struct member *member = add(5, "a");
	char words[32];
	int64_t ms = 0;

	(void)state;
	step(ms);
	for (int i = 1; i < 8; i++) {
		snprintf(words, sizeof(words), "title %d", i);
		set_words(5, words);
		step(ms += 9990);
		step(ms += 10);
		assert_string_equal(names.command, words);
	}
	assert_int_equal(member->reads, 4);
}

/* The name that has changed is the member's, and news even by itself. */
static void a_new_name_is_taken(void **state)
{
	struct member *member = add(5, "a");

	(void)state;
	assert_string_equal(step(0), "5 a;");
	assert_string_equal(member->name, "program");
	fake_process(
	    (struct fake_process){.pid = 5, .started = 5, .name = "worker"});
	assert_string_equal(step(1000), "5 a;");
	assert_string_equal(member->name, "worker");
}

/* One that ends, or is another process by now, has no words: not its own, and
 * not those of the one that was read before it. */
static void one_that_ends_has_no_words(void **state)
{
	(void)state;
	add(5, "other");
	add(6, "ends");
	add(7, "reused");
	fake_process((struct fake_process){
	    .pid = 6, .ppid = 1, .started = 6, .pages = 9, .flags = 4});
	fake_process((struct fake_process){.pid = 7, .started = 8});
	assert_string_equal(step(1), "5 other;");
	assert_string_equal(step(25), "6 ;7 ;");
}

static void only_those_that_live_are_read(void **state)
{
	bool news;

	(void)state;
	assert_null(names_step(&names, &members, 2 * NS_PER_S, &news));
	add(5, "gone");
	add(6, "zombie")->zombie = true;
	add(7, "lives");
	members_lose(&members, 0);
	assert_string_equal(step(1100), "7 lives;");
}

/* A program that is a zombie has no name any more: others are named. */
static void a_program_that_has_ended_is_not_waited_for(void **state)
{
	struct member *root = add(90, "");

	(void)state;
	root->is_root = root->zombie = true;
	add(5, "child");
	assert_string_equal(step(0), "5 child;");
}

/* A thread that reads its words waits until they are allowed. */
static struct member *add_slow(int pid, const char *words)
{
	struct member *member = add(pid, words);

	member->owns = false;
	return member;
}

static void allow(int pid)
{
	names.patience_ns = 600 * NS_PER_S;
	sem_post(&allowed[pid - SLOW]);
}

/* A step waits for the first of them alone. The next one begins with it. */
static void words_that_take_long_come_at_the_next_step(void **state)
{
	(void)state;
	names.patience_ns = MS;
	add(4, "quick");
	add_slow(61, "one");
	add_slow(62, "two");
	assert_string_equal(step(1), "4 quick;");
	assert_true(names.late);
	allow(61);
	allow(62);
	set_words(4, "again");
	assert_string_equal(step(150), "61 one;62 two;4 again;");
	assert_false(names.late);
	assert_string_equal(step(160), "");
}

/* Also where that step was broken off before the others had their turn. */
static void a_step_that_is_broken_off_is_gone_on_with(void **state)
{
	bool news;

	(void)state;
	names.patience_ns = MS;
	add_slow(61, "slow");
	add(70, "quick");
	assert_int_equal(
	    names_step(&names, &members, NS_PER_S + MS, &news)->pid, 61);
	assert_true(names.late);
	allow(61);
	assert_string_equal(step(150), "61 slow;70 quick;");
}

/* Its name is reported after a second, its words once they are there. */
static void one_that_does_not_answer_has_its_name(void **state)
{
	struct member *member = add_slow(61, "late");

	(void)state;
	names.patience_ns = MS;
	assert_string_equal(step(1), "");
	assert_string_equal(step(30), "");
	assert_string_equal(step(999), "");
	assert_int_equal(member->reads, 0);
	assert_string_equal(step(1000), "61 ;");
	assert_int_equal(member->reads, 1);
	assert_string_equal(step(1100), "");
	assert_string_equal(step(2500), "");
	allow(61);
	assert_string_equal(step(2501), "61 late;");
}

/* Those that a thread reads, too. */
static void without_words_a_name_is_enough(void **state)
{
	char path[256];

	(void)state;
	add(5, "")->owns = false;
	add(6, "")->owns = false;
	snprintf(path, sizeof(path), "%s/6/cmdline", fake_root);
	remove(path);
	assert_string_equal(step(19), "");
	assert_string_equal(step(20), "5 ;6 ;");
	add(7, "has ")->owns = false;
	assert_string_equal(step(21), "7 has;");
}

/* Others may have their mappings locked, for which no tick waits. */
static void one_that_sleeps_is_read_without_a_thread(void **state)
{
	static const struct {
		bool owns;
		int threads;
		char state;
		bool is_still;
	} rows[] = {{true, 1, 'S', true}, {true, 1, 'R', false},
	    {true, 2, 'S', false}, {false, 1, 'S', false}};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct member *member = add(50 + i, "a");
		char path[32], text[256];

		snprintf(path, sizeof(path), "%d/stat", 50 + i);
		snprintf(text, sizeof(text),
		    "%d (p) %c 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 %d 0 %d 0 9 0 "
		    "0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		    50 + i, rows[i].state, rows[i].threads, 50 + i);
		fake_write(path, text);
		member->owns = rows[i].owns;
		names_finish(&names);
		names_init(&names, &fs, NS_PER_S, 600 * NS_PER_S);
		step(1);
		assert_int_equal(names.argv == NULL, rows[i].is_still);
		members_lose(&members, members.list.len - 1);
	}
}

/* By then the pid may be another process's. */
static void anothers_words_are_not_taken(void **state)
{
	(void)state;
	add(5, "a");
	assert_string_equal(step(0), "5 a;");
	set_words(5, "b");
	fake_process((struct fake_process){.pid = 5, .started = 6});
	assert_string_equal(step(2000), "");
}

/* Readers take the first that is named for the program. */
static void the_program_is_named_first(void **state)
{
	struct member *root = add(90, "");

	(void)state;
	root->is_root = true;
	add(5, "child");
	assert_string_equal(step(0), "");
	set_words(90, "root");
	assert_string_equal(step(5), "90 root;5 child;");
}

/* A thousand that change all the time: twenty reads a second. */
static void looks_are_few(void **state)
{
	size_t reads = 0;
	bool news;

	(void)state;
	for (int pid = 100; pid < 200; pid++)
		add(pid, "a");
	step(0);
	for (int ms = 10; ms <= 10000; ms += 10) {
		while (names_step(&names, &members, NS_PER_S + ms * MS, &news))
			reads++;
	}
	assert_in_range(reads, 150, 201);
}

/* After a minute without a step, too. */
static void a_pause_earns_the_looks_of_a_second(void **state)
{
	size_t reads = 0;
	bool news;

	(void)state;
	for (int pid = 100; pid < 200; pid++)
		add(pid, "a");
	step(0);
	while (names_step(&names, &members, NS_PER_S + 60000 * MS, &news))
		reads++;
	assert_in_range(reads, 15, 25);
}

/* After a tenth of a second, one, three, and then ten; sooner where it grew by
 * a fifth and a MiB, or where it may have executed a program. */
static void a_name_is_read_when_it_is_due(void **state)
{
	static const struct {
		unsigned reads;
		int64_t age_us, named_kib, grew_kib;
		bool forked, executed;
	} rows[] = {
	    {1, 100000, 1000, 0, false, false},
	    {2, 1000000, 1000, 0, false, false},
	    {3, 3000000, 1000, 0, false, false},
	    {4, 10000000, 1000, 0, false, false},
	    {4, 100000, 1000, 1025, false, false},
	    {4, 100000, 10000, 2001, false, false},
	    {0, 20000, 1000, 0, true, false},
	    {1, 20000, 1000, 0, true, true},
	};
	const int64_t now_ns = 100 * NS_PER_S;
	struct member *member = add(5, "a");
	bool news;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int early = 0; early < 2; early++) {
			member->reads = rows[i].reads;
			member->seen_ns = member->named_ns =
			    now_ns - rows[i].age_us * 1000 + early;
			member->tried_ns = 0;
			member->named_kib = rows[i].named_kib;
			member->kib = rows[i].named_kib + rows[i].grew_kib;
			member->forked = rows[i].forked;
			member->executed = rows[i].executed;
			names.credit_ns = NS_PER_S;
			names.stepped_ns = now_ns;
			if ((names_step(&names, &members, now_ns, &news) ==
				NULL) != early)
				fail_msg("%zu %d", i, early);
		}
	}
	member->reads = 4;
	member->executed = false;
	for (int64_t grew_kib = 1024; grew_kib < 2048; grew_kib += 976) {
		member->named_kib = grew_kib == 1024 ? 1000 : 10000;
		member->kib = member->named_kib + grew_kib;
		member->tried_ns = 0;
		member->named_ns = now_ns - NS_PER_S;
		assert_null(names_step(&names, &members, now_ns, &news));
	}
}

/* Twenty readings a second. */
static void a_reading_takes_its_part_of_a_second(void **state)
{
	const int64_t now_ns = 100 * NS_PER_S;
	struct member *member = add(5, "a");
	bool news;

	(void)state;
	for (int early = 0; early < 2; early++) {
		member->reads = 1;
		member->tried_ns = 0;
		member->named_ns = now_ns - NS_PER_S;
		names.credit_ns = NS_PER_S / 20 - early;
		names.stepped_ns = now_ns;
		assert_int_equal(
		    !names_step(&names, &members, now_ns, &news), early);
		if (!early)
			assert_int_equal(names.credit_ns, 0);
	}
}

/* If all processes are due, each has its turn. */
static void readings_go_round(void **state)
{
	static const pid_t turns[] = {4, 5, 6, 4, 5, 6, 4};
	bool news;

	(void)state;
	for (int pid = 4; pid < 7; pid++)
		add(pid, "a")->reads = 1;
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		int64_t now_ns = (int64_t)(100 + i) * NS_PER_S;

		names.credit_ns = NS_PER_S / 20;
		names.stepped_ns = now_ns - 1;
		for (size_t j = 0; j < 3; j++)
			members.list.items[j].named_ns = 0;
		assert_int_equal(
		    names_step(&names, &members, now_ns, &news)->pid, turns[i]);
		assert_null(names_step(&names, &members, now_ns, &news));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_executed_is_read_at_once),
	    TEST(what_forked_is_given_time),
	    TEST(an_exec_is_news_and_a_title_is_in_time),
	    TEST(what_grew_is_read_again),
	    TEST(no_words_are_waited_for),
	    TEST(what_was_read_often_is_due_after_the_longest_pause),
	    TEST(a_new_name_is_taken),
	    TEST(one_that_ends_has_no_words),
	    TEST(only_those_that_live_are_read),
	    TEST(a_program_that_has_ended_is_not_waited_for),
	    TEST(words_that_take_long_come_at_the_next_step),
	    TEST(a_step_that_is_broken_off_is_gone_on_with),
	    TEST(one_that_does_not_answer_has_its_name),
	    TEST(without_words_a_name_is_enough),
	    TEST(one_that_sleeps_is_read_without_a_thread),
	    TEST(anothers_words_are_not_taken),
	    TEST(the_program_is_named_first),
	    TEST(looks_are_few),
	    TEST(a_pause_earns_the_looks_of_a_second),
	    TEST(a_name_is_read_when_it_is_due),
	    TEST(a_reading_takes_its_part_of_a_second),
	    TEST(readings_go_round),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
