#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# make wheel, and what pip makes of it in fresh virtual environments. The
# program that was built is packed as it is (-o all).
load helper
load ../python/helper

make_wheel() {
	env -u MAKEFLAGS make -s -C "$SOURCE" -o all DIST="$1" wheel
}

setup_file() {
	SOURCE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	can_be_packed || return 0
	make_wheel "$BATS_FILE_TMPDIR/dist"
}

can_be_packed() {
	command -v patchelf && command -v python3 &&
		[ -f "$SOURCE/build/render.so" ] &&
		! ldd "$SOURCE/mprof" | grep -E 'lib(a|ub)san'
} >/dev/null

own_setup() {
	can_be_packed ||
		skip 'no patchelf, no Cairo, or built with sanitizers'
	WHEEL=$(echo "$BATS_FILE_TMPDIR"/dist/*.whl)
	printf '%s\n' 'from memory_profiler import profile' '@profile' \
		'def f():' '    return 1' 'f()' 'import sys, memory_profiler' \
		'print(sys.prefix, getattr(memory_profiler, "__file__", "built in"))' \
		>program.py
}

# The first CPython here that has pip.
python_with_pip() {
	local python

	for python in $(known_pythons); do
		if "$python" -c 'import pip' 2>/dev/null; then
			echo "$python"
			return
		fi
	done
}

# fresh_environment PYTHON: in env
fresh_environment() {
	rm -rf env
	"$1" -m venv --without-pip env
}

# in_pip PYTHON COMMAND...: that Python's pip, for env
in_pip() {
	local pip

	pip=$("$1" -c 'import pip, os; print(os.path.dirname(pip.__file__))')
	env/bin/python "$pip" --isolated --disable-pip-version-check "${@:2}"
}

@test "the tag is that of its programs, and the bytes are the same twice" {
	tag=$("$SOURCE/tests/tools/wheel-tag" "$WHEEL")
	[[ $tag =~ ^manylinux_2_[0-9]+_(x86_64|aarch64)$ ]]
	version=$(sed -n 's/^VERSION = //p' "$SOURCE/Makefile")
	same "${WHEEL##*/}" "mprof-$version-py3-none-$tag.whl"
	make_wheel "$PWD/again" >/dev/null
	cmp "$WHEEL" again/*.whl
	same "$(ls again)" "${WHEEL##*/}"
	# A promise of an older glibc than it needs, or a library left out.
	cp "$WHEEL" "${WHEEL##*/}"
	mv ./*.whl "mprof-$version-py3-none-manylinux_2_17_x86_64.whl"
	run_apart "$SOURCE/tests/tools/wheel-tag" ./*.whl
	[ "$status" -ne 0 ]
	[[ $errors == *"should be manylinux_2_"* ]]
	python3 -m zipfile -e "$WHEEL" unpacked
	patchelf --set-rpath /usr/lib "$(find unpacked -name render.so)"
	run_apart "$SOURCE/tests/tools/wheel-tag" unpacked
	[[ $errors == *"render.so: searches /usr/lib"* ]]
	find unpacked -name 'libcairo.so*' -delete
	run_apart "$SOURCE/tests/tools/wheel-tag" unpacked
	[[ $errors == *": needs libcairo"* ]]
}

@test "the tag is the first of auditwheel's policies that has a symbol" {
	cat >policies.py <<-'END'
	import sys
	from importlib.machinery import SourceFileLoader
	from importlib.util import module_from_spec, spec_from_loader
	sys.dont_write_bytecode = True
	loader = SourceFileLoader("tool", sys.argv[1])
	tool = module_from_spec(spec_from_loader("tool", loader))
	loader.exec_module(tool)
	for line in sys.stdin:
	    name, tag = line.split()
	    found = tool.policy_of(name)
	    assert str(found) == tag, (name, found, tag)
	END
	python3 policies.py "$SOURCE/tests/tools/wheel-tag" <<-'END'
		GLIBC_2.2.5 17
		GLIBC_2.17 17
		GLIBC_2.18 24
		GLIBC_2.29 31
		GLIBC_2.33 34
		GLIBC_2.36 36
		GLIBC_2.43 43
		GLIBC_ABI_DT_RELR 36
		GCC_3.0 17
		GCC_7.0.0 26
		GCC_12.0.0 35
		GCC_14.0.0 39
		ZLIB_1.2.9 26
		ZLIB_1.2.12 37
		GLIBCXX_3.4.29 34
		CXXABI_1.3.15 39
		CXXABI_FLOAT128 24
		LIBATOMIC_1.2 24
		LIBDW_9 17
		GLIBC_PRIVATE None
		GLIBC_2.99 None
		GCC_99.0 None
	END
	# It is what a program needs that counts, not what it defines.
	command -v gcc >/dev/null || skip 'no gcc for the rest'
	mkdir needing
	echo 'GCC_7.0.0 { global: symbol; };' >map
	echo 'void symbol(void) {}' >a.c
	echo 'void symbol(void); void f(void) { symbol(); }' >b.c
	gcc -shared -nostdlib -fPIC a.c -o needing/liba.so \
		-Wl,--version-script=map,-soname,liba.so
	same "$("$SOURCE/tests/tools/wheel-tag" needing)" \
		"manylinux_2_17_$(uname -m)"
	gcc -shared -nostdlib -fPIC b.c needing/liba.so -o needing/libb.so \
		-Wl,-rpath,"\$ORIGIN"
	same "$("$SOURCE/tests/tools/wheel-tag" needing)" \
		"manylinux_2_26_$(uname -m)"
}

# If this CPython has no pip, another's pip installs for it, into a directory.
install_for() {
	local minor

	fresh_environment "$1"
	if "$1" -c 'import pip' 2>/dev/null; then
		in_pip "$1" install -q --no-index "$WHEEL" && return
	fi
	minor=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	"$(python_with_pip)" -m pip --isolated install -q --no-index --target folder \
		--python-version "$minor" --only-binary=:all: "$WHEEL" 2>log
	cp -R folder/bin folder/libexec env
	rm -rf folder/bin folder/libexec folder/share
	cp -R folder/* env/lib/python*/site-packages
	rm -rf folder
}

