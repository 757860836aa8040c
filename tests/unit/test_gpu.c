// SPDX-License-Identifier: MIT
//
// GPUs whose drivers tell their memory in fdinfo; a directory stands for /proc.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <cmocka.h>

#include "fake_proc.h"
#include "recorder/gpu.h"
#include "recorder/nvml.h"

static struct procfs fs;
static struct members members;
static struct gpu *gpu;
static double figures[FIGURES];

/* In place of NVIDIA's library: one device, with processes of 1 MiB each. */
static struct nvml_process nvidias[2];
static struct nvml_device nvidia = {.listed = true,
    .busy_percent = 30,
    .used_bytes = 5 << 20,
    .processes = {.items = nvidias}};
static struct nvml_device many[GPUS + 2];
static size_t devices;      /* of many; 0: the one */
static const char *refusal; /* of the driver; NULL: it works */
static bool installed;      /* NVIDIA's library is there */
static bool no_dri;         /* there are no DRM devices */

/* In place of libc's, whose answer is this machine's. */
int access(const char *path, int mode)
{
	if (strcmp(path, "/dev/dri") == 0)
		return no_dri ? -1 : 0;
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

struct nvml *nvml_open(struct err *e)
{
	if (installed)
		return (struct nvml *)&nvidia;
	err_set(e, "not here");
	return NULL;
}

void nvml_free(struct nvml *nvml)
{
	(void)nvml;
}

int nvml_begin(struct nvml *nvml, struct err *e)
{
	(void)nvml;
	return refusal ? err_set(e, "%s", refusal) : 0;
}

struct nvml_device *nvml_read(struct nvml *nvml, size_t *count)
{
	(void)nvml;
	*count = devices ? devices : 1;
	return devices ? many : &nvidia;
}

static void put_nvidias(uint32_t first, uint32_t second)
{
	nvidias[0] = (struct nvml_process){.pid = first, .bytes = 1 << 20};
	nvidias[1] = (struct nvml_process){.pid = second, .bytes = 1 << 20};
	nvidia.processes.len = second ? 2 : 1;
}

static void put_fd(int pid, int fd, const char *target, const char *info)
{
	char path[256];

	fake_process((struct fake_process){.pid = pid, .ppid = 1});
	snprintf(path, sizeof(path), "%s/%d/fd", fake_root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/fdinfo", fake_root, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%d/fd/%d", fake_root, pid, fd);
	unlink(path);
	if (symlink(target, path) != 0)
		abort();
	snprintf(path, sizeof(path), "%d/fdinfo/%d", pid, fd);
	fake_write(path, info);
}

static void join(int pid)
{
	members_add(
	    &members, &(struct proc_stat){.pid = pid, .ppid = 1, .started = 1});
}

static void read_all(void)
{
	assert_true(gpu_ask(gpu, &members, false));
	while (!gpu_collect(gpu))
		usleep(1000);
	gpu_figures(gpu, 0, figures);
}

static double memory_of(int device)
{
	return figures[FIGURE_GPU_MEMORY + device];
}

static int begin(void **state)
{
	(void)state;
	members = (struct members){0};
	if (procfs_init(&fs, fake_root, NULL) != 0)
		return -1;
	gpu = gpu_create_with(&fs, NULL, true, fake_root);
	join(100);
	join(101);
	return gpu ? 0 : -1;
}

static int finish(void **state)
{
	char command[512];

	(void)state;
	gpu_destroy(gpu);
	members_finish(&members);
	procfs_finish(&fs);
	snprintf(command, sizeof(command), "rm -rf %s/10[0-9] %s/0000*",
	    fake_root, fake_root);
	return system(command);
}

static const char amd[] =
    "pos:\t0\nflags:\t02100002\nmnt_id:\t26\ndrm-driver:\tamdgpu\n"
    "drm-pdev:\t0000:03:00.0\ndrm-client-id:\t7\ndrm-memory-vram:\t2048 KiB\n"
    "drm-memory-gtt: \t512 KiB\ndrm-memory-cpu: \t0 KiB\n";

static void a_client_counts_once(void **state)
{
	(void)state;
	put_fd(100, 3, "/dev/null", "pos:\t0\n");
	put_fd(100, 4, "/dev/dri/renderD128", amd);
	put_fd(100, 5, "/dev/dri/renderD128", amd); /* duplicated */
	put_fd(101, 4, "/dev/dri/renderD128", amd); /* inherited */
	put_fd(101, 6, "/dev/dri/renderD128",
	    "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\n"
	    "drm-client-id:\t8\ndrm-memory-vram:\t1 MiB\n");
	read_all();
	assert_true(figures[FIGURE_GPU] == 3 && memory_of(0) == 3);
	assert_true(isnan(memory_of(1)));
	assert_true(isnan(figures[FIGURE_GPU_BUSY]));
	gpu_figures(gpu, 100, figures);
	assert_true(figures[FIGURE_GPU] == 2 && memory_of(0) == 2);
	gpu_figures(gpu, 101, figures);
	assert_true(memory_of(0) == 1);
	gpu_figures(gpu, 102, figures);
	assert_true(isnan(figures[FIGURE_GPU]));
}

/* The keys that newer drivers write; the total is no memory that is there. */
static void resident_memory_in_regions(void **state)
{
	(void)state;
	put_fd(100, 4, "/dev/dri/renderD128",
	    "drm-driver:\txe\ndrm-client-id:\t3\ndrm-pdev:\t0000:04:00.0\n"
	    "drm-total-vram0:\t900 MiB\ndrm-resident-vram0:\t5 MiB\n"
	    "drm-memory-vram0:\t99 MiB\ndrm-resident-vram1:\t1048576\n"
	    "drm-resident-system:\t70 MiB\ndrm-shared-vram0:\t1 MiB\n");
	/* without memory of its own: all regions */
	put_fd(101, 4, "/dev/dri/renderD129",
	    "drm-driver:\ti915\ndrm-client-id:\t3\ndrm-pdev:\t0000:00:02.0\n"
	    "drm-total-system0:\t90 MiB\ndrm-resident-system0:\t7 MiB\n"
	    "drm-resident-stolen-system0:\t1 MiB\n");
	read_all();
	assert_true(memory_of(0) == 6 && memory_of(1) == 8);
	assert_true(figures[FIGURE_GPU] == 14);
}

/* All keys of an integrated GPU: shared, purgeable and active buffers are among
 * those that are resident, and the time of its engines for this client is no
 * share of the device's. */
static void other_keys_are_not_memory(void **state)
{
	(void)state;
	put_fd(100, 4, "/dev/dri/renderD128",
	    "pos:\t0\nflags:\t02100002\nmnt_id:\t24\nino:\t1141\n"
	    "drm-driver:\ti915\ndrm-client-id:\t15\n"
	    "drm-pdev:\t0000:00:02.0\ndrm-client-name:\tgame\n"
	    "drm-total-system0:\t48 MiB\ndrm-shared-system0:\t16 MiB\n"
	    "drm-active-system0:\t4 MiB\ndrm-resident-system0:\t44 MiB\n"
	    "drm-purgeable-system0:\t2 MiB\n"
	    "drm-total-stolen-system0:\t0\n"
	    "drm-shared-stolen-system0:\t0\n"
	    "drm-active-stolen-system0:\t0\n"
	    "drm-resident-stolen-system0:\t0\n"
	    "drm-purgeable-stolen-system0:\t0\n"
	    "drm-engine-render:\t25662044495 ns\n"
	    "drm-engine-copy:\t0 ns\ndrm-engine-video:\t0 ns\n"
	    "drm-engine-capacity-video:\t2\n"
	    "drm-cycles-rcs:\t28257900\ndrm-total-cycles-rcs:\t7655183225\n"
	    "drm-maxfreq-gt0:\t1300 MHz\n");
	put_fd(101, 4, "/dev/null", "pos:\t0\n");
	read_all();
	assert_true(figures[FIGURE_GPU] == 44 && memory_of(0) == 44);
	assert_true(isnan(figures[FIGURE_GPU_BUSY]));
	assert_true(isnan(figures[FIGURE_GPU_USED]));
}

static void a_device_tells_how_busy_it_is(void **state)
{
	char path[256];

	(void)state;
	put_fd(100, 4, "/dev/dri/renderD128", amd);
	snprintf(path, sizeof(path), "%s/0000:03:00.0", fake_root);
	mkdir(path, 0700);
	fake_write("0000:03:00.0/gpu_busy_percent", "42\n");
	fake_write("0000:03:00.0/mem_info_vram_used", "1073741824\n");
	read_all();
	assert_true(figures[FIGURE_GPU_BUSY] == 42);
	assert_true(figures[FIGURE_GPU_USED] == 1024);
	fake_write("0000:03:00.0/gpu_busy_percent", "4242\n");
	fake_write("0000:03:00.0/mem_info_vram_used", "-1\n");
	read_all();
	assert_true(isnan(figures[FIGURE_GPU_BUSY]));
	assert_true(isnan(figures[FIGURE_GPU_USED]));
}

#define AMD9 "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\ndrm-client-id:\t9\n"

/* It is no 0. */
static void what_is_not_reported_is_a_gap(void **state)
{
	static const char *const bad[] = {
	    AMD9,
	    AMD9 "drm-total-vram:\t5 MiB\n",
	    AMD9 "drm-memory-vram:\t5 GB\n",
	    AMD9 "drm-memory-vram:\t-5 KiB\n",
	    AMD9 "drm-memory-vram:\t18446744073709551615 MiB\n",
	    AMD9 "drm-memory-vram:\t99999999999999999999\n",
	    "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\n"
	    "drm-memory-vram:\t5 MiB\n",
	    "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\n"
	    "drm-client-id:\t9x\ndrm-memory-vram:\t5 MiB\n",
	};

	(void)state;
	put_fd(100, 4, "/dev/dri/renderD128", amd);
	put_fd(101, 4, "/dev/null", "pos:\t0\n");
	read_all();
	assert_true(memory_of(0) == 2);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_fd(101, 4, "/dev/dri/renderD128", bad[i]);
		read_all();
		assert_true(isnan(figures[FIGURE_GPU]) && isnan(memory_of(0)));
		gpu_figures(gpu, 100, figures);
		assert_true(memory_of(0) == 2);
	}
	put_fd(101, 4, "/dev/dri/renderD128", "pos:\t0\n");
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	put_fd(101, 4, "/dev/null", "pos:\t0\n");
	read_all();
	assert_true(figures[FIGURE_GPU] == 2);
}

