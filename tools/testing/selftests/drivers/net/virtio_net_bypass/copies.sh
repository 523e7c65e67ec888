#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The host's switch gives a frame to a group to both paths, and one of the guest's
# own to the path that did not send it. What stands on the master gets the former
# once and the latter never; but a guest that has had no VF is a plain one.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"

readonly FRAMES=20

# Those that the master took; the PF of an igbvf takes them as well
broadcasts()
{
	counted ingress
}

dropped()
{
	count_of "$MASTER" bypass_rx_dup_dropped
}

# came GROUP DROPS: since BASE and DROPPED
came()
{
	[ "$(broadcasts)" -ge $((BASE + $1)) ] &&
		[ "$(dropped)" -ge $((DROPPED + $2)) ]
}

# check_broadcasts NAME GROUP DROPS ADDRESS [MAC]: of FRAMES that the host sends,
# exactly GROUP are taken, and DROPS or more are dropped
check_broadcasts()
{
	BASE=$(broadcasts)
	DROPPED=$(dropped)
	vmhost run broadcast "$FRAMES" "${@:4}" || bail "no broadcast"
	wait_for came "$2" "$3"
	# What has come before this answer was sent has been counted
	ping_by "$WHERE" || bail "the host does not answer"
	note "$(($(broadcasts) - BASE)) taken," \
		"$(($(dropped) - DROPPED)) dropped of $FRAMES"
	check "$1" [ "$(broadcasts)" -eq $((BASE + $2)) ]
	check "$1, the others are counted" \
		[ "$(dropped)" -ge $((DROPPED + $3)) ]
}

# The guest asks all for an address that nobody has
own_question()
{
	ping -q -c 1 -W 1 192.0.2.99 > /dev/null
	[ "$(dropped)" -gt "$DROPPED" ]
}

# copies PATH WHEN
copies()
{
	local twice=0

	WHERE=$1
	[ "$1" = standby ] || twice=$FRAMES
	check_broadcasts "$2: a frame to all comes once" "$FRAMES" "$twice" \
		"$HOST"
	if [ "$2" = standby ]; then
		check_broadcasts "$2: the guest's own, as by any NIC" \
			"$FRAMES" 0 "$HOST" \
			"$(cat "/sys/class/net/$MASTER/address")"
	elif [ "$1" = standby ]; then
		check_broadcasts "$2: none of the guest's own" 0 "$FRAMES" \
			"$HOST" "$(cat "/sys/class/net/$MASTER/address")"
	else
		DROPPED=$(dropped)
		check_wait "$2: none of the guest's own by standby" own_question
	fi
}

setup_master
count_at ingress "ip daddr 255.255.255.255 udp dport 9" ||
	bail "no hook of nftables"
on_each_path copies
finish
