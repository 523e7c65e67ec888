#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The master's counters are the sum of both paths and of all VFs there have
# been, and never go backwards: they are read all the time while VFs come and
# go, and agree with what arrived at the host.
#
# vmtest: timeout=400

. "$(dirname "$0")/lib.sh"

readonly SAMPLES=/tmp/samples

# One line: all counters of rtnetlink, then those of ethtool -S; one of these
# tells a state
sample()
{
	cat "/sys/class/net/$MASTER/statistics"/* |
		paste -sd ' ' || return 1
	ethtool -S "$MASTER" |
		awk 'NF == 2 && $2 ~ /^[0-9]+$/ && !/bypass_vf_active/ { print $2 }' |
		paste -sd ' '
}

# Until the file is gone: a line of rtnetlink's counters and one of ethtool's
sampler()
{
	while [ -e "$SAMPLES" ]; do
		sample
	done > "$SAMPLES.log"
}

# Each column of every second line, from the line before the last one on
goes_back()
{
	awk '{
		kind = NR % 2
		for (i = 1; i <= NF; i++) {
			if ($i < last[kind, i]) {
				print "# line " NR " column " i ": " \
				      last[kind, i] " to " $i
				found = 1
			}
			last[kind, i] = $i
		}
	}
	END { exit !found }' "$SAMPLES.log"
}

never_goes_back()
{
	! goes_back
}

# carries PATH: so says the counter that tells a state
carries()
{
	local active=0

	[ "$1" = standby ] || active=1
	[ "$(count_of "$MASTER" bypass_vf_active)" = "$active" ]
}

# What the host got from the guest, by either path
arrived()
{
	echo $(($(sent_by standby) + $(sent_by vf)))
}

# sum_is_right: what the master sent is what arrived, once all is quiet
sum_is_right()
{
	[ $(($(statistic "$MASTER" tx_packets) - tx_base)) -eq \
	  $(($(arrived) - arrived_base)) ]
}

vf_sum_is_right()
{
	[ $(($(count_of "$MASTER" vf_tx_packets) - vf_base)) -eq \
	  $(($(sent_by vf) - vf_arrived_base)) ]
}

check_sums()
{
	local before

	before=$(statistic "$MASTER" rx_packets)
	check "$2: traffic" ping_by "$1"
	check "$2: that path is shown" carries "$1"
	check_wait "$2: sent is what arrived" sum_is_right
	check_wait "$2: sent by the VF is what arrived there" vf_sum_is_right
	check "$2: the answers are counted" \
		[ $(($(statistic "$MASTER" rx_packets) - before)) -ge 20 ]
}

setup_master
# Nothing else may send between two of our readings
sysctl -qw "net.ipv6.conf.$MASTER.disable_ipv6=1"
tx_base=$(statistic "$MASTER" tx_packets)
arrived_base=$(arrived)
vf_base=0
vf_arrived_base=$(sent_by vf)
: > "$SAMPLES"
sampler &
sampler=$!
on_each_path check_sums
plug_vf vmxnet3
ethtool -G "$VF" tx 256 || bail "no ring of 256"
check_wait "the VF is back after a reset" on_vf "$MASTER"
check_sums vf "VF reset by its driver"
vf_set down
vmhost path standby
check_sums standby "VF set down"

rm "$SAMPLES"
wait "$sampler"
lines=$(wc -l < "$SAMPLES.log")
note "$lines readings"
check "the counters were read all the time" [ "$lines" -gt 100 ]
check "no counter ever went backwards" never_goes_back
finish
