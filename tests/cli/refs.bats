#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# mprof refs: what keeps the objects of a type in a live interpreter alive, or
# what they hold, against a program that holds them in known ways.
# shellcheck disable=SC2030,SC2031  # each test has a $pid of its own

load helper.bash
load live.bash
bats_require_minimum_version 1.5.0

PROGRAM=$BATS_TEST_DIRNAME/../python/refs.py

launch_first() {
	local python

	python=$(pythons | head -n 1)
	[ "$python" ] || skip "no CPython here that can be read"
	launch "$python" "$PROGRAM" "$@"
}

# The chains of a type, without the head, and without what differs from one
# version to the next, sizes and how much a module has; a line a chain and its
# path: chains TYPE [OPTION ...]
chains() {
	mprof refs "$pid" "$@" | sed -E '1,/# objects/d' |
		sed -E ':a; N; $!ba; s/\n +(← )/ \1/g' |
		sed -E 's/^ +([0-9]+) +([0-9]+%) +<?[0-9.]+ ([KMG]i)?B /\1 \2/
			s/^ +//; s/(dict) [0-9]+ items? ← module/\1 ← module/'
}

# The same of what they hold.
referents() {
	mprof refs --referents "$pid" "$@" | sed '1,/# objects/d'
}

@test "each way to hold an object is found, on each CPython" {
	local python none=yes

	for python in $(pythons); do
		echo "# $("$python" -V)" >&3
		none=
		launch "$python" "$PROGRAM" 100
		same "$(chains Lesson)" \
'100 100% Lesson ← list 100 items ← dict ← module
courses.views.kept[…]
(10 of them in other chains too)
10 10% Lesson ← dict 11 items ← Registry ← dict ← module
__main__.registry.by_number[…]
(10 of them in other chains too)'
		same "$(chains Course)" \
'1 50% Course ← list 1 item ← type __main__.Registry ← dict ← module
__main__.Registry.shared[0]
1 50% Course ← Slotted ← dict 11 items ← Registry ← dict ← module
__main__.registry.by_number['\''evil \x1b[31m'\''\\n'\''].value'
		same "$(chains Receiver)" \
'30 100% Receiver ← list 30 items ← Signal ← dict ← module
__main__.sig.receivers[…]
(30 of them in other chains too)
30 100% Receiver ← list 30 items ← dict 1 item ← Cache ← dict ← module
__main__.cache.d['\''k'\''][…]
(30 of them in other chains too)'
		same "$(referents Pupil --depth 1 | sed 's/ (the same.*//' |
			LC_ALL=C sort)" \
'        1    .active bool True
        1    .grade str '\''interned'\''
        1    .group str '\''interned'\''
        1    .paid bool True
        2    .course_id int
        2    .id int
        2  Pupil'
		[ "$(referents Pupil --depth 1 | grep -c 'the same as \.')" -eq 3 ]
		same "$(chains Local)" \
'1 100% Local ← deque 1 item ← dict ← module
__main__.queue[0]'
		same "$(chains Iterated)" \
'1 100% Iterated ← list 1 item ← frame
thread worker: work(): local[0]'
		same "$(chains Lost | sed 's/:.*//')" \
'1 100% Lost ← dict
held by its own cycle'
		let_end
	done
	[ -z "$none" ] || skip "no CPython here that can be read"
}

@test "a weak reference holds nothing" {
	launch_first 10
	same "$(chains Weak)" \
'1 100% Weak ← dict ← module
__main__.weak'
	let_end
}

@test "a weak reference holds its callback, and what its class adds" {
	local python none=yes

	cat >weak.py <<-END
	import sys, weakref
	class Owner: pass
	class Called: pass
	class Keyed: pass
	class Own: pass
	class Ref(weakref.ref):
	    __slots__ = ("key", "__dict__")
	def caller(of):
	    return lambda ended: of
	def added():
	    one = Ref(owner)
	    one.key, one.own = Keyed(), Own()
	    return one
	owner = Owner()
	refs = [weakref.ref(owner, caller(Called())) for i in range(20)]
	proxies = [weakref.proxy(owner, caller(Called())) for i in range(10)]
	subs = [added() for i in range(5)]
	print("ready", flush=True)
	sys.stdin.readline()
	END
	for python in $(pythons); do
		echo "# $("$python" -V)" >&3
		none=
		launch "$python" weak.py
		same "$(for type in Called Keyed Own Owner; do
			mprof refs --json "$pid" "$type" |
				jq -r '.chains[] | "\(.objects) \(.path)"'
		done)" \
'20 __main__.refs[…].__callback__.__closure__[0].cell_contents
10 __main__.proxies[…].__callback__.__closure__[0].cell_contents
5 __main__.subs[…].key
5 __main__.subs[…].own
1 __main__.owner'
		let_end
		pid=
	done
	[ -z "$none" ] || skip "no CPython here that can be read"
}

