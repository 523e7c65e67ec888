#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Surprise removal: a VF that does not answer any more when its driver is told
# to let it go. Nobody waits for what it has; it is counted, and standby goes
# on. Before the host unplugs the VF its port is closed, as that of a slot that
# was pulled. Where the unplug takes the guest more than five seconds, the
# watchdog of the VF's driver barks.
#
# vmtest: timeout=400 allow='eth[12]: NETDEV WATCHDOG' built-in=yes

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/storm_lib.sh"

readonly TRACE=/sys/kernel/tracing
# Offsets in a bridge's configuration space (include/uapi/linux/pci_regs.h)
readonly PCI_COMMAND=4 PCI_SECONDARY_BUS=25

# pull: the VF gets at no memory any more, and nothing behind the port answers,
# to its address or to its bus
pull()
{
	config_byte "$DEVICE" $PCI_COMMAND 0
	COMMAND=$(config_byte "$PORT" $PCI_COMMAND)
	SECONDARY=$(config_byte "$PORT" $PCI_SECONDARY_BUS)
	config_byte "$PORT" $PCI_COMMAND 0
	config_byte "$PORT" $PCI_SECONDARY_BUS 0
}

# repair: another one may be plugged
repair()
{
	config_byte "$PORT" $PCI_SECONDARY_BUS "$SECONDARY"
	config_byte "$PORT" $PCI_COMMAND "$COMMAND"
}

# surprise MODEL: under a storm
surprise()
{
	local base undrained

	plug_vf "$1"
	DEVICE=$(readlink -f "/sys/class/net/$VF/device")
	PORT=${DEVICE%/*}
	base=$(sent_by vf)
	storm_begin
	check_wait "$1: the storm runs by the VF" stream_runs vf "$base"
	undrained=$(count_of "$MASTER" bypass_undrained)
	base=$(sent_by standby)
	echo > $TRACE/trace
	pull
	vmhost unplug timeout="$UNPLUG_WAIT" || bail "$1: not unplugged"
	check_wait "$1: the VF leaves" vf_is_gone "$MASTER"
	check_wait "$1: the storm goes on by standby" stream_runs standby "$base"
	check "$1: it was switched to standby" traced switch
	check "$1: nobody waited" fails traced drain
	undrained=$(($(count_of "$MASTER" bypass_undrained) - undrained))
	note "$undrained times the VF had packets"
	# Only a driver with BQL tells
	[ "$1" != e1000e ] ||
		check "$1: what it had is counted" [ $undrained -ge 1 ]
	storm_end
	vmhost path standby
	check "$1: standby carries traffic" ping_by standby

	repair
	plug_vf "$1"
	check "$1: the next VF carries traffic" ping_by vf
	unplug_vf
}

setup_master
storm_setup
echo 1 > $TRACE/events/virtnet_bypass/enable
for model in e1000e vmxnet3 igbvf; do
	surprise $model
done
finish
