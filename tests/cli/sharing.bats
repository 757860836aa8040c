#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Memory that several processes share, and a sum of RSS counts in each: how
# much there is in truth, and who shares it. The programs end when the recorder
# has taken the reading that is waited for.
load helper

SHARE=$SOURCE/build/programs/share

# Records share HOW MIB COUNT OTHERS, to a reading for which the condition of
# awk holds, of its rss, pss and sharers: shared CONDITION HOW MIB COUNT OTHERS
shared() {
	local condition=$1 recorder
	shift
	# shellcheck disable=SC2086 # the options are words
	mprof run -T 0.05 -o a.dat ${options-} "$SHARE" "$@" end \
		2>"$BATS_TEST_TMPDIR/errors" 3>&- &
	recorder=$!
	for _ in $(seq 400); do
		sleep 0.05
		awk -F '[; ]' -v found=1 "/^SHARE/ {
			pss = sharers = 0
			for (i = 2; i < NF - 1; i++) {
				split(\$i, pair, \"=\")
				if (pair[1] == \"pss\") pss = pair[2]
				else sharers = pair[2]
			}
			rss = \$(NF - 1)
			if ($condition) found = 0
		} END { exit found }" a.dat 2>/dev/null && break
	done
	touch end
	wait $recorder
	errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

# Fails where the summary does not tell SHARERS, and a PSS from LOW to HIGH MiB.
tells() { # LOW HIGH SHARERS
	local hint='\(([0-9.]+) MiB PSS: memory that ([0-9]+) processes share'
	[[ $errors =~ $hint ]] || {
		echo "$errors" >&2
		return 1
	}
	[ "${BASH_REMATCH[2]}" -eq "$3" ]
	awk -v got="${BASH_REMATCH[1]}" -v low="$1" -v high="$2" \
		'BEGIN { exit !(got >= low && got <= high) }'
}

@test "sharing: what a fork left in common counts once" {
	shared 'rss > 180' fork 60 3 0
	tells 60 66 3
	[[ $errors == *"peak 18"[0-9]" MiB RSS ("* ]]
}

@test "sharing: one mapping, and those that don't have it are not counted" {
	shared 'rss > 240' map 60 4 2
	tells 60 66 4
}

@test "sharing: what each has written to is its own: nothing is said" {
	shared 'rss > 180 && pss > 175' write 60 3 0
	[[ $errors == *"peak 18"[0-9]" MiB RSS, "* ]]
}

@test "sharing: programs with memory of their own: nothing is said" {
	shared 'rss > 180 && pss > 175' apart 60 3 0
	[[ $errors == *"peak 18"[0-9]" MiB RSS, "* ]]
}

@test "sharing: a program alone, and other metrics, are not read" {
	touch end
	mprof run -q -T 0.02 -o b.dat "$SOURCE/build/programs/hog" 64 0.3
	mprof run -q -T 0.02 --no-children -o b.dat \
		"$SOURCE/build/programs/hog" -f 64 0.3
	mprof run -q -T 0.02 --backend pss -o b.dat \
		"$SOURCE/build/programs/hog" -f 64 0.3
	[ "$(grep -c ^CMDLINE b.dat)" -eq 3 ]
	lacks '^SHARE' <b.dat
}
