/* SPDX-License-Identifier: MIT
 *
 * GPUs whose drivers report a process's memory in /proc/PID/fdinfo
 * (drm-driver, drm-pdev, drm-client-id, drm-resident-REGION and
 * drm-memory-REGION, as in the kernel's drm-usage-stats document): AMD's,
 * Intel's and others, but not NVIDIA's own driver.
 */
#ifndef MPROF_PROC_DRM_H
#define MPROF_PROC_DRM_H

#include "base/array.h"
#include "proc/procfs.h"

enum { DRM_NAME = 32 };

/* An open GPU. Duplicated and inherited descriptors are the same client. */
struct drm_client {
	char device[DRM_NAME]; /* drm-pdev: "0000:03:00.0"; or the driver */
	char driver[DRM_NAME]; /* "": unknown */
	uint64_t id;
	/* Resident memory in regions of the GPU's own (vram, local), or in all
	 * regions where it has none. -1: the driver doesn't tell, or in an
	 * unknown form. */
	int64_t bytes;
	pid_t pid; /* process that had it open first */
};

struct drm_clients {
	ARRAY(struct drm_client) list;
};

/* Adds a process's open clients, except those already there. -1 where its files
 * may not be read; a process that vanished has none. */
int drm_clients_add(struct drm_clients *clients, const struct procfs *fs,
    pid_t pid) __attribute__((nonnull, warn_unused_result));

/* The state of a device, for all its users, from the directory of PCI devices
 * in sysfs; -1 where the driver doesn't tell. */
struct drm_device_state {
	int64_t busy_percent, used_bytes;
};

void drm_device_read(const char *devices, const char *device,
    struct drm_device_state *state) __attribute__((nonnull));

#endif
