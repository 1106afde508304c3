#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The parts of machine.py that are done with mounts and namespaces. Not for use by hand.
#
#   machine.sh hold FOLDER LOWER NAME   keeps what outlasts a reboot (the tree, the network, the cgroup) until
#                                       standard input ends; says "ready", or "no: " and why there can be none
#   machine.sh boot FOLDER NAME         one boot: init is the child of this process, which ends as init does
set -euo pipefail
shopt -s nullglob

# try WHAT COMMAND...: a command that this machine, a container say, may not allow.
try() {
  local why
  if ! why=$("${@:2}" 2>&1); then
    printf 'no: %s: %s\n' "$1" "${why//$'\n'/ }"
    exit 1
  fi
}

# Takes away what belongs to the host and would run, wait or differ from one host to the next. All of it is written
# to memory; the host's own files are the lower layer, which nobody can write to.
prepare() {
  local root=$1 unit
  rm -rf "$root"/etc/systemd/system/* "$root"/etc/systemd/*.conf.d "$root"/etc/rc[0-6S].d/* \
    "$root"/var/log/journal/* "$root"/etc/apikeyd "$root"/var/lib/apikeyd* "$root"/var/lib/private/apikeyd*
  rm -f "$root"/etc/fstab "$root"/etc/crypttab "$root"/usr/sbin/policy-rc.d "$root"/etc/machine-id \
    "$root"/etc/hostname
  tr -d - </proc/sys/kernel/random/uuid >"$root"/etc/machine-id # an empty one would have every unit preset
  echo machine >"$root"/etc/hostname
  for unit in systemd-logind.service systemd-udevd.service systemd-udev-trigger.service systemd-hwdb-update.service \
    getty.target console-getty.service remote-fs.target dev-hugepages.mount sys-fs-fuse-connections.mount \
    systemd-remount-fs.service systemd-timesyncd.service systemd-networkd.service systemd-resolved.service; do
    ln -s /dev/null "$root/etc/systemd/system/$unit"
  done
  mkdir -p "$root"/etc/systemd/journald.conf.d "$root"/var/log/journal "$root"/mnt "$root"/root
  printf '[Journal]\nStorage=persistent\nRateLimitBurst=0\nSyncIntervalSec=1s\n' \
    >"$root"/etc/systemd/journald.conf.d/machine.conf
}

hold() {
  local folder=$1 lower=$2 name=$3 attempt
  trap '' INT TERM HUP # a Ctrl-C is for the tests: what is below ends when they do
  mount --make-rprivate /
  try tmpfs mount -t tmpfs -o mode=755 tmpfs "$folder"
  mkdir "$folder"/{upper,work,root,cgroup}
  try overlayfs mount -t overlay overlay \
    -o "lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
  try cgroup2 mount -t cgroup2 cgroup2 "$folder/cgroup"
  try 'a cgroup of its own' mkdir "$folder/cgroup/$name"
  try procfs unshare --fork --pid --mount mount -t proc proc "$folder/root/proc"
  # Of overlayfs, inotify can't be believed, and the daemon polls; /etc is to be a file system as others are.
  cp -a "$folder/root/etc" "$folder/etc"
  mount --bind "$folder/etc" "$folder/root/etc"
  prepare "$folder/root"
  echo ready
  cat >/dev/null

  # However the tests came to an end, SIGKILL too: all processes of the machine go with them.
  for ((attempt = 0; attempt < 100; attempt++)); do
    find "$folder/cgroup/$name" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [[ -e $folder/cgroup/$name ]] || break
    sleep 0.1
  done
  umount --lazy "$folder"
  rm -rf --one-file-system "${folder%/*}"
}

# Process 1 of a new pid namespace.
boot() {
  local folder=$1 name=$2
  echo $$ >"$folder/cgroup/$name/cgroup.procs"
  exec unshare --cgroup bash "${BASH_SOURCE[0]}" init "$folder/root"
}

init() {
  local root=$1 node
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || mount -t tmpfs tmpfs "$root/sys"
  mkdir -p "$root/sys/fs/cgroup"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"

  mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
  mkdir "$root"/dev/{pts,shm,mqueue}
  for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s fd/0 "$root/dev/stdin"
  ln -s fd/1 "$root/dev/stdout"
  ln -s fd/2 "$root/dev/stderr"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

  # The kernel's settings are the host's.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro "$root/proc/sys"
  if [[ -e $root/proc/sysrq-trigger ]]; then
    mount --bind /dev/null "$root/proc/sysrq-trigger"
  fi

  cd "$root"
  pivot_root . mnt
  umount -l /mnt
  # In a container systemd leaves this to whoever made it; without it LoadCredential= gives an empty folder.
  mount --make-rshared /
  hostname machine
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=apikeyd-test TERM=dumb \
    setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time,-mknod --inh-caps=-all \
    /lib/systemd/systemd --system --log-target=journal --show-status=no --unit=multi-user.target
}

case $1 in
  hold) hold "${@:2}" ;;
  boot) exec unshare --fork --kill-child --pid --mount --uts --ipc bash "${BASH_SOURCE[0]}" enter "${@:2}" ;;
  enter) boot "${@:2}" ;;
  init) init "${@:2}" ;;
esac
