// SPDX-License-Identifier: MIT
//
// A libnvidia-ml.so.1 without a GPU: it answers what stands in the file that
// FAKE_NVML names, which is read at each call. Its lines:
//
//   init RESULT                 nvmlInit_v2() fails
//   devices COUNT
//   compute DEVICE PID MIB [INSTANCE]    MIB -: not available
//   graphics DEVICE PID MIB [INSTANCE]
//   busy DEVICE PERCENT
//   used DEVICE MIB             of 81920
//   fail DEVICE FUNCTION RESULT (compute, graphics, busy, used)
//   mig DEVICE PARTS            divided: entries by part, its INSTANCE
//   words COUNT                 64-bit words of an entry of a list, else 3
//   block                       no call returns while it stands there
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7 };

struct process {
	uint32_t pid;
	uint64_t bytes;
	uint32_t instance, compute;
};

struct memory {
	uint32_t version;
	uint64_t total, reserved, unused, used;
};

_Static_assert(sizeof(struct process) == 24, "as the driver has it");
_Static_assert(sizeof(struct memory) == 40, "as the driver has it");

int nvmlInit_v2(void);
const char *nvmlErrorString(int result);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetComputeRunningProcesses_v3(
    void *device, unsigned *count, struct process *processes);
int nvmlDeviceGetGraphicsRunningProcesses_v3(
    void *device, unsigned *count, struct process *processes);
int nvmlDeviceGetUtilizationRates(void *device, uint32_t rates[2]);
int nvmlDeviceGetMemoryInfo_v2(void *device, struct memory *memory);
int nvmlDeviceGetMigMode(void *device, unsigned *current, unsigned *pending);
int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *count);
int nvmlDeviceGetMigDeviceHandleByIndex(
    void *device, unsigned index, void **part);

/* A handle is 1 + the device, and 100 + 10 * device + part for a part. */
static int device_of(void *handle)
{
	uintptr_t number = (uintptr_t)handle;

	return (int)(number >= 100 ? (number - 100) / 10 : number - 1);
}

static int part_of(void *handle)
{
	uintptr_t number = (uintptr_t)handle;

	return number >= 100 ? (int)(number - 100) % 10 : -1;
}

/* The file as it is without "block". */
static FILE *state_open(void)
{
	const char *path = getenv("FAKE_NVML");
	char line[256];
	FILE *file;

	while ((file = path ? fopen(path, "r") : NULL)) {
		int blocked = 0;

		while (fgets(line, sizeof(line), file))
			blocked |= strncmp(line, "block", 5) == 0;
		rewind(file);
		if (!blocked)
			break;
		fclose(file);
		usleep(20000);
	}
	return file;
}

/* Calls each with what follows "KEYWORD" or, of a device, "KEYWORD DEVICE". */
static void each_line(const char *keyword, int device,
    void (*each)(void *context, const char *rest), void *context)
{
	char line[256], word[64];
	FILE *file = state_open();

	while (file && fgets(line, sizeof(line), file)) {
		int at = -1, length = 0, more = 0;

		if (sscanf(line, "%63s%n", word, &length) != 1 ||
		    strcmp(word, keyword) != 0)
			continue;
		if (device >= 0 &&
		    (sscanf(line + length, "%d%n", &at, &more) != 1 ||
			at != device))
			continue;
		each(context, line + length + more);
	}
	if (file)
		fclose(file);
}

static void take_number(void *context, const char *rest)
{
	*(long *)context = atol(rest);
}

static long number_of(const char *keyword, int device, long otherwise)
{
	each_line(keyword, device, take_number, &otherwise);
	return otherwise;
}

struct failure {
	const char *function;
	int result;
};

static void take_failure(void *context, const char *rest)
{
	struct failure *failure = context;
	char word[64];
	int result;

	if (sscanf(rest, "%63s %d", word, &result) == 2 &&
	    strcmp(word, failure->function) == 0)
		failure->result = result;
}

static int failure_of(void *handle, const char *function)
{
	struct failure failure = {function, OK};

	each_line("fail", device_of(handle), take_failure, &failure);
	return failure.result;
}

struct list {
	uint64_t *words;
	unsigned room, count, size;
	int part;
};

static void take_process(void *context, const char *rest)
{
	struct list *list = context;
	unsigned pid, instance = UINT32_MAX;
	char mib[32];

	if (sscanf(rest, "%u %31s %u", &pid, mib, &instance) < 2 ||
	    (list->part >= 0 && instance != (unsigned)list->part))
		return;
	if (list->count < list->room) {
		const struct process process = {.pid = pid,
		    .bytes = mib[0] == '-' ? UINT64_MAX
					   : strtoull(mib, NULL, 10) << 20,
		    .instance = instance,
		    .compute = UINT32_MAX};
		uint64_t words[8] = {0};

		memcpy(words, &process, sizeof(process));
		memcpy(list->words + (size_t)list->count * list->size, words,
		    list->size * sizeof(words[0]));
	}
	list->count++;
}

static int list_of(const char *keyword, void *device, unsigned *count,
    struct process *processes)
{
	struct list list = {(uint64_t *)processes, *count, 0,
	    (unsigned)number_of("words", -1, 3), part_of(device)};
	int result = failure_of(device, keyword);

	*count = 0;
	if (result != OK)
		return result;
	/* Only an administrator sees the parts of a divided one from there. */
	if (list.part < 0 && number_of("mig", device_of(device), 0) > 0)
		return OK;
	each_line(keyword, device_of(device), take_process, &list);
	*count = list.count;
	return list.count > list.room ? TOO_SMALL : OK;
}

int nvmlInit_v2(void)
{
	return (int)number_of("init", -1, OK);
}

const char *nvmlErrorString(int result)
{
	return result == 9 ? "Driver Not Loaded" : "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = (unsigned)number_of("devices", -1, 0);
	return OK;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	*device = (void *)(uintptr_t)(index + 1);
	return OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(
    void *device, unsigned *count, struct process *processes)
{
	return list_of("compute", device, count, processes);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(
    void *device, unsigned *count, struct process *processes)
{
	return list_of("graphics", device, count, processes);
}

int nvmlDeviceGetUtilizationRates(void *device, uint32_t rates[2])
{
	long busy = number_of("busy", device_of(device), -1);
	int result = failure_of(device, "busy");

	if (result != OK || busy < 0)
		return result != OK ? result : NOT_SUPPORTED;
	rates[0] = rates[1] = (uint32_t)busy;
	return OK;
}

int nvmlDeviceGetMemoryInfo_v2(void *device, struct memory *memory)
{
	long used = number_of("used", device_of(device), -1);
	int result = failure_of(device, "used");

	if (memory->version != 0x2000028)
		return INVALID;
	if (result != OK || used < 0)
		return result != OK ? result : NOT_SUPPORTED;
	memory->total = UINT64_C(81920) << 20;
	memory->used = (uint64_t)used << 20;
	memory->reserved = UINT64_C(600) << 20;
	memory->unused = memory->total - memory->used - memory->reserved;
	return OK;
}

int nvmlDeviceGetMigMode(void *device, unsigned *current, unsigned *pending)
{
	*current = number_of("mig", device_of(device), 0) > 0;
	*pending = *current;
	return OK;
}

int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *count)
{
	(void)device;
	*count = 7;
	return OK;
}

int nvmlDeviceGetMigDeviceHandleByIndex(
    void *device, unsigned index, void **part)
{
	int number = device_of(device);

	if (index >= (unsigned)number_of("mig", number, 0))
		return NOT_FOUND;
	*part = (void *)(uintptr_t)(100 + 10 * (unsigned)number + index);
	return OK;
}
