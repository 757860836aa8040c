// SPDX-License-Identifier: MIT
//
// Limits and the out-of-memory killer, over directories that stand for /proc
// and for a control group hierarchy of version 2 or 1. The program is this one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "fake_proc.h"
#include "recorder/exit_cause.h"

enum { KILLED = SIGKILL, FAILED = 1 << 8 };

static const char *const directories[] = {
    "%s/%d", "%s/groups", "%s/groups/outer", "%s/groups/outer/job"};

static void write_own(const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", (int)getpid(), name);
	fake_write(path, text);
}

/* flags as in stat: 4 while it ends. */
static void be(const char *groups, int flags)
{
	char text[256];

	write_own("cgroup", groups);
	snprintf(text, sizeof(text),
	    "%d (test) R 1 1 1 0 -1 %d 0 0 0 0 0 0 0 0 20 0 1 0 7 0 0\n",
	    (int)getpid(), flags);
	write_own("stat", text);
}

static void mount_groups(const char *type, const char *super)
{
	char text[512];

	snprintf(text, sizeof(text), "36 31 0:30 / %s/groups rw - %s %s %s\n",
	    fake_root, type, type, super);
	write_own("mountinfo", text);
}

static void set_group(const char *group, const char *limit, int kills)
{
	char path[256], text[128];

	snprintf(path, sizeof(path), "groups/%s/memory.max", group);
	fake_write(path, limit);
	snprintf(path, sizeof(path), "groups/%s/memory.events", group);
	snprintf(text, sizeof(text),
	    "low 0\nhigh 0\nmax 9\noom 1\noom_kill %d\noom_group_kill 0\n",
	    kills);
	fake_write(path, text);
}

