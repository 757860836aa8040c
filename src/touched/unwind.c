// SPDX-License-Identifier: MIT
#include "touched/unwind.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/touched_feed.h"
#include "proc/namespace.h"
#include "proc/perf_map.h"
#include "proc/procfs.h"

enum { INSTRUCTION_POINTER = 16, STACK_POINTER = 7, TEXT_MAX = 4096 };

/* Mappings are read again where code was mapped since, but not more often;
 * sooner for an address in no known one. A program that compiles at run time
 * maps code all the time. */
#define AGAIN_NS (NS_PER_S / 10)
#define SOONER_NS (NS_PER_S / 100)
/* The first readings need not wait: a program maps its libraries at its start,
 * and may grow quickly right after that. */
#define READINGS_FIRST 8

struct unwind {
	pid_t pid;
	pid_t task; /* the main thread, or another one if that has ended */
	Dwfl *dwfl;
	/* What libdw chooses the registers by: otherwise it does so by one of
	 * the modules, and reads freed memory when that is gone, as after an
	 * exec that was not reported yet. */
	Elf *machine;
	char header[sizeof(Elf64_Ehdr)];
	bool attached, stale, python, has_root;
	int64_t mapped_ns;
	unsigned readings; /* of the mappings */
	char root[32];     /* prefix of paths for a process with another root */
	struct perf_map map;
	/* State of the stack that is being walked. */
	const struct rings_thread *thread;
	uint64_t addresses[TOUCHED_DEPTH];
	size_t count;
};

/* A file that was deleted or replaced is still available below /proc/PID; in
 * other mount namespaces, paths begin at the process's root. */
