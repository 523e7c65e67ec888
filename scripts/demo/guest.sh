#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's part of the demo: four iperf3 streams, one after the other, each
# across one unplug and one re-plug of the VF. The same steps for both drivers;
# nothing here asks which one it is, beyond which netdev is the master.
#
# Lines for the report begin with "@ ", those for the terminal with "step: ".
# All times are of the guest's clock.
#
# vmtest: timeout=420

readonly HOST=192.0.2.1 GUEST=192.0.2.2 PORT=5201
readonly MODEL=${DEMO_VF:-e1000e} TCP_RATE=${DEMO_TCP_RATE:-20M}
# Low enough that what a sender without a processor for half a second sends to
# catch up fits into the receiver's socket
readonly UDP_RATE=${DEMO_UDP_RATE:-5M}
# Of a stream, and what is held before the unplug and before the re-plug
readonly LENGTH=${DEMO_SECONDS:-20} BEFORE=4 BETWEEN=2
readonly WAIT=90

now()
{
	echo "$EPOCHREALTIME"
}

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

# --- the VF comes and goes --------------------------------------------------

plug()
{
	vmhost plug "$MODEL" || bail "plug failed"
	mark plug
	wait_for is_ready
	# The host's rule: the path is the VF's once that is up with carrier
	vmhost path vf || bail "path failed"
	mark vf
}

unplug()
{
	local job

	vmhost path standby || bail "path failed"
	mark standby
	vmhost unplug &
	job=$!
	wait_for is_gone "$VF"
	mark gone
	wait $job || bail "unplug failed"
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

# start_stream NAME ARGUMENT...: the receiver's report is the one that counts,
# so the client is on the receiving side and asks for the reverse direction
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

# What the stream does right now, for the terminal: as the guest gets it, or
# the packets which left it by each path so far
flow()
{
	local vf standby

	case $1 in
	*-to-guest)
		grep ' sec .*bits/sec' "/tmp/$1" | tail -n 1 |
			awk '{ for (i = 2; i <= NF; i++) if ($i ~ /bits\/sec/)
				printf "guest gets %.1f Mbit/s\n", $(i - 1) / 1000 }' ;;
	*-to-host)
		read -r vf _ < <(vmhost counters vf)
		read -r standby _ < <(vmhost counters standby)
		echo "packets by VF $((vf - BASE_VF))," \
		     "by standby $((standby - BASE_STANDBY))" ;;
	esac
}

# The clock of host and guest at one moment: the host notes its own
sync_clock()
{
	vmhost log "clock $1 $(now)"
}

overflows()
{
	awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $6 }' /proc/net/snmp
}

# phase NAME ARGUMENT...: one stream, one unplug, one re-plug
phase()
{
	local name=$1 start dropped
	shift

	read -r BASE_VF _ < <(vmhost counters vf)
	read -r BASE_STANDBY _ < <(vmhost counters standby)
	dropped=$(overflows)
	echo "@ phase $name"
	sync_clock "$name"
	start_stream "$name" "$@"
	start=$SECONDS
	pause $BEFORE
	step "$name: VF in use, $(flow "$name")"
	unplug
	step "$name: VF unplugged, standby in use, $(flow "$name")"
	[ -n "$SEEN" ] || netdevs standby
	pause $BETWEEN
	step "$name: VF plugged again ... $(flow "$name")"
	plug
	[ $((SECONDS - start + 1)) -lt "$LENGTH" ] ||
		bail "$name: the stream of $LENGTH s ended before the VF was back"
	step "$name: VF in use again, $(flow "$name")"
	[ -n "$SEEN" ] || netdevs again
	SEEN=1
	end_stream "$name"
	sync_clock "$name"
	echo "@ overflow $(($(overflows) - dropped))"
	echo "@ end $name"
}

MASTER='' VF='' SEEN='' CLIENT='' STREAM='' BASE_VF=0 BASE_STANDBY=0
echo "KTAP version 1"
echo "1..1"
# A process that waits for an emulated CPU is not to count as loss
sysctl -qw net.core.rmem_default=8388608 net.core.rmem_max=8388608 \
	   net.core.wmem_max=8388608
wait_for find_master
vmhost path standby || bail "path failed"
ip address add "$GUEST/24" dev "$MASTER"
ip link set dev "$MASTER" up
wait_for reach_host
netdevs start
step "standby alone, address on $MASTER"
plug
netdevs vf
wait_for reach_host
step "VF $VF in use, address on $MASTER"
echo "@ kernel $(uname -r) $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)"
vmhost iperf-server start > /dev/null || bail "no iperf3 server"

phase tcp-to-host -b "$TCP_RATE" -l 8K
phase tcp-to-guest -b "$TCP_RATE" -l 8K
phase udp-to-host -u -b "$UDP_RATE" -l 1200 -w 416K
phase udp-to-guest -u -b "$UDP_RATE" -l 1200
dmesg | grep -iE 'bypass|failover|primary|standby' | sed 's/^/@ dmesg /'
echo "ok 1 four streams"
