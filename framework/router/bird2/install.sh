#!/usr/bin/env bash
# Puts BIRD 2 of the distribution's package bird2 into a folder of its own in the cache,
# where it is missing: the package excludes bird, BIRD 1.6, which Calico's nodes need.
# Nothing is installed on the machine. Needs root only where apt has no lists yet. Knows Debian and Ubuntu.
set -euo pipefail

# The libraries that bird2 needs beyond libc, which every machine has.
packages=(bird2 libssh-gcrypt-4 libgcrypt20 libgpg-error0 libreadline8 libtinfo6)

folder="${XDG_CACHE_HOME:-$HOME/.cache}/rackproof/routers/bird2"
if [[ -x "$folder/bird2" ]]; then
	exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo "bird2: this is neither Debian nor Ubuntu: put programs bird2 and birdc2, of BIRD 2, into $folder" >&2
	exit 1
fi

mkdir -p "$(dirname "$folder")"
work="$(mktemp -d "$folder.XXXXXX")"
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # a lab shows it to its processes, whoever they run as

echo "bird2: fetching ${packages[*]}"
fetch() { (cd "$work" && apt-get download --quiet --quiet --option APT::Sandbox::User=root "${packages[@]}"); }
# A machine whose packages came with its image may have no lists of them.
if ! fetch && ! { [[ "$(id -u)" -eq 0 ]] && apt-get update --quiet && fetch; }; then
	echo "bird2: apt-get has no ${packages[*]}: run apt-get update first" >&2
	exit 1
fi
for file in "$work"/*.deb; do
	dpkg-deb --extract "$file" "$work/root"
	rm "$file"
done

# The programs find their libraries in their own root.
for program in bird birdc; do
	cat >"$work/${program}2" <<-'END'
		#!/bin/sh
		here="${0%/*}"
		libraries=
		for folder in "$here"/root/lib/*-linux-gnu* "$here"/root/usr/lib/*-linux-gnu*; do
			libraries="$libraries${libraries:+:}$folder"
		done
		LD_LIBRARY_PATH="$libraries" exec "$here/root/usr/sbin/PROGRAM" "$@"
	END
	sed -i "s/PROGRAM/$program/" "$work/${program}2"
	chmod 755 "$work/${program}2"
done
if ! version="$("$work/bird2" --version 2>&1)" || [[ "$version" != "BIRD version 2."* ]]; then
	echo "bird2: what was fetched is no BIRD 2 that runs here: $version" >&2
	exit 1
fi

rm -rf "$folder"
mv "$work" "$folder"
echo "bird2: $version is in $folder"
