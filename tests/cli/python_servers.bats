#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof attach --lines --func to servers that run: Django's, an asyncio server,
# gunicorn's workers and celery's.

load helper
load ../python/helper

own_setup() {
	cp "$SCRIPTS/served.py" .
}

teardown() {
	local process

	for process in ${server:-} ${worker:-} ${client:-}; do
		kill -9 "$process" 2>/dev/null || true
	done
}

# The CPythons that take code while they run and have that module, one of each
# minor version, oldest first: their minor versions and paths.
that_have() {
	local python

	for python in $(known_pythons); do
		"$python" -c "import sys, $1
if sys.version_info >= (3, 14):
    print('3.%d' % sys.version_info[1], sys.argv[1])" "$python" 2>/dev/null || :
	done | sort -V -u -k 1,1
}

# on_newest COUNT MODULE F: with so many of those.
on_newest() {
	local version python

	that_have "$2" | tail -n "$1" >them
	[ -s them ] || skip "no CPython 3.14 or later with $2 here"
	while read -r version python <&4; do
		echo "# on CPython $version" >&3
		# Behind || the function would go on after a failure.
		echo "with $python" >&2
		"$3" "$python"
	done 4<them
}

# visit PATH: what the server answers.
visit() {
	local answer

	if [ -p answers ]; then
		echo "$1" >&8
		read -r -t 300 -u 7 answer
		echo "$answer"
		return
	fi
	(
		exec 9<>"/dev/tcp/127.0.0.1/$port"
		printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&9
		sed '1,/^\r*$/d' <&9
	) 2>/dev/null
}

answers() {
	visit /state >"$1"
	grep -q '^[0-9]* (' "$1"
}

# serve WORD...: a server on $port, whose process that answers is $worker.
serve() {
	"$@" >out 2>&1 3>&- &
	server=$!
	soon_while "$server" answers first || {
		cat out >&2
		return 1
	}
	visit /grow >/dev/null
	visit /state >before
	worker=$(cut -d ' ' -f 1 before)
}

grown() {
	visit /grow >/dev/null
	grep -qs "^FUNC $1 " run.dat
}

# followed NAME: of the worker, from without; it is as before afterwards.
followed() {
	local recorder

	rm -f run.dat
	mprof attach -o run.dat --lines --func "$1" "$worker" >tables 2>errors &
	recorder=$!
	soon_while "$recorder" grown "$1" || {
		cat errors >&2
		return 1
	}
	kill -TERM "$recorder"
	# A main thread that waits in C ends it at the next visit.
	while kill -0 "$recorder" 2>/dev/null; do
		visit /grow >/dev/null
	done
	wait "$recorder"
	# One or the other, as the main thread waited then or did not.
	grep -Eq "^mprof: process $worker: (calls of $1 are recorded|its main \
thread is not running Python code now .*: calls are recorded once it does)" errors
	grep -q '^Filename: .*/served.py$' tables
	# A call takes 1 MiB, in that line.
	awk '/part = bytearray/ { if ($6 < 1 || $4 > 1.5 * $6 + 1) exit 1; n++ }
		END { exit n != 1 }' tables
	visit /state >after
	same "$(cat after)" "$(cat before)"
	kill "$server"
	wait "$server" || true
	server=
}

with_django() {
	port=$(free_port)
	serve "$1" served.py django "$port"
	# The one that answers is the child of the one that reloads it.
	[ "$worker" -ne "$server" ]
	followed __main__.grow
}

@test "Django's development server" {
	on_newest 2 django with_django
}

with_asyncio() {
	port=$(free_port)
	serve "$1" served.py asyncio "$port"
	followed __main__.grow
}

@test "an asyncio server" {
	on_newest 2 asyncio with_asyncio
}

with_gunicorn() {
	local kind

	for kind in sync gthread; do
		port=$(free_port)
		serve "$1" -m gunicorn -w 1 -k "$kind" --threads 2 \
			-b "127.0.0.1:$port" served:wsgi
		[ "$worker" -ne "$server" ]
		followed served.grow
	done
}

@test "gunicorn's workers" {
	on_newest 1 gunicorn with_gunicorn
}

# Its worker's pool is a process that waits in C for what there is to do.
with_celery() {
	rm -f asked answers
	mkfifo asked answers
	"$1" served.py ask <asked >answers 2>client.errors 3>&- &
	client=$!
	exec 8>asked 7<answers
	serve "$1" -m celery -A served:celery worker -c 1
	[ "$worker" -ne "$server" ]
	followed served.grow
	exec 8>&- 7<&-
	wait "$client"
}

@test "celery's worker" {
	on_newest 1 celery with_celery
}
