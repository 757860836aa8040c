// SPDX-License-Identifier: MIT
#include "python/agent/source.h"

#define SOURCE(symbol, file)                              \
	__asm__(".pushsection .rodata\n"                  \
		".globl " symbol "\n"                     \
		".hidden " symbol "\n" symbol ":\n"       \
		".incbin \"src/python/agent/" file "\"\n" \
		".byte 0\n"                               \
		".popsection\n")

SOURCE("source_lines", "lines.py");
SOURCE("source_profile", "profile.py");
SOURCE("source_measure", "measure.py");
SOURCE("source_line_profiler", "line_profiler.py");
SOURCE("source_magics", "magics.py");
SOURCE("source_main", "main.py");
SOURCE("source_timer", "timer.py");
SOURCE("source_heap", "heap.py");
SOURCE("source_aside", "aside.py");
SOURCE("source_mprof", "mprof.py");
SOURCE("source_observe", "observe.py");
SOURCE("source_inert", "inert/sitecustomize.py");
SOURCE("source_builtin", "builtin.py");
