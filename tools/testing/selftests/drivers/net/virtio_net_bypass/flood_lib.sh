# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A flood of echo requests to the host, for the tests that do something to the
# devices under it; sourced after lib.sh.

# flood_begin [OPTION...]: of ping, instead of as many as it can
flood_begin()
{
	ping -q "${@:--f}" "$HOST" > /dev/null 2>&1 &
	flood=$!
}

flood_end()
{
	kill "$flood"
	wait "$flood"
}

# check_flood NAME PATH: it goes on by PATH
check_flood()
{
	local base

	base=$(sent_by "$2")
	check_wait "$1" stream_runs "$2" "$base"
}
