#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Many recordings, or many processes of one, in one picture.
# shellcheck disable=SC2154 # errors is run_apart's

load helper

# ranks COUNT: a recording a rank of one job, 100 MiB each and a little more;
# rank 3 holds more, rank 5 is killed early
ranks() {
	local i last high end

	for ((i = 0; i < $1; i++)); do
		last=1700000009 high=$((100 + i % 3)) end=status=0
		[ $i -ne 3 ] || high=260
		[ $i -ne 5 ] || { last=1700000002 end=signal=9; }
		printf '%s\n' "CMDLINE ./model" \
			"INFO;backend=rss;interval=1;host=n;version=0.2.0;start=2026-11-22T14:39:37+0100;rank=$i;ranks=$1;job=7 1.0 1700000000.0000" \
			>"mem-$i.dat"
		seq 1700000000 $last | sed "s/.*/MEM $high.0 &.0000/" >>"mem-$i.dat"
		echo "EXIT;pid=7;$end $high.0 $last.5000" >>"mem-$i.dat"
	done
}

@test "heatmap: a row a recording, the highest on top, odd ones marked" {
	ranks 12
	run_apart mprof plot --heatmap --format scene -o - mem-*.dat
	[ "$status" -eq 0 ]
	same "$(grep '^  row' <<<"$output" | cut -d' ' -f4 | head -n 3)" '"mem-3.dat"
"mem-11.dat"
"mem-2.dat"'
	grep -qx '  row "mem-3.dat" "peak 260 MiB" odd 99*\.*' <<<"$output"
	grep -qE '  row "mem-5.dat" "peak 102 MiB, killed by SIGKILL" odd 3{5,25}\.{30,}$' \
		<<<"$output"
	same "$(grep -c ' odd ' <<<"$output")" 2
	grep -q '^fact Apart: mem-3.dat 260 MiB, 2.6 times the median' <<<"$output"
}

@test "heatmap: what breaks off is marked, as what is killed is" {
	ranks 8
	sed -i '/^EXIT/d; /1700000006/,$d' mem-2.dat
	sed -i 's/status=0/status=3/' mem-4.dat
	run_apart mprof plot --heatmap --format scene -o - mem-*.dat
	grep -qE '^  row "mem-2.dat" "peak 102 MiB, cut off" odd ' <<<"$output"
	grep -qE '^  row "mem-4.dat" "peak 101 MiB, status 3" odd ' <<<"$output"
	grep -qE '^  row "mem-1.dat" "peak 101 MiB" [0-9]' <<<"$output"
}

@test "heatmap: an end beside the window is said with its time" {
	ranks 8
	run_apart mprof plot --heatmap -w 4,8 --format scene -o - mem-*.dat
	grep -qE '^  row "mem-5.dat" "peak 102 MiB, killed by SIGKILL after 2.00 s" odd ' \
		<<<"$output"
	run_apart mprof plot --heatmap -w 0,1.5 --format scene -o - mem-*.dat
	grep -qE '^  row "mem-5.dat" "peak 102 MiB, killed by SIGKILL after 2.00 s" odd ' \
		<<<"$output"
}

@test "plot: of several recordings the end of one has its name" {
	ranks 6
	run_apart mprof plot --format scene -o - mem-*.dat
	grep -q '^  mark end alarm "mem-5.dat killed by SIGKILL" at 2.5000 102.0000$' \
		<<<"$output"
	run_apart mprof plot --format scene -o - mem-5.dat
	grep -q '^  mark end alarm "killed by SIGKILL" at 2.5' <<<"$output"
}

@test "plot: the ends of a hundred killed recordings are no fence" {
	ranks 100
	sed -i 's/status=0/signal=9/' mem-*.dat
	run_apart mprof plot --format scene -o - mem-*.dat
	[ "$status" -eq 0 ]
	[ "$(grep -c '^  mark end ' <<<"$output")" -lt 8 ]
	same "$(grep '^  mark end ' <<<"$output" | grep -cvE ' at [0-9.]+ [0-9.]+$')" 0
	grep -qE '^note [0-9]+ others that stand apart or failed are in the band' \
		<<<"$output"
}

