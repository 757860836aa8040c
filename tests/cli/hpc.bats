#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Jobs of Slurm and ranks of Open MPI, as examples/hpc has them. The Slurm is of
# this test alone, in a pid namespace: it ends with the test.

load helper

own_setup() {
	one_node=$SOURCE/examples/hpc/one-node
	try=$SOURCE/examples/hpc/try
	[ "$(id -u)" -eq 0 ] || skip "needs root, as Slurm's daemons are"
	unshare --pid --fork --mount-proc true || skip "needs a pid namespace"
	for tool in slurmctld slurmd munged; do
		command -v $tool || skip "needs slurm-wlm"
	done
}

@test "examples/hpc: ranks of a job and of mpirun; --mem and scancel are reported" {
	set -- ok mem cancel
	! command -v mpirun || set -- "$@" mpirun
	"$one_node" "$try" "$@" >said
	same "$(grep -c '^mem-1-[0-5].dat: 0$' said)" 6
	grep -q '^Apart	mem-1-5.dat ' said
	grep -qxE 'mem-2-0.dat: (oom|cut off|SIGKILL)' said
	grep -qx 'mem-3-0.dat: SIGTERM' said
	if command -v mpirun; then
		same "$(grep -c '^mpi-[0-3].dat: 0$' said)" 4
		grep -q '^Set	4 recordings: .* highest .* (mpi-3.dat)' said
	fi
	mprof plot --heatmap --format scene -o heat mem-*.dat
	grep -qE '^  row "mem-2-0.dat" "peak [0-9.]+ MiB, (cut off|killed by SIGKILL(, out of memory)?)" odd ' heat
	grep -qE '^  row "mem-3-0.dat" "peak .* MiB, killed by SIGTERM" odd ' heat
}

@test "examples/hpc: where Slurm enforces --mem, the recording breaks off" {
	ENFORCES=slurm "$one_node" "$try" mem >said
	grep -qxE 'mem-1-0.dat: (cut off|SIGKILL)' said
}
