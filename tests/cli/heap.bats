#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof heap: the objects of a live interpreter, from outside, against what a
# walk from inside finds; and that the program goes on unharmed.
# shellcheck disable=SC2030,SC2031  # each test has a $pid of its own

load helper.bash
load live.bash
bats_require_minimum_version 1.5.0

PROGRAM=$BATS_TEST_DIRNAME/../python/heap.py
BUSY=$BATS_TEST_DIRNAME/../python/busy.py

# launch_in ROOT SCRIPT ARGUMENT...: the same with the python3 of another
# system's root, and one of tests/python.
launch_in() {
	local root=$1 script=$2 inside

	shift 2
	inside=$(mktemp -d "$root/tmp/mprof-test-XXXXXX")
	cp "$SOURCE"/tests/python/*.py "$inside"
	launch chroot "$root" python3 -B "${inside#"$root"}/$script" "$@"
	rm -r "$inside"
}

@test "counts and sizes are those of a walk from inside, on each CPython" {
	local python root none=yes

	for python in $(pythons); do
		echo "# $("$python" -V)" >&3
		none=
		launch "$python" "$PROGRAM" 1000
		mprof heap --json "$pid" >outside.json
		let_end
		sed 1d out >inside.tsv
		"$python" "$BATS_TEST_DIRNAME/../python/heap_check.py" \
			outside.json inside.tsv
	done
	for root in $(python_roots); do
		echo "# $(chroot "$root" python3 -V) in $root" >&3
		none=
		launch_in "$root" heap.py 1000
		mprof heap --json "$pid" >outside.json
		let_end
		sed 1d out >inside.tsv
		python3 "$BATS_TEST_DIRNAME/../python/heap_check.py" \
			outside.json inside.tsv
	done
	[ -z "$none" ] || skip "no CPython here that can be read"
}

# What follows the launch of arrays.py, whose walk agrees with the look.
arrays_agree() {
	local named=(numpy.ndarray numpy.float64 numpy.float32 numpy.int8
		numpy.uint16 numpy.complex128 numpy.datetime64 numpy.void
		__main__.Grid _struct.Struct)

	mprof heap --json "$pid" >outside.json
	let_end
	echo "# NumPy $(sed -n 's/^ready //p' out)" >&3
	sed 1d out >inside.tsv
	python3 "$SOURCE/tests/python/heap_check.py" outside.json inside.tsv \
		"${named[@]}"
}

@test "what is left over on a stack is not counted, what is in use is" {
	local python none=yes

	for python in $(pythons); do
		none=
		launch "$python" "$SOURCE/tests/python/stale.py"
		mprof heap --json "$pid" >json
		run_apart mprof refs "$pid" __main__.Stale
		let_end
		[ "$status" -eq 1 ]
		[ "$(jq '[.types[] | select(.type | contains("Stale"))] |
			length' json)" -eq 0 ]
		jq -e '.types[] | select(.type == "bytes") |
			.size >= 10000000 and .size < 15000000' json >/dev/null
	done
	[ -z "$none" ] || skip "no CPython here that can be read"
}

@test "NumPy's arrays count with the data that they own" {
	local python root none=yes

	for python in $(pythons); do
		"$python" -c 'import numpy' 2>/dev/null || continue
		none=
		launch "$python" "$SOURCE/tests/python/arrays.py" 200
		arrays_agree
	done
	for root in $(python_roots); do
		chroot "$root" python3 -c 'import numpy' 2>/dev/null || continue
		none=
		launch_in "$root" arrays.py 200
		arrays_agree
	done
	[ -z "$none" ] || skip "no CPython with NumPy here"
}

@test "pandas' tables count with their arrays, Pillow's images are there" {
	local python none=yes

	for python in $(pythons); do
		"$python" -c 'import pandas, PIL' 2>/dev/null || continue
		none=
		launch "$python" "$SOURCE/tests/python/frames.py" 1000
		mprof heap --json "$pid" >outside.json
		let_end
		# One array that C code holds is not to be seen from inside.
		jq -e --rawfile inside out '
			def row(name): $inside | split("\n")[] | split("\t")
				| select(.[0] == name) | [.[1:][] | tonumber];
			def found(name): .types[] | select(.type == name);
			found("PIL.Image.Image") as $image
			| found("numpy.ndarray") as $array
			| row("numpy.ndarray") as $walk
			| ([$image.count, $image.size] == row("PIL.Image.Image"))
			and $array.size / $walk[1] > 0.999
			and $array.size / $walk[1] < 1.001
			and $array.count - $walk[0] >= 0
			and $array.count - $walk[0] <= 2
			and $array.size >= row("memory_usage")[0]' outside.json
	done
	[ -z "$none" ] || skip "no CPython with pandas and Pillow here"
}

@test "a program whose interpreter was replaced on disk is read" {
	local python home

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	home=$("$python" -c 'import sys; print(sys.base_prefix)')
	cp "$(realpath "$("$python" -c 'import sys; print(sys.executable)')")" \
		python3
	PYTHONHOME=$home launch ./python3 "$PROGRAM" 10
	cp "$MPROF" other
	mv other python3
	mprof heap "$pid" --json | jq -e '.types[] |
		select(.type == "__main__.Slotted") | .count == 10'
	let_end
}

@test "the resident memory stands below the total" {
	local python rss

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" "$PROGRAM" 100
	mprof heap "$pid" --top 1 >table
	rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status")
	grep -Eq '^ *RSS \| +\| +[0-9.]+ MiB$' table
	# The kernel's own figure varies by some pages between two reads.
	mprof heap "$pid" --json | jq -e --argjson rss "$rss" \
		'.rss_kib - $rss | fabs < 512' >/dev/null
	mprof heap "$pid" --save a.heap >table
	awk -v rss="$rss" '/^rss_kib / { off = $2 - rss }
		END { exit !(off < 512 && off > -512 && off != "") }' a.heap
	sed 's/^rss_kib .*/rss_kib 1024/' a.heap >small.heap
	sed 's/^rss_kib .*/rss_kib 4096/' a.heap >large.heap
	mprof heap --diff small.heap large.heap | grep -Eq \
		'^ *RSS \| +\| +\+3.00 MiB$'
	sed /rss_kib/d a.heap >none.heap
	mprof heap --diff none.heap large.heap >table
	run ! grep -q RSS table
	let_end
}

