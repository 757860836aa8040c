// SPDX-License-Identifier: MIT
//
// NVIDIA's library, for which functions of this test stand: what of its answers
// is taken, and what is unknown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <string.h>

#include "recorder/nvml.h"

enum { DONE = 0, UNSUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15 };
enum { ENTRIES = 200, PARTS = 2 };

struct entry {
	unsigned int pid;
	unsigned long long bytes;
	unsigned int instance, compute;
};

static struct driver {
	bool is_there;
	const char *without[2]; /* names that it lacks */
	int init, counted;      /* results */
	const char *text;
	unsigned int count, lost;   /* lost: index of a device, from 1 */
	size_t words;               /* of an entry */
	bool clears;                /* the whole list, before it fills it */
	unsigned int entries, says; /* says: how many there are; 0: entries */
	int list, graphics;         /* results */
	unsigned int calls;         /* of list */
	int rates, memory, old_memory;
	unsigned int busy;
	unsigned long long used, total;
	unsigned int mode;
	int part[PARTS], parts;
} driver;

static struct nvml *nvml;

static int driver_init(void)
{
	return driver.init;
}

static const char *driver_error(int result)
{
	(void)result;
	return driver.text;
}

static int driver_count(unsigned int *count)
{
	*count = driver.count;
	return driver.counted;
}

static int driver_handle(unsigned int index, void **device)
{
	*device = &driver;
	return index + 1 == driver.lost ? LOST : DONE;
}

/* Process i has i MiB, and its number in its instance and compute. */
static int driver_list(void *device, unsigned int *count, void *entries)
{
	unsigned int room = *count, says = driver.says;

	(void)device;
	driver.calls++;
	*count = says ? says : driver.entries;
	if (driver.list != DONE)
		return driver.list;
	if (*count > room)
		return says ? DONE : TOO_SMALL;
	if (driver.clears)
		memset(entries, 0, room * driver.words * 8);
	for (unsigned int i = 0; i < driver.entries; i++) {
		uint64_t words[5] = {0};
		const struct entry entry = {i + 1, (i + 1) << 20, i, i};

		memcpy(words, &entry, sizeof(entry));
		memcpy((uint64_t *)entries + i * driver.words, words,
		    driver.words * 8);
	}
	return DONE;
}

/* The first process, too, with more, and another without a figure. */
static int driver_graphics(void *device, unsigned int *count, void *entries)
{
	const struct entry list[] = {
	    {1, 5 << 20, 0, 0}, {900, UINT64_MAX, 0, 0}};

	(void)device;
	*count = driver.words == 3 ? 2 : 0;
	if (driver.words == 3)
		memcpy(entries, list, sizeof(list));
	return driver.graphics;
}

static int driver_rates(void *device, unsigned int rates[2])
{
	(void)device;
	rates[0] = driver.busy;
	return driver.rates;
}

static int driver_memory(void *device, void *memory)
{
	unsigned long long *words = memory;

	(void)device;
	assert_int_equal(*(unsigned int *)memory, 40 | 2 << 24);
	words[1] = driver.total;
	words[4] = driver.used;
	return driver.memory;
}

static int driver_old_memory(void *device, unsigned long long words[3])
{
	(void)device;
	words[0] = driver.total;
	words[2] = driver.used;
	return driver.old_memory;
}

static int driver_mode(void *device, unsigned int *now, unsigned int *later)
{
	(void)device;
	*now = driver.mode;
	*later = 0;
	return DONE;
}

static int driver_parts(void *device, unsigned int *count)
{
	(void)device;
	*count = PARTS;
	return driver.parts;
}

static int driver_part(void *device, unsigned int index, void **part)
{
	*part = device;
	return driver.part[index];
}

#define AT(function) (void *)(uintptr_t)(function)

static const struct {
	const char *name;
	void *function;
} functions[] __attribute__((unused)) = {
    {"nvmlInit_v2", AT(driver_init)},
    {"nvmlErrorString", AT(driver_error)},
    {"nvmlDeviceGetCount_v2", AT(driver_count)},
    {"nvmlDeviceGetHandleByIndex_v2", AT(driver_handle)},
    {"nvmlDeviceGetComputeRunningProcesses_v3", AT(driver_list)},
    {"nvmlDeviceGetComputeRunningProcesses_v2", AT(driver_list)},
    {"nvmlDeviceGetGraphicsRunningProcesses_v3", AT(driver_graphics)},
    {"nvmlDeviceGetUtilizationRates", AT(driver_rates)},
    {"nvmlDeviceGetMemoryInfo_v2", AT(driver_memory)},
    {"nvmlDeviceGetMemoryInfo", AT(driver_old_memory)},
    {"nvmlDeviceGetMigMode", AT(driver_mode)},
    {"nvmlDeviceGetMaxMigDeviceCount", AT(driver_parts)},
    {"nvmlDeviceGetMigDeviceHandleByIndex", AT(driver_part)},
};

