#!/usr/bin/env bash
# Makes this checkout able to run and to test itself; says what it installs; silent and offline when nothing is missing.
#
#   tools/setup.sh python       .venv with shelfd (editable) and its extras bench, camera, test and litert
#   tools/setup.sh models       models/*.tflite, built out of published packages (tools/build_models)
#   tools/setup.sh console      uPlot, which draws the curves of the demo's page
#   tools/setup.sh test-tools   mosquitto, a Chinese font and the AsyncAPI specification, for the tests that use them
#
# PYTHON chooses the interpreter. Not here: what a device needs (docs/install.md), what is installed (setup.cfg).
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
stamp=$venv/shelfd.stamp         # exists only after a complete install, holds what it was made from
unfinished=$venv/shelfd.unfinished
asyncapi=build/asyncapi/node_modules/@asyncapi/specs
asyncapi_version=6.11.1
uplot=build/console/node_modules/uplot
uplot_version=1.6.32

say() { printf 'set-up: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }

apt_install() {  # package...: as root only
    say "installing $* with apt"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1 && return
    apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

can_apt() { is_root && command -v apt-get >/dev/null; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if new_enough "$candidate"; then command -v "$candidate"; return; fi
    done
    if [ -n "${PYTHON:-}" ]; then die "PYTHON=$PYTHON is not Python 3.11 or newer; name another one"; fi
    if ! command -v python3 >/dev/null; then die "python3 is missing; run: sudo apt install python3 python3-venv"; fi
    die "$(python3 --version) is too old; shelfd needs 3.11 or newer (Debian 12, Raspberry Pi OS bookworm); name one with PYTHON=/path/to/python3"
}

fingerprint() { cat setup.cfg pyproject.toml | sha256sum | cut -d' ' -f1; pwd -P; }

usable_venv() {  # an interrupted or outdated .venv is not
    [ ! -e $unfinished ] && [ -x $venv/bin/python ] && new_enough $venv/bin/python \
        && $venv/bin/python -m pip --version >/dev/null 2>&1
}

make_venv() {
    local python
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        can_apt || die "python3-venv is missing; run: sudo apt install python3-venv"
        apt_install python3-venv
    fi
    say "making $venv with $("$python" --version)"
    "$python" -m venv --clear $venv
}

setup_python() {
    if [ -x $venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$(fingerprint)" ]; then return; fi
    rm -f $stamp
    usable_venv || make_venv
    say "installing shelfd and what its extras bench, camera, test and litert name in setup.cfg into $venv (about 550 MB; needs the network)"
    touch $unfinished
    PIP_DISABLE_PIP_VERSION_CHECK=1 $venv/bin/python -m pip install -qq -e '.[bench,camera,test,litert]' \
        || die "pip could not install the packages above: without network, wait for it; otherwise read what pip said, and look whether build/ and shelfd.egg-info/ are yours"
    rm $unfinished
    fingerprint > $stamp
    say "ready"
}

setup_tool() {  # what it is known by (a command, or a file), why, package...
    local known=$1 why=$2; shift 2
    if [ -e "$known" ] || PATH=$PATH:/usr/sbin command -v "$known" >/dev/null; then return; fi
    if can_apt; then
        say "$why"
        apt_install "$@" || say "apt could not install $*; the tests that need it will be skipped"
    else
        say "$why, and $known is missing: they will be skipped; for them run: sudo apt install $*"
    fi
}

setup_tools() {
    setup_tool mosquitto "the system tests start an MQTT broker of their own" mosquitto
    setup_tool strace "the tests of power cuts read the system calls of the agent" strace
    setup_tool /usr/share/fonts/truetype/wqy/wqy-microhei.ttc "the tests of labels write Chinese" fonts-wqy-microhei
    setup_tool chromium "the tests of the console look at it in a browser" chromium chromium-driver
}

setup_asyncapi() {
    if [ -d $asyncapi ]; then return; fi
    if ! command -v npm >/dev/null; then
        if [ "${CI:-}" = true ] && can_apt; then apt_install npm; fi
        if ! command -v npm >/dev/null; then
            say "npm is missing, the check against AsyncAPI's own schema will be skipped; for it run: sudo apt install npm"
            return
        fi
    fi
    say "installing @asyncapi/specs $asyncapi_version with npm into build/asyncapi"
    npm install --silent --no-audit --no-fund --prefix build/asyncapi "@asyncapi/specs@$asyncapi_version" >/dev/null \
        || say "npm could not install it; the check against AsyncAPI's own schema will be skipped"
}

setup_console() {  # without it the page draws plain lines, so nothing stops
    if [ -d $uplot ]; then return; fi
    if ! command -v npm >/dev/null; then
        if [ "${CI:-}" = true ] && can_apt; then apt_install npm; fi
        if ! command -v npm >/dev/null; then
            say "npm is missing, the console's curves have no axes; for them run: sudo apt install npm"
            return
        fi
    fi
    say "installing uplot $uplot_version with npm into build/console"
    npm install --silent --no-audit --no-fund --prefix build/console "uplot@$uplot_version" >/dev/null \
        || say "npm could not install it; the console's curves have no axes"
}

setup_models() {  # the agent weighs without its eyes: whatever is missing here is said, and nothing stops
    if ! command -v npm >/dev/null && [ "${CI:-}" = true ] && can_apt && [ ! -e models/objects.tflite ]; then
        apt_install npm || true
    fi
    $venv/bin/python -m tools.build_models \
        || say "the models above are not there, so nothing is seen with them and their tests are skipped; for them run: make models"
}

case "${1:-}" in
    python) setup_python ;;
    models) setup_models ;;
    console) setup_console ;;
    test-tools) setup_tools; setup_asyncapi; setup_console ;;
    *) echo "usage: tools/setup.sh python | models | console | test-tools" >&2; exit 64 ;;
esac
