// SPDX-License-Identifier: MIT
//
// A thinned recording beside the one that it was made of, and one whose
// recorder is killed before each of its system calls.
#include "dat/thin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/leak.h"
#include "base/io.h"
#include "base/mem.h"
#include "dat/reader.h"
#include "dat/writer.h"
#include "profile/process.h"
#include "scratch.h"

#define START 1700000000.0

struct made {
	char *path, *thinned;
};

static int set_up(void **state)
{
	struct made *made = mem_zero(1, sizeof(*made));

	assert_int_equal(scratch_make(state), 0);
	made->path = mem_format("%s/a.dat", scratch);
	made->thinned = mem_format("%s/b.dat", scratch);
	*state = made;
	return 0;
}

static int tear_down(void **state)
{
	struct made *made = *state;

	free(made->path);
	free(made->thinned);
	free(made);
	return scratch_remove(state);
}

/* A walk of its own, the same in every run. */
static double noise(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return (double)(*seed >> 40) / (1 << 24);
}

static void write_head(FILE *file)
{
	fprintf(file,
	    "CMDLINE made\n"
	    "INFO;backend=rss;interval=1;version=0.2.0 1.000000 %.4f\n",
	    START);
}

/* Ticks of two seconds with two processes, of which the second has its pid
 * from another one in the middle, marks and readings of threads. */
static void write_ticks(FILE *file, size_t from, size_t to, double slope)
{
	uint64_t seed = from + 1;

	for (size_t i = from; i < to; i++) {
		double time_s = START + 2 * (double)i;
		double first = 10 + 5 * noise(&seed), second = noise(&seed);
		double rest = 50 + slope * (double)i + 3 * noise(&seed);

		if (i % 1000 == 0)
			fprintf(file,
			    "PROC;pid=7;start=%zu;ppid=1;name=worker 1.000000 "
			    "%.4f\n",
			    100 + i / 10000, time_s);
		fprintf(file, "MEM %.6f %.4f\n", first + second + rest, time_s);
		fprintf(file, "CHLD 5 %.6f %.4f\nCHLD 7 %.6f %.4f\n", first,
		    time_s, second, time_s);
		fprintf(file, "USAGE;cpu=%zu.5;threads=%d 1.000000 %.4f\n", i,
		    (int)(100 * noise(&seed)), time_s);
		fprintf(
		    file, "USAGE;pid=5;cpu=%zu.1 1.000000 %.4f\n", i, time_s);
		if (i % 777 == 0)
			fprintf(
			    file, "MARK;label=m%zu 1.000000 %.4f\n", i, time_s);
	}
}

static void make(const char *path, size_t ticks, double slope)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	write_head(file);
	write_ticks(file, 0, ticks, slope);
	assert_int_equal(fclose(file), 0);
}

static off_t size_of(const char *path)
{
	struct stat about;

	assert_int_equal(stat(path, &about), 0);
	return about.st_size;
}

static int thin_to(const char *from, const char *to, size_t most, struct err *e)
{
	atomic_bool stop = false;
	struct thin_copy copy = {.from = fopen(from, "r"),
	    .len = size_of(from),
	    .to = fopen(to, "w"),
	    .most = most,
	    .stop = &stop};
	int result;

	assert_non_null(copy.from);
	assert_non_null(copy.to);
	result = thin_copy(&copy, e);
	fclose(copy.from);
	assert_int_equal(fclose(copy.to), 0);
	return result;
}

static int begin(struct thin *thin, int fd, const char *path, size_t most)
{
	const struct thin_wish wish = {.path = path, .fd = fd, .most = most};
	struct err e;

	return thin_begin(thin, &wish, &e);
}

static void read_one(struct profile *profile, const char *path)
{
	struct err e;

	assert_int_equal(dat_read(profile, path, &e), 0);
	assert_int_equal(profile->skipped, 0);
	assert_int_equal(profile->unknown, 0);
	assert_int_equal(profile->runs.len, 1);
}

/* The lowest and the highest sample of those at from and behind it that lie in
 * the same stretch; returns where the next one begins. */
static size_t stretch_of(const struct series *series, size_t from,
    double stretch_s, double *low, double *high)
{
	double number = floor(series->items[from].time_s / stretch_s);
	size_t i = from;

	*low = INFINITY;
	*high = -INFINITY;
	for (; i < series->len &&
	       floor(series->items[i].time_s / stretch_s) == number;
	     i++) {
		*low = fmin(*low, series->items[i].mib);
		*high = fmax(*high, series->items[i].mib);
	}
	return i;
}

