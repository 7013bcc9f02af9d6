# Finds what this project needs on a machine, or installs it: Deno, and on Linux a Vulkan driver.
# bin/* and .ci/run read this file with $me (their name) and $root (the checkout) set. POSIX sh; asks for nothing; says
# what it installs in a line on standard error, and is silent where nothing is missing.

DENO_VERSION=2.9.6

say() {
  printf '%s: %s\n' "$me" "$*" >&2
}

fail() {
  say "$@"
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# Runs a command with no input; what it prints is shown only where it fails.
quietly() {
  output=$("$@" </dev/null 2>&1) || {
    printf '%s\n' "$output" >&2
    return 1
  }
}

# need_deno: leaves Deno 2.9 or later on PATH as `deno`. It is the machine's own, or npm's in the checkout's .deno folder.
need_deno() {
  export DENO_NO_UPDATE_CHECK=1
  if has deno && is_recent_deno deno; then
    prefer_native_deno
    return
  fi
  if find_local_deno; then return; fi
  has npm || install_packages npm
  say "installing Deno $DENO_VERSION from npm into $root/.deno"
  # Without install scripts: the package's own only copies the binary of this platform, which is used where it lies.
  quietly npm install --prefix "$root/.deno" --no-save --no-audit --no-fund --ignore-scripts "deno@$DENO_VERSION" ||
    fail "cannot install Deno in $root/.deno; run: npm install --global deno@$DENO_VERSION"
  find_local_deno || fail "npm's deno@$DENO_VERSION does not run on this machine; install Deno 2.9 or later, and put it on PATH"
}

find_local_deno() {
  for deno in "$root"/.deno/node_modules/@deno/*/deno "$root"/.deno/node_modules/@deno/*/deno.exe; do
    if [ -f "$deno" ] && is_recent_deno "$deno"; then
      PATH=$(dirname -- "$deno"):$PATH
      export PATH
      return
    fi
  done
  return 1
}

# npm's `deno` may be a script of Node's, which keeps signals to itself: the binary that it starts is put before it.
prefer_native_deno() {
  script=$(readlink -f "$(command -v deno)" 2>/dev/null) || return 0
  [ "$(head -c 2 "$script" 2>/dev/null)" = '#!' ] || return 0
  folder=$(dirname -- "$script")
  for deno in "$folder"/deno "$folder"/deno.exe "$folder"/../@deno/*/deno "$folder"/node_modules/@deno/*/deno; do
    if [ -f "$deno" ] && is_recent_deno "$deno"; then
      PATH=$(CDPATH='' cd -- "$(dirname -- "$deno")" && pwd -P):$PATH
      export PATH
      return
    fi
  done
}

is_recent_deno() {
  version=$("$1" --version 2>/dev/null </dev/null | sed -n 's/^deno \([0-9]*\)\.\([0-9]*\)\..*/\1 \2/p')
  major=${version% *} minor=${version#* }
  [ -n "$version" ] && { [ "$major" -gt 2 ] || { [ "$major" -eq 2 ] && [ "$minor" -ge 9 ]; }; }
}

# need_adapter: sets the environment in which Deno finds a WebGPU adapter. Only Linux needs a driver for it: macOS has
# Metal, Windows DirectX. Deno would fall back to OpenGL in silence, and Mesa complains where XDG_RUNTIME_DIR is unset.
need_adapter() {
  [ "$(uname -s)" = Linux ] || return 0
  DENO_WEBGPU_BACKEND=${DENO_WEBGPU_BACKEND:-vulkan}
  XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$(private_folder)}
  export DENO_WEBGPU_BACKEND XDG_RUNTIME_DIR
  # Whoever names a driver gets that driver, and Deno's word on whether it works.
  [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || return 0
  if has_vulkan_loader && has_vulkan_driver; then return; fi
  if has apt-get; then
    install_packages mesa-vulkan-drivers libvulkan1
  elif has dnf; then
    fail "no Vulkan driver found; run: sudo dnf install -y mesa-vulkan-drivers vulkan-loader"
  elif has pacman; then
    fail "no Vulkan driver found; run: sudo pacman -S --noconfirm vulkan-swrast vulkan-icd-loader"
  else
    fail "no Vulkan driver found; install Mesa's (Debian's packages are mesa-vulkan-drivers and libvulkan1)"
  fi
}

private_folder() {
  folder=${TMPDIR:-/tmp}/narrowbert-$(id -u)
  if mkdir -m 700 "$folder" 2>/dev/null || [ -w "$folder" ]; then
    printf '%s\n' "$folder"
  else
    mktemp -d
  fi
}

has_vulkan_loader() {
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1' && return
  old_ifs=$IFS IFS=:
  for folder in ${LD_LIBRARY_PATH:-}; do
    [ ! -e "$folder/libvulkan.so.1" ] || break
    folder=
  done
  IFS=$old_ifs
  [ -n "${folder:-}" ]
}

# The folders in which the Vulkan loader looks for drivers' manifests.
has_vulkan_driver() {
  home=${HOME:-/nonexistent}
  folders=${XDG_CONFIG_HOME:-$home/.config}:/etc/xdg:/usr/local/etc:/etc:${XDG_DATA_HOME:-$home/.local/share}
  folders=$folders:/usr/local/share:/usr/share:/run/opengl-driver/share:${XDG_DATA_DIRS:-}
  found=1
  old_ifs=$IFS IFS=:
  for folder in $folders; do
    for manifest in "$folder"/vulkan/icd.d/*.json; do
      [ ! -e "$manifest" ] || found=0
    done
  done
  IFS=$old_ifs
  return $found
}

# install_packages NAME...: installs Debian packages where that needs no password.
install_packages() {
  command="sudo apt-get update && sudo apt-get install -y $*"
  has apt-get || fail "this machine lacks $*; install it with the system's package manager"
  if [ "$(id -u)" -eq 0 ]; then
    sudo=
  elif sudo -n true 2>/dev/null </dev/null; then
    sudo="sudo -n"
  else
    fail "this machine lacks $*, and only root may install it; run: $command"
  fi
  say "installing Debian's $*"
  # A package list that cannot be refreshed may still do: the install decides.
  quietly $sudo apt-get -o DPkg::Lock::Timeout=120 update || :
  quietly $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" || fail "cannot install $*; run: $command"
}
