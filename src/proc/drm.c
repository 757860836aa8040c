// SPDX-License-Identifier: MIT
#include "proc/drm.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sums over a client's regions, by the key of the lines: drivers write one of
 * the two, with the same meaning. */
enum drm_key { DRM_RESIDENT, DRM_MEMORY, DRM_KEYS };

static const char *const drm_keys[DRM_KEYS] = {"drm-resident-", "drm-memory-"};

struct drm_sums {
	struct {
		bool any, any_own;
		uint64_t bytes, own_bytes; /* own: in the GPU's own memory */
	} keys[DRM_KEYS];
	bool bad;
};

/* Reads the value of a line "KEY:   text". */
static bool drm_value(const char *line, const char *key, char *value)
{
	size_t len = strlen(key), end;

	if (strncmp(line, key, len) != 0 || line[len] != ':')
		return false;
	line += len + 1;
	line += strspn(line, " \t");
	end = strcspn(line, " \t\n");
	if (end == 0 || end >= DRM_NAME)
		return false;
	memcpy(value, line, end);
	value[end] = '\0';
	return true;
}

/* Reads "1234 KiB", "5 MiB" or "678" as bytes. */
static bool drm_bytes(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *name;
		unsigned shift;
	} units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}};
	char *end;

	text += strspn(text, " \t");
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	end += strspn(end, " \t");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(end, units[i].name, len) != 0 ||
		    end[len + strspn(end + len, " \t\r")] != '\n')
			continue;
		if (*bytes > UINT64_MAX >> units[i].shift)
			return false;
		*bytes <<= units[i].shift;
		return true;
	}
	return false;
}

/* No region is larger. */
#define DRM_MOST (UINT64_C(1) << 50)

/* Whether a region is the GPU's own memory: integrated GPUs have none, or a
 * part of the machine's memory called "stolen-system". */
static bool drm_region_is_own(const char *region)
{
	return strncmp(region, "vram", 4) == 0 ||
	       strncmp(region, "local", 5) == 0 ||
	       strncmp(region, "stolen-local", 12) == 0;
}

static void drm_sums_add(struct drm_sums *sums, const char *line)
{
	uint64_t bytes;

	for (size_t i = 0; i < DRM_KEYS; i++) {
		size_t len = strlen(drm_keys[i]);
		const char *region = line + len, *colon;

		if (strncmp(line, drm_keys[i], len) != 0)
			continue;
		colon = strchr(region, ':');
		if (!colon || !drm_bytes(colon + 1, &bytes) ||
		    bytes > DRM_MOST) {
			sums->bad = true;
			return;
		}
		sums->keys[i].any = true;
		sums->keys[i].bytes += bytes;
		if (!drm_region_is_own(region))
			continue;
		sums->keys[i].any_own = true;
		sums->keys[i].own_bytes += bytes;
	}
}

static int64_t drm_sums_total(const struct drm_sums *sums)
{
	for (size_t i = 0; i < DRM_KEYS && !sums->bad; i++) {
		uint64_t bytes = sums->keys[i].any_own ? sums->keys[i].own_bytes
						       : sums->keys[i].bytes;

		if (sums->keys[i].any)
			return (int64_t)bytes;
	}
	return -1;
}

/* False where the client can't be distinguished from another one. */
static bool drm_client_parse(const char *text, struct drm_client *client)
{
	struct drm_sums sums = {.bad = false};
	char id[DRM_NAME] = "", *end;
	bool named = false;

	for (const char *line = text, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (!*next) /* the text is incomplete */
			break;
		next++;
		drm_value(line, "drm-driver", client->driver);
		named |= drm_value(line, "drm-pdev", client->device);
		drm_value(line, "drm-client-id", id);
		drm_sums_add(&sums, line);
	}
	if (!named)
		memcpy(client->device, client->driver, DRM_NAME);
	client->bytes = drm_sums_total(&sums);
	client->id = strtoull(id, &end, 10);
	return id[0] && !*end;
}

static bool drm_clients_have(
    const struct drm_clients *clients, const struct drm_client *client)
{
	for (size_t i = 0; i < clients->list.len; i++) {
		const struct drm_client *other = &clients->list.items[i];

		if (other->id == client->id &&
		    strcmp(other->device, client->device) == 0)
			return true;
	}
	return false;
}

enum { DRM_TEXT = 4096 };

static void drm_clients_add_file(struct drm_clients *clients,
    const struct procfs *fs, pid_t pid, const char *file)
{
	struct drm_client client = {.pid = pid, .bytes = -1};
	char name[64], text[DRM_TEXT];

	snprintf(name, sizeof(name), "fdinfo/%.32s", file);
	if (procfs_read(fs, pid, name, text, sizeof(text)) <= 0)
		return; /* closed meanwhile */
	if (!drm_client_parse(text, &client))
		client.bytes = -1;
	if (!drm_clients_have(clients, &client) || client.bytes < 0)
		*array_push(&clients->list) = client;
}

int drm_clients_add(
    struct drm_clients *clients, const struct procfs *fs, pid_t pid)
{
	static const char prefix[] = "/dev/dri/";
	int fd = procfs_open(fs, pid, "fd");
	struct dirent *entry;
	DIR *directory;

	if (fd < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -1;
	}
	while ((entry = readdir(directory))) {
		char path[64];
		ssize_t len = readlinkat(fd, entry->d_name, path, sizeof(path));

		if (len > (ssize_t)strlen(prefix) &&
		    memcmp(path, prefix, strlen(prefix)) == 0)
			drm_clients_add_file(clients, fs, pid, entry->d_name);
	}
	closedir(directory);
	return 0;
}

static int64_t drm_device_number(
    const char *devices, const char *device, const char *name)
{
	char path[256], text[32], *end;
	int64_t number;

	if (device[0] == '.' || strchr(device, '/'))
		return -1;
	snprintf(path, sizeof(path), "%s/%s/%s", devices, device, name);
	if (procfs_read_at(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    !isdigit((unsigned char)text[0]))
		return -1;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno == 0 && (!*end || *end == '\n') ? number : -1;
}

void drm_device_read(
    const char *devices, const char *device, struct drm_device_state *state)
{
	state->busy_percent =
	    drm_device_number(devices, device, "gpu_busy_percent");
	if (state->busy_percent > 100)
		state->busy_percent = -1;
	state->used_bytes =
	    drm_device_number(devices, device, "mem_info_vram_used");
}
