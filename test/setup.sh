#!/bin/bash
# Gets this machine ready for `npm test`, `npm run lab`, `npm run bench` or `npm run test:deb`: Node, Debian packages, node_modules.
# Says nothing and takes no time when all is there. Services that come with a package are neither started nor enabled.
# Usage: setup.sh test|lab|bench|deb
set -euo pipefail
cd "$(dirname "$0")/.."

compile=(g++ make python3)
stick=(grub-common grub-pc-bin grub-efi-amd64-bin mtools)
peers=(iproute2 curl libnfs-utils rpcbind nfs-common tftp-hpa atftp isc-dhcp-client dhcpcd-base kea-admin)
rack=(qemu-system-x86 ipxe-qemu ipxe openipmi ipmitool mmdebstrap squashfs-tools-ng cpio zstd bzip2 openssh-client iproute2 curl
  tgt debian-archive-keyring qemu-utils xorriso memtest86+)
case "${1-}" in
  test) packages=("${compile[@]}" "${peers[@]}" "${stick[@]}" gdisk ipxe busybox-static tshark squashfs-tools-ng cpio zstd bzip2 qemu-utils xorriso e2fsprogs postgresql chromium zsh systemd
    prometheus) ;;
  lab) packages=("${compile[@]}" "${rack[@]}" "${stick[@]}" ovmf) ;;
  bench) packages=("${compile[@]}" "${rack[@]}" dnsmasq-base nfs-ganesha nfs-ganesha-vfs rpcbind libnfs-utils atftp nginx-light kea-admin chromium
    ganeti-htools) ;;
  deb) packages=("${compile[@]}" mmdebstrap debian-archive-keyring iproute2 util-linux zstd) ;;
  *)
    echo "Usage: setup.sh test|lab|bench|deb" >&2
    exit 2
    ;;
esac

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

check_node() {
  local version major minor
  version=$(node --version 2>/dev/null) || fail 'Node.js is missing: version 20.19 or newer is needed, 24 is recommended.'
  IFS=. read -r major minor _ <<<"${version#v}"
  if ((major < 20 || (major == 20 && minor < 19))); then
    fail "this is Node.js ${version#v}; version 20.19 or newer is needed, 24 is recommended."
  fi
}

missing_packages() {
  local installed package
  installed=$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    [[ $'\n'$installed$'\n' == *$'\n'"$package installed"$'\n'* ]] || echo "$package"
  done
}

policy=/usr/sbin/policy-rc.d
policy_mark='# Written by setup.sh of Hostless while it installs packages; remove it if you find it.'
listening=(rpcbind.socket rpcbind.service nfs-ganesha.service nfs-ganesha-lock.service ipmievd.service openipmi.service nginx.service
  postgresql.service tgt.service prometheus.service)

allow_services() {
  if grep -qsF "$policy_mark" "$policy"; then rm -f "$policy"; fi
}

unit_exists() { [[ -e /lib/systemd/system/$1 || -e /usr/lib/systemd/system/$1 ]]; }

install_packages() {
  local unit added=()
  for unit in "${listening[@]}"; do unit_exists "$unit" || added+=("$unit"); done
  if [[ ! -e $policy ]]; then
    # Exit code 101 is "this service must not be started now".
    (umask 022 && printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >"$policy" && chmod +x "$policy")
  fi
  local apt=(apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -qq)
  export DEBIAN_FRONTEND=noninteractive
  echo "setup: installing $*"
  "${apt[@]}" update || echo 'setup: apt-get update failed; trying with the package lists that are here' >&2
  "${apt[@]}" install --yes --no-install-recommends "$@" </dev/null >/dev/null || fail "apt-get could not install: $*"
  allow_services
  for unit in "${added[@]}"; do
    if unit_exists "$unit" && command -v systemctl >/dev/null; then systemctl --quiet disable "$unit" 2>/dev/null || true; fi
  done
}

# npm writes it last, so an interrupted install is done again.
stamp=node_modules/.package-lock.json

install_modules() {
  echo 'setup: npm ci'
  npm ci --no-fund --no-audit
  touch "$stamp"
}

check_node
missing=()
if command -v dpkg-query >/dev/null; then
  mapfile -t missing < <(missing_packages "${packages[@]}")
else
  echo "setup: this is no Debian; it is up to you that the equivalents of these are installed: ${packages[*]}" >&2
fi
if ((${#missing[@]} > 0 && EUID != 0)); then
  fail 'some Debian packages are missing. Install them with:' "  sudo apt-get install --no-install-recommends ${missing[*]}"
fi
trap 'allow_services; wait' EXIT
modules=
if [[ ! -e $stamp || package-lock.json -nt $stamp ]]; then
  # One of the modules is compiled, for a minute, by one core: the other packages come meanwhile.
  mapfile -t tools < <(((${#missing[@]} == 0)) || missing_packages "${compile[@]}")
  if ((${#tools[@]} > 0)); then
    install_packages "${tools[@]}"
    mapfile -t missing < <(missing_packages "${packages[@]}")
  fi
  install_modules &
  modules=$!
fi
if ((${#missing[@]} > 0)); then install_packages "${missing[@]}"; fi
if [[ -n $modules ]]; then wait "$modules"; fi
