#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helper

# Two processes, two functions, a spike of 200 MiB in the middle, and a
# command line that would end the page's data and turn its text around.
hostile() {
	printf 'CMDLINE sh -c %s \xe2\x80\xae"q\n' \
		"'</script><script>alert(1)</script>'"
	awk 'BEGIN {
		for (i = 0; i <= 600; i++) {
			t = 1700000000 + i / 10
			mib = (i == 300 ? 200 : 50 + i / 20)
			printf "MEM %.6f %.4f\n", mib, t
			printf "CHLD 4711 %.6f %.4f\n", 20 + i / 50, t
			printf "CHLD 4712 %.6f %.4f\n", 30, t
		}
		print "FUNC main 50.0 1700000000.5 60.0 1700000059.5 0"
		print "FUNC work 50.0 1700000010.0 60.0 1700000050.0 1"
		print "PROC 1.0 1700000000.0 pid=4711 ppid=1 name=worker cmd=worker"
		print "MARK 1.0 1700000020.0 label=half%20</script>"
	}'
}

drive() {
	command -v chromedriver >/dev/null || skip 'no chromedriver'
	hostile >hostile.dat
	mprof plot -o page.html hostile.dat
	python3 "$SOURCE/tests/browser/page.py" "$PWD/page.html" "$1"
	[ "$(head -c 4 "$1.png" | tail -c 3)" = PNG ]
}

@test 'a browser: hover, zoom, legend, keys, in the light theme' {
	drive light
}

@test 'a browser: the same in the dark theme' {
	drive dark
}

@test 'a browser: figures, calls, search, files, address, touch, print' {
	command -v chromedriver >/dev/null || skip 'no chromedriver'
	hostile >hostile.dat
	mprof plot -o page.html hostile.dat
	mkdir saved
	python3 "$SOURCE/tests/browser/explore.py" "$PWD/page.html" "$PWD/saved"
}

# layers PAGE: a line a layer of a page: its name, then time and height of each
# of its samples, as far as the page keeps them
layers() {
	python3 - "$1" <<'END'
import base64, json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
page = json.loads(re.search(r'id="recording">(.*?)</script>', page, re.S)[1])
for layer in page["layers"] or page["series"]:
    numbers, value, weight = [], 0, 1
    for byte in base64.b64decode(layer["data"]):
        value, weight = value + (byte & 127) * weight, weight * 128
        if byte < 128:
            numbers.append(value)
            value, weight = 0, 1
    signed = lambda n: -(n + 1) // 2 if n % 2 else n // 2
    time = steps = 0
    print(layer["name"], end="")
    for i in range(0, len(numbers), 2):
        time += numbers[i] if i else signed(numbers[i])
        steps += signed(numbers[i + 1] // 2)
        print(f" {time / page['ticks']:.4f}:{steps / 1024:.2f}", end="")
    print()
END
}

# stacked FILE: the same of the scene that pictures of the stack are made of
stacked() {
	mprof plot --stack --format scene -o - "$1" | awk '
		/^  stacked/ { split($0, part, "\""); row = row (row ? "\n" : "") part[2] }
		/ over / { row = row sprintf(" %s:%.2f", $1, $2 - $4) }
		END { print row }'
}

@test 'the stack that a page switches to is that of pictures' {
	local file

	hostile >hostile.dat
	for file in hostile.dat "$SOURCE"/tests/golden/{reused,tree}.dat; do
		mprof plot -o page.html "$file"
		mprof plot --stack -o stack.html "$file"
		same "$(layers page.html)" "$(stacked "$file")"
		same "$(layers stack.html)" "$(stacked "$file")"
		[ "$(layers page.html | wc -l)" -gt 1 ]
	done
}

@test 'the page names no other place and lets nothing else run' {
	hostile >hostile.dat
	mprof plot -o page.html hostile.dat
	grep -q "default-src 'none'; script-src 'sha256-" page.html
	[ "$(grep -Ec '(src|href)="?(https?:|//)|unsafe-inline' page.html)" -eq 0 ]
}

@test 'the hashes in the policy are those of the style and the script' {
	command -v openssl >/dev/null || skip 'no openssl'
	recording a.dat
	mprof plot -o page.html a.dat
	for part in style script; do
		hash=$(awk -v part="$part" 'BEGIN { RS = "\001" }
			{ start = match($0, "<" part ">") + length(part) + 2
			rest = substr($0, start)
			printf "%s", substr(rest, 1,
				index(rest, "</" part ">") - 1) }' page.html |
			openssl dgst -sha256 -binary | base64)
		grep -qF "$part-src 'sha256-$hash'" page.html
	done
}

@test 'a command line can not end the data' {
	hostile >hostile.dat
	mprof plot -o page.html hostile.dat
	[ "$(grep -o '</script>' page.html | wc -l)" -eq 2 ]
	awk 'BEGIN { RS = "\001" } {
		rest = substr($0, index($0, "id=\"recording\">") + 15)
		print substr(rest, 1, index(rest, "</script>") - 1) }' \
		page.html >page.json
	jq -r .title page.json | grep -qF '</script><script>alert(1)'
}

# A million samples, evenly from 1000 to 1999 MiB but for one of 9000.
long() {
	awk 'BEGIN {
		print "CMDLINE long"
		for (i = 0; i < 1000000; i++)
			printf "MEM %.6f %.4f\n", (i == 333333 ? 9000 : 1000 + i * 7919 % 1000), 1700000000 + i / 10
	}'
}

@test 'a long recording stays below 3 MB and keeps its spike' {
	long >long.dat
	mprof plot -o page.html long.dat
	[ "$(stat -c %s page.html)" -lt 3000000 ]
	grep -q '"samples":1000000' page.html
	grep -q '"peak":\[33333.3[0-9]*,9000\]' page.html
}

# 20 s with a step after eight, four fifths of a processor and seven threads.
panels() {
	awk 'BEGIN {
		print "CMDLINE steps"
		for (i = 0; i <= 200; i++) {
			t = 1700000000 + i / 10
			mib = (i < 80 ? 20 : 90)
			printf "MEM %.6f %.4f\n", mib, t
			printf "USAGE;cpu=%.6f;threads=7 %.6f %.4f\n", i * 0.08, mib, t
		}
	}'
}

