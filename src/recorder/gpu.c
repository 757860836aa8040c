// SPDX-License-Identifier: MIT
#include "recorder/gpu.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/background.h"
#include "base/clock.h"
#include "base/mem.h"
#include "proc/drm.h"
#include "recorder/nvml.h"

/* A place for each GPU, and one for all others together. */
enum { GPU_PLACES = GPUS + 1 };

struct gpu_member {
	pid_t pid;
	int64_t bytes[GPU_PLACES]; /* -1: unknown, here and below */
};

struct gpu_round {
	ARRAY(struct gpu_member) list; /* filled by the tick */
	size_t found; /* position found last: the next one is near */
	/* Filled by the thread: */
	int64_t boot_ns;
	size_t devices;
	bool unknown; /* figures of some device are missing */
	int64_t bytes[GPU_PLACES];
	int64_t used[GPUS], busy[GPUS];
};

struct gpu_thread {
	struct procfs fs;  /* has its own root descriptor */
	struct nvml *nvml; /* NULL: none, or it can't be used */
	bool drm;
	const char *pci; /* the directory of PCI devices in sysfs */
	bool begun;
	bool initial;    /* this process is in the first pid namespace */
	bool translated; /* the driver is known to use our pids */
	struct err problem;
	struct drm_clients clients;
	ARRAY(struct drm_client) seen; /* a client of each DRM device */
	struct gpu_round round;
	struct background_rounds *rounds;
};

struct gpu {
	struct gpu_thread *thread;
	bool asked, answered; /* a round is running; one has ended */
	struct err problem;   /* the thread's, when the round ended */
};

static void gpu_add(int64_t *sum, int64_t bytes)
{
	*sum = *sum < 0 || bytes < 0 ? -1 : *sum + bytes;
}

static size_t gpu_place(size_t device)
{
	return device < GPUS ? device : GPUS;
}

/* Most callers go through the processes in the order of the list. */
static struct gpu_member *gpu_find(struct gpu_round *round, pid_t pid)
{
	size_t at = round->found;

	for (size_t i = 0; i < round->list.len; i++, at++) {
		if (at >= round->list.len)
			at = 0;
		if (round->list.items[at].pid == pid) {
			round->found = at;
			return &round->list.items[at];
		}
	}
	return NULL;
}

/* Marks all figures of that device as unknown. */
static void gpu_lose(struct gpu_round *round, size_t place)
{
	round->bytes[place] = -1;
	for (size_t i = 0; i < round->list.len; i++)
		round->list.items[i].bytes[place] = -1;
}

static void gpu_credit(
    struct gpu_round *round, size_t place, pid_t pid, int64_t bytes)
{
	struct gpu_member *member = gpu_find(round, pid);

	if (!member)
		return;
	gpu_add(&member->bytes[place], bytes);
	gpu_add(&round->bytes[place], bytes);
}

/* In a container, newer drivers list its pids, older ones the host's, which
 * name other processes here or none. A list is used once a member is in it, and
 * only where all pids in it exist. */
static bool gpu_pids_are_ours(
    struct gpu_thread *thread, const struct nvml_device *device)
{
	struct proc_stat stat;

	if (thread->fs.other_namespace)
		return false;
	if (thread->initial)
		return true;
	for (size_t i = 0; i < device->processes.len; i++) {
		pid_t pid = (pid_t)device->processes.items[i].pid;

		if (!procfs_stat(&thread->fs, pid, &stat))
			return false;
	}
	for (size_t i = 0; i < device->processes.len; i++) {
		if (gpu_find(
			&thread->round, (pid_t)device->processes.items[i].pid))
			thread->translated = true;
	}
	return thread->translated;
}

static void gpu_join_nvml(
    struct gpu_thread *thread, const struct nvml_device *device, size_t index)
{
	struct gpu_round *round = &thread->round;
	size_t place = gpu_place(index);

	if (index < GPUS) {
		round->used[index] = device->used_bytes;
		round->busy[index] = device->busy_percent;
	}
	if (!device->listed || !gpu_pids_are_ours(thread, device)) {
		gpu_lose(round, place);
		return;
	}
	for (size_t i = 0; i < device->processes.len; i++)
		gpu_credit(round, place, (pid_t)device->processes.items[i].pid,
		    device->processes.items[i].bytes);
}

