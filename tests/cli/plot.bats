#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

own_setup() {
	[ -e "$SOURCE/build/render.so" ] || skip "built without Cairo"
	recording run.dat
}

# The first bytes tell a file's format: starts FILE TEXT
starts() {
	head -c 16 "$1" | grep -aq "$2"
}

# Width and height of a PNG, from its header: png_size FILE
png_size() {
	od -An -j16 -N8 -tu1 "$1" |
		awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'
}

@test "plot: the extension decides what is written" {
	for format in png svg pdf eps; do
		run_apart mprof plot -o mem.$format run.dat
		[ "$status" -eq 0 ]
		same "$output$errors" ""
	done
	starts mem.png PNG
	starts mem.svg '<?xml'
	starts mem.pdf '%PDF'
	starts mem.eps '%!PS-Adobe-3.0'
}

@test "plot: the newest recording, and it says so on stderr" {
	recording mprofile_20250101000000.dat
	run_apart mprof plot -o mem.png
	[ "$status" -eq 0 ]
	same "$output" ""
	same "$errors" "Using last profile data."
	[ -s mem.png ]
}

@test "plot: no recording: the message on stderr, status 255" {
	rm run.dat
	run_apart mprof plot -o mem.png
	[ "$status" -eq 255 ]
	same "$output" ""
	[ -n "$errors" ]
	[ ! -e mem.png ]
}

@test "plot: -o - writes to standard output what --format says" {
	for format in png svg pdf; do
		mprof plot --format $format -o - run.dat >mem
		mprof plot -o mem.$format run.dat
		cmp mem mem.$format
	done
}

@test "plot: the text of an SVG is text, and what is drawn has a title" {
	cp "$SOURCE/tests/golden/calls.dat" a.dat
	mprof plot -o a.svg a.dat
	grep -q '>python3 manage.py</text>' a.svg
	grep -q '<g><title>memory, peak 18.0 MiB</title>' a.svg
	grep -q '<g><title>app.models.load, 1.00 s from 2.00 s, 13.0 MiB to 17.0 MiB</title>' a.svg
	[ "$(grep -c '<text [^>]*textLength=' a.svg)" -eq "$(grep -c '</text>' a.svg)" ]
	mprof plot --text-as-paths -o paths.svg a.dat
	starts paths.svg '<?xml'
	[ "$(grep -c '<text' paths.svg)" -eq 0 ]
	# In points it would be a third larger.
	grep -q '<svg .*width="1260\(px\)\?" ' paths.svg
	grep -q '<svg .*width="1260" ' a.svg
}

@test "plot: --format wins over the extension" {
	mprof plot --format svg -o mem.png run.dat
	starts mem.png '<?xml'
}

@test "plot: -o - without --format, an unknown format: status 2" {
	run_apart mprof plot -o - run.dat
	[ "$status" -eq 2 ]
	same "$errors" "mprof: -o -: choose the format with --format"
	run_apart mprof plot -o mem.gif run.dat
	[ "$status" -eq 2 ]
	same "$errors" "mprof: mem.gif: charts aren't written as gif; use .png"
	run_apart mprof plot -o mem.JPG run.dat
	[ "$status" -eq 2 ]
	same "$errors" "mprof: mem.JPG: charts aren't written as JPG; use .png"
	run_apart mprof plot -o mem.x run.dat
	[ "$status" -eq 2 ]
	[ "${errors%%;*}" = "mprof: mem.x: no format of charts is called x" ]
	run_apart mprof plot --format gif -o mem.png run.dat
	[ "$status" -eq 2 ]
	[ ! -e mem.png ]
}

# The names are those that memory_profiler's plot gives its files.
@test "plot -o: without an extension it is a PNG, and is called so" {
	local name file
	mkdir a.b
	while read -r name file; do
		run_apart mprof plot -o "$name" run.dat
		[ "$status" -eq 0 ]
		same "$output$errors" ""
		starts "$file" PNG
		rm "$file"
	done <<-'END'
		mem mem.png
		mem. mem.png
		.mem .mem.png
		.png .png.png
		a.b/mem a.b/mem.png
		mem.PNG mem.PNG
	END
	same "$(ls -A . a.b | xargs)" ".: a.b run.dat a.b:"
	mprof plot --format svg -o mem run.dat
	starts mem '<?xml'
	run_apart mprof plot -o a.b/ run.dat
	[ "$status" -eq 2 ]
}

