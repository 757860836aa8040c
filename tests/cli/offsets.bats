#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The rows of src/python/remote/offsets.def are what the headers of the CPythons on
# this machine say.

load helper.bash
load pythons.bash

@test "the CPythons that the tests of Python run in, and those they skip" {
	local minor

	described_pythons >found
	sed -n 's/^\([^ ]*\) \(CPython [^ ]*\) .*/# runs in \2: \1/p' found >&3
	sed -n 's/^\([^ ]*\) no: /# skips \1: /p' found >&3
	for minor in $(seq 8 "$(newest_minor)"); do
		grep -q " CPython 3\.$minor\." found ||
			echo "# skips CPython 3.$minor: it is not here;" \
				"tests/tools/pythons fetches newer ones" >&3
	done
}

@test "each CPython that is here has a row" {
	local newest

	newest=$(newest_minor)
	described_pythons | awk -v newest="$newest" '
		/ no: (a .* )?CPython 3\./ {
			version = $NF
			split(version, part, ".")
			if (part[2] > newest) {
				print $1 " is CPython " version ", and the newest" \
				    " row of src/python/remote/offsets.def is 3." newest \
				    ": see src/HACKING.md"
				missing = 1
			}
		}
		END { exit missing }'
}

# Debian aligns the heads of the collector's lists in 3.13 as nobody else does;
# they are found by what they are.
known_by_headers() {
	grep -v -e '\.micro' -e '\.gc_generations'
}

@test "the rows are those of the headers that are here" {
	local python include minor threaded none=yes

	for python in $(pythons); do
		include=$("$python" -c 'import sysconfig
print(sysconfig.get_path("include"))')
		[ -e "$include/pyconfig.h" ] || continue
		[ -e "$include/internal/pycore_interp.h" ] || [ -e \
			"$include/internal/pycore_pystate.h" ] || continue
		minor=$("$python" -c 'import sys; print(sys.version_info[1])')
		threaded=$("$python" -c 'import sys
print(int("free-threading" in sys.version))')
		echo "# headers of $("$python" -V)" >&3
		none=
		"$SOURCE/tests/tools/python-offsets" "$include" |
			grep '^	\.' | known_by_headers >here
		awk -v minor="$minor" -v threaded="$threaded" '
			/^PYTHON_OFFSETS/ { row = "" }
			/^\t\./ { row = row $0 "\n" }
			/^\)/ && row ~ "minor = " minor "," &&
				row ~ "free_threaded = " threaded "," {
				printf "%s", row
				exit
			}' "$SOURCE/src/python/remote/offsets.def" |
			known_by_headers >there
		diff here there
	done
	[ -z "$none" ] || skip "no headers of CPython here"
}