/* In place of libc's, which the sanitizer's start uses. */
#ifndef __SANITIZE_ADDRESS__
void *dlopen(const char *name, int flags)
{
	(void)flags;
	return name && strcmp(name, "libnvidia-ml.so.1") == 0 && driver.is_there
		   ? &driver
		   : NULL;
}

void *dlsym(void *library, const char *name)
{
	for (size_t i = 0; i < 2 && library == &driver; i++) {
		if (driver.without[i] && strcmp(name, driver.without[i]) == 0)
			return NULL;
	}
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (strcmp(name, functions[i].name) == 0)
			return functions[i].function;
	}
	return NULL;
}

int dlclose(void *library)
{
	(void)library;
	return 0;
}
#endif

static int begin(void **state)
{
	(void)state;
	nvml = NULL;
	driver = (struct driver){.is_there = true,
	    .count = 1,
	    .words = 3,
	    .entries = 3,
	    .busy = 40,
	    .used = 50,
	    .total = 60};
	return 0;
}

static int end(void **state)
{
	(void)state;
	nvml_free(nvml);
	return 0;
}

static void open_it(void)
{
	struct err e = {""};

#ifdef __SANITIZE_ADDRESS__
	skip();
#endif
	nvml = nvml_open(&e);
	if (!nvml)
		fail_msg("%s", e.text);
}

static void no_library(const char *want)
{
	struct err e = {""};

	assert_null(nvml_open(&e));
	assert_string_equal(e.text, want);
}

static void no_devices(const char *want)
{
	struct err e = {""};

	assert_int_equal(nvml_begin(nvml, &e), -1);
	assert_string_equal(e.text, want);
}

static const struct nvml_device *read_all(size_t want)
{
	const struct nvml_device *devices;
	size_t count;

	devices = nvml_read(nvml, &count);
	assert_int_equal(count, want);
	return devices;
}

/* Opens it and reads its one device. */
static const struct nvml_device *read_one(void)
{
	struct err e;

	nvml_free(nvml);
	open_it();
	assert_int_equal(nvml_begin(nvml, &e), 0);
	return read_all(1);
}

static void an_old_library_lacks_functions(void **state)
{
	(void)state;
	open_it();
	nvml_free(nvml);
	nvml = NULL;
	driver.without[0] = "nvmlDeviceGetComputeRunningProcesses_v3";
	open_it(); /* the second version will do */
	nvml_free(nvml);
	nvml = NULL;
	driver.without[1] = "nvmlDeviceGetComputeRunningProcesses_v2";
	no_library("NVIDIA's libnvidia-ml.so.1 is too old: it has no "
		   "nvmlDeviceGetComputeRunningProcesses_v3");
	driver.is_there = false;
	no_library("NVIDIA's libnvidia-ml.so.1 can't be loaded");
}

static void a_driver_that_fails_says_why(void **state)
{
	(void)state;
	open_it();
	driver.init = 9;
	driver.text = "Driver Not Loaded";
	no_devices("NVIDIA's libnvidia-ml.so.1: Driver Not Loaded");
	driver.init = DONE;
	driver.counted = 9;
	driver.text = NULL;
	no_devices("NVIDIA's libnvidia-ml.so.1: it fails and doesn't say why");
	driver.counted = DONE;
	driver.count = 0;
	no_devices("NVIDIA's driver has no GPU");
}

/* The drivers write entries of several lengths. */
static void each_drivers_list_is_read(void **state)
{
	static const size_t lengths[] = {3, 4, 2};
	const struct nvml_device *device;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		driver.words = lengths[i / 2];
		driver.clears = i % 2;
		device = read_one();
		assert_true(device->listed);
		assert_int_equal(
		    device->processes.len, driver.words == 3 ? 4 : 3);
		for (uint32_t j = 1; j < 3; j++) {
			const struct nvml_process *process =
			    &device->processes.items[j];

			assert_int_equal(process->pid, j + 1);
			assert_int_equal(process->bytes, (j + 1) << 20);
			assert_int_equal(
			    process->instance, driver.words == 2 ? 0 : j);
			assert_int_equal(
			    process->compute, driver.words == 2 ? 0 : j);
		}
	}
	driver.words = 5;
	driver.clears = false;
	assert_false(read_one()->listed);
}

