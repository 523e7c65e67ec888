#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prepare-source.sh SERIES VERSION DIR: lay out DIR as the part of a kernel
# tree that the module is built from: the files that patches/SERIES touches,
# out of the installed linux-source-SERIES and patched, and our own beside
# them. VERSION is that of the kernel package the module is for.

. "$(dirname "$0")/lib.sh"

[ $# -eq 3 ] || die "usage: prepare-source.sh SERIES VERSION DIR"
series=$1 version=$2 dir=$3
patches=$TOP/patches/$series
tarball=$SOURCE_DIR/linux-source-$series.tar.xz

need patch patch
need xz xz-utils
need rsync rsync

check_source()
{
	local have

	check_series "$series"
	have=$(source_version "$series" "$version")
	[ "$have" = "$version" ] ||
		die "linux-source-$series is $have, the headers" \
		    "are $version: apt-get install linux-source-$series=$version," \
		    "or upgrade the headers"
}

# One pass over the tarball takes about five seconds, so it is done only when
# its version or our patches have changed.
extract()
{
	local files stamp

	stamp=$(cat "$patches"/*.patch | sha256sum | cut -c1-16)-$version
	[ "$(cat "$dir/.stamp" 2> /dev/null)" != "$stamp" ] || return 0

	rm -rf "$dir"
	mkdir -p "$dir"
	mapfile -t files < <(sed -n 's,^--- a/,,p' "$patches"/*.patch |
			     sort -u)
	untar_source "$tarball" "$dir" --occurrence=1 \
		"${files[@]/#/linux-source-$series/}"
	apply
	count_hooks
	echo "$stamp" > "$dir/.stamp"
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

check_source
extract
rsync -rc --delete "$TOP/drivers/net/virtio_net_bypass/" \
	--include='*.[ch]' --include=Kbuild --include='*.o' --include='.*.cmd' \
	--exclude='*' --filter='P *.o' --filter='P .*' --filter='P *.ko' \
	--filter='P *.mod*' "$dir/drivers/net/virtio_net_bypass/"
rsync -rc "$TOP/include" "$TOP/Kbuild" "$TOP/VERSION" "$dir/"
