/* SPDX-License-Identifier: MIT
 *
 * A figure that is another by as much as rounding may make of it. cmocka's
 * assert_float_equal() takes NAN for each number, and compares floats.
 */
#ifndef MPROF_TESTS_NEAR_H
#define MPROF_TESTS_NEAR_H

#include <math.h>

#define assert_near(got, want, within)                                     \
	do {                                                               \
		double near_got = (got), near_want = (want);               \
                                                                           \
		if (!(fabs(near_got - near_want) <= (within)))             \
			fail_msg("%s is %.17g, not %.17g", #got, near_got, \
			    near_want);                                    \
	} while (0)

#endif