static void gpu_read_nvml(struct gpu_thread *thread)
{
	struct nvml_device *devices;
	size_t count;

	if (!thread->begun && thread->nvml &&
	    nvml_begin(thread->nvml, &thread->problem) != 0) {
		nvml_free(thread->nvml);
		thread->nvml = NULL;
	}
	thread->begun = true;
	if (thread->problem.text[0])
		thread->round.unknown = true;
	if (!thread->nvml)
		return;
	devices = nvml_read(thread->nvml, &count);
	for (size_t i = 0; i < count; i++)
		gpu_join_nvml(thread, &devices[i], i);
	thread->round.devices = count;
}

/* The index of a DRM device in `seen`. */
static size_t gpu_drm_index(
    struct gpu_thread *thread, const struct drm_client *client)
{
	size_t i = 0;

	while (i < thread->seen.len &&
	       strcmp(thread->seen.items[i].device, client->device) != 0)
		i++;
	if (i == thread->seen.len)
		*array_push(&thread->seen) = *client;
	return i;
}

/* NVIDIA's driver is a DRM driver too, but reports memory through NVML
 * alone. */
static bool gpu_is_nvidias(
    const struct gpu_thread *thread, const struct drm_client *client)
{
	return thread->nvml && client->bytes < 0 &&
	       (!client->driver[0] ||
		   strcmp(client->driver, "nvidia-drm") == 0);
}

static void gpu_join_client(
    struct gpu_thread *thread, const struct drm_client *client, size_t first)
{
	struct gpu_round *round = &thread->round;

	if (gpu_is_nvidias(thread, client))
		return;
	if (client->device[0])
		gpu_credit(round,
		    gpu_place(first + gpu_drm_index(thread, client)),
		    client->pid, client->bytes);
	else
		round->unknown = true;
}

static void gpu_read_drm_devices(struct gpu_thread *thread, bool denied)
{
	struct gpu_round *round = &thread->round;

	for (size_t i = 0; i < thread->seen.len; i++) {
		size_t place = gpu_place(round->devices++);
		struct drm_device_state state;

		if (denied)
			gpu_lose(round, place);
		drm_device_read(
		    thread->pci, thread->seen.items[i].device, &state);
		if (place == GPUS)
			continue;
		round->used[place] = state.used_bytes;
		round->busy[place] = state.busy_percent;
	}
}

static void gpu_read_drm(struct gpu_thread *thread)
{
	struct gpu_round *round = &thread->round;
	bool denied = false;

	thread->clients.list.len = 0;
	for (size_t i = 0; i < round->list.len; i++)
		denied |= drm_clients_add(&thread->clients, &thread->fs,
			      round->list.items[i].pid) != 0;
	for (size_t i = 0; i < thread->clients.list.len; i++)
		gpu_join_client(
		    thread, &thread->clients.list.items[i], round->devices);
	round->unknown |= denied;
	gpu_read_drm_devices(thread, denied);
}

static void gpu_thread_work(void *context)
{
	struct gpu_thread *thread = context;
	struct gpu_round *round = &thread->round;

	round->devices = 0;
	round->unknown = false;
	memset(round->bytes, 0, sizeof(round->bytes));
	for (size_t i = 0; i < GPUS; i++)
		round->used[i] = round->busy[i] = -1;
	gpu_read_nvml(thread);
	if (thread->drm)
		gpu_read_drm(thread);
	round->boot_ns = clock_ns(CLOCK_BOOTTIME);
}

static void gpu_thread_discard(void *context)
{
	struct gpu_thread *thread = context;

	nvml_free(thread->nvml);
	array_free(&thread->clients.list);
	array_free(&thread->seen);
	array_free(&thread->round.list);
	close(thread->fs.root);
	free(thread);
}

/* The kernel's inode number of the first pid namespace (PROC_PID_INIT_INO). */
static bool gpu_is_initial(const struct procfs *fs)
{
	char text[64];
	ssize_t len =
	    readlinkat(fs->root, "self/ns/pid", text, sizeof(text) - 1);

	if (len <= 0)
		return false;
	text[len] = '\0';
	return strcmp(text, "pid:[4026531836]") == 0;
}

