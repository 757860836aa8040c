// SPDX-License-Identifier: MIT
//
// The module touched.so: watches the page faults of a process and of what it
// starts, and reports them through the feed (base/touched_feed.h).
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/touched_feed.h"
#include "touched/growth.h"

enum { POLL_MS = 100 };

/* Faults in quick succession are handled together. */
static const struct timespec watch_pause = {0, 300000};

static void watch_say_ready(const struct growth *growth, int feed, int error)
{
	struct touched_ready ready = {.head.kind = TOUCHED_READY,
	    .error = error,
	    .in_kernel = growth->rings.in_kernel};

	(void)send(feed, &ready, sizeof(ready), MSG_NOSIGNAL);
}

/* Runs until the other end of the feed, fds[0], is closed. */
static void watch_loop(struct growth *growth, struct pollfd *fds, size_t count)
{
	while ((fds[0].revents & ~POLLOUT) == 0) {
		if (growth_round(growth))
			nanosleep(&watch_pause, NULL);
		growth_sweep(growth, false);
		fds[0].events = POLLIN;
		if (growth_flush(growth, false))
			fds[0].events |= POLLOUT;
		if (poll(fds, (nfds_t)count, growth_pace(growth, POLL_MS)) <
			0 &&
		    errno != EINTR)
			break;
		/* A ring also shows that a recorded program has ended. */
		for (size_t i = 1; i < count; i++)
			if (fds[i].revents & (POLLHUP | POLLERR))
				fds[i].fd = -1;
	}
	growth_round(growth);
	growth_sweep(growth, true);
	growth_flush(growth, true);
}

static void watch_run(const struct touched_request *request)
{
	struct growth growth;
	struct pollfd *fds;
	size_t count;
	int error;

	growth_init(&growth, request->feed);
	error = rings_open(&growth.rings, request->pid, request->running) == 0
		    ? 0
		    : errno;
	watch_say_ready(&growth, request->feed, error);
	if (!error) {
		count = 1 + growth.rings.fds.len;
		fds = mem_zero(count, sizeof(*fds));
		fds[0] = (struct pollfd){request->feed, POLLIN, 0};
		for (size_t i = 1; i < count; i++)
			fds[i] = (struct pollfd){
			    growth.rings.fds.items[i - 1], POLLIN, 0};
		watch_loop(&growth, fds, count);
		free(fds);
	}
	rings_finish(&growth.rings);
	growth_finish(&growth);
}

__attribute__((visibility(
    "default"))) extern const struct touched_module mprof_touched_module;
const struct touched_module mprof_touched_module = {
    .version = TOUCHED_MODULE_VERSION,
    .run = watch_run,
};