minor_of() {
	"$1" -c 'import sys; print(sys.version_info[1])'
}

installed() {
	local minor

	# One of each minor version.
	minor=$(minor_of "$1")
	[ -d "py.$minor" ] || return 0
	cd "py.$minor"
	same "$(env/bin/mprof --version)" "$(mprof --version)"
	env/bin/mprof run -q -o run.dat ../program.py >out
	grep -q "^$PWD/env " out
	grep -q '^FUNC __main__\.f ' run.dat
	# Without mprof run it is the module that was installed.
	env/bin/python ../program.py >out
	grep -q '^Filename: ' out
	grep -q "^$PWD/env $PWD/env/lib.*/memory_profiler" out
	cd ..
	rm -rf "py.$minor"
}

@test "pip installs the program and the module, for each CPython" {
	[ -n "$(python_with_pip)" ] || skip 'no CPython with pip here'
	for python in $(agent_pythons); do
		folder=py.$(minor_of "$python")
		[ ! -d "$folder" ] || continue
		mkdir "$folder"
		(cd "$folder" && install_for "$python" >pip.log 2>&1) 3>&- &
	done
	wait
	on_each_python installed
}

@test "pictures and graphs come from its libraries; uninstall takes all away" {
	python=$(python_with_pip)
	[ -n "$python" ] || skip 'no CPython with pip here'
	fresh_environment "$python"
	find env ! -type d | sort >before
	in_pip "$python" install -q --no-index "$WHEEL"
	[ -f env/share/man/man1/mprof.1 ]
	[ -f env/share/bash-completion/completions/mprof ]
	recording run.dat
	LD_DEBUG=files env/bin/mprof plot -o x.png run.dat >loaded 2>&1
	[ -s x.png ]
	grep -q "calling init: $PWD/env/.*libcairo" loaded
	if [ -f env/libexec/mprof/graph.so ]; then
		printf '%s\n' 'class Kept: pass' 'kept = [Kept()]' \
			'print("ready", flush=True)' 'input()' >holder.py
		mkfifo hold
		"$python" holder.py <hold >ready &
		exec 9>hold
		soon grep -q ready ready
		LD_DEBUG=files env/bin/mprof refs $! Kept -o x.svg >>loaded 2>&1
		exec 9>&-
		grep -q "calling init: $PWD/env/.*libgvplugin_dot" loaded
		grep -q '<svg' x.svg
	fi
	# The C library alone is the system's.
	same "$(sed -n 's/.*calling init: //p' loaded | grep -v "^$PWD/env/" |
		sed 's,.*/,,' | sort -u |
		grep -vE '^(lib(c|m|mvec|dl|pthread|rt)|ld-linux-.*)\.so\.')" ''
	in_pip "$python" uninstall -q -y mprof
	find env ! -type d | sort | diff before -
	run_apart env/bin/python -c 'import memory_profiler'
	[ "$status" -ne 0 ]
}

# A wheel of the package that mprof takes the place of, from its own files.
old_wheel() {
	mkdir -p old/memory_profiler-0.61.0.dist-info
	cp "$1"/memory_profiler.py "$1"/mprof.py old
	printf '%s\n' 'Metadata-Version: 2.1' 'Name: memory-profiler' \
		'Version: 0.61.0' >old/memory_profiler-0.61.0.dist-info/METADATA
	printf '%s\n' 'Wheel-Version: 1.0' 'Root-Is-Purelib: true' \
		'Tag: py3-none-any' >old/memory_profiler-0.61.0.dist-info/WHEEL
	printf '%s\n' '[console_scripts]' 'mprof = mprof:main' \
		>old/memory_profiler-0.61.0.dist-info/entry_points.txt
	(cd old && find . -type f -printf '%P,,\n' \
		>memory_profiler-0.61.0.dist-info/RECORD &&
		python3 -m zipfile -c ../memory_profiler-0.61.0-py3-none-any.whl ./*)
}

@test "beside the old package the new one is imported, and there is a way back" {
	python=$(python_with_pip)
	place=$(/usr/bin/python3 -c 'import memory_profiler, os
print(os.path.dirname(memory_profiler.__file__))') ||
		skip 'memory_profiler is not installed'
	[ -n "$python" ] || skip 'no CPython with pip here'
	old_wheel "$place"
	old=memory_profiler-0.61.0-py3-none-any.whl
	fresh_environment "$python"
	in_pip "$python" install -q --no-index "$old"
	found='import importlib.util as u; print(u.find_spec("memory_profiler").origin)'
	in_pip "$python" install -q --no-index "$WHEEL"
	# Installed after ours the old one's program is in bin, the module ours.
	in_pip "$python" install -q --no-index -I "$old"
	same "$(head -c 2 env/bin/mprof)" '#!'
	[[ $(env/bin/python -c "$found") != */memory_profiler.py ]]
	in_pip "$python" install -q --no-index --force-reinstall "$WHEEL"
	same "$(env/bin/mprof --version)" "$(mprof --version)"
	[[ $(env/bin/python -c "$found") != */memory_profiler.py ]]
	in_pip "$python" uninstall -q -y mprof
	in_pip "$python" install -q --no-index -I "$old"
	[[ $(env/bin/python -c "$found") == */memory_profiler.py ]]
	same "$(head -c 2 env/bin/mprof)" '#!'
}
