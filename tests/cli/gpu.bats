#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof run --with gpu, beside a library that answers as NVIDIA's does:
# tests/preload/nvml.c, which reads the file state at each call.
# shellcheck disable=SC2016 # the recorded shell expands it
# shellcheck disable=SC2154 # run_apart sets errors
load helper

own_setup() {
	mkdir lib
	ln -s "$SOURCE/build/programs/nvml.so" lib/libnvidia-ml.so.1
	export LD_LIBRARY_PATH=$PWD/lib FAKE_NVML=$PWD/state
	echo "devices 1" >state
	# say LINE...: the driver's state from now on; seen PATTERN: waits until
	# the recording has it
	cat >says.sh <<-'EOF'
		say() {
			printf '%s\n' "$@" >state.new
			mv state.new state
		}
		seen() {
			for _ in $(seq 600); do
				grep -qs -- "$1" a.dat && return
				sleep 0.2
			done
			echo "not seen: $1" >&2
			exit 1
		}
	EOF
}

# A program of the lines that come in, with $me as its pid.
program() {
	{
		echo '. ./says.sh'
		echo 'me=$$'
		cat
	} >program.sh
}

@test "run --with gpu: memory of the tree, by GPU; peak, check, export" {
	program <<-'EOF'
		sleep 300 &
		child=$!
		say "devices 2" "busy 0 80" "busy 1 7" "used 0 3000" "used 1 900" \
			"compute 0 $me 1536" "graphics 0 $me 1536" \
			"compute 0 $child 256" "compute 0 1 999" \
			"graphics 1 $child 512"
		seen "^USAGE;gpu=2304.000000;gpu0=1792.000000;gpu1=512.000000;gpu0_used=3000.000000;gpu1_used=900.000000;gpu0_busy=80;gpu1_busy=7 "
		seen "^USAGE;pid=$me;gpu=1536.000000;gpu0=1536.000000;gpu1=0.000000 "
		seen "^USAGE;pid=$child;gpu=768.000000;gpu0=256.000000;gpu1=512.000000 "
		say "devices 2" "compute 0 $me 100"
		seen "^USAGE;gpu=100.000000;gpu0=100.000000;gpu1=0.000000 "
		kill $child
	EOF
	echo "devices 2" >state
	run_apart mprof run -q -M --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	same "$errors" ""
	# three columns, whatever a record says
	awk 'NR > 1 && !/^CHLD/ && NF != 3 { bad++ } END { exit bad > 0 }' a.dat
	mprof peak a.dat >peak.txt
	grep -q '^  GPU 0			1792.000 MiB$' peak.txt
	grep -q '^  All GPUs			2304.000 MiB$' peak.txt
	mprof peak --json a.dat | python3 -c '
import json, sys
assert "\"gpu_peak_mib\": 2304" in json.dumps(json.load(sys.stdin))'
	mprof check --max-gpu-peak 2304MiB a.dat
	run_apart mprof check --max-gpu-peak 2GiB a.dat
	[ "$status" -eq 1 ]
	same "$output" "FAIL  max-gpu-peak  2.25 GiB, at most 2 GiB"
	mprof export --format csv a.dat >a.csv
	grep -q ',total,gpu0_mib,1792.000000' a.csv
	mprof export --format json a.dat | python3 -c '
import json, sys
usage = json.load(sys.stdin)["runs"][0]["usage"]
assert max(v for _, v in usage["gpu_mib"]) == 2304, usage
assert max(v for _, v in usage["gpu1_busy_percent"]) == 7, usage'
	mprof export --format openmetrics a.dat >a.om
	grep -q '^mprof_gpu_device_memory_bytes{.*gpu="1"} 536870912 ' a.om
	if command -v promtool >/dev/null; then
		promtool tsdb create-blocks-from openmetrics a.om data
	fi
	mprof plot --format scene -o scene a.dat
	grep -q '^GPU memory (MiB) ' scene
	grep -q ' "GPU 0" ' scene
	grep -q '^GPU busy (% of the time) ' scene
}

@test "run --with gpu --no-children: what the program alone has" {
	program <<-'EOF'
		sleep 300 &
		child=$!
		say "devices 1" "compute 0 $me 16" "compute 0 $child 256"
		seen "^USAGE;gpu=16.000000;gpu0=16.000000 "
		kill $child
	EOF
	mprof run -q --no-children --with gpu -o a.dat sh program.sh
}

@test "run --with gpu: a GPU that is lost leaves a gap until it is back" {
	program <<-'EOF'
		good="compute 0 $me 64" on1="compute 1 $me 32"
		say "devices 2" "$good" "$on1" "busy 0 5" "used 0 77"
		seen "^USAGE;gpu=96.000000;gpu0=64.000000;gpu1=32.000000;gpu0_used=77.000000;gpu0_busy=5 "
		# NVML_ERROR_GPU_IS_LOST
		say "devices 2" "$good" "$on1" "fail 0 compute 15" \
			"fail 0 graphics 15" "fail 0 busy 15" "fail 0 used 15" \
			"busy 0 5" "used 0 77"
		seen "^USAGE;gpu1=32.000000 "
		say "devices 2" "compute 0 $me 65" "$on1"
		seen "^USAGE;gpu=97.000000;gpu0=65.000000;gpu1=32.000000 "
	EOF
	echo "devices 2" >state
	run_apart mprof run -q --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	same "$errors" ""
}

