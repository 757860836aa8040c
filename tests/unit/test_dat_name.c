// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "dat/name.h"

static const char *host_name; /* NULL: it is the machine's own */

/* In place of libc's; a name that ends in "!" is unknown. */
int gethostname(char *name, size_t size)
{
	struct utsname machine;

	if (uname(&machine) != 0)
		return -1;
	snprintf(name, size, "%s", host_name ? host_name : machine.nodename);
	return host_name && strchr(host_name, '!') ? -1 : 0;
}

static const char *const variables[] = {"OMPI_COMM_WORLD_RANK",
    "OMPI_COMM_WORLD_SIZE", "PMI_RANK", "PMI_SIZE", "PALS_RANKID", "PALS_SIZE",
    "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_JOB_ID", "PBS_JOBID",
    "LSB_JOBID", "PMIX_NAMESPACE", "MPROF_TEST"};

static int clear(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static void assert_name(const char *pattern, const char *want)
{
	struct err e;
	char *name = dat_name_expand(pattern, 77, 1700000000, &e);

	assert_non_null(name);
	assert_string_equal(name, want);
	free(name);
}

static void assert_refused(const char *pattern, const char *why)
{
	struct err e;

	assert_null(dat_name_expand(pattern, 77, 0, &e));
	assert_non_null(strstr(e.text, why));
	assert_non_null(strstr(e.text, pattern));
}

static void letters_are_expanded(void **state)
{
	char host[256] = "", *name;
	struct err e;

	(void)state;
	assert_name("x.dat", "x.dat");
	assert_name("", "");
	assert_name("%p", "77");
	assert_name("a%p-%t%%%z.dat%", "a77-20231114221320%%z.dat%");
	gethostname(host, sizeof(host) - 1);
	name = dat_name_expand("%h", 77, 0, &e);
	assert_non_null(name);
	assert_true(name[0] != 0 && name[0] != '.');
	assert_null(strchr(name, '/'));
	if (host[strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-")] == 0 &&
	    host[0])
		assert_string_equal(name, host);
	free(name);
}

static void a_host_is_a_part_of_a_name(void **state)
{
	static const char *const rows[][2] = {{"node-7_a.example", NULL},
	    {"a b/c\\d", "a_b_c_d"}, {".hidden.x", "_hidden.x"},
	    {"\xc3\xa4", "__"}, {"", "localhost"}, {"none!", "localhost"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		host_name = rows[i][0];
		assert_name("%h", rows[i][1] ? rows[i][1] : rows[i][0]);
	}
	host_name = NULL;
}

static void a_variables_value_is_taken(void **state)
{
	(void)state;
	setenv("MPROF_TEST", "a b%p", 1);
	assert_name("m-%q{MPROF_TEST}.dat", "m-a b%p.dat");
	assert_name("%q{MPROF_TEST}%q{MPROF_TEST}", "a b%pa b%p");
}

static void a_value_that_is_no_name_is_refused(void **state)
{
	(void)state;
	assert_refused("%q{MPROF_TEST}.dat", "MPROF_TEST is not set");
	setenv("MPROF_TEST", "", 1);
	assert_refused("%q{MPROF_TEST}.dat", "is empty");
	setenv("MPROF_TEST", "../x", 1);
	assert_refused("%q{MPROF_TEST}.dat", "slash");
	setenv("MPROF_TEST", "a\nb", 1);
	assert_refused("%q{MPROF_TEST}.dat", "control character");
	assert_refused("%q.dat", "braces");
	assert_refused("%q{}.dat", "braces");
	assert_refused("%q{MPROF_TEST", "braces");
}

static void each_launchers_rank_is_known(void **state)
{
	static const char *const ranks[] = {
	    "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PALS_RANKID", "SLURM_PROCID"};

	(void)state;
	assert_refused("%r.dat", "rank");
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
		setenv(ranks[i], "12", 1);
		assert_name("m%r", "m12");
		unsetenv(ranks[i]);
	}
	setenv("PMI_RANK", "1x", 1);
	assert_refused("%r.dat", "rank");
	setenv("SLURM_PROCID", "0", 1);
	assert_name("%r", "0");
}

static void the_script_of_a_job_has_no_rank(void **state)
{
	struct launcher launcher;

	(void)state;
	setenv("SLURM_PROCID", "0", 1);
	setenv("SLURM_JOB_ID", "5", 1);
	setenv("PMIX_NAMESPACE", "prterun", 1);
	launcher_read(&launcher);
	assert_null(launcher.rank);
	assert_null(launcher.ranks);
	assert_string_equal(launcher.job, "5");
	setenv("SLURM_STEP_NUM_TASKS", "2", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "0");
	assert_string_equal(launcher.ranks, "2");
	unsetenv("SLURM_JOB_ID");
	setenv("OMPI_COMM_WORLD_RANK", "7", 1);
	setenv("OMPI_COMM_WORLD_SIZE", "8", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "7");
	assert_string_equal(launcher.job, "prterun");
}

/* A number of ranks without a rank is nobody's; who tells both is preferred,
 * then who comes first. */
static void a_rank_and_its_number_belong_together(void **state)
{
	struct launcher launcher;

	(void)state;
	setenv("OMPI_COMM_WORLD_SIZE", "8", 1);
	launcher_read(&launcher);
	assert_null(launcher.rank);
	assert_null(launcher.ranks);
	assert_null(launcher.job);
	setenv("SLURM_PROCID", "3", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "3");
	assert_null(launcher.ranks);
	setenv("PMI_RANK", "2", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "2");
	assert_null(launcher.ranks);
	setenv("SLURM_STEP_NUM_TASKS", "4", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "3");
	assert_string_equal(launcher.ranks, "4");
	setenv("PALS_RANKID", "1", 1);
	setenv("PALS_SIZE", "", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "3");
	setenv("PALS_SIZE", "5", 1);
	launcher_read(&launcher);
	assert_string_equal(launcher.rank, "1");
	assert_string_equal(launcher.ranks, "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(letters_are_expanded, clear),
	    cmocka_unit_test_setup(a_host_is_a_part_of_a_name, clear),
	    cmocka_unit_test_setup(a_variables_value_is_taken, clear),
	    cmocka_unit_test_setup(a_value_that_is_no_name_is_refused, clear),
	    cmocka_unit_test_setup(each_launchers_rank_is_known, clear),
	    cmocka_unit_test_setup(
		a_rank_and_its_number_belong_together, clear),
	    cmocka_unit_test_setup(the_script_of_a_job_has_no_rank, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
