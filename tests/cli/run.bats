#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof run: what is launched, what is written, what is said, which status.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

TARGET=$BATS_TEST_DIRNAME/../../build/programs/target

# Whether every line but the first has three columns: a word and two numbers.
plain() {
	! sed 1d "$1" |
		grep -Ev '^[A-LN-Z]{4}[^ ]* [0-9]+\.[0-9]{6} [0-9]+\.[0-9]{4}$' |
		grep -Ev '^MEM [0-9]+\.[0-9]{6} [0-9]+\.[0-9]{4}$' >&2
}

@test "run: an ordinary program: CMDLINE, INFO, MEM, EXIT, PEAK" {
	script=$(until_sampled 4 '*.dat')
	run_apart mprof run -T 0.02 sh -c "$script"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	set -- mprofile_??????????????.dat
	[ $# -eq 1 ]
	same "$(head -n 1 "$1")" "CMDLINE sh -c '$script'"
	plain "$1"
	[ "$(grep -c ^MEM "$1")" -gt 3 ]
	[[ $(sed -n 2p "$1") =~ ^INFO\;backend=rss\;interval=0\.02\;host= ]]
	[[ $(tail -n 2 "$1" | head -n 1) =~ ^EXIT\;pid=[0-9]+\;status=0\  ]]
	[[ $(tail -n 1 "$1") == PEAK* ]]
	[[ $errors =~ (^|$'\n')mprof:\ peak\ [0-9.]+\ MiB\ RSS.*samples,\ $1$ ]]
}

@test "run: INFO tells the rank and the job that a launcher gave it" {
	env OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=16 SLURM_PROCID=0 \
		SLURM_JOB_ID='7 7' mprof run -q -o a.dat true
	grep '^INFO;.*;rank=3;ranks=16;job=7%207 ' a.dat
	plain a.dat
	env -u PMI_SIZE PMI_RANK=1 SLURM_PROCID=2 SLURM_STEP_NUM_TASKS=4 \
		mprof run -q -o b.dat true
	grep '^INFO;.*;rank=2;ranks=4' b.dat
	env PMI_RANK=x PMI_SIZE=2 mprof run -q -o c.dat true
	lacks 'rank' <c.dat
}

@test "run: the program's status is ours" {
	run_apart mprof run -o a.dat sh -c 'exit 7'
	[ "$status" -eq 7 ]
	grep -q '^EXIT;pid=[0-9]*;status=7;limit=.* [0-9.]* [0-9.]*$' a.dat
	run_apart mprof run -q -o a.dat sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
	grep -q 'signal=15' a.dat
	[[ $errors == *"killed by SIGTERM"* ]]
	run_apart mprof run -E -o a.dat sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run_apart mprof run --no-exit-code -o a.dat sh -c 'exit 7'
	[ "$status" -eq 0 ]
}

@test "run: what can't be executed leaves no file, and an old one as it was" {
	run_apart mprof run nonesuch-program
	[ "$status" -eq 127 ]
	[[ $errors == "mprof: nonesuch-program: "* ]]
	echo text >plain
	run_apart mprof run ./plain
	[ "$status" -eq 126 ]
	same "$(ls)" plain
	recording old.dat
	before=$(cat old.dat)
	run_apart mprof run -o old.dat nonesuch-program
	same "$(cat old.dat)" "$before"
}

@test "run python where there is python3 alone says so, with status 127" {
	mkdir bin
	ln -s /bin/true bin/python3
	run_apart env PATH="$PWD/bin" "$MPROF" run -o x.dat python manage.py
	[ "$status" -eq 127 ]
	same "$errors" "mprof: python: command not found, but python3 is here: mprof run python3 ..."
	rm bin/python3
	run_apart env PATH="$PWD/bin" "$MPROF" run -o x.dat python manage.py
	[ "$status" -eq 127 ]
	same "$errors" "mprof: python: command not found"
	[ ! -e x.dat ]
}

@test "run: -o appends, behind a line without a newline too" {
	mprof run -q -o a.dat true
	mprof run -q -o a.dat true
	[ "$(grep -c ^CMDLINE a.dat)" -eq 2 ]
	printf 'CMDLINE x\nMEM 1.000000 1.0000' >b.dat
	mprof run -q -o b.dat true
	same "$(sed -n 3p b.dat)" "CMDLINE true"
}

@test "run: -o that can't be: said, status 125, nothing executed, nothing lost" {
	mkdir dir
	mkfifo fifo
	echo 'my text' >notes
	for name in dir fifo notes no/such/file; do
		run_apart mprof run -o "$name" touch executed
		[ "$status" -eq 125 ]
		[[ $errors == "mprof: $name: "* ]]
	done
	[ ! -e executed ]
	same "$(cat notes)" 'my text'
	mprof run -q -o /dev/null touch executed
	[ -e executed ]
}

@test "run: -o with host, pid and start" {
	mprof run -q -o 'mem-%h-%p-%t-100%.dat' true
	name=$(ls)
	[[ $name =~ ^mem-[A-Za-z0-9._-]+-[0-9]+-[0-9]{14}-100%.dat$ ]]
}

@test "run: -o with the rank and a variable, which must be there" {
	env -u PMI_RANK OMPI_COMM_WORLD_RANK=3 MY_SHARD='a b' \
		mprof run -q -o 'mem-%r-%q{MY_SHARD}.dat' true
	grep '^INFO;.*;rank=3' 'mem-3-a b.dat'
	for pattern in '%r.dat' '%q{MY_SHARD}.dat' '%q.dat'; do
		run_apart env -u OMPI_COMM_WORLD_RANK -u PMI_RANK \
			-u SLURM_PROCID -u PALS_RANKID -u MY_SHARD \
			mprof run -q -o "$pattern" touch executed
		[ "$status" -eq 125 ]
		[[ $errors == "mprof: -o $pattern: "* ]]
	done
	for shard in ../x $'a\nb' ''; do
		run_apart env MY_SHARD="$shard" \
			mprof run -o '%q{MY_SHARD}.dat' touch executed
		[ "$status" -eq 125 ]
		[[ $errors == "mprof: -o %q{MY_SHARD}.dat: the variable MY_SHARD "* ]]
	done
	same "$(ls)" 'mem-3-a b.dat'
}

@test "run: two at once in one second have a file each" {
	mprof run -q sleep 0.1 &
	mprof run -q sleep 0.1 &
	mprof run -q sleep 0.1
	wait
	set -- mprofile_??????????????.dat
	[ $# -eq 3 ]
	for file in *.dat; do
		[ "$(grep -c ^CMDLINE "$file")" -eq 1 ]
	done
}

@test "run: command lines are one line, quoted as memory_profiler does" {
	mprof run -q -o a.dat true 'a b' $'new\nline' $'bad\xff' "it's" ''
	same "$(head -n 1 a.dat)" "CMDLINE true 'a b' new\\nline bad\\xff it's "
}

two_sleep() {
	[ "$(grep -cs '^PROC;.*;name=sleep;cmd=sleep%2060 ' a.dat)" -eq 2 ] &&
		[ "$(grep ^CHLD a.dat | cut -d' ' -f2 | sort -u | wc -l)" -eq 2 ]
}

@test "run: descendants are in the sum, and on their own with -M" {
	mkfifo go
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -T 0.02 -o a.dat -M sh -c 'sleep 60 & one=$!; sleep 60 &
		read -r _ <go; kill $one $!' &
	soon two_sleep
	echo >go
	wait
	[ "$(grep ^CHLD a.dat | cut -d' ' -f2 | sort -u | wc -l)" -eq 2 ]
	grep -q '^PROC;.*;name=sh;cmd=sh%20-c' a.dat
	[ "$(grep -c '^PROC;.*;name=sleep;cmd=sleep%2060 ' a.dat)" -eq 2 ]
	same "$(grep -c ^INFO a.dat)" 1
	awk '/^MEM/ { if (n == 2 && sum >= total) bad = 1; total = $2; sum = n = 0 }
		/^CHLD/ { sum += $3; n++ } END { exit bad }' a.dat
	RECORDING=b.dat mprof run -q -T 0.02 -o b.dat --no-children \
		sh -c "$TARGET eat 30; :"
	RECORDING=c.dat mprof run -q -T 0.02 -o c.dat -C \
		sh -c "$TARGET eat 30; :"
	b=$(mprof peak b.dat | cut -f2 | cut -d. -f1)
	c=$(mprof peak c.dat | cut -f2 | cut -d. -f1)
	[ "$b" -lt 30 ]
	[ "$c" -ge 30 ]
}

# Whether nobody was seen still running. Where the machine has much else to do
# the moment may be over before who ends has been let run: one run will do.
ends_with_program() {
	run_apart mprof run -o "$1.dat" python3 several.py "$1"
	[ "$status" -eq 0 ] && lacks 'still running' <<<"$errors"
}

@test "run: what ends a moment after the program is not still running" {
	cat >several.py <<-END
		import multiprocessing, sys
		from multiprocessing import shared_memory

		if __name__ == "__main__":
		    if sys.argv[1] == "shared":
		        block = shared_memory.SharedMemory(create=True, size=4096)
		        block.unlink()
		    else:
		        context = multiprocessing.get_context(sys.argv[1])
		        child = context.Process(target=print)
		        child.start()
		        child.join()
	END
	for way in spawn forkserver shared; do
		soon ends_with_program $way
	done
	# shellcheck disable=SC2016 # the inner shell's
	run_apart mprof run -o late.dat sh -c '
		sh -c "sleep 60 & echo \$! >pid; wait" >out &
		until [ "$(cat /proc/$(cat pid)/comm)" = sleep ]; do
			sleep 0.02; done 2>/dev/null'
	[[ $errors == *"2 descendants are still running: "*" sleep; --wait all"* ]]
	# shellcheck disable=SC2046 # a word a pid
	kill $(sed -nE 's/.*running: ([0-9]+) sh, ([0-9]+) sleep.*/\1 \2/p' \
		<<<"$errors")
}

@test "run: recording ends with the program; --wait all, with the last of them" {
	run_apart mprof run -o a.dat sh -c 'sleep 60 >out & echo $! >pid; exit 3'
	kill "$(cat pid)"
	[ "$status" -eq 3 ]
	[[ $errors =~ 1\ descendant\ is\ still\ running:\ [0-9]+\ s[hle]*p?\;\ --wait\ all ]]
	run_apart mprof run -t 3 --wait all -o t.dat \
		sh -c 'sleep 60 >out & echo $! >pid; exit 3'
	kill "$(cat pid)"
	[[ $errors == *"1 descendant is still running: "*" s"[hl]* ]]
	lacks '--wait' <<<"$errors"
	run_apart mprof run --limit 10MiB --on-limit kill -T 0.02 -o k.dat \
		sh -c 'sleep 60 >out & exec python3 -c "import time
x = bytearray(40 << 20); time.sleep(60)"'
	lacks 'still running' <<<"$errors"
	run_apart mprof run -M --wait all --limit 10MiB --on-limit kill -T 0.02 \
		-o e.dat sh -c 'sleep 60 & sleep 60 & /usr/bin/python3 -c "import time
x = bytearray(400 << 20); time.sleep(60)"'
	same "$(sed -n 's/^EXIT;pid=\([0-9]*\);signal=9.*/\1/p' e.dat | sort)" \
		"$(sed -n 's/^PROC;pid=\([0-9]*\);.*/\1/p' e.dat | sort -u)"
	run_apart mprof run -T 0.05 --wait all -o b.dat \
		sh -c "($(until_sampled 6 b.dat)) & exit 3"
	[ "$status" -eq 3 ]
	has_samples 6 b.dat
	run_apart mprof run -T 0.05 --wait all -o c.dat \
		setsid sh -c "($(until_sampled 5 c.dat)) & exit 0"
	has_samples 5 c.dat
}

@test "run: --timeout ends the recording, not the program" {
	run_apart mprof run -T 0.05 -t 0.2 -o a.dat \
		sh -c 'until grep -qs ^PEAK a.dat; do sleep 0.02; done; exit 9'
	[ "$status" -eq 9 ]
	[ "$(grep -c ^MEM a.dat)" -lt 7 ]
	[[ $errors == *--timeout* ]]
}

@test "run: script.py under python3, or the virtual environment's" {
	printf 'import sys; print(sys.executable, *sys.argv)\n' >script.py
	run_apart mprof run -q -o a.dat script.py 1 'two words'
	[[ $output == */python3*" script.py 1 two words" ]]
	same "$(head -n 1 a.dat)" "CMDLINE python3 script.py 1 'two words'"
	mkdir -p venv/bin
	printf '#!/bin/sh\necho venv "$@"\n' >venv/bin/python3
	chmod +x venv/bin/python3
	VIRTUAL_ENV=$PWD/venv run_apart mprof run -q -o a.dat script.py
	same "$output" "venv script.py"
	run_apart mprof run -q -o a.dat --python python3 script.py
	[[ $output == *" script.py" ]]
	run_apart mprof run -q -o a.dat --nopython ./script.py
	[ "$status" -eq 126 ]
}

@test "run: options end at the first word, abbreviate and bundle" {
	run_apart mprof run -q -o a.dat echo -T 5 --interval=7
	same "$output" "-T 5 --interval=7"
	run_apart mprof run --inc --int=0.2 -q --o a.dat true
	[ "$status" -eq 0 ]
	run_apart mprof run -qMCT0.2 -oa.dat true
	[ "$status" -eq 0 ]
	run_apart mprof run -q -T=10us -o=c.dat true
	[ "$status" -eq 0 ] && [ -e c.dat ]
	run_apart mprof run --no -q --m --t 5 --o b.dat true
	[ "$status" -eq 0 ]
	[ -e b.dat ]
}

@test "run: what makes no sense is refused before anything runs" {
	for words in "-T 0" "-T -1" "-T nan" "-T 1e9" "-T x" "-t 0" \
		"--backend nonsense" "--backend tracemalloc" "--limit 0" \
		"--on-limit x" "--max-overhead 0%" "--max-overhead 101%" \
		"--wait x" "--nonsense" "--backend cgroup -M"; do
		# shellcheck disable=SC2086 # the words are apart
		run_apart mprof run $words touch executed
		[ "$status" -eq 2 ]
		[[ $errors == mprof:* ]]
	done
	run_apart mprof run
	[ "$status" -eq 1 ]
	[ -z "$(ls)" ]
}

@test "run: below a millisecond the times have six decimals" {
	mprof run -q -T 500us -o a.dat sleep 0.05
	[[ $(grep -m 1 ^MEM a.dat) =~ ^MEM\ [0-9]+\.[0-9]{6}\ [0-9]+\.[0-9]{6}$ ]]
	grep -q 'interval=0.0005;' a.dat
}

@test "run: several with one -o at the same time: a file each, no sample lost" {
	for i in 1 2 3; do
		mprof run -q -T 0.05 -o same.dat sh -c \
			": >began$i; while [ ! -e go ]; do sleep 0.02; done" \
			2>"err$i" &
	done
	soon eval '[ -e began1 ] && [ -e began2 ] && [ -e began3 ]'
	: >go
	wait
	same "$(echo same*.dat)" "same.2.dat same.3.dat same.dat"
	for file in same*.dat; do
		same "$(grep -c ^CMDLINE "$file")" 1
		same "$(grep -c ^EXIT "$file")" 1
		[ "$(grep -c ^MEM "$file")" -ge 1 ]
	done
	same "$(cat err? | sort)" \
		"mprof: same.dat: another mprof records into it; this run goes to same.2.dat
mprof: same.dat: another mprof records into it; this run goes to same.3.dat"
	# One after another they are runs of one file, as ever.
	run_apart mprof run -q -o same.dat true
	same "$errors" ""
	same "$(grep -c ^CMDLINE same.dat)" 2
}

@test "run: what is beside and no recording is passed over" {
	echo notes >a.2.dat
	run_apart mprof run -q -o a.dat mprof run -q -o a.dat true
	[ "$status" -eq 0 ]
	[[ $errors == *"a.dat: another mprof records"*"this run goes to a.3.dat" ]]
	same "$(cat a.2.dat)" notes
	run_apart mprof run -q -o b mprof run -q -o b true
	[ "$status" -eq 0 ]
	[ -e b.2 ]
}

@test "run: a program that outlives its recorder does not keep the file" {
	mprof run -q -o a.dat sh -c 'echo $$ >pid; exec sleep 60' 3>&- &
	soon eval '[ -s pid ] && has_samples 1'
	kill -KILL $!
	wait $! || true
	run_apart mprof run -q -o a.dat true
	kill -0 "$(cat pid)"
	kill "$(cat pid)"
	same "$errors" ""
	same "$(grep -c ^CMDLINE a.dat)" 2
}

# What scripts in the wild do: three columns, the last two numbers, but for the
# records that memory_profiler has with more.
strangers_read() {
	/usr/bin/env python3 - "$@" <<-'END'
	import csv, sys
	for name in sys.argv[1:]:
	    rows = list(csv.reader(open(name), delimiter=" "))
	    for row in rows:
	        if row[0] in ("CMDLINE", "CHLD", "FUNC"):
	            continue
	        assert len(row) == 3, row
	        float(row[1]), float(row[2])
	    samples = [line for line in open(name) if "MEM" in line]
	    assert len(samples) == sum(row[0] == "MEM" for row in rows)
	END
}

@test "run: each record has three columns, whatever happened" {
	python=$(command -v python3)
	mprof run -q -o false.dat false || [ $? -eq 1 ]
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -o killed.dat sh -c 'kill -9 $$' || [ $? -eq 137 ]
	# shellcheck disable=SC2016 # the inner shell's
	mprof run -q -M -o tree.dat sh -c 'sh -c "sleep 0.1; exit 3; MEM=1"
		echo "MEM 1 2" >>"$MPROF_MARK"; sleep 0.1
		until grep -q ^MARK tree.dat; do sleep 0.02; done'
	printf '%s\n' 'def MEMORY(): return [i for i in range(10 ** 6)]' \
		'def is_own(line): return line.startswith("STACK;") and "%4DEM%3db" in line' \
		'for i in range(3000):' \
		'    MEMORY()' \
		'    if any(map(is_own, open("stacks.dat"))): break' >'a, MEM=b;.py'
	mprof run -q --stacks -o stacks.dat "$python" 'a, MEM=b;.py'
	mprof run -q -t 0.1 -o timeout.dat sh -c \
		'until grep -qs ^PEAK timeout.dat; do sleep 0.02; done'
	# A command line is what the user says: it may hold anything.
	sed -i '/^CMDLINE/d' ./*.dat
	strangers_read ./*.dat
	grep -q '^STACK;.*a%2c%20%4DEM%3db%3b' stacks.dat
	grep -q '^EXIT;pid=[0-9]* [0-9.]* [0-9.]*$' timeout.dat
	for name in false killed tree stacks timeout; do
		[[ $(head -n 1 $name.dat) == "INFO;backend=rss;"* ]]
		[[ $(grep -v ^PEAK $name.dat | tail -n 1) == "EXIT;"* ]]
		mprof peak $name.dat >/dev/null 2>err
		[ ! -s err ]
	done
}

@test "run: memory_profiler reads what we write" {
	command -v python3-mprof >/dev/null ||
		skip "needs Debian's python3-memory-profiler"
	mprof run -q -M -T 0.02 sh -c "$(until_sampled 3 '*.dat')"
	run_apart python3-mprof peak
	[ "$status" -eq 0 ]
	[[ $output == *MiB* ]]
	# Theirs tells the second that the name holds, ours that of the first
	# sample.
	python3-mprof list >theirs
	mprof list >ours
	paste -d ' ' theirs ours | python3 -c '
import datetime, sys
row = sys.stdin.read().split()
theirs, ours = (datetime.datetime.strptime(row[i] + row[i + 1], "%H:%M:%S%d/%m/%Y")
                for i in (2, 6))
assert len(row) == 8 and row[:2] == row[4:6], row
assert 0 <= (ours - theirs).total_seconds() < 300, row'
}

@test "run: however short the program, its recording has a peak" {
	for i in $(seq 60); do
		mprof run -q -o "$i.dat" true
		grep -q '^PEAK' "$i.dat"
		mprof peak "$i.dat" >/dev/null
	done
}