static void same_peak(const struct series *a, const struct series *b)
{
	assert_true(series_peak(a)->mib == series_peak(b)->mib);
	assert_true(series_peak(a)->time_s == series_peak(b)->time_s);
}

/* Each stretch has its lowest and highest, and what is new is whole. */
static void check_totals(const struct run *whole, const struct run *thinned)
{
	const struct series *a = &whole->total, *b = &thinned->total;
	double until_s = thinned->info.until_s;
	double stretch_s = thinned->info.stretch_s;
	size_t i = 0, j = 0;

	assert_true(stretch_s > 0);
	assert_true(b->stretch_s == stretch_s);
	while (a->items[i].time_s < until_s) {
		double low[2], high[2];

		i = stretch_of(a, i, stretch_s, &low[0], &high[0]);
		j = stretch_of(b, j, stretch_s, &low[1], &high[1]);
		if (i == a->len || a->items[i].time_s >= until_s)
			break;
		assert_true(low[0] == low[1] && high[0] == high[1]);
	}
	i = series_find(a, until_s);
	j = series_find(b, until_s);
	assert_int_equal(a->len - i, b->len - j);
	assert_true(a->len - i > 10);
	assert_memory_equal(
	    a->items + i, b->items + j, (a->len - i) * sizeof(a->items[0]));
}

static void check_thinned(const char *whole_path, const char *path)
{
	struct profile whole, thinned;
	const struct run *a, *b;
	double most[2];

	read_one(&whole, whole_path);
	read_one(&thinned, path);
	a = &whole.runs.items[0];
	b = &thinned.runs.items[0];
	check_totals(a, b);
	same_peak(&a->total, &b->total);
	assert_int_equal(a->processes.len, b->processes.len);
	for (size_t i = 0; i < a->processes.len; i++)
		same_peak(&a->processes.items[i].memory,
		    &b->processes.items[i].memory);
	assert_int_equal(a->marks.len, b->marks.len);
	assert_int_equal(usage_most(a->usage, FIGURE_THREADS, &most[0]), 0);
	assert_int_equal(usage_most(b->usage, FIGURE_THREADS, &most[1]), 0);
	assert_true(most[0] == most[1]);
	assert_int_equal(usage_mean(a->usage, FIGURE_CPU, &most[0]), 0);
	assert_int_equal(usage_mean(b->usage, FIGURE_CPU, &most[1]), 0);
	assert_true(fabs(most[0] - most[1]) < 0.001 * most[0]);
	profile_finish(&whole);
	profile_finish(&thinned);
}

static void lowest_and_highest_stay(void **state)
{
	const struct made *made = *state;
	size_t most;
	struct err e;

	make(made->path, 20000, 0);
	most = (size_t)size_of(made->path) / 8;
	assert_int_equal(thin_to(made->path, made->thinned, most, &e), 0);
	assert_true(size_of(made->thinned) <= (off_t)most);
	assert_true(size_of(made->thinned) > (off_t)most / 4);
	check_thinned(made->path, made->thinned);
}

/* Thinned twice, with more behind the first time. */
static void thinned_again(void **state)
{
	const struct made *made = *state;
	char *again = mem_format("%s/c.dat", scratch);
	FILE *file;
	struct err e;

	make(made->path, 8000, 0);
	assert_int_equal(thin_to(made->path, made->thinned, 200000, &e), 0);
	for (size_t i = 0; i < 2; i++) {
		file = fopen(i == 0 ? made->path : made->thinned, "a");
		assert_non_null(file);
		write_ticks(file, 8000, 16000, 0);
		assert_int_equal(fclose(file), 0);
	}
	assert_int_equal(thin_to(made->thinned, again, 200000, &e), 0);
	assert_true(size_of(again) <= 200000);
	check_thinned(made->path, again);
	free(again);
}

static void verdicts_are_the_same(void **state)
{
	static const double slopes[] = {0, 0.01};
	static const enum leak_verdict wanted[] = {LEAK_STEADY, LEAK_LEAKING};
	const struct made *made = *state;
	struct err e;

	for (size_t i = 0; i < 2; i++) {
		const char *const paths[] = {made->path, made->thinned};

		make(made->path, 20000, slopes[i]);
		assert_int_equal(
		    thin_to(made->path, made->thinned, 300000, &e), 0);
		for (size_t j = 0; j < 2; j++) {
			struct profile profile;
			struct leak_run leak;

			read_one(&profile, paths[j]);
			leak_judge_run(&profile.runs.items[0], &leak);
			assert_int_equal(leak.total.verdict, wanted[i]);
			assert_true(fabs(leak.total.mib_per_s - slopes[i] / 2) <
				    0.0001);
			leak_run_finish(&leak);
			profile_finish(&profile);
		}
	}
}

