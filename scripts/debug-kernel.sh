#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build the debug guest kernel (lockdep, KASAN, kmemleak, ...) from the exported
# series, and print the directory of the result on stdout.  Everything
# else goes to stderr.
#
# There are two caches below debug-kernel/ in the cache directory:
#
#   tree-VERSION/     the unpacked source and its objects, one for each version
#                     of the source package.  It is expensive, and kbuild knows
#                     what a change of a file or of an option costs, so it is
#                     never thrown away for a new driver or configuration.
#   result-KEY/{m,y}  what the guests boot, for VIRTIO_NET=m and VIRTIO_NET=y.
#                     KEY covers all inputs, so a result never goes stale.

. "$(dirname "$0")/lib.sh"

readonly SERIES=6.12
readonly TARBALL=$SOURCE_DIR/linux-source-$SERIES.tar.xz
readonly PACKAGES="flex bison bc libelf-dev libssl-dev gcc make kmod cpio rsync
xz-utils patch git linux-source-$SERIES"
# Where KASAN checks each access: in what sends, receives, and lets devices come
# and go, and in what keeps a pointer for that. What the rest of the kernel does
# under emulation would take most of the time. Slab is watched everywhere.
readonly KASAN_DIRS="net/% drivers/net/% drivers/virtio/% drivers/pci/%
drivers/base/%"
readonly KASAN_FILES="notifier workqueue timer tree"
# Results to keep; a guest may still be booting from one that is not current.
readonly KEEP=8

CACHE=$CACHE/debug-kernel
TMP=

