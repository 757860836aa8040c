// SPDX-License-Identifier: MIT
#include "python/remote/interpreter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/utf8.h"
#include "proc/maps.h"
#include "proc/procfs.h"
#include "python/remote/elf.h"
#include "python/remote/identity.h"
#include "python/remote/remote.h"

#define IMAGES_MAX 4

/* A file in the process that may hold an interpreter. */
struct interpreter_image {
	uint64_t start, end, offset, inode;
	bool program; /* the executed file, not a library */
	char path[1024];
};

struct images {
	struct interpreter_image items[IMAGES_MAX];
	size_t len;
	bool pypy;
	char emulator[32]; /* qemu-aarch64, where it has a Python open */
	const struct interpreter_image
	    *unread; /* file that can't be read; NULL: none */
	int error;   /* errno of that file */
};

enum symbol {
	SYM_RUNTIME,
	SYM_VERSION,
	SYM_SINCE_310,
	SYM_SINCE_39,
	SYM_SINCE_38,
	SYM_DEBUG_BUILD,
	SYM_TYPE,
	SYM_CODE,
	SYM_GENERATOR,
	SYM_COUNT
};

/* Symbols that tell versions without Py_Version (before 3.11) apart. */
static const char *const symbol_names[SYM_COUNT] = {
    [SYM_RUNTIME] = "_PyRuntime",
    [SYM_VERSION] = "Py_Version",
    [SYM_SINCE_310] = "Py_NewRef",
    [SYM_SINCE_39] = "PyFrame_GetCode",
    [SYM_SINCE_38] = "PyCode_NewWithPosOnlyArgs",
    [SYM_DEBUG_BUILD] = "_Py_NegativeRefcount",
    [SYM_TYPE] = "PyType_Type",
    [SYM_CODE] = "PyCode_Type",
    [SYM_GENERATOR] = "PyGen_Type",
};

static bool interpreter_begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void interpreter_add_image(
    struct images *images, const struct maps_entry *entry, bool program)
{
	struct interpreter_image *image;

	for (size_t i = 0; i < images->len; i++)
		if (!strcmp(images->items[i].path, entry->path))
			return;
	if (images->len == IMAGES_MAX ||
	    strlen(entry->path) >= sizeof(image->path))
		return;
	image = &images->items[images->len++];
	image->start = entry->start;
	image->end = entry->end;
	image->offset = entry->offset;
	image->inode = entry->inode;
	image->program = program;
	strcpy(image->path, entry->path);
}

/* Puts the executed file first: where it and a library define _PyRuntime, the
 * library's users are bound to the program's. */
static void interpreter_sort_images(struct images *images)
{
	for (size_t i = 1; i < images->len; i++) {
		struct interpreter_image first = images->items[i];

		if (!first.program)
			continue;
		images->items[i] = images->items[0];
		images->items[0] = first;
	}
}

/* An emulator maps the program that it runs, python3.11, without executing it:
 * a library would be found, and refused for its machine. */
static void interpreter_note_emulator(
    struct images *images, const char *program, const char *name)
{
	if (interpreter_begins(path_name(program), "qemu-") &&
	    interpreter_begins(name, "python3"))
		snprintf(images->emulator, sizeof(images->emulator), "%s",
		    path_name(program));
}

static int interpreter_find_images(
    struct images *images, pid_t pid, const char *program)
{
	struct maps maps;
	struct maps_entry entry;

	if (maps_open(&maps, pid) < 0)
		return -1;
	while (maps_next(&maps, &entry)) {
		const char *name = path_name(entry.path);

		if (!strcmp(entry.path, program))
			interpreter_add_image(images, &entry, true);
		else if (interpreter_begins(name, "libpython"))
			interpreter_add_image(images, &entry, false);
		else if (interpreter_begins(name, "libpypy"))
			images->pypy = true;
		else
			interpreter_note_emulator(images, program, name);
	}
	maps_close(&maps);
	interpreter_sort_images(images);
	errno = maps.error;
	return errno ? -1 : 0;
}

static bool interpreter_has_inode(const char *path, uint64_t inode)
{
	struct stat status;

	return stat(path, &status) == 0 && (uint64_t)status.st_ino == inode;
}

/* Finds a path that opens the mapped file: map_files, which is exact and needs
 * privilege; the process's own root (a container); this process's root, from
 * which a chroot's paths are shown; at last a file with another inode number,
 * as overlayfs may show. What is read there is checked in any case. */
