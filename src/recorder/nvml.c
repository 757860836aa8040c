// SPDX-License-Identifier: MIT
//
// The few parts of NVML's interface that are used, as its reference has them
// (docs.nvidia.com/deploy/nvml-api). Functions whose structures have changed
// carry a version in their name: the structures below go with those.
#include "recorder/nvml.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	NVML_SUCCESS = 0,
	NVML_NOT_SUPPORTED = 3,
	NVML_NOT_FOUND = 6,
	NVML_INSUFFICIENT_SIZE = 7,
	NVML_UNKNOWN = 999
};

/* An entry of the lists of processes, from version 2 on. Version 1 ends with
 * used_bytes. The first drivers of the 535 series write 8 bytes more, by
 * functions of the same name (github.com/XuehaiPan/nvitop/pull/89). */
struct nvml_entry {
	unsigned int pid;
	unsigned long long used_bytes; /* all bits set: not available */
	unsigned int instance, compute;
};

/* Version 2; and version 1, which lacks version and reserved. */
struct nvml_memory {
	unsigned int version;
	unsigned long long total, reserved, unused, used;
};

struct nvml_old_memory {
	unsigned long long total, unused, used;
};

struct nvml_utilization {
	unsigned int gpu, memory; /* % of the time */
};

/* Their results are one of the enum above, or another number. */
struct nvml_functions {
	int (*init)(void);
	const char *(*error)(int result);
	int (*count)(unsigned int *count);
	int (*handle)(unsigned int index, void **device);
	int (*compute)(void *device, unsigned int *count, void *entries);
	int (*graphics)(void *device, unsigned int *count, void *entries);
	int (*utilization)(void *device, struct nvml_utilization *rates);
	int (*memory)(void *device, struct nvml_memory *memory);
	int (*old_memory)(void *device, struct nvml_old_memory *memory);
	int (*mig_mode)(
	    void *device, unsigned int *current, unsigned int *pending);
	int (*mig_count)(void *device, unsigned int *count);
	int (*mig_handle)(void *device, unsigned int index, void **part);
};

#define NVML_AT(member) offsetof(struct nvml_functions, member)

/* Drivers before 510 lack version 3 of the lists, and pass the same entries by
 * version 2. */
static const struct nvml_symbol {
	size_t offset;
	bool needed;
	const char *name, *older;
} nvml_symbols[] = {
    {NVML_AT(init), true, "nvmlInit_v2", NULL},
    {NVML_AT(error), true, "nvmlErrorString", NULL},
    {NVML_AT(count), true, "nvmlDeviceGetCount_v2", NULL},
    {NVML_AT(handle), true, "nvmlDeviceGetHandleByIndex_v2", NULL},
    {NVML_AT(compute), true, "nvmlDeviceGetComputeRunningProcesses_v3",
	"nvmlDeviceGetComputeRunningProcesses_v2"},
    {NVML_AT(graphics), true, "nvmlDeviceGetGraphicsRunningProcesses_v3",
	"nvmlDeviceGetGraphicsRunningProcesses_v2"},
    {NVML_AT(utilization), false, "nvmlDeviceGetUtilizationRates", NULL},
    {NVML_AT(memory), false, "nvmlDeviceGetMemoryInfo_v2", NULL},
    {NVML_AT(old_memory), false, "nvmlDeviceGetMemoryInfo", NULL},
    {NVML_AT(mig_mode), false, "nvmlDeviceGetMigMode", NULL},
    {NVML_AT(mig_count), false, "nvmlDeviceGetMaxMigDeviceCount", NULL},
    {NVML_AT(mig_handle), false, "nvmlDeviceGetMigDeviceHandleByIndex", NULL},
};

struct nvml {
	void *library;
	struct nvml_functions call;
	ARRAY(struct nvml_device) devices;
	uint64_t *list;    /* the driver's entries */
	unsigned int room; /* entries of the longest kind that fit in list */
};

static int nvml_find_symbols(struct nvml *nvml, struct err *e)
{
	for (size_t i = 0; i < sizeof(nvml_symbols) / sizeof(nvml_symbols[0]);
	     i++) {
		const struct nvml_symbol *row = &nvml_symbols[i];
		void *symbol = dlsym(nvml->library, row->name);

		if (!symbol && row->older)
			symbol = dlsym(nvml->library, row->older);
		if (!symbol && row->needed)
			return err_set(e,
			    "NVIDIA's libnvidia-ml.so.1 is too old: it has no "
			    "%s",
			    row->name);
		*(void **)((char *)&nvml->call + row->offset) = symbol;
	}
	return 0;
}