# Nobody traces the program or has stopped it: neither T nor t is its state.
goes_on() {
	grep -qx $'TracerPid:\t0' "/proc/$pid/status"
	grep -q '^State:.[SRD]' "/proc/$pid/status"
}

@test "300 looks at two busy threads and a collector leave all as it was" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch nice -n 5 "$python" -I -S "$BUSY"
	mprof heap "$pid" --every 1ms --count 300 --top 1 >looks 2>said
	[ "$(grep -c 'it was stopped for' looks)" -eq 300 ]
	goes_on
	let_end
	grep -qx 'unharmed' out
}

@test "25 of 25 looks at a program that grows and has threads come and go" {
	local python mib

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	for mib in 1 60; do
		launch nice -n 5 "$python" -I -S \
			"$BATS_TEST_DIRNAME/../python/growing.py" "$mib"
		for _ in $(seq 25); do
			mprof heap --json "$pid" |
				jq -e '[.types[] | select(.type == "__main__.Held") |
					.count] == [100]' >/dev/null
			[ "$mib" -gt 1 ] || mprof refs "$pid" Held >/dev/null
		done
		kill -9 "$pid"
		wait "$pid" || true
	done
}

# strace traces $pid, unless a look has it in this moment.
trace_program() {
	strace -qq -o /dev/null -p "$pid" &
	tracer=$!
	soon_while $tracer grep -qx $'TracerPid:\t'"$tracer" \
		"/proc/$pid/status"
}

@test "--every goes on after looks that failed, and says which did" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	command -v strace >/dev/null || skip "no strace"
	without_leak_check
	launch "$python" "$PROGRAM" 10
	"$MPROF" heap "$pid" --every 100ms >seen 2>said &
	looker=$!
	soon grep -q 'it was stopped for' seen
	soon trace_program
	soon grep -q 'this reading failed' said
	kill "$tracer"
	wait "$tracer" || true
	before=$(grep -c 'it was stopped for' seen)
	soon has_lines $((before + 1)) 'it was stopped for' seen
	grep -Eq "^mprof: process $pid: .*traces it.*; this reading failed, the next follows in 100 ms$" said
	let_end
	wait "$looker"
	grep -qx "mprof: process $pid: has ended" said
}

@test "killed while it looks, it leaves the program running" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch nice -n 5 "$python" -I -S "$BUSY"
	for _ in 1 2 3 4 5; do
		rm -f seen # the one before has looked already
		"$MPROF" heap "$pid" --every 1ms >seen &
		looker=$!
		soon grep -qs 'it was stopped for' seen
		kill -9 "$looker"
		wait "$looker" || true
		goes_on
	done
	let_end
	grep -qx 'unharmed' out
}

