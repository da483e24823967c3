#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The daemon from Python, with the standard library only: plain.py opc.tcp://127.0.0.1:4840"""
import itertools
import json
import os
import socket
import sys


class Refused(Exception):
    pass


class Daemon:
    """A persistent connection: every request has an id, every reply and event line repeats it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path.removeprefix("unix://"))
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.ids = itertools.count(1)
        self.events = []

    def request(self, command, **members):
        ident = next(self.ids)
        self.socket.sendall(json.dumps({"id": ident, "command": command, **members}).encode() + b"\n")
        while (line := json.loads(self.lines.readline())).get("id") != ident or "event" in line:
            self.events.append(line)
        if not line["success"]:
            raise Refused(line["error"]["message"])
        return line["data"]

    def next_event(self):
        return self.events.pop(0) if self.events else json.loads(self.lines.readline())


daemon = Daemon(os.environ.get("OPCUA_SOCKET", "/tmp/opcua-session-manager.sock"))
session = daemon.request("open", endpointUrl=sys.argv[1])["sessionId"]


def query(method, *params):
    return daemon.request("query", sessionId=session, method=method, params=params)


query("write", "ns=2;s=Many/0005", 42)
print("value =", query("read", "ns=2;s=Many/0005")["value"])
try:
    query("resolveNodeId", "/Objects/Nothing")
except Refused as refused:
    print("refused:", refused)
daemon.request("stream", sessionId=session, events=["DataChangeReceived"])
subscription = query("createSubscription", 100)["subscriptionId"]
query("createMonitoredItems", subscription, [{"nodeId": "ns=2;s=Dynamic/Counter", "samplingInterval": 100}])
for number in range(1, 4):
    print(f"change {number}:", daemon.next_event()["dataValue"]["value"])
query("deleteSubscription", subscription)
