// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "fake_proc.h"
#include "proc/argv.h"
#include "proc/cgroup.h"
#include "proc/find.h"
#include "proc/metric.h"
#include "proc/procfs.h"

static struct procfs fs;

static int open_fake(void **state)
{
	struct err e;

	return fake_begin(state) || procfs_init(&fs, fake_root, &e);
}

static int close_fake(void **state)
{
	procfs_finish(&fs);
	return fake_end(state);
}

static void names_are_taken_to_their_end(void **state)
{
	static const char *const names[] = {
	    ") R 1 (", "a b", "\n\n", "((", "))", "\xff\xfe", ""};
	struct proc_stat stat;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fake_process((struct fake_process){.pid = 50,
		    .ppid = 7,
		    .name = names[i],
		    .started = 99,
		    .pages = 3});
		assert_true(procfs_stat(&fs, 50, &stat));
		assert_string_equal(stat.name, names[i]);
		assert_int_equal(stat.ppid, 7);
		assert_int_equal(stat.state, 'S');
		assert_int_equal(stat.started, 99);
		assert_int_equal(stat.rss_kib, 3 * fs.page_kib);
		assert_false(stat.is_thread);
	}
	fake_gone(50);
}

static void hostile_text_is_no_process(void **state)
{
	static const char *const texts[] = {"", "\n", "1", "1 (", "1 (x",
	    "1 x)", ")(", "1 (x)", "1 (x)\n", "(", "1 (x) "};
	struct proc_stat stat;

	(void)state;
	fake_process((struct fake_process){.pid = 51});
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		fake_write("51/stat", texts[i]);
		if (procfs_stat(&fs, 51, &stat))
			assert_int_equal(stat.ppid, 0);
	}
	fake_gone(51);
	assert_false(procfs_stat(&fs, 51, &stat));
}

static void the_newest_pid_is_read_or_not_known(void **state)
{
	pid_t newest;
	long threads;

	(void)state;
	fake_newest(4711, 108);
	procfs_finish(&fs);
	assert_int_equal(procfs_init(&fs, fake_root, NULL), 0);
	assert_true(procfs_newest(&fs, &newest, &threads));
	assert_int_equal(newest, 4711);
	assert_int_equal(threads, 108);
	fake_write("loadavg", "0.00 0.00 0.00 0/0 0\n");
	assert_false(procfs_newest(&fs, &newest, &threads));
	fake_write("loadavg", "nonsense");
	assert_false(procfs_newest(&fs, &newest, &threads));
}

static void metrics_read_their_files(void **state)
{
	static const char status[] = "Name:\tx\nVmPeak:\t  999 kB\n"
				     "VmHWM:\t    77 kB\nRssAnon:\t   12 kB\n"
				     "VmSwap:\t   5 kB\n";
	static const char rollup[] =
	    "1-2 ---p 0 00:00 0 [rollup]\n"
	    "Rss:  100 kB\nPss:  40 kB\n"
	    "Private_Clean: 1 kB\nPrivate_Dirty: 20 kB\n"
	    "Private_Hugetlb: 300 kB\n";

	(void)state;
	assert_int_equal(
	    metric_find("rss")->read("586 295 272 1 0 56 0\n", 4), 295 * 4);
	assert_int_equal(
	    metric_find("vms")->read("586 295 272 1 0 56 0\n", 4), 586 * 4);
	assert_int_equal(
	    metric_find("rss")->read("586 295 272 1 0 56 0\n", 64), 295 * 64);
	assert_int_equal(metric_find("swap")->read(status, 4), 5);
	assert_int_equal(metric_find("anon")->read(status, 4), 12);
	assert_int_equal(metric_find("pss")->read(rollup, 4), 40);
	assert_int_equal(metric_find("uss")->read(rollup, 4), 321);
	assert_int_equal(metric_find("uss")->read("Name:\tx\n", 4), -1);
	assert_int_equal(metric_find("swap")->read("", 4), -1);
	assert_int_equal(procfs_kib(status, "VmHWM"), 77);
	assert_ptr_equal(metric_find("psutil"), metric_find("rss"));
	assert_ptr_equal(metric_find("posix"), metric_find("rss"));
	assert_ptr_equal(metric_find("psutil_pss"), metric_find("pss"));
	assert_ptr_equal(metric_find("psutil_uss"), metric_find("uss"));
	assert_null(metric_find("tracemalloc"));
}

