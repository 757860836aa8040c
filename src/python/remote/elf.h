/* SPDX-License-Identifier: MIT
 *
 * What an ELF file says about itself: symbols, sections and where it was
 * loaded. The file belongs to the target, which may lie: every offset, count
 * and size is held against the file's own length, all work is bounded, and
 * the file is read, never mapped, so that one cut short does no harm.
 */
#ifndef MPROF_PYTHON_REMOTE_ELF_H
#define MPROF_PYTHON_REMOTE_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file {
	int fd;
	int error; /* errno of an open or a read that failed; 0 */
	uint64_t size;
	Elf64_Ehdr header;
};

struct elf_symbol {
	const char *name;
	uint64_t value; /* as in the file: add the bias */
	bool found;
};

enum elf_result {
	ELF_OK,
	ELF_NO_FILE, /* can't be opened: errno says why */
	ELF_NO_ELF,  /* no ELF file, or a torn one */
	ELF_32_BIT,
	ELF_OTHER_MACHINE /* not of the processor that this is built for */
};

/* Opens a regular file; elf_close() only after ELF_OK. */
enum elf_result elf_open(struct elf_file *elf, const char *path);
void elf_close(struct elf_file *elf);

/* Looks the names up in the dynamic symbols, and in the static ones where the
 * first of them is not there. Those not defined in the file stay unfound. */
void elf_find_symbols(
    struct elf_file *elf, struct elf_symbol *wanted, size_t count);

/* Visits the static symbols, and the dynamic ones behind them; name is where
 * the name stands in the file. */
typedef void elf_visitor(void *context, const Elf64_Sym *symbol, uint64_t name);
void elf_visit_symbols(struct elf_file *elf, elf_visitor *visit, void *context);

/* The text at that place of the file, up to its NUL; false where it has none
 * within size bytes, or is empty. */
bool elf_read_text(struct elf_file *elf, uint64_t at, char *text, size_t size);

/* The address of the first section of that name, as in the file. */
bool elf_find_section(
    struct elf_file *elf, const char *name, uint64_t *address);

/* The number to add to the file's addresses, if its bytes from offset on are
 * mapped at start. */
bool elf_bias(
    struct elf_file *elf, uint64_t start, uint64_t offset, uint64_t *bias);

#endif
