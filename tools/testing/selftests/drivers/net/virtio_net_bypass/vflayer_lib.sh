# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A VF's driver that does what those of emulated NICs do not: a layer on top of
# one, see test_modules/layer.c. Sourced after lib.sh.

readonly LAYER=/sys/module/test_vf/parameters

has_layer()
{
	modprobe -n test_vf 2> /dev/null
}

needs_layer()
{
	has_layer || skip_all "needs test_vf.ko"
}

# layer_on DRIVER [PARAMETER=VALUE...]: of the VFs that come from now on
layer_on()
{
	modprobe test_vf driver="$1" "${@:2}" ||
		bail "test_vf cannot be loaded"
}

layer_off()
{
	rmmod test_vf
}

# vf_does COMMAND: now
vf_does()
{
	echo "$1" > "$LAYER/command"
}

# next_vf PARAMETER VALUE: what its driver does from now on, or the next VF's
next_vf()
{
	echo "$2" > "$LAYER/$1"
}

parameter()
{
	cat "$LAYER/$1"
}

parameter_is()
{
	[ "$(parameter "$1")" = "$2" ]
}