@test "the table, its rows and their sum" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" "$PROGRAM" 100
	run_apart mprof heap "$pid" --top 2
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
	[[ $(sed -n 1p <<<"$output") =~ ^Process\ $pid,\ Python\ 3\.[0-9.]+\;\ it\ was\ stopped\ for\  ]]
	[[ $(sed -n 2p <<<"$output") =~ ^\ *types\ \|\ \ \ \#\ objects\ \|\ \ \ total\ size$ ]]
	[[ $(sed -n 6p <<<"$output") =~ ^\ *total\ \|\ +[0-9]{4,}\ \|\ +[0-9.]+\ MiB$ ]]
	[[ $(sed -n 7p <<<"$output") =~ ^\ *RSS\ \|\ +\|\ +[0-9.]+\ MiB$ ]]
	[[ $(sed -n 8p <<<"$output") =~ ^\([0-9]+\ more\ types:\ --top\ 0\)$ ]]
	mprof heap "$pid" --top 0 >all
	grep -Eq '^ +__main__.Slotted \| +100 \| +0\.005 MiB$' all
	mprof heap "$pid" --json |
		jq -e '.types[] | select(.type == "__main__.Slotted") |
			.count == 100 and .size == 4800' >/dev/null
	[ "$(mprof heap "$pid" --json | jq '([.types[].size] | add) == .size
		and ([.types[].count] | add) == .count')" = true ]
	let_end
}

@test "--save, and --diff of what was saved: growth first" {
	printf '%s\n' 'mprof-heap 1' 'pid 1' 'time_ns 1000000000' \
		'type 5 500 same' 'type 1 900 gone' 'type 2 200 grown' \
		'end 3' >a.heap
	printf '%s\n' 'mprof-heap 1' 'pid 1' 'time_ns 31000000000' 'later 7' \
		'type 5 500 same' 'type 3 2300 grown' 'type 1 40 new' \
		'end 3' >b.heap
	run_apart mprof heap --diff a.heap b.heap
	[ "$status" -eq 0 ]
	same "$(sed 1d <<<"$output")" "types |   # objects |   total size
===== | =========== | ============
grown |          +1 |    +2.05 KiB
  new |          +1 |    +0.04 KiB
 gone |          -1 |    -0.88 KiB
total |          +1 |    +1.21 KiB"
	# Narrower columns, and then short titles.
	COLUMNS=33 run_apart mprof heap --diff a.heap b.heap
	same "$(sed -n 2,4p <<<"$output")" "types | # objects | total size
===== | ========= | ==========
grown |        +1 |  +2.05 KiB"
	COLUMNS=26 run_apart mprof heap --diff a.heap b.heap
	same "$(sed -n 2,4p <<<"$output")" "types objects      size
===== ======= =========
grown      +1 +2.05 KiB"
	[[ $output == "00:00:31: added in 30.0 s;"* ]]
	same "$(mprof heap --diff a.heap b.heap --json |
		jq -c '.difference, .count, .size, .types[0]')" 'true
1
1240
{"type":"grown","count":1,"size":2100}'
}

@test "what is saved is read again, and hostile names do no harm" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" -c 'import sys
made = type("Evil\x1b[2J\nend 1\u202e", (), {})
held = [made() for i in range(321)]
print("ready", flush=True)
sys.stdin.read(1)'
	mprof heap "$pid" --save a.heap --top 0 >table
	mprof heap "$pid" --save b.heap --top 0 --json >json
	let_end
	run ! grep -q $'\x1b' a.heap table json
	grep -Fq 'Evil\x1b[2J\nend 1\u{202e}' a.heap
	mprof heap --diff a.heap b.heap >/dev/null
	[ "$(jq '.types[] | select(.count == 321 and (.type | contains("Evil")))
		| .count' json)" = 321 ]
	[ "$(find . -name '*.heap*' | wc -l)" -eq 2 ]
}

@test "heap says one size of all objects in the table and below it" {
	printf '%s\n' 'mprof-heap 1' 'pid 1' 'time_ns 1' 'rss_kib 100' \
		'files_kib 1' 'free_kib 1' 'type 1 24 a' 'end 1' >a.heap
	printf '%s\n' 'mprof-heap 1' 'pid 1' 'time_ns 2' 'rss_kib 500' \
		'files_kib 1' 'free_kib 1' 'type 9 365204 a' 'end 1' >b.heap
	mprof heap --diff a.heap b.heap >out
	grep -q '^total .* +357 KiB$' out
	grep -q '^RSS +400 KiB: Python objects +357 KiB,$' out
}

@test "files that are none, or torn, are refused by line" {
	printf 'mprof-heap 1\ntype 1 2 a\n' >torn
	printf 'mprof-heap 1\ntype 1 -2 a\nend 1\n' >negative
	printf 'mprof-heap 1\ntype 1 2 a\nend 2\n' >short
	printf 'mprof-heap 1\nend 0\ntype 1 2 a\n' >behind
	printf 'CMDLINE ls\n' >other
	: >empty
	for file in 'torn|torn: its end is missing; save the heap again' \
		'negative|negative:2: is not a line of mprof heap' \
		'short|short:3: is not a line of mprof heap' \
		'behind|behind:3: is not a line of mprof heap' \
		'other|other: is not a file of mprof heap' \
		'empty|empty: is not a file of mprof heap' \
		'none|none: can'\''t be read: No such file or directory'; do
		run_apart mprof heap --diff "${file%|*}" torn
		[ "$status" -eq 1 ]
		same "$errors" "mprof: ${file#*|}"
	done
}

@test "--every prints what grows, and ends with the program" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" -uc 'import select, sys
class Leaked: pass
held = []
print("ready")
while not select.select([sys.stdin], [], [], 0.05)[0]:
    held += [Leaked() for j in range(1000)]'
	mprof heap "$pid" --every 300ms --top 3 >seen 2>said 8>&- &
	looker=$!
	soon_while "$looker" grep -Eq '__main__.Leaked \| +\+[0-9]+ \|' seen
	let_end
	pid=
	wait "$looker"
	grep -q '^mprof: process [0-9]*: ' said
	grep -Eq '^[0-9]+ steps? in .*: these types grew in each of them$' seen
	grep -Eq '^  __main__.Leaked: \+[0-9]+ objects, \+' seen
}

