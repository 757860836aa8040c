// SPDX-License-Identifier: MIT
//
// Control groups are found by path, unit and container in directories that
// stand for a mounted hierarchy and for the state of container runtimes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "fake_proc.h"
#include "proc/cgroup_find.h"
#include "proc/container.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "aaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static struct procfs fs;
static struct cgroup_find find;

/* Makes all directories of a path below the fake root. */
static void make(const char *path)
{
	char whole[1024];

	snprintf(whole, sizeof(whole), "%s/%s", fake_root, path);
	for (char *at = whole + strlen(fake_root) + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		mkdir(whole, 0700);
		*at = '/';
	}
	mkdir(whole, 0700);
}

static void write_in(const char *directory, const char *name, const char *text)
{
	char path[400];

	make(directory);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fake_write(path, text);
}

/* A group with these pids in both hierarchies, the second without any. */
static void group(const char *path, const char *pids)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "v2/%s", path);
	write_in(whole, "cgroup.procs", pids);
	snprintf(whole, sizeof(whole), "systemd/%s", path);
	write_in(whole, "cgroup.procs", "");
}

static int begin(void **state)
{
	char text[1024], self[32];

	(void)state;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	snprintf(text, sizeof(text),
	    "31 1 0:27 / %s/systemd rw - cgroup cgroup rw,name=systemd\n"
	    "30 1 0:26 / %s/v2 rw - cgroup2 cgroup2 rw\n"
	    "32 1 0:28 / %s/elsewhere rw - tmpfs none rw\n",
	    fake_root, fake_root, fake_root);
	write_in(self, "mountinfo", text);
	group("", "");
	group("system.slice", "");
	group("system.slice/nginx.service", "10\n11\n");
	group("system.slice/stopped.service", "");
	group("system.slice/docker-" A ".scope", "12\n");
	group("system.slice/docker-" B ".scope", "");
	group("system.slice/docker-" B ".scope/inner", "13\n");
	group("user.slice/user-1000.slice/user@1000.service/app.slice/"
	      "twice.service",
	    "14\n");
	group("user.slice/user-1001.slice/user@1001.service/app.slice/"
	      "twice.service",
	    "15\n");
	group("user.slice/user-1000.slice/libpod-" C ".scope", "16\n");
	group("user.slice/user-1000.slice/libpod-conmon-" C ".scope", "17\n");
	group("default/redis", "18\n");
	return procfs_init(&fs, fake_root, NULL);
}

static int finish(void **state)
{
	char command[256];

	(void)state;
	procfs_finish(&fs);
	snprintf(command, sizeof(command), "rm -rf '%s'", fake_root);
	return system(command);
}

static void ask(
    int (*ask_for)(struct cgroup_find *, const char *, struct err *),
    const char *word)
{
	struct err e;

	find = (struct cgroup_find){.fs = &fs, .state = fake_root};
	assert_int_equal(ask_for(&find, word, &e), 0);
}

/* One group is found, with that path. */
static void expect(
    int (*ask_for)(struct cgroup_find *, const char *, struct err *),
    const char *word, const char *path)
{
	ask(ask_for, word);
	assert_int_equal(find.list.len, 1);
	assert_string_equal(find.list.items[0].path, path);
	cgroup_find_finish(&find);
}

static void expect_count(
    int (*ask_for)(struct cgroup_find *, const char *, struct err *),
    const char *word, size_t count)
{
	ask(ask_for, word);
	assert_int_equal(find.list.len, count);
	cgroup_find_finish(&find);
}

static void a_path_of_the_hierarchy_or_the_file_system(void **state)
{
	char path[512];

	(void)state;
	expect(cgroup_find_path, "/system.slice/nginx.service",
	    "/system.slice/nginx.service");
	expect(cgroup_find_path, "system.slice/nginx.service/",
	    "/system.slice/nginx.service");
	snprintf(
	    path, sizeof(path), "%s/v2/system.slice/nginx.service", fake_root);
	ask(cgroup_find_path, path);
	assert_int_equal(find.list.len, 1);
	assert_string_equal(
	    find.list.items[0].path, "/system.slice/nginx.service");
	assert_string_equal(find.list.items[0].directory, path);
	assert_true(find.list.items[0].populated);
	cgroup_find_finish(&find);
	expect_count(cgroup_find_path, "/system.slice/nginx", 0);
	expect_count(cgroup_find_path, "/../../etc", 0);
}

static void a_group_has_the_processes_of_those_below_it(void **state)
{
	(void)state;
	ask(cgroup_find_path, "/system.slice");
	assert_true(find.list.items[0].populated);
	cgroup_find_finish(&find);
	ask(cgroup_find_path, "/system.slice/stopped.service");
	assert_false(find.list.items[0].populated);
	cgroup_find_finish(&find);
}

static void a_unit_with_and_without_its_kind(void **state)
{
	(void)state;
	expect(cgroup_find_unit, "nginx", "/system.slice/nginx.service");
	expect(
	    cgroup_find_unit, "nginx.service", "/system.slice/nginx.service");
	expect(cgroup_find_unit, "system.slice", "/system.slice");
	expect_count(cgroup_find_unit, "twice", 2);
	expect_count(cgroup_find_unit, "ngin", 0);
}

