# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Where no host answers "vmhost": what a guest can do of that itself. The only VF
# is then one of an igb that the machine has, the only peer one that answers pings
# at REMOTE_V4 (tools/testing/selftests/drivers/net/README.rst). A test goes as far
# as it comes with that; the rest is skipped. Sourced by lib.sh's setup_master.

NOHOST=$(mktemp)

# needs_host WORDS: from any subshell, and no more is run
needs_host()
{
	echo "$*" > "$NOHOST"
	kill -s USR1 $$
	return 1
}

nohost_rest()
{
	skip_result "the rest" "needs a host that can $(cat "$NOHOST")"
	finish
}

trap nohost_rest USR1
trap 'rm -f "$NOHOST"' EXIT

# nohost_counters vf|standby: as the host's, "RX_PACKETS TX_PACKETS" where RX is
# what the guest sent. The VF's driver brings its own up to date for ethtool only.
nohost_counters()
{
	local sent got

	[ -z "$VF" ] || ethtool -S "$VF" > /dev/null 2>&1
	sent=$(count_of "$MASTER" vf_tx_packets)
	got=$(count_of "$MASTER" vf_rx_packets)
	if [ "$1" = standby ]; then
		sent=$(($(statistic "$MASTER" tx_packets) - sent))
		got=$(($(statistic "$MASTER" rx_packets) - got))
	fi
	echo "$sent $got"
}

# vmhost COMMAND...: "path" moves the filter of a switch, and there is one that
# learns; who asks to unplug has taken the VF from its PF before
vmhost()
{
	local pf

	case $1 in
	path | unplug | log) ;;
	counters) nohost_counters "$2" ;;
	plug)
		if [ "$2" != igb ] || ! pf=$(netdev_of_driver igb); then
			needs_host "$*"
			return
		fi
		# shellcheck disable=SC2034 # plug_pf() looks for it
		PF_MAC=$(cat "/sys/class/net/$pf/address") ;;
	*) needs_host "$*" ;;
	esac
}
