#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A program can't tell that it is recorded: it prints all that it can see about
# itself, with and without the recorder, and the two texts are equal.

load helper

PROGRAMS=$BATS_TEST_DIRNAME/../../build/programs

# compare [COMMAND ...]: the same program behind the command's words.
compare() {
	TEXT=$PWD/without env -u _ "$@" "$PROGRAMS/same" one 'two 2' >out 2>&1
	TEXT=$PWD/with env -u _ "$@" mprof run -q -o same.dat \
		"$PROGRAMS/same" one 'two 2' >out 2>&1
	sed -i 's/^\(environment: TEXT=.*\)without$/\1with/' without
	diff without with
	[ "$(wc -l <with)" -gt 120 ]
	grep -q ^CMDLINE same.dat
}

whole() {
	tail -n 1 same.dat | grep -q '^PEAK[; ]'
	! grep -qv '^[A-Z]*[; ]' same.dat
}

@test "an ordinary start is the same" {
	compare
}

@test "odd dispositions, mask, limits, umask, nice, slack and score are the same" {
	compare "$PROGRAMS/odd"
	grep -q '^slack 123456,' with
	grep -q '^umask 137,' with
	grep -q '^signal 17: ignored' with
	grep -q '^fd 17:' with
}

@test "an empty environment is the same" {
	env -i TEXT="$PWD/without" "$PROGRAMS/same" >out 2>&1
	env -i TEXT="$PWD/with" "$MPROF" run -q -o same.dat "$PROGRAMS/same" \
		>out 2>&1
	sed -i 's/without$/with/' without
	diff without with
}

@test "closed standard streams are the same, and the recording whole" {
	local streams='<&- >&- 2>&-'

	for close in '<&-' '>&-' '2>&-' "$streams"; do
		rm -f with without same.dat
		TEXT=$PWD/without bash -c "exec env -u _ $PROGRAMS/same $close"
		TEXT=$PWD/with bash -c \
			"exec env -u _ mprof run -o same.dat $PROGRAMS/same $close"
		sed -i 's/^\(environment: TEXT=.*\)without$/\1with/' without
		diff without with
		whole
	done
}

@test "on a terminal the foreground group and the modes are the same" {
	cat >both <<-END
		TEXT=$PWD/without env -u _ $PROGRAMS/same
		TEXT=$PWD/with env -u _ mprof run -q -o same.dat $PROGRAMS/same
	END
	run "$SOURCE/tests/tools/terminal" bash both </dev/null
	[ "$status" -eq 0 ]
	sed -i 's/^\(environment: TEXT=.*\)without$/\1with/' without
	diff without with
	grep -q '^terminal: foreground' with
}

@test "names that begin with MPROF_ are all that is added" {
	env | sort >without
	mprof run -q -o same.dat env | grep -v ^MPROF_ | sort >with
	diff <(grep -v '^_=' without) <(grep -v '^_=' with)
}
