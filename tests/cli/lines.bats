#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof lines: where memory grew, by the stacks in a recording.

load helper.bash

own_setup() {
	printf '%s\n' 'def load(n):' '    return list(range(n))' '' \
		'def get():' '    return load(10)' 'get()' >app.py
	printf '%s\n' 'CMDLINE python app.py' \
		'MEM 10.000000 1700000000.0000' \
		"STACK 10.000000 1700000000.0000 id=1 frames=$PWD/app.py:2:load;$PWD/app.py:5:get;$PWD/app.py:6:<module>" \
		'STACK 30.000000 1700000000.0100 id=1' \
		"STACK 94.000000 1700000000.0200 id=2 frames=/lib/json.py:7:loads;$PWD/app.py:2:load;$PWD/app.py:5:get;$PWD/app.py:6:<module>" \
		"STACK 90.000000 1700000000.0300 id=3 frames=$PWD/app.py:6:<module>" \
		'STACK 7.000000 1700000000.0300 id=1 pid=77' \
		'STACK 11.000000 1700000000.0400 id=1 pid=77' \
		'PEAK 94.000000 1700000000.0200' >run.dat
}

# Every output of growth on the clock has this sentence.
clock='On the clock: growth is credited to the code that ran when a sample was taken, so a slow line gets that of a quick one before it.'

@test "growth by line, most first, each process against itself" {
	run_apart mprof lines --by line run.dat
	[ "$status" -eq 0 ]
	same "$output" "$clock
Sampled: 88.0 MiB grown, 4.00 MiB given back, in 6 samples
    Growth    Share  Samples  Line
  64.0 MiB   72.7 %        1  /lib/json.py:7 (loads)
  24.0 MiB   27.3 %        4  $PWD/app.py:2 (load)  return list(range(n))
 -4.00 MiB    0.0 %        1  $PWD/app.py:6 (<module>)  get()"
}

@test "growth by function and by file" {
	run_apart mprof lines --by function run.dat
	same "$(sed -n 5p <<<"$output")" \
		"  24.0 MiB   27.3 %        4  load ($PWD/app.py)"
	run_apart mprof lines --by file run.dat
	same "$(sed -n 5p <<<"$output")" \
		"  20.0 MiB   22.7 %        5  $PWD/app.py"
}

@test "growth on the clock: a sentence has one unit, and fits the terminal" {
	printf '%s\n' 'CMDLINE x' 'MEM 9.000000 1700000000.0000' \
		'STACK;id=1;frames=a.py:1:f 10.000000 1700000000.0000' \
		'STACK;id=1 10.230469 1700000000.0100' >small.dat
	mprof lines small.dat >out
	same "$(grep ^Sampled out)" \
		'Sampled: 236 KiB grown, 0 KiB given back, in 2 samples'
	COLUMNS=40 mprof lines small.dat >out
	same "$(grep -A 1 ^Sampled out)" \
		'Sampled: 236 KiB grown, 0 KiB given
  back, in 2 samples'
}

# One function whose two lines take and give back.
churn() {
	printf '%s\n' 'CMDLINE x' 'MEM 9.000000 1700000000.0000' \
		'STACK;id=1;frames=a.py:1:f,<mprof>:9:wrapper,b.py:1:g 10.000000 1700000000.0000' \
		'STACK;id=1 50.000000 1700000000.0100' \
		'STACK;id=2;frames=a.py:2:f,b.py:1:g 20.000000 1700000000.0200' \
		'STACK;id=3;frames=<mprof>:4:wrapper,b.py:1:g 21.000000 1700000000.0300' \
		'MEM 21.000000 1700000000.0300'
}

