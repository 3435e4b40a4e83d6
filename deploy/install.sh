#!/usr/bin/env bash
# Installs the command `holos`: what the build needs and this machine lacks, the release binary,
# and the binary's place on the PATH. Says what it did; run again, it puts a newer build in place.
#
#   deploy/install.sh                        into /usr/local/bin for root, ~/.local/bin otherwise
#   deploy/install.sh --prefix DIR           into DIR/bin
#   deploy/install.sh --completions bash     also completions for this user's shell: bash, zsh, fish
set -euo pipefail
# Before the next line goes elsewhere and puts cargo first.
here=$PWD
path=$PATH
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

say() { printf 'install: %s\n' "$*" >&2; }

usage() {
  say "$1"
  say 'usage: deploy/install.sh [--prefix DIR] [--completions bash|zsh|fish]'
  exit 2
}

if [[ $(id -u) -eq 0 ]]; then prefix=/usr/local; else prefix=$HOME/.local; fi
shell=
while [[ $# -gt 0 ]]; do
  case $1 in
    --prefix | --completions)
      [[ -n ${2-} ]] || usage "$1: needs a value"
      if [[ $1 == --prefix ]]; then prefix=$2; else shell=$2; fi
      shift 2
      ;;
    *) usage "unknown argument: $1" ;;
  esac
done
[[ $prefix == /* ]] || prefix=$here/$prefix
case $shell in
  '') completions= ;;
  bash) completions=${XDG_DATA_HOME:-$HOME/.local/share}/bash-completion/completions/holos ;;
  zsh) completions=${XDG_DATA_HOME:-$HOME/.local/share}/zsh/site-functions/_holos ;;
  fish) completions=${XDG_CONFIG_HOME:-$HOME/.config}/fish/completions/holos.fish ;;
  *) usage "--completions: no such shell: $shell" ;;
esac

say 'step 1 of 4: what the build needs'
deploy/setup.sh
say 'step 2 of 4: RocksDB, once for this machine'
use_rocksdb
say 'step 3 of 4: Holos (about 400 crates; the last one, holos, takes the longest)'
cargo build --release --locked --bin holos
built=$CARGO_TARGET_DIR/release/holos
version=$("$built" --version)
# Only the tests' own builds have fault points. They end a process at a durable write.
if [[ $version == *'fault points'* ]]; then
  say "$built is a build for tests ($version); remove it and run this again"
  exit 1
fi

say 'step 4 of 4: the binary'
target=$prefix/bin/holos
mkdir -p "$prefix/bin"
# Under another name first: a binary that runs cannot be written over, but another can take its name.
install -m 755 "$built" "$target.new"
mv -f "$target.new" "$target"
say "$version is $target"
if [[ -n $completions ]]; then
  mkdir -p "$(dirname "$completions")"
  "$target" completions "$shell" >"$completions"
  say "completions for $shell are in $completions; new shells read them"
fi
found=$(PATH=$path command -v holos || true)
if [[ $found -ef $target ]]; then
  say 'it is on the PATH: holos --help'
elif [[ -n $found ]]; then
  say "another holos comes first on the PATH: $found"
else
  say "not on the PATH yet: export PATH=\"$prefix/bin:\$PATH\""
fi
