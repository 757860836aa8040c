#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# profile.heap() and profile.heap_diff(): what a block leaves behind, counted
# from outside while the program waits.

load helper
load ../python/helper

heap_script() {
	cat >script.py <<-'END'
		class Lesson: pass
		class Other: pass
		kept = []
		with profile.heap("empty"):
		    pass
		with profile.heap("load"):
		    kept += [Lesson() for i in range(100)]
		    others = [Other() for i in range(50)]
		    del others
		profile.heap()
		kept += [Lesson() for i in range(7)]
		profile.heap_diff()
		del kept[:]
		profile.heap_diff()
		from memory_profiler import profile as imported
		with imported.heap("imported"):
		    kept += [Other() for i in range(3)]
	END
}

# The objects that a class got in the table of that number: got NUMBER CLASS
got() {
	awk -v number="$1" -v name="__main__.$2" '
		/added in/ { table++ }
		table == number && $1 == name { print $3 }' out
}

each_table() {
	recorded "$1" script.py >out 2>errors
	cat errors
	[ ! -s errors ]
	same "$(grep -o '^[a-z]*: [0-9:]*: added in\|^[0-9:]*: added in' out |
		sed 's/[0-9][0-9]:[0-9:]*//')" "empty:  added in
load:  added in
 added in
 added in
imported:  added in"
	same "$(got 1 Lesson)$(got 1 Other)" ''
	same "$(got 2 Lesson) $(got 2 Other)" '+100 '
	same "$(got 3 Lesson)" +7
	same "$(got 4 Lesson)" -107
	same "$(got 5 Other)" +3
	[ -z "$(find "$TMPDIR" -name 'mprof-*.heap')" ]
}

@test "a block, a statement: what each leaves behind, on each CPython" {
	heap_script
	export TMPDIR=$BATS_TEST_TMPDIR
	on_each_python each_table
}

@test "outside a recording nothing is counted, and a line says so once" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >script.py <<-'END'
		from memory_profiler import profile
		with profile.heap("load"):
		    print("ran")
		profile.heap()
		profile.heap_diff()
	END
	PYTHONPATH=$SOURCE/build/python run_apart "$python" script.py
	same "$status $output" '0 ran'
	same "$errors" 'mprof: profile.heap: counts objects in a recording of mprof run alone; nothing is counted here'
}

@test "an exception passes, a directory that can't be written is reported" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	printf '%s\n' 'with profile.heap("x"):' '    raise KeyError("mine")' \
		>script.py
	recorded "$python" script.py >out 2>errors || true
	grep -q "^KeyError: 'mine'" errors
	grep -q '^x: .*added in' out

	# The program goes on, with its output, and without a count.
	printf '%s\n' 'import tempfile' 'tempfile.tempdir = "/none/there"' \
		'with profile.heap("x"):' '    print("ran")' \
		'profile.heap_diff()' >script.py
	recorded "$python" script.py >out 2>errors
	same "$(<out)" ran
	grep -q "^mprof: profile.heap: .*/none/there" errors
}

@test "a program that ignores SIGCHLD; a command that can't be started" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >script.py <<-'END'
		import os, signal
		signal.signal(signal.SIGCHLD, signal.SIG_IGN)
		with profile.heap("ignored"):
		    pass
		real, calls = os.posix_spawn, []
		def spawn(*words, **named):
		    calls.append(words)
		    if len(calls) == 3:
		        raise BlockingIOError(11, "too many processes")
		    return real(*words, **named)
		os.posix_spawn = spawn
		opened = len(os.listdir("/proc/self/fd"))
		with profile.heap("third"):
		    pass
		print("ran", len(os.listdir("/proc/self/fd")) - opened)
	END
	recorded "$python" script.py >out 2>errors
	grep -q '^ignored: .*added in' out
	same "$(tail -n 1 out)" 'ran 0'
	same "$(<errors)" 'mprof: profile.heap: [Errno 11] too many processes'
}

@test "Django: the tables of all lessons, and of a URL's requests" {
	django_site
	mprof run -q -o run.dat --python "$python" manage.py shell \
		<tables.py >out
	for name in all select_related; do
		sed -n "/^$name: /,/^ *total |/p" out >"$name"
		grep -Eq '^ *courses.models.Lesson \| +\+10050 ' "$name"
	done
	grep -Eq '^ *django.db.models.base.ModelState \| +\+10050 ' all
	grep -Eq '^ *django.db.models.base.ModelState \| +\+30150 ' \
		select_related
	for class in Course Department; do
		lacks "models.$class " <all
		grep -Eq "^ *courses.models.$class \\| +\\+10050 " select_related
	done

	cat >visited.py <<-'END'
		import django
		django.setup()
		from django.test import Client
		client = Client(HTTP_HOST="localhost")
		for i in range(3):
		    client.get("/lessons/77/")
		    client.get("/lessons/kept/")
	END
	DJANGO_SETTINGS_MODULE=school.settings SCHOOL_HEAP_URL=/lessons/kept/ \
		mprof run -q -o run.dat --python "$python" visited.py >out
	same "$(grep -c '^/lessons/kept/: .*added in' out)" 3
	same "$(grep -Ec '^ *courses.models.Lesson \| +\+100 ' out)" 3
}
