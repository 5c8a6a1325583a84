#!/bin/sh
# Measures the engine on this machine's GPU out of the kit beside this file, then PyTorch on the same GPU, and prints
# both in one table. Needs no Node and no network.
#
#   run.sh [--smoke] [--rounds N] [--filter TEXT] [OUT]
#
# OUT (default: results beside this file) gets er.json, torch.json and table.txt, and of the products alone, tuned, products.txt:
# without the adapter's matrix units and with them. --smoke runs tiny sizes on whatever
# adapter there is. ER_ADAPTER overrules the adapter, PYTHON the interpreter (python3). Exit codes: 0 done, 1 failed, 2 bad
# input or something missing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kit=$here/kit
set_name=gpu
smoke=
rounds=7
filter=
out=$here/results

fail() {
  echo "run.sh: $1" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --smoke) set_name=smoke smoke=--smoke ;;
    --rounds | --filter)
      [ $# -gt 1 ] || fail "$1 needs a value"
      if [ "$1" = --rounds ]; then rounds=$2; else filter=$2; fi
      shift
      ;;
    -*) fail "unknown option $1; expected --smoke, --rounds N or --filter TEXT" ;;
    *) out=$1 ;;
  esac
  shift
done

[ -f "$kit/app.tar.xz" ] || fail "$kit holds no kit; run node bench/gpu/pack.mjs on a machine with Node, after npm run build"

work=$(mktemp -d "${TMPDIR:-/tmp}/er-gpu-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$out"

# A container with PyTorch has Python's lzma more surely than it has xz.
unxz_to() {
  if command -v xz >/dev/null 2>&1; then
    xz -dc "$1" >"$2"
  elif command -v "${PYTHON:-python3}" >/dev/null 2>&1; then
    "${PYTHON:-python3}" -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), open(sys.argv[2], "wb"))' "$1" "$2"
  else
    fail "neither xz nor ${PYTHON:-python3} is here; one of them must unpack the kit"
  fi
}
unxz_to "$kit/node.xz" "$work/node"
chmod +x "$work/node"
unxz_to "$kit/app.tar.xz" "$work/app.tar"
tar -xf "$work/app.tar" -C "$work"
echo "kit: node $(cat "$kit/node.version"), commit $(cat "$work/app/commit")"

library() {
  for folder in /usr/lib/x86_64-linux-gnu /usr/lib64 /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/lib /usr/local/lib; do
    if [ -e "$folder/$1" ]; then
      echo "$folder/$1"
      return
    fi
  done
  for ldconfig in ldconfig /sbin/ldconfig; do
    if command -v "$ldconfig" >/dev/null 2>&1; then
      "$ldconfig" -p | sed -n "s|.*$1 .*=> ||p" | head -n 1
      return
    fi
  done
}

loader=$(library libvulkan.so.1)
if [ -z "$loader" ] && [ -f "$kit/libvulkan.so.1" ]; then
  cp "$kit/libvulkan.so.1" "$work/libvulkan.so.1"
  export LD_LIBRARY_PATH="$work${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  loader="the kit's"
fi
# Where an NVIDIA container keeps the driver's libraries, which name one another, the linker may not look by itself.
for folder in /usr/local/nvidia/lib64 /usr/local/nvidia/lib; do
  [ ! -d "$folder" ] || export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"
done
echo "Vulkan loader: ${loader:-none but the one beside SwiftShader}"

driver() {
  if [ -n "${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-}}" ]; then
    echo "${VK_DRIVER_FILES:-$VK_ICD_FILENAMES}, as the environment says"
    return
  fi
  for folder in /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/nvidia/share/vulkan/icd.d; do
    if [ -f "$folder/nvidia_icd.json" ]; then
      export VK_DRIVER_FILES="$folder/nvidia_icd.json" VK_ICD_FILENAMES="$folder/nvidia_icd.json"
      echo "$VK_DRIVER_FILES"
      return
    fi
  done
  # The driver is in both libraries; the one for GLX wants X11, which a headless container may lack.
  name=libGLX_nvidia.so.0
  [ -n "$(library libX11.so.6)" ] || name=libEGL_nvidia.so.0
  file=$(library "$name")
  [ -n "$file" ] || file=$(library libGLX_nvidia.so.0)
  if [ -n "$file" ]; then
    printf '{"file_format_version": "1.0.1", "ICD": {"library_path": "%s", "api_version": "1.3.0"}}\n' "$file" >"$work/nvidia_icd.json"
    export VK_DRIVER_FILES="$work/nvidia_icd.json" VK_ICD_FILENAMES="$work/nvidia_icd.json"
    echo "$file, by a manifest written for it"
    return
  fi
  echo "none of NVIDIA's"
}
# In this shell and not in a substitution's, so that what it exports stays.
driver >"$work/driver"
echo "Vulkan driver: $(cat "$work/driver")"

export XDG_CACHE_HOME="$work/cache"
export ER_BENCH_COMMIT="$(cat "$work/app/commit")"
adapter=${ER_ADAPTER:-gpu}
[ -z "$smoke" ] || adapter=${ER_ADAPTER:-auto}
node=$work/node
"$node" "$work/app/dist/main.js" --set "$set_name" --profile --adapter "$adapter" --rounds "$rounds" --filter "$filter" \
  --json "$out/er.json"

# What each variant of a product takes, and whether one on matrix units computes what the default does.
: >"$out/products.txt"
for units in 0 1; do
  echo "products, tuned, ER_MATRIX_UNITS=$units" >>"$out/products.txt"
  ER_MATRIX_UNITS=$units "$node" "$work/app/dist/main.js" --set "$set_name" --tune 120 --adapter "$adapter" --rounds "$rounds" \
    --filter gpu_matmul --json "$out/products-$units.json" >>"$out/products.txt" 2>&1 ||
    echo "failed, as said above" >>"$out/products.txt"
done
cat "$out/products.txt"

status=0
rm -f "$out/torch.json"
if ! "${PYTHON:-python3}" -c 'import torch' 2>/dev/null; then
  echo "PyTorch: ${PYTHON:-python3} imports no torch, so there is nothing to compare with"
elif ! "${PYTHON:-python3}" "$here/twin.py" $smoke --rounds "$rounds" --filter "$filter" --json "$out/torch.json"; then
  echo "PyTorch: it failed, as said above; the table has our results alone" >&2
  rm -f "$out/torch.json"
  status=1
fi
"$node" "$here/join.mjs" "$out/er.json" "$out/torch.json" >"$out/table.txt"
cat "$out/table.txt"
exit "$status"
