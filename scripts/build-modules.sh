#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build-modules.sh [--check] [--tests] [--kernel-dir DIR] [RELEASE]: build
# build/RELEASE/virtio_net.ko for RELEASE, or for every supported kernel whose
# headers are installed. DIR is a fetched kernel (fetch-kernel.sh) to take
# the headers from. --tests builds the modules of the tests as well. --check
# builds all in build/RELEASE-check with sparse and tells what it says, for
# style.sh.

. "$(dirname "$0")/lib.sh"

check='' tests='' kernel_dir=''
while [ $# -gt 0 ]; do
	case $1 in
	--check) check=1 tests=1 ;;
	--tests) tests=1 ;;
	--kernel-dir) kernel_dir=$2; shift ;;
	-*) die "unknown option $1" ;;
	*) break ;;
	esac
	shift
done

# Where the headers of a release are: installed, or fetched
headers_of()
{
	local dir

	for dir in "${kernel_dir:-/}/usr/src/linux-headers-$1" \
		   "$CACHE"/kernel/*/usr/src/linux-headers-"$1"; do
		[ -d "$dir" ] || continue
		echo "$dir"
		return
	done
	die "no headers of $1: apt-get install linux-headers-$1"
}

installed_releases()
{
	local dir release

	for dir in "$kernel_dir"/usr/src/linux-headers-*/; do
		[ -e "$dir/include/generated/package.h" ] || continue
		release=$(basename "$dir")
		release=${release#linux-headers-}
		! is_supported "$release" || echo "$release"
	done
}

build()
{
	local release=$1 series headers version out src args

	series=$(series_of "$release")
	headers=$(headers_of "$release")
	version=$(package_version "$headers")
	check_series "$series"

	out=$BUILD/$release${check:+-check}
	src=$out/src
	args=(W=1)
	if [ -n "$check" ]; then
		args+=(C=2 CF=-D__CHECK_ENDIAN__)
		rm -rf "$out"
	fi

	mkdir -p "$out"
	"$TOP/scripts/prepare-source.sh" "$series" "$version" "$src"
	make -s -j"$(nproc)" -C "$headers" M="$src" "${args[@]}" modules
	# At once: somebody may be making a guest of it
	cp "$src/drivers/net/virtio_net_bypass/virtio_net.ko" "$out/virtio_net.new"
	mv "$out/virtio_net.new" "$out/virtio_net.ko"
	say "${out#"$TOP"/}/virtio_net.ko"
	[ -z "$tests" ] || build_test_modules "$headers" "$out"
}

# They lie in the selftests, where a kernel tree has them, and are built in a
# copy. Nothing installs them.
build_test_modules()
{
	local headers=$1 out=$2 module

	copy_test_modules "$out/test_modules"
	make -s -j"$(nproc)" -C "$headers" M="$out/test_modules" "${args[@]}" \
		modules
	for module in "$out"/test_modules/*.ko; do
		say "${module#"$TOP"/}"
	done
}

need make make
need gcc gcc
if [ $# -gt 0 ]; then
	releases=("$@")
else
	mapfile -t releases < <(installed_releases)
	[ ${#releases[@]} -gt 0 ] ||
		die "no headers of a supported kernel are installed:" \
		    "apt-get install linux-headers-amd64"
fi
for release in "${releases[@]}"; do
	build "$release"
done
