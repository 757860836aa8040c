#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Django's development server, with its autoreloader and its threads, and
# @profile on a view.

load helper
load ../python/helper

own_setup() {
	django_site
	port=$(free_port)
}

teardown() {
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
}

# visit.py waits for half a minute, in which a loaded machine starts no server.
answers() {
	"$python" -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1])' "http://127.0.0.1:$port/" 2>/dev/null
}

visit() {
	timeout 300 "$python" visit.py "http://127.0.0.1:$port" "$@" >/dev/null
}


workers() {
	sed -n 's/^CALL.*lessons_all;pid=\([0-9]*\);.*/\1/p' run.dat | sort -u |
		wc -l
}

# A file has changed, and the server that ran before has ended.
is_reloaded() {
	touch courses/views.py
	is_gone "$1"
}

# A request is answered, and two servers have answered.
two_workers() {
	visit 1 /lessons/all/ 2>visit
	[ "$(workers)" -eq 2 ]
}

@test "each request prints its view's table, and is in the recording" {
	mprof run -q -o run.dat --python "$python" manage.py runserver \
		"127.0.0.1:$port" >out 2>errors 3>&- &
	server=$!
	soon_while "$server" answers
	visit 2 /lessons/all/
	soon has_lines 2 '^Filename: .*views\.py' out || {
		cat out errors >&2
		return 1
	}
	grep -q 'found = list(Lesson.objects.all())' out
	same "$(grep -c '^FUNC courses.views.lessons_all ' run.dat)" 2
	same "$(workers)" 1

	# The autoreloader starts another server. A change that comes before it
	# has looked at the file is not seen: so again.
	first=$(sed -n 's/^CALL.*lessons_all;pid=\([0-9]*\);.*/\1/p' run.dat |
		head -n 1)
	soon is_reloaded "$first"
	soon two_workers
	kill "$server"
	wait "$server" || true
	server=
	# The calls have threads of their own, none of them the first process's.
	same "$(awk '$1 == "FUNC"' run.dat | wc -l)" \
		"$(awk '/^CALL/' run.dat | wc -l)"
}
