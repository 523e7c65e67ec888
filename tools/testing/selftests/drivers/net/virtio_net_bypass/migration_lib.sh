# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of live migration share; sourced after lib.sh.

# Milliseconds more than without a VF; a machine with other guests on it can
# only tell what is coarse (net_failover: 1 to 2 s until the bridge has learned)
if [ -n "${BYPASS_FULL:-}" ]; then
	GAP_ALLOWED=50
else
	# shellcheck disable=SC2034 # for the tests
	GAP_ALLOWED=1000
fi

# migration_is STATUS
migration_is()
{
	[ "$(field status "$REPORT")" = "$1" ]
}

# away WHEN [WORDS]: migrate to a target; REPORT is what the host says of it
away()
{
	vmhost target "${@:2}" || bail "$1: no target"
	REPORT=$(vmhost migrate timeout="$UNPLUG_WAIT") ||
		bail "$1: no migration"
	note "$REPORT"
	check "$1: migrated" migration_is completed
}

# settled WHEN: it has its VF, and uses it
settled()
{
	check_wait "$1: the VF is enslaved" is_paired "$MASTER"
	check_wait "$1: the VF is chosen" on_vf "$MASTER"
	VF=$(find_vf "$MASTER")
}

# two_netdevs WHEN: and no third one
two_netdevs()
{
	check "$1: two netdevs" netdevs_are lo "$MASTER" "$VF"
}

REPORT=''
