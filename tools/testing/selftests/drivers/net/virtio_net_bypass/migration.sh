# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of live migration share; sourced after lib.sh.

# Milliseconds more than without a VF; a machine with other guests on it can
# only tell what is coarse
if [ -n "${BYPASS_FULL:-}" ]; then
	GAP_ALLOWED=50
else
	# shellcheck disable=SC2034 # for the tests
	GAP_ALLOWED=250
fi

# field NAME TEXT: of "name=value ..."
field()
{
	tr ' ' '\n' <<< "$2" | sed -n "s/^$1=//p"
}

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

REPORT=''
