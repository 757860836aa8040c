// SPDX-License-Identifier: MIT
#include "allocation/log.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "allocation/heaps.h"
#include "allocation/stack.h"

#define LOG_PARTS 32 /* of a module */

static uint64_t log_mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint64_t log_hash(const void *bytes, size_t len)
{
	const char *from = bytes;
	uint64_t hash = len, word;

	for (size_t at = 0; at < len; at += sizeof(word)) {
		size_t part = len - at < sizeof(word) ? len - at : sizeof(word);

		word = 0;
		memcpy(&word, from + at, part);
		hash = log_mix(hash, word);
	}
	return hash;
}

static const struct allocation_entry *log_entry(
    const struct file *file, uint32_t place)
{
	return (void *)(file->log + (place - 1) * (uint64_t)8);
}

static uint32_t log_size(const struct log *log)
{
	return log->size > 0 ? log->size : LOG_PLACES_FIRST;
}

/* The entry's place in the hash table, or the free place for it. */
static uint32_t *log_place(struct log *log, const struct file *file,
    const struct allocation_entry *entry)
{
	uint32_t size = log_size(log), *places = &log->places[size];
	uint32_t at = (uint32_t)log_hash(entry, entry->bytes);

	for (;; at++) {
		uint32_t *place = &places[at % size];
		const struct allocation_entry *other;

		if (!*place)
			return place;
		other = log_entry(file, *place);
		if (other->bytes == entry->bytes &&
		    memcmp(other, entry, entry->bytes) == 0)
			return place;
	}
}

static uint32_t log_append(
    struct file *file, const struct allocation_entry *entry)
{
	void *room = file_log_room(file, entry->bytes);

	if (!room)
		return LOG_NONE;
	memcpy(room, entry, entry->bytes);
	return file_log_add(file, entry->bytes);
}

static void log_grow(struct log *log, const struct file *file)
{
	uint32_t size = log_size(log);
	const uint32_t *places = &log->places[size];

	log->size = 2 * size;
	for (uint32_t i = 0; i < size; i++)
		if (places[i])
			*log_place(log, file, log_entry(file, places[i])) =
			    places[i];
}

uint32_t log_intern(
    const struct log_search *to, const struct allocation_entry *entry)
{
	uint32_t *place = log_place(to->log, to->file, entry), at;

	if (*place)
		return (*place - 1) * 8;
	if (to->log->len > LOG_PLACES / 4 * 3)
		return LOG_NONE;
	at = log_append(to->file, entry);
	if (at == LOG_NONE)
		return LOG_NONE;
	to->log->len++;
	*place = at / 8 + 1;
	if (to->log->len > log_size(to->log) / 4 * 3 &&
	    log_size(to->log) < LOG_PLACES)
		log_grow(to->log, to->file);
	return at;
}

static bool log_is_in_module(const struct log *log, uint64_t address)
{
	for (uint32_t i = 0; i < log->modules_len; i++)
		if (address - log->modules[i].begin <
		    log->modules[i].end - log->modules[i].begin)
			return true;
	return false;
}

/* A module loaded by a relative name is below the current directory of that
 * time: the kernel knows its path (readable since Linux 4.3). */
static ssize_t log_read_mapped_path(
    const struct log_module *module, char path[static PATH_MAX])
{
	unsigned long long page = (unsigned long long)getpagesize();
	unsigned long long begin = module->begin / page * page;
	unsigned long long end = (module->end + page - 1) / page * page;
	char link[sizeof("/proc/self/map_files/-") + 32];

	snprintf(
	    link, sizeof(link), "/proc/self/map_files/%llx-%llx", begin, end);
	return readlink(link, path, PATH_MAX);
}

/* The program's; a forked child runs the same one. */
static ssize_t log_read_program_path(char path[static PATH_MAX])
{
	static char known[PATH_MAX];
	static ssize_t len;

	if (len <= 0)
		len = readlink("/proc/thread-self/exe", known, PATH_MAX);
	if (len > 0)
		memcpy(path, known, (size_t)len);
	return len;
}

static ssize_t log_read_path(const struct log_module *module, const char *name,
    char path[static PATH_MAX])
{
	ssize_t len = name ? (ssize_t)strnlen(name, PATH_MAX) : 0;
	ssize_t mapped;

	if (len == 0)
		return log_read_program_path(path);
	/* The vdso, linux-vdso.so.1 or the like, is no file. A program of musl
	 * may have a name without a slash. */
	mapped = *name == '/' || strncmp(name, "linux-", 6) == 0
		     ? -1
		     : log_read_mapped_path(module, path);
	if (mapped > 0)
		return mapped;
	memcpy(path, name, (size_t)len);
	return len;
}

/* A thread's stack may be too small for a path. */
static void log_write_module(struct file *file, const struct log_module *module,
    const struct dl_phdr_info *info)
{
	static union {
		struct allocation_module module;
		char bytes[sizeof(struct allocation_module) + PATH_MAX + 8];
	} entry;
	ssize_t len;

	/* "= {0}" clears no more than the first member, since gcc 15. */
	memset(&entry, 0, sizeof(entry));
	len = log_read_path(module, info->dlpi_name, entry.module.path);
	if (len < 0)
		len = 0;
	entry.module.entry.kind = ALLOCATION_MODULE;
	entry.module.entry.bytes =
	    (uint32_t)(sizeof(entry.module) + (size_t)len + 8) & ~7u;
	entry.module.begin = module->begin;
	entry.module.end = module->end;
	entry.module.bias = info->dlpi_addr;
	log_append(file, &entry.module.entry);
	if (heaps_is_module(entry.module.path))
		file->header->flags |= ALLOCATION_OWN_HEAP;
}

