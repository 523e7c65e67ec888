#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel-tests.sh SERIES: lay out the kernel's own selftests that kernel.list
# names, out of the installed linux-source-SERIES, and print where. C programs
# are built, and what the others need that a guest lacks comes along. "vmtest.py
# --add" lays the result over the guest's root; kernel.sh and forwarding.sh run
# it there.
#
# kernel-tests.sh --print-packages

. "$(dirname "$0")/lib.sh"

readonly PACKAGES="gcc libc6-dev xz-utils rsync jq netsniff-ng iputils-arping
	iputils-ping ncat libteam-utils python3 python3-yaml"
# Of the kernel's tree, if the series has it
readonly MEMBERS="tools/testing/selftests/net
	tools/testing/selftests/drivers/net
	tools/testing/selftests/kselftest
	tools/testing/selftests/kselftest.h
	tools/testing/selftests/kselftest_harness.h
	tools/net/ynl
	Documentation/netlink/specs"
# Programs that the guest's image does not have, or busybox' ones of. Its ping
# ends when it has sent as many as it was told, not when as many were answered.
readonly PROGRAMS="mausezahn jq arping ping ncat teamd teamdctl readlink date"
# Debian's Python, which has Debian's python3-yaml; and what of its library
# comes along beside the modules that are single files
readonly PYTHON=/usr/bin/python3
readonly PYTHON_PACKAGES="collections encodings importlib json lib-dynload
	re urllib __pycache__"

list=$TOP/tools/testing/selftests/drivers/net/virtio_net_bypass/kernel.list

[ $# -eq 1 ] || die "usage: kernel-tests.sh SERIES|--print-packages"
if [ "$1" = --print-packages ]; then
	echo "$PACKAGES" | tr -s ' \t\n' ' '
	exit
fi
series=$1
tarball=$SOURCE_DIR/linux-source-$series.tar.xz
out=$BUILD/kernel-tests/$series
tmp=$out.$$

need gcc gcc
need xz xz-utils
need rsync rsync
need $PYTHON python3
need jq jq
need arping iputils-arping
need mausezahn netsniff-ng
need ping iputils-ping
need ncat ncat
need teamd libteam-utils
$PYTHON -c 'import yaml' 2> /dev/null ||
	die "python3-yaml is missing: apt-get install python3-yaml"

version=$(source_version "$series")
source=$CACHE/kernel-tests/$series-$version

# One pass over the tarball takes 20 s, so every clone shares the result
extract()
{
	local member members=()

	rm -rf "$source.$$"
	mkdir -p "$source.$$"
	for member in $MEMBERS; do
		members+=("linux-source-$series/$member")
	done
	# 6.1 has no YNL: tar takes what is there, then says what is not
	untar_source "$tarball" "$source.$$" "${members[@]}" 2> "$source.$$/log" ||
		! grep -qv -e 'Not found in archive' -e 'previous errors' \
			"$source.$$/log" ||
		die "$tarball: $(head -n 1 "$source.$$/log")"
	rm -rf "$source"
	mv "$source.$$" "$source"
}

# listed WHEN-REGEX SUFFIX: the paths of this series' entries
listed()
{
	awk -v s="$series" -v when="^($1)\$" -v end="$2\$" '
		!/^#/ && $3 ~ when && $1 ~ end {
			n = split($2, of, ",")
			for (i = 1; i <= n; i++)
				if (of[i] == s)
					print $1
		}' "$list" | sort -u
}

# What may be a test and is in no line of the list: nobody has decided about it
tell_undecided()
{
	local path pattern patterns

	mapfile -t patterns < <(sed -E '/^(#|$)/d; s/ .*//' "$list")
	(cd "$tree/tools/testing/selftests" &&
	 find net drivers/net -name '*.sh' -o -name '*.py' -o -name '*.c') |
	while read -r path; do
		for pattern in "${patterns[@]}" '*/lib/py/*' '*/lib/sh/*'; do
			# shellcheck disable=SC2053 # a pattern
			[[ $path != $pattern ]] || continue 2
		done
		say "kernel.list does not have $path of $version"
	done
}

