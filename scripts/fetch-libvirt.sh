#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-libvirt.sh MAJOR: make a root of Debian 12 with a libvirt and its QEMU, for
# hosts that are namespaces, and print where. Nothing is installed on this machine.
#
#   9   bookworm's own, with QEMU 7.2
#   11  of bookworm-backports, with QEMU 10

. "$(dirname "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: fetch-libvirt.sh MAJOR"
major=$1
more=()
packages=libvirt-daemon,libvirt-daemon-driver-qemu,libvirt-daemon-system
packages+=,libvirt-clients,qemu-system-x86,iproute2,kmod,procps,strace
# What the programs that are tried there are linked with
packages+=,libxml2,libjson-c5
case $major in
9) ;;
11) more=(--aptopt='APT::Default-Release "bookworm-backports"'
          "deb $(debian_mirror) bookworm-backports main")
    packages+=,libvirt-daemon-driver-network,libvirt-daemon-driver-nodedev
    packages+=,libvirt-daemon-driver-interface ;;
*) die "no suite is known to have libvirt $major, but 9 and 11" ;;
esac
[ "$(id -u)" -eq 0 ] || die "needs root"
need mmdebstrap mmdebstrap

# As an archive first: mmdebstrap mounts the machine's /proc and more in what it works
# in, and that is no place to clean up in if it was killed
make()
{
	make_root "$root.tar" "$root.log" bookworm "$packages" --variant=minbase \
		--aptopt='APT::Install-Recommends "false"' "${more[@]}"
	rm -rf "$root"
	mkdir "$root"
	tar -xf "$root.tar" -C "$root"
	rm "$root.tar"
	touch "$root/complete"
}

root=$CACHE/libvirt-$major
lock_cache "libvirt-$major"
if ! [ -e "$root/complete" ] || ! is_recent "$root/complete"; then
	make
fi
echo "$root"
