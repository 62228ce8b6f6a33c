#!/bin/sh
# nfs-ganesha as the peer, in the foreground, with the rpcbind that it needs to start. Both get /run and /var/lib/nfs of
# their own, so that they meet no rpcbind of this machine and leave nothing. Run it in a mount namespace (unshare --mount).
# Usage: ganesha.sh CONFIG
set -eu
mount -t tmpfs run /run
mkdir -p /run/rpcbind /run/ganesha /run/sendsigs.omit.d
mount -t tmpfs lib /var/lib/nfs
mkdir -p /var/lib/nfs/ganesha
rpcbind -f &
tries=0
until [ -S /run/rpcbind.sock ]; do
  tries=$((tries + 1))
  [ $tries -lt 200 ] || { echo 'rpcbind does not start' >&2; exit 1; }
  sleep 0.05
done
exec ganesha.nfsd -F -f "$1" -L STDOUT -p /run/ganesha/ganesha.pid -N NIV_EVENT
