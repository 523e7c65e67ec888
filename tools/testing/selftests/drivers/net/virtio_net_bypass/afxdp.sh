#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# AF_XDP sockets that are bound to the master, one per rx queue, receive and
# send on both paths while VFs come and go: also where a VF's driver could run
# the program, because a socket takes no packet with another netdev's queue. A
# peer sends echo requests that only the sockets answer (xsk.c, xsk.bpf.c).
# Zero-copy sockets are refused, and so are programs bound to one netdev.
#
# vmtest: queue-pairs=2 timeout=400 skips='the kernel has none'

. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$0")/xsk
OBJECT=$(dirname "$0")/xsk.bpf.o
readonly TOOL OBJECT SOCKET=600
LOG=$(mktemp)
PID='' QUEUES=''

is_ready()
{
	grep -q '^ready' "$LOG"
}

# serve MODE: sockets on all queues
serve()
{
	"$TOOL" "$1" "$MASTER" "$QUEUES" "$OBJECT" > "$LOG" 2>&1 &
	PID=$!
	wait_for is_ready || bail "no sockets: $(cat "$LOG")"
}

# The sockets have sent all they were asked to, and got every frame back
stop()
{
	local received sent completed

	kill "$PID"
	wait "$PID" || return 1
	note "$(tail -n 1 "$LOG")"
	read -r _ received _ sent _ completed < <(tail -n 1 "$LOG")
	[ "$received" -ge 20 ] && [ "$sent" -eq "$received" ] &&
		[ "$completed" -eq "$sent" ]
}

# Without the shell's word about it
killed()
{
	kill -KILL "$PID"
	! wait "$PID" 2> /dev/null
}

# says PATTERN MODE ARGS..: the tool fails and gives that reason
says()
{
	local pattern=$1
	shift

	! "$TOOL" "$@" > "$LOG" 2>&1 || return 1
	note "$(tail -n 1 "$LOG")"
	grep -q "$pattern" "$LOG"
}

answered()
{
	asked "$SOCKET"
}

has_program()
{
	[ -n "$(program_of "$1")" ]
}

# check_sockets PATH WHEN
check_sockets()
{
	check_wait "$MODE, $2: an answer" answered
	check "$MODE, $2: all answered, by $1" asked_by "$1" "$SOCKET"
	check "$MODE, $2: the guest has its network" ping_by "$1"
}

check_refusals()
{
	local bound

	check "$2: no zero-copy socket" says "Operation not supported" \
		zerocopy "$MASTER" 1 "$OBJECT"
	"$TOOL" bound "$MASTER" "$OBJECT" > "$LOG" 2>&1
	bound=$?
	note "$(tail -n 1 "$LOG")"
	if [ "$bound" -eq "$KSFT_SKIP" ]; then
		skip_result "$2: no program bound to the master" \
			"the kernel has none (Linux 6.3)"
	else
		check "$2: no program bound to the master" grep -q \
			"bound to this netdev cannot run on its VF" "$LOG"
	fi
	check "$2: the master has no program" fails has_program "$MASTER"
	check "$2: the guest has its network" ping_by "$1"
}

setup_master
[ -e "$OBJECT" ] || skip_all "xsk.bpf.o is not built: needs bpf-gcc or clang"
[ -e "$TOOL" ] || skip_all "xsk is not built: needs libxdp and pkg-config"
setup_peer
stack_answers 0
QUEUES=$(queue_count "$MASTER" rx)
note "$QUEUES rx queues"
check "nobody answers without a socket" unanswered "$SOCKET"
MODELS="virtio-net-pci e1000e igbvf" on_each_path check_refusals

MODE=answer
serve answer
MODELS="vmxnet3 virtio-net-pci" on_each_path check_sockets
check "everything sent is completed" stop
check "unbound on standby" unanswered "$SOCKET"

# A program that does not show that it is for sockets
MODE=chain
serve chain
MODELS="e1000e virtio-net-pci igbvf" on_each_path check_sockets
check "chain: everything sent is completed" stop

plug_vf virtio-net-pci
check "with a VF: nobody answers without a socket" unanswered "$SOCKET"
for MODE in answer chain; do
	serve "$MODE"
	check_sockets vf "bound with a VF"
	check "$MODE, with a VF: packets come one by one" \
		feature_is "$VF" generic-receive-offload off
	vmhost path standby
	check "$MODE, received on standby, sent by the VF" \
		asked_by vf "$SOCKET"
	vmhost path vf
	check "$MODE, with a VF: everything sent is completed" stop
	check "$MODE, with a VF: unbound" unanswered "$SOCKET"
	check "$MODE, with a VF: GRO is on again" \
		feature_is "$VF" generic-receive-offload on
	check "$MODE, with a VF: no program stays" fails has_program "$MASTER"
	check "$MODE, with a VF: nor on the VF" fails has_program "$VF"
done

MODE=answer
serve "$MODE"
check "a process with sockets is killed with a VF" killed
check_wait "its program is gone" fails has_program "$MASTER"
check "nobody answers for it" unanswered "$SOCKET"
check "the guest has its network" ping_by vf
serve "$MODE"
unplug_vf
check_sockets standby "bound with a VF and left alone"
check "left alone: everything sent is completed" stop
finish