static void a_process_of_both_lists_counts_once(void **state)
{
	const struct nvml_device *device = read_one();

	(void)state;
	assert_int_equal(device->processes.items[0].pid, 1);
	assert_int_equal(device->processes.items[0].bytes, 5 << 20);
	assert_int_equal(device->processes.items[3].pid, 900);
	assert_int_equal(device->processes.items[3].bytes, -1);
	driver.graphics = UNSUPPORTED;
	device = read_all(1);
	assert_true(device->listed);
	assert_int_equal(device->processes.len, 3);
	driver.graphics = LOST;
	assert_false(read_all(1)->listed);
	driver.graphics = DONE;
	driver.list = LOST;
	assert_false(read_all(1)->listed);
	driver.list = DONE;
	assert_int_equal(read_all(1)->processes.len, 4);
}

static void a_list_may_grow_meanwhile(void **state)
{
	const struct nvml_device *device;

	(void)state;
	driver.entries = ENTRIES;
	device = read_one();
	assert_true(device->listed);
	assert_int_equal(device->processes.len, ENTRIES + 1);
	assert_int_equal(driver.calls, 2);
	driver.list = TOO_SMALL;
	driver.calls = 0;
	assert_false(read_all(1)->listed);
	assert_int_equal(driver.calls, 5);
	driver.says = 1 << 20; /* more than there can be */
	driver.calls = 0;
	assert_false(read_all(1)->listed);
	assert_int_equal(driver.calls, 1);
	driver.list = DONE;
	assert_false(read_all(1)->listed);
	driver.says = driver.entries = 0;
	device = read_all(1);
	assert_true(device->listed);
}

static void a_divided_device_lists_its_parts(void **state)
{
	const struct nvml_device *device;

	(void)state;
	driver.mode = 1;
	driver.part[1] = NOT_FOUND;
	device = read_one();
	assert_true(device->listed);
	assert_int_equal(driver.calls, 1);
	driver.part[1] = DONE;
	driver.calls = 0;
	assert_true(read_all(1)->listed);
	assert_int_equal(driver.calls, 2);
	driver.part[0] = LOST;
	assert_false(read_all(1)->listed);
	driver.part[0] = DONE;
	driver.list = LOST;
	assert_false(read_all(1)->listed);
	driver.list = DONE;
	driver.parts = LOST;
	assert_false(read_all(1)->listed);
	driver.parts = DONE;
	driver.without[0] = "nvmlDeviceGetMaxMigDeviceCount";
	assert_false(read_one()->listed);
}

static void what_it_does_not_say_is_unknown(void **state)
{
	const struct nvml_device *device = read_one();

	(void)state;
	assert_int_equal(device->busy_percent, 40);
	assert_int_equal(device->used_bytes, 50);
	driver.busy = 100;
	driver.used = 60;
	device = read_all(1);
	assert_int_equal(device->busy_percent, 100);
	assert_int_equal(device->used_bytes, 60);
	driver.busy = 101;
	driver.used = 61;
	device = read_all(1);
	assert_int_equal(device->busy_percent, -1);
	assert_int_equal(device->used_bytes, -1);
	driver.memory = UNSUPPORTED;
	assert_int_equal(read_all(1)->used_bytes, -1);
	driver.used = 60;
	driver.busy = 0;
	device = read_all(1);
	assert_int_equal(device->used_bytes, 60);
	assert_int_equal(device->busy_percent, 0);
	driver.old_memory = driver.rates = UNSUPPORTED;
	device = read_all(1);
	assert_int_equal(device->used_bytes, -1);
	assert_int_equal(device->busy_percent, -1);
}

static void a_lost_device_keeps_its_place(void **state)
{
	const struct nvml_device *devices;
	struct err e;

	(void)state;
	open_it();
	driver.count = 3;
	driver.lost = 2;
	assert_int_equal(nvml_begin(nvml, &e), 0);
	devices = read_all(3);
	assert_true(devices[0].listed && devices[2].listed);
	assert_false(devices[1].listed);
	assert_int_equal(devices[1].processes.len, 0);
	assert_int_equal(devices[1].busy_percent, -1);
	assert_int_equal(devices[1].used_bytes, -1);
	assert_int_equal(devices[2].used_bytes, 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* A driver that lies about their number costs no more than these. */
static void devices_are_bounded(void **state)
{
	struct err e;

	(void)state;
	open_it();
	driver.count = 5000;
	assert_int_equal(nvml_begin(nvml, &e), 0);
	read_all(4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_old_library_lacks_functions),
	    TEST(a_driver_that_fails_says_why),
	    TEST(each_drivers_list_is_read),
	    TEST(a_process_of_both_lists_counts_once),
	    TEST(a_list_may_grow_meanwhile),
	    TEST(a_divided_device_lists_its_parts),
	    TEST(what_it_does_not_say_is_unknown),
	    TEST(a_lost_device_keeps_its_place),
	    TEST(devices_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
