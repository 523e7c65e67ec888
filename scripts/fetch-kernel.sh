#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch-kernel.sh SERIES: download Debian's kernel image and headers of the
# version of the installed linux-source-SERIES, unpack them and print where.
# Nothing is installed: a newcomer's machine keeps the kernels it boots.

. "$(dirname "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: fetch-kernel.sh SERIES"
series=$1
need apt-get apt
need dpkg-query dpkg

version=$(source_version "$series")
dir=$CACHE/kernel/$series-$version

# The release whose image has the version of the source
find_release()
{
	local package

	while read -r package _; do
		if apt-cache madison "$package" |
		   awk -F ' *[|] *' -v v="$version" '$2 == v { f = 1 }
						     END { exit !f }'; then
			package=${package#linux-image-}
			echo "${package%-unsigned}"
			return
		fi
	done < <(apt-cache search --names-only \
		 "^linux-image-${series//./\\.}[.0-9+a-z-]*-amd64-unsigned\$" |
		 grep -vE -- '-(cloud|rt)-' | sort -rV)
	die "no linux-image of version $version is offered: apt-get update" \
	    "&& apt-get install linux-source-$series"
}

# What the headers need of the kernel's own packages
headers_depends()
{
	apt-cache show --no-all-versions "linux-headers-$1=$version" |
		sed -n 's/^Depends: //p' | tr ',' '\n' |
		sed -nE 's/^ *(linux-(kbuild|headers)-[^ ]*).*/\1/p'
}

fetch()
{
	local release=$1 package tmp=$dir.$$

	# Also what another one left that was stopped
	rm -rf "$dir".*
	mkdir -p "$tmp/debs"
	# as root _apt cannot write here; the download is checked either way
	(cd "$tmp/debs" &&
	 apt-get -q -o APT::Sandbox::User=root download \
		"linux-image-$release-unsigned=$version" \
		"linux-headers-$release=$version" \
		"${@:2}" > ../apt.log 2>&1) ||
		die "download failed: $(tail -n 1 "$tmp/apt.log")"
	for package in "$tmp"/debs/*.deb; do
		dpkg -x "$package" "$tmp"
	done
	rm -r "$tmp/debs"
	# Debian's headers name each other by absolute paths
	sed -i "s,/usr/src/,$dir/usr/src/," \
		"$tmp/usr/src/linux-headers-$release/Makefile"
	echo "$release" > "$tmp/release"
	mkdir -p "${dir%/*}"
	rm -rf "$dir"
	mv "$tmp" "$dir"
}

[ -e "$dir/release" ] || lock_cache "kernel-$series"
if [ ! -e "$dir/release" ]; then
	release=$(find_release)
	mapfile -t depends < <(headers_depends "$release")
	[ ${#depends[@]} -ge 2 ] ||
		die "linux-headers-$release=$version is not offered"
	say "fetching kernel $release ($version)"
	fetch "$release" "${depends[@]}"
fi
echo "$dir"