/* No sample fits beside the newest part, which is unchanged. */
static void the_newest_part_may_be_too_large(void **state)
{
	const struct made *made = *state;
	FILE *file = fopen(made->path, "w");
	struct err e;

	write_head(file);
	fprintf(file, "MEM 1.0 1.0\n");
	for (size_t i = 0; i < 2000; i++)
		fprintf(file, "MARK;label=m%zu 1.0 %zu.0\n", i, i);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(thin_to(made->path, made->thinned, 20000, &e), -1);
	assert_string_equal(e.text,
	    "the running processes and the newest records alone need more");
}

static void watched_while_it_is_thinned(void **state)
{
	const struct made *made = *state;
	struct dat_follow *follow;
	struct thin thin;
	struct err e;
	bool news;
	int fd;

	make(made->path, 3000, 0);
	follow = dat_follow_open(made->path, &e);
	assert_non_null(follow);
	assert_int_equal(dat_follow_read(follow, &news, &e), 0);
	fd = open(made->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(file_lock_take(fd), FILE_LOCK_TAKEN);
	assert_int_equal(begin(&thin, fd, made->path, 100000), 0);
	assert_true(dprintf(fd, "MEM 9.0 %.1f\n", START + 1e6) > 0);
	assert_int_equal(thin_commit(&thin, &fd, &e), 0);
	assert_true(dprintf(fd, "MEM 8.0 %.1f\n", START + 1e6 + 1) > 0);
	assert_true(size_of(made->path) < 110000);
	assert_int_equal(dat_follow_read(follow, &news, &e), 0);
	assert_true(news);
	{
		const struct profile *profile = dat_follow_profile(follow);
		const struct series *total = &profile->runs.items[0].total;

		assert_true(profile->locked);
		assert_int_equal(profile->runs.len, 1);
		assert_true(total->stretch_s > 0);
		assert_true(total->items[total->len - 2].mib == 9);
		assert_true(total->items[total->len - 1].mib == 8);
	}
	close(fd);
	dat_follow_close(follow);
}

/* A recorder that thins its file and goes on; *acknowledged counts the samples
 * that it has written for good. */
static void record_and_thin(const char *path, volatile int *acknowledged)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct thin thin;
	struct err e;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	if (fd < 0 || file_lock_take(fd) != FILE_LOCK_TAKEN ||
	    begin(&thin, fd, path, 8000) != 0)
		_exit(1);
	for (int i = 0; i < 8; i++) {
		if (i == 5 && thin_commit(&thin, &fd, &e) != 0)
			_exit(2);
		if (dprintf(fd, "MEM %d.0 %.1f\n", i + 1, START + 1e6 + i) < 0)
			_exit(3);
		*acknowledged = i + 1;
	}
	_exit(0);
}

/* Makes this a process that can create no file without a name, as on a file
 * system that has none (NFS, FAT). False where there are no such filters. */
static bool refuse_nameless(void)
{
	struct sock_filter steps[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		offsetof(struct seccomp_data, args[2])),
	    BPF_JUMP(
		BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
	       open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) < 0 &&
	       errno == EOPNOTSUPP;
}

static void record_and_thin_by_name(
    const char *path, volatile int *acknowledged)
{
	if (!refuse_nameless())
		_exit(4);
	record_and_thin(path, acknowledged);
}

/* The same with a new file after some samples each. */
static void record_and_rotate(const char *path, volatile int *acknowledged)
{
	struct dat_writer writer;
	struct err e;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	if (dat_writer_open(&writer, path, &e) != 0 ||
	    dat_writer_bound_files(&writer, 200, 2, &e) != 0)
		_exit(1);
	for (int i = 0; i < 30; i++) {
		if (dat_writer_is_full(&writer) && !dat_writer_rotate(&writer))
			_exit(2);
		dat_write_memory(&writer, 1024 * (i + 1),
		    ((int64_t)START + 1000000 + i) * 1000000000);
		dat_writer_flush(&writer);
		*acknowledged = i + 1;
	}
	_exit(0);
}

/* Lets the child make so many stops at system calls, then kills it. Returns
 * whether it ended before. */
