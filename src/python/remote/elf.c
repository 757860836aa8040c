// SPDX-License-Identifier: MIT
#include "python/remote/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Far more than any interpreter has, and still read in well under a second. */
#define SECTIONS_MAX 4096
#define SYMBOLS_MAX (4u << 20)
#define STRINGS_MAX (64u << 20)
#define SEGMENTS_MAX 256

#define CHUNK 4096
#define NAME_MAX_LEN 64 /* longest name that is searched for */
#define WANTED_MAX 16
#define PLACES_MAX 4 /* positions of one name in a string table */
#define PAGE_MASK (~(uint64_t)4095)

static bool elf_read_at(
    struct elf_file *elf, uint64_t offset, void *to, size_t len)
{
	ssize_t got;

	if (offset > elf->size || len > elf->size - offset)
		return false;
	got = pread(elf->fd, to, len, (off_t)offset);
	if (got < 0)
		elf->error = errno;
	return got == (ssize_t)len;
}

static enum elf_result elf_check(struct elf_file *elf)
{
	const unsigned char *ident = elf->header.e_ident;

	if (memcmp(ident, ELFMAG, SELFMAG))
		return ELF_NO_ELF;
	if (ident[EI_CLASS] == ELFCLASS32)
		return ELF_32_BIT;
	if (ident[EI_CLASS] != ELFCLASS64)
		return ELF_NO_ELF;
	if (ident[EI_DATA] != ELFDATA2LSB || elf->header.e_machine != EM_X86_64)
		return ELF_OTHER_MACHINE;
	if (elf->header.e_phentsize != sizeof(Elf64_Phdr))
		return ELF_NO_ELF;
	return ELF_OK;
}

enum elf_result elf_open(struct elf_file *elf, const char *path)
{
	enum elf_result result = ELF_NO_ELF;
	struct stat status;

	/* A FIFO in the target's root must not block. */
	elf->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	elf->error = elf->fd < 0 ? errno : 0;
	if (elf->fd < 0)
		return ELF_NO_FILE;
	memset(&elf->header, 0, sizeof(elf->header));
	if (fstat(elf->fd, &status) == 0 && S_ISREG(status.st_mode)) {
		elf->size = status.st_size;
		if (elf_read_at(elf, 0, &elf->header, sizeof(elf->header)))
			result = elf_check(elf);
	}
	if (result != ELF_OK)
		elf_close(elf);
	return result;
}

void elf_close(struct elf_file *elf)
{
	close(elf->fd);
	elf->fd = -1;
}

static bool elf_section_at(
    struct elf_file *elf, unsigned index, Elf64_Shdr *section)
{
	uint64_t place = elf->header.e_shoff;

	if (elf->header.e_shentsize != sizeof(*section) || !place ||
	    index >= elf->header.e_shnum || index >= SECTIONS_MAX)
		return false;
	if (place > elf->size)
		return false;
	return elf_read_at(
	    elf, place + index * sizeof(*section), section, sizeof(*section));
}

static bool elf_section_of_type(
    struct elf_file *elf, uint32_t type, Elf64_Shdr *section)
{
	for (unsigned i = 0; elf_section_at(elf, i, section); i++)
		if (section->sh_type == type)
			return true;
	return false;
}

/* Positions of a name in a string table; the linker may store it as the tail of
 * a longer one, and more than once. */
struct places {
	uint32_t at[PLACES_MAX];
	size_t len;
};

static void elf_find_in_chunk(const char *chunk, size_t len, size_t fresh,
    uint32_t base, const char *name, struct places *places)
{
	size_t name_size = strlen(name) + 1;
	const char *from = chunk;

	while (places->len < PLACES_MAX) {
		const char *hit =
		    memmem(from, chunk + len - from, name, name_size);

		if (!hit || (size_t)(hit - chunk) >= fresh)
			return;
		places->at[places->len++] = base + (hit - chunk);
		from = hit + 1;
	}
}

/* Reads the string table through a window that overlaps by one name. */
static void elf_find_names(struct elf_file *elf, const Elf64_Shdr *strings,
    const struct elf_symbol *wanted, struct places *places, size_t count)
{
	char window[CHUNK + NAME_MAX_LEN];
	uint64_t size = strings->sh_size;

	if (size > STRINGS_MAX)
		size = STRINGS_MAX;
	for (uint64_t base = 0; base < size; base += CHUNK) {
		size_t len =
		    size - base < sizeof(window) ? size - base : sizeof(window);
		size_t fresh = len < CHUNK ? len : CHUNK;

		if (!elf_read_at(elf, strings->sh_offset + base, window, len))
			return;
		for (size_t i = 0; i < count; i++)
			elf_find_in_chunk(window, len, fresh, base,
			    wanted[i].name, &places[i]);
	}
}

static bool elf_stands_at(const struct places *places, uint32_t place)
{
	for (size_t i = 0; i < places->len; i++)
		if (places->at[i] == place)
			return true;
	return false;
}