@test "plot -w: either order, and a moment with the time around it" {
	window_of() {
		mprof plot --format scene -o - -w "$1" run.dat |
			sed -n 's/^time \([^ ]*\) .*/\1/p'
	}
	same "$(window_of 0.2,0)" "$(window_of 0,0.2)"
	same "$(window_of 0,0)" "-0.0500..0.0500"
	same "$(window_of 0.2,0.2)" "0.1900..0.2100"
	run_apart mprof plot -w 1,2,3 -o mem.png run.dat
	[ "$status" -eq 2 ]
}

@test "plot -w: backwards, a picture has its times from right to left" {
	# Prints where the lowest and the highest figure of the time axis stand.
	places() {
		mprof plot -o axis.pdf -w "$1" run.dat
		pdftotext -bbox axis.pdf - | sed -nE \
			's/.*xMin="([0-9.]*)" yMin="(4[5-9]|5)[0-9.]*".*>(0|0\.20?)<.*/\3 \1/p' |
			sort | cut -d ' ' -f 2 | xargs
	}
	read -r first last < <(places 0,0.2)
	awk "BEGIN { exit !($first < $last) }"
	read -r first last < <(places 0.2,0)
	awk "BEGIN { exit !($first > $last) }"
}

@test "plot: the picture has the size that was asked for" {
	mprof plot -o mem.png run.dat
	same "$(png_size mem.png)" 1260x540
	mprof plot --size 400x300 --scale 2 -o mem.png run.dat
	same "$(png_size mem.png)" 800x600
}

@test "plot: sizes and scales that can't be" {
	for bad in 0x5 400 400x 400x300x2 axb -400x300 1e9x10; do
		run_apart mprof plot "--size=$bad" -o mem.png run.dat
		[ "$status" -eq 2 ]
	done
	for bad in 0 -1 nan 17 2x; do
		run_apart mprof plot "--scale=$bad" -o mem.png run.dat
		[ "$status" -eq 2 ]
	done
	run_apart mprof plot --size 40000x300 -o mem.png run.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: 40000x300: a picture has at most 32767 pixels \
a side; use a smaller --size or --scale"
	run_apart mprof plot --size 99x99 -o mem.png run.dat
	[ "$status" -eq 1 ]
	[ ! -e mem.png ]
}

@test "plot: a failure leaves the old file as it was, and no other" {
	echo old >mem.png
	run_apart mprof plot --size 40000x300 -o mem.png run.dat
	[ "$status" -eq 1 ]
	same "$(cat mem.png)" old
	same "$(ls)" $'mem.png\nrun.dat'
}

@test "plot: a directory, a missing directory, a full disk as output" {
	mkdir folder
	run_apart mprof plot --format png -o folder run.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: folder: is a directory; name a file in it"
	run_apart mprof plot -o none/mem.png run.dat
	[ "$status" -eq 1 ]
	if [ -w /dev/full ]; then
		run_apart mprof plot --format png -o /dev/full run.dat
		[ "$status" -eq 1 ]
		[[ $errors = *"No space left on device"* ]]
		run_apart sh -c 'mprof plot --format svg -o - run.dat >/dev/full'
		[ "$status" -eq 1 ]
		same "$(grep -c 'No space left' <<<"$errors")" 1
	fi
}

@test "plot: nothing to draw: status 1, nothing written" {
	: >empty.dat
	echo 'CMDLINE x' >line.dat
	head -c 3000 /dev/urandom >binary.dat
	run_apart mprof plot line.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: line.dat: holds no samples"
	for file in empty.dat line.dat binary.dat missing.dat; do
		run_apart mprof plot -o mem.png "$file"
		[ "$status" -ne 0 ]
		[ -n "$errors" ]
		[ ! -e mem.png ]
	done
}

@test "plot: a page made twice is the same, byte for byte" {
	mprof plot -o a.pdf run.dat
	sleep 1.1
	mprof plot -o b.pdf run.dat
	cmp a.pdf b.pdf
	mprof plot -o a.eps run.dat
	sleep 1.1
	mprof plot -o b.eps run.dat
	cmp a.eps b.eps
}

