/* SPDX-License-Identifier: MIT
 *
 * The GPU memory of recorded processes: NVIDIA's by nvml.h, others by
 * proc/drm.h. A thread reads it, as a driver may be slow, and no tick waits.
 * NVIDIA's GPUs come first, in their library's order, then others in the order
 * in which processes use them.
 */
#ifndef MPROF_RECORDER_GPU_H
#define MPROF_RECORDER_GPU_H

#include "proc/procfs.h"
#include "profile/resource.h"
#include "recorder/members.h"

struct gpu;

/* NULL with e where this machine has no GPU that can be asked. fs is copied. */
struct gpu *gpu_create(const struct procfs *fs, struct err *e)
    __attribute__((nonnull, warn_unused_result));
void gpu_destroy(struct gpu *gpu);

/* The same with given sources: NVML, which gpu_destroy() frees, or NULL;
 * whether there are DRM devices; and the directory of PCI devices in sysfs. */
struct nvml;
struct gpu *gpu_create_with(const struct procfs *fs, struct nvml *nvml,
    bool drm, const char *pci) __attribute__((nonnull(1, 4)));

/* Begins a reading; false while the last one still runs. alone: of the program
 * without its descendants. */
bool gpu_ask(struct gpu *gpu, const struct members *members, bool alone)
    __attribute__((nonnull));

/* Takes a reading that has ended: true once for each. */
bool gpu_collect(struct gpu *gpu) __attribute__((nonnull));

/* The time of that reading, of CLOCK_BOOTTIME. */
int64_t gpu_boot_ns(const struct gpu *gpu) __attribute__((nonnull));

/* Fills the GPU figures, of the whole (pid 0) or of a process, by
 * resource_figure_id; NAN where not known. */
void gpu_figures(const struct gpu *gpu, pid_t pid, double *figures)
    __attribute__((nonnull));

/* The reason why NVIDIA's GPUs were not read; NULL: they were read, or there
 * are none. */
const char *gpu_problem(const struct gpu *gpu) __attribute__((nonnull));

#endif
