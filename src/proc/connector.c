// SPDX-License-Identifier: MIT
#include "proc/connector.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* musl may lack the kernel's headers: declarations from linux/netlink.h,
 * connector.h, cn_proc.h and filter.h. */
enum {
	NETLINK_CONNECTOR = 11,
	MESSAGE_DONE = 3,
	PROCESSES = 1, /* CN_IDX_PROC, CN_VAL_PROC */
	LISTEN = 1,
	EVENT_ACK = 0,
	EVENT_FORK = 1,
	EVENT_EXIT = (int)0x80000000,
	ATTACH_FILTER = 26, /* SO_ATTACH_FILTER */
	KEPT_BYTES = 1 << 20,
	READ_AT_MOST = 10000, /* some 10 ms, as a tick must end */
	TRIES = 8
};

struct address {
	uint16_t family, pad;
	uint32_t port, groups;
};

struct head {
	uint32_t bytes;
	uint16_t type, flags;
	uint32_t sequence, port;
	uint32_t index, value, number, ack;
	uint16_t size, more_flags;
};

/* Its last word is unknown to older kernels, which then don't answer. It is 0
 * for all kinds of events: there is no answer for a selection. */
struct request {
	struct head head;
	uint32_t what, events;
};

struct event {
	struct head head;
	uint32_t what, cpu, time[2];
	union {
		uint32_t error;
		struct {
			int32_t parent_thread, parent;
			int32_t thread, child;
		} fork;
		struct {
			int32_t thread, process;
			uint32_t status, signal;
		} exit;
	};
};

struct filter_step {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t value;
};

struct filter {
	uint16_t count;
	const struct filter_step *steps;
};

/* Filters in the kernel: its answer, forks of processes and, where wanted,
 * exits of processes, but not of threads. */
static int connector_attach_filter(int fd, bool exits)
{
	enum {
		LOAD = 0x20,
		SAVE = 0x07,
		IF = 0x15,
		IF_SAVED = 0x1d,
		JUMP = 0x05,
		RETURN = 6
	};
	const struct filter_step steps[] = {
	    {LOAD, 0, 0, offsetof(struct event, what)},
	    {IF, 10, 0, htonl(EVENT_ACK)},
	    {IF, 5, 0, htonl(EVENT_FORK)},
	    {IF, 0, 9, exits ? htonl(EVENT_EXIT) : htonl(EVENT_FORK)},
	    {LOAD, 0, 0, offsetof(struct event, exit.thread)},
	    {SAVE, 0, 0, 0},
	    {LOAD, 0, 0, offsetof(struct event, exit.process)},
	    {JUMP, 0, 0, 3},
	    {LOAD, 0, 0, offsetof(struct event, fork.thread)},
	    {SAVE, 0, 0, 0},
	    {LOAD, 0, 0, offsetof(struct event, fork.child)},
	    {IF_SAVED, 0, 1, 0},
	    {RETURN, 0, 0, UINT32_MAX},
	    {RETURN, 0, 0, 0},
	};
	const struct filter filter = {sizeof(steps) / sizeof(steps[0]), steps};

	return setsockopt(
	    fd, SOL_SOCKET, ATTACH_FILTER, &filter, sizeof(filter));
}

/* Receives the next message of the kernel; false where none is left. */
static bool connector_receive(struct connector *connector, struct event *event)
{
	for (int i = 0; i < TRIES; i++) {
		struct address from = {0};
		socklen_t size = sizeof(from);
		ssize_t got = recvfrom(connector->fd, event, sizeof(*event),
		    MSG_DONTWAIT, (struct sockaddr *)&from, &size);

		if (got < 0 && errno == ENOBUFS)
			connector->lost = true;
		else if (got < 0 && errno != EINTR)
			return false;
		else if (got == sizeof(*event) && from.port == 0)
			return true;
	}
	return false;
}

/* If the kernel answers, the answer is there when send() returns. */
static bool connector_subscribe(struct connector *connector, bool exits)
{
	const struct address own = {.family = AF_NETLINK, .groups = PROCESSES};
	const struct request request = {
	    .head = {.bytes = sizeof(request),
		.type = MESSAGE_DONE,
		.index = PROCESSES,
		.value = PROCESSES,
		.size = sizeof(request) - sizeof(request.head)},
	    .what = LISTEN,
	};
	struct event answer;

	return connector_attach_filter(connector->fd, exits) == 0 &&
	       bind(connector->fd, (const struct sockaddr *)&own,
		   sizeof(own)) == 0 &&
	       send(connector->fd, &request, sizeof(request), 0) ==
		   sizeof(request) &&
	       connector_receive(connector, &answer) &&
	       answer.what == EVENT_ACK && answer.error == 0;
}

void connector_init(struct connector *connector, bool exits)
{
	const int bytes = KEPT_BYTES;

	*connector = (struct connector){.exits = exits,
	    .fd = socket(
		AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR)};
	if (connector->fd < 0)
		return;
	if (setsockopt(connector->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes,
		sizeof(bytes)) != 0)
		setsockopt(connector->fd, SOL_SOCKET, SO_RCVBUF, &bytes,
		    sizeof(bytes));
	if (!connector_subscribe(connector, exits))
		connector_finish(connector);
}

void connector_finish(struct connector *connector)
{
	if (connector->fd >= 0)
		close(connector->fd);
	connector->fd = -1;
	array_free(&connector->forks);
	array_free(&connector->ends);
}

/* The next event; false where none is left. */
static bool connector_next(
    struct connector *connector, struct connector_event *event)
{
	struct event sent;

	while (connector_receive(connector, &sent)) {
		if ((int)sent.what == EVENT_EXIT) {
			*event = (struct connector_event){.is_exit = true,
			    .pid = sent.exit.process,
			    .status = (int)sent.exit.status};
			return true;
		}
		if (sent.what == EVENT_FORK) {
			*event = (struct connector_event){
			    .parent = sent.fork.parent, .pid = sent.fork.child};
			return true;
		}
	}
	return false;
}

void connector_read(struct connector *connector)
{
	struct connector_event event;

	if (connector->fd < 0)
		return;
	for (int i = 0; connector_next(connector, &event); i++) {
		if (i == READ_AT_MOST) {
			connector->lost = true;
			return;
		}
		if (event.is_exit)
			*array_push(&connector->ends) = event;
		else
			*array_push(&connector->forks) = event;
	}
}

bool connector_pop_end(struct connector *connector, pid_t pid, int *status)
{
	if (!connector->exits)
		return false;
	connector_read(connector);
	for (size_t i = 0; i < connector->ends.len; i++) {
		struct connector_event *end = &connector->ends.items[i];

		if (end->pid != pid)
			continue;
		*status = end->status;
		*end = connector->ends.items[--connector->ends.len];
		return true;
	}
	return false;
}