# A program that does one step a line: step, and waits until it is done.
step() {
	echo "$1" >&8
	soon grep -qx "done $1" out
}

@test "--every ranks what grows in every step before what comes and goes" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" -uc 'import sys
class Lesson: pass
class Passing: pass
kept, passing = [], []
print("ready")
for line in sys.stdin:
    if line == "\n":
        break
    kept += [Lesson() for i in range(37)]
    passing = [Passing() for i in range(10050 * (int(line) % 2))]
    print("done", line, end="")'
	# Each step is one reading: the next one waits for it.
	mprof heap "$pid" --every 10ms --json >seen 8>&- &
	looker=$!
	soon grep -q '"steps":1[,}]' seen
	for i in 1 2 3 4 5; do
		step "$i"
		before=$(wc -l <seen)
		soon eval "[ \"\$(wc -l <seen)\" -ge $((before + 2)) ]"
	done
	# A program that ends gives memory back: the last look comes before.
	last=$(wc -l <seen)
	let_end
	pid=
	wait "$looker"
	# A line a reading, each of them a document.
	jq -es 'all(.[]; .schema == 1 and .difference) and
		(map(.steps) == [range(1; length + 1)])' seen >/dev/null
	[ "$(wc -l <seen)" -eq "$(jq -s length seen)" ]
	sed -n "${last}p" seen | jq -e '
		(.types | map(.type)) as $names
		| (.types[] | select(.type == "__main__.Lesson")) as $lesson
		| (.types[] | select(.type == "__main__.Passing")) as $passing
		| $lesson.count_since_first == 185 and $lesson.grew >= 5
		and $passing.count_since_first == 10050
		and ($passing.grew >= $lesson.grew or
			$names[0] == "__main__.Lesson")' >/dev/null
}

@test "Ctrl-C ends --every with a summary" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" "$PROGRAM" 10
	# A shell's background job would ignore SIGINT.
	"$python" -c 'import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
looker = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
line = looker.stdout.readline()
looker.send_signal(signal.SIGINT)
print(line + looker.stdout.read(), end="")
sys.exit(looker.wait())' "$MPROF" heap "$pid" --every 10ms >seen
	grep -Eq '^[0-9]+ steps? in .*: no type grew in each of them\.$' seen
	grep -q '^RSS [+-]*[0-9.]* [KMB]' seen
	let_end
}

