#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the program says of itself: usage, help, versions, and that the manual
# says the same.
load helper

# Every command that the usage lists.
commands() {
	mprof --help | sed -n 's/^    \([a-z][a-z]*\) .*/\1/p'
}

# The options of --help, sorted, as letter|name|value.
options_of_help() {
	mprof "$1" --help | awk '
		/^Options:/ { on = 1; next }
		on && /^$/ { exit }
		on && /^  (-.,|   ) --/ {
			letter = substr($0, 3, 1) == "-" ? substr($0, 4, 1) : ""
			split(substr($0, 9), word, " ")
			value = substr($0, 9 + length(word[1]) + 0, 2)
			value = value ~ /^ [^ ]/ ? word[2] : ""
			# --name[=VALUE]: it may be left out
			if (split(word[1], part, "[][=]+") > 1) {
				word[1] = part[1]
				value = part[2]
			}
			print letter "|" word[1] "|" toupper(value)
		}' | LC_ALL=C sort
}

# The options that the page's list explains, in the same form.
options_of_page() {
	sed -n 's/\\-/-/g; s/^\.It Fl //p' "$1" |
		sed '/^-/s/ , Fl -/\n-/g' | awk '
		/^(. , Fl )?-/ {
			letter = $2 == "," ? $1 : ""
			name = letter == "" ? $1 : $4
			value = ""
			if (match($0, / Ar .*/))
				value = substr($0, RSTART + 4)
			sub(/^-/, "", name)
			print letter "|" name "|" toupper(value)
		}' | LC_ALL=C sort
}

# Its flags, a line each: -x of a bundle such as "Fl xyz", and --long ones.
flags_of_synopsis() {
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$1" |
		sed 's/\\-/-/g' | grep -o 'Fl [^ ]*' | awk '
		substr($2, 1, 1) == "-" { print "-" $2; next }
		{ for (i = 1; i <= length($2); i++) print "-" substr($2, i, 1) }
		' | sort -u
}

@test "mprof alone prints the usage and fails" {
	run_apart mprof
	[ "$status" -eq 1 ]
	[[ $output == "Usage: mprof "* ]]
	[[ $output == *"mprof run"* && $output == *"mprof plot"* ]]
}

@test "--help and help print the usage and succeed" {
	for words in --help -h help; do
		run_apart mprof "$words"
		[ "$status" -eq 0 ]
		[[ $output == "Usage: mprof "* ]]
		[ -z "$errors" ]
	done
}

@test "each command has --help, -h and help COMMAND, all the same" {
	[ "$(commands | wc -l)" -gt 3 ]
	for command in $(commands); do
		mprof "$command" --help >long
		mprof "$command" -h >short
		mprof help "$command" >other
		cmp long short
		cmp long other
		grep -q "^Usage: mprof $command " long
		awk 'length > 80 { print FILENAME ": " $0; bad = 1 }
			END { exit bad }' long
	done
}

@test "--version --verbose prints what a report of a bug needs" {
	mprof --version --verbose >facts
	head -n 1 facts | cmp - <(mprof --version)
	same "$(sed -n 's/^  kernel  *//p' facts)" "$(uname -s) $(uname -r), $(uname -m)"
	same "$(sed -n 's/^  program  *//p' facts)" "$(readlink -f "$(command -v mprof)")"
	grep -q "^  allocation.so  *$(readlink -f "$(dirname "$(readlink -f "$(command -v mprof)")")")" facts
	for name in "$(dirname "$(readlink -f "$(command -v mprof)")")"/build/*.so; do
		grep -q "^  ${name##*/}  *.*${name##*/}$" facts
	done
	if [ -r /proc/sys/kernel/perf_event_paranoid ]; then
		same "$(sed -n 's/^  perf paranoid  *//p' facts)" \
			"$(cat /proc/sys/kernel/perf_event_paranoid)"
	fi
	(
		. /etc/os-release
		same "$(sed -n 's/^  system  *//p' facts)" "$PRETTY_NAME"
	)
}

@test "each command has --version, and all print the same" {
	mprof --version >version
	grep -qE '^mprof [0-9]+\.[0-9]+\.[0-9]+ \(' version
	for command in $(commands); do
		mprof "$command" --version | cmp - version
	done
}

