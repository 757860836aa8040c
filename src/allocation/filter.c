// SPDX-License-Identifier: MIT
//
// prctl() and syscall() in front of the C library's, by which a program sets
// its filter. One that is set by inline assembly is not seen.
#include "allocation/filter.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "allocation/samples.h"
#include "base/digits.h"
#include "base/filters.h"

#define HOOK __attribute__((visibility("default")))

/* Operations and a flag of seccomp(); musl is without the kernel's headers. */
enum { FILTER_STRICT = 0, FILTER_PROGRAM = 1, FILTER_LISTENER = 8 };

/* Both have all the arguments that there may be: variable ones can't be passed
 * on. syscall() calls nothing but by a tail call, which leaves the caller's
 * stack as it is for a vfork(). */
HOOK int filter_prctl(int option, long a, long b, long c, long d) __asm__(
    "prctl");

static int (*filter_next_prctl)(int option, long a, long b, long c, long d);
/* Named in assembly below. */
extern long (*filter_next_syscall)(long number, long a, long b, long c, long d,
    long e, long f) __attribute__((visibility("hidden")));
long (*filter_next_syscall)(
    long number, long a, long b, long c, long d, long e, long f);
long filter_syscall_rare(long number, long a, long b, long c, long d, long e,
    long f) __attribute__((visibility("hidden"), noinline, cold, used));

void filter_prepare(void)
{
	if (filter_next_syscall)
		return;
	*(void **)&filter_next_prctl = dlsym(RTLD_NEXT, "prctl");
	*(void **)&filter_next_syscall = dlsym(RTLD_NEXT, "syscall");
}

int filter_prctl(int option, long a, long b, long c, long d)
{
	bool is_first;
	int result;

	filter_prepare();
	if (option != PR_SET_SECCOMP)
		return filter_next_prctl(option, a, b, c, d);
	is_first = samples_step_aside();
	result = filter_next_prctl(option, a, b, c, d);
	if (result < 0 && is_first)
		samples_step_back();
	return result;
}

static bool filter_is_set(long number, long operation, long argument)
{
	if (number == SYS_prctl)
		return operation == PR_SET_SECCOMP;
	return number == SYS_seccomp &&
	       (operation == FILTER_STRICT ||
		   (operation == FILTER_PROGRAM && argument));
}

/* Whether that system call has failed. A filter for all threads is refused with
 * the number of a thread that has another one. */
static bool filter_has_failed(long number, long flags, long result)
{
	return result < 0 || (number == SYS_seccomp && result > 0 &&
				 !(flags & FILTER_LISTENER));
}

/* A system call has as many arguments.
 * NOLINTNEXTLINE(readability-function-size) */
long filter_syscall_rare(
    long number, long a, long b, long c, long d, long e, long f)
{
	bool is_first;
	long result;

	filter_prepare();
	is_first = filter_is_set(number, a, c) && samples_step_aside();
	result = filter_next_syscall(number, a, b, c, d, e, f);
	if (is_first && filter_has_failed(number, b, result))
		samples_step_back();
	return result;
}

#if defined(__x86_64__) && !defined(__ILP32__)
/* The last argument is on the caller's stack. A compiler's tail call writes it
 * back there, where the caller may have a variable of its own by right. */
_Static_assert(SYS_seccomp == 317 && SYS_prctl == 157, "numbers below");
__asm__(".pushsection .text\n"
	".globl syscall\n"
	".type syscall, @function\n"
	"syscall:\n"
	"	endbr64\n"
	"	cmpq $317, %rdi\n"
	"	je filter_syscall_rare\n"
	"	cmpq $157, %rdi\n"
	"	je filter_syscall_rare\n"
	"	movq filter_next_syscall(%rip), %rax\n"
	"	testq %rax, %rax\n"
	"	je filter_syscall_rare\n"
	"	jmpq *%rax\n"
	".size syscall, .-syscall\n"
	".popsection\n");
#else
HOOK long filter_syscall(long number, long a, long b, long c, long d, long e,
    long f) __asm__("syscall");
long filter_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_seccomp || number == SYS_prctl ||
	    !filter_next_syscall)
		return filter_syscall_rare(number, a, b, c, d, e, f);
	return filter_next_syscall(number, a, b, c, d, e, f);
}
#endif

/* The number of this process's filters; without /proc 1 for any number. */
static int filter_count(void)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	int count;

	if (fd < 0)
		return prctl(PR_GET_SECCOMP) > 0;
	count = filters_read(fd);
	close(fd);
	return count;
}

bool filter_is_there(void)
{
	const char *recorder = getenv(ALLOCATION_FILTERS_VARIABLE);

	return recorder && filter_count() > (int)digits_at(recorder);
}
