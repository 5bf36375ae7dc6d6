#!/bin/sh
# Finishes a root file system, in mount and PID namespaces of its own: what is mounted
# here nobody else sees, and it goes when the script ends, however that happens.
#
# In the environment: LOWER, UPPER, WORK, ROOT (folders of an overlay; without LOWER
# the root file system is made in UPPER by debootstrap), STAGE (files to put in),
# PACKAGES, SOURCES (a file for apt), SETUP (a script), PRELOAD (a folder of images'
# archives), APT (a folder for apt's lists and packages), INVENTORY (a file to write).
set -eu

mkdir -p "$APT/lists/partial" "$APT/archives/partial"
if [ -z "${LOWER-}" ]; then
	debootstrap --variant="$VARIANT" --cache-dir="$APT/archives" "$SUITE" "$UPPER" "$MIRROR"
	mount --bind "$UPPER" "$ROOT"
else
	mount -t overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK,redirect_dir=off,metacopy=off,index=off" overlay "$ROOT"
fi

mount -t proc proc "$ROOT/proc"
mount -t sysfs -o ro sysfs "$ROOT/sys"
mount -t tmpfs -o mode=0755 tmpfs "$ROOT/run"
mount -t tmpfs tmpfs "$ROOT/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$ROOT/dev"
mkdir "$ROOT/dev/pts" "$ROOT/dev/shm"
for device in null zero full random urandom tty; do
	: >"$ROOT/dev/$device"
	mount --bind "/dev/$device" "$ROOT/dev/$device"
done
ln -s /proc/self/fd "$ROOT/dev/fd"
mkdir -p "$ROOT/var/lib/apt/lists" "$ROOT/var/cache/apt/archives"
mount --bind "$APT/lists" "$ROOT/var/lib/apt/lists"
mount --bind "$APT/archives" "$ROOT/var/cache/apt/archives"

inside() { chroot "$ROOT" "$@"; }

if [ -n "${PACKAGES-}" ]; then
	# Names are looked up as on this machine, as long as the script runs.
	: >"$ROOT/run/resolv.conf"
	if [ -e /etc/resolv.conf ]; then cat /etc/resolv.conf >"$ROOT/run/resolv.conf"; fi
	mount --bind "$ROOT/run/resolv.conf" "$ROOT/etc/resolv.conf"
	# Services do not start in a root file system that nothing runs.
	printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
	chmod 755 "$ROOT/usr/sbin/policy-rc.d"
	cp "$SOURCES" "$ROOT/run/sources.list"
	set -- -o Dir::Etc::sourcelist=/run/sources.list -o Dir::Etc::sourceparts=/dev/null \
		-o APT::Sandbox::User=root -o Binary::apt-get::APT::Keep-Downloaded-Packages=true --quiet
	if [ ! -e "$APT/updated" ]; then
		inside apt-get "$@" update
		: >"$APT/updated"
	fi
	# shellcheck disable=SC2086 # the names of packages are words
	inside env DEBIAN_FRONTEND=noninteractive apt-get "$@" install --yes --no-install-recommends $PACKAGES
	rm "$ROOT/usr/sbin/policy-rc.d"
	umount "$ROOT/etc/resolv.conf"
fi
if [ -n "${STAGE-}" ]; then
	tar --create --directory "$STAGE" . | tar --extract --keep-directory-symlink --no-overwrite-dir --directory "$ROOT"
fi
if [ -n "${SETUP-}" ]; then
	cp "$SETUP" "$ROOT/run/setup"
	chmod 755 "$ROOT/run/setup"
	if [ -n "${PRELOAD-}" ]; then
		mkdir "$ROOT/run/preload"
		mount --bind "$PRELOAD" "$ROOT/run/preload"
	fi
	inside /run/setup
fi
inside dpkg-query --show --showformat '${Package}\t${Version}\n' >"$INVENTORY"

# Files that say when and where the file system was made.
umount "$ROOT/var/lib/apt/lists" "$ROOT/var/cache/apt/archives"
rm -rf "$ROOT"/var/lib/apt/lists/* "$ROOT"/var/cache/apt/* "$ROOT"/var/cache/debconf/*-old "$ROOT"/var/lib/dpkg/*-old \
	"$ROOT"/var/cache/ldconfig/* "$ROOT"/var/tmp/* "$ROOT/etc/hostname"
find "$ROOT/var/log" -type f -delete
find "$ROOT/usr" -name __pycache__ -type d -prune -exec rm -rf {} +
: >"$ROOT/etc/resolv.conf"
if [ -e "$ROOT/etc/machine-id" ]; then : >"$ROOT/etc/machine-id"; fi
