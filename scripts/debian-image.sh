#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Make the root of a test guest that is Debian itself: systemd, udev and all that
# configures networks, with a kernel of ours to boot.
#
#   debian-image.sh [--module KO]... [--package DEB]... [--initrd dracut]
#                   RELEASE KERNEL_DIR
#   debian-image.sh --newcomer=COMMAND... RELEASE
#   debian-image.sh --print-packages
#
# RELEASE is debian-12 or debian-13, KERNEL_DIR as for guest-image.sh. The modules
# go where DKMS puts them, the packages are installed by dpkg. Prints the directory
# with root.ext4, initrd, initrd-dracut if that was asked for, and image (RELEASE and
# the kernel's), which is kept for the next time: its name follows from all that is in
# it. Whatever can configure a network is enabled and has nothing to do: a test lays
# its files on top, and masks by the kernel's command line what is to take no part.
#
# With --newcomer the kernel is that of the archive, as in a stock system, and what
# comes to it comes by the commands, in a clone of this repository in /root. It is in
# "kernel" beside the rest then, and nothing is kept.

. "$(dirname "$0")/lib.sh"

readonly COMMON="systemd-sysv,udev,dbus,kmod,iproute2,iputils-ping,ethtool,procps,
	ifupdown,network-manager,initramfs-tools,dracut-network,open-iscsi,busybox,zstd,python3"
# What no guest has a device for
readonly NO_MODULES="sound kernel/sound drivers/gpu drivers/media drivers/staging
	drivers/infiniband drivers/iio drivers/net/wireless drivers/ata
	drivers/usb drivers/bluetooth drivers/mtd"
# Of drivers/scsi: a root by iSCSI
readonly SCSI_MODULES="scsi_mod scsi_common sd_mod scsi_transport_iscsi libiscsi
	libiscsi_tcp iscsi_tcp"

suite_of()
{
	case $1 in
	debian-12) echo bookworm isc-dhcp-client ;;
	debian-13) echo trixie dhcpcd-base,cloud-init,netplan.io ;;
	*) die "no image '$1', but debian-12 and debian-13" ;;
	esac
}

# dracut_network RELEASE: which of dracut's ways to configure a network
dracut_network()
{
	case $1 in
	debian-12) echo network-legacy ;;
	*) echo systemd-networkd ;;
	esac
}

# base_of RELEASE: an archive of a root without a kernel
base_of()
{
	local suite more packages base=$CACHE/image-base-$1.tar key

	read -r suite more <<< "$(suite_of "$1")"
	packages=$(tr -d ' \t\n' <<< "$COMMON"),$more
	key=$(echo "$packages" | sha256sum)
	if ! is_recent "$base" ||
	   [ "$(cat "$base.key" 2> /dev/null)" != "$key" ]; then
		make_root "$base" "$work/log" "$suite" "$packages"
		echo "$key" > "$base.key"
	fi
	echo "$base"
}

# Tests lie in the initramfs, behind what is there, see tools/testing/vmtest
install_scripts()
{
	local dir=$root/etc/initramfs-tools/scripts

	mkdir -p "$dir/init-top" "$dir/init-bottom"
	cat > "$dir/init-top/vmtest" << 'END'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
echo '<6>vmtest: start' > /dev/kmsg
END
	cat > "$dir/init-bottom/vmtest" << 'END'
#!/bin/sh
[ "$1" != prereqs ] || exit 0
[ ! -e "$rootmnt/vmtest" ] || exit 0
cp -a /vmtest-root/. "$rootmnt/"
END
	chmod +x "$dir"/*/vmtest
}

# The same for an initramfs of dracut's
install_dracut_module()
{
	local dir=$root/usr/lib/dracut/modules.d/99vmtest

	mkdir -p "$dir"
	cat > "$dir/module-setup.sh" << 'END'
#!/bin/bash
check() { return 255; }
install() {
	inst_multiple cp
	inst_hook cmdline 00 "$moddir/start.sh"
	inst_hook pre-pivot 00 "$moddir/lay.sh"
}
END
	echo "echo '<6>vmtest: start' > /dev/kmsg" > "$dir/start.sh"
	# shellcheck disable=SC2016 # for dracut
	echo 'cp -a /vmtest-root/. "$NEWROOT/"' > "$dir/lay.sh"
	chmod +x "$dir"/*.sh
}

install_kernel()
{
	local filter=() path

	for path in $NO_MODULES; do
		filter+=("--exclude=kernel/$path")
	done
	for path in $SCSI_MODULES; do
		filter+=("--include=kernel/drivers/scsi/$path.ko*")
	done
	filter+=("--exclude=kernel/drivers/scsi/*")
	mkdir -p "$root/usr/lib/modules"
	rsync -a "${filter[@]}" "$kernel_dir/lib/modules/$release" \
		"$root/usr/lib/modules/"
	cp "$kernel_dir/boot/config-$release" "$root/boot/"
	cp "$kernel_dir/boot/vmlinuz-$release" "$root/boot/"
	if [ ${#modules[@]} -gt 0 ]; then
		install -D -m 644 -t "$root/usr/lib/modules/$release/updates/dkms" \
			"${modules[@]}"
	fi
}

configure()
{
	systemctl --quiet --root="$root" enable systemd-networkd
	# It has all wait for the network (Debian 12), whoever's root is where
	systemctl --quiet --root="$root" disable open-iscsi
	# Nothing of it is on this machine's disk
	: > "$root/etc/fstab"
	printf 'auto lo\niface lo inet loopback\n' > "$root/etc/network/interfaces"
	echo guest > "$root/etc/hostname"
	systemd-id128 new > "$root/etc/machine-id"
}

# content_of DEB: but for what people read, which makes no other system
content_of()
{
	dpkg-deb --ctrl-tarfile "$1" | tar -xO --exclude=./md5sums |
		grep -v '^Installed-Size:'
	dpkg-deb --fsys-tarfile "$1" | tar -t
	dpkg-deb --fsys-tarfile "$1" | tar -xO --exclude=./usr/share/doc
}

# in_root COMMAND...: with what a package's scripts expect
in_root()
{
	# shellcheck disable=SC2016 # for sh
	DEBIAN_FRONTEND=noninteractive unshare --mount --propagation private sh -c '
		mount -t proc proc "$0/proc" &&
		mount -t devpts -o newinstance,ptmxmode=666 devpts "$0/dev/pts" &&
		mount --bind "$0/dev/pts/ptmx" "$0/dev/ptmx" && exec chroot "$0" "$@"
		' "$root" "$@" >> "$work/log" 2>&1 < /dev/null || {
		tail -n 20 "$work/log" >&2
		die "'$*' failed in $name"
	}
}

# lay_out BASE: a root for guests, without a kernel
lay_out()
{
	root=$work/root
	mkdir "$root"
	tar -xf "$1" -C "$root"
	install_scripts
	configure
}

build()
{
	local deb

	lay_out "$1"
	install_kernel
	for deb in "${packages[@]}"; do
		cp "$deb" "$root/tmp/"
		in_root dpkg -i "/tmp/${deb##*/}"
		rm "$root/tmp/${deb##*/}"
	done
	in_root depmod "$release"
	in_root update-initramfs -c -k "$release"
	pack
	[ "$initrd" != dracut ] || make_dracut
}

