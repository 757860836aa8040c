// SPDX-License-Identifier: MIT
// Code that is loaded comes from files that no other user could have written.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/self.h"

enum { OTHER = 54321 };

/* Directories beside this program, and a name that no other test has. */
static char *build, *lib, *beside, *installed, name[64];

static char *directory_of_self(void)
{
	char *self = self_path();

	assert_non_null(self);
	*strrchr(self, '/') = 0;
	return self;
}

static int set_up(void **state)
{
	char *directory = directory_of_self();
	char *above = mem_copy_n(
	    directory, (size_t)(strrchr(directory, '/') - directory));

	(void)state;
	snprintf(name, sizeof(name), "test-%d.so", (int)getpid());
	build = mem_format("%s/build", directory);
	lib = mem_format("%s/lib", above);
	beside = mem_format("%s/%s", build, name);
	installed = mem_format("%s/mprof/%s", lib, name);
	mkdir(build, 0755);
	mkdir(lib, 0755);
	free(lib);
	lib = mem_format("%s/lib/mprof", above);
	mkdir(lib, 0755);
	free(above);
	free(directory);
	return chmod(build, 0755) != 0 || chmod(lib, 0755) != 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(beside);
	unlink(installed);
	rmdir(build);
	rmdir(lib);
	*strrchr(lib, '/') = 0;
	rmdir(lib);
	free(build);
	free(lib);
	free(beside);
	free(installed);
	return 0;
}

static void put(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fclose(file);
	assert_int_equal(chmod(path, 0644), 0);
}

static void expect_found(const char *path)
{
	struct err e = {"before"};
	char *found = self_companion(name, &e);

	assert_non_null(found);
	assert_string_equal(found, path);
	free(found);
	found = self_companion(name, NULL);
	assert_string_equal(found, path);
	free(found);
}

static void expect_refused(const char *subject, const char *why)
{
	struct err e = {"before"};
	char *wanted = mem_format("%s: %s", subject, why);

	assert_null(self_companion(name, &e));
	assert_int_equal(strncmp(e.text, wanted, strlen(wanted)), 0);
	assert_null(self_companion(name, NULL));
	free(wanted);
}

static void a_file_beside_the_program_is_found(void **state)
{
	(void)state;
	put(installed);
	expect_found(installed);
	put(beside); /* a build comes first */
	expect_found(beside);
}

static void a_link_leads_to_its_file(void **state)
{
	(void)state;
	put(installed);
	assert_int_equal(symlink(installed, beside), 0);
	expect_found(installed);
}

static void what_is_missing_has_a_package(void **state)
{
	struct err e;

	(void)state;
	assert_null(self_companion(name, &e));
	assert_non_null(strstr(e.text, "not found beside the program or in /"));
	assert_non_null(strstr(e.text, "; reinstall mprof"));
	snprintf(name, sizeof(name), "memory_profiler-%d", (int)getpid());
	assert_null(self_companion(name, &e));
	assert_non_null(strstr(
	    e.text, "; install the package mprof-python, or reinstall mprof"));
	for (size_t i = 0; i < 2; i++) {
		static const char *const charts[] = {"render.so", "graph.so"};
		char *found = self_companion(charts[i], &e);

		/* A build or an installation may have it. */
		if (!found && strstr(e.text, "not found"))
			assert_non_null(strstr(e.text,
			    "; install the package mprof-charts, or reinstall "
			    "mprof"));
		free(found);
	}
}

static void what_everybody_may_write_is_refused(void **state)
{
	(void)state;
	put(beside);
	assert_int_equal(chmod(beside, 0646), 0);
	expect_refused(beside, "everybody can write to it");
	assert_int_equal(chmod(beside, 0664), 0); /* a group's own choice */
	expect_found(beside);
	assert_int_equal(chmod(build, 0757), 0);
	expect_refused(build, "everybody can write to it");
	/* nobody replaces another's file in such a one */
	assert_int_equal(chmod(build, 01757), 0);
	expect_found(beside);
}

/* A second place is tried, and the first reason is reported. */
static void a_refused_file_hides_no_other(void **state)
{
	(void)state;
	put(beside);
	assert_int_equal(chmod(beside, 0646), 0);
	put(installed);
	expect_found(installed);
	assert_int_equal(chmod(installed, 0646), 0);
	expect_refused(beside, "everybody can write to it");
}

