# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Boots in which a VF turns up at any moment between firmware and login. Sourced by
# a test for each release. They run on the distribution's own driver as well, with
# its net_failover, of which nothing is expected: scripts/boots.sh counts both.

. "$(dirname "${BASH_SOURCE[0]}")/distro_lib.sh"

# How many, and a seed for the moments
readonly BOOTS=${BYPASS_BOOTS:-6} SEED=${BYPASS_SEED:-1}
readonly NEXT=/var/lib/vmtest-next
# Of the time from a reset until the kernel starts, s: SeaBIOS and its boot ROM
readonly FIRMWARE=2

# snapshot: without what counts down
snapshot()
{
	(ip -br link; ip -o address show scope global; ip route; ip -6 route) |
		sed 's/_lft [^ ]*//g; s/expires [^ ]*//'
}

is_still()
{
	[ "$(snapshot)" = "$1" ]
}

# settled: for HOLD seconds nothing changes
settled()
{
	udevadm settle
	holds is_still "$(snapshot)"
}

# observe [NAME=VALUE...]: one line for who counts
observe()
{
	"$(dirname "$0")/observe.py" "$HOST" "$HOST6" "boot=$VMTEST_BOOT" \
		"seed=$SEED" "$@" > /run/observed || bail "nothing was observed"
	echo "# observed: $(cat /run/observed)"
}

# seen EXPRESSION: of what was observed
seen()
{
	python3 -c 'import json, sys
boot = json.load(open("/run/observed", encoding="utf-8"))
sys.exit(not eval(sys.argv[1]))' "$1"
}

check_boot()
{
	check "$1: two netdevs" seen "len(boot['netdevs']) == 2"
	check "$1: named by their places" seen "not boot['misnamed']"
	check "$1: the VF has no address" \
		seen "not any(boot['addresses']['$VF'].values())"
	check "$1: one default route of each family, by the master" \
		seen "boot['routes'] == {'4': ['$MASTER'], '6': ['$MASTER']}"
	check "$1: the host answers" seen "all(boot['answers'].values())"
	check "$1: the network was online" seen "boot['online']"
}

# is_hidden BOOT: by QEMU, until the driver is there. The last third: QEMU remembers
# the VF of a pair, and plugs it in each boot after the first one.
is_hidden()
{
	[ "$1" -gt $((BOOTS * 2 / 3)) ]
}

# plan_boot PACE: when the next one's VF comes, by the seed, and s to a login
plan_boot()
{
	local next=$((VMTEST_BOOT + 1)) pair=no share=driver

	if ! is_hidden "$VMTEST_BOOT"; then
		[ "$VMTEST_BOOT" = 0 ] || vmhost unplug ||
			bail "the VF was not unplugged"
		RANDOM=$((SEED * 1000 + VMTEST_BOOT))
		share=0.$(printf %03d $((RANDOM % 1000)))
		! is_hidden $next || pair=yes
		vmhost at-boot "$(awk "BEGIN { print $share * $1 }")" \
			plug e1000e pair=$pair || bail "no plan"
	fi
	printf 'share=%s pace=%s\n' "$share" "$1" > "$NEXT"
	next_boot
}

test_moments()
{
	local share pace hidden=no

	begin
	if [ "$VMTEST_BOOT" = 0 ]; then
		wait_for settled || bail "no rest"
		observe
		plan_boot "$(awk -v firmware=$FIRMWARE 'NR == 1 {
			print $1 + firmware }' /proc/uptime)"
	fi
	# shellcheck source=/dev/null
	. "$NEXT"
	! is_hidden "$VMTEST_BOOT" || hidden=yes
	is_hidden $((VMTEST_BOOT - 1)) || vmhost at-boot-done || bail "no VF"
	wait_for netdev_of_driver e1000e || bail "no netdev of the VF"
	! is_ours || wait_for find_vf "$MASTER" || bail "the VF was not taken"
	wait_for settled || note "no rest"
	observe "share=$share" "hidden=$hidden"
	VF=$(netdev_of_driver e1000e)
	! is_ours || check_boot "boot $VMTEST_BOOT, VF at $share, hidden: $hidden"
	[ "$VMTEST_BOOT" -lt "$BOOTS" ] || finish
	plan_boot "$pace"
}