static bool kill_at(pid_t pid, int stops)
{
	long options =
	    PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD;
	int status;

	waitpid(pid, &status, 0);
	assert_true(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, pid, NULL, options);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	for (;;) {
		pid_t which = waitpid(-1, &status, __WALL);

		if (which < 0)
			return true;
		if (!WIFSTOPPED(status)) {
			if (which != pid)
				continue;
			assert_true(WIFEXITED(status));
			assert_int_equal(WEXITSTATUS(status), 0);
			return true;
		}
		if (stops-- == 0)
			break;
		ptrace(PTRACE_SYSCALL, which, NULL, NULL);
	}
	kill(pid, SIGKILL);
	while (waitpid(-1, &status, __WALL) > 0)
		;
	return false;
}

static void check_survivor(const char *path, int acknowledged)
{
	struct profile profile;
	const struct series *total;
	size_t last;

	read_one(&profile, path);
	assert_false(profile.locked);
	total = &profile.runs.items[0].total;
	assert_true(series_peak(total)->mib > 60);
	last = total->len;
	while (last > 0 && total->items[last - 1].time_s > START + 5e5)
		last--;
	/* One may have been written, and not be acknowledged. */
	assert_true(total->len - last >= (size_t)acknowledged);
	assert_true(total->len - last <= (size_t)acknowledged + 1);
	for (size_t i = last; i < total->len; i++)
		assert_true(total->items[i].mib == (double)(i - last + 1));
	profile_finish(&profile);
}

/* The newest two of three files are there but for the moment of a renaming;
 * their samples follow each other up to the last. */
static void check_rotated(const char *path, int acknowledged)
{
	char *names[] = {
	    mem_format("%s.2", path), mem_format("%s.1", path), mem_copy(path)};
	double last = 0;

	for (size_t i = 0; i < 3; i++) {
		struct profile profile;

		if (access(names[i], F_OK) == 0 && size_of(names[i]) > 0) {
			assert_true(size_of(names[i]) <= 220);
			read_one(&profile, names[i]);
			assert_false(profile.locked);
			for (size_t j = 0; j < profile.runs.items[0].total.len;
			     j++) {
				double mib =
				    profile.runs.items[0].total.items[j].mib;

				assert_true(last == 0 || mib == last + 1);
				last = mib;
			}
			profile_finish(&profile);
			assert_int_equal(unlink(names[i]), 0);
		} else {
			unlink(names[i]);
		}
		free(names[i]);
	}
	assert_true(last >= acknowledged && last <= acknowledged + 1);
}

/* How many files, without . and .. */
static int files_in(const char *directory)
{
	struct dirent **names;
	int count = scandir(directory, &names, NULL, NULL);

	assert_true(count >= 2);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return count - 2;
}

/* What kills left beside the recording is removed by the next recorder. Where a
 * file without a name can be made, few kills leave one: those between a link
 * and a renaming, which need not be hit. */
static void clean_beside(const struct made *made)
{
	beside_clean(made->path);
	assert_int_equal(files_in(scratch), 1);
}

/* An emulator may have no ptrace(), and no filters of system calls. */
static void need(bool (*ability)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(ability() ? 0 : 77);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
}

static bool be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static void kill_at_each_step(const char *path,
    void (*record)(const char *path, volatile int *acknowledged),
    void (*check)(const char *path, int acknowledged), bool made)
{
	int *acknowledged = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ended = false;
	int steps = 0;

	assert_true(acknowledged != MAP_FAILED);
	for (; !ended; steps++) {
		pid_t pid;

		if (made)
			make(path, 100, 0);
		*acknowledged = 0;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			record(path, acknowledged);
		ended = kill_at(pid, steps);
		check(path, *acknowledged);
	}
	assert_true(steps > 60);
	munmap(acknowledged, sizeof(int));
}

static void killed_while_thinning(void **state)
{
	const struct made *made = *state;

	need(be_traced);
	kill_at_each_step(made->path, record_and_thin, check_survivor, true);
	assert_true(size_of(made->path) < 9000);
	clean_beside(made);
}

/* A kill after the creation of the new file leaves that. */
static void killed_while_thinning_by_name(void **state)
{
	const struct made *made = *state;

	need(be_traced);
	need(refuse_nameless);
	kill_at_each_step(
	    made->path, record_and_thin_by_name, check_survivor, true);
	assert_true(size_of(made->path) < 9000);
	assert_true(files_in(scratch) > 10);
	clean_beside(made);
}

/* Thins the file by name, and gives it up. The number of files that there were
 * meanwhile. */
