#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

own_setup() {
	export COLUMNS=60 LINES=16 HOME=$PWD
	unset XDG_CACHE_HOME
	escape=$(printf '\033')
	recording a.dat 'sh -c 日本語'
}

@test 'no display: a chart in the terminal, with title, unit, peak, legend' {
	mprof plot a.dat >out
	head -1 out | grep -qF 'sh -c 日本語'
	grep -q '^MiB ' out
	grep -q 'peak 3.25 MiB' out
	grep -q '━ ' out
	grep -q '⠤\|⠒\|⡠\|⠊\|⡇\|⢇\|⠑\|⠢\|⠔' out
	[ "$(wc -l <out)" -le 15 ]
}

@test 'no line is wider than COLUMNS, whatever the names hold' {
	recording wide.dat "$(printf '日本語e\xcc\x81 %.0s' {1..100})"
	printf 'MARK 1.0 1700000000.15 label=漢字漢字漢字漢字漢字漢字漢字漢字\n' \
		>>wide.dat
	for columns in 20 41 60 133; do
		COLUMNS=$columns mprof plot wide.dat >out
		python3 - "$columns" <<-'END'
		import sys, unicodedata
		for line in open("out", encoding="utf-8"):
		    width = sum(
		        0 if unicodedata.combining(c) else
		        2 if unicodedata.east_asian_width(c) in "WF" else 1
		        for c in line.rstrip("\n"))
		    assert width <= int(sys.argv[1]), (width, line)
		END
	done
}

@test 'ASCII alone in the C locale and on a dumb terminal' {
	LC_ALL=C mprof plot a.dat >out
	[ "$(LC_ALL=C grep -c '[^ -~]' out)" -eq 0 ]
	grep -q '[*]' out
	TERM=dumb mprof plot a.dat >dumb
	cmp out dumb
	# A label that is cut has no question mark where it was cut.
	printf 'MARK 1.0 1700000000.1500 label=%s\n' \
		a_label_that_is_much_longer_than_the_chart_is_wide_by_far >>a.dat
	LC_ALL=C COLUMNS=40 mprof plot --title x a.dat >out
	grep -q 'label.*~.*far' out
	lacks '?' <out
}

@test 'no escape codes into a pipe unless they are asked for' {
	mprof plot a.dat >out
	[ "$(grep -c "$escape" out)" -eq 0 ]
	CLICOLOR_FORCE=1 mprof plot a.dat >out
	grep -q "$escape" out
	NO_COLOR=1 CLICOLOR_FORCE=1 mprof plot a.dat >out
	[ "$(grep -c "$escape" out)" -eq 0 ]
}

@test 'colours and the window size on a real terminal' {
	unset COLUMNS LINES
	TERM=xterm script -qec 'stty cols 50 rows 20; mprof plot a.dat' /dev/null \
		</dev/null >out
	grep -q "$escape" out
	sed "s/$escape\[[0-9;]*m//g; s/\r//" out | grep -q '^.\{49,50\}$'
}

# An xdg-open that writes down what it was given.
fake_browser() {
	mkdir -p bin
	printf '#!/bin/sh\necho "$1" >"%s/opened.new"\nmv "%s/opened.new" "%s"\n' \
		"$PWD" "$PWD" "$PWD/opened" >bin/xdg-open
	chmod +x bin/xdg-open
	PATH=$PWD/bin:$PATH
	export DISPLAY=:7
}

@test 'with a display: the page in the browser, and its path printed' {
	fake_browser
	mprof plot a.dat >out
	soon test -e opened
	same "$(cat opened)" "$(cat out)"
	grep -q '^<!DOCTYPE html>' "$(cat out)"
}

@test '--terminal draws in the terminal where there is a display, too' {
	fake_browser
	mprof plot --terminal a.dat | grep -q 'peak 3.25 MiB'
	[ ! -e opened ]
	for options in '-o x.png' '--format svg'; do
		# shellcheck disable=SC2086 # options are words
		run_apart mprof plot --terminal $options a.dat
		[ "$status" -eq 2 ]
		[[ $errors == *"--terminal draws here"* ]]
	done
	[ ! -e x.png ]
}

@test 'no browser, or no place for the page: said, and drawn in the terminal' {
	fake_browser
	printf '#!/bin/sh\nexit 3\n' >bin/xdg-open
	run_apart mprof plot a.dat
	[ "$status" -eq 0 ]
	[[ $errors == *"no browser could be started; the page is /"* ]]
	[[ $output == *"peak 3.25 MiB"* ]]
	run_apart env -u XDG_CACHE_HOME HOME=/nonexistent mprof plot a.dat
	[ "$status" -eq 0 ]
	[[ $errors == *"/nonexistent"* && $output == *"peak 3.25 MiB"* ]]
}

@test '--format without -o writes to standard output' {
	mprof plot --format svg a.dat | grep -q '<svg'
}

# Lines that leave little room beside the peak.
crowd() {
	awk 'BEGIN {
		print "CMDLINE crowd"
		for (i = 0; i < 200; i++) {
			printf "MEM %.2f %.2f\n", 90 + 40 * sin(i), 1000 + i / 10
			for (k = 1; k < 8; k++)
				printf "CHLD %d %.2f %.2f\n", k, 130 * k / 8 \
				    + 9 * sin(i * k), 1000 + i / 10
		}
	}'
}

