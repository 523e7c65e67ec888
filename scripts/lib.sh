#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the scripts share. Sourced, not run.

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$TOP/build
# What is expensive and the same for every clone: packages, debug kernels
CACHE=${VIRTNET_BYPASS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/virtnet-bypass}
# Debian's kernel sources; the tests point it elsewhere
SOURCE_DIR=${VIRTNET_BYPASS_SOURCE_DIR:-/usr/src}
export TOP BUILD CACHE SOURCE_DIR

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

say()
{
	echo "== $*" >&2
}

# need TOOL PACKAGE...: the tool, or one line that says how to get it
need()
{
	local tool=$1 package=$2

	command -v "$tool" > /dev/null ||
		die "$tool is missing: apt-get install $package"
}

# untar_source TARBALL DIR WORD...: more options and the files of a kernel source;
# xz unpacks its blocks by all CPUs
untar_source()
{
	local tarball=$1 dir=$2
	shift 2

	XZ_OPT=-T0 tar -xJf "$tarball" -C "$dir" --strip-components=1 "$@"
}

# Of the modules that the tests load; from the top, as debug-kernel.sh lists it
TEST_MODULES=tools/testing/selftests/drivers/net/virtio_net_bypass/test_modules

# copy_test_modules DIR: what they are built from
copy_test_modules()
{
	rsync -rc --include='*.[ch]' --include=Makefile --exclude='*' \
		"$TOP/$TEST_MODULES/" "$1/"
}

# lock_cache NAME: until the script ends; two of them may fetch the same
lock_cache()
{
	mkdir -p "$CACHE"
	exec 8> "$CACHE/$1.lock"
	flock -n 8 || { say "waiting for another ${0##*/}"; flock 8; }
}

# apt_error LOG: what went wrong. apt's progress makes grep take it for binary.
apt_error()
{
	grep -a -m 1 '^E:' "$1" || tail -n 1 "$1"
}

# debian_mirror: the one that the machine uses for Debian 12 itself
debian_mirror()
{
	local mirror

	# shellcheck disable=SC2016 # apt expands it
	mirror=$(apt-get indextargets --format '$(SITE)' \
		 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
	echo "${mirror:-http://deb.debian.org/debian}"
}

# is_recent FILE: of the last week. A root is to have the packages of today's
# archive, and takes minutes to make.
is_recent()
{
	[ -n "$(find "$1" -mtime -7 2> /dev/null)" ]
}

# make_root ARCHIVE LOG SUITE PACKAGES [OPTION...] [SOURCE...]: a root of Debian, with
# packages out of more sources, too, and options of mmdebstrap
make_root()
{
	local archive=$1 log=$2 suite=$3 packages=$4
	shift 4

	say "making a root of $suite"
	mmdebstrap --quiet --format=tar --variant=apt --components=main \
		--include="$packages" "$suite" "$archive.new" \
		"deb $(debian_mirror) $suite main" "$@" \
		> "$log" 2>&1 < /dev/null ||
		die "no root of $suite: $(apt_error "$log")"
	mv "$archive.new" "$archive"
}

# 6.1.0-56-amd64 -> 6.1, 6.12.117+deb12-amd64 -> 6.12
series_of()
{
	[[ $1 =~ ^([0-9]+\.[0-9]+) ]] || die "'$1' is not a kernel release"
	echo "${BASH_REMATCH[1]}"
}

supported_series()
{
	local dir

	for dir in "$TOP"/patches/*/; do
		basename "$dir"
	done | sort -V
}

# is_supported RELEASE
is_supported()
{
	[ -d "$TOP/patches/$(series_of "$1")" ]
}

newest_series()
{
	supported_series | tail -n 1
}

# check_series SERIES: one that there are patches for
check_series()
{
	[ -d "$TOP/patches/$1" ] ||
		die "kernel series $1 is not supported, only" \
		    "$(supported_series | paste -sd ' ')"
}

# source_version SERIES [WANTED]: Debian's version of the kernel source that is
# installed; WANTED is named where there is none
source_version()
{
	local package=linux-source-$1 version

	version=$(dpkg-query -W -f '${Version}' "$package" 2> /dev/null) ||
		version=
	if [ -z "$version" ] || [ ! -r "$SOURCE_DIR/$package.tar.xz" ]; then
		die "no kernel source: apt-get install $package${2:+=$2}"
	fi
	echo "$version"
}

# package_version HEADERS: Debian's version of the kernel that they are of. Its
# release does not tell: 6.1.0-56-amd64 is of many.
package_version()
{
	sed -n 's/^#define LINUX_PACKAGE_ID " Debian \(.*\)"$/\1/p' \
		"$1/include/generated/package.h" 2> /dev/null |
		grep . || die "$1 does not name its Debian version:" \
			      "only kernels of Debian are supported"
}
