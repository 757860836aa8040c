/* SPDX-License-Identifier: MIT
 *
 * NVIDIA's GPUs, read through the driver's library libnvidia-ml.so.1 (NVML),
 * which is opened at run time. Its functions may block for any time: all but
 * nvml_open() are called by a thread that nothing waits for.
 */
#ifndef MPROF_RECORDER_NVML_H
#define MPROF_RECORDER_NVML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/array.h"
#include "base/err.h"

struct nvml;

/* A process that has memory on a device; bytes -1: the driver doesn't say how
 * much. It is listed once for each part of the device (MIG) that it uses. */
struct nvml_process {
	uint32_t pid, instance, compute;
	int64_t bytes;
};

/* A device as it was last read. */
struct nvml_device {
	void *handle;
	bool listed; /* processes is complete */
	ARRAY(struct nvml_process) processes;
	int64_t busy_percent, used_bytes; /* of all programs; -1: unknown */
};

/* NULL with e where the library or a function of it is missing. */
struct nvml *nvml_open(struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* The library stays loaded until the process ends. */
void nvml_free(struct nvml *nvml);

/* Initialises the library and finds the devices. -1 with e, in the library's
 * words. */
int nvml_begin(struct nvml *nvml, struct err *e)
    __attribute__((nonnull, warn_unused_result));

/* Reads all devices, in the library's order; valid until the next call. All
 * figures are unknown for a device that is lost or doesn't answer. */
struct nvml_device *nvml_read(struct nvml *nvml, size_t *count)
    __attribute__((nonnull));

#endif
