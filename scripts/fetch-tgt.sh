#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-tgt.sh: download tgt, an iSCSI target in user space, unpack it and print
# where. Installed it would start a target on this machine.

. "$(dirname "$0")/lib.sh"

need apt-get apt
need dpkg dpkg

dir=$CACHE/tgt
lock_cache tgt
if [ ! -e "$dir/usr/sbin/tgtd" ]; then
	say "fetching tgt"
	rm -rf "$dir.new"
	mkdir -p "$dir.new"
	cd "$dir.new"
	apt-get -q -o APT::Sandbox::User=root download tgt > "$dir.log" 2>&1 ||
		die "download failed: $(apt_error "$dir.log")"
	dpkg -x tgt_*.deb .
	rm tgt_*.deb
	mv "$dir.new" "$dir"
fi
echo "$dir"
