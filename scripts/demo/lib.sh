# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guest's parts of the demo share; sourced by them. The same steps for
# both drivers; nothing here asks which one it is, beyond which netdev is the
# master.
#
# Events are for the report, lines with "step: " for the terminal.

# shellcheck source=../guest_lib.sh
. "$(dirname "$0")/../guest_lib.sh"

readonly PORT=5201
# shellcheck disable=SC2034 # for those who source it
readonly MODEL=${DEMO_VF:-e1000e} TCP_RATE=${DEMO_TCP_RATE:-20M}

mark()
{
	event mark name="$1" at="$EPOCHREALTIME"
}

step()
{
	echo "step: $*"
}

# pause SECONDS: without a process
pause()
{
	read -r -t "$1" <> <(:)
}

# --- who is who -------------------------------------------------------------

# net_failover's master has no device, that of virtio_net has
find_failover()
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
find_pci()
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
	find_pci && [ -e "/sys/class/net/$VF/master" ] && is_up "$VF" &&
		has_carrier "$VF"
}

# The state that ip shows follows the carrier by up to a second
is_settled()
{
	local state

	read -r state < "/sys/class/net/$MASTER/operstate"
	[ "$state" = up ]
}

# tell_links STAGE: the netdevs that there are
tell_links()
{
	local line

	must is_settled
	while IFS= read -r line; do
		event link stage="$1" line="$line"
	done < <(ip -br link)
}

# The standby alone gets the address, and the host answers
setup_failover()
{
	must find_failover
	vmhost path standby || bail "path failed"
	ip address add "$GUEST/24" dev "$MASTER"
	ip link set dev "$MASTER" up
	must reach_host
	tell_links start
	step "standby alone, address on $MASTER"
}

# --- the VF comes -----------------------------------------------------------

# plug [PATH]: what the host does with the guest's packets then
plug()
{
	vmhost plug "$MODEL" || bail "plug failed"
	mark plug
	must is_ready
	# The host's rule: the path is the VF's once that is up with carrier
	vmhost path "${1:-vf}" || bail "path failed"
	mark vf
}

# --- streams ----------------------------------------------------------------

stamp()
{
	local line

	while IFS= read -r line; do
		event iperf at="$EPOCHREALTIME" line="$line"
	done
}

listens()
{
	ss -Hltn "sport = :$PORT" | grep -q LISTEN
}

stream_began()
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
		must listens
		CLIENT=$(vmhost iperf-client "${args[@]}") ||
			bail "$name: no stream"
		event host client="$CLIENT" ;;
	*-to-guest)
		iperf3 -c "$HOST" "${args[@]}" "${talk[@]}" 2>&1 |
			stamp > "/tmp/$name" &
		STREAM=$! ;;
	esac
	must stream_began "$name"
}

end_stream()
{
	[ -z "$CLIENT" ] || vmhost iperf-wait "$CLIENT" ||
		bail "$1: stream failed"
	wait "$STREAM"
	cat "/tmp/$1"
	! grep -m 1 'iperf3: error' "/tmp/$1" || bail "$1: stream failed"
}

CLIENT='' STREAM=''