@test "one total, whatever the rows are, and in the flame graph" {
	churn >churn.dat
	for by in line function file; do
		mprof lines --by $by churn.dat >out
		same "$(sed -n 2p out)" \
			'Sampled: 41.0 MiB grown, 30.0 MiB given back, in 4 samples'
		same "$(mprof lines --by $by --json churn.dat |
			jq -c '[.grown_mib, .given_back_mib]')" '[41,30]'
	done
	mprof lines --by function churn.dat >out
	same "$(sed -n 4p out)" '  10.0 MiB   24.4 %        3  f (a.py)'
	mprof lines --flame -o grow.html churn.dat
	grep -q '41.0 MiB' grow.html
}

# A Python program, and a command in C that it starts, of which page faults were
# sampled: MIB of them.
with_faults() { # MIB
	churn
	printf '%s\n' "TOUCH;id=1;site=1;size=1048576;pid=9;frames=#1:c.c:3:copy $1.000000 1700000000.0400" \
		'MEM 60.000000 1700000000.0500'
}

@test "growth on the clock and page faults: the larger of both" {
	with_faults 2 >few.dat
	with_faults 50 >most.dat
	mprof lines --by function few.dat >out
	same "$(head -n 1 out)" "$clock"
	grep -q 'f (a.py)' out
	mprof lines --by function most.dat >out
	grep -q 'copy (c.c)' out
	lacks 'a.py' <out
	mprof export --format folded few.dat >out
	grep -q 'f (a.py:' out
	mprof export --format folded most.dat >out
	grep -q 'copy (c.c:' out
	run_apart mprof lines --by process few.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"growth on the clock is most of what it has"* ]]
}

@test "the frames of mprof's own wrapper are never shown" {
	churn >churn.dat
	same "$(mprof lines churn.dat | grep -c mprof)" 0
	same "$(mprof lines --by line -n 0 churn.dat | grep 'b.py')" \
		'  1.00 MiB    2.4 %        1  b.py:1 (g)'
	mprof lines --flame -o grow.html churn.dat
	lacks 'wrapper' <grow.html
	mprof export --format folded churn.dat >folded
	lacks 'wrapper' <folded
	run_apart mprof lines --source '<mprof>' churn.dat
	[ "$status" -eq 1 ]
}

@test "--top cuts the table and says so" {
	run_apart mprof lines -n 1 run.dat
	[ "$(wc -l <<<"$output")" -eq 5 ]
	[[ $output == *"(2 more: --top 0)" ]]
}

@test "--source lists a file with what its lines called" {
	run_apart mprof lines --source app.py run.dat
	[ "$status" -eq 0 ]
	same "$(sed -n '1p;7,8p;11,12p' <<<"$output")" \
"$clock
     1                            def load(n):
     2     88.000 MiB         5       return list(range(n))
     5     88.000 MiB         5       return load(10)
     6     84.000 MiB         6   get()"
}

@test "--source of a file that no stack names" {
	run_apart mprof lines --source pp.py run.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"pp.py: no sampled stack has a line in it; mprof lines names the files that have" ]]
}

@test "--json holds all rows" {
	run_apart mprof lines --by line --json run.dat
	same "$(jq -r .note <<<"$output")" "$clock"
	same_json "$(jq -c '[.sampled, .samples, .grown_mib, .given_back_mib]' \
		<<<"$output")" '[true,6,88,4]'
	same_json "$(jq -c '.rows[1] | [.growth_mib, .line, .function, .samples]' \
		<<<"$output")" '[24,2,"load",4]'
}

@test "functions by default where growth is on the clock" {
	run_apart mprof lines run.dat
	same "$(sed -n 3p <<<"$output")" "    Growth    Share  Samples  Function"
	run_apart mprof lines --at 1s run.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"holds no sampled allocations"* ]]
}