@test "a buffer that was released holds nothing, whatever is where its shape was" {
	cat >released.py <<-END
	import ctypes, gc, sys
	views = []
	for i in range(200):
	    kind = ctypes.c_short * (1000 + i) * 2 * 3 * 4
	    view = memoryview(kind())
	    view.release()
	    views.append(view)
	del kind, view
	gc.collect()
	# As long as a shape of four dimensions, which went with its type.
	kept = [complex(i, 1) for i in range(5000)]
	print("ready", flush=True)
	sys.stdin.readline()
	END
	[ "$(pythons)" ] || skip "no CPython here that can be read"
	launch "$(pythons | head -n 1)" released.py
	same "$(mprof refs --json "$pid" complex |
		jq -r '.chains[].path | select(test("views"))')" ''
	mprof refs --json "$pid" complex |
		jq -e '.chains[0].path == "__main__.kept[…]"'
	let_end
	pid=
}

@test "a line of thousands is a few chains, cut at the depth" {
	launch_first 10
	[ "$(chains Node | grep -c 'Node ← ')" -le 4 ]
	[[ $(chains Node | head -n 1) =~ ^2997\ 100%\ Node ]]
	same "$(chains Node --depth 1 --count 1)" \
'2999 100% Node ← … ← module
__main__….after
(1 more: --count 0)'
	let_end
}

@test "what they hold, as deep as asked for" {
	launch_first 100
	same "$(referents Registry --depth 1)" \
'        1  Registry
        1    .by_number dict 11 items'
	mprof refs --referents "$pid" Registry >deeper
	grep -Eq '^ +10 +\[…\] Lesson$' deeper
	grep -Eq '^ +1 +\.value Course$' deeper
	mprof refs --referents --json "$pid" Lesson >json
	same_json "$(jq -c '.roots[0] | .objects, (.referents |
		map(select(.name == "number" or .name == "title")) |
		map([.name, .type, .objects]))' json)" \
		$'100\n[["number","int",100],["title","str",100]]'
	let_end
}

@test "--json has the types, names and counts" {
	launch_first 100
	mprof refs --json "$pid" courses.models.Lesson --count 1 >json
	same_json "$(jq -c '.objects, .chains_found, (.types[0] | .type, .count),
		(.chains[] | .objects, .root, .path, [.links[] |
			[.type, .held, .name]])' json)" \
'100
2
"courses.models.Lesson"
100
100
"module"
"courses.views.kept[…]"
[["courses.models.Lesson","item",null],["list","value","kept"],["dict","dict",null],["module",null,"courses.views"]]'
	let_end
}

@test "a cache of a library comes last, a program's own does not" {
	launch_first 10
	same "$(chains Cached)" \
'2 22% Cached ← _lru_list_elem ← dict 2 items ← _lru_cache_wrapper ← dict ← module
__main__.own.cache[…].result
2 22% Cached ← list 2 items ← dict ← module
__main__.cached[…]
5 56% Cached ← list 5 items ← dict 1 item ← dict ← module
linecache.cache['\''lines'\''][…]
(a cache of the interpreter or a library)'
	mprof refs --json "$pid" Cached >json
	same_json "$(jq -c '[.chains[].cache]' json)" '[false,false,true]'
	let_end
}