static void what_another_user_owns_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put(beside);
	if (chown(beside, OTHER, OTHER) != 0)
		skip(); /* a user namespace has few users */
	expect_refused(beside, "belongs to another user (uid 54321)");
	assert_int_equal(chown(beside, 0, OTHER), 0);
	expect_found(beside);
	assert_int_equal(chown(build, OTHER, OTHER), 0);
	expect_refused(build, "belongs to another user (uid 54321)");
}

/* Starts as a setuid program would, setgid as well if asked, drops the
 * privileges, and returns 0 where none is left. */
static int left_with(bool group_too)
{
	uid_t users[3];
	gid_t groups[3];
	struct err e;

	if (setresgid(OTHER, group_too ? 0 : OTHER, group_too ? 0 : OTHER) ||
	    setresuid(OTHER, 0, 0))
		return 2;
	if (self_drop_privileges(&e) != 0)
		return 3;
	getresuid(&users[0], &users[1], &users[2]);
	getresgid(&groups[0], &groups[1], &groups[2]);
	for (size_t i = 0; i < 3; i++) {
		if (users[i] != OTHER || groups[i] != OTHER)
			return 4;
	}
	return 0;
}

static void privileges_are_dropped_for_good(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	for (int group_too = 0; group_too < 2; group_too++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			_exit(left_with(group_too));
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
			skip(); /* it may not become another user here */
		assert_int_equal(status, 0);
	}
}

static void one_user_has_no_privileges_to_drop(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(self_drop_privileges(&e), 0);
	self_trim(); /* nothing that is needed goes */
	free(directory_of_self());
}

/* Code of the program and of a library that nothing calls meanwhile. */
struct code {
	const char *start;
	size_t bytes;
};

struct codes {
	size_t objects;
	struct code program, library;
};

/* Segments are looked up once: their table may be in a page of code itself. */
static int find_code(struct dl_phdr_info *object, size_t size, void *context)
{
	struct codes *codes = context;
	bool program = codes->objects++ == 0;

	(void)size;
	if (!program && !strstr(object->dlpi_name, "libcmocka"))
		return 0;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X))
			continue;
		*(program ? &codes->program : &codes->library) = (struct code){
		    (const char *)(object->dlpi_addr + segment->p_vaddr),
		    segment->p_memsz};
	}
	return 0;
}

/* How many pages of it this process has; touch: all of them first. */
static size_t pages_of(int pagemap, const struct code *code, bool touch)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), present = 0;
	const char *first = code->start - (uintptr_t)code->start % page;

	for (const char *at = first; at < code->start + code->bytes;
	     at += page) {
		uint64_t entry = 0;
		off_t place = (off_t)((uintptr_t)at / page * sizeof(entry));

		if (touch)
			(void)*(const volatile char *)at;
		if (pread(pagemap, &entry, sizeof(entry), place) ==
		    sizeof(entry))
			present += entry >> 63;
	}
	return present;
}

/* The kernel maps them again when they are used. */
static void what_only_the_start_needed_is_released(void **state)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct codes codes = {0};
	size_t program, library;

	(void)state;
	dl_iterate_phdr(find_code, &codes);
	program = pages_of(pagemap, &codes.program, true);
	library = pages_of(pagemap, &codes.library, true);
	if (program == 0 || library == 0) {
		close(pagemap);
		skip(); /* a static program, or a kernel that does not tell */
	}
	self_trim();
	library = pages_of(pagemap, &codes.library, false);
	assert_true(pages_of(pagemap, &codes.program, false) > program / 2);
	close(pagemap);
	assert_int_equal(library, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_file_beside_the_program_is_found),
	    TEST(a_link_leads_to_its_file),
	    TEST(what_is_missing_has_a_package),
	    TEST(what_everybody_may_write_is_refused),
	    TEST(a_refused_file_hides_no_other),
	    TEST(what_another_user_owns_is_refused),
	    TEST(privileges_are_dropped_for_good),
	    TEST(one_user_has_no_privileges_to_drop),
	    TEST(what_only_the_start_needed_is_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