@test "plot: bytes that are no UTF-8, escapes and quotes in the names" {
	{
		printf 'CMDLINE python \xff\xfe \e[31m "<&> \xe2\x80\xae\n'
		printf 'MEM 1 1700000000\nMEM 2 1700000001\n'
		printf 'CHLD 5 1 1700000000\nCHLD 5 1 1700000001\n'
		printf 'PROC 1 1700000000 pid=5 name=%%ff%%00%%1b cmd=%%c3\n'
		printf 'MARK 1 1700000000.5 label=%%ff%%0a\n'
		printf 'FUNC a\xff.b\xc3 1 1700000000 2 1700000001 0\n'
	} >run.dat
	for format in png svg pdf; do
		run_apart mprof plot -f -o mem.$format run.dat
		[ "$status" -eq 0 ]
	done
}

@test "plot: works through a symbolic link and from any directory" {
	ln -s "$MPROF" link
	mkdir -p a/b
	cd a/b
	../../link plot -o mem.png ../../run.dat
	[ -s mem.png ]
}

@test "plot: without the renderer a message says so" {
	copy_alone alone
	run_apart ./alone plot -o mem.png run.dat
	[ "$status" -eq 1 ]
	[[ $errors = "mprof: render.so: not found"* ]]
	[ ! -e mem.png ]
}

@test "plot: every option of memory_profiler's is taken" {
	mprof plot -t title -n -w 0,1 -s -f --backend agg -o mem.png run.dat
	mprof plot --title x --no-function-ts --window=0,1 --slope --flame \
		--output mem.png run.dat
	mprof plot --ti x --no --out mem.png --win 0,1 -ns run.dat
	[ -s mem.png ]
}

@test "plot: several recordings, and several runs in one" {
	recording two.dat
	run_apart mprof plot --format scene -o - run.dat two.dat
	[ "$status" -eq 0 ]
	grep -q '  run series-1 "run.dat"' <<<"$output"
	grep -q '  run series-2 "two.dat"' <<<"$output"
	cat run.dat two.dat >both.dat
	run_apart mprof plot --format scene -o - both.dat
	grep -q '  run series-2 "both.dat, run 2"' <<<"$output"
	run_apart mprof plot --run 2 --format scene -o - both.dat
	grep -q '  total total "memory"' <<<"$output"
	run_apart mprof plot --run 3 --format scene -o - both.dat
	[ "$status" -eq 1 ]
}

@test "plot: recordings that are too many for lines are a band of all of them" {
	for ((i = 1; i <= 30000; i++)); do
		printf 'CMDLINE p\nMEM 1.5 %d\nMEM %s %d\n' $i \
			$((i == 9 ? 8 : 2)).5 $((i + 1))
	done >many.dat
	run_apart mprof plot --format scene -o - many.dat
	[ "$status" -eq 0 ] && [ -z "$errors" ]
	grep -q '^  stacked total "lowest to highest of 29999 others"' \
		<<<"$output"
	grep -q '^  run total "median of 29999 others"' <<<"$output"
	# the odd one by name, however early it was
	grep -q '^  run series-1 "many.dat, run 9" ' <<<"$output"
	grep -q '^fact Recordings: 30000; mprof peak lists' <<<"$output"
	lacks 'many.dat, run 10:' <<<"$output"
	run_apart mprof plot --run 7 --format scene -o - many.dat
	[ "$status" -eq 0 ] && [ -z "$errors" ]
	lacks 'not drawn' <<<"$output"
	run_apart mprof plot --run 0 -o none.svg many.dat
	[ "$status" -eq 2 ] && [ ! -e none.svg ]
}

# The most that any pixel differs by, of 255: difference A B
difference() {
	convert "$1" "$2" -compose difference -composite \
		-format '%[fx:round(255*maxima)]' info: | tail -n 1
}

# A recording with noise and lonely spikes: noise SAMPLES
noise() {
	awk -v n="$1" 'BEGIN {
		srand(3)
		print "CMDLINE noise"
		for (i = 0; i < n; i++)
			printf "MEM %.3f %.2f\n", 50 + 20 * sin(i / n * 9) + \
			    10 * rand() + 200 * (i % 9973 == 77), 1.7e9 + i / 10
	}'
}

