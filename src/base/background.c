// SPDX-License-Identifier: MIT
#include "base/background.h"

#include <pthread.h>

int background_start(
    void *(*work)(void *context), void *context, size_t stack_bytes)
{
	pthread_attr_t attributes;
	pthread_t id;
	int result;

	if (pthread_attr_init(&attributes) != 0)
		return -1;
	pthread_attr_setstacksize(&attributes, stack_bytes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	result = pthread_create(&id, &attributes, work, context);
	pthread_attr_destroy(&attributes);
	return result == 0 ? 0 : -1;
}