static void a_word_means_a_whole_name_first(void **state)
{
	struct find find;

	(void)state;
	fake_process((struct fake_process){.pid = 60, .name = "server"});
	fake_process((struct fake_process){.pid = 61, .name = "server-old"});
	fake_process(
	    (struct fake_process){.pid = 62, .name = "server", .state = 'Z'});
	find_by_name(&find, &fs, "server");
	assert_int_equal(find.pids.len, 1);
	assert_int_equal(find.pids.items[0], 60);
	find_finish(&find);
	find_by_name(&find, &fs, "serv");
	assert_int_equal(find.pids.len, 2);
	find_finish(&find);
	fake_process((struct fake_process){.pid = 63, .name = "python3"});
	fake_write("63/cmdline", "/opt/bin/a-name-beyond-15-bytes");
	find_by_name(&find, &fs, "a-name-beyond-15-bytes");
	assert_int_equal(find.pids.len, 1);
	assert_int_equal(find.pids.items[0], 63);
	find_finish(&find);
	for (int pid = 60; pid < 64; pid++)
		fake_gone(pid);
}

/* A process with that command line, whose arguments have no blanks. */
static void fake_command(int pid, int ppid, const char *name, const char *line)
{
	char path[256];
	FILE *file;

	fake_process(
	    (struct fake_process){.pid = pid, .ppid = ppid, .name = name});
	snprintf(path, sizeof(path), "%s/%d/cmdline", fake_root, pid);
	file = fopen(path, "w");
	assert_non_null(file);
	for (const char *at = line; *at; at++)
		fputc(*at == ' ' ? 0 : *at, file);
	fputc(0, file);
	assert_int_equal(fclose(file), 0);
}

/* The one process that the word means; 0: none, -1: several. */
static int meant_by(const char *word)
{
	struct find find;
	int pid;

	find_by_name(&find, &fs, word);
	find_keep_roots(&find, &fs);
	pid = find.pids.len == 1 ? find.pids.items[0] : 0;
	pid = find.pids.len > 1 ? -1 : pid;
	find_finish(&find);
	return pid;
}

static void python_is_known_by_its_script_or_module(void **state)
{
	(void)state;
	fake_command(70, 1, "sh", "sh -c python manage.py");
	fake_command(71, 70, "python3", "python3 -u manage.py runserver");
	fake_command(72, 71, "python3", "/usr/bin/python3 manage.py runserver");
	fake_command(73, 1, "python3.12", "python3.12 -X dev -um pkg.sub");
	fake_command(74, 1, "python3", "python3 /srv/thing/__main__.py");
	fake_command(75, 1, "python3", "python3 /opt/bin/server8 app:app");
	fake_command(76, 1, "python3", "python3 -m coverage run job.py");
	fake_command(77, 1, "python3", "python3 -c manage.py");
	fake_command(78, 1, "other", "grep -r job.py");
	fake_command(79, 1, "title8: worker", "title8: worker");
	assert_int_equal(meant_by("manage.py"), 71);
	assert_int_equal(meant_by("manage"), 71);
	assert_int_equal(meant_by("./manage.py"), 71);
	assert_int_equal(meant_by("pkg.sub"), 73);
	assert_int_equal(meant_by("thing"), 74);
	assert_int_equal(meant_by("other/__main__.py"), 0);
	assert_int_equal(meant_by("/srv/thing/__main__.py"), 74);
	assert_int_equal(meant_by("server8"), 75);
	assert_int_equal(meant_by("job.py"), 76);
	assert_int_equal(meant_by("python3 -m coverage"), 76);
	assert_int_equal(meant_by("title8"), 79);
	assert_int_equal(meant_by("coverage"), 76);
	fake_command(80, 1, "python3", "python3 manage.py migrate");
	assert_int_equal(meant_by("manage.py"), -1);
	assert_int_equal(meant_by("python3 manage.py migrate"), 80);
	for (int pid = 70; pid <= 80; pid++)
		fake_gone(pid);
}

