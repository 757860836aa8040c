#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a chart holds, compared to the letter. A scene that changed on purpose
# is written anew by: UPDATE_GOLDEN=1 bats tests/cli/plot_scene.bats
load helper

# golden NAME OPTION ... FILE: the scene of the file is tests/golden/NAME.scene
golden() {
	local expected=$SOURCE/tests/golden/$1.scene

	shift
	cd "$SOURCE/tests/golden" || return 1
	run_apart mprof plot --format scene -o - "$@"
	[ "$status" -eq 0 ]
	# shellcheck disable=SC2154 # run_apart sets it
	same "$errors" ""
	if [ -n "${UPDATE_GOLDEN:-}" ]; then
		printf '%s\n' "$output" >"$expected"
	fi
	same "$output" "$(cat "$expected")"
}

@test "scene: descendants with pid, command and peak; a peak no sample saw" {
	golden tree tree.dat
}

@test "scene: descendants stacked, the program itself below them" {
	golden stack --stack tree.dat
}

@test "scene: calls as brackets, names as short as they can be told apart" {
	golden brackets calls.dat
}

@test "scene: calls as lanes" {
	golden lanes -f calls.dat
}

@test "scene: -n leaves the calls out, -s adds a trend, -t a title" {
	golden trend -n -s -t 'My title' calls.dat
}

@test "scene: a gap, a mark, an end by a signal" {
	golden gap gap.dat
}

@test "scene: two runs from a common start" {
	golden overlay twice.dat
}

@test "scene: two runs at their times of day" {
	golden clock --clock twice.dat
}

@test "scene: a window, and limits of memory" {
	golden window -w 1,3 --ylim 5,20MiB calls.dat
}

@test "scene: a limit that was reached is a line, in sight" {
	golden limit_near --run 1 limit.dat
}

@test "scene: a limit far above is told, not drawn" {
	golden limit_far --run 2 limit.dat
}
