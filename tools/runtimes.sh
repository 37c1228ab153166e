#!/usr/bin/env bash
# Runs the tests of the TFLite seam and of the detectors against each runtime for real, each in an environment of its own
# under build/: litert, tflite (Python 3.11), and tflite-runtime beside numpy 2, which imports and does not work.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python
tests=(pytest pytest-timeout hypothesis)

tests_of() {  # name: without a runtime that works there are no detectors
    [ "$1" = trap ] && echo tests/test_runtime.py || echo tests/test_runtime.py tests/test_tflite.py
}

try() {  # name requirement...
    local name=$1 venv=build/runtimes/$1
    shift
    if [ "$(cat "$venv/ready" 2>/dev/null)" != "$(sha256sum < setup.cfg)" ]; then
        echo "making $venv with $*"
        $python -m venv --clear "$venv"
        "$venv/bin/python" -m pip install -qq --disable-pip-version-check "${tests[@]}" "$@"
        sha256sum < setup.cfg > "$venv/ready"
    fi
    echo "== $name: $("$venv/bin/python" -m pip list 2>/dev/null | grep -iE '^(numpy|ai-edge-litert|tflite-runtime) ' | tr -s ' ' | paste -sd ' ')"
    "$venv/bin/python" -m pytest -rs $(tests_of "$name")
}

try litert -e '.[litert]'
if $python -c 'import sys; sys.exit(sys.version_info >= (3, 12))'; then
    try tflite -e '.[tflite]'
    try trap 'tflite-runtime==2.14.0' 'numpy>=2'
else
    echo "== tflite: no tflite-runtime for $($python --version); litert is the runtime here"
fi