struct nvml *nvml_open(struct err *e)
{
	struct nvml *nvml = mem_zero(1, sizeof(*nvml));

	nvml->library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
	if (nvml->library && nvml_find_symbols(nvml, e) == 0)
		return nvml;
	if (nvml->library)
		dlclose(nvml->library);
	else
		err_set(e, "NVIDIA's libnvidia-ml.so.1 can't be loaded");
	nvml_free(nvml);
	return NULL;
}

void nvml_free(struct nvml *nvml)
{
	if (!nvml)
		return;
	for (size_t i = 0; i < nvml->devices.len; i++)
		array_free(&nvml->devices.items[i].processes);
	array_free(&nvml->devices);
	free(nvml->list);
	free(nvml);
}

/* A handle stays valid when a device is lost; an index may not. */
int nvml_begin(struct nvml *nvml, struct err *e)
{
	unsigned int count = 0;
	int result = nvml->call.init();

	if (result == NVML_SUCCESS)
		result = nvml->call.count(&count);
	if (result != NVML_SUCCESS) {
		const char *text = nvml->call.error(result);

		return err_set(e, "NVIDIA's libnvidia-ml.so.1: %s",
		    text ? text : "it fails and doesn't say why");
	}
	for (unsigned int i = 0; i < count && i < 4096; i++) {
		struct nvml_device *device = array_push(&nvml->devices);

		*device = (struct nvml_device){0};
		if (nvml->call.handle(i, &device->handle) != NVML_SUCCESS)
			device->handle = NULL;
	}
	return count > 0 ? 0 : err_set(e, "NVIDIA's driver has no GPU");
}

/* A process may be in the lists of both kinds. */
static void nvml_add(struct nvml_device *device, const struct nvml_entry *entry)
{
	struct nvml_process process = {.pid = entry->pid,
	    .instance = entry->instance,
	    .compute = entry->compute,
	    .bytes = entry->used_bytes <= INT64_MAX ? (int64_t)entry->used_bytes
						    : -1};

	for (size_t i = 0; i < device->processes.len; i++) {
		struct nvml_process *other = &device->processes.items[i];

		if (other->pid != process.pid ||
		    other->instance != process.instance ||
		    other->compute != process.compute)
			continue;
		if (other->bytes < process.bytes)
			other->bytes = process.bytes;
		return;
	}
	*array_push(&device->processes) = process;
}

/* Between two calls the list may grow: a few tries. */
enum { NVML_TRIES = 5, NVML_ENTRIES = 1 << 16 };

/* Length of an entry in words, by driver, and that of the longest. */
static const size_t nvml_entry_words[] = {3, 4, 2};
enum { NVML_MOST_WORDS = 4 };

/* Fills each word of a list, to find those that the driver has not written. */
#define NVML_UNWRITTEN UINT64_C(0xa5c35a3c96695aa5)

static void nvml_clear_list(struct nvml *nvml, unsigned int count)
{
	if (count >= nvml->room) {
		nvml->room = 2 * count + 64;
		nvml->list = mem_resize(nvml->list, nvml->room,
		    NVML_MOST_WORDS * sizeof(nvml->list[0]));
	}
	for (size_t i = 0; i < (size_t)NVML_MOST_WORDS * nvml->room; i++)
		nvml->list[i] = NVML_UNWRITTEN;
}

/* The length of an entry in words, where that many entries end at end; 0: no
 * known length. */
static size_t nvml_words_of(size_t end, size_t entries)
{
	size_t len = sizeof(nvml_entry_words) / sizeof(nvml_entry_words[0]);

	for (size_t i = 0; i < len; i++) {
		if (end == entries * nvml_entry_words[i])
			return nvml_entry_words[i];
	}
	return 0;
}

/* The length of an entry in words, by where the driver stopped writing: after
 * the last entry, or at the end of a list that it cleared. 0: no known
 * length. */
static size_t nvml_words(const struct nvml *nvml, unsigned int count)
{
	size_t end = (size_t)NVML_MOST_WORDS * nvml->room, words;

	while (end > 0 && nvml->list[end - 1] == NVML_UNWRITTEN)
		end--;
	words = nvml_words_of(end, count);
	return words > 0 ? words : nvml_words_of(end, nvml->room);
}

