# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guest's parts of the demo share; sourced by them. The same steps for
# both drivers; nothing here asks which one it is, beyond which netdev is the
# master.
#
# Lines for the report begin with "@ ", those for the terminal with "step: ".

readonly HOST=192.0.2.1 GUEST=192.0.2.2 PORT=5201
# shellcheck disable=SC2034 # for those who source it
readonly MODEL=${DEMO_VF:-e1000e} TCP_RATE=${DEMO_TCP_RATE:-20M}
readonly WAIT=90

mark()
{
	echo "@ mark $1 $EPOCHREALTIME"
}

step()
{
	echo "step: $*"
}

# Ends the guest's run as failed; the runner shows the line
bail()
{
	echo "not ok 1 $*"
	ip -br link
	dmesg | tail -n 20
	exit 1
}

# pause SECONDS: without a process
pause()
{
	read -r -t "$1" <> <(:)
}

wait_for()
{
	local end=$((SECONDS + WAIT))

	until "$@" 2> /dev/null; do
		[ $SECONDS -lt $end ] || bail "timed out after $WAIT s: $*"
		pause 0.05
	done
}

# --- who is who -------------------------------------------------------------

# net_failover's master has no device, that of virtio_net has
find_master()
{
	local dir

	MASTER=
	for dir in /sys/class/net/eth*; do
		[ -e "$dir" ] || continue
		[ ! -e "$dir/master" ] || continue
		if [ ! -e "$dir/device" ]; then
			MASTER=${dir##*/}
			return
		fi
		MASTER=${dir##*/}
	done
	[ -n "$MASTER" ]
}

# The netdev on a PCI device of its own which is not virtio
find_vf()
{
	local dir

	for dir in /sys/class/net/eth*; do
		[ -e "$dir/device/vendor" ] || continue
		[[ $(readlink "$dir/device/subsystem") = */pci ]] || continue
		VF=${dir##*/}
		return
	done
	return 1
}

is_gone()
{
	[ ! -e "/sys/class/net/$1" ]
}

# Registered with its master, up, and with carrier
is_ready()
{
	local carrier flags

	find_vf && [ -e "/sys/class/net/$VF/master" ] || return
	read -r flags < "/sys/class/net/$VF/flags" || return
	[ $((flags & 1)) -eq 1 ] || return
	read -r carrier < "/sys/class/net/$VF/carrier" || return
	[ "$carrier" = 1 ]
}

reach_host()
{
	ping -q -c 1 -W 1 "$HOST" > /dev/null
}

# The state that ip shows follows the carrier by up to a second
is_settled()
{
	local state

	read -r state < "/sys/class/net/$MASTER/operstate"
	[ "$state" = up ]
}

netdevs()
{
	wait_for is_settled
	ip -br link | sed "s/^/@ link $1 /"
}

# The standby alone gets the address, and the host answers
setup_master()
{
	wait_for find_master
	vmhost path standby || bail "path failed"
	ip address add "$GUEST/24" dev "$MASTER"
	ip link set dev "$MASTER" up
	wait_for reach_host
	netdevs start
	step "standby alone, address on $MASTER"
}

# --- the VF comes -----------------------------------------------------------

# plug [PATH]: what the host does with the guest's packets then
plug()
{
	vmhost plug "$MODEL" || bail "plug failed"
	mark plug
	wait_for is_ready
	# The host's rule: the path is the VF's once that is up with carrier
	vmhost path "${1:-vf}" || bail "path failed"
	mark vf
}

# --- streams ----------------------------------------------------------------

stamp()
{
	local line

	while IFS= read -r line; do
		echo "@ iperf $EPOCHREALTIME $line"
	done
}

listens()
{
	ss -Hltn "sport = :$PORT" | grep -q LISTEN
}

stream_runs()
{
	grep -q ' sec .*bits/sec' "/tmp/$1"
}

# start_stream NAME ARGUMENT...: one of LENGTH seconds. The receiver's report
# is the one that counts, so the client is on the receiving side and asks for
# the reverse direction
start_stream()
{
	local name=$1 args=(-R -p "$PORT" -t "$LENGTH" -i 0.1 "${@:2}")
	local talk=(-i 0.1 -f k --forceflush)

	CLIENT=
	case $name in
	*-to-host)
		iperf3 -s -1 -p $PORT "${talk[@]}" 2>&1 | stamp > "/tmp/$name" &
		STREAM=$!
		wait_for listens
		CLIENT=$(vmhost iperf-client "${args[@]}") ||
			bail "$name: no stream"
		echo "@ host $CLIENT" ;;
	*-to-guest)
		iperf3 -c "$HOST" "${args[@]}" "${talk[@]}" 2>&1 |
			stamp > "/tmp/$name" &
		STREAM=$! ;;
	esac
	wait_for stream_runs "$name"
}

end_stream()
{
	local answer

	if [ -n "$CLIENT" ]; then
		answer=$(vmhost iperf-wait "$CLIENT") || bail "$1: stream failed"
		echo "@ answer $answer"
	fi
	wait "$STREAM"
	cat "/tmp/$1"
	! grep -m 1 'iperf3: error' "/tmp/$1" || bail "$1: stream failed"
}

MASTER='' VF='' CLIENT='' STREAM=''