@test "heatmap: a row a process, sorted by start where that is asked for" {
	printf '%s\n' 'CMDLINE make' \
		'PROC;pid=8;start=1;ppid=1;name=cc1;cmd=cc1%20a.c 1.0 1700000000.0000' \
		'PROC;pid=9;start=2;ppid=1;name=cc1;cmd=cc1%20b.c 1.0 1700000001.0000' \
		'MEM 5.0 1700000000.0000' 'CHLD 8 2.0 1700000000.0000' \
		'MEM 20.0 1700000001.0000' 'CHLD 8 2.0 1700000001.0000' \
		'CHLD 9 14.0 1700000001.0000' 'MEM 5.0 1700000002.0000' \
		'EXIT;pid=1;status=0 5.0 1700000002.0000' >make.dat
	run_apart mprof plot --heatmap --format scene -o - make.dat
	[ "$status" -eq 0 ]
	same "$(grep '^  row' <<<"$output" | cut -d'"' -f2)" "9 cc1 b.c
the program itself
8 cc1 a.c"
	grep -q '^  row "the program itself" "peak 5.00 MiB"' <<<"$output"
	run_apart mprof plot --heatmap --sort start --format scene -o - make.dat
	same "$(grep '^  row' <<<"$output" | cut -d'"' -f2)" "the program itself
8 cc1 a.c
9 cc1 b.c"
	# A high-water mark that is known to be the program's is its peak.
	run_apart mprof plot --heatmap --format scene -o - \
		<(sed '/^EXIT/s/ 5.0/ 9.0/' make.dat)
	grep -q '^  row "the program itself" "peak 9.00 MiB"' <<<"$output"
	run_apart mprof plot --heatmap --format scene -o - <(sed \
		-e '/^MEM/i INFO;backend=rss;alone=1 5.0 1700000000.0' \
		-e '/^EXIT/i PEAK 33.0 1700000001.0' make.dat)
	grep -q '^  row "the program itself" "peak 33.0 MiB"' <<<"$output"
	# memory_profiler doesn't tell whether MEM has the children's memory.
	grep -vE '^(PROC|EXIT)' make.dat | sed 's/^MEM 20.0/MEM 15.0/' >theirs.dat
	run_apart mprof plot --heatmap --format scene -o - theirs.dat
	same "$(grep '^  row' <<<"$output" | cut -d'"' -f2)" "the program, or all processes
child 9
child 8"
	grep -q "^  row \"the program, or all processes\" \"peak 15.0 MiB\"" <<<"$output"
	grep -q "^note the recording doesn't tell whether its total is of the" <<<"$output"
	run_apart mprof plot --stack --format scene -o - theirs.dat
	grep -q '^  stacked total "the program, or all processes" "peak 15.0 MiB"' <<<"$output"
	grep -q "^note the recording doesn't tell whether its total is of the" <<<"$output"
}

@test "heatmap: pictures and the terminal have it, a page says that it has none" {
	ranks 12
	mprof plot --heatmap -o h.svg mem-*.dat
	python3 -c 'import xml.dom.minidom, sys; xml.dom.minidom.parse("h.svg")'
	mprof plot --heatmap --size 200x120 -o h.png mem-*.dat
	[[ $(file -b h.png) == "PNG image data, 200 x 120"* ]]
	run_apart env COLUMNS=80 mprof plot --heatmap --terminal mem-*.dat
	[ "$status" -eq 0 ]
	grep -q '^mem-3.dat  *██*' <<<"$output"
	grep -qx 'darkest: 260 MiB, rows: 12' <<<"$output"
	run_apart mprof plot --heatmap -o h.html mem-*.dat
	[ "$status" -eq 2 ]
	[[ $errors == *"--heatmap is drawn as a picture or in the terminal"* ]]
	[ ! -e h.html ]
}

@test "heatmap: cells and the colour scale end at whole pixels" {
	ranks 12
	mprof plot --heatmap --size 397x203 -o h.svg mem-*.dat
	cells=$(grep -o '<rect[^>]*fill="#0067a5" fill-opacity[^>]*>' h.svg)
	[ "$(wc -l <<<"$cells")" -gt 24 ]
	same "$(grep -cE ' (x|y|width|height)="[0-9]*[.]' <<<"$cells")" 0
	same "$(grep -cE ' (width|height)="0"' <<<"$cells")" 0
}

# heat_share FILE: how much of a picture's height the cells of its map take, %
heat_share() {
	sed -n 's/.*<svg [^>]* height="\([0-9]*\)".*/height \1/p
		s/.*<rect [^>]* y="\([0-9]*\)"[^>]* height="\([0-9]*\)" fill="#0067a5" fill-opacity.*/\1 \2/p' "$1" |
		awk '$1 == "height" { whole = $2; next }
			# the colour scale above the rows is less high
			$2 > 20 { top = top == "" || $1 < top ? $1 : top
				end = $1 + $2 > end ? $1 + $2 : end }
			END { print int(100 * (end - top) / whole) }'
}

