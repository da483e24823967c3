#!/bin/sh
# Reads one value through the daemon with nothing but a shell and nc (netcat-openbsd):
#   examples/read.sh opc.tcp://127.0.0.1:4840 'ns=2;s=Dynamic/Sine'
set -eu
url=${1:-opc.tcp://127.0.0.1:4840}
node=${2:-ns=2;s=Dynamic/Sine}

ask() { printf '%s\n' "$1" | nc -U "${OPCUA_SOCKET:-/tmp/opcua-session-manager.sock}"; }

opened=$(ask "{\"command\":\"open\",\"endpointUrl\":\"$url\"}")
session=$(printf '%s' "$opened" | sed -n 's/.*"sessionId":"\([0-9a-f]*\)".*/\1/p')
[ -n "$session" ] || { echo "$opened" >&2; exit 1; }

ask "{\"command\":\"query\",\"sessionId\":\"$session\",\"method\":\"read\",\"params\":[\"$node\"]}"