# An application that keeps what numpy and a C library make, over a minute.
held() {
	cat >held.dat <<-END
	CMDLINE python app.py
	INFO;backend=rss;interval=0.1;host=h;version=0.2.0;start=1 10.0 1000.0000
	MEM 10.000000 1000.0000
	HELD;by=malloc,python;period=65536 0.0 1000.0000
	PROC;pid=5;ppid=1;name=python;cmd=x 10.0 1000.0
	PROC;pid=7;ppid=5;name=worker;cmd=y 10.0 1000.0
	ALLOC;id=1;site=1;size=52428800;frames=#1:/usr/lib/libc.so.6:0:+0x9,#2:/x/lib/python3.12/site-packages/numpy/core.py:163:ones,#3:$PWD/app.py:2:load,#4:$PWD/app.py:6:<module> 50.000000 1001.0000
	ALLOC;id=2;site=2;size=100;frames=#5:/srv/app:0:+0x77,#4 0.500000 1002.0000
	ALLOC;id=3;site=2;size=100 0.500000 1002.0000
	ALLOC;id=4;site=3;size=1048576;pid=7;frames=#6:<frozen%20importlib._bootstrap>:9:_load,#4 1.000000 1003.0000
	MARK;label=warm 60.0 1010.0
	MEM 70.000000 1010.0000
	ALLOC;id=5;site=2;size=4194304 4.000000 1020.0000
	FREE;id=1,3 50.500000 1030.0000
	MEM 30.000000 1060.0000
	EXIT;pid=5;status=0 70.0 1060.0
	NAME;frame=5;frames=/srv/app.c:12:grow,/srv/app.c:30:serve 0.0 1060.0
	END
}

@test "held: the user's own line leads, at the peak, with the sampling error" {
	held
	run_apart mprof lines held.dat
	same "$output" "Held at the peak, 10.0 s: 52.0 ± 0.71 MiB of 70.0 MiB, 4 samples
           Held    Share  Samples  Line
       50.0 MiB   96.2 %        1  $PWD/app.py:2 (load)  return list(range(n)), in numpy
1.00 ± 0.71 MiB    1.9 %        2  /srv/app.c:12 (grow)
       1.00 MiB    1.9 %        1  imports"
	run_apart mprof lines --leaf held.dat
	same "$(sed -n 3p <<<"$output")" \
		"       50.0 MiB   96.2 %        1  +0x9 (/usr/lib/libc.so.6)"
	run_apart mprof lines --imports held.dat
	[[ $output == *"app.py:6 (<module>)  get()"* ]]
}

@test "held: what was freed before the peak, and stayed resident, is pointed to" {
	held
	sed -e 's/^MEM 30.0/MEM 80.0/' -e '/^FREE/i FREE;id=2 0.500000 1025.0000' \
		held.dat >freed.dat
	run_apart mprof lines freed.dat
	same "$(head -n 4 <<<"$output")" \
"Held at the peak, 60.0 s: 5.00 MiB of 80.0 MiB, 2 samples
The rest is in no sampled allocation: its code, what its allocator keeps, \
memory from before it was sampled, and what was freed before the samples were \
read.
Most was held at 25.0 s, 55.5 MiB: mprof lines --at 25.00 shows it.
      Held    Share  Samples  Line"
	COLUMNS=40 run_apart mprof lines freed.dat
	same "$(sed -n 2,8p <<<"$output")" \
"The rest is in no sampled allocation:
  its code, what its allocator keeps,
  memory from before it was sampled, and
  what was freed before the samples were
  read.
Most was held at 25.0 s, 55.5 MiB: mprof
  lines --at 25.00 shows it."
	run_apart mprof lines --at 25.00 freed.dat
	[[ $output == "Held at 25.0 s: 55.5 ± "* ]]
	# Nothing is said where little more was held.
	sed 's/id=1,3 50.5/id=3 0.5/' freed.dat >kept.dat
	[[ $(mprof lines kept.dat) != *"Most was held"* ]]
}

