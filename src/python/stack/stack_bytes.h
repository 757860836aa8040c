/* SPDX-License-Identifier: MIT
 *
 * The number of bytes to read of each structure: up to the last field that is
 * used.
 */
#ifndef MPROF_PYTHON_STACK_STACK_BYTES_H
#define MPROF_PYTHON_STACK_STACK_BYTES_H

#define THREAD_BYTES 320
#define CFRAME_BYTES 16
#define FRAME_BYTES 112
#define CODE_BYTES 160

#endif