static void an_id_in_the_name_of_a_group(void **state)
{
	char id[CONTAINER_ID];

	(void)state;
	assert_true(container_id_of("docker-" A ".scope", id));
	assert_string_equal(id, A);
	assert_true(container_id_of(B, id));
	assert_true(container_id_of("cri-containerd-" C ".scope", id));
	assert_false(container_id_of("libpod-conmon-" A ".scope", id));
	assert_false(container_id_of("crio-conmon-" A ".scope", id));
	assert_false(container_id_of("docker-a" A ".scope", id));
	assert_false(container_id_of("docker-aaaa.scope", id));
	assert_false(container_id_of("", id));
}

static void a_container_by_its_id(void **state)
{
	(void)state;
	expect(cgroup_find_container, A, "/system.slice/docker-" A ".scope");
	expect(cgroup_find_container, "aaaaaaaaaaaab",
	    "/system.slice/docker-" B ".scope");
	expect(cgroup_find_container, "cc",
	    "/user.slice/user-1000.slice/libpod-" C ".scope");
	expect_count(cgroup_find_container, "aaaa", 2);
	expect_count(cgroup_find_container, "nginx.service", 0);
	ask(cgroup_find_container, "web");
	assert_int_equal(find.list.len, 0);
	assert_int_equal(find.unnamed, 3);
	cgroup_find_finish(&find);
}

static void a_container_by_its_runtimes_state(void **state)
{
	(void)state;
	write_in("var/lib/docker/containers/" A, "config.v2.json",
	    "{\"State\":{\"Name\":\"no\"},\"ID\":\"" A "\","
	    "\"Name\":\"/cc\",\"MountPoints\":{\"/d\":{\"Name\":\"vol\"}}}");
	write_in("home/me/.local/share/containers/storage/overlay-containers",
	    "containers.json",
	    "[{\"id\":\"" B "\",\"names\":[\"other\"]},\n"
	    " {\"id\": \"" C "\", \"names\": [\"db\", \"postgres\"], "
	    "\"image\": \"web\"}]");
	write_in("run/containerd/io.containerd.runtime.v2.task/k8s.io/" B,
	    "config.json",
	    "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"app\","
	    "\"io.kubernetes.cri.sandbox-name\":\"shop-7f\"}}");
	expect(cgroup_find_container, "db",
	    "/user.slice/user-1000.slice/libpod-" C ".scope");
	expect(cgroup_find_container, "postgres",
	    "/user.slice/user-1000.slice/libpod-" C ".scope");
	expect(
	    cgroup_find_container, "app", "/system.slice/docker-" B ".scope");
	expect(cgroup_find_container, "shop-7f/app",
	    "/system.slice/docker-" B ".scope");
	/* A name goes before the beginning of another's id. */
	expect(cgroup_find_container, "cc", "/system.slice/docker-" A ".scope");
	expect_count(cgroup_find_container, "web", 0);
	expect_count(cgroup_find_container, "vol", 0);
}

static void a_container_by_the_name_of_kubelets_log(void **state)
{
	(void)state;
	write_in("var/log/containers", "pod-1_space_side-" A ".log", "");
	expect(cgroup_find_container, "pod-1/side",
	    "/system.slice/docker-" A ".scope");
	expect(
	    cgroup_find_container, "side", "/system.slice/docker-" A ".scope");
}

static void a_container_of_ctr_by_its_first_process(void **state)
{
	(void)state;
	write_in("run/containerd/io.containerd.runtime.v2.task/default/redis",
	    "init.pid", "18");
	write_in("18", "cgroup", "1:name=systemd:/\n0::/default/redis\n");
	expect(cgroup_find_container, "redis", "/default/redis");
	expect_count(cgroup_find_container, "re*", 0);
	expect_count(cgroup_find_container, "..", 0);
}

static void no_mounts_are_an_error(void **state)
{
	char path[256];
	struct err e;

	(void)state;
	snprintf(path, sizeof(path), "%s/self/mountinfo", fake_root);
	assert_int_equal(remove(path), 0);
	find = (struct cgroup_find){.fs = &fs, .state = fake_root};
	assert_int_equal(cgroup_find_unit(&find, "nginx", &e), -1);
	assert_string_equal(e.text, "control groups: mounts can't be read");
	cgroup_find_finish(&find);
}

static int make_all(void **state)
{
	return fake_begin(state) == 0 ? begin(state) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_path_of_the_hierarchy_or_the_file_system),
	    cmocka_unit_test(a_group_has_the_processes_of_those_below_it),
	    cmocka_unit_test(a_unit_with_and_without_its_kind),
	    cmocka_unit_test(an_id_in_the_name_of_a_group),
	    cmocka_unit_test(a_container_by_its_id),
	    cmocka_unit_test(a_container_by_its_runtimes_state),
	    cmocka_unit_test(a_container_by_the_name_of_kubelets_log),
	    cmocka_unit_test(a_container_of_ctr_by_its_first_process),
	    cmocka_unit_test(no_mounts_are_an_error),
	};

	return cmocka_run_group_tests(tests, make_all, finish);
}
