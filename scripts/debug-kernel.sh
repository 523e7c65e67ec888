#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Build the debug guest kernel (lockdep, KASAN, kmemleak, ...) with the bypass
# driver inside, and print the directory of the result on stdout.  Everything
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
readonly TARBALL=/usr/src/linux-source-$SERIES.tar.xz
readonly PACKAGES="flex bison bc libelf-dev libssl-dev gcc make kmod cpio rsync
xz-utils patch linux-source-$SERIES"
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

	for tool in flex bison bc gcc make depmod cpio rsync xz patch; do
		command -v "$tool" >/dev/null ||
			die "$tool not found; packages: ${PACKAGES//$'\n'/ }"
	done
	[ -r "$TARBALL" ] || die "$TARBALL not found; install linux-source-$SERIES"
}

source_version()
{
	dpkg-query -W -f '${Version}' "linux-source-$SERIES" 2>/dev/null ||
		die "package linux-source-$SERIES is not installed"
}

# Our files that go into the tree as they are, relative to $TOP.
own_files()
{
	local dir

	for dir in drivers/net/virtio_net_bypass include/net include/trace; do
		[ ! -d "$TOP/$dir" ] ||
			find "$TOP/$dir" -type f \( -name '*.[ch]' -o -name Kbuild \
				-o -name Makefile -o -name Kconfig \) \
				-printf "$dir/%P\n"
	done | LC_ALL=C sort
}

# Those of the modules that the tests load, likewise
test_module_files()
{
	find "$TOP/$TEST_MODULES" -type f \( -name '*.[ch]' -o -name Makefile \) \
		-printf "$TEST_MODULES/%P\n" | LC_ALL=C sort
}

patch_files()
{
	[ ! -d "$TOP/patches/$SERIES" ] ||
		find "$TOP/patches/$SERIES" -name '*.patch' | LC_ALL=C sort
}

# Files of the kernel that the patches change or add.
patched_files()
{
	local patches

	mapfile -t patches < <(patch_files)
	[ ${#patches[@]} -eq 0 ] ||
		sed -n 's,^+++ b/\([^[:space:]]*\).*,\1,p' "${patches[@]}" |
		LC_ALL=C sort -u
}

result_key()
{
	local files patches

	mapfile -t files < <(own_files; test_module_files)
	mapfile -t patches < <(patch_files)
	{
		source_version
		gcc -dumpfullversion
		cat "$TOP/scripts/debug.config" "$TOP/scripts/debug-kernel.sh"
		cd "$TOP"
		[ ${#files[@]} -eq 0 ] || sha256sum "${files[@]}"
		[ ${#patches[@]} -eq 0 ] || sha256sum "${patches[@]#"$TOP/"}"
	} | sha256sum | cut -c1-16
}

unpack()
{
	[ ! -d "$TREE" ] || return 0
	say "unpacking $TARBALL"
	rm -rf "$TREE.tmp"
	mkdir "$TREE.tmp"
	tar -xf "$TARBALL" -C "$TREE.tmp" --strip-components=1
	mv "$TREE.tmp" "$TREE"
}

# Pristine copies of the files the patches touch: the tree holds the patched
# ones, and reading one file from the tarball takes ten seconds.
fetch_pristine()
{
	local file missing=()

	mkdir -p "$TREE/.bypass/pristine"
	while read -r file; do
		[ -e "$TREE/.bypass/pristine/$file" ] ||
			! grep -qxF "$file" <(kernel_files) ||
			missing+=("linux-source-$SERIES/$file")
	done < <(patched_files)
	[ ${#missing[@]} -eq 0 ] ||
		tar -xf "$TARBALL" -C "$TREE/.bypass/pristine" \
			--strip-components=1 "${missing[@]}"
}

# The patched files that exist in the kernel, that is, are not added.
kernel_files()
{
	local patches

	mapfile -t patches < <(patch_files)
	sed -n 's,^--- a/\([^[:space:]]*\).*,\1,p' "${patches[@]}"
}

# Put our files and the patched files together in $TMP/stage.
stage()
{
	local file patch

	mkdir "$TMP/stage"
	own_files > "$TMP/own"
	rsync -r --files-from="$TMP/own" "$TOP" "$TMP/stage"
	while read -r file; do
		[ -e "$TREE/.bypass/pristine/$file" ] || continue
		install -D -m 644 "$TREE/.bypass/pristine/$file" \
			"$TMP/stage/$file"
	done < <(patched_files)
	while read -r patch; do
		patch -s -p1 --fuzz=0 --no-backup-if-mismatch -d "$TMP/stage" \
			< "$patch" >&2 || die "${patch#"$TOP/"} does not apply"
	done < <(patch_files)
}

# Copy what differs, so that make sees a new time stamp only where the content
# is new, and take back what an earlier run put there and this one does not.
sync_tree()
{
	local file

	fetch_pristine
	stage
	(cd "$TMP/stage" && find . -type f -printf '%P\n') | LC_ALL=C sort \
		> "$TMP/list"
	[ -e "$TREE/.bypass/list" ] || : > "$TREE/.bypass/list"
	while read -r file; do
		if [ -e "$TREE/.bypass/pristine/$file" ]; then
			install -m 644 "$TREE/.bypass/pristine/$file" "$TREE/$file"
		else
			rm -f "$TREE/$file"
		fi
	done < <(LC_ALL=C comm -23 "$TREE/.bypass/list" "$TMP/list")
	# Before the copy: a run that dies in between must be taken back too.
	LC_ALL=C sort -u "$TREE/.bypass/list" "$TMP/list" > "$TMP/union"
	cp "$TMP/union" "$TREE/.bypass/list"
	rsync -rc "$TMP/stage/" "$TREE/"
	cp "$TMP/list" "$TREE/.bypass/list"
	[ -s "$TMP/list" ] ||
		say "no driver files and no patches yet: building the plain kernel"
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

# They lie where no other directory's make looks for them
build_test_modules()
{
	mkdir -p "$TREE/.bypass/test_modules"
	copy_test_modules "$TREE/.bypass/test_modules"
	kmake M="$TREE/.bypass/test_modules" modules
}

install_result()
{
	local out=$1 release

	rm -rf "$out.tmp"
	mkdir -p "$out.tmp"
	kmake modules_install INSTALL_MOD_PATH="$out.tmp" INSTALL_MOD_STRIP=1
	kmake M="$TREE/.bypass/test_modules" modules_install \
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
	build_test_modules
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

TREE=$CACHE/tree-$(source_version)
RESULT=$CACHE/result-$(result_key)
LOG=$TREE/.bypass/build.log
readonly TREE RESULT LOG VARIANTS

[ -n "$PRINT_DIR" ] || complete || build
echo "$RESULT"
