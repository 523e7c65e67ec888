#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build the initramfs of a test guest from a kernel directory and from the
# programs of this machine.
#
#   guest-image.sh [--module KO]... [--add DIR] [--python] KERNEL_DIR OUT
#   guest-image.sh --print-packages
#
# KERNEL_DIR is what "dpkg -x linux-image-*.deb" leaves (boot/vmlinuz-REL and
# lib/modules/REL), or a directory with a plain "vmlinuz" and lib/modules/REL.
# OUT becomes an uncompressed cpio archive: QEMU hands it over by DMA, and
# unpacking a compressed one costs seconds in an emulated CPU.
#
# The big part (programs and stock modules) is cached by content under
# $VMTEST_CACHE (default: $XDG_CACHE_HOME/vmtest or ~/.cache/vmtest). Replaced
# modules and the tree DIR, which is laid over the guest's root, are appended
# as a second archive, because the kernel unpacks concatenated archives in turn.
# --python brings python3 and its standard library.
set -euo pipefail

readonly PACKAGES="qemu-system-x86 iproute2 ethtool iperf3 busybox-static kmod
	cpio tcpdump iputils-ping fping socat util-linux procps xz-utils zstd
	python3 libteam-utils linuxptp nftables kexec-tools"

# Programs that every test may rely on.
readonly TOOLS="bash taskset ip tc bridge ss ethtool iperf3 kmod tcpdump ping socat
	flock setpriv nsenter unshare stdbuf mountpoint teamnl
	hwstamp_ctl nft kexec"

# Programs that a test has to look for before it uses them.
readonly OPTIONAL_TOOLS="bpftool strace jq arping"

# Shell patterns of module names ("-" written as "_"); what they depend on
# comes along.
readonly MODULES="virtio_net net_failover failover virtio_pci* virtio_console
	virtio_rng e1000e e1000 e100 vmxnet3 8139cp 8139too igb igbvf tulip
	pcnet32 ne2k_pci netdevsim
	bonding team team_mode_* 8021q macvlan macvtap ipvlan ipvtap veth dummy
	vrf bridge br_netfilter vxlan geneve ip_gre ip6_gre ipip sit
	mpls_router mpls_iptunnel macsec netconsole nlmon ifb tun tap
	pktgen af_packet af_packet_diag xsk_diag inet_diag tcp_diag udp_diag
	sch_* cls_* act_* em_* nf_tables nft_* nf_conntrack nf_nat ip_tables
	ip6_tables iptable_* ip6table_* x_tables xt_* esp4 esp6 esp4_offload
	esp6_offload xfrm_user sctp tls gcm ctr ghash_generic aes_generic cmac
	configfs sha256_generic crc32c_generic test_vf"

die()
{
	echo "guest-image.sh: $*" >&2
	exit 1
}

need_tool()
{
	command -v "$1" >/dev/null ||
		die "missing tool '$1' (see: guest-image.sh --print-packages)"
}

