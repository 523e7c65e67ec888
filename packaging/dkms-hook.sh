#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dkms-hook.sh verdict RELEASE HEADERS PID | attempt RELEASE HEADERS DIR |
#              build RELEASE HEADERS TO | post-install RELEASE DKMS_TREE ARCH |
#              post-remove RELEASE
#
# What dkms.conf runs. In the package this file is beside lib.sh.
#
# DKMS takes any error for one of the whole package, and of the kernel's package
# that is being installed: both are left half configured. So it is asked to build
# only what has been built here already. Why a kernel keeps its own driver stands
# in /var/lib/virtio-net-bypass/RELEASE/verdict, what make said in log beside it.

# A hook of apt or of the kernel's package has no HOME
export HOME=${HOME:-/root}
# shellcheck source=../scripts/lib.sh
. "$(dirname "$0")/lib.sh"

readonly STATE=${VIRTNET_BYPASS_STATE:-/var/lib/virtio-net-bypass}
readonly MODULE=drivers/net/virtio_net_bypass/virtio_net.ko

# With Secure Boot a module whose key is not enrolled is refused, and then
# there is no driver at all: better to keep the one of the distribution.
check_secure_boot()
{
	local mok_certificate='' answer

	answer=$(mokutil --sb-state 2> /dev/null) || :
	[[ $answer == *'SecureBoot enabled'* ]] || return 0
	# shellcheck source=/dev/null
	[ ! -r /etc/dkms/framework.conf ] || . /etc/dkms/framework.conf
	mok_certificate=${mok_certificate:-/var/lib/dkms/mok.pub}
	# Its exit status is 1 if the key is enrolled
	answer=$(mokutil --test-key "$mok_certificate" 2> /dev/null) || :
	[[ $answer == *'is already enrolled'* ]] ||
		die "Secure Boot is on and the key of DKMS is not enrolled:" \
		    "mokutil --import $mok_certificate, reboot, dkms autoinstall"
}

# All that the answer depends on
stamp()
{
	local headers=$1 answer

	answer=$(check_secure_boot 2>&1) || :
	{
		cat "$TOP/VERSION" "$headers/include/generated/package.h"
		dpkg-query -W -f '${Package} ${Version}\n' 'linux-source-6.*' gcc
		echo "$answer"
	} 2> /dev/null | sha256sum | cut -c1-32
}

# attempt RELEASE HEADERS DIR: make the module in DIR, or say why not
attempt()
{
	local release=$1 headers=$2 dir=$3 version

	check_series "$(series_of "$release")"
	version=$(package_version "$headers")
	grep -q '^CONFIG_VIRTIO_NET=m$' "$headers/include/config/auto.conf" ||
		die "virtio_net is no module of it"
	! grep -q '^CONFIG_PREEMPT_RT=y$' "$headers/include/config/auto.conf" ||
		die "it is a PREEMPT_RT kernel, on which the driver was never tried"
	check_secure_boot
	VIRTNET_BYPASS_KEPT=$STATE/source "$TOP/scripts/prepare-source.sh" \
		"$(series_of "$release")" "$version" "$dir/tree"
	make -j"$(nproc)" -C "$headers" M="$dir/tree" modules \
		> "$dir/log" 2>&1 ||
		die "the module does not build, see $STATE/$release/log"
	cp "$dir/tree/$MODULE" "$dir/"
}

# Answers of kernels that are gone
forget_others()
{
	local dir

	for dir in "$STATE"/*/; do
		dir=$(basename "$dir")
		[ "$dir" = source ] || [ -d "/lib/modules/$dir" ] ||
			rm -rf "${STATE:?}/$dir"
	done
}

# Made once for whatever the answer depends on
find_verdict()
{
	local release=$1 headers=$2 dir=$STATE/$1 new=$STATE/$1.new reason stamp

	stamp=$(stamp "$headers")
	[ "$(cat "$dir/stamp" 2> /dev/null)" != "$stamp" ] || return 0
	rm -rf "$new"
	mkdir -p "$new"
	# As a process of its own, which any error ends
	if reason=$(bash "$0" attempt "$release" "$headers" "$new" 2>&1); then
		reason=ok
	fi
	reason=${reason##*$'\n'}
	echo "${reason#*.sh: }" > "$new/verdict"
	rm -rf "$new/tree" "$dir"
	echo "$stamp" > "$new/stamp"
	mv "$new" "$dir"
	forget_others
}

# Is DKMS to build for a kernel? PID is DKMS' own: it asks more than once.
verdict()
{
	local release=$1 headers=$2 pid=$3 answer

	[ -d "$headers/include" ] || return 1
	find_verdict "$release" "$headers"
	answer=$(cat "$STATE/$release/verdict")
	[ "$answer" != ok ] || return 0
	[ "$(cat "$STATE/$release/told" 2> /dev/null)" = "$pid" ] ||
		echo "virtio-net-bypass: kernel $release keeps its own virtio_net:" \
		     "$answer" >&2
	echo "$pid" > "$STATE/$release/told"
	return 1
}

# Where DKMS looks for what it has built
build()
{
	local release=$1 headers=$2 to=$3

	verdict "$release" "$headers" $$
	mkdir -p "$to"
	cp "$STATE/$release/${MODULE##*/}" "$to/"
}

# DKMS 3.2 takes the distribution's module away. It goes back to its place: it
# is that of the package that owns it, initramfs-tools finds by its place what to
# take along, and modprobe prefers updates/.
put_back()
{
	local archive=$2/virtio-net-bypass/original_module/$1/$3 origin place

	for origin in "$archive"/*.origin; do
		[ -e "$origin" ] || continue
		place=$(head -n 1 "$origin")
		[ -e "$place" ] || cp -p "${origin%.origin}" "$place"
	done
}

# DKMS runs depmod only later, and never touches the initramfs
refresh()
{
	local release=$1

	[ -n "$release" ] || die "no kernel release"
	depmod "$release"
	# When a kernel is being installed its initramfs comes after us
	[ -e "/boot/initrd.img-$release" ] || return 0
	command -v update-initramfs > /dev/null ||
		die "no update-initramfs: make the initramfs of $release anew"
	update-initramfs -u -k "$release"
}

case ${1-} in
verdict) verdict "$2" "$3" "$4" ;;
attempt) attempt "$2" "$3" "$4" ;;
build) build "$2" "$3" "$4" ;;
post-install)
	put_back "$2" "$3" "$4"
	refresh "$2"
	;;
post-remove) refresh "${2-}" ;;
*) die "unknown event '${1-}'" ;;
esac
