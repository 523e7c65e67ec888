#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-qemu.sh: download QEMU 10 of bookworm-backports, unpack it and print
# where: it emulates an SR-IOV NIC (igb), Debian 12's own QEMU does not. Uses
# an apt configuration of its own; the machine's sources stay as they are and
# nothing is installed.

. "$(dirname "$0")/lib.sh"

need apt-get apt

state=$CACHE/apt-backports
packages=(qemu-system-x86 qemu-system-common qemu-system-data seabios
	  ipxe-qemu)
# What QEMU 10 is linked with beyond the libraries of Debian 12's QEMU 7.2
libraries=(libslirp0 liburing2 libfdt1 libpixman-1-0 libseccomp2 libfuse3-3
	   libnuma1 libaio1 libpmem1 libdaxctl1 libndctl6 libbpf1 libcapstone4)

apt_backports()
{
	"$@" -q -o Dir::State="$state" -o Dir::Cache="$state/cache" \
	     -o Dir::Etc::SourceList="$state/sources.list" \
	     -o Dir::Etc::SourceParts=/dev/null \
	     -o Dir::Etc::Preferences=/dev/null \
	     -o Dir::State::status=/var/lib/dpkg/status \
	     -o APT::Sandbox::User=root
}

setup_apt()
{
	local mirror key=/usr/share/keyrings/debian-archive-keyring.gpg

	[ -r "$key" ] || die "$key is missing: apt-get install debian-archive-keyring"
	# The mirror the machine uses for Debian 12 itself
	# shellcheck disable=SC2016 # apt expands it
	mirror=$(apt-get indextargets --format '$(SITE)' \
		 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
	mkdir -p "$state"/{lists/partial,cache/archives/partial}
	printf 'deb [signed-by=%s] %s %s main\n' \
		"$key" "${mirror:-http://deb.debian.org/debian}" bookworm \
		"$key" "${mirror:-http://deb.debian.org/debian}" \
		bookworm-backports > "$state/sources.list"
	apt_backports apt-get update > "$state/apt.log" 2>&1 ||
		die "no list of bookworm-backports: $(tail -n 1 "$state/apt.log")"
}

candidate()
{
	apt_backports apt-cache madison qemu-system-x86 |
		awk -F ' *[|] *' '/backports/ { print $2; exit }'
}

fetch()
{
	local dir=$1 version=$2 tmp=$1.$$ package file

	rm -rf "$tmp"
	mkdir -p "$tmp/debs"
	for package in "${packages[@]}"; do
		case $package in
		qemu-*) package+=/bookworm-backports ;;
		esac
		(cd "$tmp/debs" && apt_backports apt-get download "$package" \
		 >> ../apt.log 2>&1) ||
			die "download of $package failed: $(tail -n 1 "$tmp/apt.log")"
	done
	for package in "${libraries[@]}"; do
		(cd "$tmp/debs" && apt_backports apt-get download "$package" \
		 >> ../apt.log 2>&1) ||
			die "download of $package failed: $(tail -n 1 "$tmp/apt.log")"
	done
	for file in "$tmp"/debs/*.deb; do
		dpkg -x "$file" "$tmp"
	done
	rm -r "$tmp/debs"
	echo "$version" > "$tmp/version"
	rm -rf "$dir"
	mv "$tmp" "$dir"
}

# A fetched one is used for as long as it is there: no network needed
for dir in "$CACHE"/qemu-*/; do
	[ -e "$dir/version" ] || continue
	echo "${dir%/}"
	exit
done

setup_apt
version=$(candidate)
[ -n "$version" ] || die "bookworm-backports offers no qemu-system-x86"
say "fetching QEMU $version"
# without the epoch: a colon separates paths in LD_LIBRARY_PATH
fetch "$CACHE/qemu-${version#*:}" "$version"
echo "$CACHE/qemu-${version#*:}"
