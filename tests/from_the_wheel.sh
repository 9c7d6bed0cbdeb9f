#!/bin/sh
# What a user does first, from an installed wheel in an empty folder.
#   sh tests/from_the_wheel.sh BIN
# BIN is the bin folder of an environment with 'tfgan_transfer-*.whl[serving,tflite,onnx]'.
set -eu
bin=$(cd "$1" && pwd)
quickstart=$(cd "$(dirname "$0")/.." && pwd)/configs/quickstart.flags
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
PATH=$bin:$PATH
export CUDA_VISIBLE_DEVICES=-1

echo "quickstart, on fewer steps"
tfgan-transfer study --flagfile="$quickstart" --study_dir=quickstart --steps=2 --eval_every=2 --sample_every=2 >study.log 2>&1 ||
  { cat study.log; exit 1; }
test -s quickstart/digits_200_samples.png

echo "own photos"
python - <<'END'
import pathlib
import numpy, PIL.Image
folder = pathlib.Path("photos")
folder.mkdir()
random = numpy.random.default_rng(0)
for number in range(40):
    pixels = random.integers(0, 256, (4, 5, 3), dtype="uint8")
    PIL.Image.fromarray(pixels).resize((50, 40)).save(folder / f"{number}.jpg")
END
tfgan-transfer train --data=folder:photos --run_dir=run --dry_run
tfgan-transfer train --data=folder:photos --run_dir=run --recipe=few_images \
  --steps=2 --batch_size=4 --eval_every=0 >train.log 2>&1 ||
  { cat train.log; exit 1; }
test -s run/report.html
tfgan-transfer generate --run_dir=run --num=2 --out=new
test "$(ls new | wc -l)" -eq 2

echo "export and serve"
tfgan-transfer export --run_dir=run --model_base=models/photos --check
tfgan-transfer export --run_dir=run --model_base=models/photos --format=tflite
tfgan-transfer export --run_dir=run --model_base=models/photos --format=onnx
tfgan-transfer serve --model_base=models/photos --rest_port=0 --grpc_port=0 >serve.log 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
until address=$(grep -o 'http://127.0.0.1:[0-9]*' serve.log | head -n 1) && test "$address"; do
  kill -0 "$server" || { cat serve.log; exit 1; }
  sleep 1
done
python - "$address" <<'END'
import base64, json, sys, urllib.request
request = urllib.request.Request(
    f"{sys.argv[1]}/v1/models/photos:predict",
    json.dumps({"instances": [{"seed": 1}]}).encode(),
)
[row] = json.load(urllib.request.urlopen(request, timeout=60))["predictions"]
assert base64.b64decode(row["b64"]).startswith(b"\x89PNG")
END
echo "all of it works"