# Memory of each kind, 58 to 61 MiB of it.
kind_of_memory() {
	cat >kind.py <<-'END'
		import ctypes, mmap, sys
		libc = ctypes.CDLL(None)
		libc.malloc.restype = ctypes.c_void_p
		libc.memset.argtypes = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
		def leak(mib):
		    for i in range(mib << 10):
		        libc.memset(libc.malloc(1000), 1, 1000)
		if sys.argv[1] == "native":
		    leak(60)
		elif sys.argv[1] == "objects":
		    kept = [bytes(1000) for i in range(60 << 10)]
		elif sys.argv[1] == "pools":
		    kept = [[i] for i in range(600000)]
		    last = kept[::50]
		    del kept
		elif sys.argv[1] == "chunks":
		    kept = [bytes(1000) for i in range(60 << 10)]
		    last = kept[-1]
		    del kept
		elif sys.argv[1] == "files":
		    file = open("large", "w+b")
		    file.truncate(60 << 20)
		    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
		    sum(mapped[i] for i in range(0, 60 << 20, 4096))
		print("ready", flush=True)
		if sys.stdin.readline() == "more\n":
		    leak(10)
		    print("done", flush=True)
		    sys.stdin.readline()
	END
	launch "$1" kind.py "$2"
}

@test "resident memory has its parts, whatever holds it" {
	local python kind part none=yes

	# The first and the last: others keep their memory in the same ways.
	for python in $(pythons | sed -n '1p; 1d; $p'); do
		none=
		for kind in native objects pools chunks files; do
			kind_of_memory "$python" $kind
			mprof heap "$pid" --json >$kind.json
			mprof heap "$pid" --top 1 >$kind
			# Counted page by page: RssFile may be behind on
			# each processor.
			awk '/^Rss:/ { kib += $2 } /^Anonymous:/ { kib -= $2 }
				END { print kib }' \
				"/proc/$pid/smaps_rollup" >files_kib
			let_end
			case $kind in
			native) part=.unexplained_kib ;;
			objects) part=.size/1024 ;;
			pools | chunks) part=.free_kib ;;
			files) part=.mapped_files_kib ;;
			esac
			jq -e "($part)"' as $part | $part > 55000 and $part < 75000
				and (.rss_kib - $part) < 30000
				and (.unexplained_kib + .free_kib
				+ .mapped_files_kib + .size / 1024
				- .rss_kib | fabs) < 2' $kind.json >/dev/null || {
				jq 'del(.types)' $kind.json
				echo "$python $kind"
				return 1
			}
			jq -e --argjson kib "$(<files_kib)" \
				'(.mapped_files_kib - $kib | fabs) < 1000' $kind.json >/dev/null
			grep -q '^RSS .*: Python objects ' $kind
			[ $kind = native ] || run ! grep 'run --stacks' $kind
		done
		grep -q 'mprof run --stacks PROGRAM' native
	done
	[ -z "$none" ] || skip "no CPython here that can be read"
}

@test "--every: memory that C code leaks names the command that finds it" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	kind_of_memory "$python" none
	"$MPROF" heap "$pid" --every 10ms >seen 8>&- &
	looker=$!
	soon grep -q 'it was stopped for' seen
	echo more >&8
	soon grep -q done out
	before=$(grep -c 'it was stopped for' seen)
	soon has_lines $((before + 2)) 'it was stopped for' seen
	# A program that ends gives memory back: the last look comes before.
	kill -INT "$looker"
	wait "$looker"
	let_end
	sed '1,/grew in each/d' seen >summary
	grep -Eq '^RSS \+(9|1[01])\.[0-9]* MiB: Python objects ' summary
	grep -Eq 'unexplained \+(9|1[01])\.[0-9]* MiB' summary
	grep -q 'mprof run --stacks PROGRAM' summary
}

# A program of which nothing but its children works: supervisor KIND
supervisor() {
	launch "$1" -uc 'import os, sys
class Held: pass
class Second: pass
class Third: pass
def wait(fd, depth, thirds):
    own = Second() if number == 2 else None
    if depth > 0:
        return wait(fd, depth - 1, thirds)
    os.write(1, b"up\n")
    return os.read(fd, 1)
readers = []
for number in (1, 2):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(writer)
        held = [Held() for i in range(100 * number)]
        ballast = b"x" * (number << 22)
        wait(0 if sys.argv[1] == "stdin" else reader, 2,
             [Third() for i in range(10)])
        os._exit(0)
    readers.append(writer)
os.write(1, b"ready\n")
if sys.argv[1] == "waits":
    os.waitpid(-1, 0)
else:
    sys.stdin.readline()' "$2"
	soon has_lines 2 '^up$' out
}

