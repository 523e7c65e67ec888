#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-qemu.sh MAJOR: download a QEMU that is newer than Debian 12's, with all
# that it is linked with, C library and loader included, unpack it and print
# where. Uses an apt configuration of its own, which knows of no installed
# package; the machine's sources stay as they are and nothing is installed.
#
#   10  of bookworm-backports
#   11  of trixie-backports; the only one here whose TCG finds the right device
#       in a memory map that another CPU is just changing

. "$(dirname "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: fetch-qemu.sh MAJOR"
major=$1
case $major in
10) suites=(bookworm bookworm-backports) ;;
11) suites=(trixie trixie-backports) ;;
*) die "no suite is known to have QEMU $major, but 10 and 11" ;;
esac
need apt-get apt
need dpkg-deb dpkg

state=$CACHE/apt-${suites[-1]}
package=qemu-system-x86

apt_of_suite()
{
	"$@" -q -o Dir::State="$state" -o Dir::Cache="$state/cache" \
	     -o Dir::Etc::SourceList="$state/sources.list" \
	     -o Dir::Etc::SourceParts=/dev/null \
	     -o Dir::Etc::Preferences=/dev/null \
	     -o Dir::Etc::PreferencesParts=/dev/null \
	     -o Dir::State::status="$state/status" \
	     -o APT::Default-Release="${suites[-1]}" \
	     -o APT::Sandbox::User=root
}

setup_apt()
{
	local mirror suite key=/usr/share/keyrings/debian-archive-keyring.gpg

	[ -r "$key" ] || die "$key is missing: apt-get install debian-archive-keyring"
	mirror=$(debian_mirror)
	mkdir -p "$state"/{lists/partial,cache/archives/partial}
	: > "$state/status"
	for suite in "${suites[@]}"; do
		echo "deb [signed-by=$key]" \
		     "$mirror $suite main"
	done > "$state/sources.list"
	apt_of_suite apt-get update > "$state/apt.log" 2>&1 ||
		die "no list of ${suites[-1]}: $(tail -n 1 "$state/apt.log")"
}

candidate()
{
	apt_of_suite apt-cache policy "$package" |
		awk '$1 == "Candidate:" { print $2 }'
}

fetch()
{
	local dir=$1 tmp=$1.$$ file

	# Also what another one left that was stopped
	rm -rf "$dir".*
	# Debian 12's packages have some files in /lib, as it is a link there
	mkdir -p "$tmp/usr/lib"
	ln -s usr/lib "$tmp/lib"
	apt_of_suite apt-get install --download-only --yes \
		--no-install-recommends "$package" < /dev/null \
		> "$state/apt.log" 2>&1 ||
		die "download failed: $(apt_error "$state/apt.log")"
	for file in "$state"/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$file" |
			tar -x -C "$tmp" --keep-directory-symlink
	done
	rm -r "$state/cache"
	touch "$tmp/complete"
	mv "$tmp" "$dir"
}

# A fetched one is used for as long as it is there: no network needed
use_fetched()
{
	local dir

	for dir in "$CACHE/qemu-root-$major."*/; do
		[ -e "$dir/complete" ] || continue
		echo "${dir%/}"
		exit
	done
}

use_fetched
lock_cache "qemu-$major"
use_fetched
setup_apt
version=$(candidate)
# without the epoch: a colon separates paths of libraries
dir=$CACHE/qemu-root-${version#*:}
[[ $dir == */qemu-root-"$major".* ]] ||
	die "${suites[-1]} has QEMU ${version:-none}, not $major"
say "fetching QEMU $version"
fetch "$dir"
echo "$dir"