@test "the root of a single large buffer among thousands of small ones is shown" {
	local python

	python=$(pythons | head -n 1)
	[ "$python" ] || skip "no CPython here that can be read"
	printf '%s\n' 'import time' 'small = [("%d" % i) * 3 for i in range(9999)]' \
		'class Held: pass' 'held = Held()' 'held.text = "x" * (8 << 20)' \
		'print("ready", flush=True)' 'time.sleep(300)' >large.py
	launch "$python" large.py
	mprof refs "$pid" str --count 1 >out
	same "$(grep -c '# objects' out)" 1
	grep -q '^ *__main__\.small\[…\]$' out
	same "$(grep -A 1 '__main__\.held\.text$' out | tail -n 1 | sed 's/^ *//')" \
		'(what retains most of all)'
	# Both are in one unit, also where one is a thousandth of the other.
	same "$(grep -cE '[0-9.]+ [KMG]?i?B  str' out)" 2
	same "$(grep -cE '[0-9.]+ MiB  str' out)" 2
	COLUMNS=50 mprof refs "$pid" str --count 1 |
		grep -Eq '^ {30,}← .*module$'
	mprof refs "$pid" str --count 0 >all
	same "$(grep -c 'retains most' all)" 0
	kill "$pid"
}

@test "sizes that are retained are those that Python's own walk finds" {
	launch_first 100
	mprof refs --json "$pid" courses.models.Lesson >json
	# The program sums up all that cannot be reached without the list.
	same "$(jq '.chains[0].retained' json)" "$(sed -n 's/retained //p' out)"
	let_end
}

# Lines with all that is below them, sorted: they come by address.
blocks() {
	sed ':a; N; $!ba; s/\n    /|/g' | LC_ALL=C sort
}

@test "one object: both directions, as the program itself sees them" {
	launch_first 100
	mprof refs "$pid" Lesson --one 3 | sed 1,3d >text
	same "$(blocks <text)" "$(blocks <<END

What refers to it
  [3] of dict 11 items
    .by_number of Registry
      ['registry'] of dict $(sed -n 's/main //p' out) items
  [3] of list 100 items
    ['kept'] of dict 6 items
      .__dict__ of module courses.views
  .me of Lesson (itself)

What it refers to
  .number int 3
  .title str 'lesson 3'
  .me Lesson (itself)
END
	)"
	mprof refs "$pid" Lesson --one 3 --json --depth 1 >json
	# gc.get_referrers() and gc.get_referents() of it.
	same "$(jq -r '.objects as $all | .id as $id | (.referrers[] | .from),
		(.referents[] | .to) | . as $o | $all[] |
		select(.id == $o) | .type' json | LC_ALL=C sort)" \
		"$(sed -n 's/around //p' out | tr ' ' '\n' | LC_ALL=C sort)"
	address=$(mprof refs "$pid" Lesson --one 3 | sed -nE 's/.*(0x[0-9a-f]+).*/\1/p')
	same "$(mprof refs "$pid" Lesson --one "$address" | sed 1,3d)" "$(cat text)"
	mprof refs "$pid" Lesson --one 3 -o one.svg
	grep -q '>what holds it or is held by it<' one.svg
	mprof refs "$pid" Lesson --one 3 -o one.dot
	grep -q "label=\"str 'lesson 3'\"" one.dot
	run ! grep -E -- '-> n[0-9]+;' one.dot
	run_apart mprof refs "$pid" Lesson --one 100
	[ "$status" -eq 1 ]
	same "$errors" "mprof: process $pid: no object 100 of that type; the last of its 100 objects has the number 99"
	run_apart mprof refs "$pid" Lesson --one 0x10
	[ "$status" -eq 1 ]
	run_apart mprof refs "$pid" Lesson --one 3 --referents
	[ "$status" -eq 2 ]
	let_end
}

