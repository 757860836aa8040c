# SPDX-License-Identifier: MIT
# The CPythons of this machine that mprof can read, a path a line: the
# system's, python3 on PATH, and what pyenv has installed. MPROF_TEST_PYTHONS
# names others.

is_readable_python() {
	"$1" -c '
import sys
v = sys.version_info
ok = v[0] == 3 and 8 <= v[1] <= 13 and sys.implementation.name == "cpython"
sys.exit(0 if ok and getattr(sys, "_is_gil_enabled", lambda: True)() else 1)
' 2>/dev/null
}

pythons() {
	local python real seen=' '

	for python in ${MPROF_TEST_PYTHONS:-/usr/bin/python3 \
		"$(command -v python3)" \
		"${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python}; do
		is_readable_python "$python" || continue
		real=$("$python" -c 'import sys; print(sys.base_prefix, sys.version_info)')
		[[ $seen != *" $real "* ]] || continue
		seen+="$real "
		echo "$python"
	done
}

# Roots of other systems that have a CPython, a path a line: those named in
# MPROF_TEST_ROOTS, or what stands in build/roots. Only root may enter one.
python_roots() {
	local root

	[ "$(id -u)" -eq 0 ] || return 0
	for root in ${MPROF_TEST_ROOTS:-"$SOURCE"/build/roots/*}; do
		[ -x "$root/usr/bin/python3" ] && echo "$root"
	done
	return 0
}
