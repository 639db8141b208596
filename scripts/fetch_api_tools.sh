#!/usr/bin/env bash
# Puts the tools that test the REST interface (scripts/api-tools.txt) into target/api-tools. Does nothing when they are there.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=target/api-tools
stop() { printf 'fetch_api_tools: %s\n' "$@" >&2; exit 1; }

command -v python3 >/dev/null || stop "Python 3.10 or newer is missing. On Debian: apt-get install -y python3 python3-venv"
cmp -s scripts/api-tools.txt "$folder/installed.txt" && exit 0
rm -rf "$folder"
mkdir -p "$folder"
python3 -m venv "$folder/venv" || stop "Python's venv is missing. On Debian: apt-get install -y python3-venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r scripts/api-tools.txt ||
  stop "the tools could not be fetched: a package index is needed once. Then run: scripts/fetch_api_tools.sh"
cp scripts/api-tools.txt "$folder/installed.txt"
