// SPDX-License-Identifier: MIT
//
// Copies whose writing fails, and recordings with records that thinning meets
// rarely.
#include "dat/thin_copy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* A stream whose write of that number fails, once. */
static struct {
	size_t writes, failing;
	size_t bytes;
} device;

static ssize_t device_write(void *context, const char *text, size_t len)
{
	(void)context;
	(void)text;
	if (++device.writes == device.failing) {
		errno = ENOSPC;
		return 0;
	}
	device.bytes += len;
	return (ssize_t)len;
}

static int device_seek(void *context, off64_t *offset, int whence)
{
	(void)context;
	(void)whence;
	*offset = 0;
	return 0;
}

static bool is_uncuttable; /* no file can be made shorter */

/* In libc's place: the device has no descriptor. */
int ftruncate(int fd, off_t length)
{
	if (is_uncuttable) {
		errno = EIO;
		return -1;
	}
	if (fd >= 0)
		return (int)syscall(SYS_ftruncate, fd, length);
	device.bytes = 0;
	return 0;
}

/* A file that another program writes into before it is read again. */
static struct {
	FILE *file;
	const char *old, *new;
	int reads;
} written;

/* In libc's place. */
int fseeko(FILE *file, off_t offset, int whence)
{
	if (file == written.file && ++written.reads == 2) {
		char text[65536];
		ssize_t len = pread(fileno(file), text, sizeof(text) - 1, 0);
		char *at;

		assert_true(len > 0);
		text[len] = 0;
		at = strstr(text, written.old);
		assert_non_null(at);
		assert_true(pwrite(fileno(file), written.new,
				strlen(written.new), at - text) > 0);
	}
	return fseek(file, offset, whence);
}

/* Bytes that a copy has read, of a file below it. */
static struct {
	int fd;
	size_t bytes;
} source;

static ssize_t source_read(void *context, char *text, size_t len)
{
	ssize_t got = read(source.fd, text, len);

	(void)context;
	source.bytes += got > 0 ? (size_t)got : 0;
	return got;
}

static int source_seek(void *context, off64_t *offset, int whence)
{
	(void)context;
	*offset = lseek(source.fd, *offset, whence);
	return *offset < 0 ? -1 : 0;
}

static FILE *file_of(const char *head, size_t ticks)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	fputs(head, file);
	for (size_t i = 0; i < ticks; i++)
		fprintf(
		    file, "MEM %zu.000000 %zu.0000\n", 10 + i % 7, 1000 + i);
	assert_int_equal(fflush(file), 0);
	return file;
}

static int copy_to(FILE *from, FILE *to, size_t most, struct err *e)
{
	static const atomic_bool stop;
	const struct thin_copy copy = {.from = from,
	    .len = ftello(from),
	    .to = to,
	    .most = most,
	    .stop = &stop};

	return thin_copy(&copy, e);
}

static int copy_to_device(FILE *from, size_t failing, struct err *e)
{
	const cookie_io_functions_t calls = {
	    .write = device_write, .seek = device_seek};
	FILE *to = fopencookie(NULL, "w", calls);
	int result;

	assert_non_null(to);
	device.writes = device.bytes = 0;
	device.failing = failing;
	fseeko(from, 0, SEEK_END);
	result = copy_to(from, to, 100000, e);
	device.failing = 0;
	fclose(to);
	return result;
}

/* A device that is full for a moment leaves a hole, which no later write
 * shows. */
static void a_failed_write_fails_the_copy(void **state)
{
	FILE *from = file_of("CMDLINE x\n", 10000);
	size_t writes;
	struct err e;

	(void)state;
	assert_int_equal(copy_to_device(from, 0, &e), 0);
	writes = device.writes;
	assert_true(writes > 5);
	assert_true(device.bytes > 10000);
	for (size_t i = 1; i <= writes; i++) {
		assert_int_equal(copy_to_device(from, i, &e), -1);
		assert_non_null(strstr(
		    e.text, "can't be written: No space left on device"));
	}
	fclose(from);
}

/* Records of marks leave less room for samples than was thought: the next
 * length of stretch is tried in an empty file. */
