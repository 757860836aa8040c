# SPDX-License-Identifier: MIT
# Loaded by the tests that need a CPython: which ones are here, and how a
# program runs under mprof in them.

# shellcheck disable=SC2034 # the tests use it
SCRIPTS=$SOURCE/tests/python

# shellcheck disable=SC1091
. "$SOURCE/tests/cli/pythons.bash"

# The same, looked for once a test file.
known_pythons() {
	local known=${BATS_FILE_TMPDIR:-.}/pythons

	[ -e "$known" ] || pythons_with_gil >"$known" 2>/dev/null
	cat "$known"
}

# Those that the agent is tried in. It has no sanitizers in it, and what mprof
# reads of it is the same from each: with them the oldest and the newest will
# do. (What reads an interpreter from outside is tried on each all the same.)
agent_pythons() {
	local python

	grep -qs fsanitize "$SOURCE/build/flags" || {
		known_pythons
		return
	}
	for python in $(known_pythons); do
		"$python" -S -c 'import sys
print("%d.%d.%d" % sys.version_info[:3], sys.argv[1])' "$python"
	done | sort -V | sed -n '1p; ${1!p}' | cut -d' ' -f2
}

# Runs a function with each interpreter, and says which those were and which
# minor versions were not tried: none here, or see above.
on_each_python() {
	local python minor tried='' missing=''

	for python in $(agent_pythons); do
		# Behind || the function would go on after a failure.
		echo "with $python" >&2
		"$@" "$python"
		tried="$tried $("$python" -S -c 'import sys
print("%d.%d.%d" % sys.version_info[:3])')"
	done
	[ -n "$tried" ] || skip 'no CPython here that mprof can read'
	for minor in $(seq 8 "$(newest_minor)"); do
		[[ "$tried " == *" 3.$minor."* ]] || missing+=" 3.$minor"
	done
	echo "# on CPython$tried${missing:+; not tried:$missing}" >&3
}

# Those that take code while they run, or those that don't, a path a line:
# attachable yes
attachable() {
	local python

	for python in $(known_pythons); do
		"$python" -c 'import sys
known = "yes" if sys.version_info >= (3, 14) else "no"
sys.exit(known != sys.argv[1])' "$1" && echo "$python"
	done
	return 0
}

# Runs a function with each of them: on_attachable yes FUNCTION
on_attachable() {
	local python tried=''

	for python in $(attachable "$1"); do
		tried+=" $("$python" -V)"
		# Behind || the function would go on after a failure.
		echo "with $python" >&2
		"${@:2}" "$python"
	done
	[ -n "$tried" ] || skip 'no such CPython here'
	echo "# on$tried" >&3
}

# examples/django with its rows, as the directory site, and in there; $python
# has Django.
django_site() {
	# shellcheck disable=SC2046  # an interpreter a word
	need_module django $(known_pythons)
	cp -r "$SOURCE/examples/django" site
	cd site || return 1
	"$python" manage.py migrate >/dev/null
	"$python" manage.py fill >/dev/null
}

# An interpreter that has memory_profiler itself; empty where there is none.
reference_python() {
	local python

	for python in $(known_pythons); do
		if "$python" -c 'import memory_profiler' 2>/dev/null; then
			echo "$python"
			return
		fi
	done
}

# old_modules PYTHON: into the directory old, what memory_profiler's magics import
# of a standard library that has it no more: distutils is gone since 3.12.
old_modules() {
	mkdir old
	! "$1" -W ignore -c 'import distutils.version' 2>/dev/null || return 0
	mkdir old/distutils
	touch old/distutils/__init__.py
	cat >old/distutils/version.py <<-'END'
	import functools
	@functools.total_ordering
	class LooseVersion:
	    def __init__(self, text):
	        self.numbers = [int(n) for n in text.split(".") if n.isdigit()]
	    def __eq__(self, other):
	        return self.numbers == LooseVersion(str(other)).numbers
	    def __lt__(self, other):
	        return self.numbers < LooseVersion(str(other)).numbers
	    def __str__(self):
	        return ".".join(map(str, self.numbers))
	END
}

# recorded PYTHON WORD...: under mprof, into run.dat
recorded() {
	rm -f run.dat
	mprof run -q -o run.dat --python "$@"
}