@test "threads and asyncio's tasks are roots, by their names" {
	cat >named.py <<-END
	import asyncio, sys, threading
	class InTask: pass
	class InThread: pass
	class OnThread: pass
	async def fetch():
	    rows = [InTask() for _ in range(7)]
	    waits.set()
	    await asyncio.sleep(1000)
	async def main():
	    task = asyncio.ensure_future(fetch())
	    getattr(task, "set_name", print)("fetcher")
	    await task
	def work():
	    mine = [InThread() for _ in range(3)]
	    threading.current_thread().cache = [OnThread() for _ in range(4)]
	    stands.set()
	    end.wait()
	waits, stands, end = (threading.Event() for _ in range(3))
	loop = asyncio.new_event_loop()
	threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True).start()
	threading.Thread(target=work, name="worker", daemon=True).start()
	waits.wait(), stands.wait()
	print("ready", flush=True)
	sys.stdin.readline()
	END
	[ "$(pythons)" ] || skip "no CPython here that can be read"
	launch "$(pythons | head -n 1)" named.py
	path() {
		mprof refs --json "$pid" "$1" |
			jq -r '.chains[0] | "\(.objects) \(.root) \(.path)"'
	}
	same "$(path InTask)" '7 task task fetcher: fetch(): rows[…]'
	same "$(path InThread)" '3 frame thread worker: work(): mine[…]'
	same "$(path OnThread)" '4 thread thread worker.cache[…]'
	kill "$pid"
	wait "$pid" || true
	pid=
}

@test "many threads and tasks whose names differ in a number are one chain" {
	local python none=yes

	cat >many.py <<-END
	import asyncio, sys, threading
	class Job: pass
	class Held: pass
	async def handler(job):
	    await waits.wait()
	def serve():
	    asyncio.set_event_loop(loop)
	    loop.run_until_complete(main())
	async def main():
	    global waits
	    waits = asyncio.Event()
	    tasks.update(loop.create_task(handler(Job())) for i in range(40))
	    await asyncio.sleep(0)
	    loop.call_soon(started.release)
	    await waits.wait()
	def body(context):
	    started.release()
	    ended.wait()
	tasks, loop = set(), asyncio.new_event_loop()
	started, ended = threading.Semaphore(0), threading.Event()
	threads = [threading.Thread(target=serve, daemon=True)] + [
	    threading.Thread(target=body, name="body-%d" % i,
	        args=(Held(),), daemon=True) for i in range(20)]
	for thread in threads:
	    thread.start()
	for thread in threads:
	    started.acquire()
	del thread, threads
	print("ready", flush=True)
	sys.stdin.readline()
	END
	for python in $(pythons); do
		echo "# $("$python" -V)" >&3
		none=
		launch "$python" many.py
		same "$(for type in Job Held Task; do
			mprof refs --json "$pid" "$type" | jq -r '.chains[] |
				select(.objects > 2) | "\(.objects) \(.path)"' |
				sed 's/(coroutine).cr_frame/: handler()/'
		done)" \
'40 task Task-…: handler(): job
20 thread body-…: body(): context
20 thread body-…._args[0]
40 __main__.tasks{…}'
		mprof heap "$pid" --save a.heap >/dev/null
		grep -q '_asyncio.Task.*__main__.tasks{…}' a.heap
		kill "$pid"
		wait "$pid" || true
		pid=
	done
	[ -z "$none" ] || skip "no CPython here that can be read"
}

# In a greenlet, in a thread that is one, in the main one while that waits too.
greenlets() {
	cat >green.py <<-END
	import importlib, sys
	library = importlib.import_module(sys.argv[1])
	if sys.argv[1] == "gevent":
	    importlib.import_module("gevent.monkey").patch_all()
	else:
	    library.monkey_patch()
	import select, threading, time
	class Row: pass
	waiting = []
	def fetch(count):
	    rows = [Row() for _ in range(count)]
	    waiting.append(threading.current_thread())
	    library.sleep(1000)
	    return rows
	def tick():
	    mine = [Row() for _ in range(4)]
	    waiting.append(None)
	    time.sleep(1000)
	    return mine
	def main():
	    rows = [Row() for _ in range(5)]
	    library.spawn(fetch, 7).name = "loader"
	    library.spawn(fetch, 3)
	    threading.Thread(target=tick, name="ticker", daemon=True).start()
	    while len(waiting) < 3:
	        library.sleep(0)
	    print("ready", flush=True)
	    select.select([sys.stdin], [], [])
	    return rows
	main()
	END
	launch "$1" green.py "$2"
	same "$(mprof refs --json "$pid" Row |
		jq -r '.chains[] | "\(.objects) \(.root) \(.path)"' |
		sed -E 's/Green[a-zA-Z]* at 0x[0-9a-f]+/NAMELESS/')" \
'7 frame greenlet loader: fetch(): rows[…]
5 frame main(): rows[…]
4 frame thread ticker: tick(): mine[…]
3 frame greenlet NAMELESS: fetch(): rows[…]'
	let_end
}