static void nobody_uses_it(void **state)
{
	(void)state;
	put_fd(100, 4, "/dev/null", "pos:\t0\n");
	read_all(); /* 101 has vanished */
	assert_true(figures[FIGURE_GPU] == 0 && isnan(memory_of(0)));
}

/* With NVIDIA's library; number is the inode of the pid namespace. */
static void begin_nvidia(const char *number)
{
	char path[256], target[64];

	snprintf(path, sizeof(path), "%s/%d", fake_root, (int)getpid());
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/self/ns", fake_root);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/self/ns/pid", fake_root);
	unlink(path);
	snprintf(target, sizeof(target), "pid:[%s]", number);
	assert_int_equal(symlink(target, path), 0);
	gpu_destroy(gpu);
	gpu = gpu_create_with(&fs, (struct nvml *)&nvidia, false, fake_root);
	assert_non_null(gpu);
}

static void finish_nvidia(void)
{
	char command[512];

	snprintf(
	    command, sizeof(command), "rm -rf %s/%d", fake_root, (int)getpid());
	assert_int_equal(system(command), 0);
}

/* There the driver's pids are this machine's, of other programs too. */
static void in_the_first_namespace_pids_are_as_listed(void **state)
{
	(void)state;
	begin_nvidia("4026531836");
	put_nvidias(101, 4000000);
	read_all();
	assert_true(figures[FIGURE_GPU] == 1 && memory_of(0) == 1);
	assert_true(figures[FIGURE_GPU_BUSY] == 30);
	assert_true(figures[FIGURE_GPU_USED] == 5);
	gpu_figures(gpu, 101, figures);
	assert_true(memory_of(0) == 1);
	gpu_figures(gpu, 100, figures);
	assert_true(memory_of(0) == 0);
	finish_nvidia();
}