static void set_machine(int kills)
{
	char text[128];

	snprintf(text, sizeof(text), "nr_free_pages 1\noom_kill %d\n", kills);
	fake_write("vmstat", text);
	fake_write("meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
}

static struct procfs fs;

static void begin(struct exit_cause *exit_cause)
{
	struct err e;

	mount_groups("cgroup2", "rw");
	set_group("outer", "536870912\n", 3);
	set_group("outer/job", "max\n", 3);
	set_machine(5);
	be("0::/outer/job\n", 0);
	assert_int_equal(procfs_init(&fs, fake_root, &e), 0);
	exit_cause_init(exit_cause, &fs, getpid(), NS_PER_S);
	exit_cause_read(exit_cause, NS_PER_S);
}

static void end(struct exit_cause *exit_cause, int status,
    struct exit_cause_verdict *verdict)
{
	exit_cause_judge(exit_cause, status, false, verdict);
	exit_cause_finish(exit_cause);
	procfs_finish(&fs);
}

static void the_killer_is_known_by_its_counter(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	set_group("outer/job", "max\n", 4);
	exit_cause_read(&exit_cause, 3 * NS_PER_S); /* it is the same group */
	end(&exit_cause, KILLED, &verdict);
	assert_true(verdict.oom);
	assert_int_equal(verdict.kills, 1);
	assert_int_equal(verdict.limit_kib, 512 << 10);
	assert_string_equal(verdict.limit_of->key, "cgroup");
	assert_true(verdict.limit_of->own);
}

static void another_sigkill_is_no_lack_of_memory(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_int_equal(verdict.kills, 0);
	begin(&exit_cause);
	set_group("outer/job", "max\n", 4);
	end(&exit_cause, SIGTERM, &verdict);
	assert_false(verdict.oom);
	assert_int_equal(verdict.kills, 1);
}

static void a_group_joined_later_counts(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	set_group("outer/job", "67108864\n", 7);
	be("0::/outer\n", 0);
	exit_cause_read(&exit_cause, 3 * NS_PER_S);
	be("0::/outer/job\n", 0);
	exit_cause_read(&exit_cause, 5 * NS_PER_S);
	set_group("outer/job", "67108864\n", 8);
	end(&exit_cause, KILLED, &verdict);
	assert_true(verdict.oom);
	assert_int_equal(verdict.kills, 1);
	assert_int_equal(verdict.limit_kib, 64 << 10);
}

static void on_its_way_out_it_is_in_no_group(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	set_group("outer/job", "max\n", 4);
	be("0::/outer\n", 4);
	exit_cause_read(&exit_cause, 3 * NS_PER_S);
	end(&exit_cause, KILLED, &verdict);
	assert_true(verdict.oom);
	assert_int_equal(verdict.kills, 1);
}

static void looks_become_rare(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	exit_cause_read(&exit_cause, 101 * NS_PER_S);
	be("0::/outer\n", 0);
	exit_cause_read(&exit_cause, 102 * NS_PER_S - 1);
	assert_non_null(strstr(exit_cause.cgroup.path, "/outer/job"));
	exit_cause_read(&exit_cause, 102 * NS_PER_S);
	assert_null(strstr(exit_cause.cgroup.path, "/outer/job"));
	end(&exit_cause, 0, &verdict);
}

/* The pause is a quarter of the time since the program's start. */
static void looks_are_frequent_at_the_start(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	exit_cause_read(&exit_cause, NS_PER_S + 400);
	be("0::/outer\n", 0);
	exit_cause_read(&exit_cause, NS_PER_S + 499);
	assert_non_null(strstr(exit_cause.cgroup.path, "/outer/job"));
	exit_cause_read(&exit_cause, NS_PER_S + 500);
	assert_null(strstr(exit_cause.cgroup.path, "/outer/job"));
	end(&exit_cause, 0, &verdict);
}

static void a_limit_may_be_changed_to_nothing(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	set_group("outer", "0\n", 3);
	end(&exit_cause, FAILED, &verdict);
	assert_int_equal(verdict.limit_kib, 0);
	assert_string_equal(verdict.limit_of->key, "cgroup");
}

static void after_it_no_file_is_open(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;
	int files[2];

	(void)state;
	begin(&exit_cause);
	files[0] = exit_cause.membership;
	files[1] = exit_cause.cgroup.directory;
	assert_true(files[0] >= 0 && files[1] >= 0);
	end(&exit_cause, 0, &verdict);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(fcntl(files[i], F_GETFD), -1);
}

/* It inherited its limits from this process. */
static void one_that_ended_before_a_look_had_ours(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	exit_cause_judge(&exit_cause, 0, false, &verdict);
	assert_int_equal(verdict.limit_kib, -1);
	assert_null(verdict.limit_of);
	set_group("outer/job", "max\n", 4);
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_false(verdict.may_be_oom);
	assert_int_equal(verdict.kills, 0);
	assert_int_equal(verdict.limit_kib, 512 << 10);
}

static void a_group_can_be_named(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	set_group("outer/job", "1048576\n", 3);
	exit_cause_init(&exit_cause, &fs, 0, 0);
	exit_cause_watch_group(&exit_cause, "/outer/job");
	exit_cause_read(&exit_cause, 0);
	set_group("outer/job", "1048576\n", 5);
	end(&exit_cause, 0, &verdict);
	assert_int_equal(verdict.kills, 2);
	assert_int_equal(verdict.limit_kib, 1024);
}

/* If two limits are equal, the control group's is named, not the machine's. */
static void a_group_as_large_as_the_machine_is_the_limit(void **state)
{
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	set_group("outer", "8589934592\n", 4);
	set_group("outer/job", "max\n", 4);
	end(&exit_cause, KILLED, &verdict);
	assert_int_equal(verdict.limit_kib, 8 << 20);
	assert_string_equal(verdict.limit_of->key, "cgroup");
}

/* This process's limit is none of a group's. */
static void a_group_has_no_address_space(void **state)
{
	struct rlimit before, limit;
	struct exit_cause exit_cause;
	struct exit_cause_verdict verdict;

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	set_group("outer", "max\n", 3);
	exit_cause_init(&exit_cause, &fs, 0, 0);
	exit_cause_watch_group(&exit_cause, "/outer/job");
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)1 << 46;
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	exit_cause_read(&exit_cause, 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	end(&exit_cause, 0, &verdict);
	assert_int_equal(verdict.limit_kib, -1);
}

/* systemd removes a scope with its last process. */
static void a_group_that_is_gone_is_remembered(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;
	char path[256];

	(void)state;
	begin(&exit_cause);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/groups/outer/memory.%s",
		    fake_root, i ? "max" : "events");
		assert_int_equal(remove(path), 0);
		snprintf(path, sizeof(path), "%s/groups/outer/job/memory.%s",
		    fake_root, i ? "max" : "events");
		assert_int_equal(remove(path), 0);
	}
	set_machine(6);
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_true(verdict.may_be_oom);
	assert_int_equal(verdict.limit_kib, 512 << 10);
	assert_string_equal(verdict.limit_of->key, "cgroup");
}

/* Its figure may be of any time before. */
static void a_counter_that_comes_later_tells_nothing(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;
	char path[256];

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	be("0::/nowhere\n", 0);
	snprintf(path, sizeof(path), "%s/vmstat", fake_root);
	assert_int_equal(remove(path), 0);
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	exit_cause_read(&exit_cause, 0);
	set_machine(6);
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_false(verdict.may_be_oom);
}

static void without_a_group_the_machine_is_the_limit(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	be("0::/nowhere\n", 0);
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	exit_cause_read(&exit_cause, 0);
	set_machine(6);
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_true(verdict.may_be_oom);
	assert_int_equal(verdict.limit_kib, 8 << 20);
	assert_string_equal(verdict.limit_of->key, "machine");
	assert_false(verdict.limit_of->own);
}

static void version_1_has_files_of_its_own(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	mount_groups("cgroup", "rw,memory");
	be("5:cpu:/x\n4:memory:/outer\n0::/outer/job\n", 0);
	fake_write("groups/outer/memory.limit_in_bytes", "268435456\n");
	fake_write("groups/outer/memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 41\n");
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	exit_cause_read(&exit_cause, 0);
	fake_write("groups/outer/memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 43\n");
	end(&exit_cause, KILLED, &verdict);
	assert_true(verdict.oom);
	assert_int_equal(verdict.kills, 2);
	assert_int_equal(verdict.limit_kib, 256 << 10);
}

