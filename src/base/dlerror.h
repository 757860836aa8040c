/* SPDX-License-Identifier: MIT
 *
 * The error of the dynamic linker, in a library that lives in a program of
 * somebody else.
 */
#ifndef MPROF_BASE_DLERROR_H
#define MPROF_BASE_DLERROR_H

#include <dlfcn.h>

/* Clears it: dlerror() would tell the program of names that this library did
 * not find. A name that is found comes first, since dlerror() would allocate
 * the text of an error. */
static inline void dlerror_clear(void)
{
	if (dlsym(RTLD_DEFAULT, "malloc"))
		dlerror();
}

#endif