@test "run --with gpu: lists that are not supported" {
	program <<-'EOF'
		good="compute 0 $me 64" on1="compute 1 $me 32"
		# NVML_ERROR_NOT_SUPPORTED
		say "devices 2" "$good" "$on1" "fail 0 graphics 3" "busy 1 1"
		seen "^USAGE;gpu=96.000000;gpu0=64.000000;gpu1=32.000000;gpu1_busy=1 "
		say "devices 2" "$good" "$on1" "fail 0 compute 3" "busy 1 2"
		seen "^USAGE;gpu1=32.000000;gpu1_busy=2 "
	EOF
	echo "devices 2" >state
	run_apart mprof run -q --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	same "$errors" ""
}

@test "run --with gpu: memory that is not available, or is no figure, is a gap" {
	program <<-'EOF'
		good="compute 0 $me 64" on1="compute 1 $me 32"
		say "devices 2" "compute 0 $me -" "$on1" "busy 1 3"
		seen "^USAGE;gpu1=32.000000;gpu1_busy=3 "
		# that of somebody else
		say "devices 2" "$good" "compute 0 1 -" "$on1" "busy 1 4"
		seen "^USAGE;gpu=96.000000;gpu0=64.000000;gpu1=32.000000;gpu1_busy=4 "
		# no share of the time, no amount of memory
		say "devices 2" "$good" "$on1" "busy 0 4000" "used 0 99999" \
			"busy 1 5"
		seen "^USAGE;gpu=96.000000;gpu0=64.000000;gpu1=32.000000;gpu1_busy=5 "
	EOF
	echo "devices 2" >state
	run_apart mprof run -q --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	same "$errors" ""
}

@test "run --with gpu: a divided GPU (MIG) is the sum of its parts" {
	program <<-'EOF'
		say "devices 1" "mig 0 3" "compute 0 $me 10 0" \
			"compute 0 $me 20 2" "graphics 0 $me 20 2" \
			"compute 0 1 500 1"
		seen "^USAGE;gpu=30.000000;gpu0=30.000000 "
	EOF
	mprof run -q --with gpu -o a.dat sh program.sh
}

@test "run --with gpu: more processes than there was room for" {
	program <<-'EOF'
		{
			echo "devices 1"
			for _ in $(seq 300); do echo "graphics 0 1 1"; done
			echo "graphics 0 $me 3"
		} >state.new
		mv state.new state
		seen "^USAGE;gpu=3.000000;gpu0=3.000000 "
	EOF
	run_apart mprof run -q --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
}

@test "run --with gpu: entries of a list that are longer or shorter" {
	# some drivers' are of 2 or 4 words, by functions of the same name
	program <<-'EOF'
		for words in 2 3 4; do
			say "devices 1" "words $words" "compute 0 1 999" \
				"compute 0 $me $((words * 10))" \
				"compute 0 999999 5" "used 0 $words"
			seen "^USAGE;gpu=${words}0.000000;gpu0=${words}0.000000;gpu0_used=$words.000000 "
		done
		# nobody knows what these mean
		say "devices 1" "words 5" "compute 0 1 999" \
			"compute 0 $me 50" "used 0 5"
		seen "^USAGE;gpu0_used=5.000000 "
	EOF
	run_apart mprof run -q --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	same "$errors" ""
}

@test "run --with gpu: a driver that blocks delays no sample, nor the end" {
	echo block >state
	run_apart mprof run -q -T 0.02 --with gpu,threads -o a.dat \
		sh -c "$(until_sampled 40)"
	[ "$status" -eq 0 ]
	same "$errors" "mprof: --with gpu: the driver has not answered before the end"
	grep -q '^USAGE;threads=' a.dat
	lacks 'gpu' <a.dat
	# and one that begins to
	program <<-'EOF'
		say "devices 1" "compute 0 $me 5"
		seen "^USAGE;gpu=5.000000;gpu0=5.000000 "
		say block
		n=$(grep -c ^MEM a.dat)
		until [ "$(grep -c ^MEM a.dat)" -gt $((n + 20)) ]; do
			sleep 0.05
		done
		say "devices 1" "compute 0 $me 6"
		seen "^USAGE;gpu=6.000000;gpu0=6.000000 "
	EOF
	rm a.dat
	echo "devices 1" >state
	run_apart mprof run -q -T 0.02 --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	same "$errors" ""
}

