#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build-deb.sh [--source] [VERSION [DIR]]: build virtio-net-bypass_VERSION_all.deb
# and virtio-net-bypass-dkms_VERSION_all.deb in DIR, by default of the version in the
# file VERSION and in build/deb. With --source, the source package that they are of
# instead.

. "$(dirname "$0")/lib.sh"

kind=-b
if [ "${1:-}" = --source ]; then
	kind=-S
	shift
fi
version=${1:-$(cat "$TOP/VERSION")}
[[ $version =~ ^[0-9][0-9.]*$ ]] || die "'$version' is not a version"
out=${2:-$BUILD/deb}

need dh debhelper
need dh_dkms dh-dkms
need dpkg-buildpackage dpkg-dev
need rsync rsync

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
src=$tmp/virtio-net-bypass-$version
maintainer=$(sed -n 's/^M:\t//p;T;q' "$TOP/MAINTAINERS")
# Of what is in there: the same sources make the same packages
when=$(git -C "$TOP" log -1 --format=%cD -- drivers include patches Kbuild README.md \
	Documentation/networking scripts/lib.sh scripts/prepare-source.sh packaging \
	':!packaging/tests' 2> /dev/null) ||
	when=$(date -R)

mkdir -p "$src/scripts" "$src/Documentation"
rsync -a --exclude='*.py[co]' --exclude=__pycache__ \
	"$TOP"/{drivers,include,patches,Kbuild,README.md} "$src/"
rsync -a "$TOP/Documentation/networking" "$src/Documentation/"
rsync -a "$TOP"/scripts/{lib.sh,prepare-source.sh} \
	"$TOP/packaging/dkms-hook.sh" "$src/scripts/"
rsync -a --exclude=/tests --exclude=/dkms-hook.sh "$TOP/packaging/" "$src/"
echo "$version" > "$src/VERSION"
sed -i "s/@MAINTAINER@/$maintainer/" "$src/debian/control"
cat > "$src/debian/changelog" << END
virtio-net-bypass ($version) unstable; urgency=medium

  * Built from the sources by make deb.

 -- $maintainer  $when
END

log=$tmp/log
# No compiler is needed here
(cd "$src" && dpkg-buildpackage --ignore-builtin-builddeps -us -uc $kind) \
	> "$log" 2>&1 || {
	tail -n 20 "$log" >&2
	die "dpkg-buildpackage failed"
}
mkdir -p "$out"
if [ $kind = -S ]; then
	mv "$tmp"/*.{dsc,tar.xz,changes,buildinfo} "$out/"
	exit
fi
rm -f "$out"/*.deb
for deb in "$tmp"/*.deb; do
	mv "$deb" "$out/"
	deb=$out/${deb##*/}
	say "${deb#"$TOP"/}"
done
