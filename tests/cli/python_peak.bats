#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The peaks that memory_usage() of the module memory_profiler gives, of a
# process and of a tree.
load helper
load ../python/helper

# A large block is a mapping: its memory comes and goes with it.
own_setup() {
	export MALLOC_MMAP_THRESHOLD_=131072
	FILES=$SOURCE/build/python
}

# The blocks live shorter than any interval. The kernel's high-water mark shows
# each of them, since each is larger than the one before.
@test "max_usage is the peak, however short, and no more" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >peak.py <<-'END'
	import mmap, resource
	from memory_profiler import memory_usage
	def spike(mib):
	    populate = 0x8000
	    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | populate
	    mmap.mmap(-1, mib << 20, flags=flags).close()
	for mib in range(30, 150, 10):
	    found = memory_usage((spike, (mib,)), interval=60, max_usage=True)
	    truth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
	    assert abs(found - truth) < 0.4, (mib, found, truth)
	low = memory_usage(lambda: 1, max_usage=True)
	assert low < truth - 100, (low, truth)
	END
	PYTHONPATH=$FILES "$python" peak.py
}

@test "include_children counts descendants, orphans too, and no helper of ours" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	cat >tree.py <<-'END'
	import os, sys, time
	from memory_profiler import memory_usage
	def held(mib):
	    return memory_usage(-1, include_children=True)[0]
	def rss(pid):
	    with open("/proc/%d/statm" % pid) as f:
	        return int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
	alone = memory_usage(-1, include_children=True)[0]
	# A helper would be of 8 MiB at least.
	assert abs(alone - rss(os.getpid())) < 6
	stay = []
	def tree():
	    r, w = os.pipe()
	    until, end = os.pipe()
	    child = os.fork()
	    if child == 0:
	        grandchild = os.fork()
	        if grandchild == 0:
	            block = bytearray(80 << 20)
	            os.write(w, b"x")
	            os.close(end)
	            os.read(until, 1)
	            os._exit(0)
	        os.read(r, 1)
	        time.sleep(0.1)
	        os._exit(0)  # the grandchild is an orphan now
	    os.waitpid(child, 0)
	    time.sleep(0.1)
	    stay.append(end)
	values = memory_usage(tree, interval=0.01, include_children=True)
	assert max(values) > alone + 80, values
	# The last one is taken when tree() has returned, whatever else runs.
	assert values[-1] > alone + 60, values
	os.close(stay.pop())
	only = memory_usage(tree, interval=0.01)
	assert max(only) < alone + 20, only
	os.close(stay.pop())
	END
	PYTHONPATH=$FILES "$python" tree.py
}

@test "a tree's peak counts what is shorter than any look at it" {
	python=$(known_pythons | head -n 1)
	[ -n "$python" ] || skip 'no CPython here'
	same "$(PYTHONPATH=$FILES "$python" "$SCRIPTS/tree_peak.py")" whole
}
