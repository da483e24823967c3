#!/bin/sh
# SPDX-License-Identifier: MIT
# The same from a shell: plain.sh opc.tcp://127.0.0.1:4840
set -eu
export OPCUA_URL="$1"

uactl write "ns=2;s=Many/0008" 42
echo "value = $(uactl -q read "ns=2;s=Many/0008")"
uactl -q read "ns=2;s=Nothing" 2>&1 >/dev/null | sed 's/^uactl:/refused:/' || true
number=0
uactl -q watch --interval 100 --count 3 "ns=2;s=Dynamic/Counter" | while read -r value; do
    number=$((number + 1))
    echo "change $number: $value"
done
