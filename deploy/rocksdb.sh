#!/usr/bin/env bash
# Builds RocksDB, once per machine, into a static library that every build of Holos links: the
# command, the tests, the benches and the fuzz targets, whatever their target folder and profile.
#
# The sources are those of the crate librocksdb-sys that Cargo.lock names, with the flags that its
# own build script gives them. They are compiled as a few large units (each includes the sources of
# one folder, ten or so), because most of the time goes into reading the same headers again for
# every file.
#
# environment.sh calls it and points the crate at the library; without that environment a plain
# `cargo build` compiles RocksDB by itself, in its slower way. Prints the library's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'rocksdb: %s\n' "$*" >&2; }

crate=$(cargo metadata --format-version 1 --locked |
  grep -o '"manifest_path":"[^"]*/librocksdb-sys-[^"]*/Cargo.toml"' | head -n 1)
crate=${crate#*:\"}
crate=${crate%/Cargo.toml\"}
[[ -f $crate/rocksdb_lib_sources.txt ]] || {
  say 'Cargo.lock names no librocksdb-sys with its sources'
  exit 1
}

flags=(
  -std=c++20 -O3 -ffunction-sections -fdata-sections -fPIC -w
  -include cstdint
  "-I$crate" "-I$crate/rocksdb/include" "-I$crate/rocksdb"
  -DNDEBUG -DHAVE_ALIGNED_NEW -DHAVE_UINT128_EXTENSION -DOS_LINUX
  -DROCKSDB_PLATFORM_POSIX -DROCKSDB_LIB_IO_POSIX -DROCKSDB_SCHED_GETCPU_PRESENT
  -DROCKSDB_AUXV_GETAUXVAL_PRESENT -DROCKSDB_FALLOCATE_PRESENT -DROCKSDB_RANGESYNC_PRESENT
)
if [[ $(uname -m) == x86_64 ]]; then flags+=(-m64 -msse2); fi

# Another compiler, other flags or another crate is another library.
compiler=${CXX:-g++}
state=$({ "$compiler" --version; printf '%s\n' "${flags[@]}"; } | sha256sum | cut -c 1-12)
library="${HOLOS_ROCKSDB_DIR:-$HOME/.cache/holos/rocksdb}/${crate##*/}-$state"
if [[ -f $library/librocksdb.a ]]; then
  printf '%s\n' "$library"
  exit 0
fi

work="$library.$$"
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT

# One unit a folder, or several of about ten sources each. The crate brings a version file of its own.
grep -v '^util/build_version.cc$' "$crate/rocksdb_lib_sources.txt" | awk -v work="$work" '
  function room(path,  part, n) {
    n = split(path, part, "/")
    if (part[1] == "db" && n > 2) return "db_" part[2]
    if (part[1] == "table" && part[2] == "block_based") return "table_block_based"
    if (part[1] == "utilities" && part[2] == "transactions") return "utilities_transactions"
    return part[1]
  }
  { name = room($1); count[name]++
    unit = sprintf("%s/%s_%02d.cc", work, name, int((count[name] - 1) / 11))
    printf "#include \"%s\"\n", $1 > unit }'
cp "$crate/build_version.cc" "$work/version.cc"

units=("$work"/*.cc)
started=$SECONDS
say "compiling ${#units[@]} units, once for this machine (4 to 6 minutes on two cores)"

compile() {
  local unit=$1
  "$compiler" "${flags[@]}" -c "$unit" -o "${unit%.cc}.o"
}
# The largest first, so that no core is left alone with one at the end.
mapfile -t units < <(wc -l "${units[@]}" | grep -v ' total$' | sort -rn | awk '{ print $2 }')
done_units=0
failed=false
for unit in "${units[@]}"; do
  if (($(jobs -rp | wc -l) >= $(nproc))); then
    wait -n || failed=true
    $failed && break
    done_units=$((done_units + 1))
    ((done_units % 5)) || say "$done_units of ${#units[@]} units, $((SECONDS - started)) s"
  fi
  compile "$unit" &
done
while (($(jobs -rp | wc -l) > 0)); do wait -n || failed=true; done
if $failed; then
  say 'a unit did not compile; the compiler says above which'
  exit 1
fi

ar crs "$work/librocksdb.a" "$work"/*.o
rm -f "$work"/*.cc "$work"/*.o
# Another run may have been quicker; its library is the same.
mv -T "$work" "$library" 2>/dev/null || [[ -f $library/librocksdb.a ]]
say "done in $((SECONDS - started)) s: $library"
printf '%s\n' "$library"