static int nvml_add_list(
    const struct nvml *nvml, struct nvml_device *device, unsigned int count)
{
	size_t words, size;

	if (count == 0)
		return NVML_SUCCESS;
	words = nvml_words(nvml, count);
	size = words * sizeof(nvml->list[0]);
	if (words == 0)
		return NVML_UNKNOWN;
	for (unsigned int i = 0; i < count; i++) {
		struct nvml_entry entry = {0};

		memcpy(&entry, nvml->list + i * words,
		    size < sizeof(entry) ? size : sizeof(entry));
		nvml_add(device, &entry);
	}
	return NVML_SUCCESS;
}

typedef int nvml_list(void *device, unsigned int *count, void *entries);

static int nvml_read_list(struct nvml *nvml, struct nvml_device *device,
    void *handle, nvml_list *list)
{
	unsigned int count = 0;
	int result = NVML_INSUFFICIENT_SIZE;

	for (int i = 0; i < NVML_TRIES && result == NVML_INSUFFICIENT_SIZE;
	     i++) {
		if (count > NVML_ENTRIES)
			return result;
		nvml_clear_list(nvml, count);
		count = nvml->room;
		result = list(handle, &count, nvml->list);
	}
	if (result == NVML_SUCCESS && count > nvml->room)
		return NVML_INSUFFICIENT_SIZE;
	return result == NVML_SUCCESS ? nvml_add_list(nvml, device, count)
				      : result;
}

/* A device may not support graphics; compute processes are always listed. */
static bool nvml_list_both(
    struct nvml *nvml, struct nvml_device *device, void *handle)
{
	int graphics;

	if (nvml_read_list(nvml, device, handle, nvml->call.compute) !=
	    NVML_SUCCESS)
		return false;
	graphics = nvml_read_list(nvml, device, handle, nvml->call.graphics);
	return graphics == NVML_SUCCESS || graphics == NVML_NOT_SUPPORTED;
}

/* A device that is divided (MIG) lists its parts' processes only for an
 * administrator; each part lists its own. */
static bool nvml_list_parts(struct nvml *nvml, struct nvml_device *device)
{
	unsigned int count = 0;
	void *part = NULL;

	if (!nvml->call.mig_count || !nvml->call.mig_handle ||
	    nvml->call.mig_count(device->handle, &count) != NVML_SUCCESS)
		return false;
	for (unsigned int i = 0; i < count && i < 64; i++) {
		int result = nvml->call.mig_handle(device->handle, i, &part);

		if (result != NVML_NOT_FOUND &&
		    (result != NVML_SUCCESS ||
			!nvml_list_both(nvml, device, part)))
			return false;
	}
	return true;
}

static bool nvml_is_divided(
    const struct nvml *nvml, const struct nvml_device *device)
{
	unsigned int current = 0, pending = 0;

	return nvml->call.mig_mode &&
	       nvml->call.mig_mode(device->handle, &current, &pending) ==
		   NVML_SUCCESS &&
	       current == 1;
}

static int64_t nvml_used(
    const struct nvml *nvml, const struct nvml_device *device)
{
	struct nvml_memory memory = {
	    .version = (unsigned int)sizeof(memory) | 2U << 24};
	struct nvml_old_memory old = {0};

	if (nvml->call.memory &&
	    nvml->call.memory(device->handle, &memory) == NVML_SUCCESS)
		return memory.used <= memory.total ? (int64_t)memory.used : -1;
	if (nvml->call.old_memory &&
	    nvml->call.old_memory(device->handle, &old) == NVML_SUCCESS)
		return old.used <= old.total ? (int64_t)old.used : -1;
	return -1;
}

static void nvml_read_device(struct nvml *nvml, struct nvml_device *device)
{
	struct nvml_utilization rates = {0};

	device->processes.len = 0;
	device->busy_percent = device->used_bytes = -1;
	if (!device->handle)
		return;
	device->listed = nvml_is_divided(nvml, device)
			     ? nvml_list_parts(nvml, device)
			     : nvml_list_both(nvml, device, device->handle);
	if (nvml->call.utilization &&
	    nvml->call.utilization(device->handle, &rates) == NVML_SUCCESS &&
	    rates.gpu <= 100)
		device->busy_percent = rates.gpu;
	device->used_bytes = nvml_used(nvml, device);
}

struct nvml_device *nvml_read(struct nvml *nvml, size_t *count)
{
	for (size_t i = 0; i < nvml->devices.len; i++)
		nvml_read_device(nvml, &nvml->devices.items[i]);
	*count = nvml->devices.len;
	return nvml->devices.items;
}