static void interpreter_image_path(
    char *path, size_t size, pid_t pid, const struct interpreter_image *image)
{
	if (image->program) {
		procfs_path(path, size, pid, "exe");
		return;
	}
	procfs_path(path, size, pid, "map_files/%llx-%llx",
	    (unsigned long long)image->start, (unsigned long long)image->end);
	if (interpreter_has_inode(path, image->inode))
		return;
	snprintf(path, size, "%s", image->path);
	if (interpreter_has_inode(path, image->inode)) {
		char inside[PATH_MAX];

		procfs_path(inside, sizeof(inside), pid, "root%s", image->path);
		if (!interpreter_has_inode(inside, image->inode))
			return;
	}
	procfs_path(path, size, pid, "root%s", image->path);
}

/* "libpython3.9.so.1.0", "python3.9": 9; -1 where the name has no version. */
static int interpreter_minor_of_name(const char *path, int *major)
{
	const char *at = strstr(path_name(path), "python");
	char *end;
	long minor;

	*major = 0;
	if (!at || at[6] < '2' || at[6] > '9')
		return -1;
	*major = at[6] - '0';
	if (at[7] != '.' || at[8] < '0' || at[8] > '9')
		return -1;
	minor = strtol(at + 8, &end, 10);
	return minor < 100 ? (int)minor : -1;
}

static enum python_result interpreter_unsupported(
    struct err *e, pid_t pid, const char *what)
{
	err_set(e, "process %d: not supported: %s", (int)pid, what);
	return PYTHON_UNSUPPORTED;
}

static enum python_result interpreter_unsupported_version(
    struct err *e, pid_t pid, int major, int minor)
{
	err_set(e,
	    "process %d: not supported: Python %d.%d (CPython 3.%d to 3.%d "
	    "can be read)",
	    (int)pid, major, minor, python_offsets_oldest(),
	    python_offsets_newest());
	return PYTHON_UNSUPPORTED;
}

/* The minor version is only known with a GIL. */
static enum python_result interpreter_no_row(
    struct err *e, const struct python_target *target)
{
	int oldest = python_offsets_oldest(), newest = python_offsets_newest();

	while (!python_offsets_find(oldest, -1, true))
		oldest++;
	while (!python_offsets_find(newest, -1, true))
		newest--;
	err_set(e,
	    "process %d: not supported: a free-threaded build of CPython "
	    "3.%d (those of 3.%d to 3.%d can be read, and 3.%d with its GIL)",
	    (int)target->pid, target->minor, oldest, newest, target->minor);
	return PYTHON_UNSUPPORTED;
}

/* No known interpreter was found: is it another kind of Python? */
static enum python_result interpreter_missing(
    const struct images *images, pid_t pid, struct err *e)
{
	if (images->pypy)
		return interpreter_unsupported(e, pid, "PyPy");
	for (size_t i = 0; i < images->len; i++) {
		const char *name = path_name(images->items[i].path);
		int major, minor = interpreter_minor_of_name(name, &major);

		if (interpreter_begins(name, "pypy"))
			return interpreter_unsupported(e, pid, "PyPy");
		if (!interpreter_begins(name, "python") &&
		    !interpreter_begins(name, "libpython"))
			continue;
		if (major == 2 ||
		    (minor >= 0 && minor < python_offsets_oldest()))
			return interpreter_unsupported_version(
			    e, pid, major, minor < 0 ? 7 : minor);
		if (images->items[i].program && images->len == 1)
			return interpreter_unsupported(e, pid,
			    "a Python without the symbol _PyRuntime (linked "
			    "statically and stripped?)");
	}
	if (!images->emulator[0]) {
		err_set(e, "process %d: runs no Python", (int)pid);
		return PYTHON_NONE;
	}
	err_set(e, "process %d: not supported: a Python that %s emulates",
	    (int)pid, images->emulator);
	return PYTHON_UNSUPPORTED;
}

static void interpreter_adopt_symbols(struct python_target *target,
    const struct elf_symbol *symbols, uint64_t bias)
{
	target->runtime = symbols[SYM_RUNTIME].value + bias;
	if (symbols[SYM_TYPE].found)
		target->type_type = symbols[SYM_TYPE].value + bias;
	if (symbols[SYM_CODE].found)
		target->code_type = symbols[SYM_CODE].value + bias;
	if (symbols[SYM_GENERATOR].found)
		target->generator_type = symbols[SYM_GENERATOR].value + bias;
}

/* Finds the version by Py_Version, by other exported symbols, or by the file's
 * name; returns 0, or the reason with e. */
