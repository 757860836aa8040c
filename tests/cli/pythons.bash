# SPDX-License-Identifier: MIT
# The CPythons of this machine that mprof can read, a path a line: the
# system's, python3 on PATH, what pyenv has installed, and those of other
# Debian releases that tests/tools/pythons has unpacked below build/roots, or
# that are in the roots named in MPROF_TEST_ROOTS. MPROF_TEST_PYTHONS names
# others in place of all these.

# The newest minor version that has a row.
newest_minor() {
	sed -n 's/^\t\.minor = \([0-9]*\),$/\1/p' \
		"${SOURCE:-$ROOT}/src/python/remote/offsets.def" | tail -n 1
}

# describe_python PYTHON: its version and where it belongs; or, behind "no: ", what
# stands in the way of reading it.
describe_python() {
	"$1" -S -c '
import sys
newest = int(sys.argv[1])
v = sys.version_info
name = "CPython %d.%d.%d" % v[:3]
if sys.implementation.name != "cpython":
    print("no: " + sys.implementation.name)
elif not (3, 8) <= v[:2] <= (3, newest):
    print("no: " + name)
elif "free-threading" in sys.version and v[1] > 14:
    print("no: a free-threaded " + name)
elif hasattr(sys, "gettotalrefcount"):
    print("no: a debug build of " + name)
else:
    gil = "free-threading" not in sys.version
    print(name + ("" if gil else "t") + " " + sys.base_prefix)
' "$(newest_minor)" 2>/dev/null || echo 'no: it does not run'
}

python_candidates() {
	local root=${SOURCE:-$ROOT}/build/roots

	# shellcheck disable=SC2086 # names are separated by spaces
	printf '%s\n' ${MPROF_TEST_PYTHONS:-/usr/bin/python3 \
		"$(command -v python3)" \
		"${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python \
		$(for root in ${MPROF_TEST_ROOTS:-"$root"/*}; do
			ls "$root"/usr/bin/python3.[0-9] \
				"$root"/usr/bin/python3.[0-9][0-9] \
				"$root"/usr/bin/python3.[0-9][0-9]t 2>/dev/null
		done)}
}

# Each with its description.
described_pythons() {
	local python

	for python in $(python_candidates); do
		echo "$python $(describe_python "$python")"
	done
}

# python_paths VERSION: those whose version matches the expression, once each.
python_paths() {
	described_pythons | awk -v version="$1" '$2 != "no:" && $3 ~ version {
		python = $1
		$1 = ""
		if (!seen[$0]++)
			print python
	}'
}

pythons() {
	python_paths .
}

# Those of them that have a GIL, which the agent needs.
pythons_with_gil() {
	python_paths '[0-9]$'
}

# Those that can run without one.
free_threaded_pythons() {
	python_paths 't$'
}

# $python is the first of the interpreters that has the module; without one the
# test is skipped: need_module MODULE PYTHON...
need_module() {
	for python in "${@:2}"; do
		"$python" -c "import $1" 2>/dev/null && return
	done
	skip "$1 is not installed"
}

# Roots that have to be entered, a path a line: those of MPROF_TEST_ROOTS or
# build/roots whose python3 does not run from outside. Only root may enter one.
python_roots() {
	local root

	[ "$(id -u)" -eq 0 ] || return 0
	for root in ${MPROF_TEST_ROOTS:-"${SOURCE:-$ROOT}"/build/roots/*}; do
		[ -x "$root/usr/bin/python3" ] || continue
		"$root/usr/bin/python3" -c '' 2>/dev/null || echo "$root"
	done
	return 0
}
