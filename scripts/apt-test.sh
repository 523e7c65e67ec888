#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# apt-test.sh [SUITE...]: install, upgrade and remove kernels, their headers, their
# source and the packages in every order that Debian's archive can offer, in roots of
# bookworm and trixie. After each step apt has ended well, no package is left half
# configured, and each kernel has the driver that it can have: ours where there are
# headers and a source of its upstream version, the distribution's elsewhere. Results
# are KTAP, and the last line counts them; the machine does not change. PARTS="mixtures
# flavours" does these only. Needs root.

. "$(dirname "$0")/deb_lib.sh"

if [ -z "${DEB_TEST_SUITE:-}" ]; then
	"$TOP/scripts/build-deb.sh" "$version" "$work/apt-deb"
	in_suites apt "$@"
	exit
fi

# --- in a mount namespace of its own -------------------------------------------

suite=$DEB_TEST_SUITE
log=$work/apt-$suite.log
series=$(series_in "$suite")
mapfile -t files < <(debs "$work/apt-deb" "$version")

# Upstream versions of which the package has seen the source, in a layer and in
# those that others begin with
seen=()
declare -A seen_in=()

# begin NAME FROM: a layer
begin()
{
	layer "$1" "$2"
	read -ra seen <<< "${seen_in[$2]:-}"
}

# available PACKAGE: its versions, the newest first
available()
{
	inside apt-cache madison "$1" | awk '$0 !~ / Sources/ { print $3 }'
}

upstream()
{
	echo "${1%%-*}"
}

# release_of VERSION: of the kernel that was built with this source
release_of()
{
	inside apt-cache dumpavail | awk -v version="$1" -v prefix="linux-headers-$series." '
		/^Package: / { name = $2 }
		/^Version: / && $2 == version && index(name, prefix) == 1 &&
		name ~ /-amd64$/ && name !~ /-(cloud|rt)-amd64$/ {
			release = substr(name, 15)
		}
		END { print release }'
}

# packages_of WHICH PART...: what apt is asked for
packages_of()
{
	local which=$1 part
	shift

	for part in "$@"; do
		case $part in
		image|headers) echo "linux-$part-${releases[$which]}" ;;
		source) echo "linux-source-$series=${versions[$which]}" ;;
		esac
	done
}

is_installed()
{
	[ "$(inside dpkg-query -W -f "\${db:Status-Status}" "$1" 2> /dev/null)" = \
	  installed ]
}

# --- what a step has to leave --------------------------------------------------

# has_driver RELEASE ours|stock: there, in the initramfs, and nothing else is gone
has_driver()
{
	local place=kernel/drivers/net

	[ "$2" = stock ] || place=updates/dkms
	[ "$(driver_of "$1")" = "$2" ] && has_stock_file "$1" &&
		initramfs_has "$1" "$place/virtio_net.ko"
}

# expected WHICH: the driver that a kernel can have
expected()
{
	if is_installed "$source_name-dkms" &&
	   is_installed "linux-headers-${releases[$1]}" &&
	   [[ " ${seen[*]} " == *" $(upstream "${versions[$1]}") "* ]]; then
		echo ours
	else
		echo stock
	fi
}

# check_step NAME COMMAND...
check_step()
{
	local name=$1 which driver
	shift

	echo "== $name" >> "$log"
	check "$name" "$@"
	check "$name: no package is half configured" no_complaint
	! is_installed "$source_name-dkms" ||
		seen+=("$(upstream "$(inside dpkg-query -W -f "\${Version}" \
			"linux-source-$series" 2> /dev/null)")")
	for which in old new; do
		is_installed "linux-image-${releases[$which]}" || continue
		driver=$(expected "$which")
		check "$name: the $which kernel has the driver: $driver" \
			has_driver "${releases[$which]}" "$driver"
	done
}

# --- orders --------------------------------------------------------------------

readonly ORDERS=("image headers source" "image source headers"
		 "headers image source" "headers source image"
		 "source image headers" "source headers image")

