#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# newcomer-test.sh: what README.md tells people to type under "Build and install", in
# a stock Debian 13, and then it boots with a VF. What is committed is what they would
# clone. Needs root.

. "$(dirname "$0")/lib.sh"

mapfile -t commands < <(sed -n '/^## Build and install/,/^and reboot/s/^    //p' \
	"$TOP/README.md")
[ ${#commands[@]} -gt 0 ] || die "README.md has no commands"
image=$("$TOP/scripts/debian-image.sh" "${commands[@]/#/--newcomer=}" debian-13)
exec "$TOP/tools/testing/vmtest/vmtest.py" --kernel-dir "$image/kernel" \
	--qemu-dir "$("$TOP/scripts/fetch-qemu.sh" 11)" --image "$image" \
	--out "$BUILD/deb-test/newcomer" "$TOP/packaging/tests/newcomer/newcomer.sh"