/* Large enough for a sanitizer's own mappings. */
static void an_address_space_has_a_limit_too(void **state)
{
	const rlim_t most = (rlim_t)1 << 46;
	struct rlimit before, limit;
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	fake_write("groups/outer/memory.max", "max\n");
	fake_write("meminfo", "MemTotal: 99999999999999 kB\n");
	exit_cause_finish(&exit_cause);
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	exit_cause_read(&exit_cause, 0);
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	limit = before;
	limit.rlim_cur = most;
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	exit_cause_read(&exit_cause, NS_PER_S);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	end(&exit_cause, FAILED, &verdict);
	assert_false(verdict.oom);
	assert_int_equal(verdict.limit_kib, most / 1024);
	assert_string_equal(verdict.limit_of->key, "address-space");
	/* One that ended before the first reading had inherited ours. */
	begin(&exit_cause);
	fake_write("groups/outer/memory.max", "max\n");
	fake_write("meminfo", "MemTotal: 99999999999999 kB\n");
	exit_cause_finish(&exit_cause);
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	end(&exit_cause, FAILED, &verdict);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	assert_int_equal(verdict.limit_kib, most / 1024);
}

static void each_kill_is_reported_once(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	assert_false(exit_cause_killed(&exit_cause, KILLED));
	set_group("outer/job", "max\n", 5);
	assert_false(exit_cause_killed(&exit_cause, FAILED));
	assert_true(exit_cause_killed(&exit_cause, KILLED));
	assert_true(exit_cause_killed(&exit_cause, KILLED));
	assert_false(exit_cause_killed(&exit_cause, KILLED));
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_int_equal(verdict.kills, 2);
}

/* Its own counter stands still: it was someone else. */
static void others_of_the_machine_are_no_cause(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	set_machine(9);
	assert_false(exit_cause_killed(&exit_cause, KILLED));
	end(&exit_cause, KILLED, &verdict);
	assert_false(verdict.oom);
	assert_false(verdict.may_be_oom);
}

static void a_counter_at_zero_counts_too(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	exit_cause_finish(&exit_cause);
	set_group("outer/job", "max\n", 0);
	exit_cause_init(&exit_cause, &fs, getpid(), 0);
	exit_cause_read(&exit_cause, 0);
	set_machine(9);
	exit_cause_judge(&exit_cause, KILLED, false, &verdict);
	assert_false(verdict.oom);
	assert_false(verdict.may_be_oom);
	set_group("outer/job", "max\n", 1);
	end(&exit_cause, KILLED, &verdict);
	assert_true(verdict.oom);
}

static void what_we_have_killed_was_not_out_of_memory(void **state)
{
	struct exit_cause_verdict verdict;
	struct exit_cause exit_cause;

	(void)state;
	begin(&exit_cause);
	set_group("outer/job", "max\n", 4);
	set_machine(6);
	exit_cause_judge(&exit_cause, KILLED, true, &verdict);
	assert_false(verdict.oom);
	assert_false(verdict.may_be_oom);
	assert_int_equal(verdict.kills, 1);
	end(&exit_cause, KILLED, &verdict);
}

static int make_directories(void **state)
{
	char path[256];

	if (fake_begin(state) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		snprintf(path, sizeof(path), directories[i], fake_root,
		    (int)getpid());
		if (mkdir(path, 0700) != 0)
			return -1;
	}
	return 0;
}

static int remove_all(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", fake_root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_killer_is_known_by_its_counter),
	    cmocka_unit_test(another_sigkill_is_no_lack_of_memory),
	    cmocka_unit_test(a_group_joined_later_counts),
	    cmocka_unit_test(on_its_way_out_it_is_in_no_group),
	    cmocka_unit_test(looks_become_rare),
	    cmocka_unit_test(looks_are_frequent_at_the_start),
	    cmocka_unit_test(a_limit_may_be_changed_to_nothing),
	    cmocka_unit_test(after_it_no_file_is_open),
	    cmocka_unit_test(one_that_ended_before_a_look_had_ours),
	    cmocka_unit_test(a_group_can_be_named),
	    cmocka_unit_test(a_group_as_large_as_the_machine_is_the_limit),
	    cmocka_unit_test(a_group_has_no_address_space),
	    cmocka_unit_test(a_group_that_is_gone_is_remembered),
	    cmocka_unit_test(a_counter_that_comes_later_tells_nothing),
	    cmocka_unit_test(without_a_group_the_machine_is_the_limit),
	    cmocka_unit_test(version_1_has_files_of_its_own),
	    cmocka_unit_test(an_address_space_has_a_limit_too),
	    cmocka_unit_test(each_kill_is_reported_once),
	    cmocka_unit_test(others_of_the_machine_are_no_cause),
	    cmocka_unit_test(a_counter_at_zero_counts_too),
	    cmocka_unit_test(what_we_have_killed_was_not_out_of_memory),
	};

	return cmocka_run_group_tests(tests, make_directories, remove_all);
}