/* A list with a pid that is not here is of another namespace, and so may be
 * one in which no recorded process is. */
static void in_another_namespace_pids_are_proved(void **state)
{
	(void)state;
	begin_nvidia("4026532000");
	fake_process((struct fake_process){.pid = 100, .ppid = 1});
	fake_process((struct fake_process){.pid = 102, .ppid = 1});
	put_nvidias(102, 0);
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	assert_true(figures[FIGURE_GPU_BUSY] == 30);
	put_nvidias(100, 4000000);
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]) && isnan(memory_of(0)));
	put_nvidias(100, 102);
	read_all();
	assert_true(figures[FIGURE_GPU] == 1 && memory_of(0) == 1);
	/* and from now on without a member */
	put_nvidias(102, 0);
	read_all();
	assert_true(figures[FIGURE_GPU] == 0);
	/* an idle one is known to be idle */
	nvidia.busy_percent = nvidia.used_bytes = 0;
	read_all();
	assert_true(figures[FIGURE_GPU_BUSY] == 0);
	assert_true(figures[FIGURE_GPU_USED] == 0);
	nvidia.busy_percent = nvidia.used_bytes = -1;
	read_all();
	assert_true(isnan(figures[FIGURE_GPU_BUSY]));
	assert_true(isnan(figures[FIGURE_GPU_USED]));
	finish_nvidia();
}

