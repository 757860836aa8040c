// SPDX-License-Identifier: MIT
//
// The figures of a control group are read from directories that stand for a
// mount of each version.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "proc/cgroup.h"
#include "profile/resource.h"

static struct procfs fs;
static struct cgroup group;
static double figures[FIGURES];

static void make(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", fake_root, name);
	if (mkdir(path, 0700) != 0)
		abort();
}

static void write_own(const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", (int)getpid(), name);
	fake_write(path, text);
}

/* The process is in /job of a hierarchy that is mounted at "groups". */
static int begin(void **state)
{
	char path[64], text[512];

	(void)state;
	snprintf(path, sizeof(path), "%d", (int)getpid());
	make(path);
	make("groups");
	make("groups/job");
	write_own("cgroup", "4:memory:/job\n0::/job\n");
	snprintf(text, sizeof(text),
	    "30 1 0:26 / %s/groups rw - cgroup2 cgroup2 rw\n", fake_root);
	write_own("mountinfo", text);
	fake_write("groups/memory.events", "oom_kill 0\n");
	fake_write("groups/memory.max", "1073741824\n");
	fake_write("groups/job/memory.events",
	    "low 0\nhigh 3\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n");
	fake_write("groups/job/memory.max", "max\n");
	return procfs_init(&fs, fake_root, NULL);
}

static void drop(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", fake_root, name);
	remove(path);
}

static int finish(void **state)
{
	static const char *const names[] = {"groups/job/memory.stat",
	    "groups/job/memory.high", "groups/job/memory.pressure",
	    "groups/job/cpu.stat", "groups/job/memory.events",
	    "groups/job/memory.max", "groups/job", "groups/memory.events",
	    "groups/memory.max", "groups/memory.limit_in_bytes",
	    "groups/memory.oom_control", "groups/memory.stat", "groups"};
	static const char *const own[] = {"/cgroup", "/mountinfo", ""};
	char path[64];

	(void)state;
	procfs_finish(&fs);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		drop(names[i]);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		snprintf(path, sizeof(path), "%d%s", (int)getpid(), own[i]);
		drop(path);
	}
	return 0;
}

static void read_group(void)
{
	assert_int_equal(cgroup_init(&group, &fs, getpid(), NULL), 0);
	cgroup_read_usage(&group, figures);
}

static void version_2_by_kind(void **state)
{
	(void)state;
	fake_write("groups/job/memory.stat",
	    "anon 104857600\nfile 52428800\nkernel 8388608\nkernel_stack 1\n"
	    "sock 1048576\nshmem 10485760\nfile_mapped 3\nslab 4194304\n");
	fake_write("groups/job/memory.high", "2147483648\n");
	fake_write("groups/job/memory.pressure",
	    "some avg10=1.20 avg60=0.00 avg300=0.00 total=2500000\n"
	    "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
	fake_write("groups/job/cpu.stat",
	    "usage_usec 7\nnr_throttled 4\nthrottled_usec 750000\n");
	read_group();
	assert_true(figures[FIGURE_GROUP_ANON] == 100);
	assert_true(figures[FIGURE_GROUP_FILE] == 50);
	assert_true(figures[FIGURE_GROUP_SHMEM] == 10);
	assert_true(figures[FIGURE_GROUP_KERNEL] == 8);
	assert_true(figures[FIGURE_GROUP_SLAB] == 4);
	assert_true(figures[FIGURE_GROUP_SOCK] == 1);
	assert_true(figures[FIGURE_GROUP_MAX] == 1024); /* the one above */
	assert_true(figures[FIGURE_GROUP_HIGH] == 2048);
	assert_true(figures[FIGURE_EVENTS_HIGH] == 3);
	assert_true(figures[FIGURE_EVENTS_MAX] == 12);
	assert_true(figures[FIGURE_EVENTS_OOM] == 2);
	assert_true(figures[FIGURE_EVENTS_OOM_KILL] == 1);
	assert_true(figures[FIGURE_PRESSURE_SOME] == 2.5);
	assert_true(figures[FIGURE_PRESSURE_FULL] == 0.5);
	assert_true(figures[FIGURE_THROTTLED] == 0.75);
	cgroup_finish(&group);
}

/* Before Linux 5.18 memory.stat has no kernel; a kernel without PSI has no
 * memory.pressure. */
static void what_is_not_there_is_no_zero(void **state)
{
	(void)state;
	fake_write("groups/job/memory.stat", "anon 1048576\nfile x\n");
	fake_write("groups/job/memory.high", "max\n");
	read_group();
	assert_true(figures[FIGURE_GROUP_ANON] == 1);
	assert_true(isnan(figures[FIGURE_GROUP_FILE]));
	assert_true(isnan(figures[FIGURE_GROUP_KERNEL]));
	assert_true(isnan(figures[FIGURE_GROUP_HIGH]));
	assert_true(isnan(figures[FIGURE_PRESSURE_SOME]));
	assert_true(isnan(figures[FIGURE_THROTTLED]));
	cgroup_finish(&group);
}

static void a_group_that_goes_is_unknown(void **state)
{
	(void)state;
	fake_write("groups/job/memory.stat", "anon 1048576\n");
	read_group();
	drop("groups/job/memory.stat");
	drop("groups/job/memory.events");
	drop("groups/job/memory.max");
	drop("groups/job");
	cgroup_read_usage(&group, figures);
	for (size_t i = FIGURES_OF_PROCESS; i < FIGURE_GPU; i++)
		assert_true(isnan(figures[i]) || i == FIGURE_GROUP_MAX);
	cgroup_finish(&group);
}

static void version_1_has_what_it_has(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
	    "30 1 0:26 / %s/groups/job rw - cgroup2 cgroup2 rw\n"
	    "31 1 0:27 /job %s/groups rw - cgroup cgroup rw,memory\n",
	    fake_root, fake_root);
	write_own("mountinfo", text);
	drop("groups/job/memory.events"); /* no controller in version 2 */
	fake_write("groups/memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
	fake_write("groups/memory.limit_in_bytes", "9223372036854771712\n");
	fake_write("groups/memory.stat",
	    "cache 1\nrss 2\nshmem 3\ntotal_cache 3145728\ntotal_rss 2097152\n"
	    "total_shmem 1048576\n");
	read_group();
	assert_false(group.v2);
	assert_true(figures[FIGURE_GROUP_ANON] == 2);
	assert_true(figures[FIGURE_GROUP_FILE] == 3);
	assert_true(figures[FIGURE_GROUP_SHMEM] == 1);
	assert_true(isnan(figures[FIGURE_GROUP_MAX]));
	assert_true(figures[FIGURE_EVENTS_OOM_KILL] == 5);
	assert_true(isnan(figures[FIGURE_EVENTS_MAX]));
	cgroup_finish(&group);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
	    TEST(version_2_by_kind),
	    TEST(what_is_not_there_is_no_zero),
	    TEST(a_group_that_goes_is_unknown),
	    TEST(version_1_has_what_it_has),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
