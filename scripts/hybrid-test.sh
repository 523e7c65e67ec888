#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hybrid-test.sh MAJOR [PYTEST OPTION...]: try virtnet-hybrid on hosts that are
# namespaces, with libvirt MAJOR (9 or 11), and a guest that has our driver.
# hybrid-test.sh unit: its unit tests, with what gcc has to find wrong accesses.
# hybrid-test.sh --print-packages

. "$(dirname "$0")/lib.sh"

readonly TOOL=$TOP/tools/virtnet-hybrid
readonly SHARED=$BUILD/hybrid-shared

if [ "${1:-}" = --print-packages ]; then
	echo mmdebstrap libvirt-dev libxml2-dev libjson-c-dev libcmocka-dev \
	     pkgconf python3-pytest
	exit
fi
[ $# -gt 0 ] || die "usage: hybrid-test.sh MAJOR [PYTEST OPTION...], or unit"
major=$1
shift

if [ "$major" = unit ]; then
	export CMOCKA_MESSAGE_OUTPUT=TAP
	exec make -s -C "$TOOL" O="$BUILD/virtnet-hybrid-check" test \
		CFLAGS="-O1 -g -Werror -fsanitize=address,undefined"
fi

[ "$(id -u)" -eq 0 ] || die "needs root"
root=$("$TOP/scripts/fetch-libvirt.sh" "$major")
kernel_dir=$("$TOP/scripts/fetch-kernel.sh" 6.1)
release=$(cat "$kernel_dir/release")
"$TOP/scripts/build-modules.sh" --kernel-dir "$kernel_dir" "$release"
make -s -C "$TOOL" O="$BUILD/virtnet-hybrid"
mkdir -p "$SHARED"
install "$BUILD"/virtnet-hybrid/virtnet-hybrid{,d} "$SHARED/"
cp "$kernel_dir/boot/vmlinuz-$release" "$SHARED/vmlinuz"
overlay=$(mktemp -d)
trap 'rm -rf "$overlay"' EXIT
install "$TOOL/tests/guest/init" "$overlay/init.hybrid"
install "$TOP/tools/testing/vmtest/guest/hotplug" "$overlay/hotplug"
"$TOP/scripts/guest-image.sh" --module "$BUILD/$release/virtio_net.ko" \
	--add "$overlay" "$kernel_dir" "$SHARED/ours.cpio"
rm -rf "$overlay"
# Who ends this script ends the tests
export HYBRID_ROOT=$root HYBRID_SHARED=$SHARED
exec pytest-3 -q --tb=short -p no:cacheprovider -o console_output_style=classic \
	"$@" "$TOOL/tests"
