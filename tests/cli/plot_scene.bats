#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a chart holds, compared to the letter. A scene that changed on purpose
# is written anew by: UPDATE_GOLDEN=1 bats tests/cli/plot_scene.bats
load helper

# golden NAME OPTION ... FILE: the scene of the file is tests/golden/NAME.scene
golden() {
	local expected=$SOURCE/tests/golden/$1.scene

	shift
	cd "$SOURCE/tests/golden" || return 1
	run_apart mprof plot --format scene -o - "$@"
	[ "$status" -eq 0 ]
	# shellcheck disable=SC2154 # run_apart sets it
	same "$errors" ""
	if [ -n "${UPDATE_GOLDEN:-}" ]; then
		printf '%s\n' "$output" >"$expected"
	fi
	same "$output" "$(cat "$expected")"
}

@test "scene: descendants with pid, command and peak; a peak no sample saw" {
	golden tree tree.dat
}

@test "scene: descendants stacked, the program itself below them" {
	golden stack --stack tree.dat
}

@test "scene: processes that the file gives a number alone are children" {
	printf '%s\n' 'CMDLINE x' 'MEM 9 1' 'CHLD 0 2.5 1' 'CHLD 1 1.5 1' \
		'MEM 9 2' 'CHLD 0 3 2' 'CHLD 1 1 2' >a.dat
	for kind in timeline stack heatmap; do
		mprof plot --$kind --format scene -o - a.dat >scene
		grep -q '"child 0" "peak 3.00 MiB"' scene
		grep -q '"child 1" "peak 1.50 MiB"' scene
	done
}

@test "scene: a pid that is used again is another process, with a gap between" {
	golden reused reused.dat
}

@test "scene: stacked, processes with one pid don't lie on each other" {
	golden reused_stack --stack reused.dat
}

@test "scene: calls as bars in lanes, names as short as they differ" {
	golden lanes calls.dat
	golden lanes -f calls.dat
}

@test "scene: calls as brackets on the memory" {
	golden brackets --brackets calls.dat
}

@test "scene: of two recordings each one's calls are in lanes named after it" {
	cp "$SOURCE/tests/golden/calls.dat" a.dat
	cp a.dat b.dat
	mprof plot --format scene -o - a.dat b.dat >scene
	same "$(grep -E '^panel lanes|^  group' scene)" 'panel lanes 4
  group "a.dat" lanes=0+2
  group "b.dat" lanes=2+2'
	same "$(grep -c '^  span' scene)" 6
}

@test "scene: a pid that is used again has lanes of its own for its calls" {
	golden reused_calls -f reused_calls.dat
}

@test "scene: and for its sampled stacks, which make no growth of two processes" {
	golden reused_stacks -f reused_stacks.dat
	same "$(mprof lines reused_stacks.dat | grep '^Sampled')" \
		"Sampled: 15.0 MiB grown, 0.00 MiB given back, in 4 samples"
	same "$(mprof export --format folded reused_stacks.dat)" \
		"main (/a.py:9);work (/a.py:3) 15360"
}

@test "scene: -n leaves the calls out, -s adds a trend, -t a title" {
	golden trend -n -s -t 'My title' calls.dat
}

@test "scene: what a sum of RSS was in truth" {
	golden shared shared.dat
}

@test "scene: a thinned recording says so in the picture" {
	local kept='the lowest and the highest sample of each 500 ms are kept'

	printf '%s\n' 'CMDLINE x' 'THIN;stretch=0.5;until=1700000003.0 0 0' \
		'MEM 9.000000 1700000000.0000' 'MEM 8.000000 1700000002.0000' \
		'MEM 9.000000 1700000004.0000' >thin.dat
	sed 's/^THIN.*/INFO;backend=rss 0 0/' thin.dat >whole.dat
	mprof plot --format scene -o - thin.dat >scene
	grep -q "^note.*thinned up to 3.00 s: $kept, means are not exact" scene
	mprof plot --format scene -o - thin.dat whole.dat >scene
	grep -q '^note.*1 of 2 recordings is thinned: its mean is not exact' scene
	mprof plot --format scene -o - whole.dat >scene
	! grep -q thinned scene || false
}