@test "the label of the peak is beside its dot, or left out" {
	crowd >crowd.dat
	for columns in 40 60 80 120; do
		COLUMNS=$columns LINES=24 mprof plot crowd.dat >out
		awk '/●/ { dot = NR } /(│|┤).*peak [0-9]/ { label = NR } END {
			exit !dot || label && (label > dot + 2 || label < dot - 2)
		}' out
	done
}

@test "the facts of the last lines are whole or not there" {
	local fact='(Metric: resident memory|Peak: 3.25 MiB after [0-9.]+ m?s'
	fact+='|Duration: [0-9.]+ m?s|Ended: status 0)'
	for columns in 20 30 40 60 80; do
		COLUMNS=$columns mprof plot a.dat | tail -n 2 >facts
		[ "$(grep -Ec "^$fact( · $fact)*$|…" facts)" -eq 2 ] ||
			grep -Eq "^$fact( · $fact)*$" <(tail -n 1 facts)
		grep -q '^Metric: ' facts
		[ "$columns" -lt 40 ] || lacks '…' <facts
	done
}

@test 'lanes that have no row are counted' {
	awk 'BEGIN {
		print "CMDLINE python3 job.py"
		for (i = 0; i < 20; i++) printf "MEM 50 %d\n", 1700000000 + i
		for (i = 0; i < 12; i++)
			printf "FUNC f%d 50 %d.1 50 %d.2 %d\n", i, 1700000000,
				1700000019, i
	}' >deep.dat
	mprof plot -f --terminal deep.dat >out
	shown=$(grep -c '╺f[0-9]' out)
	grep -q "and $((12 - shown)) more" out
}

@test 'killed, out of memory: said first, also where there is little room' {
	for size in '60 24' '60 12' '44 10'; do
		COLUMNS=${size% *} LINES=${size#* } mprof plot --terminal \
			"$SOURCE/tests/golden/cgroup.dat" >out
		grep -q '^Ended: killed by SIGKILL, out of memory' out
	done
}

@test 'a label is whole where it has room, and a legend keeps its first name' {
	recording oom.dat
	echo 'EXIT;pid=7;signal=9;oom=1 3.0 1700000000.4000' >>oom.dat
	for pid in 11 12 13; do
		echo "CHLD $pid 1.0 1700000000.1000" >>oom.dat
	done
	COLUMNS=80 mprof plot oom.dat >out
	grep -q '  killed by SIGKILL, out of memory' out
	COLUMNS=50 mprof plot oom.dat >out
	grep -q 'killed by SI.*… memory' out
	COLUMNS=20 LINES=8 mprof plot oom.dat >out
	grep -q '^━ .*  +3$' out
	[ "$(grep -c 'and 4 more' out)" -eq 0 ]
}

@test 'labels of marks that are near each other do not touch' {
	awk 'BEGIN {
		print "CMDLINE python3 train.py"
		for (i = 0; i < 630; i++)
			printf "MEM %d %d\n", 300 + i, 1700000000 + i
		for (i = 1; i < 7; i++)
			printf "MARK 1 %d label=epoch%%20%d\n",
				1700000000 + i * 12, i
	}' >epochs.dat
	for locale in C.UTF-8 C; do
		LC_ALL=$locale COLUMNS=80 LINES=24 mprof plot epochs.dat >out
		[ "$(grep -o 'epoch [1-6]' out | wc -l)" -eq 6 ]
		[ "$(grep -c 'epoch [1-6]epoch' out)" -eq 0 ]
	done
}

@test 'a small terminal: nothing scrolls away, and a kill is said' {
	recording oom.dat
	echo 'EXIT;pid=7;signal=9;oom=1 3.0 1700000000.4000' >>oom.dat
	for rows in 3 4 5 6 7 8 9 10 12; do
		for kind in '' --heatmap; do
			COLUMNS=40 LINES=$rows mprof plot $kind oom.dat >out
			[ "$(wc -l <out)" -le $((rows - 1)) ]
			[ "$rows" -lt 4 ] || grep -q '^Ended: killed' out
		done
	done
	COLUMNS=20 LINES=5 mprof plot a.dat >out
	same "$(sed 1d out)" 'Peak: 3.25 MiB
Duration: 200 ms
Metric: resid…memory'
}

@test 'panels of --with below the memory, above its time axis' {
	COLUMNS=80 LINES=40 mprof plot --terminal \
		"$SOURCE/tests/golden/cgroup.dat" >out
	grep -n 'control group (MiB): anonymous highest 220 MiB' out >panel
	grep -n 'memory pressure' out >>panel
	grep -n '└┬' out >>panel
	cut -d: -f1 panel >lines
	sort -n lines | cmp - lines
	[ "$(wc -l <lines)" -eq 3 ]
	# figures that have no room are left out, and seen to be
	grep -q 'memory pressure (% of the time): some mean 50.0, highest 75.0 · …$' out
}