# Cairo rounds where lines cross: a few steps of 255 are no difference.
@test "plot: four samples a column make the picture that all samples make" {
	command -v convert || skip "needs ImageMagick"
	noise 60000 >noise.dat
	for options in '' '--size 400x300' '--scale 2' '-w 100,2000' \
		'--ylim 50,60' '--theme dark'; do
		# shellcheck disable=SC2086 # options are words
		mprof plot $options -o four.png noise.dat
		# shellcheck disable=SC2086
		mprof plot $options --every-sample -o all.png noise.dat
		[ "$(difference four.png all.png)" -le 8 ]
	done
	recording other.dat
	mprof plot -o other.png other.dat
	[ "$(difference four.png other.png)" -gt 50 ]
}

@test "plot: any number of samples is a small picture of lines" {
	noise 300000 >noise.dat
	for size in 400x300 1260x540 4000x1200; do
		for format in svg pdf; do
			mprof plot --size $size -o mem.$format noise.dat
			[ "$(stat -c %s mem.$format)" -lt 300000 ]
		done
	done
}

@test "plot: the calls of an old companion X_ts.dat" {
	echo 'FUNC my.work 1.5 1700000000.1 2.5 1700000000.25 0' >run_ts.dat
	run_apart mprof plot --format scene run.dat
	[ "$status" -eq 0 ]
	grep -q 'span series-1 "work" "my.work"' <<<"$output"
}

@test "plot -o: a fifo, with a reader and without" {
	recording a.dat
	mkfifo pipe.png
	run_apart timeout 10 mprof plot -o pipe.png a.dat
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: pipe.png: can't be written, nobody reads it"* ]]
	cat pipe.png >copy.png &
	reader=$!
	soon mprof plot -o pipe.png a.dat 2>/dev/null
	wait "$reader"
	[ "$(head -c 4 copy.png | tail -c 3)" = PNG ]
	[ -p pipe.png ]
}

@test "outputs to /dev/stdout and /dev/fd/N leave what others write there" {
	local command
	local commands=('plot --format html' 'plot --format scene' 'export'
		'check --max-peak 1T --junit')

	for command in "${commands[@]}"; do
		[[ $command == *--junit ]] || command+=' -o'
		{
			echo before
			# shellcheck disable=SC2086  # words
			mprof $command /dev/fd/7 run.dat >&2
			echo after
		} >out 7>&1
		sed -n '1p;$p' out >ends
		same "$(cat ends)" $'before\nafter'
		[ "$(wc -l <out)" -gt 2 ]
	done
	{
		mprof run -q -o /dev/stdout true
		echo after
	} >out
	same "$(head -n 1 out)" 'CMDLINE true'
	same "$(tail -n 1 out)" after
	run_apart mprof plot -o /dev/stdout run.dat
	[ "$status" -eq 2 ]
	same "$errors" \
		"mprof: -o /dev/stdout: choose the format with --format"
}

# many TICKS CHILDREN: all of them there all the time, none of them steady
many() {
	awk -v n="$1" -v children="$2" 'BEGIN {
		print "CMDLINE x"
		for (i = 0; i < n; i++) {
			t = sprintf("%.4f", 1.7e9 + i / 10)
			printf "MEM %.6f %s\n", 4000 + i * 7 % 5, t
			for (k = 0; k < children; k++)
				printf "CHLD %d %.6f %s\n", 400 + k, \
				    10 + (i * 7 + k * 13) % 17, t
		}
	}'
}

@test "plot --stack: a picture of lines stays under 300 KB" {
	many 2000 70 >many.dat
	mprof plot --stack -o mem.svg many.dat
	[ "$(stat -c %s mem.svg)" -lt 300000 ]
}

@test "plot --stack: what a long recording leaves out is no gap" {
	many 9000 1 >long.dat
	mprof plot --stack --format scene -o - long.dat >scene
	awk '/^  stacked/ && match($0, / gap=[0-9.]+/) {
		bad += substr($0, RSTART + 5, RLENGTH - 5) < 2 * 900 / 2000
		lines++
	} END { exit !(lines == 2 && bad == 0) }' scene
}

@test "plot -w: a window beside the recording is empty and says so" {
	local note='nothing was recorded in this window; the recording runs from 0 s to '

	mprof plot -w 500,600 -o mem.png run.dat
	starts mem.png PNG
	for option in -n --stack; do
		mprof plot $option -w 500,600 --format scene -o - run.dat >scene
		grep -q '^time 500.0000..600.0000 ' scene
		grep -q "^note $note" scene
		# the axis of memory is the whole recording's, as theirs
		grep -q '^panel memory 0.0000..3' scene
	done
	COLUMNS=100 mprof plot --terminal -w 500,600 run.dat | grep -q "^$note"
}

