#!/usr/bin/env bash
# What a CUDA device does: costs beside the processor's, and what an image takes.
#
#   benches/gpu.sh [DEVICE] [FOLDER]     cuda and target/gpu unless said otherwise; `cpu` tries the script without one
#
# It runs what `cargo build --release -p a2d-cli && cargo build --release -p a2d-benches --examples` has built, which can be
# carried to where the device is. Tables go to standard output, the costs behind them to FOLDER. With A2D_DATA, where
# CIFAR-10 lies in cifar10/, the boundary attack runs on that too.
set -euo pipefail
cd "$(dirname "$0")/.."
device=${1:-cuda} out=${2:-target/gpu}
a2d=${A2D:-target/release/a2d} pairs=${PAIRS:-target/release/examples/engine_overhead_in_pairs}
models=data/models digits=tests/fixtures/oracle/benign.npy
mkdir -p "$out"
threads=$([ "$device" = cpu ] && echo 1 || nproc)
export A2D_THREADS=1 OMP_NUM_THREADS=$threads

# costs NAME ARGUMENTS...: costs as NAME.csv, anew
costs() {
  rm -f "$out/$1.csv"*
  "$a2d" --quiet cost "${@:2}" --out "$out/$1.csv" > /dev/null
}

# same ONE OTHER: how many costs of each attack are the same in two tables, and the largest difference
same() {
  awk -F, -v name="$1 $2" 'FNR == 1 { next } FNR == NR { cost[$1 "," $2] = $3; next }
    { d = $3 - cost[$1 "," $2]; d = d < 0 ? -d : d; n[$2]++; equal[$2] += d == 0; if (d > most[$2]) most[$2] = d }
    END { for (a in n) printf "| %s | %s | %d of %d | %d |\n", name, a, equal[a], n[a], most[a] }' "$out/$1.csv" "$out/$2.csv" | sort
}

# milliseconds NAME: what an image takes, without the start of the process
milliseconds() {
  awk -F, 'FNR > 1 { seconds += $8; n++ } END { printf "%.4f", 1000 * seconds / n }' "$out/$1.csv"
}

nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2> /dev/null || echo "no CUDA device is seen"
"$a2d" --version

echo; echo "## Costs, LeNet-5, 64 digits"; echo "| tables | attack | same | largest difference |"; echo "|---|---|---:|---:|"
precisions="float32 float64"
[ "$device" = cpu ] || precisions="$precisions tf32"
lenet5=(--model "$models/lenet5.safetensors" --input "$digits" --defense bim,bim2,jsma,bim-turbo)
for precision in float32 float64; do costs "cpu-$precision" "${lenet5[@]}" --precision $precision --device cpu --window 64; done
for precision in $precisions; do costs "device-$precision" "${lenet5[@]}" --precision $precision --device "$device" --window 64; done
for precision in $precisions; do same "cpu-${precision/tf32/float32}" "device-$precision"; done

echo; echo "## ms an image, bim-turbo and bim, by window"; echo "| network | attack | window | ms |"; echo "|---|---|---:|---:|"
"$a2d" --quiet data export --model "$models/lenet5.safetensors" --data-dir data/sample --count 2000 --out "$out/digits.npy" > /dev/null
windows=${WINDOWS:-64 256 1024 2048}
for network in mnist-cnn lenet5; do
  for window in $windows; do
    costs "$network-$window" --model "$models/$network.safetensors" --input "$out/digits.npy" --defense bim-turbo --device "$device" --window "$window"
    echo "| $network | bim-turbo | $window | $(milliseconds "$network-$window") |"
  done
done
costs bim --model "$models/mnist-cnn.safetensors" --input "$digits" --defense bim --device "$device" --window 64
echo "| mnist-cnn | bim | 64 | $(milliseconds bim) |"

echo; echo "## Engine over bare passes"
NVIDIA_TF32_OVERRIDE=0 "$pairs" "${PAIRS_OF_RUNS:-10}" 1 "$device" $windows

echo; echo "## The boundary attack, 300 iterations"
dba=(--defense dba --iterations 300 --device "$device")
costs dba-lenet5 --model "$models/lenet5.safetensors" --input "$digits" "${dba[@]}" --rows 0..16
echo "LeNet-5, 16 digits: $(milliseconds dba-lenet5) ms an image"
if [ -n "${A2D_DATA:-}" ]; then
  "$a2d" --quiet data export --model "$models/cifar10-cnn.safetensors" --count 16 --out "$out/cifar10.npy" > /dev/null
  costs dba-cifar10 --model "$models/cifar10-cnn.safetensors" --input "$out/cifar10.npy" "${dba[@]}"
  echo "CIFAR-10 CNN, 16 images: $(milliseconds dba-cifar10) ms an image"
fi
