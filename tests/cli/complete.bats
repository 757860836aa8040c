#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the shells offer: asked of the program, and through each shell's own
# completion where the shell is installed.
load helper

own_setup() {
	recording mprofile_20261122010203.dat 'python first.py'
	recording mprofile_20261122040506.dat 'python second.py'
}

offered() {
	mprof complete -- "$@" | cut -f 1
}

@test "commands by their beginning, with what they do" {
	[ "$(offered pe)" = peak ]
	[[ $(mprof complete -- pe) == peak$'\t'print* ]]
	mprof --help | sed -n 's/^    \([a-z][a-z]*\) .*/\1/p' >listed
	offered '' | grep -vx help | cmp - listed
	offered help '' | grep -qx peak
}

@test "options of the command, and no others" {
	[ "$(offered peak --fu)" = --func ]
	offered peak - | grep -qx -e --version
	[ -z "$(offered list - | grep -x -e --func)" ]
	[ -z "$(offered peak --func '')" ]
	[ -z "$(offered nosuch '')" ]
}

@test "values of options: what the program's tables hold, pids and files" {
	offered run --backend '' >metrics
	grep -qx pss metrics
	while read -r metric; do
		mprof run -q --backend "$metric" -o m.dat true || [ $? -eq 125 ]
	done <metrics
	same "$(offered plot --format p | xargs)" "png pdf"
	offered plot --format= | grep -qx -e --format=html
	same "$(offered plot --unit '' | xargs)" "B KiB MiB GiB"
	for command in run attach watch; do
		same "$(offered $command --with '' | xargs)" \
			"cpu threads io faults swap files cgroup gpu"
	done
	same "$(offered mark --pid '')" ":pids"
	same "$(offered plot -o '')" ":files"
}

@test "recordings by number, newest first, with date and command" {
	mprof complete -- peak '' >lines
	cat >wanted <<-'END'
	1	2026-11-22 04:05:06 python second.py
	0	2026-11-22 01:02:03 python first.py
	:recordings
	END
	diff wanted lines
	[ "$(offered peak 0 -1 1 | head -n 1)" = 1 ]
	[ "$(offered peak -- 0 | head -n 1)" = 0 ]
}

@test "an escape sequence in a recording stays harmless" {
	recording mprofile_20261122070809.dat $'vim \e]0;owned\a'
	touch $'mprofile_\e[2Jnasty67890.dat'
	[ "$(offered peak '' | wc -l)" -eq 5 ]
	! mprof complete -- peak '' | grep -a $'[\e\a]'
}

in_bash() {
	bash --norc -c '
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_mprof
		printf "%s\n" "${COMPREPLY[@]}"' bash \
		"$SOURCE/src/cli/completion/mprof" "$@" 2>/dev/null
}

@test "bash: a single candidate goes in alone, several with their meaning" {
	[ "$(in_bash mprof pe)" = peak ]
	[ "$(in_bash mprof peak --fu)" = --func ]
	in_bash mprof peak '' | grep -qx '1  (2026-11-22 04:05:06 python second.py)'
	touch other.c mine.dat 'with blank.csv'
	mkdir more
	same "$(in_bash mprof plot m | sort | xargs)" \
		"mine.dat more mprofile_20261122010203.dat mprofile_20261122040506.dat"
	same "$(in_bash mprof plot w)" "with blank.csv"
	same "$(in_bash mprof plot o)" ""
}

@test "fish: the same candidates" {
	command -v fish >/dev/null || skip 'no fish here'
	offer() {
		HOME=$PWD fish --no-config -c '
			source $argv[1]; complete -C $argv[2]' \
			"$SOURCE/src/cli/completion/mprof.fish" "$1"
	}
	offer 'mprof pe' | grep -q '^peak'
	offer 'mprof peak --fu' | grep -q '^--func'
	touch other.c mine.dat $'two\nlines.dat'
	same "$(offer 'mprof peak mi')" mine.dat
	same "$(offer 'mprof peak o')" ""
	same "$(offer 'mprof peak tw')" ""
	offer 'mprof plot -o o' | grep -q '^other.c'
	offer 'mprof peak ' | grep -q '^1.2026-11-22 04:05:06 python second.py'
}

@test "zsh: the same candidates" {
	command -v zsh >/dev/null || skip 'no zsh here'
	offer() {
		zsh -f -c '
			_describe() { print -rl -- "${candidates[@]}" }
			_files() { print -r -- files "$@" }
			script=$1; shift
			words=("$@") CURRENT=$#
			. $script' zsh "$SOURCE/src/cli/completion/_mprof" "$@"
	}
	offer mprof pe | grep -q '^peak:'
	offer mprof peak --fu | grep -q '^--func:'
	offer mprof peak '' | grep -qx '1:2026-11-22 04:05:06 python second.py'
	offer mprof plot -o '' | grep -qx files
	offer mprof peak '' | grep -qx 'files -g .*dat.*'
}
