#!/usr/bin/env bash
# Checks and measures everything on a machine with a GPU: `bash bench/gpu.sh`, or only the parts named. bench/gpu.md says
# what each part does. It stops where the kernels are not right or the adapter is no GPU; `--force` measures any adapter.
set -uo pipefail
me=bench/gpu.sh
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/tools/setup.sh"
cd "$root" || exit

conformance() {
  deno task --quiet test tests/conformance
}

tune() {
  deno task --quiet tune
}

bench() {
  deno task --quiet bench:record
}

peers() {
  (cd bench/peers && deno task --quiet compare)
}

pytorch() {
  (cd bench/peers && deno task --quiet base $size) &&
    "${PYTHON:-python3}" bench/peers/pytorch.py .deno/peers/base "$results"
}

force=
if [ "${1:-}" = --force ]; then
  force=1
  shift
fi
[ $# -gt 0 ] || set -- conformance tune bench peers pytorch
for part in "$@"; do
  case $part in
    conformance | tune | bench | peers | pytorch) ;;
    *) fail "cannot run \"$part\": the parts are conformance, tune, bench, peers, pytorch" ;;
  esac
done

need_deno
need_adapter
adapter=$(deno task --quiet doctor --json) || fail "no WebGPU adapter: $adapter"
say "adapter: $(printf '%s' "$adapter" | sed -n 's/.*"description": "\(.*\)".*/\1/p')"
size= results=bench/results
case $adapter in
  *'"class": "software"'*)
    [ -n "$force" ] || fail "the adapter is no GPU; --force runs all the same, PyTorch's part at a size for a test"
    size=tiny results=.deno/peers
    ;;
esac

failed=
for part in "$@"; do
  say "$part"
  if ! "$part"; then
    [ "$part" != conformance ] || fail "the kernels are not right on this adapter: nothing was measured"
    failed="$failed $part"
  fi
done
[ -z "$failed" ] || fail "failed:$failed"