# make_dracut: beside the initramfs of the distribution
make_dracut()
{
	install_dracut_module
	in_root dracut --no-hostonly --no-early-microcode --no-compress \
		--add "vmtest $(dracut_network "$name")" /boot/dracut.img "$release"
	mv "$root/boot/dracut.img" "$work/image/initrd-dracut"
}

# build_as_newcomer BASE: what a stock system has, and then what people are told to do
build_as_newcomer()
{
	local command

	lay_out "$1"
	in_root apt-get -q update
	in_root apt-get -q -y install linux-image-amd64
	git clone -q "$TOP" "$root/root/virtio-net-bypass"
	for command in "${commands[@]}"; do
		say "$command"
		in_root sh -c "cd /root/virtio-net-bypass && $command"
	done
	release=$(basename "$root"/lib/modules/*)
	in_root apt-get clean
	pack
	mkdir "$work/image/kernel"
	cp "$root/boot/vmlinuz-$release" "$work/image/kernel/vmlinuz"
}

# pack: what QEMU boots
pack()
{
	mkdir "$work/image"
	# An emulated CPU takes seconds to unpack it. That of Debian 13 has parts,
	# of which the largest is not packed.
	zstd -dqc "$root/boot/initrd.img-$release" \
		> "$work/image/initrd" 2> /dev/null ||
		cp "$root/boot/initrd.img-$release" "$work/image/initrd"
	truncate -s 4G "$work/image/root.ext4"
	mke2fs -q -t ext4 -d "$root" "$work/image/root.ext4"
	echo "$name $release" > "$work/image/image"
}

print_packages()
{
	echo mmdebstrap rsync e2fsprogs zstd dnsmasq-base \
	     libaio1 libibverbs1 librdmacm1
}

modules=() packages=() commands=() initrd=
while [ $# -gt 0 ]; do
	case $1 in
	--print-packages) print_packages; exit ;;
	--module) modules+=("${2:?--module needs a file}"); shift ;;
	--package) packages+=("${2:?--package needs a file}"); shift ;;
	--initrd) initrd=${2:?--initrd needs a name}; shift ;;
	--newcomer=*) commands+=("${1#*=}") ;;
	-*) die "unknown option $1" ;;
	*) break ;;
	esac
	shift
done
[ $# -eq $((2 - (${#commands[@]} > 0))) ] ||
	die "usage: debian-image.sh [--module KO]... [--package DEB]..." \
	    "[--initrd dracut] RELEASE KERNEL_DIR, or --newcomer=COMMAND... RELEASE"
[ -z "$initrd" ] || [ "$initrd" = dracut ] ||
	die "no initramfs by '$initrd', but dracut"
name=$1 kernel_dir=${2:-}
[ "$(id -u)" -eq 0 ] || die "needs root"
need mmdebstrap mmdebstrap

suite_of "$name" > /dev/null
lock_cache "image-$name"
# The lock is ours, so what is there was left by one that was killed
work=$CACHE/image-work-$name
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
base=$(base_of "$name")
if [ ${#commands[@]} -gt 0 ]; then
	build_as_newcomer "$base"
	image=$CACHE/image-$name-newcomer
	rm -rf "$image"
	mv "$work/image" "$image"
	echo "$image"
	exit
fi
release=$(cat "$kernel_dir/release")
key=$({
	stat -c '%s %Y' "$base"
	echo "$release $initrd"
	cat "$0" "${modules[@]}"
	for package in "${packages[@]}"; do
		content_of "$package"
	done
} | sha256sum | cut -c1-16)
image=$CACHE/image-$name-$key
if [ ! -e "$image/image" ]; then
	find "$CACHE" -maxdepth 1 -name 'image-debian-*' -type d -mtime +2 \
		-exec rm -rf {} +
	say "installing $name with ${packages[*]##*/} and kernel $release"
	build "$base"
	mv "$work/image" "$image"
fi
touch "$image"
echo "$image"