find_vmlinuz()
{
	local found

	if [ -e "$1/vmlinuz" ]; then
		echo "$1/vmlinuz"
		return
	fi
	found=("$1"/boot/vmlinuz-*)
	[ -e "${found[0]}" ] || die "no vmlinuz in $1"
	[ ${#found[@]} -eq 1 ] || die "more than one boot/vmlinuz-* in $1"
	echo "${found[0]}"
}

# The release string as the boot protocol gives it: a 16 bit pointer at 0x20e,
# relative to 0x200, to "RELEASE (builder) version".
kernel_release()
{
	local offset

	offset=$(od -An -tu2 -j526 -N2 "$1" | tr -d ' ')
	[ -n "$offset" ] || die "$1 is not a bzImage"
	dd if="$1" bs=1 skip=$((offset + 512)) count=256 status=none |
		tr '\0' '\n' | sed -n '1s/ .*//p'
}

tool_path()
{
	local dir

	for dir in /usr/local/sbin /usr/sbin /usr/bin /sbin /bin; do
		if [ -x "$dir/$1" ]; then
			echo "$dir/$1"
			return
		fi
	done
	return 1
}

tool_paths()
{
	local name

	for name in $TOOLS; do
		tool_path "$name" || die "missing tool '$name' (see --print-packages)"
	done
	for name in $OPTIONAL_TOOLS; do
		tool_path "$name" || continue
	done
}

# Everything that decides about the content of the base archive.
cache_key()
{
	{
		cat "$0"
		echo "$release"
		# shellcheck disable=SC2046 # no white space in tool paths
		stat -L -c '%n %s %Y' $(tool_paths) "$(tool_path busybox)" "$vmlinuz"
		if [ -d "$modules" ]; then
			find "$modules" -name '*.ko*' -printf '%P %s %T@\n' | sort
		fi
	} | sha256sum | cut -c1-32
}

# install_program FILE: copies a program to the same place, with its libraries.
install_program()
{
	local file

	install -D "$1" "$root/usr/bin/${1##*/}"
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r file; do
		[ -e "$root/$file" ] || install -D "$file" "$root/$file"
	done
}

install_python()
{
	local python library dir

	python=$(tool_path python3) || die "missing tool 'python3'"
	# Its libraries are to go where the base has them.
	for dir in lib lib64; do
		mkdir -p "$root/usr/$dir"
		ln -s "usr/$dir" "$root/$dir"
	done
	library=$("$python" -c \
		'import sysconfig; print(sysconfig.get_path("stdlib"))')
	install_program "$python"
	mkdir -p "$root$library"
	tar -C "$library" --exclude=__pycache__ --exclude=test \
		--exclude=idlelib --exclude=ensurepip --exclude='config-*' \
		-cf - . | tar -C "$root$library" -xf -
}

make_skeleton()
{
	local dir applet

	mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{proc,sys,dev,run,tmp,root,etc,var}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	ln -s /run "$root/var/run"
	# tcpdump wants to give up root for a user of its own.
	printf 'root:x:0:0::/root:/bin/bash\ntcpdump:x:100:100::/:/bin/false\n' \
		>"$root/etc/passwd"
	printf 'root:x:0:\ntcpdump:x:100:\n' >"$root/etc/group"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	install "$(tool_path busybox)" "$root/usr/bin/busybox"
	"$root/usr/bin/busybox" --list | while read -r applet; do
		[ -e "$root/usr/bin/$applet" ] ||
			ln -s busybox "$root/usr/bin/$applet"
	done
}

install_tools()
{
	local file name

	for file in $(tool_paths); do
		# A real program takes the place of a busybox applet.
		rm -f "$root/usr/bin/${file##*/}"
		install_program "$file"
	done
	file=/usr/libexec/coreutils/libstdbuf.so
	[ ! -e "$file" ] || install -D "$file" "$root$file"
	for name in modprobe rmmod lsmod insmod modinfo depmod; do
		ln -sf kmod "$root/usr/bin/$name"
		ln -sf ../bin/kmod "$root/usr/sbin/$name"
	done
}

run_depmod()
{
	# An empty configuration: "updates" before all others, as by default.
	depmod -C /dev/null "$@" 2>&1 | sed '/could not open modules\./d' >&2
}

# select_modules DEPFILE: prints the wanted files and what they depend on.
select_modules()
{
	local patterns

	patterns=$(echo "$MODULES" | tr -s ' \t\n' '\n' |
		sed '/^$/d; s/\*/.*/; s/.*/^&$/')
	awk -F: -v patterns="$patterns" '
	BEGIN { count = split(patterns, wanted, "\n") }
	{
		name = $1
		sub(/.*\//, "", name); sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
		for (i = 1; i <= count; i++)
			if (name ~ wanted[i]) {
				print $1 $2
				break
			}
	}' "$1" | tr ' ' '\n' | sed '/^$/d' | sort -u
}

install_module()
{
	local target

	target="$root/usr/lib/modules/$release/${1%.[xgz][zs]*}"
	mkdir -p "${target%/*}"
	case "$1" in
	*.xz)	xz -dc "$modules/$1" >"$target" ;;
	*.zst)	zstd -qdc "$modules/$1" >"$target" ;;
	*.gz)	gzip -dc "$modules/$1" >"$target" ;;
	*)	cp "$modules/$1" "$target" ;;
	esac
}

install_modules()
{
	local dest="$root/usr/lib/modules/$release" file

	mkdir -p "$dest"
	[ -d "$modules" ] || return 0
	# The packages bring no modules.dep, and the directory is not ours.
	mkdir -p "$work/dep/lib/modules"
	cp -as "$(realpath "$modules")" "$work/dep/lib/modules/$release"
	rm -f "$work/dep/lib/modules/$release"/modules.{dep,alias,symbols,devname,softdep}*
	run_depmod -b "$work/dep" "$release"
	for file in modules.builtin modules.builtin.modinfo modules.order; do
		[ ! -e "$modules/$file" ] || cp "$modules/$file" "$dest/"
	done
	select_modules "$work/dep/lib/modules/$release/modules.dep" |
		while read -r file; do
			install_module "$file"
		done
	run_depmod -b "$root" "$release"
}

