# SPDX-License-Identifier: MIT
"""A daemon with its page, a plant to show, and a way to end and start it on the same port."""
import json
import pathlib
import re
import shutil
import signal
import tempfile

from osm.daemon import Daemon
from osm.process import Process
from osm.wait import PATIENCE, free_port, wait_until

TOKENS = {"read": "page-reader-0123456789", "write": "page-writer-0123456789", "admin": "page-admin-0123456789"}
ALARM_FIELDS = ["EventId", "EventType", "SourceName", "Time", "Message", "Severity", "ConditionName", "ActiveState/Id",
                "AckedState/Id", "ConfirmedState/Id"]
PLANT = ["Dynamic/Sine", "Dynamic/Counter", "Dynamic/Toggle", "Dynamic/Text", "Plant/Tank1/Level", "Plant/Tank1/Setpoint"]


def plant(url, nodes=PLANT):
    return {"endpoint": url, "subscriptions": [{
        "publishing_interval": 50,
        "monitored_items": [{"node_id": f"ns=2;s={node}", "sampling_interval": 100} for node in nodes],
        "event_monitored_items": [{"node_id": "i=2253", "select_fields": ALARM_FIELDS}]}]}


class Site:
    """`connections` as in a configuration file; further options follow."""

    def __init__(self, connections, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-web-"))
        tokens, entries = self.folder / "tokens", self.folder / "connections"
        tokens.write_text("".join(f"{role} {token}\n" for role, token in TOKENS.items()))
        tokens.chmod(0o600)
        entries.write_text(json.dumps(connections))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.daemon = Daemon("--token-file", tokens, "--auto-connect", entries, "--web", f"127.0.0.1:{self.port}",
                             "--event-log", self.folder / "events", *options, token=TOKENS["admin"])
        self.client = self.daemon.client

    def wait_for_sessions(self, count=1):
        def up():
            states = [session["state"] for session in self.client.data({"command": "status"})["sessions"]]
            return states.count("active") >= count
        wait_until(up, PATIENCE, "the sessions are up")
        return [session["id"] for session in self.client.data({"command": "list"})["sessions"]]

    def restart(self, between=lambda: None):
        daemon = self.daemon
        assert daemon.process.end(signal.SIGTERM) == 0, daemon.log()
        between()
        daemon.process = Process(daemon.process.argv, daemon.folder, "daemon", {"OPCUA_AUTH_TOKEN": None})
        daemon.process.wait_for(daemon._answers, PATIENCE, "the daemon answers again")

    def close(self):
        try:
            self.daemon.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"--- log of the daemon\n{self.daemon.log()[-6000:]}")
        self.close()


def log_in(browser, site, role="read"):
    browser.go(site.url)
    browser.type("//input[@id='token']", TOKENS[role])
    browser.click("//button[text()='Log in']")
    browser.see(f"connected, role {role}", "header")


def show(browser, view):
    browser.click(f"//nav//button[text()='{view}']")
    browser.see(f"^{view}", "#view h1")
