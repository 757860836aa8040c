#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What processes are called in a recording, beside what ps calls them.
load helper

# called FILE: "pid words" of each descendant, as the last PROC tells them.
called() {
	awk -F '[; ]' '/^PROC/ {
		pid = cmd = ""
		for (i = 2; i <= NF; i++) {
			if ($i ~ /^pid=/) pid = substr($i, 5)
			if ($i ~ /^cmd=/) cmd = substr($i, 5)
		}
		words[pid] = cmd
	} END { for (pid in words) print pid, words[pid] }' "$1" |
		sed 's/%20/ /g; s/%3d/=/g; s/%3a/:/g' | sort -n
}

# calls FILE PATTERN [COUNT]: so many descendants have names that match.
calls() {
	[ "$(called "$1" 2>/dev/null | grep -c "$2")" -ge "${3-1}" ]
}

# as_ps PARENT FILE: what ps calls the children of that process is what the
# recording calls them.
as_ps() {
	ps -o pid=,args= --ppid "$1" | sed 's/^ *//; s/ *$//' | sort -n >args
	called "$2" | grep -F -x -f args | sort -n >told || true
	cmp -s args told && [ -s args ]
}

@test "names: a wrapper that executes is what it executed" {
	printf '%s\n' 'import time' 'b = b"x" * (30 << 20)' \
		'time.sleep(900)' >hold.py
	ln -s "$(python3 -c 'import sys; print(sys.executable)')" holder
	printf '%s\n' '#!/bin/sh' 'sleep 0.3' 'exec ./holder hold.py' >shim.sh
	chmod +x shim.sh
	mprof run -q -M -T 0.05 -o a.dat sh -c './shim.sh & wait' 3>&- &
	recorder=$!
	soon_while $recorder calls a.dat ' ./holder hold.py$'
	holder=$(called a.dat | sed -n 's, ./holder hold.py$,,p')
	soon has_lines $((5 + $(grep -c "^CHLD $holder " a.dat))) \
		"^CHLD $holder " a.dat
	kill "$holder"
	wait "$recorder"
	run_apart mprof plot --format scene -o - a.dat
	grep -q '"[0-9]* ./holder hold.py"' <<<"$output"
	same "$(grep ' process ' <<<"$output" | grep -c 'shim.sh"')" 0
}

@test "names: the words of a shell's child are its own when it has executed" {
	mprof run -q -M -T 0.01 -o a.dat sh -c 'sleep 931 & sleep 932 & wait' 3>&- &
	recorder=$!
	soon_while $recorder calls a.dat '^[0-9]* sleep 93[12]$' 2
	called a.dat | sed -n 's/ sleep 93[12]$//p' | xargs kill
	wait "$recorder"
}

@test "names: a title that a program gives itself, and its workers'" {
	command -v nginx >/dev/null || skip "needs nginx"
	mkdir logs
	cat >nginx.conf <<-END
		worker_processes 3;
		daemon off;
		error_log /dev/null;
		pid $PWD/nginx.pid;
		events {}
		http {
			access_log off;
			client_body_temp_path $PWD/body;
			proxy_temp_path $PWD/proxy;
			fastcgi_temp_path $PWD/fastcgi;
			uwsgi_temp_path $PWD/uwsgi;
			scgi_temp_path $PWD/scgi;
			server { listen unix:$PWD/socket; }
		}
	END
	mprof run -q -M -T 0.05 -o a.dat nginx -p "$PWD" -c nginx.conf 3>&- &
	recorder=$!
	soon_while $recorder test -s nginx.pid
	soon as_ps "$(cat nginx.pid)" a.dat
	# Most of its samples are of that name.
	while read -r worker; do
		soon has_lines $((3 + 2 * $(grep -c "^CHLD $worker " a.dat))) \
			"^CHLD $worker " a.dat
	done < <(ps -o pid= --ppid "$(cat nginx.pid)")
	kill "$(cat nginx.pid)"
	wait "$recorder"
	same "$(called a.dat | grep -c 'nginx: worker process')" 3
	run_apart mprof plot --format scene -o - a.dat
	same "$(grep -c '"[0-9]* nginx: worker process"' <<<"$output")" 3
}

@test "names: PostgreSQL's backends are what ps calls them" {
	local bin=/usr/lib/postgresql/15/bin

	[ -x $bin/postgres ] || skip "needs PostgreSQL 15"
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be another user"
	base=$(mktemp -d /tmp/mprof-test-pg.XXXXXX)
	chown postgres "$base"
	cd "$base" || return 1
	runuser -u postgres -- $bin/initdb -D data -A trust >/dev/null
	cd "$OLDPWD" || return 1
	mprof run -q -M -T 0.05 -o a.dat runuser -u postgres -- \
		$bin/postgres -D "$base/data" -c listen_addresses= \
		-c unix_socket_directories="$base" >/dev/null 2>&1 3>&- &
	recorder=$!
	soon psql -h "$base" -U postgres -c '' >/dev/null 2>&1
	server=$(head -n 1 "$base/data/postmaster.pid")
	psql -h "$base" -U postgres -c 'select pg_sleep(1000)' \
		>/dev/null 2>&1 3>&- &
	soon pgrep -P "$server" -f SELECT >/dev/null
	soon as_ps "$server" a.dat
	kill -INT "$server"
	wait "$recorder" || true
	rm -rf "$base"
	called a.dat | grep -q 'postgres: postgres postgres \[local\] SELECT'
	called a.dat | grep -q 'postgres: checkpointer'
}