@test "scene: a gap, a mark, an end by a signal" {
	golden gap gap.dat
}

@test "scene: two runs from a common start" {
	golden overlay twice.dat
}

@test "scene: two runs at their times of day" {
	golden clock --clock twice.dat
}

@test "scene: a window, and limits of memory" {
	golden window -w 1,3 --ylim 5,20MiB calls.dat
}

@test "scene: a limit that was reached is a line, in sight" {
	golden limit_near --run 1 limit.dat
}

@test "scene: a limit far above is named, not drawn" {
	golden limit_far --run 2 limit.dat
}

# crowd AWK: a recording that a few lines of awk write; it begins at t0.
crowd() {
	awk "BEGIN { print \"CMDLINE python3 job.py\"; t0 = 1700000000; $1 }"
}

@test "scene: in a window only what is in it: calls, marks, gaps, samples" {
	crowd 'for (i = 0; i < 1000; i++) {
			t = t0 + i / 10 + 5 * int(i / 10)
			printf "MEM 50.0 %.4f\nMARK 50.0 %.4f label=m%d\n", t, t, i
			printf "FUNC mod.f%d 50.0 %.4f 50.0 %.4f 0\n", i, t, t + 0.01
		}' >a.dat
	mprof plot -f --format scene -w 400,420 -o - a.dat >scene
	[ "$(grep -c 'mark label' scene)" -gt 25 ]
	[ "$(grep -c 'mark gap' scene)" -ge 3 ]
	[ "$(grep -c '^ *function' scene)" -eq "$(grep -c 'mark label' scene)" ]
	grep -q 'Window' scene
	grep -q 'highest 50.0 MiB' scene
	grep -qE 'Samples.*[0-9]+ of 1000' scene
	# The whole has too many: it says so.
	mprof plot --format scene -o - a.dat >scene
	grep -q '500 marks between others are not drawn' scene
	[ "$(grep -c 'mark label' scene)" -eq 500 ]
	grep -q 'mark label mark "m998"' scene
	grep -q '35 shorter gaps are not shaded' scene
	[ "$(grep -c 'mark gap' scene)" -eq 64 ]
}

@test "scene: threads that are not there at one time share lanes, and a time counts once" {
	crowd 'for (i = 0; i < 60; i++) {
			t = t0 + i
			printf "MEM 50.0 %.4f\n", t
			printf "CALL 50 %.4f name=m.view pid=9 tid=%d level=0 end=%.4f mib1=50\n", t, 100 + i, t + 1.5
			printf "CALL 50 %.4f name=m.walk pid=9 tid=%d level=1 end=%.4f mib1=50\n", t, 100 + i, t + 1
			printf "CALL 50 %.4f name=m.walk pid=9 tid=%d level=2 end=%.4f mib1=50\n", t, 100 + i, t + 1
		}' >a.dat
	mprof plot -f --format scene -o - a.dat >scene
	same "$(grep -E '^panel lanes|^  group' scene)" "panel lanes 6
  group \"9, 30 threads\" lanes=0+3
  group \"9, 30 threads\" lanes=3+3"
	# each thread's calls are on lanes of its own while it is there
	same "$(awk '$1 == "span" { split($NF, at, /@|\.\./); print $5, at[2] }' scene |
		sort | uniq -d)" ""
	grep -q 'function [^ ]* "walk" "120 calls, 1 min"' scene ||
		grep -q 'function [^ ]* "walk" "120 calls, 60.0 s"' scene
	grep -q 'function [^ ]* "view" "60 calls, 60.5 s"' scene
}

