#!/bin/sh
# Puts the parts together: sh unpack.sh [INTO]
# Needs sh and python3; says what else is missing. INTO/run is then a Python
# that has everything.
here=$(cd "$(dirname "$0")" && pwd) || exit 2
if ! command -v python3 >/dev/null; then
    echo "error: python3 not found; install any Python 3.8 or newer" >&2
    exit 2
fi
exec python3 -I "$here/unpack.py" "$here" "${1:-evidence}"