@test "greenlets of gevent and eventlet are roots, by their names" {
	local python library tried=''

	for python in $(pythons); do
		for library in gevent eventlet; do
			"$python" -W ignore -c "import $library" 2>/dev/null ||
				continue
			greenlets "$python" $library
			tried+=" $library on $("$python" -V);"
			# Each Python once; eventlet's own ways as well.
			[[ $tried != *eventlet* ]] || break
		done
	done
	[ "$tried" ] || skip "neither gevent nor eventlet here"
	echo "#$tried" >&3
}

# A program that holds 37 lessons more with each line.
launch_growing() {
	cat >growing.py <<-END
	import sys
	class Lesson:
	    pass
	kept = [Lesson() for _ in range(5)]
	idle = [Lesson() for _ in range(50)]
	print("ready", flush=True)
	for line in sys.stdin:
	    kept.extend(Lesson() for _ in range(37))
	    print("has", len(kept), flush=True)
	END
	# shellcheck disable=SC2046  # an interpreter a word
	[ "$(pythons)" ] || skip "no CPython here that can be read"
	launch "$(pythons | head -n 1)" growing.py
}

# grow COUNT: one line more, until it has so many
grow() {
	echo >&8
	soon_while "$pid" grep -qsx "has $1" out
}

@test "--grown leads with the place that grew between two looks, and since" {
	launch_growing
	mprof heap "$pid" --save a.heap >/dev/null
	grow 42
	mprof heap "$pid" --save b.heap >/dev/null
	grow 79
	mprof refs "$pid" --grown a.heap b.heap --json >json
	same "$(jq -c '.grown[0] | [.objects, .since, .type, .path]' json)" \
		'[37,37,"__main__.Lesson","__main__.kept[…]"]'
	# The files tell which one is older.
	mprof refs "$pid" Lesson --grown b.heap a.heap --json >json
	same "$(jq -c '.grown | length, (.[0] | [.objects, .path])' json)" \
		$'1\n[37,"__main__.kept[…]"]'
	mprof refs "$pid" --grown a.heap b.heap >text
	grep -Eq '^ +\+37 +\+37 +[0-9.]+ (B|[KM]iB)  __main__.Lesson$' text
	grep -Eq '^ +__main__\.kept\[…\]$' text
	same "$(mprof refs "$pid" nothing --grown a.heap b.heap | tail -n 1)" \
		"Nothing did."
	# heap reads the same files.
	mprof heap --diff a.heap b.heap | grep -Eq '__main__.Lesson \| +\+37 '
	let_end
	run_apart mprof refs "$pid" --grown a.heap b.heap
	[ "$status" -eq 1 ]
	[ "$errors" ]
}

