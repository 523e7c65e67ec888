#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All static checks of this repository: "make style".  No finding is tolerated.
# The kernel's own tools come from the installed linux-source packages and are
# cached, so a run needs no network.

. "$(dirname "$0")/lib.sh"

SERIES=$(supported_series)
# The series whose kernel-doc and list of files are used.
NEWEST=$(newest_series)
readonly SERIES NEWEST MAX_LINES=900
readonly PACKAGES="sparse shellcheck codespell python3 python3-docutils perl
rsync pylint python3-pytest universal-ctags"

# Checks run side by side; the slow ones are first.
readonly CHECKS="build checkpatch codespell shellcheck kernel-doc kdoc-coverage
repository python rst"

# What checkpatch is wrong about: "regex of FILE:LINE: LEVEL:TYPE: text", each
# with the reason above it.
readonly CHECKPATCH_EXCEPTIONS=(
	# TRACE_EVENT() has a layout of its own, the one all of the kernel's
	# trace headers have.
	'^include/trace/.*:(OPEN_ENDED_LINE|PARENTHESIS_ALIGNMENT):'
	# The bypass hangs its own copies of these tables on the VF, as a test's
	# module does, and a copy has to be written once.
	'^(drivers/|.*/test_modules/).*:CONST_STRUCT: struct (net_device_ops|ethtool_ops) '
	# One list of reasons, which each of its users turns into what it needs
	'virtnet_bypass_reason\.h:.*:(COMPLEX_MACRO|MACRO_ARG_REUSE): '
	'(virtnet_bypass(_reason)?\.h|bypass/switch\.c):.*:(MACRO_ARG_UNUSED|TRAILING_SEMICOLON): '
	# Programs of the tests are not built with the kernel's headers
	'virtio_net_bypass/(.*\.bpf\.c|echo\.h|xsk\.c):.*:PREFER_DEFINED_ATTRIBUTE_MACRO:'
	# Names of libvirt, libxml2 and cmocka
	'^tools/virtnet-hybrid/.*:CAMELCASE: Avoid CamelCase: <(vir|VIR|xml|CMUnit|data)'
	# What people are told stands in one piece, so that it is found
	'^tools/virtnet-hybrid/.*:LONG_LINE_STRING: '
	# XML that is put together of parts, or has lines
	'^tools/virtnet-hybrid/tests/.*:SPLIT_STRING: '
	# The kernel's macros are not there
	'^tools/virtnet-hybrid/(log|array)\.h:.*:(PREFER_DEFINED_ATTRIBUTE_MACRO|MACRO_ARG_REUSE):'
	# include/compat is the one place that may ask for the version.
	'^include/compat/.*:LINUX_VERSION_CODE:'
)

