/* SPDX-License-Identifier: MIT
 *
 * The names of signals.
 */
#ifndef MPROF_BASE_SIGNAL_NAME_H
#define MPROF_BASE_SIGNAL_NAME_H

/* "SIGKILL"; NULL for a number without a name. */
const char *signal_name(int number);

#endif