@test "held: most is pointed to, also where the rest is not much" {
	held
	sed -e 's/^MEM 70.0/MEM 7.0/;s/^MEM 30.0/MEM 8.0/;s/^MEM 10.0/MEM 1.0/' \
		-e '/^FREE/i FREE;id=2 0.500000 1025.0000' held.dat >freed.dat
	run_apart mprof lines freed.dat
	[[ $output != *"The rest"* ]]
	[[ $output == *"
Most was held at 25.0 s, 55.5 MiB: mprof lines --at 25.00 shows it.
"* ]]
}

@test "held: more than is resident" {
	held
	sed 's/^MEM 70.0/MEM 40.0/' held.dat >calloc.dat
	run_apart mprof lines calloc.dat
	same "$(sed -n 2p <<<"$output")" "More is held than resident: a part of \
it was not used yet, or is swapped out."
	# Memory that processes share is in their PSS in parts.
	sed '/^MEM/i INFO;backend=pss 0.0 1000.0' calloc.dat >shared.dat
	[[ $(mprof lines shared.dat) != *"More is held"* ]]
	[[ $(mprof lines held.dat) != *"More is held"* ]]
	# Between two samples as much as at the higher one may be resident.
	run_apart mprof lines --at 5 held.dat
	[[ $output == "Held at 5.00 s: 52.0 "* && $output != *"More is held"* ]]
	sed 's/^MEM 70.0/MEM 7.0/' held.dat >unused.dat
	[[ $(mprof lines --at 5 unused.dat) == *"More is held"* ]]
	# What other processes hold is not in a total of the program alone.
	sed 's/;interval/;alone=1&/' calloc.dat >alone.dat
	run_apart mprof lines alone.dat
	[[ $output != *"More is held"* ]]
	[[ $output =~ ^"Held at the peak, "[^:]*": 5"[^,]*" MiB, "[0-9]+" samples" ]]
	grep -qx "Only the program's own total was recorded, 40.0 MiB. Of what \
is held, 5[0-9.]* MiB are the program's." <<<"$output"
}

@test "held: below code that has no name; functions without a line have no :0" {
	cat >made.dat <<-END
	CMDLINE ./app
	MEM 1.000000 1000.0000
	INFO;backend=rss;pid=5;interval=0.1 1.0 1000.0
	ALLOC;id=1;site=1;size=10485760;frames=#1:/usr/bin/node:0:+0x1,#2:/usr/bin/node:0:+0x2 10.000000 1001.0000
	ALLOC;id=2;site=2;size=20971520;frames=#3:/lib/libjvm.so:0:+0x3,#4:/tmp/perf-5.map:0:Interpreter 20.000000 1001.0000
	ALLOC;id=3;site=3;size=31457280;frames=#3,#5::0:+0x7f0005 30.000000 1001.0000
	ALLOC;id=4;site=4;size=41943040;frames=#3,#5,#6:/srv/a.js:4:load 40.000000 1001.0000
	MEM 200.000000 1010.0000
	NAME;frame=1;frames=/usr/bin/node:0:Allocate 0.0 1010.0
	NAME;frame=2;frames=/usr/bin/node:0:Builtins_InterpreterEntryTrampoline 0.0 1010.0
	NAME;frame=3;frames=/lib/libjvm.so:0:Unsafe_AllocateMemory0 0.0 1010.0
	END
	run_apart mprof lines made.dat
	grep -q '^20.0 MiB of it is below Java methods that are interpreted' \
		<<<"$output"
	grep -q '^10.0 MiB of it is below JavaScript functions that are inter' \
		<<<"$output"
	grep -q '^30.0 MiB of it is below code that no file has' <<<"$output"
	mprof export --format folded -o folded made.dat
	grep -qxF 'load (/srv/a.js:4);unnamed code;'"\
Unsafe_AllocateMemory0 (/lib/libjvm.so) 40960" folded
	mprof lines --flame -o made.svg made.dat
	grep -q '>load:4<' made.svg
	lacks ':0[<)]' <made.svg
	# The user's own code has names everywhere.
	sed '/id=[123];/d' made.dat >named.dat
	[[ $(mprof lines named.dat) != *"is below"* ]]
	# What was touched beside it may have none.
	cat >touched.dat <<-END
	CMDLINE ./app
	MEM 1.000000 1000.0000
	ALLOC;id=1;site=1;size=10485760;frames=#1:/srv/a.c:4:load 10.000000 1001.0000
	TOUCH;id=1;site=2;size=62914560;frames=#2:/lib/libjvm.so:0:+0x3,#3:/tmp/perf-5.map:0:Interpreter 60.000000 1001.0000
	MEM 200.000000 1010.0000
	END
	run_apart mprof lines touched.dat
	grep -q '^60.0 MiB of what was touched is below Java methods that are' \
		<<<"$output"
	[[ $output != *"of it is below"* ]]
}

@test "held: a table fits its terminal; figures and numbers of lines stay whole" {
	held
	sed "s|$PWD/app.py|/srv/deep/below/a/directory/app.py|" held.dat >deep.dat
	COLUMNS=60 run_apart mprof lines deep.dat
	same "$(sed -n '2,4p' <<<"$output")" \
"           Held    Share  Samples  Line
       50.0 MiB   96.2 %        1  …irectory/app.py:2 (load)
1.00 ± 0.71 MiB    1.9 %        2  /srv/app.c:12 (grow)"
	COLUMNS=44 run_apart mprof lines deep.dat
	same "$(sed -n 3p <<<"$output")" \
		"       50.0 MiB   96.2 %  …y/app.py:2 (load)"
	! awk 'NR > 1' <<<"$output" | grep -E '^.{45}' || false
	run_apart mprof lines held.dat
	[[ $output != *"…"* ]]
}

@test "a program that holds nothing sampled has its name" {
	cat >sh.dat <<-'END'
	CMDLINE sh a.sh
	MEM 3.000000 1000.0000
	PROC;pid=70;start=1;ppid=9;name=sh;cmd=sh 3.000000 1000.0000
	TOUCH;id=1;site=1;size=2097152;frames=#1:/bin/dash:0:main 2.000000 1000.5000
	TOUCH;id=2;site=1;size=1048576;pid=71 1.000000 1001.0000
	MEM 5.000000 1001.0000
	CHLD 71 2.000000 1001.0000
	PROC;pid=71;start=2;ppid=70;name=cat;cmd=cat 2.000000 1001.0000
	END
	mprof lines --by process sh.dat >out
	grep -q '2.00 MiB .* sh, the program$' out
	grep -q '1.00 MiB .* cat, process 71$' out
}

@test "held: by module, process, function, file" {
	held
	mprof lines --by process held.dat >out
	same "$(sed -n '3,$p' out)" \
"51.0 ± 0.71 MiB   98.1 %        3  python, the program
       1.00 MiB    1.9 %        1  worker, process 7"
	mprof lines --by module held.dat >out
	same "$(sed -n 3p out)" \
"       50.0 MiB   96.2 %        1  $PWD/app.py, in numpy"
	same "$(mprof lines --by function --json held.dat |
		jq -c '[.source, .at_s, .held_mib, (.rows[1] |
			[.function, .held_mib, .samples, .line])]')" \
		'["held",10,52,["grow",1,2,null]]'
}

