#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install-deps.sh GROUP...: install Debian's packages that a make target
# needs, if any is missing. Groups: build check hybrid debug style demo deb deb-check.

. "$(dirname "$0")/lib.sh"

scripts=$TOP/scripts
mapfile -t build < <(supported_series | sed 's/^/linux-source-/')
build+=(make gcc gcc-12 libc6-dev patch xz-utils rsync kmod libelf-dev bc pahole)

packages_of()
{
	case $1 in
	build) printf '%s\n' "${build[@]}" ;;
	check) "$scripts/guest-image.sh" --print-packages | tr ' ' '\n'
	       "$scripts/debian-image.sh" --print-packages | tr ' ' '\n'
	       packages_of deb
	       packages_of hybrid
	       "$scripts/kernel-tests.sh" --print-packages | tr ' ' '\n'
	       printf '%s\n' gcc-bpf libbpf-dev libxdp-dev pkgconf ;;
	hybrid) "$scripts/hybrid-test.sh" --print-packages | tr ' ' '\n' ;;
	debug) "$scripts/debug-kernel.sh" --print-packages | tr ' ' '\n' ;;
	style) "$scripts/style.sh" --print-packages | tr ' ' '\n' ;;
	demo) printf '%s\n' iperf3 gnuplot-nox ;;
	deb) printf '%s\n' debhelper dh-dkms dpkg-dev rsync ;;
	deb-check) packages_of deb
	           printf '%s\n' mmdebstrap autopkgtest autodep8 piuparts ;;
	*) die "no group of packages '$1'" ;;
	esac
}

missing()
{
	local package status

	while read -r package; do
		[ -n "$package" ] || continue
		status=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
			 2> /dev/null) || status=
		[ "$status" = installed ] || echo "$package"
	done
}

mapfile -t packages < <(for group in "$@"; do packages_of "$group"; done |
			sort -u | missing)
[ ${#packages[@]} -gt 0 ] || exit 0

[ "$(id -u)" -eq 0 ] ||
	die "not root, and missing: ${packages[*]}"
need apt-get apt
say "installing ${packages[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive

# A new machine's own updates may be on their way
install()
{
	apt-get -q -y -o DPkg::Lock::Timeout=600 --no-install-recommends \
		install "${packages[@]}" < /dev/null > "$log" 2>&1
}

# Where an index is too old or was never fetched, the install fails
install || { apt-get -q update > "$log" 2>&1 && install; } ||
	die "installation failed: $(apt_error "$log")"
