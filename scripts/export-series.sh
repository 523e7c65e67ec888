#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# export-series.sh [SERIES...]: write build/series/SERIES/*.patch, which
# "git am" applies to the kernel tree of SERIES. Each commit builds: our own
# files come first and nobody refers to them, then they are linked into the
# module, and only then virtio_net.c calls them.
#
# The result is applied once more and must make the virtio_net.c that
# prepare-source.sh makes; what fails that is not left behind.

. "$(dirname "$0")/lib.sh"

need git git
need xz xz-utils

maintainer=$(sed -n 's/^M:\t//p;T;q' "$TOP/MAINTAINERS")
name=$(git -C "$TOP" config user.name) || name=${maintainer% <*}
email=$(git -C "$TOP" config user.email) ||
	{ email=${maintainer#*<}; email=${email%>}; }
when=$(git -C "$TOP" log -1 --format=%cI 2> /dev/null) || when=$(date -R)

# The user's configuration and an enclosing "git rebase -x" stay out of it
unset "${!GIT_@}"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=$email GIT_AUTHOR_DATE=$when
export GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=$email
export GIT_COMMITTER_DATE=$when

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What the series changes in a kernel tree
readonly TOUCHED=(
	Documentation/networking/index.rst
	MAINTAINERS
	drivers/net/Makefile
	drivers/net/virtio_net.c
	tools/testing/selftests/Makefile
)
readonly SELFTESTS=tools/testing/selftests/drivers/net/virtio_net_bypass

kernel_tree()
{
	local series=$1 dir=$2

	mkdir "$dir"
	untar_source "$SOURCE_DIR/linux-source-$series.tar.xz" "$dir" \
		--occurrence=1 "${TOUCHED[@]/#/linux-source-$series/}"
	git -C "$dir" init -q -b base
	git -C "$dir" add -A
	git -C "$dir" commit -q -m "linux-source-$series $(source_version "$series")"
}

# copy DIR PATH...: files of ours to the same place in the kernel tree
copy()
{
	local dir=$1
	shift

	(cd "$TOP" && find "$@" -type f ! -name '*.py[co]' -print0 |
		sort -z | xargs -0 cp --parents -t "$dir")
}

# insert_before FILE PATTERN: put stdin before the first line that matches
insert_before()
{
	local file=$1 pattern=$2 line

	line=$(grep -nm 1 -E "$pattern" "$file" | cut -d: -f1)
	[ -n "$line" ] || die "${file##*/} has no line $pattern"
	sed -i "$((line - 1))r /dev/stdin" "$file"
}

add_driver()
{
	copy "$1" drivers/net/virtio_net_bypass include/net include/trace
}

add_documentation()
{
	local dir=$1

	copy "$dir" Documentation/networking
	insert_before "$dir/Documentation/networking/index.rst" '^   vrf$' <<- END
	   virtio_net_bypass
	   virtio_net_bypass_driver
	   virtio_net_bypass_host
	END
	sed -n '/^VIRTIO NET IN-DRIVER/,/^$/p;/^F:.*selftests/q' \
		"$TOP/MAINTAINERS" > "$tmp/entry"
	echo >> "$tmp/entry"
	insert_before "$dir/MAINTAINERS" '^VIRTIO PMEM DRIVER$' < "$tmp/entry"
}

add_selftests()
{
	local dir=$1 makefile=$1/tools/testing/selftests/Makefile line

	copy "$dir" "$SELFTESTS"
	line=$(grep -nE '^TARGETS \+= drivers/net(/[a-v].*)?$' "$makefile" |
	       tail -n 1 | cut -d: -f1)
	[ -n "$line" ] || die "the selftests' Makefile has no place for ours"
	sed -i "${line}a TARGETS += drivers/net/virtio_net_bypass" "$makefile"
}

# commit DIR: what changed, with the message from stdin
commit()
{
	git -C "$1" add -A
	git -C "$1" commit -q -s -F -
}

apply()
{
	local dir=$1
	shift

	git -C "$dir" am -q "$@" > "$tmp/am" 2>&1 && return
	cat "$tmp/am" >&2
	die "git am failed on linux-source-$series"
}

make_commits()
{
	local series=$1 dir=$2 patches=$TOP/patches/$1

	add_driver "$dir"
	commit "$dir" << 'END'
virtio_net: bypass: add in-driver failover

A hypervisor that offers VIRTIO_NET_F_STANDBY gives a guest two devices
with one MAC address: the virtio device, which is always there, and a VF,
which is fast and goes away for a live migration. net_failover makes a
third netdev of the two. User space then has to tell three netdevs apart,
and every packet is queued twice, on the failover netdev and on the one
below it.

Add the files with which virtio_net can do it alone: its netdev enslaves
the VF and sends through it while it is up. The master's qdisc is the only
queue; a small qdisc on the VF's tx queues wakes it when the VF has room.

Nothing uses them yet.
END
	apply "$dir" "$patches"/0002-*.patch
	apply "$dir" "$patches"/0001-*.patch

	add_documentation "$dir"
	commit "$dir" << 'END'
virtio_net: bypass: document in-driver failover

Describe what a guest sees, how a VF is found and used, what happens to
the settings of the master, the counters and tracepoints, and what does
not work. Add an entry to MAINTAINERS.
END
	add_selftests "$dir"
	commit "$dir" << 'END'
selftests: drivers/net: add tests of virtio_net's in-driver failover

The tests run in a guest and need a host that plugs and unplugs a VF on
request, which they reach by the command "vmhost". Where there is none
they are skipped.
END
}

same()
{
	diff -ur "${@:3}" "$1" "$2" > "$tmp/diff" && return
	sed -n 1,20p "$tmp/diff" >&2
	die "the series makes another ${2#"$tmp"/} than the build has"
}

# Apply the series as a stranger would, and compare
verify()
{
	local series=$1 patches=$2 work=$tmp/applied-$1 ready=$tmp/prepared-$1
	local file

	git clone -q "$tmp/kernel-$series" -b base "$work"
	apply "$work" "$patches"/*.patch
	"$TOP/scripts/prepare-source.sh" "$series" "$(source_version "$series")" \
					 "$ready"
	for file in drivers/net/virtio_net.c drivers/net/Makefile \
		    drivers/net/virtio_net_bypass include; do
		same "$ready/$file" "$work/$file"
	done
	# But for what was built there
	same "$TOP/$SELFTESTS" "$work/$SELFTESTS" \
	     -X "$TOP/$SELFTESTS/.gitignore"
}

export_series()
{
	local series=$1 dir=$tmp/kernel-$1 out=$BUILD/series/$1

	check_series "$series"
	source_version "$series" > /dev/null
	kernel_tree "$series" "$dir"
	git -C "$dir" checkout -q -b series
	make_commits "$series" "$dir"
	git -C "$dir" format-patch -q -n --zero-commit --no-signature \
		-o "$tmp/out-$series" base
	verify "$series" "$tmp/out-$series"

	rm -rf "$out"
	mkdir -p "${out%/*}"
	cp -r "$tmp/out-$series" "$out"
	say "build/series/$series: $(find "$out" -name '*.patch' | wc -l)" \
	    "patches on linux-source-$series $(source_version "$series"), verified"
}

wanted=("$@")
[ $# -gt 0 ] || mapfile -t wanted < <(supported_series)
for series in "${wanted[@]}"; do
	export_series "$series"
done