@test "a process that waits for its children leaves the work to them" {
	local python children

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	supervisor "$python" waits
	soon grep -q '^61 ' "/proc/$pid/syscall"
	run_apart mprof heap --json "$pid"
	[ "$status" -eq 0 ]
	[[ $errors == "mprof: process $pid: 2 descendants do the work, and "*" is examined, which has the most memory; --children examines all of them, --only $pid itself" ]]
	jq -e '.types[] | select(.type == "__main__.Held") | .count == 200' \
		<<<"$output" >/dev/null
	children=$(pgrep -P "$pid" | sort)
	mprof heap --json --children "$pid" >each
	same "$(jq .pid each | sort)" "$children"
	same "$(jq '.types[] | select(.type == "__main__.Held") | .count' each)" \
		$'200\n100'
	mprof heap --json --children --sum "$pid" | jq -e --argjson pid "$pid" '
		.pid == $pid and (.types[] | select(.type == "__main__.Held")
			| .count == 300)' >/dev/null
	mprof heap --json --only "$pid" | jq -e --argjson pid "$pid" '.pid == $pid
		and ([.types[] | select(.type == "__main__.Held")] == [])' >/dev/null
	mprof refs --json "$pid" Held 2>/dev/null | jq -e '.objects == 200'
	same "$(mprof refs --json --children "$pid" Held | jq .objects)" \
		$'200\n100'
	mprof refs --json --children --sum "$pid" Held >sum
	jq -e --argjson pid "$pid" '.pid == $pid and .objects == 300
		and .processes == 2 and .types[0].count == 300
		and ([.chains[].objects] == [300])
		and (.chains[0] | .processes == 2 and .shared == 0
			and .retained > .objects * 16 and .root == "module"
			and .path == "__main__.held[…]"
			and .types == ["__main__.Held", "list", "dict", "module"]
		)' sum >/dev/null
	# The chains of both together, whatever else they hold.
	same "$(jq '.types[0].size, .chains[0].retained' sum)" "$(
		mprof refs --json --children "$pid" Held |
			jq -s 'map(.types[0].size, .chains[0].retained) |
				.[0] + .[2], .[1] + .[3]')"
	run_apart mprof refs --children --sum "$pid" Held
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
	[[ $output == "Process $pid: sum of 2 processes; each was stopped for at most "* ]]
	grep -q '^__main__.Held: 300 objects, ' <<<"$output"
	grep -Eq '^      300   100% .* Held ← list ← dict ← module$' <<<"$output"
	grep -q '^ *__main__.held\[…\]$' <<<"$output"
	run mprof refs --children --sum "$pid" Second
	[ "$status" -eq 0 ]
	grep -q 'sum of 1 process;' <<<"$output"
	# Three frames of a recursion, in one process.
	mprof refs --json --children --sum "$pid" Second | jq -e '.chains
		| length == 1 and (.[0] | .path == "wait(): own"
			and .objects == 3 and .processes == 1)' >/dev/null
	# Each of the three has the same list: it counts once in a process.
	mprof refs --json --children --sum --count 0 "$pid" Third >sum
	jq -e '.chains[] | select(.path == "wait(): thirds[…]") |
		.objects == 20 and .processes == 2 and .share == 1' sum
	same "$(jq '.chains[] | select(.path == "wait(): thirds[…]") |
		.retained' sum)" "$(
		mprof refs --json --children --count 0 "$pid" Third |
			jq -s 'map([.chains[] | select(.path ==
				"wait(): thirds[…]")][0].retained) | add')"
	run_apart mprof refs --children --sum "$pid" Nothing
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: process "*": no object of type Nothing"* ]]
	run_apart mprof refs --only "$pid" Held
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: process $pid: no object of type Held"* ]]
	mprof heap --json --children --sum --every 10ms "$pid" >seen 2>said 8>&- &
	looker=$!
	soon grep -q '"steps":1[,}]' seen
	# shellcheck disable=SC2086  # pids
	kill $children
	wait "$pid"
	wait "$looker"
	# All of them have ended: this is reported of the one that was named.
	same "$(tail -n 1 said)" "mprof: process $pid: has ended"
	pid=
}