build_programs()
{
	local selftests=$tree/tools/testing/selftests path

	# what gcc thinks of the kernel's programs is not for us to say
	while read -r path; do
		[ -e "$selftests/$path" ] || die "$path is not in $series"
		gcc -O2 -w -I "$selftests" -o "$selftests/${path%.c}" \
		    "$selftests/$path" -lpthread
	done < <(listed 'quick|full|part' '[.]c')
}

# libraries FILE...: what they are linked to
libraries()
{
	ldd "$@" 2> /dev/null | grep -o '/lib[^ ]*' | grep -v ':$' | sort -u
}

install_libraries()
{
	local file

	libraries "$@" | while read -r file; do
		install -D "$file" "$tmp$file"
	done
}

install_programs()
{
	local name file

	for name in $PROGRAMS; do
		file=$(command -v "$name")
		install -D "$file" "$tmp/usr/bin/$name"
		install_libraries "$file"
	done
	# busybox' sh takes its own ip instead of iproute2's
	ln -s bash "$tmp/usr/bin/sh"
}

# Reading YAML takes Python seconds in an emulated guest, once in each test.
# JSON is YAML as well, and a module that knows only that is quick. The first
# line names the license, which whoever reads a specification looks for.
convert_specs()
{
	$PYTHON - "$tree/Documentation/netlink/specs" <<- 'END'
		import json, pathlib, sys, yaml
		for path in pathlib.Path(sys.argv[1]).glob("*.yaml"):
		    text = path.read_text()
		    path.write_text(text.partition("\n")[0] + "\n" +
		                    json.dumps(yaml.safe_load(text)))
	END
	cat > "$tmp$library/yaml.py" <<- 'END'
		import json
		def safe_load(stream):
		    return json.loads("".join(line for line in stream
		                              if not line.startswith("#")))
	END
}

install_python()
{
	local library name include=()

	library=$($PYTHON -c \
		'import sysconfig; print(sysconfig.get_path("stdlib"))')
	for name in $PYTHON_PACKAGES; do
		include+=(--include "/$name/")
	done
	mkdir -p "$tmp$library"
	# with the compiled files, and the times that those are valid for
	rsync -a "${include[@]}" --exclude '/*/' --exclude '_test*.so' \
		"$library/" "$tmp$library/"
	install -D "$(realpath $PYTHON)" "$tmp$PYTHON"
	install_libraries $PYTHON
	convert_specs
	$PYTHON -m compileall -q "$tree/tools" "$tmp$library/yaml.py"
	# a module that is missing in there is better found here
	(cd "$tree/tools/testing/selftests/drivers/net" &&
	 PYTHONDONTWRITEBYTECODE=1 PYTHONHOME=$tmp/usr $PYTHON -S - <<- 'END'
		from lib.py import EthtoolFamily, NetdevFamily, RtnlFamily
		from lib.py import NetDrvEnv, NetDrvEpEnv, ksft_run
		EthtoolFamily(), NetdevFamily(), RtnlFamily()
	END
	) || die "something of Python's library is missing"
}

make_tree()
{
	tree=$tmp/usr/lib/kernel-tests
	rm -rf "$out" "$tmp"
	mkdir -p "$tree"
	rsync -a --exclude=/log "$source/" "$tree/"
	tell_undecided
	build_programs
	install_programs
	# what the tests in Python stand on
	[ ! -d "$tree/tools/net/ynl" ] || install_python
	# lib and bin are links in the guest
	[ ! -d "$tmp/lib" ] || rsync -a --remove-source-files \
		"$tmp/lib/" "$tmp/usr/lib/"
	[ ! -d "$tmp/lib64" ] || rsync -a --remove-source-files \
		"$tmp/lib64/" "$tmp/usr/lib64/"
	find "$tmp" -depth -type d -empty -delete
	echo "$stamp" > "$tree/.stamp"
	mv "$tmp" "$out"
}

stamp=$version-$(cat "$0" "$list" "$(command -v gcc)" \
		 "$PYTHON" | sha256sum | cut -c1-16)
mkdir -p "$BUILD/kernel-tests" "$CACHE/kernel-tests"
[ -d "$source" ] || extract
[ "$(cat "$out/usr/lib/kernel-tests/.stamp" 2> /dev/null)" = "$stamp" ] ||
	make_tree
echo "$out"