@test 'gaps and areas are seen without colour, in ASCII too' {
	printf 'MEM %s\n' '10 1700000000' '20 1700000001' '30 1700000002' \
		'31 1700000003' '31 1700000004' '31 1700000040' \
		'50 1700000041' '60 1700000042' >gap.dat
	mprof plot --terminal gap.dat >out
	grep -q '░░░░░░░░' out
	grep -q '[⠑⢄]' out
	LC_ALL=C mprof plot --terminal gap.dat >out
	grep -q '//////' out
	grep -qF '.' out
}

@test 'a trend is seen without colour where it runs along a line, in ASCII too' {
	awk 'BEGIN {
		print "CMDLINE leak"
		for (i = 0; i < 600; i++)
			printf "MEM %.6f %.4f\n", 60 + i / 20, 1700000000 + i / 10
	}' >leak.dat
	mprof plot --terminal -s leak.dat >out
	# Some 27 of 54 columns.
	[ "$(grep -E '[│┤]' out | grep -o '╍' | wc -l)" -ge 20 ]
	grep -q '╍ trend +30.0 MiB/min, leaking' out
	LC_ALL=C mprof plot --terminal -s leak.dat >out
	[ "$(grep -E '^ *[0-9]* [|+]' out | grep -o -e '--' | wc -l)" -ge 10 ]
	grep -q ' - trend +30.0 MiB/min, leaking' out
}

@test 'colours: six of the first sixteen, or of 256 where there are' {
	export CLICOLOR_FORCE=1
	unset COLORTERM
	TERM=xterm TERMINFO=/nowhere mprof plot --terminal --stack \
		"$SOURCE/tests/golden/tree.dat" >out
	grep -q "$escape\[3[1-6]m" out
	lacks "38;5;" <out
	lacks "$escape\[9[0-7]m" <out
	TERM=xterm-256color mprof plot --terminal "$SOURCE/tests/golden/tree.dat" >out
	grep -q "$escape\[38;5;33m" out
	TERM=xterm COLORTERM=truecolor mprof plot --terminal a.dat >out
	grep -q "$escape\[38;5;33m" out
}

@test 'tables fit COLUMNS, and verdicts have a colour on a terminal' {
	mv a.dat a-recording-with-a-rather-long-name.dat
	COLUMNS=60 mprof list -l a-recording*.dat >out
	python3 -c 'import sys
for line in open("out", encoding="utf-8"):
    assert len(line.rstrip("\n")) <= 60, line'
	grep -q 'a-rec.*dat.*3.25 MiB' out
	run_apart mprof check --max-peak 1MiB a-recording*.dat
	[[ $output == "FAIL  max-peak"* ]]
	CLICOLOR_FORCE=1 mprof check --max-peak 1MiB a-recording*.dat >out || true
	grep -q "^$escape\[1;31mFAIL$escape\[0m  max-peak" out
	awk 'BEGIN { for (i = 0; i < 200; i++)
		printf "MEM %.6f %d\n", 100 + i, 1700000000 + i }' >leak.dat
	CLICOLOR_FORCE=1 mprof leak leak.dat >out || true
	grep -q "$escape\[1;31mleaking$escape\[0m: " out
}

# ask HOW ANSWER: a terminal that gives that answer when it is asked
ask() {
	env -u COLUMNS -u LINES TERM=xterm "$SOURCE/tests/tools/terminal" \
		mprof plot --terminal="$1" a.dat
}

@test "--terminal=kitty: a PNG, in a terminal that answers that it can" {
	mprof plot --help | grep -q -- '--terminal\[=HOW\]'
	ask kitty <<-'END'
		expect \x1b_Gi=31,.*AAAA\x1b\\\x1b\[c
		type \x1b_Gi=31;OK\x1b\\\x1b[?62c
		expect \x1b_Gf=100,a=T,q=2,m=1;iVBORw0KGgo
		expect \x1b_Gm=0;.*\x1b\\
	END
	ask kitty >out 2>&1 <<-'END' || true
		expect \x1b\[c
		type \x1b[?62;4c
		expect --terminal=kitty: the terminal does not answer
	END
}

@test "--terminal=sixel: the pixels of the PNG, in a terminal that can" {
	mprof plot --size 300x200 --format sixel -o a.sixel a.dat
	mprof plot --size 300x200 -o a.png a.dat
	"$SOURCE/tests/tools/sixel" a.sixel a.png
	ask sixel <<-'END'
		expect \x1b\[c
		type \x1b[?62;4;22c
		expect \x1bPq"1;1;\d+;\d+#0;2;\d+;\d+;\d+#1;2;
		expect \x1b\\
	END
	ask sixel >out 2>&1 <<-'END' || true
		expect \x1b\[c
		type \x1b[?62;22c
		expect --terminal=sixel: the terminal does not answer
	END
	run_apart mprof plot --terminal=sixel a.dat
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: --terminal=sixel: the terminal does not answer"* ]]
	run_apart mprof plot --terminal=text a.dat
	[ "$status" -eq 0 ]
	[[ $output == *"peak 3.25 MiB"* ]]
	run_apart mprof plot --terminal=svg a.dat
	[ "$status" -eq 2 ]
}