# All of the old is there, and the new comes part by part
test_upgrades()
{
	local order part packages

	begin old base
	mapfile -t packages < <(packages_of old image headers source)
	check_step "old kernel" do_apt install "${packages[@]}"
	check_step "old kernel, then ours" do_apt install "${files[@]}"
	seen_in[old]=${seen[*]}
	kept
	for order in "${ORDERS[@]}"; do
		begin upgrade old
		for part in $order; do
			mapfile -t packages < <(packages_of new "$part")
			check_step "upgrade ($order): $part" \
				do_apt install "${packages[@]}"
		done
		drop
	done
}

# Ours comes first, with the source that it depends on, or in between
test_first_installs()
{
	local order part packages

	for order in "ours image headers" "ours headers image" "image ours headers" \
		     "headers ours image" "image headers ours" "headers image ours"; do
		begin first base
		for part in $order; do
			mapfile -t packages < <(packages_of new "$part")
			[ "$part" != ours ] || packages=("${files[@]}")
			check_step "first install ($order): $part" \
				do_apt install "${packages[@]}"
		done
		drop
	done
}

# One command for all, and not all of it fits
test_mixtures()
{
	local image headers source packages

	for image in old new; do
		for headers in old new; do
			for source in old new; do
				begin mixture base
				mapfile -t packages < <(
					packages_of $image image
					packages_of $headers headers
					packages_of $source source)
				check_step "$image image, $headers headers, $source source, ours: one command" \
					do_apt install "${packages[@]}" "${files[@]}"
				check_step "$image image, $headers headers, $source source: purged" \
					do_apt purge "$package" "$source_name"
				drop
			done
		done
	done
}

# As most do: what the suite was released with, and then all that came since
test_full_upgrade()
{
	local all was

	mapfile -t all < <(available linux-image-amd64)
	was=${all[-1]}
	if [ "$was" = "${all[0]}" ]; then
		skip "full-upgrade" "$suite has one version of linux-image-amd64"
		return
	fi
	begin full base
	check_step "of the release: kernel, headers, source, ours" do_apt install \
		"linux-image-amd64=$was" "linux-headers-amd64=$was" \
		"linux-source-$series=${was%+*}" "${files[@]}"
	check_step "full-upgrade" do_apt full-upgrade
	check "full-upgrade: the newest kernel has our driver" \
		has_driver "${releases[new]}" ours
	check_step "autoremove" do_apt autoremove --purge
	check_step "purge" do_apt purge "$package" "$source_name"
	check "purge: the newest kernel has its own driver" \
		has_driver "${releases[new]}" stock
	drop
}

# Kernels of other flavours, whose headers are there or not
test_flavours()
{
	local flavour release driver

	for flavour in cloud rt; do
		driver=ours
		[ $flavour = cloud ] || driver=stock
		release=${releases[new]%-amd64}-$flavour-amd64
		begin flavour base
		check_step "$flavour: its kernel and ours" \
			do_apt install "linux-image-$release" "${files[@]}"
		check "$flavour: without headers it has its own driver" \
			has_driver "$release" stock
		check_step "$flavour: headers" do_apt install "linux-headers-$release"
		check "$flavour: it has the driver: $driver" \
			has_driver "$release" "$driver"
		[ "$driver" = ours ] || check "$flavour: and that is told" \
			grep PREEMPT_RT "$root/var/lib/virtio-net-bypass/$release/verdict"
		drop
	done
}

: > "$log"
echo "KTAP version 1"
begin_layers "$work/apt-$suite"
mapfile -t all < <(available "linux-source-$series")
declare -A versions=([new]=${all[0]}) releases
for one in "${all[@]}"; do
	[ "$(upstream "$one")" = "$(upstream "${all[0]}")" ] ||
		{ versions[old]=$one; break; }
done
[ -n "${versions[old]:-}" ] || die "$suite has only ${all[*]} of linux-source-$series"
for which in old new; do
	releases[$which]=$(release_of "${versions[$which]}")
	echo "# $which: ${versions[$which]}, ${releases[$which]}"
done

for part in ${PARTS:-upgrades first_installs mixtures full_upgrade flavours}; do
	"test_$part"
done
finish
