#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dkms-hook.sh pre-build RELEASE HEADERS | pre-install RELEASE |
#              post-install RELEASE | post-remove RELEASE
#
# What dkms.conf runs. In the package this file is beside lib.sh.

# A hook of apt or of the kernel's package has no HOME
export HOME=${HOME:-/root}
# shellcheck source=../scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# Lay out the tree that MAKE builds. DKMS goes on after an error here and then
# fails for lack of the tree.
pre_build()
{
	local release=$1 headers=$2 version

	version=$(package_version "$headers")
	grep -q '^CONFIG_VIRTIO_NET=m$' "$headers/include/config/auto.conf" ||
		die "virtio_net is no module of kernel $release"
	"$TOP/scripts/prepare-source.sh" "$(series_of "$release")" \
					 "$version" "$TOP/tree"
}

# With Secure Boot a module whose key is not enrolled is refused, and then
# there is no driver at all: better to keep the one of the distribution.
pre_install()
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
		die "Secure Boot is on and the key of DKMS is not enrolled, the" \
		    "module would be refused: mokutil --import" \
		    "$mok_certificate, reboot, dkms autoinstall"
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
pre-build) pre_build "$2" "$3" ;;
pre-install) pre_install ;;
post-install|post-remove) refresh "${2-}" ;;
*) die "unknown event '${1-}'" ;;
esac
