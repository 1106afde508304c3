#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bare_root.sh FOLDER PACKAGE.deb: makes a bare Debian 12 with systemd and what the package depends on, and nothing
# else, for APIKEYD_MACHINE_ROOT=FOLDER. Needs root, debootstrap and a mirror ($APIKEYD_MIRROR, else Debian's own).
set -euo pipefail
if (($# != 2)); then
  sed -n 's/^# \(bare_root.sh .*\)/usage: \1/p' "$0" >&2
  exit 64
fi
folder=$1
depends=$(dpkg-deb --field "$2" Depends)

debootstrap --variant=minbase --include=systemd,dbus bookworm "$folder" \
  "${APIKEYD_MIRROR:-http://deb.debian.org/debian}"
# With what the package says that it needs; if that is not all, the tests show it.
DEBIAN_FRONTEND=noninteractive chroot "$folder" \
  apt-get satisfy --quiet --yes --no-install-recommends "$depends"
rm -f "$folder"/var/cache/apt/archives/*.deb
