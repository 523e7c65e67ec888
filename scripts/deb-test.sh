#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deb-test.sh: build the package, install it, build its module for each
# supported kernel whose headers are installed, remove it again; results are
# KTAP, and the last line counts them. It all happens in a private mount
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

# What a kernel upgrade without that of linux-source looks like
test_mismatch()
{
	local release=$1 version=$2 header series
	header=/lib/modules/$release/build/include/generated/package.h
	series=$(series_of "$release")

	dkms_do remove "$version" "$release" >> "$log" 2>&1
	check "$release: removed by dkms, the distribution's is used" \
		is_stock "$release"
	cp "$header" "$tmp/package.h"
	sed -i 's/ Debian .*"/ Debian 6.999-1"/' "$header"
	check "$release: refused for a kernel of another version" fails_with \
		"linux-source-$series is .*, the headers are 6.999-1" \
		dkms_do install "$version" "$release"
	check "$release: the distribution's is used still" is_stock "$release"
	cp "$tmp/package.h" "$header"
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
	check "nothing is left of the source" \
		not compgen -G "/usr/src/$source_name-*"
}

overlay_machine
export DEBIAN_FRONTEND=noninteractive
: > "$log"
version=$(cat "$TOP/VERSION")
mapfile -t all < <(releases)
[ ${#all[@]} -gt 0 ] ||
	die "no headers of a supported kernel: apt-get install linux-headers-amd64"
for release in "${all[@]}"; do
	add_stock "$release"
done

echo "KTAP version 1"
apt-get -q update >> "$log" 2>&1 || :
check "dkms is installed" apt_install dkms mokutil
# Build for all kernels, not for the running one only
echo 'autoinstall_all_kernels="yes"' >> /etc/dkms/framework.conf
check "the package is installed" apt_install \
	"$BUILD/deb/${package}_${version}_all.deb"
for release in "${all[@]}"; do
	test_kernel "$release" "$version"
done
test_mismatch "${all[0]}" "$version"
test_secure_boot "${all[0]}" "$version"
"$TOP/scripts/build-deb.sh" "$version.1" "$tmp" >> "$log" 2>&1
test_upgrade "$version.1" "${all[@]}"
test_removal "${all[@]}"

echo "1..$count"
[ "$failed" -eq 0 ] || echo "# log: ${log#"$TOP"/}"
echo "$((count - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
