#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Key, fields and table of the receive hash, set on the master before the VF
# comes, while it is there and across a re-plug; a VF that has no such thing, or
# fewer queues than the table names.
#
# vmtest: queue-pairs=2 virtio-opts=rss=on,hash=on skips='vmxnet3 shows none'

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/vflayer_lib.sh"

readonly VF_PATH=tv2
readonly VF_OPTS=mq=on,vectors=6,rss=on,hash=on

# key N: forty times the same byte
key()
{
	printf "$1%.0s:" {1..40} | sed 's/:$//'
}

key_of()
{
	ethtool -x "$1" | sed -n '/^RSS hash key/{n;p}'
}

table_of()
{
	ethtool -x "$1" | grep -E '^ *[0-9]+:'
}

# The rx queues that the table names
queues_of()
{
	table_of "$1" | sed 's/^ *[0-9]*: *//' | tr -s ' ' '\n' |
		sort -un | paste -sd ' '
}

# The fields that are hashed for UDP: "a" addresses, "p" ports
fields_of()
{
	local text

	text=$(ethtool -n "$1" rx-flow-hash udp4) || return 1
	case $text in
	*"L4 bytes"*) echo ap ;;
	*"IP SA"*) echo a ;;
	esac
}

# hashes DEV KEY QUEUES FIELDS
hashes()
{
	note "$1: queues $(queues_of "$1"), fields $(fields_of "$1")"
	[ "$(key_of "$1")" = "$(key "$2")" ] &&
		[ "$(queues_of "$1")" = "$3" ] && [ "$(fields_of "$1")" = "$4" ]
}

# vf_table_is_default N: by turns, over so many queues
vf_table_is_default()
{
	local entries

	read -ra entries <<< "$(table_of "$VF" | sed 's/^ *[0-9]*: *//' |
		tr -s '\n ' ' ')"
	[ "${#entries[@]}" -ge 8 ] && [ "${entries[0]}" = 0 ] &&
		[ "${entries[1]}" = 1 ] && [ "${entries[2]}" = $((2 % $1)) ]
}

# table_is DEV PATTERN: repeated
table_is()
{
	local pattern i=0 entry

	read -ra pattern <<< "$2"
	for entry in $(table_of "$1" | sed 's/^ *[0-9]*: *//'); do
		[ "$entry" = "${pattern[i++ % ${#pattern[@]}]}" ] || return 1
	done
	[ "$i" -ge 8 ]
}

# A driver whose lock is taken, or whose PF has no time, as iavf's
check_refused()
{
	ethtool -X "$MASTER" weight 3 1
	layer_on igb fail_rxfh=1
	plug_vf igb id=many
	check_wait "refused once: it is told again" \
		same_distribution "$VF" "$MASTER"
	check "refused once: nothing is said" \
		fails logged "VF $VF keeps its receive hash"
	unplug_vf many
	next_vf fail_rxfh 100
	plug_vf igb id=many
	check_wait "refused for good: a line" \
		logged "VF $VF keeps its receive hash"
	check "refused for good: it is used" ping_by "$VF_PATH"
	check "refused for good: what a user sets fails" \
		fails ethtool -X "$MASTER" weight 1 3
	next_vf fail_rxfh 0
	unplug_vf many
	layer_off
}

# same_distribution DEV OTHER: the tables, of whatever size, have as much of each
# queue
same_distribution()
{
	[ "$(share_of "$1")" = "$(share_of "$2")" ]
}

# share_of DEV: hundredths of the table that name queue 0
share_of()
{
	table_of "$1" | sed 's/^ *[0-9]*: *//' | tr -s ' ' '\n' |
		awk '{ zero += $1 == 0 } END { print int(100 * zero / NR) }'
}

setup_master
skip=$(ethtool -x "$MASTER" 2>&1) || skip_all "no receive hash: $skip"

ethtool -X "$MASTER" hkey "$(key aa)" equal 1 || bail "ethtool -X failed"
ethtool -N "$MASTER" rx-flow-hash udp4 sd || bail "ethtool -N failed"
check "set on standby" hashes "$MASTER" aa 0 a
plug_vf virtio-net-pci id=many queues=2 opts "$VF_OPTS"
check "a VF that comes has it" hashes "$VF" aa 0 a
check "traffic" ping_by $VF_PATH

ethtool -X "$MASTER" hkey "$(key bb)" equal 2
ethtool -N "$MASTER" rx-flow-hash udp4 sdfn
check "set with a VF" hashes "$MASTER" bb "0 1" ap
check "the VF has it" hashes "$VF" bb "0 1" ap

unplug_vf many
check "after the unplug" hashes "$MASTER" bb "0 1" ap
plug_vf virtio-net-pci id=many queues=2 opts "$VF_OPTS"
check "the next VF has it" hashes "$VF" bb "0 1" ap
check "traffic again" ping_by $VF_PATH

# As it comes: all of its queues, which may be changed again
ethtool -X "$MASTER" weight 1 3
check "a table" [ "$(table_of "$VF")" = "$(table_of "$MASTER")" ]
ethtool -X "$MASTER" default
check_wait "back to the default: all of the VF's queues" \
	vf_table_is_default 2
check_wait "back to the default: they may be fewer" \
	ethtool -L "$VF" combined 1
ethtool -L "$VF" combined 2
ethtool -X "$MASTER" equal 2
check_wait "all of them, asked for" fails ethtool -L "$VF" combined 1

# One queue only: the table names two, so the VF keeps its own
check "no fewer queues on the VF than its table names" \
	fails ethtool -L "$VF" combined 1
ethtool -X "$VF" default
ethtool -L "$VF" combined 1 || bail "not one queue on $VF"
table=$(table_of "$VF")
ethtool -X "$MASTER" hkey "$(key cc)" weight 1 3
check "a VF with one queue has the key" \
	[ "$(key_of "$VF")" = "$(key cc)" ]
check "and keeps its table" [ "$(table_of "$VF")" = "$table" ]
check "which is another one" [ "$(table_of "$MASTER")" != "$table" ]
check "the master has both" hashes "$MASTER" cc "0 1" ap

unplug_vf many
plug_vf e1000e id=many
check "a VF without the like is used" ping_by $VF_PATH
check "and nothing is refused" ethtool -X "$MASTER" hkey "$(key dd)" equal 1
check "the master hashes alone" hashes "$MASTER" dd 0 ap

# A table of another length than the master's; no key can be set
unplug_vf many
plug_vf vmxnet3 id=many
if [ -n "$(table_of "$VF")" ]; then
	note "$(table_of "$VF" | tail -n 1)"
	check "a longer or shorter table" ethtool -X "$MASTER" equal 1
	check "it has the like" table_is "$VF" 0
	ethtool -X "$MASTER" weight 1 3
	check "no whole factor of that: a line" logged \
		"VF $VF has not the receive hash's table of size"
else
	skip_result "a longer or shorter table" "vmxnet3 shows none"
fi

unplug_vf many
if has_layer; then
	check_refused
else
	skip_result "refused once" "needs test_vf.ko"
fi

# What the master refuses, the VF does not get
vmhost standby timeout="$UNPLUG_WAIT" || bail "no other standby"
setup_master
plug_vf virtio-net-pci id=many queues=2 opts "$VF_OPTS"
fields=$(fields_of "$VF")
# ethtool says so, but not by its status
check "a master that hashes nothing refuses" \
	grep -q Cannot <(ethtool -N "$MASTER" rx-flow-hash udp4 sd 2>&1)
check "its VF hashes as before" [ "$(fields_of "$VF")" = "${fields:-none}" ]
finish
