# SPDX-License-Identifier: MIT
#
# make            the program, its renderer and the Python agent
# make deps       install what the goals named beside it need (all: alone)
# make demo       record a real program and write its chart
# make test       build and run every test
# make test-fast  in a minute: what records no program; for each commit
# make mutants    changes of the source that no unit test notices; MUTANTS=300
# make test-faults  the same short run with each system call failing in turn
# make test-vm    control groups, OOM, swap and PSI on Debian's kernel in qemu
# make test-cross  build for aarch64, and test below qemu what can run there
# make bench      measure, beside the peers; SECTION=recorder for one table
# make bench-readme  the same, into README.md and examples/figures; TABLE=file takes a saved one
# make fuzz       fuzz what reads others' bytes, FUZZ_S=60 seconds each
# make attack     crafted input, failures, kills and races; ATTACK_S=600 seconds
# make lint       formatters and static checks
# make compile_commands.json  for clangd and other tools
# make analyze    gcc's analyzer, but for what was looked through
# make measures   how large and how finely cut the source is; measures-all:
#                 also what a command passes through, tests' time, mutants
# make install    to PREFIX (/usr/local), below DESTDIR; make uninstall
# make dist       build/mprof-VERSION.tar.gz, the same bytes every time
# make wheel      build/dist/mprof-VERSION-py3-none-manylinux_2_XX_x86_64.whl,
#                 for pip, from what was built; the same bytes every time
# make static     build/dist/mprof-VERSION-static-MACHINE.tar.gz: recorder, list,
#                 peak, terminal chart, with musl; the same bytes every time
# make deb        build/dist/mprof*.deb, by Debian's tools
#
# V=1 shows the commands; WERROR=1 makes warnings errors;
# SANITIZE=address,undefined builds with sanitizers; make test VALGRIND=1 tests
# below memcheck; CAIRO=no, CSV=no, GRAPHVIZ=no and DWARF=no leave a library out.

VERSION = 0.2.0
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib/mprof
MANDIR = $(PREFIX)/share/man
DATADIR = $(PREFIX)/share
DOCDIR = $(DATADIR)/doc/mprof

CC ?= cc
PKG_CONFIG ?= pkg-config
CAIRO = yes
CSV = yes
GRAPHVIZ = yes
# A statically linked program loads no module.
DWARF = $(if $(filter -static,$(LDFLAGS)),no,yes)

MAKEFLAGS += --no-builtin-rules
Q = $(if $(V),,@)

# What deps installs is looked for when a Makefile is read: the goals beside
# it (make deps demo) are left to a second make.
ifneq ($(filter deps,$(MAKECMDGOALS)),)
goals = $(filter-out deps,$(MAKECMDGOALS))
.PHONY: deps $(goals)
deps:
	$(Q)sh .ci/deps $(goals)
	$(if $(goals),$(Q)$(MAKE) --no-print-directory $(goals))
ifneq ($(goals),)
$(goals): deps ;
endif
else

say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