@test "--grown: what running functions hold is named by the root, not by the path" {
	cat >growing.py <<-END
	import sys
	class Lesson:
	    pass
	table = {"held by no object: f(): x": [Lesson() for _ in range(5)]}
	def serve():
	    rows = [Lesson() for _ in range(5)]
	    print("ready", flush=True)
	    for line in sys.stdin:
	        rows.extend(Lesson() for _ in range(90))
	        table["held by no object: f(): x"].extend(
	            Lesson() for _ in range(37))
	        print("has", len(rows), flush=True)
	serve()
	END
	[ "$(pythons)" ] || skip "no CPython here that can be read"
	launch "$(pythons | head -n 1)" growing.py
	mprof heap "$pid" --save a.heap >/dev/null
	grow 95
	mprof heap "$pid" --save b.heap >/dev/null
	# A place that holds objects in passing must have grown in both steps.
	same "$(mprof refs "$pid" Lesson --grown a.heap b.heap --json |
		jq -c '.grown[] | [.objects, .since, .path]')" \
		'[37,0,"__main__.table['"'held by no object: f(): x'"'][…]"]'
	grow 185
	same "$(mprof refs "$pid" Lesson --grown a.heap b.heap --json |
		jq -c '.grown[] | [.objects, .since, .path]')" \
"[37,37,\"__main__.table['held by no object: f(): x'][…]\"]
[90,90,\"serve(): rows[…]\"]"
	let_end
	pid=
}

@test "--grown: files that have not what it needs, or are of another program" {
	launch_growing
	mprof heap "$pid" --save a.heap >/dev/null
	mprof heap "$pid" --save counts.heap --no-paths >/dev/null
	refused() {
		run_apart mprof refs "$pid" --grown "$1" "$2"
		[ "$status" -eq 1 ]
		[[ $errors == "mprof: "*"$3"* ]]
		[ -z "$output" ]
	}
	refused a.heap counts.heap 'counts.heap: has only counts'
	refused a.heap none.heap 'none.heap: '
	sed 's/^pid .*/pid 1/' a.heap >other.heap
	refused a.heap other.heap 'are from two programs'
	refused other.heap other.heap 'other.heap: is of process 1, not of'
	sed 's/^started .*/started 7/' a.heap >before.heap
	refused a.heap before.heap 'with another start'
	refused before.heap before.heap 'that one has ended'
	head -c "$(($(wc -c <a.heap) / 2))" a.heap >cut.heap
	refused a.heap cut.heap 'cut.heap:'
	head -n -1 a.heap >short.heap
	refused a.heap short.heap 'short.heap: its end is missing'
	sed 's/^paths .*/paths 3/' a.heap >wrong.heap
	refused a.heap wrong.heap 'is not a line of mprof heap'
	sed 's/^path \([0-9]*\) .*/path \1 x/' a.heap >corrupt.heap
	refused a.heap corrupt.heap 'is not a line of mprof heap'
	for words in a.heap 'a.heap b.heap c d' 'a.heap a.heap --one 1' \
		'a.heap a.heap --referents' 'a.heap a.heap -o x.svg' \
		'a.heap a.heap --children'; do
		# shellcheck disable=SC2086  # words
		run_apart mprof refs "$pid" --grown $words
		[ "$status" -eq 2 ]
	done
	let_end
}

@test "a type that is not there: what may be meant is named" {
	launch_first 10
	run_apart mprof refs "$pid" Lessn
	[ "$status" -eq 1 ]
	same "$errors" "mprof: process $pid: no object of type Lessn; there are of type Lesson"
	run_apart mprof refs "$pid" lesson
	[ "$status" -eq 1 ]
	same "$errors" "mprof: process $pid: no object of type lesson; there are of type courses.models.Lesson"
	run_apart mprof refs "$pid" other.Lesson
	[ "$status" -eq 1 ]
	run_apart mprof refs "$pid" ''
	[ "$status" -eq 1 ]
	let_end
}

@test "hostile names reach neither terminal nor picture as they are" {
	launch_first 10
	mprof refs "$pid" $'Evil\x1b[31m\u202e' >raw
	mprof refs "$pid" 'Evil\x1b[31m\u{202e}' >shown
	same "$(sed 1d raw)" "$(sed 1d shown)"
	mprof refs "$pid" Slotted --json >json
	mprof refs "$pid" Slotted -o slotted.dot
	run ! grep -q $'\x1b' raw shown json slotted.dot
	grep -Fq "by_number['evil \\x1b[31m'\\\\n']" <(mprof refs "$pid" Slotted)
	grep -Fq '\\x1b[31m' slotted.dot
	jq -e '.chains[0].links[0].name | contains("evil \u001b")' json
	run_apart mprof refs "$pid" $'none\x1b[2J'
	[ "$status" -eq 1 ]
	[[ $errors != *$'\x1b'* ]]
	let_end
}

@test "pictures: a format by the name, light and dark" {
	[ -f "$SOURCE/build/graph.so" ] || skip "built without Graphviz"
	launch_first 100
	mprof refs "$pid" Lesson -o l.png
	mprof refs "$pid" Lesson -o l.svg --theme dark
	mprof refs "$pid" Lesson -o l.pdf
	mprof refs "$pid" Lesson -o l.dot
	mprof refs "$pid" Lesson --referents -o r.png
	[ "$(head -c 4 l.png | tail -c 3)" = PNG ]
	[ "$(head -c 4 r.png | tail -c 3)" = PNG ]
	[ "$(head -c 5 l.pdf)" = '%PDF-' ]
	grep -q '<svg' l.svg
	mprof refs "$pid" Lesson -o light.svg
	run ! cmp -s l.svg light.svg
	grep -q 'n0 \[label="Lesson\\n100 objects"\]' l.dot
	grep -q 'label="\.kept"' l.dot
	grep -q 'label="list 100 items"' l.dot
	# Every arrow has a name.
	run ! grep -E -- '-> n[0-9]+;' l.dot
	# More boxes than a picture can have.
	run_apart mprof refs "$pid" str --count 0 -o many.png
	[ "$status" -eq 1 ]
	[[ $errors == *'a picture has at most 400'* ]]
	[ ! -e many.png ]
	let_end
}

@test "without Graphviz's library there is DOT, and a word about it" {
	launch_first 10
	mkdir alone
	copy_alone alone/mprof
	run_apart alone/mprof refs "$pid" Lesson -o l.svg
	[ "$status" -eq 1 ]
	[[ $errors == *'; wrote l.dot instead, which dot -Tsvg draws' ]]
	[ ! -e l.svg ]
	grep -q '^digraph' l.dot
	let_end
}

@test "an output that can't be written is said, and nothing is left" {
	launch_first 10
	for file in none/l.dot none/l.svg; do
		run_apart mprof refs "$pid" Lesson -o "$file"
		[ "$status" -eq 1 ]
		[[ $errors == *"none"*'No such file or directory'* ]]
	done
	for file in l.html l. l none.d/l; do
		case $file in
		*.html) why='no format of graphs is called html; ' ;;
		*) why= ;;
		esac
		run_apart mprof refs "$pid" Lesson -o "$file"
		[ "$status" -eq 2 ]
		same "$errors" "mprof: $file: ${why}end the name with .png, .svg, .pdf, .eps or .dot"
	done
	[ -z "$(find . -name 'l*')" ]
	let_end
}

