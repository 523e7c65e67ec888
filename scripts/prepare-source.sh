#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prepare-source.sh SERIES VERSION DIR: lay out DIR as the part of a kernel
# tree that the module is built from: the files that patches/SERIES touches,
# out of the installed linux-source-SERIES and patched, and our own beside
# them. VERSION is that of the kernel package the module is for. A source of the
# same upstream version will do, as Debian's revisions change few files; what is
# patched is counted either way.
#
# VIRTNET_BYPASS_KEPT is a directory in which the files of each version that was
# seen are kept, for a kernel that stays when its source is gone.

. "$(dirname "$0")/lib.sh"

[ $# -eq 3 ] || die "usage: prepare-source.sh SERIES VERSION DIR"
series=$1 version=$2 dir=$3
patches=$TOP/patches/$series
tarball=$SOURCE_DIR/linux-source-$series.tar.xz
kept=${VIRTNET_BYPASS_KEPT:-}

need patch patch
need xz xz-utils
need rsync rsync

# 6.1.192-3 -> 6.1.192
upstream()
{
	echo "${1%-*}"
}

# The version whose files to take: what is kept of the kernel's own, the installed
# one if it is that or near enough, or what is kept and near enough
find_source()
{
	local installed near

	installed=$(source_version "$series" 2> /dev/null) || installed=
	if [ -n "$kept" ] && [ -d "$kept/$version" ]; then
		echo "$version"
		return
	fi
	if [ "$(upstream "$installed")" = "$(upstream "$version")" ]; then
		echo "$installed"
		return
	fi
	for near in "${kept:-/nowhere}/$(upstream "$version")"-*/; do
		[ -d "$near" ] || continue
		basename "$near"
		return
	done
	[ -n "$installed" ] || source_version "$series" "$version"
	die "linux-source-$series is $installed, the headers" \
	    "are $version: apt-get install linux-source-$series=$version," \
	    "or upgrade the headers"
}

# One pass over the tarball takes about five seconds, so it is done only when
# its version or our patches have changed.
extract()
{
	local files stamp have

	have=$(find_source)
	stamp=$(cat "$patches"/*.patch | sha256sum | cut -c1-16)-$have
	[ "$(cat "$dir/.stamp" 2> /dev/null)" != "$stamp" ] || return 0

	[ "$have" = "$version" ] ||
		say "linux-source-$series $have stands in for $version"
	rm -rf "$dir"
	mkdir -p "$dir"
	if [ -n "$kept" ] && [ -d "$kept/$have" ]; then
		cp -r "$kept/$have/." "$dir/"
	else
		mapfile -t files < <(sed -n 's,^--- a/,,p' "$patches"/*.patch |
				     sort -u)
		untar_source "$tarball" "$dir" --occurrence=1 \
			"${files[@]/#/linux-source-$series/}"
		keep "$have"
	fi
	apply
	count_hooks
	echo "$stamp" > "$dir/.stamp"
}

keep()
{
	[ -n "$kept" ] || return 0
	rm -rf "$kept/$1.new"
	mkdir -p "$kept"
	cp -r "$dir" "$kept/$1.new"
	mv "$kept/$1.new" "$kept/$1"
}

apply()
{
	local file

	for file in "$patches"/*.patch; do
		patch -s -p1 -d "$dir" --fuzz=0 --no-backup-if-mismatch \
		      < "$file" ||
			die "${file#"$TOP"/} does not apply to $version"
	done
}

# patch succeeds too where a hunk lands in the wrong place or not at all
count_hooks()
{
	local name want have

	while read -r name want; do
		have=$(grep -c "$name" "$dir/drivers/net/virtio_net.c") ||
			[ "$have" -eq 0 ]
		[ "$have" -eq "$want" ] ||
			die "$have calls of $name landed in virtio_net.c, not $want"
	done < "$patches/HOOKS"
}

check_series "$series"
extract
rsync -rc --delete "$TOP/drivers/net/virtio_net_bypass/" \
	--include='*.[ch]' --include=Kbuild --include='*.o' --include='.*.cmd' \
	--exclude='*' --filter='P *.o' --filter='P .*' --filter='P *.ko' \
	--filter='P *.mod*' "$dir/drivers/net/virtio_net_bypass/"
rsync -rc "$TOP/include" "$TOP/Kbuild" "$TOP/VERSION" "$dir/"