static void be_known_as(const char *pid)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/self", fake_root);
	remove(path);
	assert_int_equal(symlink(pid, path), 0);
}

/* This process is 300 there, and 12 two namespaces further down. */
static void another_namespaces_numbers_are_not_ours(void **state)
{
	struct procfs outer;
	struct err e;
	char self[32];

	(void)state;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	be_known_as("300");
	fake_process((struct fake_process){.pid = 300, .ppid = 1});
	fake_process((struct fake_process){.pid = 301, .ppid = 300});
	fake_process((struct fake_process){.pid = 302, .ppid = 300});
	fake_process((struct fake_process){.pid = 303, .ppid = 302});
	fake_process((struct fake_process){.pid = 13, .ppid = 1});
	fake_write("300/status", "PPid:\t1\nNSpid:\t300\t40\t12\nRss:\t1\n");
	fake_write("301/status", "PPid:\t300\nNSpid:\t301\t41\t5\n");
	fake_write("302/status", "PPid:\t300\nNSpid:\t302\t42\t13\n");
	fake_write("303/status", "PPid:\t302\nNSpid:\t303\t43\t14\t1\n");
	fake_write("13/status", "PPid:\t1\nNSpid:\t13\n");
	assert_int_equal(procfs_init(&outer, fake_root, &e), 0);
	assert_true(outer.other_namespace);
	assert_int_equal(procfs_namespace_pid(&outer, 302), 13);
	assert_int_equal(procfs_namespace_pid(&outer, 303), 14);
	assert_int_equal(procfs_namespace_pid(&outer, 13), -1);
	assert_int_equal(procfs_namespace_pid(&outer, 999), -1);
	assert_int_equal(procfs_child(&outer, 13), 302);
	assert_int_equal(procfs_child(&outer, 14), -1);
	procfs_finish(&outer);
	be_known_as(self);
	assert_int_equal(procfs_namespace_pid(&fs, 302), 302);
}

static void this_process_is_seen_in_the_real_one(void **state)
{
	struct procfs real;
	struct proc_stat stat;
	struct cgroup cgroup;
	char command[4096];

	(void)state;
	assert_int_equal(procfs_init(&real, "/proc", NULL), 0);
	assert_true(procfs_stat(&real, real.self, &stat));
	assert_int_equal(stat.ppid, getppid());
	assert_true(stat.rss_kib > 100);
	assert_false(stat.is_thread);
	assert_true(argv_join(command, procfs_read(&real, real.self, "cmdline",
					   command, sizeof(command))));
	assert_non_null(strstr(command, "test_procfs"));
	if (cgroup_init(&cgroup, &real, real.self, NULL) == 0 &&
	    cgroup_current_kib(&cgroup) >= 0)
		assert_true(cgroup_current_kib(&cgroup) > 0);
	cgroup_finish(&cgroup);
	procfs_finish(&real);
}

static void paths_of_processes_are_cut_to_size(void **state)
{
	char path[64];

	(void)state;
	procfs_path(path, sizeof(path), 12, "exe");
	assert_string_equal(path, "/proc/12/exe");
	procfs_path(path, sizeof(path), 12, "task/%d/status", 13);
	assert_string_equal(path, "/proc/12/task/13/status");
	procfs_path(path, 13, 12, "root/%s", "usr");
	assert_string_equal(path, "/proc/12/roo");
	procfs_path(path, 8, 1234, "exe");
	assert_string_equal(path, "/proc/1");
	assert_int_equal(procfs_open_once(INT32_MAX, "stat"), -1);
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_taken_to_their_end),
	    cmocka_unit_test(hostile_text_is_no_process),
	    cmocka_unit_test(the_newest_pid_is_read_or_not_known),
	    cmocka_unit_test(metrics_read_their_files),
	    cmocka_unit_test(a_word_means_a_whole_name_first),
	    cmocka_unit_test(python_is_known_by_its_script_or_module),
	    cmocka_unit_test(another_namespaces_numbers_are_not_ours),
	    cmocka_unit_test(this_process_is_seen_in_the_real_one),
	    cmocka_unit_test(paths_of_processes_are_cut_to_size),
	};

	return cmocka_run_group_tests(tests, open_fake, close_fake);
}
