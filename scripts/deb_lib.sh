# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of the packages share: roots of Debian, results as KTAP. Sourced.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

package=virtio-net-bypass-dkms
source_name=virtio-net-bypass
version=$(cat "$TOP/VERSION")
work=$BUILD/deb-test
export DEBIAN_FRONTEND=noninteractive

# debs DIR VERSION: both packages
debs()
{
	printf '%s\n' "$1/${package}_$2_all.deb" "$1/${source_name}_$2_all.deb"
}

# series_in SUITE: that of its own kernel
series_in()
{
	case $1 in
	bookworm) echo 6.1 ;;
	trixie) echo 6.12 ;;
	*) die "no suite $1, but bookworm and trixie" ;;
	esac
}

# root_of SUITE: an archive of it, with what the package needs but for kernels
root_of()
{
	local suite=$1 root=$CACHE/deb-root-$1.tar packages

	series_in "$suite" > /dev/null
	lock_cache "deb-root-$suite"
	if ! is_recent "$root"; then
		packages=dkms,mokutil,initramfs-tools,zstd,ca-certificates,apt-utils
		packages+=,rsync,patch,xz-utils,ethtool,iproute2,python3
		make_root "$root" "$work/$suite.log" "$suite" "$packages" \
			"deb $(debian_mirror) $suite-updates main" \
			"deb http://security.debian.org/debian-security $suite-security main"
	fi
	echo "$root"
}

# lay_root SUITE DIR: a root of it there, whose packages are fetched only once
lay_root()
{
	local archive cache=$CACHE/apt-$1

	archive=$(root_of "$1")
	rm -rf "$2"
	mkdir -p "$2$TOP" "$cache/partial"
	tar -xf "$archive" -C "$2"
	# It is gone after the test
	echo force-unsafe-io > "$2/etc/dpkg/dpkg.cfg.d/test"
	find "$cache" -name '*.deb' -mtime +14 -delete
}

# mount_in SUITE DIR: what a root needs; goes with this mount namespace
mount_in()
{
	mount --bind "$TOP" "$2$TOP"
	mount --bind "$CACHE/apt-$1" "$2/var/cache/apt/archives"
	mount -t proc proc "$2/proc"
	mount -t tmpfs tmpfs "$2/tmp"
}

# lock_suite SUITE: until the script ends, or the next one; two of them would fetch
# the same packages
lock_suite()
{
	exec 7> "$work/$1.lock"
	flock -n 7 || { say "waiting for another test in $1"; flock 7; }
}

# alone COMMAND...: with mounts and processes of its own, which end with this script
alone()
{
	# Its first process is deaf to signals, and unshare while it waits
	setpriv --pdeathsig KILL \
		unshare --mount --propagation private --pid --fork --kill-child "$@" &
	wait $!
}

# --- layers -------------------------------------------------------------------
#
# A layer is a root with what was done to another one. The first is "base", at
# $top/base; $root is the one in use.

top='' root='' layer_name=''
declare -A lowers=()

# layer NAME FROM: begin one
layer()
{
	local dir=$top/$1

	mkdir -p "$dir"/{upper,work,root}
	mount -t overlay -o "lowerdir=${lowers[$2]},upperdir=$dir/upper,workdir=$dir/work" \
		overlay "$dir/root"
	lowers[$1]=$dir/upper:${lowers[$2]}
	root=$dir/root
	layer_name=$1
	mount_in "$suite" "$root"
}

# kept: others begin with this one, which must not change any more
kept()
{
	umount -R "$root"
}

# drop: it takes hundreds of megabytes
drop()
{
	umount -R "$root"
	rm -rf "${top:?}/$layer_name"
	root=$top/base
}

inside()
{
	chroot "$root" "$@" < /dev/null
}

# do_apt WORD...: apt-get as a user calls it, but for the question
do_apt()
{
	inside apt-get -q -y "$@"
}

# --- what is in $root -----------------------------------------------------------

# no_complaint: no package is left half configured
no_complaint()
{
	local words
	words=$(inside dpkg --audit)
	echo "$words"
	[ -z "$words" ]
}

# driver_of RELEASE: by what modprobe would load, which has an index of its own
driver_of()
{
	case $(inside modprobe -S "$1" --show-depends virtio_net) in
	*/updates/dkms/virtio_net.ko*) echo ours ;;
	*/kernel/drivers/net/virtio_net.ko*) echo stock ;;
	*) echo none ;;
	esac
}

# has_stock_file RELEASE: whichever is used
has_stock_file()
{
	compgen -G "$root/lib/modules/$1/kernel/drivers/net/virtio_net.ko*"
}

# initramfs_has RELEASE PATH...: all of them
initramfs_has()
{
	local files path
	files=$(inside lsinitramfs "/boot/initrd.img-$1") || return
	shift

	for path in "$@"; do
		grep "$path" <<< "$files" || return
	done
}

# --- a suite's test -------------------------------------------------------------

# begin_layers DIR: with the lists of packages of today
begin_layers()
{
	top=$1 root=$1/base
	lowers[base]=$root
	echo 'APT::Install-Recommends "false";' > "$root/etc/apt/apt.conf.d/99test"
	# One of all drivers takes a minute; deb-test.sh looks at that
	echo 'MODULES=list' > "$root/etc/initramfs-tools/conf.d/test"
	echo virtio_net >> "$root/etc/initramfs-tools/modules"
	mount_in "$suite" "$root"
	do_apt update >> "$log" 2>&1 || die "no list of packages, see $log"
	umount -R "$root"/{proc,tmp,var/cache/apt/archives} "$root$TOP"
}

# in_suites NAME [SUITE...]: this script in a namespace for each, with a base
in_suites()
{
	local name=$1 suite bad=0
	shift

	[ "$(id -u)" -eq 0 ] || die "needs root"
	need mmdebstrap mmdebstrap
	mkdir -p "$work"
	[ $# -gt 0 ] || set -- bookworm trixie
	for suite in "$@"; do
		lock_suite "$suite"
		rm -rf "$work/$name-$suite"
		lay_root "$suite" "$work/$name-$suite/base"
		DEB_TEST_SUITE=$suite alone "$0" || bad=1
		# What was mounted there went with the namespace
		rm -rf "$work/$name-$suite"
	done
	return $bad
}

# --- results ------------------------------------------------------------------

count=0 failed=0 skipped=0
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

# check NAME COMMAND...: what it says goes to $log
check()
{
	local name=$1 status=0
	shift

	"$@" >> "$log" 2>&1 || status=$?
	result "$status" "$name"
}

skip()
{
	count=$((count + 1)) skipped=$((skipped + 1))
	echo "ok $count $1 # SKIP $2"
}

not()
{
	! "$@"
}

# finish: the plan and the counts; whether none failed
finish()
{
	echo "1..$count"
	[ "$failed" -eq 0 ] || echo "# log: ${log#"$TOP"/}"
	echo "$((count - failed - skipped)) passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}