sources = $(sort $(wildcard $(addprefix src/,$(addsuffix /*.c,$(1)))))
rooms := base profile csv dat proc analysis recorder python python/remote \
	python/stack python/heap python/refs scene chart layout graph cli \
	export render input symbols commands
ifeq ($(CSV),no)
rooms := $(filter-out csv,$(rooms))
endif

main_sources := src/main.c $(call sources,$(rooms))
module_sources := $(call sources,base render/cairo)
graph_sources := $(call sources,base render/graphviz)
# The agent reads /proc as the recorder does.
agent_sources := $(call sources,python/agent) \
	$(addprefix src/,proc/procfs.c proc/metric.c profile/measure.c \
	base/err.c base/mem.c base/utf8.c)
allocation_sources := $(call sources,allocation) \
	$(addprefix src/,base/filters.c python/agent/api.c \
	python/remote/offsets.c python/stack/linetable.c)
symbols_sources := $(call sources,symbols/dwarf)
touched_sources := $(call sources,base touched) \
	$(addprefix src/proc/,namespace.c perf_map.c procfs.c resident.c)
objects_of = $(patsubst src/%.c,build/$(1)/%.o,$(2))
main_objects := $(call objects_of,main,$(main_sources)) build/main/viewer.o
module_objects := $(call objects_of,pic,$(module_sources))
graph_objects := $(call objects_of,pic,$(graph_sources))
symbols_objects := $(call objects_of,pic,$(symbols_sources))
touched_objects := $(call objects_of,pic,$(touched_sources))
agent_objects := $(call objects_of,preload,$(agent_sources))
allocation_objects := $(call objects_of,preload,$(allocation_sources))
library_objects := $(filter-out build/main/main.o,$(main_objects))
unit_tests := $(patsubst tests/unit/%.c,build/tests/%, \
	$(wildcard tests/unit/test_*.c))
ifeq ($(CSV),no)
unit_tests := $(filter-out build/tests/test_csv,$(unit_tests))
endif
# What the tests record; built without sanitizers, which would be recorded too.
test_programs := $(patsubst tests/programs/%.c,build/programs/%, \
	$(wildcard tests/programs/*.c)) \
	$(patsubst tests/preload/%.c,build/programs/%.so, \
	$(wildcard tests/preload/*.c))
# Each harness twice: with libFuzzer, and to read its corpus again as a test.
harnesses = $(filter-out $(left_out),$(patsubst tests/fuzz/fuzz_%.c,%, \
	$(wildcard tests/fuzz/fuzz_*.c)))
left_out = $(if $(filter $(CSV),no),csv) \
	$(if $(filter build/touched.so,$(programs)),,symbols unwind)
replays = $(harnesses:%=build/tests/replay_%)
fuzzers = $(harnesses:%=build/fuzz/bin/%)
fuzz_objects := $(call objects_of,fuzz,$(filter-out src/main.c,$(main_sources))) \
	build/main/viewer.o

programs := mprof
features := recorder
ifneq ($(CAIRO),no)
ifneq ($(wildcard src/render/cairo/*.c),)
programs += build/render.so
endif
module_packages := cairo cairo-svg cairo-pdf cairo-ps libpng
ifeq ($(shell $(PKG_CONFIG) --exists pangocairo && echo yes),yes)
module_packages += pangocairo
module_defines += -DHAVE_PANGO
features += pango
endif
ifeq ($(shell $(PKG_CONFIG) --exists fontconfig && echo yes),yes)
module_packages += fontconfig
module_defines += -DHAVE_FONTCONFIG
endif
features += cairo
main_defines += -DHAVE_CAIRO
# It lays out what Cairo draws.
ifneq ($(GRAPHVIZ),no)
ifeq ($(shell $(PKG_CONFIG) --exists libgvc && echo yes),yes)
programs += build/graph.so
features += graphviz
main_defines += -DHAVE_GRAPHVIZ
graph_packages = libgvc
endif
endif
endif
ifneq ($(CSV),no)
features += csv
main_libs += -lcsv
main_defines += -DHAVE_CSV
endif
# In $(shell) a backslash before it stays from make 4.3 on.
hash := \#
# Names machine code in what --stacks records.
ifneq ($(DWARF),no)
ifeq ($(shell $(PKG_CONFIG) --exists libdw && echo yes),yes)
programs += build/symbols.so
features += dwarf
# Knows the names of Rust. It has no .pc file, and may be built for programs alone.
ifeq ($(shell printf '%s\n' '$(hash)include <libiberty/demangle.h>' \
	'char *f(void); char *f(void) { return rust_demangle("", 0); }' | \
	$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -x c - -o /dev/null \
	-liberty 2>/dev/null && echo yes),yes)
features += rust
symbols_libs += -liberty -Wl,--exclude-libs,libiberty.a
$(symbols_objects): private CPPFLAGS += -DHAVE_LIBIBERTY
endif
# Watches page faults: musl may be there without the kernel's headers.
ifeq ($(shell echo '$(hash)include <linux/perf_event.h>' | $(CC) $(CPPFLAGS) \
	$(CFLAGS) -E - >/dev/null 2>&1 && echo yes),yes)
programs += build/touched.so
features += touched
endif
endif
endif
ifeq ($(filter build/touched.so,$(programs)),)
unit_tests := $(filter-out build/tests/test_unwind,$(unit_tests))
endif
inert = inert/sitecustomize.py
# A directory for PYTHONPATH, whose memory_profiler finds the agent.
python_modules = python/mprof.py python/memory_profiler/__init__.py \
	python/memory_profiler/__main__.py
programs += build/memory_profiler.so build/$(inert) \
	$(python_modules:%=build/%)
ifneq ($(allocation_sources),)
programs += build/allocation.so
endif

hardening = -fstack-protector-strong -fstack-clash-protection \
	-D_FORTIFY_SOURCE=$(if $(SANITIZE),0,3)
warnings = -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	$(if $(WERROR),-Werror)
cppflags = -Isrc -D_GNU_SOURCE -DMPROF_VERSION='"$(VERSION)"' \
	-DMPROF_FEATURES='"$(strip $(features))"' -DMPROF_LIBDIR='"$(LIBDIR)"'
optimise = $(if $(SANITIZE),-O1 -g -fno-omit-frame-pointer,-O2 -g)
# Figures are the same on each machine: none joins a product and a sum.
cflags = -std=gnu11 -ffp-contract=off $(optimise) $(warnings) $(hardening) \
	-pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined)
ldflags = -pthread -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE))
main_compile = $(CC) $(cppflags) $(main_defines) $(CPPFLAGS) $(cflags) -fPIE \
	$(CFLAGS)
pic_compile = $(CC) $(cppflags) $(module_defines) \
	$(shell $(PKG_CONFIG) --cflags $(module_packages) $(graph_packages) \
		2>/dev/null) \
	$(CPPFLAGS) $(cflags) -fPIC -fvisibility=hidden $(CFLAGS)

all: $(programs)

mprof: $(main_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -pie $(ldflags) $(LDFLAGS) -o $@ $^ \
		$(main_libs) -lm $(LDLIBS)

build/render.so: $(module_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -shared $(ldflags) $(LDFLAGS) -o $@ $^ \
		$$($(PKG_CONFIG) --libs $(module_packages)) -lm

build/graph.so: $(graph_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -shared $(ldflags) $(LDFLAGS) -o $@ $^ \
		$$($(PKG_CONFIG) --libs $(graph_packages)) -lm

build/symbols.so: $(symbols_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -shared $(ldflags) $(LDFLAGS) -o $@ $^ \
		$$($(PKG_CONFIG) --libs libdw) $(symbols_libs)

build/touched.so: $(touched_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -shared $(ldflags) $(LDFLAGS) -o $@ $^ \
		$$($(PKG_CONFIG) --libs libdw libelf) -lm

# Loaded into programs that have no sanitizer's runtime, or another libc than
# ours: it has to find there all that it asks for.
preloaded_objects := $(agent_objects) $(allocation_objects)
$(preloaded_objects) build/memory_profiler.so build/allocation.so: \
	override private SANITIZE =
$(preloaded_objects): private hardening = -fstack-protector-strong \
	-fstack-clash-protection -ftls-model=initial-exec -ffunction-sections
build/preload/python/agent/source.o: $(wildcard src/python/agent/*.py) \
	src/python/agent/$(inert)
build/memory_profiler.so: $(agent_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -shared $(ldflags) -Wl,--gc-sections,-z,defs \
		$(LDFLAGS) -o $@ $^ -ldl

# A compiler that knows malloc() makes our calloc() of ours and memset().
$(allocation_objects): override private CFLAGS += -fno-builtin-malloc \
	-fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free
build/allocation.so: $(allocation_objects)
	$(call say,LINK,$@)
	$(Q)$(CC) $(cflags) $(CFLAGS) -shared $(ldflags) $(LDFLAGS) -o $@ $^ \
		-ldl

build/$(inert): src/python/agent/$(inert)
	@mkdir -p $(@D)
	$(Q)cp $< $@

build/python/memory_profiler/%.py: src/python/agent/package/%.py
	@mkdir -p $(@D)
	$(Q)cp $< $@

build/python/%.py: src/python/agent/%.py
	@mkdir -p $(@D)
	$(Q)cp $< $@

# The parts of the HTML page, as C.
build/viewer.c: $(wildcard src/render/viewer/*)
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$(Q)sh src/render/viewer/embed >$@

build/main/viewer.o: build/viewer.c build/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(main_compile) -MMD -MP -c -o $@ $<

build/main/%.o: src/%.c build/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(main_compile) -MMD -MP -c -o $@ $<

build/preload/%.o: src/%.c build/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(pic_compile) -MMD -MP -c -o $@ $<

build/pic/%.o: src/%.c build/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(pic_compile) -MMD -MP -c -o $@ $<

build/libmprof.a: $(library_objects)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# cmocka 2 deprecates assert_in_range() for what cmocka 1 lacks.
build/tests/%: tests/unit/%.c build/libmprof.a build/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(main_compile) -Wno-deprecated-declarations -MMD -MP -pie $(ldflags) $(LDFLAGS) -o $@ $< \
		$(unit_extra) build/libmprof.a -lcmocka $(main_libs) -lm

# tests/soak/run runs it; the library is of a plain build.
build/soak/forks: tests/soak/forks.c build/libmprof.a
	$(call say,SOAK,$@)
	@mkdir -p $(@D)
	$(Q)$(main_compile) -pie $(ldflags) $(LDFLAGS) -o $@ $^ -lcmocka \
		$(main_libs) -lm

recordings := $(addprefix tests/bench/, recordings.c edges.c world.c)
build/tests/test_leak: $(recordings)
build/tests/test_leak: unit_extra = $(recordings)
sampling := $(addprefix src/allocation/, addresses.c backchain.c \
	callers.c executable.c file.c gate.c heaps.c log.c mappings.c poisson.c \
	rate.c slots.c stack.c)
build/tests/test_allocation build/tests/test_backchain: $(sampling)
build/tests/test_allocation build/tests/test_backchain: unit_extra = $(sampling)

build/bench/leak: tests/bench/leak.c $(recordings) build/libmprof.a
	$(call say,BENCH,$@)
	@mkdir -p $(@D)
	$(Q)$(main_compile) -pie $(ldflags) $(LDFLAGS) -o $@ $^ $(main_libs) -lm

build/programs/%.so: tests/preload/%.c build/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 $(warnings) -fPIC -shared \
		-o $@ $<

build/programs/%: tests/programs/%.c build/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 $(warnings) -pthread -o $@ $<

build/tests/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c \
		build/libmprof.a build/flags
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(main_compile) -MMD -MP -MF $@.d -pie $(ldflags) $(LDFLAGS) -o $@ \
		$(filter %.c,$^) build/libmprof.a $(main_libs) -lm

# Reads by libdw, as the module does that it tests a part of.
build/tests/test_unwind: src/touched/unwind.c
build/tests/test_unwind: private unit_extra = src/touched/unwind.c
build/tests/test_unwind: private main_libs += \
	$(shell $(PKG_CONFIG) --libs libdw libelf 2>/dev/null)

build/tests/test_page_set: src/touched/page_set.c
build/tests/test_page_set: private unit_extra = src/touched/page_set.c

# These read by libdw, too.
fuzz_unwind = src/touched/unwind.c
fuzz_symbols = src/symbols/dwarf/dwarf.c
build/tests/replay_unwind: $(fuzz_unwind)
build/tests/replay_symbols: $(fuzz_symbols)
build/fuzz/bin/unwind: $(call objects_of,fuzz,$(fuzz_unwind))
build/fuzz/bin/symbols: $(call objects_of,fuzz,$(fuzz_symbols))
$(addsuffix unwind,build/tests/replay_ build/fuzz/bin/) \
$(addsuffix symbols,build/tests/replay_ build/fuzz/bin/): private main_libs += \
	$(shell $(PKG_CONFIG) --libs libdw libelf 2>/dev/null)

fuzz_compile = clang $(cppflags) $(main_defines) -std=gnu11 -O1 -g \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined

build/fuzz/%.o: src/%.c build/flags
	$(call say,FUZZ,$<)
	@mkdir -p $(@D)
	$(Q)$(fuzz_compile) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

build/fuzz/bin/%: tests/fuzz/fuzz_%.c $(fuzz_objects) build/main/viewer.o
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(fuzz_compile) -fsanitize=fuzzer -o $@ $^ $(main_libs) -lm

# Everything is built anew when the flags change.
build/flags: FORCE
	@mkdir -p build
	@echo '$(subst ','\'',$(main_compile) $(module_defines))' | \
		cmp -s - $@ || \
		echo '$(subst ','\'',$(main_compile) $(module_defines))' >$@

# JOBS test files at a time: one more than there are processors unless told.
# Those that take longest come first, so that none is left alone at the end.
JOBS =
SLOW = stacks plot python_tables heap run python_ways python_ends refs static
run_tests = VALGRIND=$(VALGRIND) JOBS=$(JOBS) FIRST="$(SLOW:%=%.bats)" \
	PROVE_FLAGS="$(PROVE_FLAGS)" tests/tools/run-tests
TESTS = $(unit_tests) $(replays) $(sort $(wildcard tests/cli/*.bats))
test: all $(unit_tests) $(replays) $(test_programs) check-layers check-headers
	$(Q)$(run_tests) $(TESTS)

# Every unit test, and the command tests that start no recording and wait for
# nothing: their text tells.
fast = $(filter-out build/tests/test_launch,$(unit_tests)) \
	$(sort $(shell grep -LE 'mprof (run|attach|watch|heap|refs)|sleep|strace|python|unshare|chromium|demo|make ' \
	tests/cli/*.bats))
test-fast: all $(unit_tests)
	$(Q)$(run_tests) $(fast)

# MUTANTS changes of the source, one at a time, chosen by SEED.
MUTANTS = 300
SEED = 1
mutants:
	$(Q)tests/mutants/run $(MUTANTS) $(SEED)

# Each system call of a short run fails in turn: tests/faults/inject says how.
test-faults: all $(test_programs)
	$(Q)tests/faults/inject

# Debian's own kernel, in software: about a minute. Not a part of make test.
test-vm: all
	$(Q)tests/vm/run

# For aarch64, below qemu-user; as root. Not a part of make test.
test-cross:
	$(Q)tests/cross

check-layers:
	$(Q)sh tests/tools/check-layers src
	@mkdir -p build
	$(Q)sh tests/tools/check-docs

check-headers:
	$(Q)sh tests/tools/check-homes src
	$(Q)for h in $$(find src -name '*.h'); do \
		echo "#include \"$$h\"" | $(CC) $(cppflags) -I. -std=gnu11 -Wall \
		-Werror -fsyntax-only -x c - || exit 1; done

lint: check-layers check-headers
	$(Q)bash tests/tools/lint

# How each source is compiled, for editors and analysers.
compile_commands.json: FORCE
	$(Q)sh tests/tools/compile-commands \
		'$(subst ','\'',$(main_compile))' "$(main_sources)" \
		'$(subst ','\'',$(pic_compile))' "$(sort $(filter-out \
			$(main_sources),$(module_sources) $(graph_sources) \
			$(agent_sources) $(allocation_sources) $(symbols_sources) \
			$(touched_sources)))" \
		'$(subst ','\'',$(main_compile))' "$(wildcard tests/unit/*.c)" >$@

analyze:
	$(Q)rm -rf build/analyze
	$(Q)bash tests/tools/analyze

# FUZZ_S seconds for each harness, or for those in FUZZ="dat csv".
FUZZ_S = 60
FUZZ = $(harnesses)
fuzz: $(FUZZ:%=build/fuzz/bin/%)
	$(Q)bash tests/fuzz/run $(FUZZ_S) $(FUZZ)

# Each attack of tests/attack gets an equal part of ATTACK_S seconds.
ATTACK_S = 600
attack: all
	$(Q)bash tests/attack/run $(ATTACK_S) $(ATTACK)

demo: all
	$(Q)sh examples/demo

measures:
	$(Q)tests/tools/measures src

measures-all: measures all
	$(Q)tests/tools/walks
	$(Q)bash -c 'time $(MAKE) -s test >build/measures.log' 2>&1 | \
		sed -n 's/^real\t/make test                          /p'
	$(Q)$(MAKE) -s mutants

bench: all
	$(Q)bash tests/bench/run $(SECTION)

bench-readme: all
	$(Q)sh tests/bench/readme-table $(or $(TABLE),"") $(SECTION)

# Debian's fish looks for completions in /usr/share and /etc, not in /usr/local.
FISHDIR = $(if $(filter /usr/local,$(PREFIX)),/etc/fish/completions,$\
	$(DATADIR)/fish/vendor_completions.d)
BASHDIR = $(DATADIR)/bash-completion/completions
ZSHDIR = $(DATADIR)/zsh/site-functions
pages = $(wildcard man/*.[157])
modules = $(filter %.so,$(programs))
put = install -D -m $(1) "$(2)" "$(DESTDIR)$(3)"

install: all
	$(call say,INSTALL,"$(DESTDIR)$(PREFIX)")
	$(Q)$(call put,755,mprof,$(BINDIR)/mprof)
	$(Q)for file in $(notdir $(modules)); do \
		$(call put,644,build/$$file,$(LIBDIR)/$$file) || exit 1; done
	$(Q)for file in $(inert) $(python_modules); do \
		$(call put,644,build/$$file,$(LIBDIR)/$$file) || exit 1; done
	$(Q)for page in $(notdir $(pages)); do \
		$(call put,644,man/$$page,$(MANDIR)/man$${page##*.}/$$page) || \
		exit 1; done
	$(Q)$(call put,644,src/cli/completion/mprof,$(BASHDIR)/mprof)
	$(Q)$(call put,644,src/cli/completion/_mprof,$(ZSHDIR)/_mprof)
	$(Q)$(call put,644,src/cli/completion/mprof.fish,$(FISHDIR)/mprof.fish)
	$(Q)find examples -type f | while IFS= read -r file; do \
		mode=644; test ! -x "$$file" || mode=755; \
		$(call put,$$mode,$$file,$(DOCDIR)/$$file) || exit 1; done

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/mprof"
	rm -f $(modules:build/%="$(DESTDIR)$(LIBDIR)/%") \
		"$(DESTDIR)$(LIBDIR)/$(inert)" \
		$(python_modules:%="$(DESTDIR)$(LIBDIR)/%")
	rm -f $(foreach page,$(notdir $(pages)), \
		"$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(page)")
	rm -f "$(DESTDIR)$(BASHDIR)/mprof" "$(DESTDIR)$(ZSHDIR)/_mprof" \
		"$(DESTDIR)$(FISHDIR)/mprof.fish"
	rm -rf "$(DESTDIR)$(DOCDIR)/examples"
	-rmdir "$(DESTDIR)$(LIBDIR)/python/memory_profiler" \
		"$(DESTDIR)$(LIBDIR)/python"
	-rmdir "$(DESTDIR)$(LIBDIR)/$(dir $(inert))" "$(DESTDIR)$(LIBDIR)" "$(DESTDIR)$(DOCDIR)"

# It needs Python 3, patchelf and binutils, and no network.
DIST = build/dist
wheel: all
	$(Q)rm -rf "$(DIST)/root"
	$(Q)$(MAKE) --no-print-directory -s -o all DESTDIR="$(DIST)/root" PREFIX=/ \
		BINDIR=/bin LIBDIR=/lib/mprof MANDIR=/share/man DATADIR=/share \
		install >/dev/null
	$(Q)tests/tools/wheel "$(DIST)/root" $(VERSION) "$(DIST)"
	$(Q)rm -rf "$(DIST)/root"

# Sorted, owned by nobody in particular, dated by the last commit.
dist:
	$(Q)sh tests/tools/dist $(VERSION)

static:
	$(Q)tests/tools/static $(VERSION)

# It needs debhelper and lintian.
deb:
	$(Q)tests/tools/deb $(VERSION)

clean:
	rm -rf build mprof compile_commands.json

-include $(shell find build \( -path build/roots -o -path build/deb -o -path build/static \) -prune -o -name '*.d' -print \
	2>/dev/null)

FORCE:
.PHONY: all test bench bench-readme demo check-layers check-headers lint install uninstall
.PHONY: attack mutants test-fast measures measures-all test-faults test-vm test-cross analyze deb dist static wheel fuzz clean FORCE
.DELETE_ON_ERROR:
endif