@test "a process that does something itself is read, a shell is not" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	supervisor "$python" works
	run_apart mprof heap --json "$pid"
	[ -z "$errors" ]
	jq -e --argjson pid "$pid" '.pid == $pid' <<<"$output" >/dev/null
	# shellcheck disable=SC2046  # pids
	kill $(pgrep -P "$pid")
	let_end
	launch sh -c '"$@"; :' sh "$python" "$PROGRAM" 10
	run_apart mprof heap --json "$pid"
	[[ $errors == "mprof: process $pid: its descendant "*" does the work and is examined; --only examines $pid itself" ]]
	same "$(jq .pid <<<"$output")" "$(pgrep -P "$pid")"
	let_end
}

@test "gunicorn by its name: its worker" {
	command -v gunicorn >/dev/null || skip "no gunicorn"
	cat >app.py <<-'END'
		class Held: pass
		held = [Held() for i in range(50)]
		def app(environ, start):
		    start("200 OK", [])
		    return [b"x"]
	END
	gunicorn -b "unix:$PWD/socket" --log-file log "app:app" &
	pid=$!
	soon eval 'pgrep -P "$pid" >/dev/null'
	soon grep -q 'Booting worker' log
	soon eval 'mprof heap --json "$pid" 2>said | jq -e ".types[] |
		select(.type == \"app.Held\") | .count == 50" >/dev/null'
	[[ $(<said) == "mprof: process $pid: its descendant "*" does the work"* ]]
	kill "$pid"
	wait "$pid" || true
	pid=
}

# A look with --save at $pid, one system call of which fails: failing SPEC
# [strace option ...]; the spec is that of strace's inject.
failing() {
	local spec=$1

	shift
	cp before.heap kept.heap
	run_apart strace -qq -o trace "$@" -e inject="$spec" \
		mprof heap --only "$pid" --save kept.heap
	errors=$(grep -v ^strace: <<<"$errors")
	grep -q INJECTED trace
}

@test "a read that fails is reported, it is never taken for nothing there" {
	local python file when call

	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" "$PROGRAM" 1000
	mprof heap "$pid" --save before.heap >table
	for file in pagemap maps; do
		call=pread64
		[ $file = pagemap ] || call='read'
		for when in 1 2 3; do
			failing $call:error=EIO:when=$when \
				-P "/proc/$pid/$file" || continue
			same "$file $when: $status $errors" "$file $when: 1 \
mprof: process $pid: can't be read: Input/output error"
			cmp before.heap kept.heap
		done
		# The first of each can't have been passed over.
		failing $call:error=EIO:when=1 -P "/proc/$pid/$file"
	done
	# About the 20th it is asked whether the collector rests.
	for when in 1 5 {18..26..2} 100; do
		failing process_vm_readv:error=EIO:when=$when
		same "$when: $status $errors" "$when: 1 \
mprof: process $pid: can't be read: Input/output error"
		cmp before.heap kept.heap
	done
	failing getdents64:error=EIO -P "/proc/$pid/task"
	same "$status $errors" \
		"1 mprof: process $pid: can't be read: Input/output error"
	failing pread64:error=EIO -P "$(realpath "/proc/$pid/exe")"
	same "$status $errors" "1 mprof: process $pid: its file $(realpath \
"/proc/$pid/exe") can't be read: Input/output error"
	cmp before.heap kept.heap
	run_apart strace -qq -o trace -e inject=process_vm_readv:error=EIO \
		mprof refs "$pid" list
	same "$status $(grep -v ^strace: <<<"$errors")" \
		"1 mprof: process $pid: can't be read: Input/output error"
	let_end
}

# Waits until the look that strace started is stopped; $looking is its pid.
wait_stopped() {
	soon grep -q 'stopped by SIGSTOP' trace 2>/dev/null
	looking=$(tr -d ' ' <"/proc/$1/task/$1/children")
	[ "$looking" ]
}

@test "a program that is killed while it is read has ended, nothing else" {
	local python command when looker looking

	command -v strace >/dev/null || skip "strace is not installed"
	without_leak_check
	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	for command in "heap PID" "refs PID list"; do
		for when in 1 5 9 12 30; do
			launch "$python" "$PROGRAM" 100
			rm -f trace
			# shellcheck disable=SC2086 # words of a command
			strace -qq -o trace -e \
				inject=process_vm_readv:signal=SIGSTOP:when=$when \
				mprof ${command/PID/$pid} >seen 2>said 8>&- &
			looker=$!
			wait_stopped "$looker"
			# What is being traced can't be waited for now.
			kill -9 "$pid"
			kill -CONT "$looking"
			status=0
			wait "$looker" || status=$?
			wait "$pid" || true
			same "$command $when: $status $(grep -v ^strace: said)" \
				"$command $when: 1 mprof: process $pid: ended while it was read"
		done
	done
	pid=
}

@test "a process whose main thread has ended is read by another" {
	local python

	for python in $(pythons); do
		launch "$python" -uc '
import ctypes, threading, time

class Kept:
    pass

kept = [Kept() for i in range(500)]

def go_on():
    while True:
        time.sleep(0.05)

threading.Thread(target=go_on).start()
print("ready")
ctypes.CDLL(None).pthread_exit(None)'
		soon grep -q '^State:.Z' "/proc/$pid/status"
		grep -q '^State:.Z' "/proc/$pid/status"
		mprof heap "$pid" --json | jq -e '.types[] |
			select(.type == "__main__.Kept") | .count == 500'
		mprof refs "$pid" __main__.Kept | grep -q '^ *500 '
		kill -9 "$pid"
		wait "$pid" || true
		pid=
	done
}

@test "a type of weak references that lies about its size ends" {
	local python

	for python in $(pythons); do
		launch "$python" -uc '
import ctypes, time, weakref

class Kept:
    pass

class Look(weakref.ref):
    pass

kept = [Kept() for i in range(500)]
looks = [Look(one) for one in kept]
# tp_basicsize
ctypes.c_ssize_t.from_address(id(weakref.ref) +
                              object.__basicsize__ + 16).value = 1 << 61
print("ready")
time.sleep(1000)'
		timeout 60 mprof heap "$pid" --json | jq -e '.types[] |
			select(.type == "__main__.Look") | .count == 500'
		kill -9 "$pid"
		wait "$pid" || true
		pid=
	done
}

@test "what can't be read is said, with what to do" {
	sleep 100 &
	pid=$!
	soon runs "$pid" sleep
	run_apart mprof heap "$pid"
	[ "$status" -eq 1 ]
	same "$errors" "mprof: process $pid: runs no Python"
	kill "$pid"
	pid=
	run_apart mprof heap 999999999
	[ "$status" -eq 1 ]
	run_apart mprof heap
	[ "$status" -eq 2 ]
	run_apart mprof heap --diff one
	[ "$status" -eq 2 ]
	run_apart mprof heap --count 3 1
	[ "$status" -eq 2 ]
	for words in '--every 1s --save a 1' '--sum 1' '--children --only 1' \
		'--children --every 1s 1' '--children --save a 1' \
		'--diff --only a b'; do
		# shellcheck disable=SC2086  # words
		run_apart mprof heap $words
		[ "$status" -eq 2 ]
	done
}

@test "a program that another traces is left alone, and said so" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	command -v strace >/dev/null || skip "no strace"
	launch "$python" "$PROGRAM" 10
	trace_program
	run_apart mprof heap "$pid"
	kill "$tracer"
	wait "$tracer" || true
	[ "$status" -eq 1 ]
	same "$errors" "mprof: process $pid: process $tracer traces it, and a process can have one tracer; detach that one first"
	let_end
}

