# SPDX-License-Identifier: MIT
# Loaded by the tests that ask Debian's Prometheus.

need_prometheus() {
	command -v promtool >/dev/null || skip "needs Debian's prometheus"
	command -v prometheus >/dev/null || skip "needs Debian's prometheus"
}

# Starts it on the directory data, as $server, and waits until it answers at
# $url:
# start_prometheus SETTINGS [OPTION...]
start_prometheus() {
	local port

	# a free port may be another's by then
	for _ in 1 2 3; do
		port=$(free_port)
		url=http://127.0.0.1:$port
		prometheus --config.file="$1" --storage.tsdb.path=data \
			"${@:2}" --web.listen-address="127.0.0.1:$port" \
			>log 2>&1 3>&- &
		server=$!
		soon_while "$server" prometheus_answers && return
		wait "$server" || true
	done
	return 1
}

prometheus_answers() {
	python3 - "$url/-/ready" <<-'END'
		import sys, urllib.request
		try:
		    urllib.request.urlopen(sys.argv[1], timeout=9)
		except OSError:
		    sys.exit(1)
	END
}