@test "scene: a comparison names both, and says which peaks higher" {
	crowd 'for (i = 0; i < 100; i++) printf "MEM %.1f %.1f\n", 50 + i / 10, t0 + i' >main.dat
	crowd 'for (i = 0; i < 100; i++) printf "MEM %.1f %.1f\n", 40 + i / 2, t0 + i' >new.dat
	mprof plot --difference --format scene -o - main.dat new.dat >scene
	grep -qx 'title "new.dat against main.dat"' scene
	grep -qx 'fact Finding: new.dat peaks 29.6 MiB higher' scene
	mprof plot --difference -t mine --format scene -o - main.dat new.dat |
		grep -qx 'title "mine"'
	cp main.dat twin.dat
	mprof plot --format scene -o - main.dat twin.dat |
		grep -qx 'fact Finding: both peak alike'
	# A window tells nothing of what is not in it.
	mprof plot -w 80,90 --format scene -o - main.dat new.dat >scene
	lacks 'peaks' <scene
}

@test "scene: the areas of a stack begin at 0" {
	cp "$BATS_TEST_DIRNAME/../golden/tree.dat" .
	run_apart mprof plot --stack --ylim 5,20 -o x.svg tree.dat
	[ "$status" -eq 1 ]
	same "$errors" 'mprof: --stack: its areas begin at 0; use --ylim 0,20'
	[ ! -e x.svg ]
	mprof plot --stack --ylim 0,20 --format scene -o x tree.dat
}

@test "scene: a killing leads the facts where it is in the picture" {
	local golden=$BATS_TEST_DIRNAME/../golden

	same "$(mprof plot -w 0,4000 --format scene -o - "$golden/gap.dat" |
		grep 'fact Finding')" 'fact Finding: killed by SIGKILL, out of memory after 1 h'
	mprof plot -w 0,1000 --format scene -o - "$golden/gap.dat" >scene
	lacks 'fact Finding' <scene
	grep -qx 'fact Ended: killed by SIGKILL, out of memory' scene
}

@test "plot: the line below the title says once how long a killed run took" {
	local golden=$BATS_TEST_DIRNAME/../golden

	mprof plot -o x.svg "$golden/gap.dat"
	grep -q '>killed by SIGKILL, out of memory after 1 h  ·  [^<]*<' x.svg
	[[ $(grep '>killed by SIGKILL' x.svg) != *'·  1 h  '* ]]
}

@test "scene: many recordings are a band, and the odd ones have names" {
	for k in 1 2 3 4 5 6 7 8 9; do
		crowd "for (i = 0; i < 100; i++)
			printf \"MEM %.1f %.1f\\n\", (100 + $k) * ($k == 4 ? 3 : 1) + i, t0 + i" \
			>m$k.dat
	done
	crowd 'for (i = 0; i < 20; i++) printf "MEM 60.0 %.1f\n", t0 + i' >dead.dat
	echo 'EXIT 60.0 1700000020.0 pid=9 signal=11' >>dead.dat
	mprof plot -s --format scene -o - m*.dat dead.dat >scene
	same "$(grep -E '^  (run|stacked|trend)' scene | sed 's/ pid=.*gap/ gap/; s/ gap=.*legend/ legend/; s/"[+0-9.]* [KM]iB.[a-z]*, /"/')" \
		'  stacked total "lowest to highest of 8 others" "peaks 200 MiB to 208 MiB" legend light
  run total "median of 8 others" "highest 204 MiB" legend
  run series-1 "m4.dat" "peak 411 MiB" legend
  run series-2 "dead.dat" "peak 60.0 MiB" legend
  trend series-1 "trend of m4.dat" "leaking" legend
  trend series-2 "trend of dead.dat" "undecided" legend'
	# at 50 s the lowest of the others has 151 MiB and the highest 159 MiB
	awk '/^  / && !/^    / { line = $3 } line == "\"lowest" && $1 ~ /^50/ { print $2, $4; exit }' scene |
		awk '{ exit !($1 > 158 && $1 < 161 && $2 > 150 && $2 < 153) }'
	# of few each has a line, and colours are not used twice
	mprof plot --format scene -o - m[1-6].dat >scene
	same "$(grep -c '^  run ' scene)" 6
	same "$(awk '$1 == "run" { print $2 }' scene | sort | uniq -d)" ""
}

