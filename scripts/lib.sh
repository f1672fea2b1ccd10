# What scripts/run, scripts/test and scripts/check share: sourced by them, not run.
# shellcheck shell=bash
#
# Everything Python goes into .venv, from the lock files in requirements/, and so does the Node that builds the web page
# from web/. A stamp in .venv is written last, so that a set-up that was interrupted is done again and one that is
# finished costs nothing.

set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv

# What the tests need besides Python, as command:Debian-package, library:Debian-package or /file:Debian-package.
# libatomic is for the Node that drives the browser.
test_needs=(chromium:chromium curl:curl git:git ip:iproute2 libatomic.so.1:libatomic1 mosquitto:mosquitto
    ps:procps systemd-analyze:systemd unshare:util-linux)
# Debian starts this daemon where systemd runs, and it may take the machine's network over: there it is left to the user.
[ -d /run/systemd/system ] || test_needs+=(NetworkManager:network-manager)
test_needs+=(dbus-daemon:dbus dnsmasq:dnsmasq-base)
test_needs+=(/usr/lib/python3/dist-packages/dbusmock:python3-dbusmock)

# dpkg needs the sbin folders, which a plain user's or a bare root's PATH may lack.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH
unset PYTHONHOME PYTHONPATH

# Names the Python to use. Not handed on: to the program, NGAIR_... is a setting.
wanted_python=${NGAIR_PYTHON:-}
unset NGAIR_PYTHON

say() { printf 'ngair: %s\n' "$*" >&2; }

die() {
    say "$@"
    exit 1
}

# set_up run|test: makes .venv and the web page ready for the program alone, or for the tests and tools as well.
set_up() {
    set_up_venv "$1"
    build_page "$1"
}

set_up_venv() {
    local kind=$1
    is_ready_for "$kind" && return
    require_supported_machine
    # Two set-ups at once would trip over each other. The folder itself is the lock: nothing is left behind.
    exec 9<"$root"
    if ! flock --nonblock 9; then
        say "waiting for another set-up of this checkout to finish"
        flock 9
    fi
    is_ready_for "$kind" || make_ready_for "$kind"
    exec 9<&-
}

is_ready_for() { [ "$(cat -- "$venv/.ready-for-$1" 2>/dev/null)" = "$(fingerprint "$1")" ]; }

make_ready_for() {
    local made_with
    say "setting up .venv: a minute or two the first time"
    make_venv
    # pip takes a package that it was interrupted at for an installed one. Without this file, .venv is made anew.
    made_with=$(cat -- "$venv/.made-with")
    rm -- "$venv/.made-with"
    install_packages "$1"
    printf '%s\n' "$made_with" >"$venv/.made-with"
    fingerprint run >"$venv/.ready-for-run"
    [ "$1" = run ] || fingerprint "$1" >"$venv/.ready-for-$1"
}

# install_test_needs: the programs and libraries that the tests need, as far as this user may.
install_test_needs() {
    local need missing=()
    for need in "${test_needs[@]}"; do
        is_here "${need%%:*}" || missing+=("${need#*:}")
    done
    [ ${#missing[@]} -eq 0 ] && return
    install_debian_packages "${missing[@]}" || die "the tests need something that is not here. Install it with

    sudo apt-get update && sudo apt-get install ${missing[*]}

and start this again."
}

is_here() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *.so.*) ldconfig -p | grep -F "$1 " >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Changes whenever the packages, their place or the Python under them do.
fingerprint() {
    local locks=("$root/requirements/build.txt" "$root/requirements/run.txt")
    [ "$1" = test ] && locks+=("$root/requirements/test.txt")
    {
        printf '%s\n' "$root"
        python_tag "$venv/bin/python"
        cat -- "${locks[@]}" "$root/pyproject.toml" "$root/scripts/lib.sh"
    } | sha256sum | cut -d' ' -f1
}

python_tag() { "$1" -ISc 'import sys; print(sys.implementation.cache_tag)' 2>/dev/null || echo none; }

require_supported_machine() {
    local machine
    machine="$(uname -s) on $(uname -m) with $(getconf LONG_BIT 2>/dev/null || echo 64)-bit programs"
    case $machine in
    "Linux on x86_64 with 64-bit programs" | "Linux on aarch64 with 64-bit programs") ;;
    *) die "this is $machine. ngair runs on 64-bit Linux, x86_64 or aarch64: on a Raspberry Pi that is