static void a_copy_that_is_too_large_is_begun_anew(void **state)
{
	FILE *from = file_of("CMDLINE x\n", 10000), *to = tmpfile();
	size_t begins = 0, cap = 0;
	char *line = NULL;
	struct err e;

	(void)state;
	assert_non_null(to);
	for (int i = 0; i < 400; i++)
		fprintf(from, "MARK;label=%040d 10.0 20000.0\n", i);
	assert_int_equal(fflush(from), 0);
	assert_int_equal(copy_to(from, to, 50000, &e), 0);
	fflush(to);
	assert_int_equal(lseek(fileno(to), 0, SEEK_END), ftello(to));
	assert_in_range(ftello(to), 400 * 60, 50000);
	rewind(to);
	while (getline(&line, &cap, to) > 0)
		begins += strncmp(line, "CMDLINE ", 8) == 0;
	assert_int_equal(begins, 1);
	is_uncuttable = true;
	rewind(to);
	fseeko(from, 0, SEEK_END);
	assert_int_equal(copy_to(from, to, 50000, &e), -1);
	is_uncuttable = false;
	assert_string_equal(e.text, "can't be written: Input/output error");
	free(line);
	fclose(from);
	fclose(to);
}

/* More runs or processes than were counted. */
static void what_changes_meanwhile_is_not_copied(void **state)
{
	static const char *const changes[][2] = {
	    {"MARK;label=a 1.0 1.0\n", "CMDLINE b;pid=7 1.0\n"},
	    {"MARK;label=a 1.0 1.0\n", "EXIT;pid=9 1.0 12.0\n"},
	    {"CHLD 7 1.0 1.0\n", "CHLD 8 1.0 1.0\n"},
	    {"EXIT;pid=7 1.0 1.0\n", "PROC;pid=8 1.0 1.0\n"},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		FILE *from = file_of("CMDLINE x\nCHLD 7 1.0 1.0\n"
				     "CHLD 7 1.0 1.0\nMARK;label=a 1.0 1.0\n"
				     "EXIT;pid=7 1.0 1.0\n",
			 1000),
		     *to = tmpfile();
		int want = i == 1 ? 0 : -1;
		struct err e = {""};

		assert_non_null(to);
		written.old = changes[i][0];
		written.new = changes[i][1];
		written.reads = 0;
		written.file = from;
		assert_int_equal(copy_to(from, to, 20000, &e), want);
		written.file = NULL;
		assert_string_equal(
		    e.text, want ? "another program changed it" : "");
		fclose(from);
		fclose(to);
	}
}

static ssize_t broken_read(void *context, char *text, size_t len)
{
	(void)context;
	(void)text;
	(void)len;
	errno = EIO;
	return -1;
}

static void what_can_not_be_read_is_not_copied(void **state)
{
	const cookie_io_functions_t calls[] = {
	    {.read = broken_read}, {.read = broken_read, .seek = device_seek}};
	static const atomic_bool stop;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		FILE *from = fopencookie(NULL, "r", calls[i]), *to = tmpfile();
		const struct thin_copy copy = {
		    .from = from, .len = 10, .to = to, .stop = &stop};
		struct err e;

		assert_true(from && to);
		assert_int_equal(thin_copy(&copy, &e), -1);
		assert_string_equal(e.text, "can't be read");
		fclose(from);
		fclose(to);
	}
}

/* How often a copy reads the file in vain, in hundredths. */
static size_t reads_in_vain(FILE *file, size_t most)
{
	const cookie_io_functions_t calls = {
	    .read = source_read, .seek = source_seek};
	size_t len = (size_t)lseek(fileno(file), 0, SEEK_END);
	FILE *from = fopencookie(NULL, "r", calls), *to = tmpfile();
	struct err e;

	assert_non_null(from);
	assert_non_null(to);
	source.fd = fileno(file);
	source.bytes = 0;
	assert_int_equal(fseeko(from, 0, SEEK_END), 0);
	assert_int_equal(copy_to(from, to, most, &e), -1);
	assert_non_null(strstr(e.text, "alone need more"));
	fclose(from);
	fclose(to);
	return source.bytes * 100 / len;
}

/* The survey, one reading, tells most attempts that can't succeed. For the rest
 * few lengths of stretches are tried: a span of years has 30 of them. */
static void an_attempt_in_vain_is_cheap(void **state)
{
	static const char head[] = "CMDLINE x\nMEM 1.0 500000000.0000\n";
	FILE *calls = file_of(head, 10), *ticks = file_of(head, 10000);

	(void)state;
	for (size_t i = 0; i < 10000; i++)
		fprintf(calls, "FUNC f%zu 1.0 %zu.0 1.0 %zu.5 0\n", i, i, i);
	for (size_t i = 0; i < 10; i++)
		fprintf(calls, "MEM 1.0 %zu.0\n", 2000 + i);
	assert_int_equal(fflush(calls), 0);
	assert_in_range(reads_in_vain(calls, 20000), 100, 110);
	assert_in_range(reads_in_vain(ticks, 60), 110, 2500);
	fclose(calls);
	fclose(ticks);
}