@test "heatmap: a few rows leave nothing of the picture empty" {
	recording a.dat
	cp a.dat b.dat
	mprof plot --heatmap -o one.svg a.dat
	mprof plot --heatmap -o two.svg a.dat b.dat
	mprof plot --heatmap --size 1260x540 -o large.svg a.dat
	# The rest is the text above and below.
	[ "$(heat_share one.svg)" -ge 45 ]
	[ "$(heat_share two.svg)" -ge 45 ]
	[ "$(heat_share large.svg)" -ge 70 ]
	# Many rows have the usual picture.
	ranks 30
	mprof plot --heatmap -o many.png mem-*.dat
	[[ $(file -b many.png) == "PNG image data, 1260 x 540"* ]]
}

@test "heatmap: one recording, one sample, thousands of rows" {
	recording a.dat
	mprof plot --heatmap -o one.png a.dat
	printf '%s\n' 'CMDLINE x' 'MEM 0.0 1700000000.0' >zero.dat
	mprof plot --heatmap -o zero.png zero.dat a.dat
	text=$(<a.dat)
	for ((i = 0; i < 3000; i++)); do echo "$text" >"r$i.dat"; done
	run_apart mprof plot --heatmap -o many.png r*.dat
	[ "$status" -eq 0 ]
	same "$errors" ""
	[ -s one.png ] && [ -s zero.png ] && [ -s many.png ]
}

@test "heatmap: of many files those that can't be read are named in their order" {
	recording a.dat
	text=$(<a.dat)
	for ((i = 100; i < 300; i++)); do echo "$text" >"r$i.dat"; done
	: >r120.dat
	printf '\37\213 gzip' >r121.dat
	rm r250.dat
	mkdir r250.dat
	run_apart mprof plot --heatmap --format scene -o - r*.dat
	[ "$status" -eq 1 ]
	same "$(cut -d: -f2 <<<"$errors" | tr -d '\n')" ' r120.dat r121.dat r250.dat'
	same "$(grep -c '^  row' <<<"$output")" 197
	same "$(grep '^  row' <<<"$output" | cut -d' ' -f4 | head -n 2)" '"r100.dat"
"r101.dat"'
}

@test "heatmap: recordings of two measures are not compared" {
	ranks 6
	sed -i 's/backend=rss/backend=pss/' mem-2.dat
	run_apart mprof plot --heatmap -o h.png mem-*.dat
	[ "$status" -eq 1 ]
	[[ $errors == *"records rss, mem-2.dat records pss"* ]]
	[ ! -e h.png ]
}

# The lines about a set, as the commands print them: judged COMMAND FILE...
judged() {
	case $1 in
	peak) mprof peak "${@:2}" | sed -n 's/^\(Failed\|Missing ranks\)\t/\1: /p' ;;
	plot) mprof plot --format scene -o - "${@:2}" ;;
	heatmap) mprof plot --heatmap --format scene -o - "${@:2}" ;;
	esac 2>/dev/null | sed -n 's/^fact //; /^\(Failed\|Missing ranks\): /p'
}

@test "a set: who ended before a sample failed, in peak and in each chart" {
	ranks 8
	sed -i '/^MEM/d; s/status=0/signal=11/' mem-2.dat
	: >mem-6.dat
	for command in peak plot heatmap; do
		same "$(judged $command mem-*.dat)" \
			"Failed: mem-5.dat: SIGKILL; 1 without a sample
Missing ranks: 6 of 8 (1)"
	done
	run_apart mprof export --format json mem-*.dat
	[ "$status" -eq 1 ]
	same_json "$(jq -c .set.missing_ranks <<<"$output")" '[6]'
	# two that are drawn, and one that is not
	rm mem-[1356].dat
	run_apart mprof plot --format scene -o - mem-*.dat
	grep -qx 'fact Failed: 1 without a sample' <<<"$output"
}

# page_lines PAGE: the role, the height in the legend and the name of each line.
page_lines() {
	python3 - "$1" <<'END'
import json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
page = json.loads(re.search(r'id="recording">(.*?)</script>', page, re.S)[1])
for line in page["series"]:
    print(line["role"], round(line["highest"]), line["name"])
END
}