@test "run --with gpu: no GPU is said once, and the program is recorded" {
	[ ! -e /dev/dri ] || skip "this machine has a GPU"
	ln -sf /dev/null lib/libnvidia-ml.so.1 # no library
	run_apart mprof run -q --with gpu,threads -o a.dat sh -c "$(until_sampled)"
	[ "$status" -eq 0 ]
	same "$errors" "mprof: --with gpu: no GPU: NVIDIA's libnvidia-ml.so.1 can't be loaded, and there is no /dev/dri"
	grep -q '^USAGE;threads=' a.dat
	run_apart mprof check --max-gpu-peak 1G a.dat
	[ "$status" -eq 1 ]
	same "$output" "FAIL  max-gpu-peak  unknown, at most 1 GiB (not in the recording: mprof run --with gpu records it)"
}

@test "run --with gpu: a library without its driver says why" {
	[ ! -e /dev/dri ] || skip "this machine has a GPU"
	echo "init 9" >state
	# It is asked at the first reading of threads, and answers at once.
	run_apart mprof run -q --with gpu,threads -o a.dat sh -c \
		'until [ "$(grep -cs ^USAGE a.dat)" -ge 9 ]; do sleep 0.05; done'
	[ "$status" -eq 0 ]
	same "$errors" "mprof: --with gpu: NVIDIA's libnvidia-ml.so.1: Driver Not Loaded"
	lacks gpu <a.dat
}

@test "run --with gpu: in another pid namespace the host's pids are nobody's" {
	unshare -pf --mount-proc true 2>/dev/null || skip "no namespaces here"
	# an old driver lists the host's pids, a newer one those of the caller
	program <<-'EOF'
		say "devices 1" "compute 0 999999 64" "used 0 70"
		seen "^USAGE;gpu0_used=70.000000 "
		say "devices 1" "used 0 71"
		seen "^USAGE;gpu0_used=71.000000 "
		say "devices 1" "compute 0 $me 64" "used 0 72"
		seen "^USAGE;gpu=64.000000;gpu0=64.000000;gpu0_used=72.000000 "
		say "devices 1" "used 0 73"
		seen "^USAGE;gpu=0.000000;gpu0=0.000000;gpu0_used=73.000000 "
	EOF
	run_apart unshare -pf --mount-proc \
		mprof run -q --with gpu -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	lacks 'gpu=.*used=7[01]' <a.dat
}

@test "run --textfile --with gpu: GPUs as labels" {
	mkdir metrics
	program <<-'EOF'
		say "devices 2" "compute 1 $me 8" "busy 0 3" "busy 1 4"
		seen "^USAGE;gpu=8.0"
		for _ in $(seq 1000); do
			grep -qs "^mprof_gpu_device_memory_bytes{.*,gpu=\"1\"} 8388608\$" metrics/*.prom && break
			sleep 0.1
		done
		cat metrics/*.prom
	EOF
	echo "devices 2" >state
	run_apart mprof run -q --with gpu --textfile metrics -o a.dat sh program.sh
	[ "$status" -eq 0 ]
	grep -q '^mprof_gpu_device_memory_bytes{.*,gpu="1"} 8388608$' <<<"$output"
	[ "$(grep -c '^# TYPE mprof_gpu_busy_percent gauge' <<<"$output")" -eq 1 ]
	grep -q '^mprof_gpu_busy_percent{.*,gpu="0"} 3$' <<<"$output"
}

@test "watch --with gpu: the program's, and of all" {
	sleep 600 3>&- &
	printf '%s\n' "devices 1" "busy 0 42" "used 0 3000" "compute 0 $! 1536" \
		>state
	"$SOURCE/tests/tools/terminal" mprof watch --pid --with gpu $! <<-END
		size 30 160
		expect , GPU 0 1536 MiB, GPU 0 by all 3000 MiB, GPU 0 busy 42.0 %
		do kill $!
		expect 1049l
		expect mprof: process $! ended
	END
	wait
}

@test "watch --with gpu: no GPU is said once, when the chart is gone" {
	[ ! -e /dev/dri ] || skip "this machine has a GPU"
	ln -sf /dev/null lib/libnvidia-ml.so.1 # no library
	sleep 600 3>&- &
	"$SOURCE/tests/tools/terminal" mprof watch --pid --with gpu $! <<-END >seen
		expect now
		do kill $!
		expect 1049l
		expect mprof: --with gpu: no GPU: .*there is no /dev/dri
		expect mprof: process $! ended
	END
	wait
	lacks 'with gpu.*with gpu' <seen
}

@test "GPUs in peak, compare and check" {
	local dat=$SOURCE/tests/golden/gpu.dat

	run_apart mprof peak "$dat"
	[[ $output == *$'\n  GPU 0\t\t\t1536.000 MiB\n  GPU 1\t\t\t512.000 MiB\n  All GPUs\t\t\t2048.000 MiB' ]]
	run_apart mprof compare "$dat" "$dat"
	[[ $output == *$'\nGPU peak '*"2.00 GiB"* ]]
	mprof compare --json "$dat" "$dat" | grep '"gpu_mib"' >/dev/null
	mprof check --max-gpu-peak 2GiB "$dat"
}