usage()
{
	cat <<END
usage: ${0##*/} [--print-packages] [CHECK...]

Checks: ${CHECKS//$'\n'/ }
END
}

check_tools()
{
	local tool

	for tool in sparse shellcheck codespell perl python3 rst2html rsync \
		    pylint ctags; do
		command -v "$tool" >/dev/null ||
			die "$tool not found; packages: ${PACKAGES//$'\n'/ }"
	done
}

# Everything git tracks or would add, but not what is empty (checkpatch dies of
# it) or was removed from the work tree and not yet from the index.
files()
{
	local file

	git ls-files -co --exclude-standard -- "$@" | while read -r file; do
		[ ! -s "$file" ] || echo "$file"
	done
}

# Get the kernel's tools out of the tarball, once for each source package.
fetch_tools()
{
	local series=$1 dir=$CACHE/tools-$1 src=linux-source-$1 version
	local tar=$SOURCE_DIR/$src.tar.xz

	version=$(source_version "$series")
	[ "$(cat "$dir/version" 2>/dev/null)" != "$version" ] || return 0
	rm -rf "$dir" "$dir.tmp"
	mkdir -p "$dir.tmp"
	# --occurrence stops reading after the last of them.
	untar_source "$tar" "$dir.tmp" --occurrence=1 \
		"$src"/scripts/{checkpatch.pl,spelling.txt} \
		"$src"/scripts/{const_structs.checkpatch,kernel-doc}
	tar -tf "$tar" | sed "s,^$src/,,; /\/\$/d" | LC_ALL=C sort \
		> "$dir.tmp/files"
	echo "$version" > "$dir.tmp/version"
	mv "$dir.tmp" "$dir"
}

# The headers of a series: checkpatch learns from them which names in mixed
# case, such as struct Qdisc, are the kernel's.
headers()
{
	local dir

	dir=$("$TOP/scripts/fetch-kernel.sh" "$1") || return
	echo "$dir"/usr/src/linux-headers-*-common
}

# checkpatch writes a cache to the current directory and takes a .git there
# for that of the kernel; it gets a directory where names are the same.
checkpatch()
{
	local series=$1 dir=$TMP/checkpatch-$1 root
	shift

	root=$(headers "$series") || return
	cd "$dir" || return
	perl "$CACHE/tools-$series/scripts/checkpatch.pl" --strict --no-tree \
		--root="$root" --max-line-length=80 \
		--terse --show-types --no-summary --color=never "$@" 2>&1
}

# The directory for checkpatch.  Its cache is kept, the search takes seconds.
checkpatch_dir()
{
	local series=$1 dir=$TMP/checkpatch-$1 entry

	mkdir "$dir"
	mkdir -p "$CACHE/camelcase-$series"
	rsync -a "$CACHE/camelcase-$series/" "$dir/"
	for entry in "$TOP"/*; do
		ln -s "$entry" "$dir/"
	done
}

# One series of checkpatch on sources (-f) or patches.  It also fails on what
# the exceptions take away, so its output counts; but it dies without a word on
# an empty file, and then everything after that would pass unseen.
checkpatch_run()
{
	local series=$1 out pattern status=0
	shift

	pattern=$(IFS='|'; echo "${CHECKPATCH_EXCEPTIONS[*]}")
	out=$(checkpatch "$series" "$@") || status=$?
	[ "$status" -eq 0 ] || [ -n "$out" ] || {
		echo "[$series] checkpatch failed and said nothing"
		return 1
	}
	! grep -vE "$pattern|^\$" <<< "$out" | sed "s/^/[$series] /"
}

checkpatch_series()
{
	local series=$1 sources patches bad=0

	mapfile -t sources < <(files '*.c' '*.h')
	mapfile -t patches < <(files 'patches/*.patch')
	checkpatch_dir "$series"
	[ ${#sources[@]} -eq 0 ] ||
		checkpatch_run "$series" -f "${sources[@]}" || bad=1
	[ ${#patches[@]} -eq 0 ] ||
		checkpatch_run "$series" "${patches[@]}" || bad=1
	rsync -a --include='.checkpatch-camelcase.*' --exclude='*' \
		"$TMP/checkpatch-$series/" "$CACHE/camelcase-$series/"
	return "$bad"
}

check_checkpatch()
{
	local series bad=0

	for series in $SERIES; do
		checkpatch_series "$series" || bad=1
	done
	return "$bad"
}

# Not as checkpatch --codespell: that takes ten times as long as all the rest
# of checkpatch, and this looks at the documentation as well.
check_codespell()
{
	local sources

	mapfile -t sources < <(files | grep -v '^LICENSES/\|^COPYING$')
	[ ${#sources[@]} -eq 0 ] || codespell -q 3 "${sources[@]}"
}

# gcc with W=1 and sparse.  The kernel's own virtio_net.c builds without any
# warning in all supported series, so every warning is about our change.
build_series()
{
	local dir release log status=0

	dir=$("$TOP/scripts/fetch-kernel.sh" "$1") || return
	release=$(cat "$dir/release")
	log=$TMP/build-$release.log

	# gcc is silent about a file it does not compile again.
	rm -rf "${TOP:?}/build/$release-check"
	"$TOP/scripts/build-modules.sh" --check --kernel-dir "$dir" \
		"$release" > "$log" 2>&1 || status=$?
	grep -iE 'warning:|error:' "$log" | sed "s/^/[$release] /" && return 1
	[ "$status" -eq 0 ] || {
		tail -n 20 "$log" | sed "s/^/[$release] /"
		return 1
	}
}

check_build()
{
	local series bad=0

	for series in $SERIES; do
		build_series "$series" || bad=1
	done
	return "$bad"
}

# scripts_of SUFFIX INTERPRETER: by name and by first line
scripts_of()
{
	local file first

	files | while read -r file; do
		case $file in
		*"$1") echo "$file" ;;
		*)
			first=
			IFS= read -r first 2>/dev/null < <(head -c 80 "$file" |
				tr -d '\0') || [ -n "$first" ] || continue
			[[ ! $first =~ ^'#!'.*[/\ ]$2( |$) ]] ||
				echo "$file"
			;;
		esac
	done
}

check_shellcheck()
{
	local scripts

	mapfile -t scripts < <(scripts_of .sh "(ba|da)?sh")
	[ ${#scripts[@]} -eq 0 ] ||
		shellcheck -x -P SCRIPTDIR -f gcc "${scripts[@]}"
}

# What has kernel-doc
documented_sources()
{
	files 'drivers/*.[ch]' 'include/*.h' 'tools/virtnet-hybrid/*.[ch]' |
		grep -v /tests/
}

check_kernel-doc()
{
	local sources

	mapfile -t sources < <(documented_sources)
	[ ${#sources[@]} -eq 0 ] ||
		perl "$CACHE/tools-$NEWEST/scripts/kernel-doc" -none -Wall \
			-Werror "${sources[@]}"
}

check_kdoc-coverage()
{
	local sources

	mapfile -t sources < <(documented_sources)
	[ ${#sources[@]} -eq 0 ] ||
		python3 scripts/kdoc-coverage.py "${sources[@]}"
}

# Where the driver's files are named: each one is, in the documentation if there
# is anything to show
check_lists()
{
	local file list bad=0

	for list in drivers/net/virtio_net_bypass/{Kbuild,bypass.h} \
		    Documentation/networking/virtio_net_bypass_driver.rst; do
		while read -r file; do
			[[ $list != *.rst ]] || grep -q '/\*\*' "$file" ||
				continue
			file=${file##*/}
			[ "${list##*/}" != Kbuild ] || file=${file%.c}.o
			grep -qE "[ /]$file( |\$)" "$list" || {
				echo "$list does not name $file"
				bad=1
			}
		done < <(files 'drivers/net/virtio_net_bypass/*.c')
	done
	return "$bad"
}

# The driver's files stand above each other: none uses in a circle what it is
# used by, going by the headers of those it includes
check_circles()
{
	local file

	while read -r file; do
		sed -n "s,^#include \"\(.*\)\.h\"\$,$(basename "$file" .c) \1,p" \
			"$file"
	done < <(files 'drivers/net/virtio_net_bypass/*.c') |
		{ tsort > /dev/null; } 2>&1
}

# What the repository holds: no long files, no version checks outside
# include/compat, and no file of the kernel, not even a changed one.
check_repository()
{
	local file lines bad=0

	while read -r file; do
		lines=$(wc -l < "$file")
		[ "$lines" -le "$MAX_LINES" ] || {
			echo "$file: $lines lines, more than $MAX_LINES"
			bad=1
		}
	done < <(files | grep -v '^LICENSES/\|^COPYING$')
	while read -r file; do
		! grep -HnE '\<(LINUX_VERSION_CODE|KERNEL_VERSION)\>' "$file" ||
			bad=1
	done < <(files drivers include/net)
	while read -r file; do
		echo "$file: this is a file of the kernel"
		bad=1
	done < <(kernel_copies)
	check_lists || bad=1
	check_circles || bad=1
	return "$bad"
}

kernel_copies()
{
	files drivers include net | LC_ALL=C sort |
		LC_ALL=C comm -12 - "$CACHE/tools-$NEWEST/files"
	files | grep -E '(^|/)(virtio_net|net_failover|failover)\.[ch]$' |
		grep -vxFf "$CACHE/tools-$NEWEST/files"
}

check_python()
{
	local sources

	mapfile -t sources < <(scripts_of .py "python3?")
	# Debian's, whatever python3 is
	[ ${#sources[@]} -eq 0 ] ||
		/usr/bin/pylint --rcfile scripts/pylintrc --score n \
			--msg-template '{path}:{line}: {msg} ({symbol})' \
			"${sources[@]}"
}

# docutils does not know the directives and roles that Sphinx adds for the
# kernel: the directives without text are left out, the roles become plain.
check_rst()
{
	local file bad=0

	# shellcheck disable=SC2016 # the backquotes are those of a role
	while read -r file; do
		sed -E '/^\.\. (kernel-doc|toctree|SPDX-License)/,/^$/d
			s/:(c:[a-z]+|doc|ref|manpage):`/`/g' "$file" \
			> "$TMP/page.rst"
		rst2html --strict --no-raw --no-file-insertion "$TMP/page.rst" \
			> /dev/null 2> "$TMP/rst.err" || {
			sed "s,$TMP/page.rst,$file," "$TMP/rst.err"
			bad=1
		}
	done < <(files '*.rst')
	return "$bad"
}

# Run all checks at once and report in the order asked for, as KTAP
run_checks()
{
	local name number=0 bad=0
	local -A pids

	for name in "$@"; do
		"check_$name" > "$TMP/$name.log" 2>&1 &
		pids[$name]=$!
	done
	for name in "$@"; do
		number=$((number + 1))
		if wait "${pids[$name]}"; then
			echo "ok $number $name"
			continue
		fi
		bad=1
		echo "not ok $number $name"
		sed 's/^/# /' "$TMP/$name.log"
	done
	echo "1..$number"
	return "$bad"
}

case ${1-} in
--print-packages)
	tr '\n' ' ' <<< "$PACKAGES"
	echo
	exit
	;;
-h|--help) usage; exit ;;
esac

read -ra wanted <<< "${CHECKS//$'\n'/ }"
[ $# -eq 0 ] || wanted=("$@")
for name in "${wanted[@]}"; do
	declare -F "check_$name" >/dev/null || { usage >&2; exit 2; }
done
check_tools
cd "$TOP"
mkdir -p "$CACHE"
for series in $SERIES; do
	fetch_tools "$series"
done
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
run_checks "${wanted[@]}"