@test "held: at a moment, in a window, since a mark, older than" {
	held
	same "$(mprof lines --at 1.5 held.dat | head -n 1)" \
		'Held at 1.50 s: 50.0 MiB of 10.0 MiB, 1 sample'
	same "$(mprof lines -w 1.5,40 held.dat | sed -n 1,2p)" \
'Held at 40.0 s: 5.50 ± 0.50 MiB of 70.0 MiB, 3 samples
Allocated after 1.50 s and not freed.'
	same "$(mprof lines --since warm held.dat | head -n 1)" \
		'Held at the end, 60.0 s: 4.00 MiB of 30.0 MiB, 1 sample'
	same "$(mprof lines --since warm --older 10s held.dat | sed -n 3p)" \
		'Held for 10.0 s or longer.'
	# It freed that before its end, as Python does.
	sed '/^MEM 30/i MEM 40.0 1040.0000\nFREE;id=5 4.0 1059.0' held.dat \
		>freed.dat
	same "$(mprof lines --since warm freed.dat | head -n 1)" \
		'Held at its most, 40.0 s: 4.00 MiB of 40.0 MiB, 1 sample'
	run_apart mprof lines --since cold held.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"no mark is called cold; the last one is "* ]]
}

@test "held: a file with what its lines called, a flame graph, folded stacks" {
	held
	same "$(mprof lines --source app.py held.dat | sed -n '3p;6p')" \
"Line #           Held   Samples   Line Contents
     2     50.000 MiB         1       return list(range(n))"
	mprof lines --flame -o held.html held.dat
	grep -q 'Memory held, by stack' held.html
	same "$(mprof export --format folded held.dat | sort | head -n 1)" \
		"<module> ($PWD/app.py:6);_load (<frozen importlib._bootstrap>:9) 1024"
}

