#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof run --with records CPU, threads and other things beside memory.
load helper

# The last value of a figure of the whole: last KEY FILE
last() {
	sed -n "s/^USAGE;cpu=\(.*\)/;cpu=\1/p;s/^USAGE;$1=/;$1=/p" "$2" |
		sed -n "s/.*;$1=\([0-9.]*\).*/\1/p" | tail -1
}

@test "run --with cpu: that of descendants, ended ones too, as getrusage() has it" {
	cat >burn.py <<-'EOF'
		import os, resource, sys, time

		def burn(seconds):
		    end = time.process_time() + seconds
		    while time.process_time() < end:
		        pass

		for _ in range(20):  # shorter than the interval
		    if os.fork() == 0:
		        burn(0.02)
		        os._exit(0)
		    os.wait()
		if os.fork() == 0:  # a child's child
		    if os.fork() == 0:
		        burn(0.3)
		        os._exit(0)
		    os.wait()
		    os._exit(0)
		os.wait()
		burn(0.2)
		used = [resource.getrusage(who) for who in
		        (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
		print(sum(u.ru_utime + u.ru_stime for u in used),
		      sum(u.ru_minflt for u in used), flush=True)
		os._exit(0)  # how long an interpreter ends is not known
	EOF
	mprof run -q --with cpu,faults -o a.dat /usr/bin/python3 burn.py >truth
	read -r seconds faults <truth
	awk -v a="$(last cpu a.dat)" -v b="$seconds" -v f="$(last minor a.dat)" \
		-v g="$faults" 'BEGIN {
			exit !(a >= b - 0.002 && a <= b + 0.15 && f >= g &&
				f <= g + 2000)
		}'
	awk "BEGIN { exit !($seconds > 0.9) }"
	run_apart mprof check --max-cpu-mean 1% a.dat
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  max-cpu-mean  "*" %, at most 1 %" ]]
}

# The parents' times hold the child's, whose end nobody has noticed yet.
@test "run --with cpu: a child and its parents that end at once count once" {
	cat >burn.py <<-'EOF'
		import os, sys, time

		def burn():
		    while time.process_time() < 0.8:
		        pass
		    os._exit(0)

		def below(levels, what):
		    if os.fork() == 0:
		        if levels:
		            below(levels - 1, what)
		        else:
		            what()
		        os._exit(0)
		    os.wait()

		if sys.argv[1] == "chain":
		    below(2, burn)
		else:  # an orphan, for which the recorder waits, and its child
		    below(0, lambda: os.fork() == 0 and below(0, burn))
		    time.sleep(float(sys.argv[2]))
		os._exit(0)
	EOF
	local ways

	for ways in chain 'orphan 2'; do
		# shellcheck disable=SC2086
		mprof run -q --with cpu,faults -o a.dat /usr/bin/python3 burn.py $ways
		echo "$ways: $(last cpu a.dat) s"
		awk -v a="$(last cpu a.dat)" 'BEGIN { exit !(a >= 0.8 && a < 1.4) }'
		rm a.dat
	done
}

@test "run --with: threads, files and bytes of the whole and, with -M, of each" {
	cat >several.py <<-'EOF'
		import os, threading, time

		done = threading.Event()
		for _ in range(3):
		    threading.Thread(target=done.wait).start()
		files = [open("/dev/null") for _ in range(20)]
		with open("/dev/zero", "rb", buffering=0) as zero:
		    zero.read(64 << 20)
		with open("opened", "w") as opened:
		    print(len(os.listdir("/proc/self/fd")) - 2, file=opened)
		pid = os.fork()
		if pid == 0:
		    time.sleep(2.5)
		    os._exit(0)
		os.wait()
		done.set()
	EOF
	mprof run -q -M --with io,threads,files -o a.dat \
		/usr/bin/python3 -I -S several.py
	run_apart mprof check --max-threads 4 a.dat # the child has one
	[ "$status" -eq 1 ]
	[[ $output == "FAIL  max-threads  5, at most 4" ]]
	mprof check --max-threads 5 a.dat
	grep -q "^USAGE;pid=[0-9]*;threads=4;.*;files=$(cat opened) " a.dat
	[ "$(cat opened)" -gt 20 ]
	grep -q '^USAGE;pid=[0-9]*;threads=1;' a.dat
	awk -v read="$(grep -o '^USAGE;threads.*' a.dat |
		grep -o ';read=[0-9.]*' | tail -1 | cut -d= -f2)" 'BEGIN {
			exit !(read >= 64 && read < 70)
		}'
	# three columns, whatever a record says
	awk 'NR > 1 && !/^CHLD/ && NF != 3 { bad++ } END { exit bad > 0 }' a.dat
}

