#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# FUNC and CALL records: each call of a decorated function in the recording.

load helper
load ../python/helper

# Name, level and number of calls of each function in run.dat.
calls() {
	awk '$1 == "FUNC" { n[$2 " " $7]++ }
		END { for (k in n) print k, n[k] }' run.dat | sort
}

# Every record has one of these keywords, and something behind it.
only() {
	same "$(grep -Ev "^($1) " run.dat)" ''
}

EXPECTED='__main__.coroutine 0 5
__main__.generator 0 4
__main__.items 0 2
__main__.method 0 1
__main__.of_class 0 1
__main__.plain 0 3
__main__.plain 2 1
__main__.raises 0 1
__main__.recursive 0 1
__main__.recursive 1 1
__main__.recursive 2 1
__main__.static 0 2
inner 1 1
named_block 0 1'

every_call() {
	recorded "$1" "$SCRIPTS/marks.py" >out 2>errors
	[ ! -s out ] && [ ! -s errors ] || return 1
	same "$(calls)" "$EXPECTED"
	# Whole lines, in memory_profiler's own form.
	grep '^FUNC' run.dat >marks
	same "$(grep -Ec '^FUNC [^ ]+( [0-9]+\.[0-9]{4}){4} [0-9]+$' marks)" \
		"$(wc -l <marks)"
}

@test "every kind of call is recorded, on each CPython" {
	on_each_python every_call
}

@test "memory and time at enter and leave are the program's" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >grow.py <<-'END'
	import time
	@profile
	def grow():
	    global kept
	    kept = [0] * 5000000
	    time.sleep(0.05)
	grow()
	END
	recorded "$python" grow.py
	# 38.1 MiB, which the kernel counts in lots, in 50 ms and more.
	awk '$1 == "FUNC" { ok = $5 - $3 > 34 && $5 - $3 < 42 &&
		$6 - $4 >= 0.05 && $6 - $4 < 300 } END { exit !ok }' run.dat
	mprof peak --func __main__.grow run.dat
}

@test "one process and thread: FUNC alone; several: CALL tells which" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	printf '%s\n' '@profile' 'def f(): pass' 'f()' >one.py
	recorded "$python" one.py
	[ "$(grep -c '^FUNC' run.dat)" -eq 1 ]
	lacks '^CALL' <run.dat
	recorded "$python" "$SCRIPTS/marks.py"
	# The thread's call, and the main thread's that came after it.
	[ "$(grep -c '^CALL' run.dat)" -eq 2 ]
	[ "$(grep -o ';tid=[0-9]*' run.dat | sort -u | wc -l)" -eq 2 ]
	[ "$(grep -o '^CALL.*;pid=[0-9]*' run.dat | sort -u | wc -l)" -eq 1 ]
}

# Six calls, of the parent, of a child by fork and of two kinds of workers.
in_children() {
	recorded "$1" "$SCRIPTS/forks.py" 2>errors
	same "$(cat errors)" forked
	[ "$(grep -c '^FUNC .*work ' run.dat)" -eq 6 ]
	[ "$(grep -o '^CALL.*;pid=[0-9]*' run.dat | sed 's/.*;//' |
		sort -u | wc -l)" -ge 3 ]
	only 'CMDLINE|MEM|FUNC|(PEAK|CALL|INFO|EXIT|SHARE)(;[^ ]*)?'
}

@test "children by fork and by spawn are recorded, on each CPython" {
	on_each_python in_children
}

@test "a worker that imports profile after the fork is recognised" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >prefork.py <<-'END'
	import os
	for _ in range(2):
	    if os.fork() == 0:
	        profile(lambda: None)()
	        os._exit(0)
	for _ in range(2):
	    os.wait()
	END
	recorded "$python" prefork.py
	same "$(grep -o '^CALL.*;pid=[0-9]*' run.dat | sed 's/.*;//' |
		sort -u | wc -l)" 2
}

@test "records of many writers stay whole" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >many.py <<-'END'
	import os, threading
	@profile
	def f(): pass
	def work():
	    for _ in range(100): f()
	for _ in range(3): os.fork()
	threads = [threading.Thread(target=work) for _ in range(3)]
	for t in threads: t.start()
	for t in threads: t.join()
	while True:
	    try: os.wait()
	    except ChildProcessError: break
	END
	mprof run -q -T 0.001 -o run.dat --python "$python" many.py
	[ "$(grep -Ec '^FUNC __main__\.f [^ ]+ [^ ]+ [^ ]+ [^ ]+ 0$' run.dat)" \
		-eq 2400 ]
	[ "$(grep -Ec '^CALL;.*;mib1=[0-9]+\.[0-9]{6} [0-9.]+ [0-9.]+$' run.dat)" -eq 2400 ]
	only 'CMDLINE|MEM|FUNC|(PEAK|CALL|INFO|EXIT|SHARE)(;[^ ]*)?'
}

@test "hostile names are one word" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >names.py <<-'END'
	for name in ("a b", "new\nline MEM 1 2", "", "\udcff", "x" * 9999, "%=;"):
	    with profile.timestamp(name):
	        pass
	END
	recorded "$python" names.py
	[ "$(grep -c '^FUNC' run.dat)" -eq 6 ]
	grep -q '^FUNC a_b ' run.dat
	[ "$(awk '$1 == "FUNC" && NF != 7' run.dat)" = '' ]
	only 'CMDLINE|MEM|FUNC|(PEAK|INFO|EXIT)(;[^ ]*)?'
}

@test "a decimal comma stays out of the recording" {
	python=$(known_pythons | head -n 1)
	comma=$(locale -a 2>/dev/null | grep -m1 -E '^(de|fr)_') ||
		skip 'no locale with a decimal comma'
	printf '%s\n' 'import locale' \
		"locale.setlocale(locale.LC_ALL, '$comma')" '@profile' \
		'def f(): pass' 'f()' >comma.py
	recorded "$python" comma.py
	lacks , <run.dat
}
