# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guests of demo and bench share: the selftests' library, and events
# for the report. Who sources it has "files=" with that directory in its header.

SELFTESTS=$(dirname "${BASH_SOURCE[0]}")/../tools/testing/selftests/drivers/net/virtio_net_bypass
# shellcheck source=../tools/testing/selftests/drivers/net/virtio_net_bypass/lib.sh
. "$SELFTESTS/lib.sh"
# shellcheck source=../tools/testing/selftests/drivers/net/virtio_net_bypass/storm_lib.sh
. "$SELFTESTS/storm_lib.sh"

# event NAME [KEY=VALUE...]: one line of JSON; vmtest's log.py reads them
event()
{
	local pair value number='^-?(0|[1-9][0-9]*)(\.[0-9]+)?$'

	printf '# {"event": "%s"' "$1"
	shift
	for pair in "$@"; do
		value=${pair#*=}
		if ! [[ $value =~ $number ]]; then
			value=${value//\\/\\\\}
			value=\"${value//\"/\\\"}\"
		fi
		printf ', "%s": %s' "${pair%%=*}" "$value"
	done
	echo '}'
}

# must COMMAND...: it becomes true within the limit, or the guest's run ends
must()
{
	wait_for "$@" || bail "timed out: $*"
}
