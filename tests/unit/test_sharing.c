// SPDX-License-Identifier: MIT
//
// Tests what smaps says of shared memory, over a directory that stands for
// /proc.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "proc/sharing.h"

enum { PID = 100 };

static struct procfs fs;

/* One inode in two mappings, another number on two devices, and no inode. */
static const char smaps[] =
    "1000-2000 r--p 00000000 08:01 7 /lib/a b.so\n"
    "Size:          4 kB\nRss:          300 kB\nPss:          100 kB\n"
    "VmFlags: rd mr mw me\n"
    "2000-3000 r-xp 00001000 08:01 7 /lib/a b.so\n"
    "Rss:          200 kB\nPss:          100 kB\nVmFlags: rd ex\n"
    "3000-4000 rw-s 00000000 00:01 9 /dev/zero (deleted)\n"
    "Rss:          250 kB\nPss:           50 kB\nVmFlags: rd wr sh\n"
    "4000-5000 rw-s 00000000 00:05 9 /memfd:Rss: (deleted)\n"
    "Rss:          240 kB\nPss:           10 kB\nVmFlags: rd wr sh\n"
    "5000-6000 rw-p 00000000 00:00 0 [heap]\n"
    "Rss:         9000 kB\nPss:         8990 kB\nVmFlags: rd wr\n";

static void set(const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", PID, name);
	fake_write(path, text);
}

static void test_largest(void **state)
{
	struct sharing_segment largest;
	char more[2048];

	(void)state;
	set("smaps", smaps);
	assert_true(sharing_largest(&fs, PID, &largest));
	assert_int_equal(largest.inode, 7);
	assert_int_equal(largest.device, 8ULL << 32 | 1);
	snprintf(more, sizeof(more),
	    "%s6000-7000 rw-p 00000000 00:00 0 [stack]\n"
	    "Rss:          900 kB\nPss:          500 kB\nVmFlags: rd wr\n",
	    smaps);
	set("smaps", more);
	assert_true(sharing_largest(&fs, PID, &largest));
	assert_int_equal(largest.inode, 0);
}

static void test_nothing_shared(void **state)
{
	struct sharing_segment largest;

	(void)state;
	set("smaps", "1000-2000 rw-p 00000000 00:00 0 [heap]\n"
		     "Rss:  30 kB\nPss:  30 kB\nVmFlags: rd\n");
	assert_false(sharing_largest(&fs, PID, &largest));
	set("smaps", "");
	assert_false(sharing_largest(&fs, PID, &largest));
	assert_false(sharing_largest(&fs, PID + 1, &largest));
}

static void test_maps(void **state)
{
	struct sharing_segment segment = {5, 9};

	(void)state;
	set("maps", smaps);
	assert_true(sharing_maps(&fs, PID, &segment));
	segment.device = 6;
	assert_false(sharing_maps(&fs, PID, &segment));
	assert_false(sharing_maps(&fs, PID + 1, &segment));
}

/* A directory can be opened, and not read. */
static void a_failed_read_is_not_the_end(void **state)
{
	struct sharing_segment segment = {5, 9};
	static const char *const names[] = {"maps", "smaps"};
	char path[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%d/%s", fake_root, PID + 2,
		    names[i]);
		if (i == 0) {
			fake_process((struct fake_process){
			    .pid = PID + 2, .ppid = 1, .pages = 9});
		}
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(sharing_maps(&fs, PID + 2, &segment), -1);
	assert_false(sharing_largest(&fs, PID + 2, &segment));
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%d/%s", fake_root, PID + 2,
		    names[i]);
		rmdir(path);
	}
	fake_gone(PID + 2);
}

static void test_read(void **state)
{
	struct sharing_usage usage;

	(void)state;
	set("smaps_rollup", "1000-7000 ---p 00000000 00:00 0 [rollup]\n"
			    "Rss:     1234 kB\nPss:      567 kB\n"
			    "Pss_Dirty:  89 kB\n");
	assert_true(sharing_read(&fs, PID, &usage));
	assert_int_equal(usage.rss_kib, 1234);
	assert_int_equal(usage.pss_kib, 567);
	set("smaps_rollup", "");
	assert_false(sharing_read(&fs, PID, &usage));
}

static int begin(void **state)
{
	struct err e;

	if (fake_begin(state) != 0)
		return -1;
	fake_process((struct fake_process){.pid = PID, .ppid = 1, .pages = 9});
	return procfs_init(&fs, fake_root, &e);
}

static int end(void **state)
{
	static const char *const files[] = {"smaps", "maps", "smaps_rollup"};
	char path[256];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(
		    path, sizeof(path), "%s/%d/%s", fake_root, PID, files[i]);
		remove(path);
	}
	procfs_finish(&fs);
	return fake_end(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_nothing_shared),
	    cmocka_unit_test(test_maps),
	    cmocka_unit_test(a_failed_read_is_not_the_end),
	    cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
