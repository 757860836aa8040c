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

# The stacks of a recording, each frame with its text in place of its number.
stacks_of() {
	awk '{
		if (!match($0, /frames=[^ ;]*/))
			next
		before = substr($0, 1, RSTART + 6)
		after = substr($0, RSTART + RLENGTH)
		count = split(substr($0, RSTART + 7, RLENGTH - 7), frame, ",")
		for (i = 1; i <= count; i++) {
			if (match(frame[i], /^#[0-9]+/)) {
				number = substr(frame[i], 1, RLENGTH)
				if (length(frame[i]) > RLENGTH)
					text[number] = substr(frame[i], RLENGTH + 2)
				frame[i] = text[number]
			}
			before = before (i > 1 ? "," : "") frame[i]
		}
		if (/^STACK/)
			print before after
	}' "$1"
}

# The frames of each stack that isn't a path through calls.py.
false_stacks() {
	stacks_of "$1" | awk -v file="$PWD/calls.py" '
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
	}'
}
