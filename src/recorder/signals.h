/* SPDX-License-Identifier: MIT
 *
 * What a signal to this process means for the program: a part of launch.c.
 */
#ifndef MPROF_RECORDER_SIGNALS_H
#define MPROF_RECORDER_SIGNALS_H

#include "recorder/launch.h"

/* Every signal but those that tell of a fault in this very process. */
void signals_held(sigset_t *set);

/* A fault signal that someone sends is the program's, for as long as it is
 * there. */
void signals_pass_faults(pid_t pid);
void signals_keep_faults(void);

/* The first of them that it may not be sent; 0: none. */
int signals_refused_fault(void);

/* Reads one signal from launch->signals and does what it asks for; true with
 * event where the caller of launch_wait() is to hear of it. */
bool signals_take(struct launch *launch, struct launch_event *event);

/* Stops this process where the terminal stopped the program; true with event
 * when it is back. */
bool signals_stop(struct launch *launch, struct launch_event *event);

#endif
