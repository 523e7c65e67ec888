#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deb-test.sh: build the package, install it, build its module for each
# supported kernel whose headers are installed, break it, remove it again;
# results are KTAP, and the last line counts them. It all happens in a private mount
# namespace on overlays: the machine does not change. Needs root and apt.

. "$(dirname "$0")/lib.sh"

package=virtio-net-bypass-dkms
source_name=virtio-net-bypass
log=$BUILD/deb/test.log

if [ -z "${DEB_TEST_NAMESPACE:-}" ]; then
	[ "$(id -u)" -eq 0 ] || die "needs root"
	"$TOP/scripts/build-deb.sh"
	DEB_TEST_NAMESPACE=$(mktemp -d)
	trap 'rmdir "$DEB_TEST_NAMESPACE"' EXIT
	export DEB_TEST_NAMESPACE
	unshare --mount --propagation private "$0" || exit
	exit
fi

# --- inside of the namespace ------------------------------------------------

tmp=$DEB_TEST_NAMESPACE/tmp

overlay_machine()
{
	local dir upper=$DEB_TEST_NAMESPACE

	mount -t tmpfs -o size=8G tmpfs "$upper"
	for dir in usr var etc boot; do
		mkdir "$upper/$dir" "$upper/$dir.work"
		mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$upper/$dir,workdir=$upper/$dir.work" \
			"/$dir" || die "no overlay on /$dir"
	done
	# No maintainer script shall reach systemd
	mount -t tmpfs tmpfs /run
	mkdir "$tmp"
}

count=0 failed=0
result()
{
	local status=$1
	shift

	count=$((count + 1))
	if [ "$status" -eq 0 ]; then
		echo "ok $count $*"
	else
		echo "not ok $count $*"
		failed=$((failed + 1))
	fi
}

# check NAME COMMAND...
check()
{
	local name=$1 status=0
	shift

	"$@" >> "$log" 2>&1 || status=$?
	result "$status" "$name"
}

not()
{
	! "$@"
}

apt_install()
{
	apt-get -q -y --no-install-recommends install "$@" < /dev/null
}

# Where only the headers of a kernel are installed, its modules come from the
# unpacked package
add_stock()
{
	local release=$1 dir

	! has_stock_file "$release" > /dev/null || return 0
	dir=$("$TOP/scripts/fetch-kernel.sh" "$(series_of "$release")")
	[ "$(cat "$dir/release")" = "$release" ] ||
		die "linux-image-$release is not installed"
	cp -rn "$dir/lib/modules/$release" /lib/modules/
	depmod "$release"
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

# One of each series, where no headers are installed
fetched_releases()
{
	local series

	for series in $(supported_series); do
		cat "$("$TOP/scripts/fetch-kernel.sh" "$series")/release"
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

# Also where modprobe goes, which has an index of its own
loads_ours()
{
	[[ $(modprobe -S "$1" --show-depends virtio_net) == \
	   */updates/dkms/virtio_net.ko* ]]
}

is_stock()
{
	[[ $(file_of "$1") == /lib/modules/$1/kernel/drivers/net/virtio_net.ko* ]] &&
		not loads_ours "$1"
}

has_stock_file()
{
	compgen -G "/lib/modules/$1/kernel/drivers/net/virtio_net.ko*"
}

initramfs_has()
{
	lsinitramfs "/boot/initrd.img-$1" > "$tmp/files" || return
	grep "$2/virtio_net.ko" "$tmp/files"
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
		initramfs_has "$release" updates/dkms
}

# headers_are VERSION: of a kernel, whatever they were
headers_are()
{
	sed -i "s/ Debian .*\"/ Debian $2\"/" \
		"/lib/modules/$1/build/include/generated/package.h"
}

# all_configured: dpkg has nothing to complain of
all_configured()
{
	[ -z "$(dpkg --audit)" ]
}

verdict_is()
{
	grep -E -- "$2" "/var/lib/virtio-net-bypass/$1/verdict"
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
		apt-get -q -y install --reinstall "$BUILD/deb/$deb"
	check "$release: and dpkg has no complaint" all_configured
	check "$release: the distribution's is used after that" \
		is_stock "$release"
	check "$release: the reason is kept" \
		verdict_is "$release" 'the headers are 6.999-1'

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

# The source goes; what was seen of it stays
test_source_gone()
{
	local release=$1 version=$2 tarball

	tarball=/usr/src/linux-source-$(series_of "$release").tar.xz
	mv "$tarball" "$tmp/"
	rm -r "/var/lib/virtio-net-bypass/$release"
	check "$release, source gone: built of what was kept" \
		dkms_do install "$version" "$release"
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
	local version=$1 release
	shift

	check "an upgrade is installed" apt_install \
		"$tmp/${package}_${version}_all.deb"
	for release in "$@"; do
		dkms_do install "$version" "$release" >> "$log" 2>&1 || :
		check "$release: the upgrade is used" is_ours "$release" "$version"
	done
}

test_removal()
{
	local release

	check "the package is purged" apt-get -q -y purge $package
	for release in "$@"; do
		check "$release: the distribution's module is used" \
			is_stock "$release"
		check "$release: nothing is left in updates" \
			not compgen -G "/lib/modules/$release/updates/dkms/virtio_net*"
		[ -e "/boot/initrd.img-$release" ] || continue
		check "$release: the distribution's is in the initramfs" \
			initramfs_has "$release" kernel/drivers/net
		check "$release: and ours is not" \
			not initramfs_has "$release" updates/dkms
	done
	check "nothing is left of DKMS" not test -e /var/lib/dkms/$source_name
	check "nothing is left of what was tried" \
		not test -e /var/lib/virtio-net-bypass
	check "nothing is left of the source" \
		not compgen -G "/usr/src/$source_name-*"
}

overlay_machine
export DEBIAN_FRONTEND=noninteractive
: > "$log"
version=$(cat "$TOP/VERSION")
deb=${package}_${version}_all.deb

echo "KTAP version 1"
apt-get -q update >> "$log" 2>&1 || :
mapfile -t all < <(releases)
if [ ${#all[@]} -eq 0 ]; then
	mapfile -t all < <(fetched_releases)
	check "headers are installed" apt_install "${all[@]/#/linux-headers-}"
fi
for release in "${all[@]}"; do
	add_stock "$release"
done
check "dkms is installed" apt_install dkms mokutil
# Build for all kernels, not for the running one only
echo 'autoinstall_all_kernels="yes"' >> /etc/dkms/framework.conf
check "the package is installed" apt_install \
	"$BUILD/deb/$deb"
for release in "${all[@]}"; do
	test_kernel "$release" "$version"
done
test_mismatch "${all[0]}" "$version"
test_source_gone "${all[0]}" "$version"
test_broken "${all[0]}" "$version"
test_secure_boot "${all[0]}" "$version"
"$TOP/scripts/build-deb.sh" "$version.1" "$tmp" >> "$log" 2>&1
test_upgrade "$version.1" "${all[@]}"
test_removal "${all[@]}"

echo "1..$count"
[ "$failed" -eq 0 ] || echo "# log: ${log#"$TOP"/}"
echo "$((count - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
