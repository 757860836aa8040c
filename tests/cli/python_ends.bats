#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --lines: however a process ends, each of its tables is there exactly once.

load helper
load ../python/helper

teardown() {
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
	[ ! -s lives_on ] || kill "$(cat lives_on)" 2>/dev/null || true
}

# ends PYTHON WAY: runs ends.py; $rounds becomes those of each table
ends() {
	mprof run -q -o run.dat --lines --python "$1" "$SCRIPTS/ends.py" "$2" \
		>out 2>errors || true
	rm -f run.dat
	rounds=$(awk '/kept.append/ { print $6 }' out | sort -n | tr '\n' ' ')
	same "$(grep -c '^Filename: ' out) tables: $rounds" "$3" || {
		echo "$2" >&2
		cat out errors >&2
		return 1
	}
	# Nothing stays behind.
	same "$(ls "$TMPDIR")" ''
}

each_end() {
	for way in return exit term kill abort _exit thread exec closed; do
		ends "$1" "$way" '1 tables: 3 '
	done
	for way in fork fork-first; do
		ends "$1" "$way" '2 tables: 3 4 '
	done
}

@test "one table, on each CPython: exit, signals, os._exit, exec, a fork" {
	on_each_python each_end
}

@test "one table a worker of a multiprocessing pool" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	for way in pool-fork pool-spawn pool-forkserver; do
		rm -f taken-*
		ends "$python" "$way" '2 tables: 3 3 '
	done
}

@test "a table of a process that lives on, as it stood at the end" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	ends "$python" live-on '2 tables: 3 4 '
	kill -0 "$(cat lives_on)"
}

@test "what mprof prints is what the process would have printed" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	for kind in precision unicode; do
		cp "$SCRIPTS/$kind.py" ends.py
		printf 'def tabs():\n\treturn [\n\t\t1]\nprofile(tabs)()\n' \
			>tabs.py
		cat tabs.py >>ends.py
		mprof run -q -o run.dat --lines --python "$python" ends.py >own
		printf 'import os, sys\nsys.stdout.flush()\nos._exit(0)\n' \
			>>ends.py
		mprof run -q -o run.dat --lines --python "$python" ends.py >ours
		grep -q '^Filename: ' own
		grep -q "$(printf ' 1   \treturn')" ours
		# But for the figures and their width.
		figures='s/[0-9.-]+ MiB/MiB/g; s/ +MiB/ MiB/g'
		diff <(sed -E "$figures" own | sort) \
			<(sed -E "$figures" ours | sort)
	done
}

@test "no room for its file: the program runs, and its table is printed" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	mprof run -q -o run.dat --lines sh -c \
		"ulimit -f 0; exec '$python' '$SCRIPTS/ends.py' return" \
		2>&1 | cat >out
	grep -q ' 3   .*kept.append' out
	same "$(grep -c 'File too large: a line table is lost' out)" 1
}

# visit PATH: until the server answers
visit() {
	timeout 300 "$python" - "http://127.0.0.1:$port$1" <<-'END'
	import sys, time, urllib.request
	while True:
	    try:
	        urllib.request.urlopen(sys.argv[1]).read()
	        break
	    except OSError:
	        time.sleep(0.2)
	END
}

workers() {
	sed -n 's/^CALL.* pid=\([0-9]*\).*/\1/p' run.dat
	sed -n 's/^CALL.*;pid=\([0-9]*\).*/\1/p' run.dat
}

stop() {
	kill "$server"
	wait "$server" || true
	server=
}

@test "gunicorn: a table a worker, killed or stopped" {
	# shellcheck disable=SC2046  # an interpreter a word
	need_module gunicorn $(known_pythons)
	printf '%s\n' '@profile' 'def app(environ, start):' \
		'    start("200 OK", [])' '    return [b"x"]' >app.py
	port=$(free_port)
	mprof run -q -o run.dat --lines --python "$python" -m gunicorn -w 3 \
		-b "127.0.0.1:$port" app:app >out 2>errors 3>&- &
	server=$!
	for _ in 1 2 3 4 5 6; do
		visit /
	done
	kill -KILL "$(workers | head -n 1)"
	for _ in 1 2 3 4 5 6; do
		visit /
	done
	stop
	same "$(grep -c '^Filename: ' out)" "$(workers | sort -u | wc -l)"
	# Every call is in one of them.
	same "$(awk '/return \[b"x"\]/ { n += $6 } END { print n }' out)" \
		"$(grep -c '^FUNC ' run.dat)"
}

# A file has changed, and the server that ran before has ended. A change that
# comes before the autoreloader has looked at the file is not seen: so again.
is_reloaded() {
	touch courses/views.py
	is_gone "$1"
}

@test "Django behind its autoreloader: a table a server, stopped by SIGTERM" {
	django_site
	port=$(free_port)
	mprof run -q -o run.dat --lines --python "$python" manage.py \
		runserver "127.0.0.1:$port" >out 2>errors 3>&- &
	server=$!
	visit /lessons/all/
	soon has_lines 1 '^CALL' run.dat
	# No request may run while its server ends: it comes too late for the table.
	soon is_reloaded "$(workers | head -n 1)"
	visit /lessons/all/
	soon has_lines 2 '^CALL' run.dat
	same "$(workers | sort -u | wc -l)" 2
	stop
	same "$(grep -c '^Filename: .*views\.py' out)" 2
	same "$(awk '/found = list\(Lesson.objects.all/ { n += $6 }
		END { print n }' out)" \
		"$(grep -c '^FUNC courses.views.lessons_all' run.dat)"
}

# Its directory goes with the next recording; the process prints what it has.
table_of_killed_recorder() {
	local recorder tables

	cat >waits.py <<-'END'
	import os, time
	@profile
	def f():
	    return [0] * 1000
	f()
	open("ready", "w").close()
	while not os.path.exists("go"):
	    time.sleep(0.05)
	END
	rm -f ready go out done
	mprof run -q -o run.dat --lines --python \
		sh -c '"$0" waits.py >out; : >done' "$1" 3>&- &
	recorder=$!
	soon test -e ready
	kill -KILL "$recorder"
	wait "$recorder" || true
	tables=$(find "$TMPDIR" -name '*.tables')
	[ -n "$tables" ]
	mprof run -q -o next.dat true
	[ ! -e "$tables" ]
	: >go
	soon test -e done
	grep -q 'return \[0\] \* 1000' out
}

@test "the recorder is killed: each process still prints its table" {
	on_each_python table_of_killed_recorder
}