static struct log_module log_module_of(const struct dl_phdr_info *info)
{
	const char *name = info->dlpi_name ? info->dlpi_name : "";
	struct log_module module = {
	    .begin = UINT64_MAX, .name = log_hash(name, strlen(name))};

	for (int i = 0; i < info->dlpi_phnum; i++) {
		uint64_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type != PT_LOAD ||
		    !(info->dlpi_phdr[i].p_flags & PF_X))
			continue;
		if (at < module.begin)
			module.begin = at;
		if (at + info->dlpi_phdr[i].p_memsz > module.end)
			module.end = at + info->dlpi_phdr[i].p_memsz;
	}
	return module;
}

/* Removes unloaded modules to make room. False: the module is known. */
static bool log_module_is_new(struct log *log, const struct log_module *module)
{
	for (uint32_t i = 0; i < log->modules_len; i++) {
		struct log_module *other = &log->modules[i];

		if (other->end <= module->begin || module->end <= other->begin)
			continue;
		if (memcmp(other, module, sizeof(*other)) == 0)
			return false;
		*other = log->modules[--log->modules_len];
		i--;
	}
	return true;
}

static void log_add(
    const struct log_search *to, const struct dl_phdr_info *info)
{
	struct log *log = to->log;
	struct log_module module = log_module_of(info);

	if (module.begin >= module.end || !log_module_is_new(log, &module) ||
	    log->modules_len == LOG_MODULES)
		return;
	log->modules[log->modules_len++] = module;
	log_write_module(to->file, &module, info);
}

static int log_add_module(struct dl_phdr_info *info, size_t size, void *data)
{
	const struct log_search *to = data;

	if (size >= offsetof(struct dl_phdr_info, dlpi_subs)) {
		if (info->dlpi_adds + 1 == to->log->loads)
			return 1;
	}
	log_add(to, info);
	return 0;
}

static bool log_read_memory(void *to, uint64_t from, size_t bytes)
{
	int fd =
	    file_descriptor_open("/proc/thread-self/mem", O_RDONLY | O_CLOEXEC);
	bool is_read;

	if (fd < 0)
		return false;
	is_read = syscall(SYS_pread64, fd, to, bytes, from) == (long)bytes;
	file_descriptor_close(fd);
	return is_read;
}

/* Reads a module's own headers. Returns their number; 0: not all are there. */
static ElfW(Half) log_read_parts(uint64_t start, ElfW(Phdr) parts[LOG_PARTS])
{
	ElfW(Ehdr) head;

	if (!log_read_memory(&head, start, sizeof(head)) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_phentsize != sizeof(*parts) || head.e_phnum > LOG_PARTS ||
	    !log_read_memory(
		parts, start + head.e_phoff, head.e_phnum * sizeof(*parts)))
		return 0;
	return head.e_phnum;
}

/* Adds the module that has the address, without the loader's lock: a thread
 * that holds it may wait for this one, or be one of the parent's at the fork.
 * All of a module is taken for code where its headers can't be read. */
static void log_add_module_of(const struct log_search *to, uint64_t address)
{
	static ElfW(Phdr) parts[LOG_PARTS];
	struct stack_module found = {0};
	struct dl_phdr_info info = {.dlpi_phdr = parts};

	if (!stack_find_module((void *)(uintptr_t)address, &found))
		return;
	info.dlpi_addr = found.bias;
	info.dlpi_name = found.path;
	info.dlpi_phnum = log_read_parts(found.start, parts);
	if (info.dlpi_phnum == 0) {
		parts[0] = (ElfW(Phdr)){.p_type = PT_LOAD,
		    .p_flags = PF_X,
		    .p_vaddr = found.start - found.bias,
		    .p_memsz = found.end - found.start};
		info.dlpi_phnum = 1;
	}
	log_add(to, &info);
}

static int log_count_loads(struct dl_phdr_info *info, size_t size, void *data)
{
	if (size >= offsetof(struct dl_phdr_info, dlpi_subs))
		*(uint64_t *)data = info->dlpi_adds + 1;
	return 1;
}

/* Asks the loader only where it has loaded something since. */
static void log_modules(const struct log_search *to)
{
	uint64_t loads = 0;

	dl_iterate_phdr(log_add_module, (void *)(uintptr_t)to);
	dl_iterate_phdr(log_count_loads, &loads);
	to->log->loads = loads;
}

uint32_t log_stack(
    const struct log_search *to, const uint64_t *frames, size_t count)
{
	union {
		struct allocation_stack stack;
		char bytes[sizeof(struct allocation_stack) +
			   ALLOCATION_DEPTH * sizeof(uint64_t)];
	} entry;
	bool avoids_lock = stack_finds_at_once();
	bool outside = false;

	memset(&entry.stack, 0, sizeof(entry.stack));
	entry.stack.entry.kind = ALLOCATION_STACK;
	entry.stack.entry.bytes =
	    (uint32_t)(sizeof(entry.stack) + count * sizeof(*frames));
	entry.stack.count = count;
	memcpy(entry.stack.frames, frames, count * sizeof(*frames));
	if (*log_place(to->log, to->file, &entry.stack.entry))
		return log_intern(to, &entry.stack.entry);
	for (size_t i = 0; i < count; i++) {
		if ((frames[i] & ALLOCATION_IS_FRAME) ||
		    log_is_in_module(to->log, frames[i]))
			continue;
		if (avoids_lock)
			log_add_module_of(to, frames[i]);
		else
			outside = true;
	}
	if (outside)
		log_modules(to);
	return log_intern(to, &entry.stack.entry);
}
