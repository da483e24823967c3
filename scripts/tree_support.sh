# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016  # what is in single quotes is for other programs
#
# Fresh Debian trees, for the scripts that prove something in them (sourced, not run). Bare trees
# and downloaded packages are kept below $OSM_FRESH_DIR (default /var/tmp/osm-fresh), where later
# runs take them from; delete it to start from nothing. What the machine needs to get out
# (resolver, hosts, proxy and CA settings) is lent to a tree. Only root can do all this.
dir=${OSM_FRESH_DIR:-/var/tmp/osm-fresh}

say() { printf '\n=== %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

need_root_and() { # <program>
    [ "$(id -u)" -eq 0 ] || die "run this as root ($1 and chroot need it)"
    command -v "$1" >/dev/null || die "needs $1: apt-get install $1"
}

# The mirror this machine gets its own Debian from.
mirror() {
    local uri
    read -r uri < <(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' \
        'Created-By: Packages' | awk '$1 == "Debian" && $2 == "main" { print $3 }') ||
        die 'no Debian mirror found in the configuration of apt'
    printf '%s\n' "$uri"
}

bare_tree() { # <release>
    [ -e "$dir/$1.bare/bin/sh" ] && return
    say "debootstrap $1"
    mkdir -p "$dir"
    rm -rf "$dir/$1.bare.new"
    debootstrap --variant=minbase --include=make,git "$1" "$dir/$1.bare.new" "$(mirror)" \
        >"$dir/$1.debootstrap.log" 2>&1 || { tail "$dir/$1.debootstrap.log"; return 1; }
    mv "$dir/$1.bare.new" "$dir/$1.bare"
}

fresh_tree() { # <release> <name>
    local tree=$dir/$2
    rm -rf "$tree"
    cp -a "$dir/$1.bare" "$tree"
    cp -L /etc/resolv.conf /etc/hosts "$tree/etc/"
    if [ -d /usr/local/share/ca-certificates ]; then
        cp -aL /usr/local/share/ca-certificates "$tree/usr/local/share/"
    fi
}

# What npm brings for the web page, for builds in trees that have no npm: npm itself compares it with the
# hash in web/package-lock.json, out here.
lend_page() { # <clone>
    scripts/setup web
    [ -e web/node_modules/uplot ] || die 'the web page needs npm on this machine'
    cp -r web/node_modules "$1/web/"
    touch "$1/web/node_modules/.package-lock.json"
}

# In namespaces of its own, so that mounts and whatever the command started end with it. Standard
# input is the command's.
in_tree() { # <release> <name> <command>
    local lent=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "TERM=${TERM:-dumb}" LANG=C.UTF-8)
    mapfile -t -O ${#lent[@]} lent < <(env |
        grep -iE '^([a-z]+_proxy|[a-z_]*(ca_cert|cafile|ca_bundle|cainfo|ssl_cert)[a-z_]*|npm_config_[a-z_]+)=')
    mkdir -p "$dir/$1.archives"
    unshare --mount --pid --fork --kill-child sh -ec '
        mount --bind "$2" "$1/var/cache/apt/archives"
        mount -t proc proc "$1/proc"
        mount -t tmpfs tmpfs "$1/run"
        mount --rbind /dev "$1/dev"
        tree=$1; shift 2
        exec chroot "$tree" env -i "$@"' \
        sh "$dir/$2" "$dir/$1.archives" "${lent[@]}" bash -c '
            cd ~
            eval "$0"; rc=$?
            for process in /proc/[0-9]*; do # pid 1 is this shell
                line=$(tr "\0" " " 2>/dev/null <$process/cmdline) || continue
                [ $process = /proc/1 ] || [ -z "$line" ] || { echo "left running: $line"; rc=99; }
            done
            exit $rc' "$3"
}