Raspberry Pi OS (64-bit)." ;;
    esac
}

# Sets python to the first Python that is new enough.
find_python() {
    local name names=(python3 python3.11 python3.12 python3.13 python3.14)
    [ -z "$wanted_python" ] || names=("$wanted_python")
    for name in "${names[@]}"; do
        python=$(command -v "$name") || continue
        "$python" -ISc 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    return 1
}

make_venv() {
    find_python || { [ -z "$wanted_python" ] && install_debian_packages python3 python3-venv && find_python; } ||
        die "Python 3.11 or newer is needed and was not found. Debian 12, Raspberry Pi OS 12 and newer have it:

    sudo apt-get update && sudo apt-get install python3 python3-venv

Another one can be named: NGAIR_PYTHON=/path/to/python3.11 $0"
    local made_with
    made_with="$(python_tag "$python") $root"
    [ "$(cat -- "$venv/.made-with" 2>/dev/null)" = "$made_with" ] && "$venv/bin/python" -c 'import pip' 2>/dev/null && return
    need_venv_module
    rm -rf -- "$venv"
    "$python" -m venv "$venv" || die "$python could not make the virtual environment $venv: see above."
    printf '%s\n' "$made_with" >"$venv/.made-with"
}

# Debian keeps half of the venv module in a package of its own.
need_venv_module() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    local package
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    install_debian_packages "$package" && "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    die "the venv module of $python is missing. Install it with

    sudo apt-get update && sudo apt-get install $package

and start this again."
}

install_packages() {
    local locks=(-r requirements/build.txt -r "requirements/$1.txt") count
    cd -- "$root"
    count=$(grep -h '==' requirements/build.txt "requirements/$1.txt" | grep -cv win32)
    # The lock files are complete: --no-deps keeps pip from looking for anything that they do not name.
    pip_install "$count" --no-deps --require-hashes --only-binary :all: "${locks[@]}" || explain_pip_failure
    build_page "$1"
    pip_install 0 --no-deps --no-index --no-build-isolation --editable . || explain_pip_failure
}

# build_page run|test: a moment where it is built already. It says itself what is wrong.
build_page() {
    local tools=()
    [ "$1" = run ] || tools=(--tools)
    "$venv/bin/python" "$root/scripts/build_page.py" "${tools[@]}" || exit 1
}

# pip_install COUNT ARGUMENT...: into .venv. What breaks off is tried again: pip does so only before anything came.
pip_install() {
    local try
    for try in 1 2 3; do
        pip_once "$@" && return
        was_not_reached || return 1
        [ "$try" = 3 ] || say "a download broke off: trying again"
    done
    return 1
}

was_not_reached() { grep -qiE 'connection|name resolution|network|timed out|max retries|proxy' "$venv/set-up.log"; }

# pip_once COUNT ARGUMENT...: output to the log; on a terminal a running count.
pip_once() {
    local count=$1 line n=0
    shift
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off "$@" </dev/null 2>&1 |
        tee "$venv/set-up.log" |
        while IFS= read -r line; do
            case $line in Collecting* | Requirement\ already*) n=$((n + 1)) ;; *) continue ;; esac
            [ -t 2 ] && [ "$count" -gt 0 ] && printf '\r  packages: %d of %d ' "$n" "$count" >&2
        done
    local result=("${PIPESTATUS[@]}")
    [ -t 2 ] && [ "$count" -gt 0 ] && printf '\r\033[K' >&2
    return "${result[0]}"
}

explain_pip_failure() {
    local log=$venv/set-up.log
    if was_not_reached; then
        die "the packages could not be fetched: this machine did not reach the package index. Connect it to
the internet, or set the proxy in the environment, and start this again. Details: $log"
    fi
    tail -n 15 -- "$log" >&2
    die "the packages could not be installed: see above, and $log for the whole of it."
}

# install_debian_packages NAME...: fails, having changed nothing, where that takes a password or apt is not there.
install_debian_packages() {
    local as_root=() log
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root=(sudo -n)
    fi
    say "installing from Debian: $*"
    log=$(mktemp)
    for _ in 1 2 3; do
        if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
            -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" </dev/null >"$log" 2>&1; then
            rm -f -- "$log"
            return 0
        fi
        # The lists may be missing or too old to find the packages.
        "${as_root[@]}" apt-get update </dev/null >>"$log" 2>&1 || sleep 5
    done
    tail -n 15 -- "$log" >&2
    rm -f -- "$log"
    return 1
}