/* Passes each symbol to a visitor, with the file position of its name, as far
 * as that lies in the string table. */
static void elf_visit_table(struct elf_file *elf, const Elf64_Shdr *table,
    const Elf64_Shdr *strings, elf_visitor *visit, void *context)
{
	Elf64_Sym symbols[CHUNK / sizeof(Elf64_Sym)];
	const size_t step = sizeof(symbols) / sizeof(*symbols);
	uint64_t total = table->sh_size / sizeof(*symbols);

	if (total > SYMBOLS_MAX)
		total = SYMBOLS_MAX;
	for (uint64_t i = 0; i < total; i += step) {
		size_t len = total - i < step ? total - i : step;

		if (!elf_read_at(elf, table->sh_offset + i * sizeof(*symbols),
			symbols, len * sizeof(*symbols)))
			return;
		for (size_t k = 0; k < len; k++) {
			if (symbols[k].st_name < strings->sh_size)
				visit(context, &symbols[k],
				    strings->sh_offset + symbols[k].st_name);
		}
	}
}

/* Finds a symbol table and its string table. */
static bool elf_find_table(
    struct elf_file *elf, uint32_t type, Elf64_Shdr *table, Elf64_Shdr *strings)
{
	return elf_section_of_type(elf, type, table) &&
	       table->sh_entsize == sizeof(Elf64_Sym) &&
	       elf_section_at(elf, table->sh_link, strings);
}

struct elf_search {
	struct elf_symbol *wanted;
	struct places places[WANTED_MAX];
	size_t count;
};

static void elf_match(void *context, const Elf64_Sym *symbol, uint64_t name)
{
	struct elf_search *search = context;

	(void)name;
	if (symbol->st_shndx == SHN_UNDEF)
		return;
	for (size_t i = 0; i < search->count; i++) {
		struct elf_symbol *wanted = &search->wanted[i];

		if (wanted->found ||
		    !elf_stands_at(&search->places[i], symbol->st_name))
			continue;
		wanted->found = true;
		wanted->value = symbol->st_value;
	}
}

static void elf_search_table(struct elf_file *elf, uint32_t type,
    struct elf_symbol *wanted, size_t count)
{
	struct elf_search search = {.wanted = wanted, .count = count};
	Elf64_Shdr table, strings;

	if (count > WANTED_MAX || !elf_find_table(elf, type, &table, &strings))
		return;
	elf_find_names(elf, &strings, wanted, search.places, count);
	elf_visit_table(elf, &table, &strings, elf_match, &search);
}

void elf_find_symbols(
    struct elf_file *elf, struct elf_symbol *wanted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wanted[i].found = false;
	elf_search_table(elf, SHT_DYNSYM, wanted, count);
	if (count && !wanted[0].found)
		elf_search_table(elf, SHT_SYMTAB, wanted, count);
}

void elf_visit_symbols(struct elf_file *elf, elf_visitor *visit, void *context)
{
	static const uint32_t types[] = {SHT_SYMTAB, SHT_DYNSYM};
	Elf64_Shdr table, strings;

	for (size_t i = 0; i < 2; i++) {
		if (elf_find_table(elf, types[i], &table, &strings))
			elf_visit_table(elf, &table, &strings, visit, context);
	}
}

bool elf_read_text(struct elf_file *elf, uint64_t at, char *text, size_t size)
{
	if (at >= elf->size)
		return false;
	if (size > elf->size - at)
		size = elf->size - at;
	return elf_read_at(elf, at, text, size) && text[0] &&
	       memchr(text, 0, size) != NULL;
}

bool elf_find_section(struct elf_file *elf, const char *name, uint64_t *address)
{
	char text[NAME_MAX_LEN];
	size_t size = strlen(name) + 1;
	Elf64_Shdr names, section;

	if (size > sizeof(text) ||
	    !elf_section_at(elf, elf->header.e_shstrndx, &names))
		return false;
	for (unsigned i = 0; elf_section_at(elf, i, &section); i++) {
		if (section.sh_name >= names.sh_size ||
		    !elf_read_at(
			elf, names.sh_offset + section.sh_name, text, size) ||
		    memcmp(text, name, size))
			continue;
		*address = section.sh_addr;
		return true;
	}
	return false;
}

bool elf_bias(
    struct elf_file *elf, uint64_t start, uint64_t offset, uint64_t *bias)
{
	Elf64_Phdr segment;

	for (unsigned i = 0; i < elf->header.e_phnum && i < SEGMENTS_MAX; i++) {
		uint64_t place = elf->header.e_phoff + i * sizeof(segment);

		if (elf->header.e_phoff > elf->size ||
		    !elf_read_at(elf, place, &segment, sizeof(segment)))
			return false;
		if (segment.p_type != PT_LOAD ||
		    (segment.p_offset & PAGE_MASK) != offset)
			continue;
		*bias = start - (segment.p_vaddr & PAGE_MASK);
		return true;
	}
	return false;
}
