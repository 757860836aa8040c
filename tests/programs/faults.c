// SPDX-License-Identifier: MIT
/* faults: 0 where page faults of this process can be watched, as the recorder
 * does it; 1 where the kernel refuses.
 * faults PROGRAM [WORD ...]: executes the program where it is refused. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int can_watch(void)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE,
	    .size = sizeof(attributes),
	    .config = PERF_COUNT_SW_PAGE_FAULTS,
	    .sample_period = 1,
	    .sample_type = PERF_SAMPLE_TID,
	    .exclude_kernel = 1,
	    .exclude_hv = 1,
	    .inherit = 1,
	    .disabled = 1};
	int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, 0, -1, 0);

	return fd >= 0 &&
	       mmap(NULL, 2 * (size_t)getpagesize(), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0) != MAP_FAILED;
}

int main(int argc, char **argv)
{
	struct sock_filter steps[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};

	if (argc < 2)
		return can_watch() ? 0 : 1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("faults");
		return 77;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