static enum python_result interpreter_find_version(struct python_target *target,
    const struct elf_symbol *symbols, uint64_t bias,
    const struct interpreter_image *image, struct err *e)
{
	int major = 3;
	uint64_t version;

	target->micro = -1;
	if (symbols[SYM_VERSION].found) {
		if (memory_u64(&target->memory,
			symbols[SYM_VERSION].value + bias, &version) < 0)
			return python_refusal(target->pid, errno, e);
		major = version >> 24 & 255;
		target->minor = version >> 16 & 255;
		target->micro = version >> 8 & 255;
	} else if (symbols[SYM_SINCE_310].found) {
		target->minor = 10;
	} else if (symbols[SYM_SINCE_39].found) {
		target->minor = 9;
	} else if (symbols[SYM_SINCE_38].found) {
		target->minor = 8;
	} else {
		target->minor = interpreter_minor_of_name(image->path, &major);
	}
	if (target->minor < 0)
		return interpreter_unsupported(
		    e, target->pid, "a Python whose version can't be found");
	if (major != 3 || target->minor < python_offsets_oldest() ||
	    target->minor > python_offsets_newest())
		return interpreter_unsupported_version(
		    e, target->pid, major, target->minor);
	return PYTHON_OK;
}

/* Finds the row of offsets for the version, and adopts the interpreter's own
 * table where it has one. */
static enum python_result interpreter_find_offsets(
    struct python_target *target, struct err *e)
{
	const struct python_offsets *row;
	struct python_debug debug = {.free_threaded = 0};
	bool debugs = python_offsets_are_described(target->minor);

	if (debugs && memory_read(&target->memory, target->runtime, &debug,
			  sizeof(debug)) < 0)
		return python_refusal(target->pid, errno, e);
	if (debugs &&
	    memcmp(debug.cookie, PYTHON_DEBUG_COOKIE, sizeof(debug.cookie)))
		return interpreter_unsupported(
		    e, target->pid, "its table of offsets has no cookie");
	row = python_offsets_find(
	    target->minor, target->micro, debug.free_threaded);
	if (!row)
		return interpreter_no_row(e, target);
	target->offsets = *row;
	if (debugs && python_offsets_adopt(&target->offsets, &debug) < 0)
		return interpreter_unsupported(e, target->pid,
		    "its table of offsets matches no CPython that mprof "
		    "knows");
	return PYTHON_OK;
}

/* The type "type" is an instance of itself, and its size is that of a type. */
static bool interpreter_fits_type(const struct python_target *target)
{
	const struct python_offsets *o = &target->offsets;
	const struct python_memory *memory = &target->memory;
	uint64_t type = 0, basic = 0, dict = 0;

	if (!target->type_type)
		return true;
	memory_u64(memory, target->type_type + o->object_type, &type);
	memory_u64(memory, target->type_type + o->type_basic_size, &basic);
	memory_u64(memory, target->type_type + o->type_dict_offset, &dict);
	return type == target->type_type &&
	       basic == (uint64_t)o->heap_type_size &&
	       dict == (uint64_t)o->type_dict;
}

/* Since 3.11 the instructions are at the end of a code object. */
static bool interpreter_fits_code(const struct python_target *target)
{
	const struct python_offsets *o = &target->offsets;
	int end =
	    o->code_instructions >= 0 ? o->code_instructions : o->code_size;
	uint64_t basic = 0;

	if (!target->code_type)
		return true;
	memory_u64(
	    &target->memory, target->code_type + o->type_basic_size, &basic);
	return basic == (uint64_t)end;
}

/* Since 3.11 a generator ends with its frame, so its size shows where a frame's
 * variables begin. */
static bool interpreter_fits_generator(const struct python_target *target)
{
	const struct python_offsets *o = &target->offsets;
	uint64_t basic = 0;

	if (!target->generator_type || o->generator_frame == OFFSET_ABSENT)
		return true;
	memory_u64(&target->memory, target->generator_type + o->type_basic_size,
	    &basic);
	return basic ==
	       (uint64_t)o->generator_frame + (uint64_t)o->frame_locals;
}

/* The layout is trusted only where all that it leads to is consistent. */
static enum python_result interpreter_check_layout(
    struct python_target *target, struct err *e)
{
	const struct python_offsets *o = &target->offsets;
	const struct python_memory *memory = &target->memory;
	uint64_t thread = 0, owner = 0;
	bool fits;

	if (memory_u64(memory, target->runtime + o->runtime_interpreters,
		&target->interpreter) < 0)
		return python_refusal(target->pid, errno, e);
	/* A failed read leaves errno set; EFAULT comes from pointers that are
	 * not set yet. */
	errno = 0;
	if (target->interpreter)
		memory_u64(memory, target->interpreter + o->interpreter_threads,
		    &thread);
	if (thread)
		memory_u64(memory, thread + o->thread_interpreter, &owner);
	fits = owner == target->interpreter && interpreter_fits_type(target) &&
	       interpreter_fits_code(target) &&
	       interpreter_fits_generator(target);
	if (errno && errno != EFAULT)
		return python_refusal(target->pid, errno, e);
	if (!owner) {
		err_set(e, "process %d: its Python has not started yet",
		    (int)target->pid);
		return PYTHON_EARLY;
	}
	if (fits)
		return PYTHON_OK;
	err_set(e,
	    "process %d: not supported: CPython 3.%d has a memory layout of no "
	    "release that mprof knows",
	    (int)target->pid, target->minor);
	return PYTHON_UNSUPPORTED;
}

