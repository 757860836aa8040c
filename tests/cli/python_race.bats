#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The only code of ours that threads run is the agent's, inside Python, where
# the GIL has to keep them apart: ThreadSanitizer watches it at that.
# shellcheck disable=SC2154 # errors is run_apart's
load helper

setup_file() {
	local lib
	lib=$(cc -print-file-name=libtsan.so)
	lib=$(readlink -f "$lib")
	[ -e "$lib" ] && printf '%s' "$lib" >"$BATS_FILE_TMPDIR/runtime"
	return 0
}

own_setup() {
	command -v python3 >/dev/null || skip "python3 is not installed"
	[ -s "$BATS_FILE_TMPDIR/runtime" ] ||
		skip "this compiler has no ThreadSanitizer"
	runtime=$(cat "$BATS_FILE_TMPDIR/runtime")
	setarch -R true 2>/dev/null || skip "addresses can't be fixed here"
	export TSAN_OPTIONS=exitcode=66
}

# A shared object in which the sanitizer sees every access.
watched() {
	(cd "$SOURCE" && cc -std=gnu11 -D_GNU_SOURCE -O1 -g -fPIC -shared \
		-fvisibility=hidden -fsanitize=thread -Isrc \
		-DMPROF_VERSION='"0"' -o "$@" -ldl)
}

# Python below the sanitizer: threaded PRELOAD SCRIPT
threaded() {
	run_apart env LD_PRELOAD="$runtime $1" setarch -R python3 "$2"
}

@test "race: ThreadSanitizer sees what an object that Python loads does" {
	cat >racy.c <<-'END'
		#include <pthread.h>

		static volatile long count;

		static void *run(void *unused)
		{
			for (int i = 0; i < 100000; i++)
				count++;
			return unused;
		}

		__attribute__((constructor)) static void race(void)
		{
			pthread_t one, other;

			pthread_create(&one, NULL, run, NULL);
			pthread_create(&other, NULL, run, NULL);
			pthread_join(one, NULL);
			pthread_join(other, NULL);
		}
	END
	watched "$PWD/racy.so" "$PWD/racy.c"
	echo 'print("ran")' >quiet.py
	threaded "$PWD/racy.so" quiet.py
	[ "$status" -eq 66 ]
	[[ $errors == *"data race"*racy.c* ]]
}

@test "race: the agent has none, whatever threads do at once" {
	cat >threads.py <<-'END'
		import sys
		import threading

		from memory_profiler import profile

		sys.setswitchinterval(1e-5)


		@profile
		def inner(rounds):
		    kept = []
		    for i in range(rounds):
		        kept.append(i)


		@profile
		def generated(rounds):
		    for i in range(rounds):
		        yield i


		@profile
		def outer(rounds):
		    for _ in range(3):
		        inner(rounds)
		    try:
		        list(generated(rounds))
		        raise KeyError
		    except KeyError:
		        pass


		threads = [threading.Thread(target=outer, args=(n,))
		           for n in range(10, 90, 10)]
		[thread.start() for thread in threads]
		[thread.join() for thread in threads]
	END
	watched "$PWD/agent.so" "$SOURCE"/src/python/agent/*.c
	: >a.dat
	for lines in '' 1; do
		mkdir -p tables
		MPROF_AGENT_FILE=$PWD/a.dat MPROF_AGENT_RECORDER=$$ \
			MPROF_AGENT_TABLES=$PWD/tables \
			MPROF_AGENT_LINES=$lines threaded "$PWD/agent.so" threads.py
		[[ $errors != *ThreadSanitizer* ]]
		[ "$status" -eq 0 ]
	done
	[[ $output == *"def inner"* ]]
	[ "$(grep -c ^FUNC a.dat)" -ge 80 ]
}