@test "an unknown command names the nearest and prints the usage" {
	run_apart mprof pekk
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: pekk: no such command; did you mean mprof peak?"* ]]
	[[ $errors == *"Usage: mprof "* ]]
	[ -z "$output" ]
	run_apart mprof help pekk
	[ "$status" -eq 1 ]
	[[ $errors == *"did you mean mprof peak?"* ]]
	run_apart mprof --verison
	[ "$status" -eq 1 ]
	[[ $errors == *"did you mean mprof --version?"* ]]
}

@test "a program given as the command: run is suggested" {
	touch server.py
	run_apart mprof server.py
	[ "$status" -eq 1 ]
	[[ $errors == *"did you mean mprof run server.py?"* ]]
}

@test "an unknown option names the nearest, status 2" {
	run_apart mprof peak --verbos3
	[ "$status" -eq 2 ]
	[[ $errors == *"did you mean --verbose?"* ]]
	[[ $errors == *"see mprof help peak"* ]]
}

@test "a full disk behind the help is no success" {
	run_apart sh -c 'mprof --help >/dev/full'
	[ "$status" -eq 1 ]
	[[ $errors == "mprof: standard output: not written: "* ]]
}

@test "each command has a man page, and mprof(1) names it" {
	for command in $(commands); do
		[ -f "$SOURCE/man/mprof-$command.1" ] || {
			echo "no man/mprof-$command.1"
			return 1
		}
		grep -q "^\.It Xr mprof-$command 1" "$SOURCE/man/mprof.1" || {
			echo "mprof(1) has no .It Xr mprof-$command 1"
			return 1
		}
	done
}

@test "a page explains the options of --help, and no others" {
	for command in $(commands); do
		options_of_help "$command" >help
		options_of_page "$SOURCE/man/mprof-$command.1" >page
		[ -s help ]
		diff help page || {
			echo "help (<) and page (>) of $command differ"
			return 1
		}
	done
}

@test "a page's synopsis has each option of --help, and no others" {
	for command in $(commands); do
		page=$SOURCE/man/mprof-$command.1
		options_of_help "$command" | grep -vE '\|(help|version)\|' >help \
			|| true
		flags_of_synopsis "$page" >synopsis
		while IFS='|' read -r letter name _; do
			grep -qx -e "--$name" -e "-${letter:--}" synopsis || {
				echo "$page: no --$name in the synopsis"
				return 1
			}
		done <help
		[ "$(wc -l <synopsis)" -eq "$(wc -l <help)" ] || {
			echo "$page: its synopsis has other options than --help"
			diff synopsis help
			return 1
		}
	done
}

@test "a page names each value that an option can have" {
	local count=0

	for command in $(commands); do
		options_of_help "$command" | cut -d '|' -f 2 >names
		while read -r name; do
			mprof complete -- "$command" "--$name" '' |
				grep -v '^:' | cut -f 1 >values || continue
			page=$SOURCE/man/mprof-$command.1
			# The others refer to the one that explains tables.
			[ "$name" != unit ] || page=$SOURCE/man/mprof-export.1
			while read -r value; do
				grep -qwF -e "$value" "$page" || {
					echo "$page: --$name: no $value"
					return 1
				}
				count=$((count + 1))
			done <values
		done <names
	done
	[ "$count" -gt 30 ]
}

@test "help, pages and README name the newest CPython of the table" {
	newest=$(find "$SOURCE/src/python" -name offsets.def -exec \
		sed -n 's/^	\.minor = \([0-9]*\),/\1/p' {} + | sort -n | tail -n 1)
	range="CPython 3.8 to 3.$newest"
	for command in heap refs; do
		mprof $command --help | xargs | grep -F "$range"
	done
	for file in man/mprof-{run,attach,heap}.1 README.md; do
		grep -F "$range" "$SOURCE/$file"
	done
}

@test "each page names the version of none: the Makefile alone has it" {
	version=$(mprof --version | sed 's/mprof \([^ ]*\) .*/\1/')
	! grep -F "$version" -r "$SOURCE/man" "$SOURCE/src"
}