static enum python_result interpreter_use_image(struct python_target *target,
    struct elf_file *elf, const struct interpreter_image *image, struct err *e)
{
	struct elf_symbol symbols[SYM_COUNT];
	enum python_result result;
	uint64_t bias;

	for (int i = 0; i < SYM_COUNT; i++)
		symbols[i].name = symbol_names[i];
	elf_find_symbols(elf, symbols, SYM_COUNT);
	/* Since 3.10 _PyRuntime has a section of its own, which strip keeps. */
	if (!symbols[SYM_RUNTIME].found &&
	    !elf_find_section(elf, ".PyRuntime", &symbols[SYM_RUNTIME].value))
		return PYTHON_NONE;
	if (!elf_bias(elf, image->start, image->offset, &bias))
		return PYTHON_NONE;
	interpreter_adopt_symbols(target, symbols, bias);
	utf8_clean(target->file, sizeof(target->file), image->path);
	if (symbols[SYM_DEBUG_BUILD].found)
		return interpreter_unsupported(
		    e, target->pid, "a debug build of CPython");
	result = interpreter_find_version(target, symbols, bias, image, e);
	if (result == PYTHON_OK)
		result = interpreter_find_offsets(target, e);
	return result == PYTHON_OK ? interpreter_check_layout(target, e)
				   : result;
}

static enum python_result interpreter_unread(
    struct images *images, const struct interpreter_image *image, int error)
{
	images->unread = image;
	images->error = error;
	return PYTHON_NONE;
}

static enum python_result interpreter_try_image(struct python_target *target,
    struct images *images, const struct interpreter_image *image, struct err *e)
{
	const char *name = path_name(image->path);
	bool named = interpreter_begins(name, "python") ||
		     interpreter_begins(name, "libpython");
	char path[PATH_MAX];
	struct elf_file elf;
	enum python_result result;

	interpreter_image_path(path, sizeof(path), target->thread, image);
	switch (elf_open(&elf, path)) {
	case ELF_OK:
		result = interpreter_use_image(target, &elf, image, e);
		elf_close(&elf);
		return elf.error ? interpreter_unread(images, image, elf.error)
				 : result;
	case ELF_32_BIT:
		return named ? interpreter_unsupported(
				   e, target->pid, "a 32-bit Python")
			     : PYTHON_NONE;
	case ELF_OTHER_MACHINE:
		return named ? interpreter_unsupported(e, target->pid,
				   "a Python that is not for x86-64")
			     : PYTHON_NONE;
	case ELF_NO_FILE:
	case ELF_NO_ELF:
		break;
	}
	return elf.error ? interpreter_unread(images, image, elf.error)
			 : PYTHON_NONE;
}

static enum python_result interpreter_open_target(
    struct python_target *target, struct err *e)
{
	struct images images = {.len = 0};
	char link[64], program[1024];
	pid_t pid = target->pid;
	ssize_t len;

	procfs_path(link, sizeof(link), target->thread, "exe");
	len = readlink(link, program, sizeof(program) - 1);
	/* A kernel thread has executed no file. */
	if (len < 0 && errno == ENOENT && kill(pid, 0) == 0)
		return interpreter_missing(&images, pid, e);
	if (len < 0 || len == sizeof(program) - 1)
		return python_refusal(pid, len < 0 ? errno : ENAMETOOLONG, e);
	program[len] = '\0';
	if (interpreter_find_images(&images, target->thread, program) < 0)
		return python_refusal(pid, errno, e);
	for (size_t i = 0; i < images.len; i++) {
		enum python_result result =
		    interpreter_try_image(target, &images, &images.items[i], e);

		if (result != PYTHON_NONE)
			return result;
	}
	if (!images.unread)
		return interpreter_missing(&images, pid, e);
	/* A deleted file can be opened only through map_files. */
	err_set(e, "process %d: its file %s can't be read: %s%s", (int)pid,
	    images.unread->path, strerror(images.error),
	    strstr(images.unread->path, " (deleted)")
		? "; root can read a deleted file"
		: "");
	return PYTHON_UNSUPPORTED;
}

enum python_result python_open(
    struct python_target *target, pid_t pid, struct err *e)
{
	struct identity identity;
	enum python_result result;

	memset(target, 0, sizeof(*target));
	target->pid = pid;
	target->thread = identity_living(pid);
	target->memory = remote_memory(target->thread);
	identity_read(&identity, pid, target->thread);
	result = interpreter_open_target(target, e);
	if (result != PYTHON_OK)
		result = identity_explain(&identity, result, e);
	identity_finish(&identity);
	return result;
}