@test "what can't be read is said, with what to do" {
	sleep 100 &
	pid=$!
	soon runs "$pid" sleep
	run_apart mprof refs "$pid" list
	[ "$status" -eq 1 ]
	same "$errors" "mprof: process $pid: runs no Python"
	kill "$pid"
	pid=
	run_apart mprof refs 999999999 list
	[ "$status" -eq 1 ]
	for words in '' 1 '1 list dict' '--depth 1001 1 list' \
		'--json -o l.dot 1 list' '--depth x 1 list' '--sum 1 list' \
		'--children --sum --referents 1 list'; do
		# shellcheck disable=SC2086  # words
		run_apart mprof refs $words
		[ "$status" -eq 2 ]
	done
}

@test "no permission: what stands in the way is named" {
	[ "$(id -u)" -eq 0 ] || skip "not root: no other user to be"
	command -v setpriv >/dev/null || skip "no setpriv"
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	"${nobody[@]}" test -x "$MPROF" ||
		skip "nobody can't run the program under test"
	without_leak_check
	launch_first 10
	run_apart "${nobody[@]}" "$MPROF" refs "$pid" Lesson
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: process $pid: not permitted to read its memory"* ]]
	[[ $errors == *CAP_SYS_PTRACE* ]]
	let_end
}

@test "the example: a list of the site's leaks, and refs finds it" {
	local python found=

	for python in $(pythons); do
		"$python" -c 'import django' 2>/dev/null && found=$python && break
	done
	[ "$found" ] || skip "Django is not installed"
	cp -r "$SOURCE/examples/django" site
	cd site || return 1
	"$found" manage.py migrate >/dev/null
	"$found" manage.py fill >/dev/null
	launch "$found" -c 'import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "school.settings"
import django; django.setup()
from django.test import RequestFactory
from courses import views
for i in range(3):
    views.lessons_kept(RequestFactory().get("/lessons/kept/"))
print("ready", flush=True)
sys.stdin.readline()'
	same "$(chains Lesson)" \
'300 100% Lesson ← list 300 items ← dict ← module
courses.views.kept[…]'
	let_end
}

@test "its options are offered" {
	mprof complete -- refs --re | grep -q '^--referents'
	mprof complete -- refs '' | grep -qx ':pids'
}
