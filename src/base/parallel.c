// SPDX-License-Identifier: MIT
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { HELPERS_MAX = 7, FEW = 64, STACK_BYTES = 1 << 20 };

/* A free thread takes the next item. */
struct parallel {
	parallel_work *work;
	void *context;
	size_t count;
	atomic_size_t next;
};

static void *parallel_run_items(void *context)
{
	struct parallel *p = context;
	size_t at;

	while ((at = atomic_fetch_add(&p->next, 1)) < p->count)
		p->work(p->context, at);
	return NULL;
}

void parallel_for(size_t count, parallel_work *work, void *context)
{
	struct parallel p = {work, context, count, 0};
	long wanted = sysconf(_SC_NPROCESSORS_ONLN) - 1, started = 0;
	pthread_t helpers[HELPERS_MAX];
	pthread_attr_t attributes;

	if (count >= FEW && wanted > 0 && pthread_attr_init(&attributes) == 0) {
		pthread_attr_setstacksize(&attributes, STACK_BYTES);
		while (started < wanted && started < HELPERS_MAX &&
		       pthread_create(&helpers[started], &attributes,
			   parallel_run_items, &p) == 0)
			started++;
		pthread_attr_destroy(&attributes);
	}
	parallel_run_items(&p);
	while (started > 0)
		pthread_join(helpers[--started], NULL);
}