static int unwind_find_elf(Dwfl_Module *module, void **data, const char *name,
    Dwarf_Addr base, char **path, Elf **elf)
{
	const struct unwind *unwind = *data;
	char text[TEXT_MAX];
	int fd = -1;

	if (unwind && name[0] == '/') {
		procfs_path(text, sizeof(text), unwind->task, "root%s", name);
		fd = open(text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	}
	if (fd >= 0) {
		*path = strdup(text);
		return fd;
	}
	return dwfl_linux_proc_find_elf(module, data, name, base, path, elf);
}

/* Unwind tables are in the object files themselves. The arguments are
 * libdw's. */
/* NOLINTNEXTLINE(readability-function-size) */
static int unwind_find_nothing(Dwfl_Module *module, void **data,
    const char *name, Dwarf_Addr base, const char *file, const char *link,
    GElf_Word crc, char **found)
{
	(void)module;
	(void)data;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	(void)found;
	return -1;
}

static const Dwfl_Callbacks unwind_files = {
    .find_elf = unwind_find_elf,
    .find_debuginfo = unwind_find_nothing,
};

static pid_t unwind_next_thread(Dwfl *dwfl, void *context, void **thread)
{
	const struct unwind *unwind = context;

	(void)dwfl;
	if (*thread)
		return 0;
	*thread = context;
	return unwind->pid;
}

static bool unwind_get_thread(
    Dwfl *dwfl, pid_t tid, void *context, void **thread)
{
	(void)dwfl;
	(void)tid;
	*thread = context;
	return true;
}

static size_t unwind_word(const struct rings_thread *thread)
{
	return thread->is_narrow ? sizeof(uint32_t) : sizeof(uint64_t);
}

/* Reads a word of a section of an object file. */
static bool unwind_read_file(
    Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word, size_t size)
{
	Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
	Dwarf_Addr bias;
	Elf_Scn *section;
	Elf_Data *data;

	section = module ? dwfl_module_address_section(module, &address, &bias)
			 : NULL;
	data = section ? elf_getdata(section, NULL) : NULL;
	if (!data || !data->d_buf || data->d_size < size ||
	    address > data->d_size - size)
		return false;
	memcpy(word, (const char *)data->d_buf + address, size);
	return true;
}

static bool unwind_read(
    Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *word, void *context)
{
	const struct unwind *unwind = context;
	const struct rings_thread *thread = unwind->thread;
	uint64_t at = address - thread->registers[STACK_POINTER];
	size_t size = unwind_word(thread);

	*word = 0; /* the upper half of a narrow one; bytes ascend here */
	if (at >= thread->stack_len || thread->stack_len - at < size)
		return unwind_read_file(dwfl, address, word, size);
	memcpy(word, thread->stack + at, size);
	return true;
}

/* i386's numbers for registers are in another order: eax, ecx, edx, ebx, esp,
 * ebp, esi, edi, eip. */
static const uint8_t unwind_narrow_order[] = {
    0, 2, 1, 3, STACK_POINTER, 6, 4, 5, INSTRUCTION_POINTER};

static bool unwind_set_registers(Dwfl_Thread *thread, void *context)
{
	const struct rings_thread *from = ((struct unwind *)context)->thread;
	unsigned count =
	    from->is_narrow ? sizeof(unwind_narrow_order) : RINGS_REGISTERS;
	Dwarf_Word words[RINGS_REGISTERS];

	for (size_t i = 0; i < count; i++)
		words[i] =
		    from->registers[from->is_narrow ? unwind_narrow_order[i]
						    : i];
	dwfl_thread_state_register_pc(
	    thread, from->registers[INSTRUCTION_POINTER]);
	return dwfl_thread_state_registers(thread, 0, count, words);
}

static const Dwfl_Thread_Callbacks unwind_threads = {
    .next_thread = unwind_next_thread,
    .get_thread = unwind_get_thread,
    .memory_read = unwind_read,
    .set_initial_registers = unwind_set_registers,
};

static bool unwind_names_python(const char *path)
{
	const char *base = path_name(path);

	return strncmp(base, "python", 6) == 0 ||
	       strncmp(base, "libpython", 9) == 0;
}

static int unwind_own_module(Dwfl_Module *module, void **data, const char *name,
    Dwarf_Addr start, void *context)
{
	struct unwind *unwind = context;

	unwind->python = unwind->python || unwind_names_python(name);
	unwind->stale = false;
	(void)module;
	(void)start;
	*data = context;
	return DWARF_CB_OK;
}

static bool unwind_try_task(void *context, pid_t task)
{
	struct unwind *unwind = context;
	char path[64], text[1];

	procfs_path(path, sizeof(path), task, "exe");
	if (readlink(path, text, sizeof(text)) < 0)
		return true;
	unwind->task = task;
	return false;
}

/* A thread that has ended has no mappings in /proc. */
static void unwind_find_task(struct unwind *unwind)
{
	if (unwind_try_task(unwind, unwind->pid))
		procfs_each_thread_once(unwind->pid, unwind_try_task, unwind);
}

/* The kind of machine is at the same place in the headers of 32 bits. Nothing
 * else is needed of them. */
static void unwind_find_machine(struct unwind *unwind)
{
	size_t len = offsetof(Elf64_Ehdr, e_version);
	char path[64];
	int fd;

	procfs_path(path, sizeof(path), unwind->task, "exe");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return;
	if (pread(fd, unwind->header, len, 0) == (ssize_t)len)
		unwind->machine =
		    elf_memory(unwind->header, sizeof(unwind->header));
	close(fd);
}

/* For a process with another root or other mounts paths are other files here: a
 * prefix keeps them from being taken for this system's. False: its task has
 * ended. */
static bool unwind_find_root(struct unwind *unwind)
{
	struct namespace_files files;

	if (!namespace_find_files(unwind->task, &files))
		return false;
	if (!namespace_shares_files(
		files.mounts, files.root_device, files.root_inode))
		procfs_path(
		    unwind->root, sizeof(unwind->root), unwind->task, "root");
	return true;
}

/* Finds the root and the kind of machine once. An exec may change both; the
 * program that follows it has another struct unwind. */
static void unwind_identify(struct unwind *unwind)
{
	if (!unwind->has_root)
		unwind->has_root = unwind_find_root(unwind);
	if (!unwind->machine)
		unwind_find_machine(unwind);
}

/* The mappings stay stale if they have no module, as the task has ended: they
 * are read again, of another task, for the next stack. */
static void unwind_read_maps(struct unwind *unwind)
{
	unwind_find_task(unwind);
	unwind_identify(unwind);
	unwind->mapped_ns = clock_mono_ns();
	unwind->readings++;
	unwind->stale = true;
	dwfl_report_begin(unwind->dwfl);
	dwfl_linux_proc_report(unwind->dwfl, unwind->task);
	dwfl_report_end(unwind->dwfl, NULL, NULL);
	dwfl_getmodules(unwind->dwfl, unwind_own_module, unwind, 0);
	if (!unwind->attached && unwind->machine)
		unwind->attached = dwfl_attach_state(unwind->dwfl,
		    unwind->machine, unwind->pid, &unwind_threads, unwind);
}

struct unwind *unwind_create(pid_t pid)
{
	struct unwind *unwind = mem_zero(1, sizeof(*unwind));

	unwind->pid = unwind->task = unwind->map.pid = pid;
	unwind->dwfl = dwfl_begin(&unwind_files);
	if (!unwind->dwfl) {
		free(unwind);
		return NULL;
	}
	unwind_read_maps(unwind);
	return unwind;
}

void unwind_destroy(struct unwind *unwind)
{
	if (!unwind)
		return;
	dwfl_end(unwind->dwfl);
	elf_end(unwind->machine);
	perf_map_finish(&unwind->map);
	free(unwind);
}

bool unwind_is_python(const struct unwind *unwind)
{
	return unwind->python;
}

void unwind_note_map(struct unwind *unwind)
{
	unwind->stale = true;
}

static int unwind_add_address(Dwfl_Frame *frame, void *context)
{
	struct unwind *unwind = context;
	Dwarf_Addr address;
	bool exact;

	/* Nothing returns to 0: a frame pointer led to other words. */
	if (!dwfl_frame_pc(frame, &address, &exact) || address == 0)
		return DWARF_CB_ABORT;
	unwind->addresses[unwind->count++] = exact ? address : address - 1;
	return unwind->count < TOUCHED_DEPTH ? DWARF_CB_OK : DWARF_CB_ABORT;
}

static void unwind_walk(struct unwind *unwind, pid_t tid)
{
	uint64_t at = unwind->thread->registers[INSTRUCTION_POINTER];

	unwind->count = 0;
	if (unwind->attached)
		dwfl_getthread_frames(
		    unwind->dwfl, tid, unwind_add_address, unwind);
	if (unwind->count == 0)
		unwind->addresses[unwind->count++] = at;
}

/* Whether all addresses are in known object files: a new one shows by an
 * address that is not. */
static bool unwind_is_whole(const struct unwind *unwind)
{
	for (size_t i = 0; i < unwind->count; i++)
		if (!dwfl_addrmodule(unwind->dwfl, unwind->addresses[i]))
			return false;
	return true;
}

static bool unwind_is_outdated(const struct unwind *unwind)
{
	int64_t age_ns = clock_mono_ns() - unwind->mapped_ns;

	if (unwind->stale && age_ns > AGAIN_NS)
		return true;
	if (unwind->stale && unwind->readings < READINGS_FIRST)
		age_ns = INT64_MAX;
	return age_ns > (unwind->stale ? SOONER_NS : NS_PER_S) &&
	       !unwind_is_whole(unwind);
}

static void unwind_add_text(struct strbuf *texts, const char *text, size_t len)
{
	size_t whole = strlen(text);

	strbuf_add_bytes(texts, text, whole < len ? whole : len);
	strbuf_add_bytes(texts, "", 1);
}

/* Adds a frame without a line. */
static void unwind_add(
    struct strbuf *texts, const char *file, const char *function)
{
	unwind_add_text(texts, file, TEXT_MAX);
	unwind_add_text(texts, "0", 1);
	unwind_add_text(texts, function, TEXT_MAX);
}

static void unwind_add_name(struct strbuf *texts, pid_t pid, const char *name)
{
	struct perf_map_place place;
	char file[64];

	if (!perf_map_split(name, &place)) {
		snprintf(file, sizeof(file), "/tmp/perf-%d.map", (int)pid);
		unwind_add(texts, file, name);
		return;
	}
	unwind_add_text(texts, place.path, place.path_len);
	unwind_add_text(texts, place.line, place.line_len);
	unwind_add_text(texts, place.function, place.function_len);
}

/* Whether the object file itself has code or data at that address. */
static bool unwind_has_address(Elf *elf, GElf_Addr address)
{
	size_t count = 0;
	GElf_Phdr part;

	elf_getphdrnum(elf, &count);
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &part) &&
		    part.p_type == PT_LOAD && address >= part.p_vaddr &&
		    address - part.p_vaddr < part.p_memsz)
			return true;
	return false;
}