@test "scene: of a long command line the word that tells it from others is kept" {
	crowd 'for (i = 0; i < 3; i++) {
			printf "PROC 1 %d pid=%d ppid=1 start=%d name=cc1plus cmd=/usr/libexec/gcc/cc1plus%%20-quiet%%20-imultiarch%%20x86_64-linux-gnu%%20f%d.cpp%%20-quiet%%20-dumpbase%%20-o%%20/tmp/ccMVbmbJ.s\n", t0, 50 + i, i, i + 7
			printf "MEM 60 %d\n", t0 + i
			for (k = 0; k <= i; k++) printf "CHLD %d 20 %d\n", 50 + k, t0 + i
		}' >a.dat
	mprof plot --format scene -o - a.dat >scene
	same "$(grep -cE '^  process series-[0-9] "5[0-9] cc1plus[^"]* f[789].cpp"' scene)" 3
}

@test "scene: years along a clock" {
	crowd 'for (i = 0; i < 100; i++) printf "MEM 50.0 %.4f\n", t0 + i * 864000' >a.dat
	TZ=UTC mprof plot --clock --format scene -o - a.dat |
		grep -E '^time .* [0-9]+ [A-Z][a-z]{2} 2024'
}

# ImageMagick 7 says "list" before what it is asked for by -fx.
@test "a sample between two gaps is seen, in lines and in a stack" {
	command -v convert >/dev/null || skip "needs imagemagick"
	crowd 'for (i = 0; i < 100; i++) printf "MEM 50.0 %.4f\n", t0 + i / 10
		printf "MEM 30.0 %.4f\n", t0 + 60
		for (i = 0; i < 100; i++) printf "MEM 50.0 %.4f\n", t0 + 100 + i / 10' >a.dat
	for option in '' --stack; do
		# shellcheck disable=SC2086 # no option, or one
		mprof plot $option --size 1000x400 -w 40,80 -o a.png a.dat
		blue=$(convert a.png -crop 880x200+60+75 +repage \
			-fx '(b - r) > 0.25 ? 1 : 0' \
			-format '%[fx:int(mean * w * h + 0.5)]' info: | tail -n 1)
		[ "$blue" -gt 5 ]
	done
}

@test "the trend has its place in a legend that can't hold all" {
	command -v pdftotext >/dev/null || skip "needs pdftotext"
	crowd 'for (i = 0; i < 100; i++) {
			printf "MEM 900.0 %.4f\n", t0 + i / 10
			for (c = 0; c < 30; c++)
				printf "CHLD %d 20.0 %.4f\n", 4711 + c, t0 + i / 10
		}' >a.dat
	mprof plot -s --size 400x300 -o a.pdf a.dat
	pdftotext a.pdf
	grep -q '^trend' a.txt
	grep -q '^and [0-9]* more' a.txt
	COLUMNS=60 mprof plot -s --stack --terminal a.dat >chart
	grep -q 'trend .*steady' chart
	grep -q 'and [0-9]* more$' chart
}

@test "no stack leaves out what is above one percent of its peak" {
	crowd 'for (i = 0; i < 100; i++) {
			printf "MEM 900.0 %.4f\n", t0 + i / 10
			for (c = 0; c < 90; c++)
				printf "CHLD %d 9.5 %.4f\n", 4711 + c, t0 + i / 10
			printf "CHLD 99999 1.0 %.4f\n", t0 + i / 10
		}' >a.dat
	mprof plot --stack --format scene -o - a.dat >scene
	[ "$(grep -c '"child 4[78][0-9][0-9]"' scene)" -eq 90 ]
	grep -q '"other (1)"' scene
}

@test "200,000 calls are a small picture" {
	crowd 'for (i = 0; i < 200000; i++) {
			if (i % 200 == 0) printf "MEM 50.0 %.4f\n", t0 + i / 2000
			printf "FUNC mod.f%d 50.0 %.6f 50.0 %.6f 0\n", i % 3,
				t0 + i / 2000, t0 + (i + 0.9) / 2000
		}' >a.dat
	mprof plot -f -o a.svg a.dat
	[ "$(wc -c <a.svg)" -lt 300000 ]
}

