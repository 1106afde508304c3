# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What tests/run.sh and examples/quickstart.sh have in common: installing what is missing, and building.
# Sourced, never run.

# What it takes to build and to run, as Debian packages. "package:command" stands for a package that isn't
# needed where the command is already there from somewhere else.
# shellcheck disable=SC2034 # the scripts that source this file use them
BUILD_PACKAGES=(cmake ninja-build ccache g++ pkg-config libpoco-dev libyaml-cpp-dev libsqlitecpp-dev
  libsqlite3-dev libsystemd-dev libcli11-dev libfmt-dev libspdlog-dev libssl-dev libgit2-dev scdoc)
# shellcheck disable=SC2034
RUN_PACKAGES=(python3:python3)
# shellcheck disable=SC2034
TEST_PACKAGES=(catch2 openssl curl:curl git:git strace ed vim-tiny:vi clang-format:clang-format nodejs:node npm:npm
  man-db bash-completion zsh:zsh fish:fish python3-jsonschema python3-yaml cmark-gfm:cmark-gfm
  jq:jq openssh-client:ssh-keygen systemd dbus procps chromium:chromium
  dpkg-dev:dpkg-shlibdeps file:file lintian:lintian shellcheck:shellcheck)
# Programs that are taken out of their packages: to install these would start servers.
# shellcheck disable=SC2034
UNPACKED_PACKAGES=(prometheus:promtool)
# For tests/bench/run.sh alone. Ansible, which is large, is measured where it is there.
# shellcheck disable=SC2034
BENCH_PACKAGES=(libbenchmark-dev wrk yq curl openssl strace inotify-tools)
# shellcheck disable=SC2034
BENCH_UNPACKED_PACKAGES=(nginx:nginx)

say() {
  printf '%s\n' "$*" >&2
}

# is_there SPEC: whether a package, or the command it is wanted for, is installed.
is_there() {
  local package=${1%%:*} state
  if [[ $1 == *:* ]] && command -v "${1#*:}" >/dev/null; then
    return 0
  fi
  # ${Status} is dpkg-query's, not the shell's.
  # shellcheck disable=SC2016
  state=$(dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null) || return 1
  [[ $state == 'install ok installed' ]]
}

# install_missing SPEC...: installs the packages that aren't there; where that can't be done, says what is
# needed and ends the script with 1.
install_missing() {
  local spec missing=() as_root=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "This system has no apt-get. apikeyd builds on Debian 12; elsewhere, please install what these"
    say "packages of Debian hold, then configure and build by hand (see CONTRIBUTING.md):"
    printf '  %s\n' "${@%%:*}" >&2
    exit 1
  fi
  for spec in "$@"; do
    is_there "$spec" || missing+=("${spec%%:*}")
  done
  if ((${#missing[@]} == 0)); then
    return 0
  fi
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      say "These packages are missing, and there is neither root nor sudo to install them:"
      printf '  %s\n' "${missing[@]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  say "Installing what is missing: ${missing[*]}"
  "${as_root[@]}" apt-get update --quiet
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --quiet --yes --no-install-recommends "${missing[@]}"
}

# unpack_missing SPEC...: takes programs that aren't there out of their packages, into build/tools, and puts that on
# PATH. What can't be had is left out, with a word; the tests that want it are skipped.
unpack_missing() {
  local spec package folder=$PWD/build/tools
  export PATH=$PATH:$folder/usr/bin:$folder/usr/sbin
  for spec in "$@"; do
    ! command -v "${spec#*:}" >/dev/null || continue
    package=${spec%%:*}
    say "Taking ${spec#*:} out of the package $package"
    mkdir -p "$folder"
    (cd "$folder" && apt-get download --quiet "$package" && dpkg-deb --extract "$package"_*.deb . &&
      rm "$package"_*.deb) ||
      say "The package $package can't be had"
  done
}

# build_release yes|no [TARGET...]: configures the release preset, with the tests or as it is, and builds it.
build_release() {
  local tests=$1 options=() targets=()
  shift
  if [[ $tests == yes ]]; then
    options=(-DAPIKEYD_TESTS=ON)
  elif ! is_there catch2; then
    options=(-DAPIKEYD_TESTS=OFF) # what the tests alone need isn't there
  fi
  (($# == 0)) || targets=(--target "$@")
  cmake --preset release "${options[@]}"
  cmake --build build/release "${targets[@]}"
}

# build_benchmarks: what tests/bench/run.sh measures, and measures with, in the release preset.
build_benchmarks() {
  cmake --preset release -DAPIKEYD_BENCHMARKS=ON
  cmake --build build/release --target benchmarks
}