@test "a program of another user is refused, with what would help" {
	local python nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	without_leak_check
	[ "$EUID" -eq 0 ] || skip "needs root, to be another user"
	"${nobody[@]}" test -x "$MPROF" || skip "others can't run this mprof"
	launch "$python" "$PROGRAM" 10
	run_apart "${nobody[@]}" "$MPROF" heap "$pid"
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: process $pid: not permitted to read its memory: "* ]]
	[ -z "$output" ]
	let_end
}

@test "what takes over a second says so on a terminal, and nowhere else" {
	local python

	python=$(first_python)
	[ "$python" ] || skip "no CPython here that can be read"
	command -v strace >/dev/null || skip "no strace"
	without_leak_check
	launch "$python" "$PROGRAM" 10
	# Each read of a name takes its time.
	TERM=xterm "$SOURCE/tests/tools/terminal" strace -o trace \
		-e trace=process_vm_readv \
		-e inject=process_vm_readv:delay_enter=1000 \
		"$MPROF" heap "$pid" <<-'END'
		expect \r\x1b\[Kcounting objects [\d.]+ %
		expect \r\x1b\[KProcess
	END
	run_apart mprof heap "$pid"
	[ -z "$errors" ]
	let_end
}

@test "by name, and its options are offered" {
	mprof complete -- heap --e | grep -q '^--every'
	mprof complete -- heap '' | grep -qx ':pids'
	run_apart mprof heap no-such-program-here
	[ "$status" -eq 1 ]
	same "$errors" "mprof: no-such-program-here: no process has that name"
}