pack()
{
	(cd "$1" && find . -mindepth 1 -print0 |
		cpio -0 -o -H newc -R 0:0 --quiet --reproducible) >"$2"
}

# Makes $base.cpio, and $base.modules, which the overlay's depmod needs.
build_base()
{
	root="$work/root"
	make_skeleton
	install_tools
	install_modules
	pack "$root" "$work/base.cpio"
	rm -rf "$base.modules"
	mv "$root/usr/lib/modules" "$base.modules"
	mv "$work/base.cpio" "$base.cpio"
}

# Puts the replacement of a module where modprobe looks first.
build_overlay()
{
	local tree="$work/overlay" dest="$work/merged/lib/modules/$release" file name

	mkdir -p "$tree/usr/lib/modules/$release/updates" "$work/merged/lib"
	[ -z "$add_dir" ] || cp -a "$add_dir/." "$tree/"
	[ -z "$with_python" ] || root=$tree install_python
	if [ ${#replacements[@]} -gt 0 ]; then
		cp -a "$base.modules" "$work/merged/lib/modules"
		mkdir -p "$dest/updates"
		for file in "${replacements[@]}"; do
			check_replacement "$file" "$dest"
			name=${file##*/}
			cp "$file" "$dest/updates/$name"
			cp "$file" "$tree/usr/lib/modules/$release/updates/$name"
		done
		run_depmod -b "$work/merged" "$release"
		cp "$dest"/modules.* "$tree/usr/lib/modules/$release/"
	fi
	pack "$tree" "$work/overlay.cpio"
}

check_replacement()
{
	local name magic

	[ -r "$1" ] || die "no module $1"
	name=$(modinfo -F name "$1" 2>/dev/null) || die "$1 is not a module"
	magic=$(modinfo -F vermagic "$1" | cut -d' ' -f1)
	[ "$magic" = "$release" ] ||
		die "$1 is for kernel $magic, the guest runs $release"
	if grep -qs "/$name\.ko" "$2/modules.builtin"; then
		die "$name is built into kernel $release, it cannot be replaced"
	fi
}

parse_arguments()
{
	replacements=()
	add_dir=
	with_python=
	while [ $# -gt 0 ]; do
		case "$1" in
		--print-packages)
			echo "$PACKAGES" | tr -s ' \t\n' ' '
			echo
			exit 0 ;;
		--module)
			replacements+=("${2:?--module needs a file}")
			shift ;;
		--add)
			add_dir=${2:?--add needs a directory}
			shift ;;
		--python)
			with_python=1 ;;
		-h|--help)
			sed -n '3,20s/^# \{0,1\}//p' "$0"
			exit 0 ;;
		-*)	die "unknown option $1" ;;
		*)	break ;;
		esac
		shift
	done
	[ $# -eq 2 ] || die "usage: guest-image.sh [--module KO]... [--add DIR] [--python] KERNEL_DIR OUT"
	kernel_dir=$1
	out=$2
}

main()
{
	local tool

	parse_arguments "$@"
	for tool in cpio depmod modinfo busybox ldd xz zstd awk sha256sum flock; do
		need_tool "$tool"
	done
	[ -d "$kernel_dir" ] || die "no kernel directory $kernel_dir"
	vmlinuz=$(find_vmlinuz "$kernel_dir")
	release=$(kernel_release "$vmlinuz")
	[ -n "$release" ] || die "no release string in $vmlinuz"
	modules="$kernel_dir/lib/modules/$release"

	cache=${VMTEST_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vmtest}
	mkdir -p "$cache"
	base="$cache/$(cache_key)"
	# In the cache directory, so that a finished part is only renamed.
	work=$(mktemp -d "$cache/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	# Two runners must not build the same base at once.
	exec 9>"$cache/lock"
	flock 9
	if [ ! -e "$base.cpio" ]; then
		# What nobody used for two weeks belongs to old kernels.
		find "$cache" -mindepth 1 -maxdepth 1 ! -name lock \
			\( -mtime +14 -o -name 'work.*' -mmin +60 \) \
			-exec rm -rf {} +
		build_base
	fi
	touch "$base.cpio" "$base.modules"
	exec 9>&-
	build_overlay
	cat "$base.cpio" "$work/overlay.cpio" >"$out"
}

main "$@"