# Two pids, each used by several processes, as version 0.1.0 recorded them.
@test "plot --stack: reused pids add up to MEM at each tick, no higher" {
	mprof plot --stack --format scene -o - \
		"$SOURCE/tests/golden/reused-pids.dat" >scene
	grep -q '"the program itself" "peak 1.60 MiB"' scene
	awk 'FNR == NR { if ($1 == "MEM") mem[n++] = $2; next }
	/^  stacked/ { tick = 0 }
	/^    / { top[tick++] = $2 }
	END { for (i = 0; i < n; i++) {
			bad += top[i] - mem[i] > 0.001 || mem[i] - top[i] > 0.001
			high = top[i] > high ? top[i] : high
		}
		exit !(n == 129 && tick == n && bad == 0 && high < 139.36) }' \
		"$SOURCE/tests/golden/reused-pids.dat" scene
}

@test "plot: others together are summed tick by tick, of one time too" {
	awk 'BEGIN { print "CMDLINE x"
		for (t = 0; t < 20; t++) {
			time = 1 + int(t / 2) # two ticks a second
			print "MEM 100", time
			for (p = 1; p <= 20; p++)
				print "CHLD", p, (p > 12 ? 10 : 2), time
		} }' >times.dat
	mprof plot --format scene -o - times.dat >scene
	grep -q '"13 others together" "peak 34.0 MiB"' scene
}

# A function that calls itself 60 times, in two threads.
@test "plot -f: time in a function is the union of its calls, in all threads" {
	awk 'BEGIN { print "CMDLINE x"; print "MEM 9 1000"; print "MEM 9 1004.1"
		for (tid = 5; tid < 7; tid++)
			for (i = 0; i < 61; i++)
				printf "CALL 9 %f name=m.fib pid=5 tid=%d " \
					"level=%d end=%f mib1=9\n",
					1000 + i / 100, tid, i, 1004 - i / 100
	}' >calls.dat
	mprof plot -f --format scene -o - calls.dat >scene
	grep -q '"\(m\.\)*fib" "122 calls, 4.00 s"' scene
	sed -i '/tid=6/d' calls.dat
	mprof plot -f --format scene -o - calls.dat >scene
	grep -q '"\(m\.\)*fib" "61 calls, 4.00 s"' scene
}

@test "plot --difference: the second less the first, below nothing too" {
	printf '%s\n' 'CMDLINE a' 'MEM 10.0 1700000000.0' \
		'MEM 30.0 1700000001.0' 'MEM 10.0 1700000002.0' >a.dat
	printf '%s\n' 'CMDLINE b' 'MEM 12.0 1700000100.0' \
		'MEM 5.0 1700000101.0' 'MEM 11.0 1700000102.0' >b.dat
	mprof plot --difference --format scene -o scene a.dat b.dat
	same "$(tail -n 3 scene)" "    0.0000 2.0000
    1.0000 -25.0000
    2.0000 1.0000"
	grep -q '"difference" "-25.0 MiB at its largest"' scene
	grep -q '^panel memory -25' scene
	run_apart mprof plot --difference -o a.png a.dat
	[ "$status" -eq 1 ]
	same "$errors" "mprof: --difference: takes two recordings"
}

@test "plot -s: a trend that begins below nothing is a line" {
	printf '%s\n' 'CMDLINE x' 'MEM 1 1700000000.0' 'MEM 1 1700000001.0' \
		'MEM 1 1700000002.0' 'MEM 50 1700000003.0' >bend.dat
	mprof plot -s --format scene -o - bend.dat |
		awk '/^  trend/ { at = NR } at && NR > at { print $2 }' >ends
	[ "$(wc -l <ends)" -ge 2 ]
	awk 'NR == 1 { exit !($1 < 0) }' ends
}