/* A driver's library may need a larger stack than this program's threads. */
enum { GPU_STACK_BYTES = 1024 * 1024 };

struct gpu *gpu_create_with(
    const struct procfs *fs, struct nvml *nvml, bool drm, const char *pci)
{
	struct gpu_thread *thread = mem_zero(1, sizeof(*thread));
	struct gpu *gpu;

	thread->nvml = nvml;
	thread->drm = drm;
	thread->pci = pci;
	thread->initial = gpu_is_initial(fs);
	if (procfs_copy(&thread->fs, fs) == 0)
		thread->rounds = background_rounds_create(gpu_thread_work,
		    gpu_thread_discard, thread, GPU_STACK_BYTES);
	if (!thread->rounds) {
		gpu_thread_discard(thread);
		return NULL;
	}
	gpu = mem_zero(1, sizeof(*gpu));
	gpu->thread = thread;
	return gpu;
}

struct gpu *gpu_create(const struct procfs *fs, struct err *e)
{
	bool drm = access("/dev/dri", F_OK) == 0;
	struct nvml *nvml;
	struct gpu *gpu;
	struct err why;

	nvml = nvml_open(&why);
	if (!nvml && !drm) {
		err_set(e, "no GPU: %s, and there is no /dev/dri", why.text);
		return NULL;
	}
	gpu = gpu_create_with(fs, nvml, drm, "/sys/bus/pci/devices");
	if (!gpu)
		err_set(e, "no thread can be started");
	return gpu;
}

void gpu_destroy(struct gpu *gpu)
{
	if (!gpu)
		return;
	background_rounds_leave(gpu->thread->rounds);
	free(gpu);
}

bool gpu_ask(struct gpu *gpu, const struct members *members, bool alone)
{
	struct gpu_round *round = &gpu->thread->round;

	if (gpu->asked)
		return false;
	round->list.len = round->found = 0;
	for (size_t i = 0; i < members->list.len; i++) {
		const struct member *member = &members->list.items[i];

		if (!member->gone && !member->zombie &&
		    (member->is_root || !alone))
			*array_push(&round->list) =
			    (struct gpu_member){.pid = member->pid};
	}
	gpu->asked = true;
	background_rounds_begin(gpu->thread->rounds);
	return true;
}

bool gpu_collect(struct gpu *gpu)
{
	if (!gpu->asked || background_rounds_busy(gpu->thread->rounds))
		return false;
	gpu->asked = false;
	gpu->answered = true;
	gpu->problem = gpu->thread->problem;
	return true;
}

int64_t gpu_boot_ns(const struct gpu *gpu)
{
	return gpu->thread->round.boot_ns;
}

static double gpu_mib(int64_t bytes)
{
	return bytes < 0 ? NAN : (double)bytes / 1048576;
}

/* Places past the last device hold 0, which adds nothing. */
static void gpu_fill_memory(
    const struct gpu_round *round, const int64_t *bytes, double *figures)
{
	int64_t all = round->unknown ? -1 : 0;

	for (size_t i = 0; i < GPU_PLACES; i++) {
		gpu_add(&all, bytes[i]);
		if (i < GPUS && i < round->devices)
			figures[FIGURE_GPU_MEMORY + i] = gpu_mib(bytes[i]);
	}
	figures[FIGURE_GPU] = gpu_mib(all);
}

void gpu_figures(const struct gpu *gpu, pid_t pid, double *figures)
{
	struct gpu_round *round = &gpu->thread->round;
	const struct gpu_member *member = pid ? gpu_find(round, pid) : NULL;

	for (size_t i = FIGURE_GPU; i < FIGURES; i++)
		figures[i] = NAN;
	if (pid && !member)
		return;
	gpu_fill_memory(round, member ? member->bytes : round->bytes, figures);
	for (size_t i = 0; i < GPUS && !member; i++) {
		figures[FIGURE_GPU_USED + i] = gpu_mib(round->used[i]);
		figures[FIGURE_GPU_BUSY + i] =
		    round->busy[i] < 0 ? NAN : (double)round->busy[i];
	}
}

const char *gpu_problem(const struct gpu *gpu)
{
	if (gpu->asked && !gpu->answered)
		return "the driver has not answered before the end";
	return gpu->problem.text[0] ? gpu->problem.text : NULL;
}
