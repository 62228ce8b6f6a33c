#!/bin/sh
# Takes one rack down when its lab has gone, however it went: the lab holds the other end of our standard input, and the
# kernel closes that even for a process killed by SIGKILL. Ends every process of the namespace, then deletes it.
# Usage: guard.sh NAMESPACE FILE-OR-FOLDER…
trap '' HUP INT TERM
namespace=$1
shift
cat >/dev/null

processes() { ip netns pids "$namespace" 2>/dev/null; }
end() { # SIGNAL TENTHS: true once nothing runs any more
  signal=$1 left=$2
  while running=$(processes) && [ -n "$running" ]; do
    [ "$left" -gt 0 ] || return 1
    # shellcheck disable=SC2086
    [ "$left" = "$2" ] || [ "$signal" = KILL ] && kill -s "$signal" $running 2>/dev/null
    left=$((left - 1))
    sleep 0.1
  done
}

end TERM 30 || end KILL 50
[ -e "/run/netns/$namespace" ] && ip netns delete "$namespace"
rm -rf -- "$@"
[ ! -e "/run/netns/$namespace" ]
