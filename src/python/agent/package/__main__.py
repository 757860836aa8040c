# SPDX-License-Identifier: MIT
# A module of mprof's.
import memory_profiler

memory_profiler._main()