usage()
{
	cat <<END
usage: ${0##*/} [--variant m|y|both] [--print-dir] [--print-packages]

  --variant V       build VIRTIO_NET=m, VIRTIO_NET=y or both (default)
  --print-dir       print the directory of the result, build nothing
  --print-packages  print the Debian packages needed, build nothing

The result is DIR/m and DIR/y, each with vmlinuz, config, System.map, release
and lib/modules/RELEASE.
END
}

check_tools()
{
	local tool

	for tool in flex bison bc gcc make depmod cpio rsync xz patch git; do
		command -v "$tool" >/dev/null ||
			die "$tool not found; packages: ${PACKAGES//$'\n'/ }"
	done
}

# All that the result is made of
inputs()
{
	(cd "$TOP" && find drivers include "patches/$SERIES" "$TEST_MODULES" \
		scripts/debug.config scripts/debug-kernel.sh -type f |
		LC_ALL=C sort | xargs sha256sum)
	source_version "$SERIES"
	gcc -dumpfullversion
}

unpack()
{
	[ ! -d "$TREE" ] || return 0
	say "unpacking $TARBALL"
	rm -rf "$TREE.tmp"
	mkdir "$TREE.tmp"
	untar_source "$TARBALL" "$TREE.tmp"
	mv "$TREE.tmp" "$TREE"
}

# The kernel's own files that the series changes
kernel_files()
{
	awk '$1 == "---" { new = $2 == "/dev/null" }
	     $1 == "+++" && new { ours[$2] = 1 }
	     $1 == "+++" && !ours[$2]++ { print substr($2, 3) }' \
		"$BUILD/series/$SERIES"/*.patch
}

# Pristine copies of those: the tree holds the patched ones, and reading one file
# from the tarball takes ten seconds.
fetch_pristine()
{
	local file missing=()

	mkdir -p "$PRISTINE"
	while read -r file; do
		[ -e "$PRISTINE/$file" ] ||
			missing+=("linux-source-$SERIES/$file")
	done < <(kernel_files)
	[ ${#missing[@]} -eq 0 ] ||
		untar_source "$TARBALL" "$PRISTINE" --occurrence=1 \
			"${missing[@]}"
}

# Put the files that the series adds or changes together in $TMP/stage
stage()
{
	local patch

	"$TOP/scripts/export-series.sh" "$SERIES"
	fetch_pristine
	mkdir "$TMP/stage"
	kernel_files | rsync --files-from=- "$PRISTINE" "$TMP/stage"
	for patch in "$BUILD/series/$SERIES"/*.patch; do
		patch -s -p1 --fuzz=0 --no-backup-if-mismatch -d "$TMP/stage" \
			< "$patch" || die "${patch#"$TOP/"} does not apply"
	done >&2
}

# Copy what differs, so that make sees a new time stamp only where the content
# is new, and take back what an earlier run put there and this one does not.
sync_tree()
{
	local file

	stage
	(cd "$TMP/stage" && find . -type f -printf '%P\n') | LC_ALL=C sort \
		> "$TMP/list"
	[ -e "$TREE/.bypass/list" ] || : > "$TREE/.bypass/list"
	while read -r file; do
		if [ -e "$PRISTINE/$file" ]; then
			install -m 644 "$PRISTINE/$file" "$TREE/$file"
		else
			rm -f "$TREE/$file"
		fi
	done < <(LC_ALL=C comm -23 "$TREE/.bypass/list" "$TMP/list")
	# Before the copy: a run that dies in between must be taken back too.
	LC_ALL=C sort -u "$TREE/.bypass/list" "$TMP/list" > "$TMP/union"
	cp "$TMP/union" "$TREE/.bypass/list"
	rsync -rc "$TMP/stage/" "$TREE/"
	cp "$TMP/list" "$TREE/.bypass/list"
}

# What kbuild reads of KASAN_DIRS, as each directory is expanded, and KASAN_FILES
kasan_scope()
{
	local file

	# shellcheck disable=SC2016 # for make
	printf 'KASAN_SANITIZE=$(if $(filter %s,$(obj)/),,n)\n' \
		"${KASAN_DIRS//$'\n'/ }"
	for file in $KASAN_FILES; do
		echo "KASAN_SANITIZE_$file.o=y"
	done
}

# make in the tree; the log is shown only when it says why the build failed.
kmake()
{
	local scope

	mapfile -t scope < <(kasan_scope)
	# A fixed date, or every run would relink the kernel.
	nice -n 5 make -C "$TREE" -j"$(nproc)" \
		KBUILD_BUILD_TIMESTAMP='1970-01-01' KBUILD_BUILD_USER=bypass \
		KBUILD_BUILD_HOST=debug KBUILD_BUILD_VERSION=1 \
		"${scope[@]}" "$@" \
		>> "$LOG" 2>&1 || {
		grep -E -B2 -A12 'error:|Error [0-9]|undefined' "$LOG" |
			tail -n 60 >&2
		die "make $* failed; log: $LOG"
	}
}

configure()
{
	local variant=$1

	cp "$TOP/scripts/debug.config" "$TMP/fragment"
	echo "CONFIG_VIRTIO_NET=$variant" >> "$TMP/fragment"
	kmake defconfig
	(
		cd "$TREE"
		scripts/kconfig/merge_config.sh -m .config \
			kernel/configs/kvm_guest.config "$TMP/fragment"
	) >> "$LOG" 2>&1 || die "merge_config.sh failed; log: $LOG"
	kmake olddefconfig
	check_config
}

# Every line of the fragment must have survived.  "y" where "m" was asked for
# is fine: VIRTIO_NET=y pulls the modules it needs into the image.
check_config()
{
	awk '
	function name(line) {
		sub(/^# /, "", line)
		sub(/[ =].*/, "", line)
		return line
	}
	!/^(# )?CONFIG_[A-Za-z0-9_]+(=| is not set)/ { next }
	{ value = /^#/ ? "n" : substr($0, index($0, "=") + 1) }
	NR != FNR {
		want = value
		got = (name($0) in config) ? config[name($0)] : "n"
		if (got != want && !(want == "m" && got == "y")) {
			print name($0) ": wanted " want ", got " got
			bad = 1
		}
		next
	}
	{ config[name($0)] = value }
	END { exit bad }
	' "$TREE/.config" "$TMP/fragment" >&2 ||
		die "debug.config asks for options that did not survive"
}

# A kernel whose make reads KASAN_SANITIZE otherwise must not go unnoticed
check_kasan()
{
	local file

	for file in net/core/dev.o kernel/workqueue.o drivers/virtio/virtio.o; do
		grep -q __asan_report_ <(nm "$TREE/$file") ||
			die "KASAN does not check the accesses of $file"
	done
}

install_result()
{
	local out=$1 release

	rm -rf "$out.tmp"
	mkdir -p "$out.tmp"
	kmake modules_install INSTALL_MOD_PATH="$out.tmp" INSTALL_MOD_STRIP=1
	kmake M="$TREE/$TEST_MODULES" modules_install \
		INSTALL_MOD_PATH="$out.tmp" INSTALL_MOD_STRIP=1
	release=$(cat "$TREE/include/config/kernel.release")
	rm -f "$out.tmp/lib/modules/$release/"{build,source}
	cp "$TREE/arch/x86/boot/bzImage" "$out.tmp/vmlinuz"
	cp "$TREE/.config" "$out.tmp/config"
	cp "$TREE/System.map" "$out.tmp/System.map"
	echo "$release" > "$out.tmp/release"
	mv "$out.tmp" "$out"
}

build_variant()
{
	local variant=$1 start=$SECONDS

	[ ! -d "$RESULT/$variant" ] || return 0
	say "building VIRTIO_NET=$variant"
	configure "$variant"
	kmake bzImage modules
	check_kasan
	kmake M="$TREE/$TEST_MODULES" modules
	mkdir -p "$RESULT"
	install_result "$RESULT/$variant"
	say "VIRTIO_NET=$variant took $((SECONDS - start)) s"
}

complete()
{
	local variant

	for variant in $VARIANTS; do
		[ -d "$RESULT/$variant" ] || return 1
	done
}

prune()
{
	local old

	while read -r old; do
		rm -rf "$old"
	done < <(find "$CACHE" -maxdepth 1 -name 'result-*' -printf '%T@ %p\n' |
		 sort -rn | tail -n +$((KEEP + 1)) | cut -d' ' -f2-)
}

build()
{
	local variant

	check_tools
	lock_cache build
	! complete || return 0
	TMP=$(mktemp -d)
	trap 'rm -rf "$TMP"' EXIT
	unpack
	mkdir -p "$TREE/.bypass"
	: > "$LOG"
	sync_tree
	for variant in $VARIANTS; do
		build_variant "$variant"
	done
	prune
}

VARIANTS="m y"
PRINT_DIR=
while [ $# -gt 0 ]; do
	case $1 in
	--variant)
		case ${2-} in
		m|y) VARIANTS=$2 ;;
		both) VARIANTS="m y" ;;
		*) die "--variant takes m, y or both" ;;
		esac
		shift
		;;
	--print-dir) PRINT_DIR=1 ;;
	--print-packages)
		tr '\n' ' ' <<< "$PACKAGES"
		echo
		exit
		;;
	-h|--help) usage; exit ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done

TREE=$CACHE/tree-$(source_version "$SERIES")
RESULT=$CACHE/result-$(inputs | sha256sum | cut -c1-16)
PRISTINE=$TREE/.bypass/pristine
LOG=$TREE/.bypass/build.log
readonly TREE RESULT PRISTINE LOG VARIANTS

[ -n "$PRINT_DIR" ] || complete || build
echo "$RESULT"
