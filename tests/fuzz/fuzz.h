/* SPDX-License-Identifier: MIT
 *
 * A harness is a file fuzz_NAME.c here that hands bytes to a reader of ours.
 * Its corpus is corpus/NAME: seeds, and every input that once found a fault.
 */
#ifndef MPROF_TESTS_FUZZ_H
#define MPROF_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