@test "a page of many: each colour once, for who stands apart and the highest" {
	ranks 12
	mprof plot -o page.html mem-*.dat
	page_lines page.html >lines
	[ "$(wc -l <lines)" -eq 12 ]
	[ "$(grep -c '^other ' lines)" -eq 6 ]
	[ "$(grep -c '^series' lines)" -eq 6 ]
	[ -z "$(grep -o '^series-.' lines | sort | uniq -d)" ]
	grep -q '^series-1 260 mem-3.dat$' lines
	grep -q '^series-. 102 mem-5.dat$' lines
	lacks '^series-. 100 ' <lines
	# the coloured ones are drawn last, over the others
	tail -n 6 lines | lacks '^other'
	ranks 101
	mprof plot -o page.html mem-*.dat
	same "$(page_lines page.html)" "total 102 highest of 99 others
total 100 lowest of 99 others
total 101 median of 99 others
series-1 260 mem-3.dat
series-2 102 mem-5.dat"
}

@test "a set: of ranks that are too many for lines none is missing" {
	ranks 128
	run_apart mprof plot --format scene -o - mem-*.dat
	[ "$status" -eq 0 ] && [ -z "$errors" ]
	grep -q '^fact Set: 128 recordings: ' <<<"$output"
	lacks '^fact Missing' <<<"$output"
	rm mem-77.dat
	run_apart mprof plot --format scene -o - mem-*.dat
	grep -qx 'fact Missing ranks: 77 of 128 (1)' <<<"$output"
}

@test "a set: clocks that differ move nobody, but with --clock" {
	ranks 12
	# an hour ahead
	sed -i 's/ 1700000/ 1700003/; s/\b17000030/17000036/' mem-1.dat
	for command in plot heatmap; do
		same "$(judged $command mem-*.dat)" "Failed: mem-5.dat: SIGKILL"
	done
	run_apart mprof peak mem-*.dat
	lacks '^Apart in time.*mem-1.dat' <<<"$output"
	mprof plot --format scene -o - mem-*.dat | grep '^time 0\.0000\.\.[0-9]\.'
	mprof plot --clock --format scene -o - mem-*.dat |
		grep '^time 0\.0000\.\.36[0-9][0-9]\.'
	mprof plot --clock --heatmap -o h.png mem-*.dat
	[ -s h.png ]
}

@test "a set of ten thousand names on the command line" {
	python3 - <<-'END'
		for i in range(10000):
		    with open(f"r{i:05}.dat", "w") as file:
		        file.write(f"CMDLINE x\nMEM {i % 7 + 1}.5 1700000000.1\n")
	END
	run_apart mprof peak r*.dat
	same "$status $(wc -l <<<"$output") $errors" "0 10000 "
	mprof export -o set.csv r*.dat
	[ "$(wc -l <set.csv)" -eq 10001 ]
	run_apart mprof check --max-spread 900% r*.dat
	[ "$status" -eq 0 ]
	mprof plot --heatmap -o h.png r*.dat
	mprof plot -o p.png r*.dat
	[ -s h.png ] && [ -s p.png ]
}

# workers: seven of one name, each alive for three of nine ticks, and their master
workers() {
	local i tick

	echo 'CMDLINE gunicorn app'
	for ((i = 1; i <= 7; i++)); do
		echo "PROC;pid=$((10 + i));start=$i;ppid=7;name=gunicorn;cmd=gunicorn%20worker%20$i 1.0 1700000000.0000"
	done
	for ((tick = 0; tick < 9; tick++)); do
		echo "MEM 100.0 170000000$tick.0000"
		for ((i = 1; i <= 7; i++)); do
			if ((tick >= i - 1 && tick <= i + 1)); then
				echo "CHLD $((10 + i)) $((10 + i)).0 170000000$tick.0000"
			fi
		done
	done
	echo 'EXIT;pid=7;status=0 30.0 1700000008.0000'
}

@test "plot --by name: workers that are replaced are one line, layer and row" {
	workers >w.dat
	for kind in --timeline --stack --heatmap; do
		run_apart mprof plot $kind --by name --format scene -o - w.dat
		[ "$status" -eq 0 ]
		same "$(grep -c '"gunicorn ×7, highest 17.0 MiB (7)"' <<<"$output")" 1
	done
	# at the third tick workers 1 to 3 are there: 11 + 12 + 13
	run_apart mprof plot --by name --format scene -o - w.dat
	sed -n '/gunicorn ×7/,$p' <<<"$output" | grep -qx '    2.0000 36.0000'
	mprof plot --by name -o w.html w.dat
	grep -q 'gunicorn ×7, highest 17.0 MiB (7)' w.html
	run_apart mprof plot --by pid -o w.png w.dat
	[ "$status" -eq 2 ]
}

