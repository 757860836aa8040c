// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "proc/maps.h"
#include "python/remote/elf.h"
#include "scratch.h"

/* This program is the file that is read. */
int elf_test_mark __attribute__((section(".elftest"))) = 1;

static char copy[160];

static uint64_t bias_of_self(struct elf_file *elf)
{
	char path[512] = "";
	struct maps_entry entry;
	struct maps maps;
	uint64_t bias = 0;
	bool found = false;

	assert_true(readlink("/proc/self/exe", path, sizeof(path) - 1) > 0);
	assert_int_equal(maps_open(&maps, getpid()), 0);
	while (!found && maps_next(&maps, &entry))
		found = strcmp(entry.path, path) == 0 &&
			elf_bias(elf, entry.start, entry.offset, &bias);
	maps_close(&maps);
	assert_true(found);
	return bias;
}

static void symbols_and_sections_are_found(void **state)
{
	struct elf_symbol wanted[] = {
	    {.name = "elf_test_mark"}, {.name = "main"}, {.name = "nowhere_"}};
	struct elf_file elf;
	uint64_t section, bias;

	(void)state;
	assert_int_equal(elf_open(&elf, "/proc/self/exe"), ELF_OK);
	bias = bias_of_self(&elf);
	elf_find_symbols(&elf, wanted, 3);
	assert_true(wanted[0].found && wanted[1].found && !wanted[2].found);
	assert_ptr_equal(wanted[0].value + bias, &elf_test_mark);
	assert_true(elf_find_section(&elf, ".elftest", &section));
	assert_ptr_equal(section + bias, &elf_test_mark);
	assert_false(elf_find_section(&elf, ".elfte", &section));
	elf_close(&elf);
}

/* Writes the first len bytes of this program, with some changed. */
static void write_copy(
    const char *bytes, size_t len, size_t at, const void *with, size_t size)
{
	int fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	if (size)
		assert_int_equal(pwrite(fd, with, size, (off_t)at), size);
	close(fd);
}

static char *read_self(size_t *len)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat status;
	char *bytes;

	assert_int_equal(fstat(fd, &status), 0);
	*len = (size_t)status.st_size;
	bytes = malloc(*len);
	assert_int_equal(read(fd, bytes, *len), *len);
	close(fd);
	return bytes;
}

static void look_at_copy(void)
{
	struct elf_symbol wanted[] = {{.name = "elf_test_mark"}};
	struct elf_file elf;
	uint64_t value;

	if (elf_open(&elf, copy) != ELF_OK)
		return;
	elf_find_symbols(&elf, wanted, 1);
	elf_find_section(&elf, ".elftest", &value);
	elf_bias(&elf, 4096, 0, &value);
	elf_close(&elf);
}

static void other_machines_are_reported(void **state)
{
	size_t len;
	char *bytes = read_self(&len);
	struct elf_file elf;
	uint16_t arm = EM_AARCH64;

	(void)state;
	write_copy(bytes, len, EI_CLASS, "\1", 1);
	assert_int_equal(elf_open(&elf, copy), ELF_32_BIT);
	write_copy(bytes, len, offsetof(Elf64_Ehdr, e_machine), &arm, 2);
	assert_int_equal(elf_open(&elf, copy), ELF_OTHER_MACHINE);
	write_copy(bytes, len, 0, "#!", 2);
	assert_int_equal(elf_open(&elf, copy), ELF_NO_ELF);
	assert_int_equal(elf_open(&elf, scratch), ELF_NO_ELF);
	assert_int_equal(elf_open(&elf, "/nowhere"), ELF_NO_FILE);
	free(bytes);
}

/* Cut short anywhere, and with any field of the headers made wild: the
 * answers may be wrong, but they come. */
static void damaged_files_do_no_harm(void **state)
{
	size_t len;
	char *bytes = read_self(&len);
	Elf64_Ehdr header;

	(void)state;
	memcpy(&header, bytes, sizeof(header));
	for (size_t cut = 0; cut < len; cut += len / 60 + 1) {
		write_copy(bytes, cut, 0, NULL, 0);
		look_at_copy();
	}
	for (size_t at = 0; at < sizeof(header); at += 2) {
		write_copy(bytes, len, at, "\xff\xff\xff\xff", 4);
		look_at_copy();
	}
	for (size_t at = 0; at < header.e_shnum * sizeof(Elf64_Shdr); at += 8) {
		write_copy(bytes, len, header.e_shoff + at,
		    "\xf0\xff\xff\xff\xff\xff\xff\x0f", 8);
		look_at_copy();
	}
	free(bytes);
}

static int begin(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	snprintf(copy, sizeof(copy), "%s/copy", scratch);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(symbols_and_sections_are_found),
	    cmocka_unit_test(other_machines_are_reported),
	    cmocka_unit_test(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests(tests, begin, scratch_remove);
}
