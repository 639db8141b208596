#!/usr/bin/env bash
# Fetches the accessibility rules the browser tests run in each page: axe-core (MPL-2.0), as its PyPI package carries it.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.1.8 # axe-core 4.12.1
folder=target/tools/axe-$version
[ -s "$folder/axe.min.js" ] && exit 0
command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || {
  echo "setup: pip is missing. Run: sudo apt-get install python3-pip" >&2
  exit 1
}
mkdir -p "$folder"
python3 -m pip download -q --no-deps --dest "$folder" "axe-playwright-python==$version"
python3 - "$folder" <<'PYTHON'
import glob, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(f"{folder}/*.whl")[0]) as wheel:
    open(f"{folder}/axe.min.js", "wb").write(wheel.read("axe_playwright_python/axe.min.js"))
PYTHON