@test "a deep recursion takes no room from the calls beside it" {
	command -v convert >/dev/null || skip "needs imagemagick"
	command -v pdftotext >/dev/null || skip "needs pdftotext"
	crowd 'for (i = 0; i < 100; i++) printf "MEM 50.0 %.4f\n", t0 + i / 10
		for (i = 0; i < 300; i++)
			printf "CALL 50.0 %.4f name=m.deep pid=7 tid=7 level=%d end=%.4f mib1=50.0\n",
				t0 + 1 + i / 1000, i, t0 + 2 - i / 1000
		printf "CALL 50.0 %.4f name=m.wide pid=7 tid=8 level=0 end=%.4f mib1=50.0\n",
			t0 + 3, t0 + 9' >a.dat
	mprof plot -f -o a.pdf a.dat
	pdftotext a.pdf
	shown=$((300 - $(sed -n 's/ deeper levels are not shown//p' a.txt)))
	[ "$shown" -gt 10 ]
	mprof plot -f -o a.png a.dat
	high=$(convert a.png -crop 1x200+800+274 +repage -alpha off \
		-fx 'max(max(r, g), b) - min(min(r, g), b) > 0.1 ? 1 : 0' \
		-format '%[fx:int(mean * w * h + 0.5)]' info: | tail -n 1)
	[ "$high" -ge 3 ]
	mprof plot -f --size 1260x8000 -o a.pdf a.dat
	pdftotext a.pdf
	! grep -q deeper a.txt || false
}

@test "a process that leaks has a trend of its own" {
	crowd 'for (i = 0; i < 3000; i++) {
			printf "MEM %.3f %.4f\n", 400 + i / 50 + i % 7, t0 + i / 10
			printf "CHLD 4711 %.3f %.4f\n", 60 + i / 50, t0 + i / 10
			printf "CHLD 4712 %.3f %.4f\n", 300 + i % 7, t0 + i / 10
		}' >a.dat
	mprof plot -s --format scene -o - a.dat >scene
	grep -q '"trend of 4711" "+12.0 MiB/min, leaking"' scene
	[ "$(grep -c '"trend of' scene)" -eq 1 ]
}

# same_as_leak FILE: the trend of the whole tells the slope and the verdict that
# mprof leak prints
same_as_leak() {
	local json trend slope

	json=$(mprof leak --json "$1")
	mprof plot -s -n --format scene -o - "$1" >scene
	trend=$(grep -A2 '^  trend total "trend"' scene)
	[[ $trend == *" MiB/"*", $(jq -r '.runs[0].verdict' <<<"$json")\""* ]]
	awk -v since="$(jq '.runs[0].since_s' <<<"$json")" \
		-v until="$(jq '.runs[0].until_s' <<<"$json")" \
		-v slope="$(jq '.runs[0].mib_per_s' <<<"$json")" '
		NR == 2 { from = $1; low = $2 }
		NR == 3 { drawn = ($2 - low) / ($1 - from)
			exit !(from - since < 0.01 && since - from < 0.01 &&
			    $1 - until < 0.01 && until - $1 < 0.01 &&
			    drawn - slope < 0.001 && slope - drawn < 0.001) }' \
		<<<"$trend"
	# The unit and the figure are those of the text.
	[[ $json != *'"verdict": "leaking"'* ]] || {
		slope=$(mprof leak "$1" | sed -n '1s/leaking: \(.*\) (95.*/\1/p')
		[[ $trend == *"\"+$slope, leaking\""* ]]
	}
}

