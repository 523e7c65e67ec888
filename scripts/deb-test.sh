#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deb-test.sh [SUITE...]: build the packages, install them in Debian of each SUITE
# (bookworm, trixie) with that one's kernel, break, upgrade and remove it; results
# are KTAP, and the last line counts them. It all happens in a root of its own, made
# by mmdebstrap and kept as an archive; the machine does not change. Needs root.

. "$(dirname "$0")/deb_lib.sh"

if [ -z "${DEB_TEST_SUITE:-}" ]; then
	"$TOP/scripts/build-deb.sh" "$version" "$work/deb"
	"$TOP/scripts/build-deb.sh" "$version.1" "$work/upgrade"
	in_suites install "$@"
	exit
fi
if [ -z "${DEB_TEST_INSIDE:-}" ]; then
	root=$work/install-$DEB_TEST_SUITE/base
	mount_in "$DEB_TEST_SUITE" "$root"
	DEB_TEST_INSIDE=yes exec chroot "$root" "$TOP/scripts/deb-test.sh"
fi

# --- inside of the root ------------------------------------------------------

root=/
log=$work/$DEB_TEST_SUITE.log
tmp=$(mktemp -d)

apt_install()
{
	do_apt --no-install-recommends install "$@"
}

# The supported kernels that the module can be built for
releases()
{
	local dir

	for dir in /lib/modules/*/; do
		dir=$(basename "$dir")
		[ -e "/lib/modules/$dir/build/include" ] || continue
		! is_supported "$dir" || echo "$dir"
	done
}

file_of()
{
	modinfo -k "$1" -F filename virtio_net
}

is_ours()
{
	[[ $(file_of "$1") == /lib/modules/$1/updates/dkms/virtio_net.ko* ]] &&
		[ "$(modinfo -k "$1" -F version virtio_net)" = "$2" ] &&
		[[ $(modinfo -k "$1" -F vermagic virtio_net) == "$1 "* ]]
}

loads_ours()
{
	[ "$(driver_of "$1")" = ours ]
}

is_stock()
{
	[[ $(file_of "$1") == /lib/modules/$1/kernel/drivers/net/virtio_net.ko* ]] &&
		not loads_ours "$1"
}

initramfs_has_rule()
{
	initramfs_has "$1" rules.d/78-virtio-net-bypass.rules \
		init-top/00-virtio-net-bypass
}

# fails_with PATTERN COMMAND...: not done, and with a line that says why
fails_with()
{
	local pattern=$1 out=$tmp/out
	shift

	! "$@" > "$out" 2>&1 || return 1
	cat "$out"
	grep -qE "$pattern" "$out"
}

dkms_do()
{
	# As in a hook of apt: without HOME
	env -u HOME dkms "$1" -m $source_name -v "$2" -k "$3"
}

test_kernel()
{
	local release=$1 version=$2

	check "$release: the module is built and installed" is_ours \
		"$release" "$version"
	check "$release: modprobe would load it" loads_ours "$release"
	check "$release: the distribution's file is still there" \
		has_stock_file "$release"
	[ -e "/boot/initrd.img-$release" ] || return 0
	check "$release: it is in the initramfs" \
		initramfs_has "$release" updates/dkms/virtio_net.ko
	check "$release: and so is the rule for udev" \
		initramfs_has_rule "$release"
}

# headers_are VERSION: of a kernel, whatever they were
headers_are()
{
	sed -i "s/ Debian .*\"/ Debian $2\"/" \
		"/lib/modules/$1/build/include/generated/package.h"
}

verdict_is()
{
	grep -E -- "$2" "/var/lib/virtio-net-bypass/$1/verdict"
}

# There is no virtio NIC here, and another kernel runs
status_says()
{
	virtio-net-bypass status > "$tmp/status"
	cat "$tmp/status"
	grep -F -- "$1" "$tmp/status"
}

# What a kernel upgrade without that of linux-source looks like
test_mismatch()
{
	local release=$1 version=$2 series id upstream
	series=$(series_of "$release")
	id=$(package_version "/lib/modules/$release/build")
	upstream=${id%-*}

	dkms_do remove "$version" "$release" >> "$log" 2>&1
	check "$release: removed by dkms, the distribution's is used" \
		is_stock "$release"
	headers_are "$release" 6.999-1
	check "$release: refused for a kernel of another version" fails_with \
		"linux-source-$series is .*, the headers are 6.999-1" \
		dkms_do install "$version" "$release"
	check "$release: the distribution's is used still" is_stock "$release"
	check "$release: the hook of the kernel's package ends well" \
		/etc/kernel/postinst.d/dkms "$release"
	check "$release: so does the package" \
		apt-get -q -y install --reinstall "${files[0]}"
	check "$release: and dpkg has no complaint" no_complaint
	check "$release: the distribution's is used after that" \
		is_stock "$release"
	check "$release: the reason is kept" \
		verdict_is "$release" 'the headers are 6.999-1'
	check "$release: and told by status" status_says \
		"build for $release: linux-source-$series is"

	headers_are "$release" "$upstream-77"
	check "$release: a source of the same upstream version will do" \
		dpkg_trigger "/usr/src/linux-source-$series.tar.xz"
	check "$release: and the module is used" is_ours "$release" "$version"
	dkms_do remove "$version" "$release" >> "$log" 2>&1
	headers_are "$release" "$id"
}

dpkg_trigger()
{
	dpkg-trigger --no-await --by-package=dkms "$1" &&
		dpkg --triggers-only -a
}

# A kernel of a series that there are no patches for, and one without headers
test_unsupported()
{
	local release=$1 version=$2 dir=/lib/modules/7.3.0-1-amd64

	cp -r "/lib/modules/$release" "$dir"
	check "7.3: the kernel's hook ends well" \
		/etc/kernel/postinst.d/dkms 7.3.0-1-amd64
	check "7.3: so does the package" \
		apt-get -q -y install --reinstall "${files[0]}"
	check "7.3: and dpkg has no complaint" no_complaint
	check "7.3: status says why" status_says \
		"build for 7.3.0-1-amd64: kernel series 7.3 is not supported"
	rm "$dir/build"
	check "no headers: the kernel's hook ends well" \
		/etc/kernel/postinst.d/dkms 7.3.0-1-amd64
	rm -r "$dir"
	dkms_do remove "$version" "$release" >> "$log" 2>&1
}

# The source goes; what was seen of it stays
test_source_gone()
{
	local release=$1 version=$2 tarball

	tarball=/usr/src/linux-source-$(series_of "$release").tar.xz
	mv "$tarball" "$tmp/"
	rm -r "/var/lib/virtio-net-bypass/$release"
	check "$release, source gone: built of what was kept" \
		dkms_do install "$version" "$release"
	check "$release, source gone: made anew" verdict_is "$release" '^ok$'
	check "$release, source gone: used" is_ours "$release" "$version"
	dkms_do remove "$version" "$release" >> "$log" 2>&1
	mv "$tmp/${tarball##*/}" "$tarball"
}

