#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# examples/fleet, held against Debian's own Prometheus.
load helper

own_setup() {
	command -v promtool >/dev/null || skip "needs Debian's prometheus"
	command -v prometheus >/dev/null || skip "needs Debian's prometheus"
	cp "$SOURCE"/examples/fleet/* .
}

@test "fleet: promtool takes the rules and the settings, and the alerts fire" {
	promtool check rules rules.yml
	promtool check config prometheus.yml
	promtool test rules rules_test.yml
}

@test "fleet: Prometheus understands each query of the dashboard and the rules" {
	local port server url

	port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	url=http://127.0.0.1:$port
	: >none.yml
	prometheus --config.file=none.yml --storage.tsdb.path=data \
		--web.listen-address="127.0.0.1:$port" >log 2>&1 3>&- &
	server=$!
	answers() {
		python3 - "$url/-/ready" <<-'END'
			import sys, urllib.request
			try:
			    urllib.request.urlopen(sys.argv[1], timeout=9)
			except OSError:
			    sys.exit(1)
		END
	}
	soon_while "$server" answers
	run python3 - "$url" <<-'END'
		import json, re, sys, urllib.parse, urllib.request
		queries = [target["expr"] for panel in json.load(open("dashboard.json"))["panels"]
		           for target in panel["targets"]]
		rules = open("rules.yml").read()
		found = re.findall(r"expr: (?:>-\n((?:          .*\n)+)|(.*)\n)", rules)
		queries += [" ".join((one or other).split()) for one, other in found]
		assert len(queries) == 12, queries
		for query in queries:
		    where = sys.argv[1] + "/api/v1/query?" + urllib.parse.urlencode({"query": query})
		    assert json.load(urllib.request.urlopen(where))["status"] == "success", query
	END
	kill "$server"
	wait "$server" || true
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "fleet: the figures that the rules speak of are in a textfile" {
	mkdir text
	mprof run -q -o /dev/null --textfile text \
		sh -c "until grep -qs mprof_process_memory_bytes{ text/*.prom; do sleep 0.02; done; cp text/*.prom seen"
	for name in mprof_memory_bytes mprof_memory_peak_bytes mprof_processes; do
		grep -q "^$name{" seen
		grep -q "$name" rules.yml
	done
	grep -q '^mprof_process_memory_bytes{' seen
}
