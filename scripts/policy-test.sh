#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# policy-test.sh [SUITE...]: the packages as Debian would take them, in bookworm and
# trixie: built from their source package in a clean root, without a word of lintian's,
# their own tests (debian/tests) run by autopkgtest, and nothing left behind by
# piuparts. Results are KTAP, and the last line counts them. Needs root.

. "$(dirname "$0")/deb_lib.sh"

if [ -z "${DEB_TEST_SUITE:-}" ]; then
	need autopkgtest autopkgtest
	need autodep8 autodep8
	need piuparts piuparts
	mkdir -p "$work/source"
	rm -f "$work"/source/*
	"$TOP/scripts/build-deb.sh" --source "$version" "$work/source"
	in_suites policy "$@"
	exit
fi

# --- in a mount namespace of its own -------------------------------------------

suite=$DEB_TEST_SUITE
log=$work/policy-$suite.log
: > "$log"
echo "KTAP version 1"
begin_layers "$work/policy-$suite"
built=$top/built

# As a builder does, whose root has nothing but what is essential and asked for
layer build base
cp -r "$work/source" "$root/build"
check "build dependencies can be had" do_apt build-dep "/build/${source_name}_$version.dsc"
check "the source package is unpacked" inside sh -c \
	"cd /build && dpkg-source -x ${source_name}_$version.dsc tree"
check "it is built" inside sh -c "cd /build/tree && dpkg-buildpackage -us -uc"
check "and once more, out of what that left" inside sh -c \
	"cd /build/tree && dpkg-buildpackage -us -uc"
do_apt install lintian >> "$log" 2>&1 || die "no lintian, see $log"
# One package for both releases, each of which has a standard of its own
check "lintian has nothing to say" inside lintian -i -I --pedantic \
	--fail-on error,warning,info,pedantic \
	--suppress-tags out-of-date-standards-version,newer-standards-version \
	"/build/${source_name}_${version}_amd64.changes"
cp -r "$root/build" "$built"
drop

layer tests base
# DKMS' own is one of them, which may spoil this root, as it ends with it
check "its own tests pass" autopkgtest --no-built-binaries \
	--ignore-restrictions=breaks-testbed --output-dir "$top/tests-log" \
	"$built/${source_name}_$version.dsc" "$built"/*.deb -- chroot "$root"
[ ! -e "$top/tests-log/log" ] || cat "$top/tests-log/log" >> "$log"
drop

check "piuparts: installed and purged, nothing is left" piuparts \
	--existing-chroot "$top/base" --keep-sources-list --no-eatmydata --skip-cronfiles-test \
	--skip-logrotatefiles-test --tmpdir "$top" --no-upgrade-test \
	"$built/${source_name}_$version"*.deb "$built/${package}_$version"*.deb
finish