/* Sums up the figure of that key in all lines of the file. */
static size_t sum_of(FILE *file, const char *key, size_t *begins)
{
	char *line = NULL;
	size_t cap = 0, sum = 0;

	*begins = 0;
	rewind(file);
	while (getline(&line, &cap, file) > 0) {
		const char *found =
		    strncmp(line, "THIN;", 5) == 0 ? strstr(line, key) : NULL;

		*begins += strncmp(line, "CMDLINE ", 8) == 0;
		if (found)
			sum += strtoul(found + strlen(key), NULL, 10);
	}
	free(line);
	return sum;
}

/* A service that is restarted, and fails at once in all but one of 10 times. */
static void runs_without_a_sample_lose_no_count(void **state)
{
	enum { RUNS = 400 };
	FILE *from = tmpfile(), *to = tmpfile();
	size_t begins, left;
	struct err e;

	(void)state;
	assert_true(from && to);
	for (int i = 0; i < RUNS; i++) {
		fputs("CMDLINE a service that is started again\n", from);
		for (int k = 0; i % 10 == 9 && k < 10; k++)
			fprintf(from, "MEM 10.000000 %d.0000\n", i * 100 + k);
		fprintf(from, "EXIT;pid=%d;status=1 10.000000 %d.0000\n", i + 2,
		    i * 100 + 50);
	}
	assert_int_equal(copy_to(from, to, 20000, &e), 0);
	left = sum_of(to, ";runs=", &begins);
	assert_true(begins > 10 && begins < RUNS);
	assert_int_equal(left + begins, RUNS);
	fclose(from);
	fclose(to);
}

/* As in a file that another program wrote. */
static void a_stretch_of_any_size_can_be_thinned_again(void **state)
{
	static const char *const stretches[] = {
	    "inf", "1e300", "1e12", "nan", "-1", "0", "1e-300"};

	(void)state;
	for (size_t i = 0; i < sizeof(stretches) / sizeof(*stretches); i++) {
		char head[128], *line = NULL;
		size_t cap = 0, found = 0;
		FILE *from, *to = tmpfile();
		struct err e;

		snprintf(head, sizeof(head),
		    "CMDLINE x\nTHIN;stretch=%s;until=900.0 1.0 900.0\n",
		    stretches[i]);
		from = file_of(head, 10000);
		assert_int_equal(copy_to(from, to, 100000, &e), 0);
		assert_in_range(ftello(to), 1000, 100000);
		rewind(to);
		while (getline(&line, &cap, to) > 0) {
			const char *at = strstr(line, "stretch=");
			double stretch_s = at ? atof(at + 8) : 0;

			if (!at)
				continue;
			found++;
			assert_true(stretch_s > 0 && stretch_s <= 1 << 30);
		}
		assert_true(found > 0);
		free(line);
		fclose(from);
		fclose(to);
	}
}

/* As with an interval below a millisecond. */
static void times_have_the_decimals_of_samples(void **state)
{
	FILE *from = tmpfile(), *to = tmpfile();
	char *line = NULL;
	size_t cap = 0, found = 0;
	struct err e;

	(void)state;
	assert_true(from && to);
	fputs("CMDLINE x\n", from);
	for (int i = 0; i < 10000; i++)
		fprintf(from, "MEM 10.000000 1000.%06d\n", i * 50);
	assert_int_equal(copy_to(from, to, 100000, &e), 0);
	rewind(to);
	while (getline(&line, &cap, to) > 0) {
		if (strncmp(line, "THIN;", 5) != 0)
			continue;
		found++;
		assert_non_null(strstr(line, ";until=1000."));
		assert_string_equal(
		    strchr(line, ' '), " 10.000000 1000.000000\n");
	}
	assert_int_equal(found, 1);
	free(line);
	fclose(from);
	fclose(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_failed_write_fails_the_copy),
	    cmocka_unit_test(a_copy_that_is_too_large_is_begun_anew),
	    cmocka_unit_test(what_changes_meanwhile_is_not_copied),
	    cmocka_unit_test(what_can_not_be_read_is_not_copied),
	    cmocka_unit_test(an_attempt_in_vain_is_cheap),
	    cmocka_unit_test(runs_without_a_sample_lose_no_count),
	    cmocka_unit_test(a_stretch_of_any_size_can_be_thinned_again),
	    cmocka_unit_test(times_have_the_decimals_of_samples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