static void begin_other(bool drm)
{
	gpu_destroy(gpu);
	gpu = gpu_create_with(&fs, (struct nvml *)&nvidia, drm, fake_root);
	assert_non_null(gpu);
}

/* The driver's library says why it can't be used; no figure is known then. */
static void a_driver_that_does_not_work_says_why(void **state)
{
	(void)state;
	refusal = "driver and library differ";
	begin_other(false);
	assert_null(gpu_problem(gpu));
	read_all();
	assert_string_equal(gpu_problem(gpu), refusal);
	assert_true(isnan(figures[FIGURE_GPU]));
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	refusal = NULL;
}

static void a_driver_that_does_not_answer_is_a_problem(void **state)
{
	(void)state;
	begin_other(false);
	assert_false(gpu_collect(gpu));
	assert_true(gpu_ask(gpu, &members, false));
	assert_false(gpu_ask(gpu, &members, false));
	assert_string_equal(
	    gpu_problem(gpu), "the driver has not answered before the end");
	while (!gpu_collect(gpu))
		usleep(1000);
	assert_null(gpu_problem(gpu));
	assert_true(gpu_boot_ns(gpu) > 0);
	assert_true(gpu_ask(gpu, &members, false));
	assert_null(gpu_problem(gpu)); /* it has answered before */
	while (!gpu_collect(gpu))
		usleep(1000);
}

/* Each of the first has figures of its own; the others count in the sum. */
static void of_many_devices_the_first_have_figures(void **state)
{
	static struct nvml_process user = {.pid = 100, .bytes = 1 << 20};

	(void)state;
	begin_nvidia("4026531836");
	devices = GPUS + 2;
	for (size_t i = 0; i < devices; i++)
		many[i] = (struct nvml_device){.listed = true,
		    .busy_percent = (int)i,
		    .used_bytes = (int64_t)(i + 1) << 20,
		    .processes = {.items = &user, .len = 1}};
	read_all();
	assert_true(figures[FIGURE_GPU] == GPUS + 2);
	for (int i = 0; i < GPUS; i++) {
		assert_true(memory_of(i) == 1);
		assert_true(figures[FIGURE_GPU_BUSY + i] == i);
		assert_true(figures[FIGURE_GPU_USED + i] == i + 1);
	}
	devices = 2;
	many[1].listed = false;
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	assert_true(memory_of(0) == 1 && isnan(memory_of(1)));
	assert_true(figures[FIGURE_GPU_BUSY + 1] == 1);
	for (int i = 2; i < GPUS; i++) {
		assert_true(isnan(memory_of(i)));
		assert_true(isnan(figures[FIGURE_GPU_BUSY + i]));
		assert_true(isnan(figures[FIGURE_GPU_USED + i]));
	}
	gpu_figures(gpu, 101, figures);
	assert_true(memory_of(0) == 0 && isnan(memory_of(1)));
	assert_true(isnan(figures[FIGURE_GPU_BUSY]));
	devices = 0;
	finish_nvidia();
}

/* A list's last process may be the recorded one. */
static void each_process_of_a_list_is_looked_at(void **state)
{
	(void)state;
	begin_nvidia("4026531836");
	put_nvidias(100, 101);
	read_all();
	assert_true(figures[FIGURE_GPU] == 2);
	finish_nvidia();
	begin_nvidia("4026532000");
	fake_process((struct fake_process){.pid = 101, .ppid = 1});
	fake_process((struct fake_process){.pid = 102, .ppid = 1});
	put_nvidias(102, 101);
	nvidia.busy_percent = 30;
	nvidia.used_bytes = 5 << 20;
	read_all();
	assert_true(figures[FIGURE_GPU] == 1);
	finish_nvidia();
}