static int give_up_by_name(const struct made *made)
{
	int fd = open(made->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct thin thin;
	int files;

	if (!refuse_nameless() || begin(&thin, fd, made->path, 8000) != 0)
		return 0;
	files = files_in(scratch);
	thin_abandon(&thin);
	return files;
}

static void given_up_by_name_it_is_gone(void **state)
{
	const struct made *made = *state;
	int status;
	pid_t pid;

	need(refuse_nameless);
	make(made->path, 100, 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(give_up_by_name(made));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_int_equal(files_in(scratch), 1);
}

static void killed_while_rotating(void **state)
{
	const struct made *made = *state;

	need(be_traced);
	kill_at_each_step(made->path, record_and_rotate, check_rotated, false);
}

static void put(const struct made *made, const char *ending, const char *text)
{
	char *path = mem_format("%s%s", made->path, ending);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static bool is_there(const struct made *made, const char *ending)
{
	char *path = mem_format("%s%s", made->path, ending);
	bool there = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	free(path);
	return there;
}

static bool was_left(const struct made *made, const char *ending)
{
	char *path = mem_format("%s%s", made->path, ending);
	bool left = beside_was_left(path);

	free(path);
	return left;
}

static void the_name_tells_the_recording(void **state)
{
	static const char *const others[] = {"a.dat", ".thinning.abcdef",
	    "d/.thinning.abcdef", "a.dat.thinning.abcde",
	    "a.dat.thinning.abcdeF", "a.dat.thinning.abcdef.1"};
	char *name = beside_recording("d/a.dat.thinning.09abcf");

	(void)state;
	assert_string_equal(name, "d/a.dat");
	free(name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(beside_recording(others[i]));
}

/* Whether that is the recording's or its own lock. */
static void what_is_in_use_was_not_left(void **state)
{
	static const char record[] = "CMDLINE x\nMEM 1.0 1.0\n";
	static const char ending[] = ".thinning.abcdef";
	const struct made *made = *state;
	char *beside = mem_format("%s%s", made->path, ending);
	const char *const files[] = {made->path, beside};

	put(made, "", record);
	put(made, ending, record);
	assert_true(was_left(made, ending));
	for (size_t i = 0; i < 2; i++) {
		int fd = open(files[i], O_WRONLY | O_CLOEXEC);

		assert_int_equal(file_lock_take(fd), FILE_LOCK_TAKEN);
		assert_false(was_left(made, ending));
		close(fd);
		assert_true(was_left(made, ending));
	}
	put(made, ending, "my novel\n");
	assert_false(was_left(made, ending));
	put(made, ending, "");
	assert_int_equal(unlink(made->path), 0);
	assert_true(was_left(made, ending));
	assert_int_equal(symlink(beside, made->path), 0);
	assert_false(was_left(made, ending));
	free(beside);
}

/* Only what has the name and the beginning, and is no one's. */
static void what_others_have_beside_it_stays(void **state)
{
	static const char record[] = "CMDLINE x\nMEM 1.0 1.0\n";
	static const char *const stay[] = {".thinning.abcdeg",
	    ".thinning.abcdef0", ".thinning.ABCDEF", ".abcdef",
	    ".thinning.000001", ".thinning.000002", ".thinning.000003"};
	static const char *const go[] = {
	    ".thinning.abcdef", ".thinning.000004"};
	const struct made *made = *state;
	char *locked = mem_format("%s%s", made->path, stay[4]);
	char *link = mem_format("%s%s", made->path, stay[6]);
	struct dat_writer writer;
	struct err e;
	int fd;

	for (size_t i = 0; i < 6; i++)
		put(made, stay[i], i == 5 ? "my novel\n" : record);
	assert_int_equal(symlink("a.dat.abcdef", link), 0);
	put(made, go[0], record);
	put(made, go[1], "");
	fd = open(locked, O_WRONLY | O_CLOEXEC);
	assert_int_equal(file_lock_take(fd), FILE_LOCK_TAKEN);
	assert_int_equal(dat_writer_open(&writer, made->path, &e), 0);
	assert_int_equal(dat_writer_bound(&writer, 100000, &e), 0);
	for (size_t i = 0; i < 7; i++)
		assert_true(is_there(made, stay[i]));
	for (size_t i = 0; i < 2; i++)
		assert_false(is_there(made, go[i]));
	dat_writer_discard(&writer);
	close(fd);
	free(locked);
	free(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		lowest_and_highest_stay, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(thinned_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		verdicts_are_the_same, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		the_newest_part_may_be_too_large, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		watched_while_it_is_thinned, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		killed_while_thinning, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		killed_while_thinning_by_name, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		given_up_by_name_it_is_gone, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		killed_while_rotating, set_up, tear_down),
	    cmocka_unit_test(the_name_tells_the_recording),
	    cmocka_unit_test_setup_teardown(
		what_is_in_use_was_not_left, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_others_have_beside_it_stays, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