@test "plot -w: the legend tells figures of the window" {
	printf '%s\n' 'CMDLINE x' 'PROC;pid=1;start=1;name=x 1 1000' \
		'MEM 9 1000' 'CHLD 5 4 1000' 'CHLD 6 2 1000' 'MEM 40 1001' \
		'CHLD 5 30 1001' 'CHLD 6 3 1001' 'MEM 20 1002' \
		'CHLD 5 5 1002' 'CHLD 6 7 1002' 'MEM 20 1003' \
		'CHLD 6 8 1003' >w.dat
	mprof plot -w 1.5,3.5 --format scene -o - w.dat >scene
	grep -q '"all processes" "highest 20.0 MiB"' scene
	grep -q 'series-1 "child 6" "highest 8.00 MiB"' scene
	grep -q 'series-2 "child 5" "highest 5.00 MiB"' scene
	grep -q '^fact Peak: 40.0 MiB' scene
	mprof plot -w 2.5,3.5 --format scene -o - w.dat >scene
	same "$(grep -c ' process ' scene)" 1
	mprof plot --stack -w 1.5,3.5 --format scene -o - w.dat >scene
	grep -q '"the program itself" "highest 12.0 MiB"' scene
}

@test "plot: what MEM is where no recorder says so is not called all processes" {
	printf '%s\n' 'CMDLINE /usr/bin/python3 pool.py' 'MEM 9.0 1.0' \
		'CHLD 1 4.0 1.0' 'MEM 9.5 2.0' 'CHLD 1 4.5 2.0' >old.dat
	run_apart mprof plot --format scene -o - old.dat
	grep -q '  total total "python3" ' <<<"$output"
}

@test "plot: a function does not take a process's colour" {
	printf '%s\n' 'CMDLINE x' 'MEM 9.0 1.0' 'CHLD 7 4.0 1.0' 'MEM 9.5 2.0' \
		'CHLD 7 4.5 2.0' 'FUNC a.f 9.0 1.0 9.5 2.0 0' >both.dat
	run_apart mprof plot --format scene -o - both.dat
	grep -q '  process series-1 ' <<<"$output"
	grep -q 'series-2 "\(a\.\)*f"' <<<"$output"
}

# Cairo alone, as where pkg-config finds no Pango: the labels are in the page.
@test "plot: without Pango, Cairo's own text has all labels" {
	local work=$PWD

	command -v pdftotext >/dev/null || skip "needs pdftotext"
	cd "$SOURCE" || return 1
	mkdir -p "$work/toy/build"
	# shellcheck disable=SC2046 # options are words
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Isrc -O1 -fPIC -shared \
		-fvisibility=hidden -o "$work/toy/build/render.so" \
		src/render/cairo/*.c src/base/*.c \
		$(pkg-config --cflags --libs cairo cairo-svg cairo-pdf cairo-ps libpng) \
		-lm
	cp mprof "$work/toy"
	cd "$work" || return 1
	run ldd toy/build/render.so
	[[ $output != *pango* ]]
	printf '%s\n' 'CMDLINE python3 größe.py' 'MEM 9.0 1.0' 'MEM 9.5 2.0' \
		'MARK 9.5 1.5 label=half' >toy.dat
	for format in png svg pdf; do
		toy/mprof plot -o toy.$format toy.dat
	done
	pdftotext -layout toy.pdf toy.txt
	for label in 'python3 größe.py' 'peak 9.50 MiB' half 'time (s)'; do
		grep -qF "$label" toy.txt
	done
}

@test "plot: a directory of fonts that can't be read is named" {
	pkg-config --exists fontconfig || skip "built without fontconfig"
	recording a.dat
	ln -s loop loop
	printf '<fontconfig><dir>/usr/share/fonts</dir><dir>%s</dir><dir>%s</dir></fontconfig>\n' \
		"$PWD/none" "$PWD/loop" >fonts.conf
	FONTCONFIG_FILE=$PWD/fonts.conf run_apart mprof plot -o a.png a.dat
	[ "$status" -eq 0 ]
	starts a.png PNG
	same "${errors%%: its fonts*}" \
		"mprof: $PWD/loop: can't be read, Too many levels of symbolic links"
	run_apart mprof plot -o a.png a.dat
	same "$errors" ""
}

@test "plot: without any font a picture is refused, a page is not" {
	recording a.dat
	printf '<fontconfig><dir>%s</dir></fontconfig>\n' "$PWD/none" >fonts.conf
	FONTCONFIG_FILE=$PWD/fonts.conf run_apart mprof plot -o a.svg a.dat
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: no font was found"*"fonts-dejavu-core"* ]]
	[ ! -e a.svg ]
	FONTCONFIG_FILE=$PWD/fonts.conf mprof plot -o a.html a.dat
	[ -s a.html ]
}
