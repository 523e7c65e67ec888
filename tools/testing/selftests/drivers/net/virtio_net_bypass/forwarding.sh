#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel's own selftests of net/forwarding, where the master is a port of a
# bridge or a router, or a host beside one: what passes on a plain virtio NIC
# passes on the master, by standby, by a VF, and by the next one after a
# re-plug. The host brings the kernel's tests along. BYPASS_FULL=1
# takes the slow ones, too, and BYPASS_KERNEL_TESTS=REGEX only those whose path
# matches.
#
# vmtest: timeout=1200 kernel-tests=yes debug=no turns=2

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/kselftest_lib.sh"

# Neither end loses its link for longer than the tests wait when the MTU changes:
# the peer is no e1000e, and an e1000e as VF leaves it to standby, which the host
# has to learn
PEER_MODEL=virtio-net-pci VF_PATH=auto

# For how long a test lets its interfaces settle, in seconds. In the kernel's 5
# they send what they send by themselves, MLD reports and ARP. What comes later
# counts as the test's own packets, of which some tests allow two more at most.
readonly SETTLE_FULL=${FULL:+5}
readonly SETTLE=${SETTLE_FULL:-1}

takes()
{
	[[ $1 = net/forwarding/* ]]
}

# call_forwarding FILE host|port: the first pair of NICs is the wire, with the
# device as the test's host or as the port of its bridge or router. Any further
# one is a veth pair. They are told by the file, since some tests forget their
# arguments.
call_forwarding()
{
	local i number status nics=("$DEV" peer0)

	[ "$2" = host ] || nics=(peer0 "$DEV")
	number=$(sed -n 's/^NUM_NETIFS=//p' "$1")
	for ((i = 3; i <= number; i += 2)); do
		ip link add "wire$i" type veth peer name "wire$((i + 1))"
		nics+=("wire$i" "wire$((i + 1))")
	done
	{
		printf '%s\n' NETIF_CREATE=no "WAIT_TIME=$SETTLE" \
			'PING6="ping -6"' 'declare -A NETIFS'
		for i in "${!nics[@]}"; do
			echo "NETIFS[p$((i + 1))]=${nics[i]}"
		done
	} > forwarding.config
	ip -n peer link set dev peer0 netns 1
	ip address flush dev "$DEV"
	"./$1"
	status=$?
	for ((i = 3; i <= number; i += 2)); do
		ip link del "wire$i"
	done
	ip link set dev peer0 netns peer
	set_up_peer
	set_up_device
	return "$status"
}

run_phases
