# What the scripts share: finding the right Swift, and what else a machine needs. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
swift_needed=6.3

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# The version that a `swift` states, or nothing: OpenStack's object store client has the same name
# (Debian: python3-swiftclient) and prints something else, or nothing, when asked.
swift_version() {
    timeout 20 "$1" --version 2>/dev/null </dev/null | sed -nE 's/^.*Swift version ([0-9]+\.[0-9]+(\.[0-9]+)?).*$/\1/p' | head -n 1
}

# Sets `swift` to the compiler to use: VITRINE_SWIFT if it is set, else the first on PATH or in the usual
# places that is a Swift compiler of at least the version needed.
find_swift() {
    local candidate version seen=""
    local candidates=()
    if [ -n "${VITRINE_SWIFT:-}" ]; then
        candidates=("$VITRINE_SWIFT")
    else
        while IFS= read -r candidate; do candidates+=("$candidate"); done < <(type -aP swift)
        candidates+=("$HOME/.local/share/swiftly/bin/swift" /opt/swift/usr/bin/swift /usr/libexec/swift/bin/swift
            /usr/lib/swift/bin/swift /usr/local/swift/usr/bin/swift)
    fi
    for candidate in "${candidates[@]}"; do
        [ -x "$candidate" ] || continue
        version=$(swift_version "$candidate")
        if [ -z "$version" ]; then
            seen+=$'\n'"  $candidate is no Swift compiler"
        elif [ "$(printf '%s\n' "$swift_needed" "$version" | sort -V | head -n 1)" != "$swift_needed" ]; then
            seen+=$'\n'"  $candidate is Swift $version"
        else
            swift=$candidate
            say "Using Swift $version: $swift"
            return
        fi
    done
    fail "Swift $swift_needed or later is needed and was not found.${seen:+ Looked at:$seen}
Install it from swift.org (or name it: VITRINE_SWIFT=/path/to/usr/bin/swift) and run this again."
}

# Installs the named Debian packages that are missing, or says exactly what to install.
need_packages() {
    local package missing=() install
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    install="apt-get install -y --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || fail "these packages, by their Debian names, are needed: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            as_root=(sudo -n)
        else
            fail "missing Debian packages. Run this, then try again:
  sudo $install"
        fi
    fi
    say "Installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq >&2 || say "apt-get update failed; trying with the lists there are"
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" $install -qq >&2 ||
        fail "apt-get could not install them. Try it by hand:
  sudo $install"
}

# What every build needs.
prepare() {
    find_swift
    # git fetches the packages; swift-crypto compiles C++ and needs the standard library's headers.
    need_packages libsqlite3-dev zlib1g-dev libjpeg62-turbo-dev pkg-config git
    compgen -G '/usr/include/c++/*/vector' >/dev/null || need_packages g++
}

# Sets `python` to an interpreter in .venv that has the packages of scripts/requirements.txt.
prepare_python() {
    make_venv .venv requirements.txt "the independent readers" requirements-browser.txt
    python="$root/.venv/bin/python"
}

# Sets `chromium` to the browser that draws what we write with three.js.
prepare_browser() {
    command -v chromium >/dev/null || need_packages chromium
    chromium=$(command -v chromium)
}

# Sets `promtool` and `prometheus` to the tools that read our expositions.
prepare_prometheus() {
    command -v promtool >/dev/null && command -v prometheus >/dev/null || need_packages prometheus
    promtool=$(command -v promtool)
    prometheus=$(command -v prometheus)
}

# The same in .venv-peers, with what is compared with: half a gigabyte, and what Open3D loads of Debian's.
prepare_peers() {
    need_packages libusb-1.0-0 libgl1 libgomp1
    make_venv .venv-peers requirements-peers.txt "the peers that are Python packages"
    python="$root/.venv-peers/bin/python"
}

# Makes a folder of Python packages as a list in scripts/ names them, unless it is there with just that list; and of those
# that a second list names without what they depend on.
make_venv() {
    local folder="$root/$1" list="$root/scripts/$2" bare="${4:+$root/scripts/$4}"
    cat "$list" ${bare:+"$bare"} | cmp -s - "$folder/requirements" && return
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null ||
        need_packages python3 python3-venv
    say "Making $1 for $3"
    rm -rf "$folder"
    python3 -m venv "$folder" || fail "python3 -m venv failed; Debian's package is python3-venv"
    local pip=("$folder/bin/pip" install --quiet --disable-pip-version-check)
    "${pip[@]}" -r "$list" >&2 || fail "pip could not install what scripts/$2 lists"
    [ -z "$bare" ] || "${pip[@]}" --no-deps -r "$bare" >&2 || fail "pip could not install what scripts/$4 lists"
    cat "$list" ${bare:+"$bare"} > "$folder/requirements"
}

# SwiftPM keeps a nested package's plan when files are added to or removed from the package that it depends on by path,
# and then fails to compile. Drops the plan in a scratch folder that is older than a source folder; objects stay.
forget_stale_plan() {
    local plan
    for plan in "$1"/*/release/description.json; do
        [ -f "$plan" ] || continue
        [ -z "$(find "$root/Sources" -type d -newer "$plan" -print -quit)" ] || rm -f "$plan" "$1"/release.yaml
    done
}
