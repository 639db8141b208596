#!/usr/bin/env bash
# Makes this machine ready: `setup.sh run` for the program, `setup.sh test` for its tests.
# On Debian, as root or with a sudo that asks nothing, it installs what is missing. Elsewhere it names the command and stops.
set -euo pipefail

goal=${1:?usage: setup.sh run|test}
case $goal in run | test) ;; *) echo "setup: unknown goal '$goal', use run or test" >&2; exit 2 ;; esac

have() { command -v "$1" >/dev/null 2>&1; }
stop() { printf 'setup: %s\n' "$@" >&2; exit 1; }

have_c_compiler() { have cc && echo '#include <stdio.h>' | cc -x c -fsyntax-only - 2>/dev/null; }
have_postgresql() { have initdb && have postgres || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_browser() { have chromium && have chromedriver; }
have_python() { have python3 && python3 -c 'import ensurepip, pip, venv' 2>/dev/null; }

# The name of a part in each system's package manager.
packages() {
  case $1:$2 in
    apt-get:c_compiler) echo gcc libc6-dev ;;
    apt-get:browser) echo chromium chromium-driver ;;
    apt-get:python) echo python3 python3-pip python3-venv ;;
    dnf:c_compiler) echo gcc glibc-devel ;;
    dnf:postgresql) echo postgresql-server ;;
    dnf:browser) echo chromium chromedriver ;;
    pacman:browser) echo chromium ;;
    pacman:python) echo python python-pip ;;
    *:c_compiler) echo gcc ;;
    *:postgresql) echo postgresql ;;
    *:browser) echo chromium chromedriver ;;
    *:python) echo python3 python3-pip ;;
  esac
}

# The command that installs the missing parts on this machine, for a person to type.
command_for_people() {
  local manager names=()
  for manager in apt-get dnf pacman zypper brew; do
    have "$manager" || continue
    for part in "${missing[@]}"; do names+=($(packages "$manager" "$part")); done
    case $manager in
      brew) echo "brew install ${names[*]}" ;;
      pacman) echo "sudo pacman -S ${names[*]}" ;;
      *) echo "sudo $manager install ${names[*]}" ;;
    esac
    return
  done
  echo "install by hand: ${missing[*]//_/ }"
}

install_on_debian() {
  local as_root=() names=()
  if [ "$(id -u)" -ne 0 ]; then
    have sudo && sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  for part in "${missing[@]}"; do names+=($(packages apt-get "$part")); done
  echo "setup: installing ${names[*]}"
  "${as_root[@]}" apt-get update -q || true # An old package list may still do.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qy --no-install-recommends "${names[@]}"
}

have cargo || stop "the Rust toolchain is missing. Install it from https://rustup.rs (1.95 or newer), then run this again."
if [ "$goal" = test ]; then
  { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1 ||
    { have rustup && rustup component add rustfmt clippy; } ||
    stop "rustfmt or clippy is missing. Run: rustup component add rustfmt clippy"
fi

parts=(c_compiler)
[ "$goal" = test ] && parts+=(postgresql browser python)

find_missing() {
  missing=()
  for part in "${parts[@]}"; do "have_$part" || missing+=("$part"); done
}

find_missing
if [ ${#missing[@]} -gt 0 ] && [ -e /etc/debian_version ] && have apt-get; then
  install_on_debian || true
  find_missing
fi
[ ${#missing[@]} -eq 0 ] || stop "missing: ${missing[*]//_/ }. Run this, then try again:" "  $(command_for_people)"
if [ "$goal" = test ]; then
  scripts/fetch_axe.sh
  scripts/fetch_api_tools.sh
fi