@test "--diff: what each place holds more in the second recording" {
	held
	sed -e '/^ALLOC;id=3/ s/ 0.5/ 8.5/' -e '/^ALLOC;id=4/ d' \
		held.dat >more.dat
	mprof lines --diff held.dat more.dat >out
	same "$(cat out)" \
"Held: 52.0 MiB before, 59.0 MiB after, a change of +7.00 ± 8.54 MiB
          Change    Before     After  Place
+8.00 ± 8.54 MiB  1.00 MiB  9.00 MiB  /srv/app.c:12 (grow)
       -1.00 MiB  1.00 MiB  0.00 MiB  imports"
	same "$(mprof lines --diff --json --by file more.dat held.dat | jq -c \
		'.rows[] | [.change_mib, .before_mib, .after_mib, .file]')" \
"[-8,9,1,\"/srv/app.c\"]
[1,0,1,\"\"]
[0,50,50,\"$PWD/app.py\"]"
	run_apart mprof lines --diff held.dat
	[ "$status" -eq 2 ]
	run_apart mprof lines --diff --flame -o x.svg held.dat more.dat
	[ "$status" -eq 2 ]
	run_apart mprof lines --diff held.dat run.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: run.dat: holds no sampled allocations: --diff needs recordings of mprof run --stacks"
}

@test "--flame draws what grew" {
	mprof lines --flame -o grow.svg run.dat
	head -c 200 grow.svg | grep -q '<svg'
	# each frame says what it grew by
	[ "$(grep -c '<g><title>.* MiB, .* %</title>' grow.svg)" -ge 2 ]
	grep -q ' MiB</text>' grow.svg
	mprof lines --flame -o grow.png run.dat
	[ "$(head -c 4 grow.png | tail -c 3)" = PNG ]
}

@test "--flame names modules by their files, without what imports them" {
	local loader='<frozen%20importlib._bootstrap>:9:_find_and_load'

	printf '%s\n' 'CMDLINE x' 'MEM 1 1' 'STACK 1 1 id=1 frames=a.py:1:f' \
		"STACK 9 2 id=2 frames=/x/b.py:3:<module>;$loader;/x/p/__init__.py:1:<module>;$loader;/x/m.py:7:<module>" \
		>imports.dat
	mprof lines --flame -o grow.html imports.dat
	grep -q '"b.py:3"' grow.html
	grep -q '"p/__init__.py:1"' grow.html
	grep -q '"m.py:7"' grow.html
	lacks '_find_and_load' <grow.html
}

@test "--flame wants an output, an output wants --flame" {
	run_apart mprof lines --flame run.dat
	[ "$status" -eq 2 ]
	run_apart mprof lines -o grow.svg run.dat
	[ "$status" -eq 2 ]
	[ ! -e grow.svg ]
}

@test "a recording without stacks says how to get them" {
	local ways

	recording plain.dat
	for ways in '' '--by line' '--by process' '--native' '--at 1'; do
		# shellcheck disable=SC2086
		run_apart mprof lines $ways plain.dat
		[ "$status" -eq 1 ]
		same "$errors" 'mprof: plain.dat: no stacks in it: record with mprof run --stacks'
	done
}

@test "hostile names do not reach the terminal" {
	printf '%s\n' 'CMDLINE x' 'MEM 1.0 1.0' \
		'STACK 1.0 1.0 id=1 frames=%1b[2J:1:%1b]0;x;/dev/zero:3:f' \
		'STACK 9.0 2.0 id=1' >evil.dat
	run_apart mprof lines evil.dat
	[ "$status" -eq 0 ]
	[[ $output != *$'\e'* ]]
	run_apart mprof lines --source zero evil.dat
	[ "$status" -eq 1 ]
}

# The stacks of a setuid program can't be read from outside either.
@test "where nothing was sampled, the reason is said" {
	printf '%s\n' 'CMDLINE ./other' \
		'INFO;backend=rss;interval=0.01;version=0 1.0 1000.0' \
		'MEM 1.0 1000.0' 'TOUCH;id=1;site=1;size=1048576 1.0 1000.1' \
		'FAULTS;period=262144;failed=1 1.0 1000.1' \
		'HELD;name=other;by=none;period=0 0.0 1000.2' \
		'MEM 9.0 1000.3' 'LEFT;id=1;ended=1 0.0 1000.4' >run.dat
	run_apart mprof lines run.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"not sampled: the library was not loaded there (setuid"* ]]
	printf '%s\n' 'CMDLINE ./other' \
		'INFO;backend=rss;interval=0.01;version=0 1.0 1000.0' \
		'MEM 1.0 1000.0' \
		'HELD;name=other;by=malloc,filter;period=65536 0.0 1000.2' \
		'MEM 9.0 1000.3' >run.dat
	run_apart mprof lines run.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"confined by a filter of system calls (seccomp)"* ]]
}

