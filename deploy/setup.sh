#!/usr/bin/env bash
# Installs what building Holos needs and this machine lacks, on Debian or Ubuntu, and says what.
#
#   deploy/setup.sh         for building and running: a C++ compiler, make and libclang, for RocksDB
#   deploy/setup.sh --test  also for the tests: shellcheck, SoftHSM, openssl, curl, Node.js with npm for
#                           buf and the browser's driver, Chromium with a font that has Cyrillic,
#                           and Python with venv for the programs that read what we write
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "root is needed for: $*"
    say 'run this script as root, or install sudo'
    exit 1
  fi
}

has_libclang() {
  compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null ||
    compgen -G '/usr/lib/*/libclang*.so*' >/dev/null
}

# bindgen reads RocksDB's C header and needs the compiler's own headers beside libclang.
has_clang_headers() { compgen -G '/usr/lib/llvm-*/lib/clang/*/include/stddef.h' >/dev/null; }

# The newest libclang with its headers, alone: a fifth of what libclang-dev brings.
lean_libclang() {
  local version
  version=$(apt-cache pkgnames libclang1- | grep -E '^libclang1-[0-9]+$' | sort -V | tail -n 1)
  version=${version#libclang1-}
  if [[ -n $version ]]; then
    echo "libclang1-$version libclang-common-$version-dev"
  else
    echo libclang-dev
  fi
}

# Without one the browser draws boxes, and shows nothing of how wide a Ukrainian word is.
has_cyrillic_font() { compgen -G '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' >/dev/null; }

with_tests=false
case "${1-}" in
  '') ;;
  --test) with_tests=true ;;
  *)
    say "unknown argument: $1"
    exit 2
    ;;
esac

# Debian's own Rust is too old, and how Rust comes onto a machine is its owner's choice.
PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
command -v cargo >/dev/null || {
  say 'Rust 1.95 or newer is needed: install it with rustup, then run this again'
  exit 1
}

packages=()
command -v g++ >/dev/null || packages+=(g++)
command -v make >/dev/null || packages+=(make)
if ! has_libclang || ! has_clang_headers; then packages+=(libclang); fi
if $with_tests; then
  command -v shellcheck >/dev/null || packages+=(shellcheck)
  [[ -e /usr/lib/softhsm/libsofthsm2.so ]] || packages+=(softhsm2)
  command -v openssl >/dev/null || packages+=(openssl)
  command -v curl >/dev/null || packages+=(curl)
  command -v npm >/dev/null || packages+=(nodejs npm)
  command -v chromium >/dev/null || packages+=(chromium)
  has_cyrillic_font || packages+=(fonts-dejavu-core)
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
fi

if [[ ${#packages[@]} -gt 0 ]]; then
  command -v apt-get >/dev/null || {
    say "this is no Debian; install by hand: ${packages[*]}"
    exit 1
  }
  as_root apt-get update -qq
  chosen=()
  for package in "${packages[@]}"; do
    if [[ $package == libclang ]]; then
      read -ra found <<<"$(lean_libclang)"
      chosen+=("${found[@]}")
    else
      chosen+=("$package")
    fi
  done
  say "installing: ${chosen[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${chosen[@]}" >&2
fi

say 'everything that is needed is here'