/* The list ends with its last process, and begins with its first. */
static void what_is_not_of_a_list_proves_nothing(void **state)
{
	(void)state;
	begin_nvidia("4026532000");
	fake_process((struct fake_process){.pid = 100, .ppid = 1});
	fake_process((struct fake_process){.pid = 102, .ppid = 1});
	put_nvidias(102, 100);
	nvidia.processes.len = 1;
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	put_nvidias(4000000, 100);
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	put_nvidias(100, 4000000);
	nvidia.processes.len = 1;
	read_all();
	assert_true(figures[FIGURE_GPU] == 1);
	finish_nvidia();
}

/* The pids of a /proc of another namespace name other processes. */
static void in_a_proc_of_another_namespace_nothing_is_known(void **state)
{
	(void)state;
	fs.other_namespace = true;
	begin_nvidia("4026531836");
	fs.other_namespace = false;
	put_nvidias(100, 0);
	read_all();
	assert_true(isnan(figures[FIGURE_GPU]));
	finish_nvidia();
}

/* NVIDIA's library or a DRM device will do. */
static void without_a_gpu_there_is_none(void **state)
{
	struct procfs closed = fs;
	struct gpu *made;
	struct err e;

	(void)state;
	installed = no_dri = false;
	made = gpu_create(&fs, &e);
	assert_non_null(made);
	gpu_destroy(made);
	no_dri = true;
	assert_null(gpu_create(&fs, &e));
	assert_string_equal(
	    e.text, "no GPU: not here, and there is no /dev/dri");
	installed = true;
	made = gpu_create(&fs, &e);
	assert_non_null(made);
	gpu_destroy(made);
	closed.root = -1;
	assert_null(gpu_create(&closed, &e));
	assert_string_equal(e.text, "no thread can be started");
	installed = false;
	gpu_destroy(NULL);
}

/* With the program alone only it is asked about; never what has ended. */
static void who_is_asked_about_is_alive(void **state)
{
	(void)state;
	put_fd(100, 4, "/dev/dri/renderD128", amd);
	put_fd(101, 4, "/dev/dri/renderD128",
	    "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\n"
	    "drm-client-id:\t8\ndrm-memory-vram:\t1 MiB\n");
	members.list.items[1].is_root = true;
	assert_true(gpu_ask(gpu, &members, true));
	while (!gpu_collect(gpu))
		usleep(1000);
	gpu_figures(gpu, 0, figures);
	assert_true(figures[FIGURE_GPU] == 1);
	members.list.items[1].zombie = true;
	read_all();
	assert_true(figures[FIGURE_GPU] == 2);
	members.list.items[0].gone = true;
	read_all();
	assert_true(figures[FIGURE_GPU] == 0);
}

/* Its driver is seen twice: as NVIDIA's, and as one that reports nothing by
 * fdinfo. Another device that holds nothing is one. */
static void nvidias_driver_counts_once(void **state)
{
	(void)state;
	begin_nvidia("4026531836");
	begin_other(true);
	put_nvidias(100, 0);
	put_fd(100, 4, "/dev/dri/renderD128",
	    "drm-driver:\tnvidia-drm\ndrm-pdev:\t0000:01:00.0\n");
	put_fd(101, 4, "/dev/dri/renderD129",
	    "drm-driver:\tamdgpu\ndrm-pdev:\t0000:03:00.0\n"
	    "drm-client-id:\t8\ndrm-memory-vram:\t0 MiB\n");
	read_all();
	assert_true(figures[FIGURE_GPU] == 1);
	assert_true(memory_of(0) == 1 && memory_of(1) == 0);
	assert_true(isnan(memory_of(2)));
	finish_nvidia();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
	const struct CMUnitTest tests[] = {
	    TEST(a_client_counts_once),
	    TEST(resident_memory_in_regions),
	    TEST(other_keys_are_not_memory),
	    TEST(a_device_tells_how_busy_it_is),
	    TEST(what_is_not_reported_is_a_gap),
	    TEST(nobody_uses_it),
	    TEST(in_the_first_namespace_pids_are_as_listed),
	    TEST(in_another_namespace_pids_are_proved),
	    TEST(a_driver_that_does_not_work_says_why),
	    TEST(a_driver_that_does_not_answer_is_a_problem),
	    TEST(of_many_devices_the_first_have_figures),
	    TEST(each_process_of_a_list_is_looked_at),
	    TEST(what_is_not_of_a_list_proves_nothing),
	    TEST(in_a_proc_of_another_namespace_nothing_is_known),
	    TEST(without_a_gpu_there_is_none),
	    TEST(who_is_asked_about_is_alive),
	    TEST(nvidias_driver_counts_once),
	};

	return cmocka_run_group_tests(tests, fake_begin, fake_end);
}