@test "the trend is the one that mprof leak tells of" {
	# A start, a leak, and the samples that see it end.
	crowd 'for (i = 0; i < 1200; i++) {
			mib = i < 40 ? 2 + i : 60 + i / 30 + i % 3
			printf "MEM %.3f %.4f\n", (i > 1195) ? 5 : mib, t0 + i / 10
		}' >a.dat
	same_as_leak a.dat
	grep -q ', leaking"' scene
	# A virtual machine that is flat behind its start.
	crowd 'for (i = 0; i < 1200; i++) {
			mib = i < 60 ? 30 + 4 * i : 270 + i * 7919 % 101 / 50
			printf "MEM %.3f %.4f\n", mib, t0 + i / 10
		}' >a.dat
	same_as_leak a.dat
	grep -q ', steady"' scene
	# Nights that rise.
	crowd 'for (i = 0; i < 2016; i++) {
			day = (i % 288 > 100 && i % 288 < 210) ? 900 : 0
			mib = 2048 + i / 7 + day + i * 7919 % 101 / 50
			printf "MEM %.3f %d\n", mib, t0 + i * 300
		}' >a.dat
	same_as_leak a.dat
	grep -q ', leaking"' scene
	# A staircase.
	crowd 'for (i = 0; i < 1200; i++) {
			mib = 100 * (1 + int(i / 300)) + i * 7919 % 101 / 100
			printf "MEM %.3f %.4f\n", mib, t0 + i / 10
		}' >a.dat
	same_as_leak a.dat
	grep -q ', undecided"' scene
	# One process leaks.
	crowd 'for (i = 0; i < 3000; i++) {
			wild = i * 7919 % 997
			printf "MEM %.3f %.4f\n", 5000 + wild, t0 + i / 10
			printf "CHLD 7 %.3f %.4f\n", 60 + i / 50, t0 + i / 10
			printf "CHLD 8 %.3f %.4f\n", 4940 + wild - i / 50, t0 + i / 10
		}' >a.dat
	same_as_leak a.dat
	grep -q '"trend of 7" "+12.0 MiB/min, leaking"' scene
	[ "$(grep -c 'leaking"' scene)" -eq 2 ]
}

@test "the trend of a window is judged within it" {
	crowd 'for (i = 0; i < 2400; i++) {
			mib = 60 + (i < 1200 ? i / 30 : 40) + i % 3
			printf "MEM %.3f %.4f\n", mib, t0 + i / 10
		}' >a.dat
	mprof plot -s -w 0,119 --format scene -o - a.dat >scene
	grep -q '^  trend total "trend" "+20.* MiB/min, leaking"' scene
	mprof plot -s -w 120,240 --format scene -o - a.dat >scene
	grep -q '^  trend total "trend" .*, steady"' scene
}

@test "scene: calls without a sample are a line of the memory at their ends" {
	golden calls_alone calls_alone.dat
	cd "$BATS_TEST_TMPDIR"
	cp "$SOURCE/tests/golden/calls_alone.dat" a.dat
	cp a.dat b.dat
	mprof plot --format scene -o - a.dat b.dat >two
	grep -q 'note no samples in 2 recordings: their lines join the memory' two
	same "$(grep -c '^    2.5000 110.5000$' two)" 2
}

@test "scene: a panel for each thing recorded beside memory; what steps back is a gap" {
	golden usage usage.dat
}

@test "scene: a line for each GPU that the program used; what one did not tell is a gap" {
	golden gpu gpu.dat
}

@test "scene: --phases shades what is found, where no mark says it" {
	golden phases --phases phases.dat
}

@test "scene: a control group stacked by kind, its limit, its events as marks" {
	golden cgroup cgroup.dat
}

@test "scene: in a window a control group has the window's figures" {
	cd "$SOURCE/tests/golden"
	mprof plot --format scene -o "$BATS_TEST_TMPDIR/scene" -w 0,1 cgroup.dat
	grep -q '^  stacked series-1 "anonymous" "highest 170 MiB" ' \
		"$BATS_TEST_TMPDIR/scene"
	# The window has every kind of memory, but no reading of the limit.
	sed 's/group_max=256.000000;//' cgroup.dat >"$BATS_TEST_TMPDIR/late.dat"
	echo "USAGE;group_max=256 230 1700000003.0000" \
		>>"$BATS_TEST_TMPDIR/late.dat"
	mprof plot --format scene -o "$BATS_TEST_TMPDIR/scene" -w 0,1 \
		"$BATS_TEST_TMPDIR/late.dat"
	grep '^  stacked alarm' "$BATS_TEST_TMPDIR/scene" | lacks .
	[ "$(grep -c '^  stacked' "$BATS_TEST_TMPDIR/scene")" -eq 6 ]
}
