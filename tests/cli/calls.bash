# SPDX-License-Identifier: MIT
# A program that does nothing but call, for the seconds of its argument, and
# what its stacks can be.

# Writes calls.py here.
write_calls() {
	cat >calls.py <<-'END'
	import sys, time
	def leaf(n):
	    return n + 1
	def left(n):
	    return leaf(n) + leaf(n)
	def right(n):
	    return left(n)
	def numbers(n):
	    for i in range(3):
	        yield left(i)
	class Thing:
	    def __init__(self, n):
	        self.n = right(n)
	def main():
	    end = time.process_time() + float(sys.argv[1])
	    while time.process_time() < end:
	        Thing(1)
	        sum(numbers(2))
	main()
	END
}

# The frames of each stack that isn't a path through calls.py.
false_stacks() {
	awk -v file="$PWD/calls.py" '
	BEGIN {
		split("<module>:11>Thing <module>:19>main " \
		    "main:17>__init__ main:18>numbers " \
		    "__init__:13>right numbers:10>left right:7>left " \
		    "left:5>leaf", edges, " ")
		for (i in edges)
			good[edges[i]] = 1
	}
	/^STACK/ && match($0, /frames=[^ ]*/) {
		text = substr($0, RSTART + 7, RLENGTH - 7)
		if (!index(text, "calls.py"))
			next
		count = split(text, frames, ",")
		before = ""
		for (i = count; i > 0; i--) {
			at = split(frames[i], parts, ":")
			name = parts[at]
			sub(/.*\./, "", name)
			edge = before ">" name
			if (before == "" && name != "<module>" ||
			    before != "" && !(edge in good)) {
				print text
				next
			}
			before = name ":" parts[at - 1]
		}
	}' "$1"
}