@test "attach --with: counts begin with the recording" {
	/usr/bin/python3 -c '
import time
end = time.process_time() + 0.5
while time.process_time() < end: pass
open("ready", "w").close()
time.sleep(100)' &
	soon test -e ready
	mprof attach -q --with cpu -t 0.5 -o a.dat $!
	kill $!
	awk "BEGIN { exit !($(last cpu a.dat) < 0.4) }"
}

@test "run --with: misuse is said before the program starts" {
	run_apart mprof run --with cpu,nonsense -o a.dat touch started
	[ "$status" -eq 2 ]
	[[ $errors == *"--with: nonsense: is none of cpu, threads, io,"* ]]
	run_apart mprof run --with '' -o a.dat touch started
	[ "$status" -eq 2 ]
	[ ! -e started ]
	recording a.dat
	run_apart mprof check --max-threads 3 --max-cpu-mean 50 a.dat
	[ "$status" -eq 1 ]
	[[ $output == *"FAIL  max-threads  unknown, at most 3 (not in the recording: mprof run --with threads records it)"* ]]
	for bad in --max-threads=0 --max-threads=x --max-cpu-mean=-1 \
		--max-cpu-mean=50x --max-cpu-mean=nan; do
		run_apart mprof check "$bad" a.dat
		[ "$status" -eq 2 ]
	done
}

@test "USAGE: exports, and rows in compare" {
	local dat=$SOURCE/tests/golden/usage.dat

	mprof export --format json "$dat" | python3 -c '
import json, sys
usage = json.load(sys.stdin)["runs"][0]["usage"]
assert usage["cpu_percent"] == [[1700000001, 50], [1700000004, 100]], usage
assert [v for _, v in usage["threads"]] == [2, 4, 4, 3], usage
assert usage["read_mib_per_s"] == [
    [1700000001, 8], [1700000002, 0], [1700000004, 1]], usage
assert "open_files" not in usage'
	mprof export --format csv "$dat" >a.csv
	grep -q '^1700000001.000000,1.000000,,total,cpu_percent,50.000000' a.csv
	mprof export --format openmetrics "$dat" >a.om
	grep -q '^mprof_cpu_seconds_total{.*} 0.500 1700000001.000$' a.om
	grep -q '^mprof_read_bytes_total{.*} 8388608 1700000001.000$' a.om
	grep -q '^mprof_process_threads{.*pid="12".*} 9 1700000004.000$' a.om
	run_apart mprof compare "$dat" "$dat"
	[[ $output == *$'\nmean CPU '*"83.3 %"* ]]
	[[ $output == *$'\nmost threads '*4.00* ]]
	recording b.dat
	run_apart mprof compare "$dat" b.dat
	[[ $output == *$'\nmean CPU '*"83.3 %"*unknown* ]]
	if command -v promtool >/dev/null; then
		promtool tsdb create-blocks-from openmetrics a.om data
	fi
}

@test "run --textfile --with: the figures of the last reading" {
	mkdir metrics
	run_apart mprof run -q --with cpu,threads --textfile metrics -o a.dat \
		sh -c 'for i in $(seq 300); do
			grep -q "^mprof_threads{.*} 2" metrics/*.prom && break
			sleep .2
		done; cat metrics/mprof-*.prom'
	[ "$status" -eq 0 ]
	[[ $output == *$'\n# TYPE mprof_cpu_seconds_total counter\nmprof_cpu_seconds_total{'* ]]
	[[ $output == *$'\nmprof_threads{'*'} '[1-9]* ]]
	[[ $output != *mprof_open_files* ]]
}

@test "run --with cgroup: what the group is charged, by kind, or why not" {
	run_apart mprof run -q --with cgroup,threads -o a.dat sh -c "
		dd if=/dev/zero of=cached bs=1M count=64 2>/dev/null
		$(until_sampled)"
	if [ "$status" -ne 0 ]; then
		[[ $errors == *"control groups: "* ]]
		[ ! -e a.dat ]
		return
	fi
	grep -q '^USAGE;threads=[0-9]*;group_anon=[0-9.]*;group_file=' a.dat
	mprof export --format openmetrics a.dat |
		grep -q '^mprof_cgroup_file_bytes{'
}
