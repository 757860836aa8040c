// SPDX-License-Identifier: MIT
//
// mlockall() in front of the C library's: it makes all memory resident, and
// what this library reserves is far more than what it uses.
#include <dlfcn.h>
#include <errno.h>
#include <sys/mman.h>

#include "allocation/samples.h"

__attribute__((visibility("default"))) int mlockall(int flags)
{
	int (*next)(int flags);
	int result;

	*(void **)&next = dlsym(RTLD_NEXT, "mlockall");
	if (!next) {
		errno = ENOSYS;
		return -1;
	}
	samples_before_locking();
	result = next(flags);
	if (result != 0 && errno == ENOMEM && samples_give_way())
		result = next(flags);
	samples_after_locking();
	return result;
}