# A kernel whose headers the driver does not build with
test_broken()
{
	local release=$1 version=$2
	local source=/usr/src/$source_name-$version/drivers/net/virtio_net_bypass/tx.c

	cp "$source" "$tmp/tx.c"
	echo 'this does not build;' >> "$source"
	rm -r "/var/lib/virtio-net-bypass/$release"
	check "$release, does not build: refused" fails_with \
		'does not build, see /var/lib/virtio-net-bypass/.*/log' \
		dkms_do install "$version" "$release"
	check "$release, does not build: make's words are kept" \
		grep 'error:' "/var/lib/virtio-net-bypass/$release/log"
	check "$release, does not build: the kernel's hook ends well" \
		/etc/kernel/postinst.d/dkms "$release"
	check "$release, does not build: the distribution's is used" \
		is_stock "$release"
	cp "$tmp/tx.c" "$source"
	rm -r "/var/lib/virtio-net-bypass/$release"
}

fake_mokutil()
{
	cat > /usr/bin/mokutil << END
#!/bin/sh
case \$1 in
--sb-state) echo 'SecureBoot enabled' ;;
--test-key) echo "\$2 is $1"; exit 1 ;;
esac
END
	chmod +x /usr/bin/mokutil
}

test_secure_boot()
{
	local release=$1 version=$2

	fake_mokutil 'not enrolled'
	check "Secure Boot, key not enrolled: refused" fails_with \
		'the key of DKMS is not enrolled' \
		dkms_do install "$version" "$release"
	check "Secure Boot, key not enrolled: the distribution's is used" \
		is_stock "$release"
	fake_mokutil 'already enrolled'
	check "Secure Boot, key enrolled: installed" \
		dkms_do install "$version" "$release"
	check "Secure Boot, key enrolled: used" is_ours "$release" "$version"
}

test_upgrade()
{
	local version=$1 release files
	shift

	mapfile -t files < <(debs "$work/upgrade" "$version")
	check "an upgrade is installed" apt_install "${files[@]}"
	for release in "$@"; do
		dkms_do install "$version" "$release" >> "$log" 2>&1 || :
		check "$release: the upgrade is used" is_ours "$release" "$version"
	done
}

test_removal()
{
	local release

	check "the packages are purged" \
		apt-get -q -y purge $package $source_name
	for release in "$@"; do
		check "$release: the distribution's module is used" \
			is_stock "$release"
		check "$release: nothing is left in updates" \
			not compgen -G "/lib/modules/$release/updates/dkms/virtio_net*"
		[ -e "/boot/initrd.img-$release" ] || continue
		check "$release: the distribution's is in the initramfs" \
			initramfs_has "$release" kernel/drivers/net/virtio_net.ko
		check "$release: and ours is not" \
			not initramfs_has "$release" updates/dkms/virtio_net.ko
		check "$release: nor is the rule for udev" \
			not initramfs_has_rule "$release"
	done
	check "nothing is left of DKMS" not test -e /var/lib/dkms/$source_name
	check "nothing is left of what was tried" \
		not test -e /var/lib/virtio-net-bypass
	check "nothing is left of the source" \
		not compgen -G "/usr/src/$source_name-*"
}

: > "$log"

echo "KTAP version 1"
apt-get -q update >> "$log" 2>&1 || die "no list of packages, see $log"
apt_install linux-image-amd64 linux-headers-amd64 \
	"linux-source-$(series_in "$DEB_TEST_SUITE")" >> "$log" 2>&1 ||
	die "no kernel, see $log"
mapfile -t all < <(releases)
[ ${#all[@]} -gt 0 ] || die "$DEB_TEST_SUITE has no supported kernel"
# Build for all kernels, not for the running one only
echo 'autoinstall_all_kernels="yes"' >> /etc/dkms/framework.conf
mapfile -t files < <(debs "$work/deb" "$version")
check "the packages are installed" apt_install "${files[@]}"
for release in "${all[@]}"; do
	test_kernel "$release" "$version"
	check "$release: status tells of the build" status_says \
		"build for $release: ok"
done
test_mismatch "${all[0]}" "$version"
test_unsupported "${all[0]}" "$version"
test_source_gone "${all[0]}" "$version"
test_broken "${all[0]}" "$version"
test_secure_boot "${all[0]}" "$version"
test_upgrade "$version.1" "${all[@]}"
test_removal "${all[@]}"

finish
