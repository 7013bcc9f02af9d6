#!/usr/bin/env bash
# Packs what `bench/gpu.sh` needs on a bare Linux x86-64 machine that reaches no network: Deno, its packages, the Vulkan
# loader and MiniLM's weights. It leaves the archive in pieces, .deno/gpu/1/kit, .deno/gpu/2/kit and so on, for machines
# to which only so much can be carried at a time. bench/gpu.md says how to use them.
set -euo pipefail
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$root"
PIECE=32M
kit=$root/.deno/gpu
rm -rf "$kit"
mkdir -p "$kit/kit/bin"

cp "$(deno eval 'console.log(Deno.execPath())')" "$kit/kit/bin/deno"
export DENO_DIR=$kit/kit/deno
deno install --quiet --frozen --entrypoint mod.ts src/cli/main.ts bench/*.ts tools/*.ts tests/conformance/*.ts
# The peers have packages of their own.
(cd bench/peers && deno install --quiet --frozen --entrypoint ./*.ts)
# Those hold the builds of every platform and browser.
npm=$DENO_DIR/npm/registry.npmjs.org
find "$npm/onnxruntime-node" -path '*/bin/*' -type f ! -path '*/linux/x64/*' -delete
find "$npm/onnxruntime-web" -path '*/dist/*' -type f ! -name '*webgpu.min.mjs' ! -name '*asyncify*' -delete
find "$npm" -name '*.map' -delete

deno run --quiet --allow-read --allow-write=.deno --allow-run=pip3 - <<'TS'
import { minilmFolder } from "./tools/minilm/model.ts";
await minilmFolder();
TS
cp -r .deno/minilm "$kit/kit/minilm"
(cd "$kit/kit" && apt-get download --quiet libvulkan1)

tar -C "$kit" -c kit | xz -3 | split --bytes="$PIECE" --numeric-suffixes=1 --suffix-length=1 - "$kit/piece"
rm -r "$kit/kit"
for piece in "$kit"/piece*; do
  mkdir "$kit/${piece##*piece}"
  mv "$piece" "$kit/${piece##*piece}/kit"
done
du -sh "$kit"/*