@test "plot --stack --by name: no two names have one colour" {
	{
		echo 'CMDLINE make'
		for i in 1 2 3 4 5 6 7 8; do
			echo "PROC;pid=1$i;start=1;ppid=7;name=tool$i 1.0 1700000000.0000"
		done
		for tick in 0 1 2; do
			echo "MEM 100.0 170000000$tick.0000"
			for i in 1 2 3 4 5 6 7 8; do
				echo "CHLD 1$i $((i + 3)).0 170000000$tick.0000"
			done
		done
	} >names.dat
	run_apart mprof plot --stack --by name --format scene -o - names.dat
	[ "$status" -eq 0 ]
	grep '^  stacked' <<<"$output" >layers
	same "$(grep -c tool layers)" 6
	grep -q '^  stacked other "other (2)"' layers
	same "$(cut -d' ' -f4 layers | sort | uniq -d)" ""
}

@test "examples/pytest: each test is a phase, the large one the highest" {
	/usr/bin/python3 -c 'import pytest' 2>/dev/null || skip "needs python3-pytest"
	cp "$SOURCE"/examples/pytest/*.py .
	# Memory that comes before a recorder has read the mark is of the phase
	# before it.
	sed -i 's/^\( *\)kept = bytearray/\1while "::test_large" not in open("tests.dat").read():\n\1    time.sleep(0.02)\n&/' \
		test_memory.py
	mprof run -q -T 20ms -o tests.dat /usr/bin/python3 -m pytest -q -p no:cacheprovider
	same "$(mprof peak --json --phases tests.dat | jq -r \
		'[.recordings[0].runs[0].phases[] | select(.name | startswith("test_"))]
		| max_by(.peak_mib).name')" test_memory.py::test_large
	# The limit is that of a test, and the message names the one above it.
	run_apart mprof check --phases --max-peak 75MiB tests.dat
	[ "$status" -eq 1 ]
	grep -q '^FAIL .* test_memory.py::test_large: ' <<<"$output"
	grep -q '^ok .* test_memory.py::test_small: ' <<<"$output"
}

# Each test ends when the recording has its name, and half of what it takes.
workers_tests() {
	cat <<-'END'
	import os, time
	def lines(start):
	    return [line for line in open("tests.dat") if line.startswith(start) and line.endswith("\n")]
	def samples():
	    return [float(line.split()[2]) for line in lines(f"CHLD {os.getpid()} ")]
	def until(found):
	    while not found():
	        time.sleep(0.02)
	def hold(name, size):
	    until(lambda: any(f";name={name};" in line for line in lines(f"PROC;pid={os.getpid()};")))
	    until(samples)
	    before = max(samples())
	    kept = b"x" * size
	    until(lambda: max(samples()) > before + size / 2e6)
	def test_small():
	    hold("test_small", 20_000_000)
	def test_large():
	    hold("test_large", 90_000_000)
	END
}

@test "examples/pytest: a worker of pytest -n is called like its test" {
	/usr/bin/python3 -c 'import xdist' 2>/dev/null ||
		skip "needs python3-pytest-xdist"
	cp "$SOURCE/examples/pytest/conftest.py" .
	workers_tests >test_workers.py
	mprof run -q -M -T 20ms -o tests.dat /usr/bin/python3 -m pytest -q \
		-n 2 -p no:cacheprovider >&2
	same "$(grep -c 'MARK;label=gw[01]%20test_workers.py::test_' tests.dat)" 2
	same "$(mprof peak tests.dat | grep -o 'test_[a-z]*: ')" 'test_large: 
test_small: '
}

@test "examples/build: the file that takes most memory is on top" {
	cp "$SOURCE"/examples/build/Makefile "$SOURCE"/examples/build/build.ninja .
	mprof run -q -M -T 5ms -o build.dat make -j3 CC=gcc
	mprof peak --top 1 build.dat | grep -w 'large.c'
	command -v ninja || skip "the same by ninja needs ninja-build"
	make clean
	mprof run -q -M -T 5ms -o ninja.dat ninja
	mprof peak --top 1 ninja.dat | grep -w 'large.c'
}