/* The kernel's own object file is in the process's memory alone: its names are
 * found now, those of others later. */
static void unwind_add_vdso(Dwfl_Module *module, uint64_t address,
    const char *code, struct strbuf *texts)
{
	const char *name = dwfl_module_addrname(module, address);

	unwind_add(texts, "[vdso]", name ? name : code);
}

/* False, without adding, where the address is outside all PT_LOAD segments of
 * its file. */
static bool unwind_add_code(struct unwind *unwind, Dwfl_Module *module,
    uint64_t address, struct strbuf *texts)
{
	Dwarf_Addr start = 0;
	const char *name = dwfl_module_info(
	    module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
	GElf_Addr bias = 0;
	Elf *elf = dwfl_module_getelf(module, &bias);
	char file[TEXT_MAX], code[32];

	if (!elf)
		bias = start;
	else if (!unwind_has_address(elf, address - bias))
		return false;
	snprintf(file, sizeof(file), "%s%.*s",
	    name && name[0] == '/' ? unwind->root : "",
	    name ? (int)path_undeleted(name) : 0, name ? name : "");
	snprintf(code, sizeof(code), "+0x%llx",
	    (unsigned long long)(address - bias));
	if (strncmp(file, "[vdso", 5) == 0)
		unwind_add_vdso(module, address, code, texts);
	else
		unwind_add(texts, file, code);
	return true;
}

static void unwind_add_frame(
    struct unwind *unwind, uint64_t address, struct strbuf *texts)
{
	Dwfl_Module *module = dwfl_addrmodule(unwind->dwfl, address);
	const char *name;
	char code[32];

	if (module && unwind_add_code(unwind, module, address, texts))
		return;
	name = perf_map_find(&unwind->map, address);
	if (name) {
		unwind_add_name(texts, unwind->pid, name);
		return;
	}
	snprintf(code, sizeof(code), "+0x%llx", (unsigned long long)address);
	unwind_add(texts, "", code);
}

size_t unwind_stack(struct unwind *unwind, const struct rings_thread *thread,
    pid_t tid, struct strbuf *texts)
{
	unwind->thread = thread;
	unwind_walk(unwind, tid);
	if (unwind_is_outdated(unwind)) {
		unwind_read_maps(unwind);
		unwind_walk(unwind, tid);
	}
	for (size_t i = 0; i < unwind->count; i++)
		unwind_add_frame(unwind, unwind->addresses[i], texts);
	return unwind->count;
}
