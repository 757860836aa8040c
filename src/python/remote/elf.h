/* SPDX-License-Identifier: MIT
 *
 * The symbols, sections and load address of an ELF file. The file belongs to
 * the target, which may lie: every offset, count and size is checked against
 * the file's length, all work is bounded, and the file is read, never mapped,
 * so that truncating it does no harm.
 */
#ifndef MPROF_PYTHON_REMOTE_ELF_H
#define MPROF_PYTHON_REMOTE_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	int fd;
	int error; /* errno of a failed open or read; 0: none */
	uint64_t size;
	Elf64_Ehdr header;
};

struct elf_symbol {
	const char *name;
	uint64_t value; /* as in the file; without the bias */
	bool found;
};

enum elf_result {
	ELF_OK,
	ELF_NO_FILE, /* can't be opened: see errno */
	ELF_NO_ELF,  /* no ELF file, or a truncated one */
	ELF_32_BIT,
	ELF_OTHER_MACHINE /* for another processor than this program */
};

/* Opens a regular file; elf_close() only after ELF_OK. */
enum elf_result elf_open(struct elf_file *elf, const char *path);
void elf_close(struct elf_file *elf);

/* Looks the names up in the dynamic symbols, and in the static ones where the
 * first name is missing there. Names that the file doesn't define stay
 * unfound. */
void elf_find_symbols(
    struct elf_file *elf, struct elf_symbol *wanted, size_t count);

/* Visits the static symbols, then the dynamic ones; name is the position of the
 * name in the file. */
typedef void elf_visitor(void *context, const Elf64_Sym *symbol, uint64_t name);
void elf_visit_symbols(struct elf_file *elf, elf_visitor *visit, void *context);

/* The text at that position of the file, up to its NUL; false where it is empty
 * or longer than size bytes. */
bool elf_read_text(struct elf_file *elf, uint64_t at, char *text, size_t size);

/* The address of the first section of that name, as in the file. */
bool elf_find_section(
    struct elf_file *elf, const char *name, uint64_t *address);

/* The difference between addresses in the process and in the file, whose bytes
 * from offset on are mapped at start. */
bool elf_bias(
    struct elf_file *elf, uint64_t start, uint64_t offset, uint64_t *bias);

#endif
