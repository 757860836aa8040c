// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "input.h"

#include "python/remote/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_symbol wanted[] = {
	    {.name = "_PyRuntime"}, {.name = "PyType_Type"}};
	struct elf_file elf;
	uint64_t address;

	if (elf_open(&elf, input_path(data, size)) != ELF_OK)
		return 0;
	elf_find_symbols(&elf, wanted, 2);
	elf_find_section(&elf, ".PyRuntime", &address);
	elf_bias(&elf, 0x400000, 0x1000, &address);
	elf_close(&elf);
	return 0;
}