# load has 24 MiB of its own and calls loads, which has 64.
growth() {
	printf '%s\n' 'CMDLINE python app.py' 'MEM 10.000000 1700000000.0000' \
		'STACK 6.000000 1700000000.0000 id=1 frames=/app.py:2:load;/app.py:5:get;/app.py:6:<module>' \
		'STACK 30.000000 1700000000.0100 id=1' \
		'STACK 94.000000 1700000000.0200 id=2 frames=/lib/json.py:7:loads;/app.py:2:load;/app.py:5:get;/app.py:6:<module>'
}

@test 'a browser: flame graph, comparison, panels and phases, a million samples' {
	command -v chromedriver >/dev/null || skip 'no chromedriver'
	hostile >hostile.dat
	awk 'BEGIN { print "CMDLINE b"
		for (i = 0; i <= 600; i++)
			printf "MEM %.6f %.4f\n", 60 + i / 150, 1700000000 + i / 10
	}' >b.dat
	long >long.dat
	panels >panels.dat
	growth >growth.dat
	mprof compare hostile.dat b.dat -o compare.html
	mprof plot --phases -o panels.html panels.dat
	mprof plot -o long.html long.dat
	awk 'BEGIN { print "CMDLINE restless"
		for (i = 0; i < 2000; i++)
			printf "MEM %.6f %.4f\n", 400 + i * 7919 % 581, 1700000000 + i / 10
	}' >restless.dat
	mprof plot -o restless.html restless.dat
	recording brief.dat
	echo 'CHLD 7 2.500000 1700000000.2000' >>brief.dat
	mprof plot -o brief.html brief.dat
	awk 'BEGIN {
		print "CMDLINE python3 train.py --rows 20000000"
		for (i = 0; i < 600; i++)
			printf "MEM %.6f %.4f\n", 20 + 980 * (i / 600) ^ 1.2, 1700000000 + i / 10
		print "EXIT 1003.5 1700000060.0 pid=9 signal=9 oom=1 limit=1024 of=cgroup"
		print "PEAK 1003.5 1700000060.0 since=1700000059.9"
	}' >oom.dat
	mprof plot -o oom.html oom.dat
	mprof lines --flame -o flame.html growth.dat
	awk 'BEGIN {
		print "CMDLINE deep\nMEM 10.0 1700000000.0000"
		frames = "/app.py:1:<module>"
		for (i = 2; i <= 60; i++) frames = "/app.py:" i ":f" i ";" frames
		print "STACK 10.0 1700000000.0000 id=1 frames=" frames
		print "STACK 94.0 1700000000.0100 id=1"
	}' >deep.dat
	mprof lines --flame -o deep.html deep.dat
	python3 "$SOURCE/tests/browser/kinds.py" "$PWD"
}

@test 'a browser: 200 series and 10 million samples, and how long they take' {
	command -v chromedriver >/dev/null || skip 'no chromedriver'
	awk 'BEGIN {
		for (run = 0; run < 100; run++) {
			file = sprintf("run%02d.dat", run)
			print "CMDLINE crowd" >file
			for (i = 0; i < 2000; i++)
				printf "MEM %.6f %.4f\n", 50 + run + 20 * sin(i / (50 + run)) + i * 7919 % 5, 1700000000 + i / 10 >file
			close(file)
		}
	}'
	mprof plot -o crowd.html run*.dat
	awk 'BEGIN {
		print "CMDLINE long"
		for (i = 0; i < 10000000; i++)
			printf "MEM %d %.1f\n", 1000 + i * 7919 % 1000, 1700000000 + i / 10
	}' | mprof plot -o long.html /dev/stdin
	python3 "$SOURCE/tests/browser/speed.py" "$PWD"
}