# held_at TIME: the MiB that are held then in cut.dat.
held_at() {
	mprof lines --json --at "$1" cut.dat | jq .held_mib
}

@test "what is left of a mapping that was cut is not held beside it" {
	frames='frames=#1:/p:0:+0x1'
	printf '%s\n' 'CMDLINE ./p' 'MEM 65.0 1000.0' 'MEM 65.0 1000.1' \
		"ALLOC;id=1;site=1;size=67108864;$frames 64.0 1000.05" \
		'MEM 66.0 1009.9' 'MEM 33.0 1010.0' 'FREE;id=1 64.0 1010.0' \
		'ALLOC;id=2;site=1;size=33554432 32.0 1000.05' \
		'ALLOC;id=3;site=1;size=1048576 1.0 1009.95' \
		'MEM 34.0 1020.0' >cut.dat
	[ "$(held_at 5)" = 64 ]
	[ "$(held_at 9.92)" = 64 ]
	[ "$(held_at 10)" = 33 ]
	mprof lines --json cut.dat | jq -e '.held_mib == 64'
	mprof lines --json --older 12s --at 15 cut.dat |
		jq -e '.held_mib == 32'
}

@test "no moment is before the start" {
	printf '%s\n' 'CMDLINE ./p' 'MEM 1.0 1000.1' \
		'ALLOC;id=1;site=1;size=67108864;frames=#1:/p:0:+0x1 64.0 1000.05' \
		'FREE;id=1;ended=1 64.0 1000.08' >early.dat
	run_apart mprof lines early.dat
	[ "$status" -eq 0 ]
	[[ $output == *", 0 s: 64.0 MiB"* ]] || {
		echo "$output"
		false
	}
}
