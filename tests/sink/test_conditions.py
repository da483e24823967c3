# SPDX-License-Identifier: MIT
"""An alarm that comes out of a sink can be answered with what stands in its line alone (OPC 10000-9 §5.7)."""
import sys

import pytest

from core.asking import ask
from osm.servers import AlarmServer
from osm.wait import wait_until

from . import counting

BOOLEAN, DOUBLE, BYTE_STRING, LOCALIZED_TEXT = 1, 11, 15, 21
ACKNOWLEDGE, CONFIRM = "i=9111", "i=9113"
PUMP = {"ns": 1, "id": "Tank/PumpAlarm", "type": "string"}

@pytest.fixture(scope="module")
def server():
    with AlarmServer() as running:
        yield running


class Plant:
    """Alarms by a connection of the configuration, which selects the usual fields, as a sink tells them."""

    def __init__(self, make_daemon, server, tmp_path, sink):
        self.path = tmp_path / "events"
        config = tmp_path / "config.yaml"
        config.write_text(
            f"connections:\n  plant:\n    endpoint: {server.url}\n    subscriptions:\n"
            "      - publishing_interval: 50\n        event_monitored_items:\n          - node_id: i=2253\n")
        config.chmod(0o600)
        if sink == "file":
            options = ["--event-log", self.path]
        else:
            program = tmp_path / "copy.py"
            program.write_text("import sys\nfor line in sys.stdin:\n    open(sys.argv[1], 'a').write(line)\n")
            options = ["--event-command", f"{sys.executable} {program} {self.path}"]
        self.client = (daemon := make_daemon("--config", config, *options)).client
        self.session = self.client.open(server.url)
        wait_until(lambda: [s for s in self.status(daemon)["sessions"] for sub in s["subscriptions"]
                            if sub["items"]["actual"] == 1], 30, "the item is there")
        self.seen = 0

    @staticmethod
    def status(daemon):
        return daemon.client.request({"command": "status"})["data"]

    def lines(self):
        return counting.read_lines(self.path) if self.path.exists() else []

    def write(self, name, value, kind):
        assert ask(self.client, self.session, "write", f"ns=1;s=Tank/{name}", value, kind) == 0

    def wait(self, name, condition):
        """The next event of that name of the condition."""
        def find():
            for index, line in enumerate(self.lines()[self.seen:], self.seen):
                if line["event"] == name and line.get("conditionId") == condition:
                    self.seen = index + 1
                    return line
            return None
        return wait_until(find, 20, name)

    def find(self, event, *names):
        """A component of the condition; node-opcua does not take the methods of the type."""
        path = [{"referenceTypeId": "i=47", "targetName": {"ns": 0, "name": name}} for name in names]
        (found,) = ask(self.client, self.session, "translateBrowsePaths",
                       [{"startingNodeId": event["conditionId"], "relativePath": path}])
        return found["targets"][0]["targetId"]

    def call(self, target, method, *arguments):
        values = [{"type": kind, "value": value} for kind, value in arguments]
        return ask(self.client, self.session, "call", target, method, values)["statusCode"]

    def answer(self, event, method, comment):
        """With nothing but what the line says."""
        return self.call(event["conditionId"], method, (BYTE_STRING, {"base64": event["eventId"]}),
                         (LOCALIZED_TEXT, {"locale": "en", "text": comment}))


@pytest.mark.parametrize("sink", ["file", "program"])
def test_acknowledge_confirm_and_shelve(make_daemon, server, tmp_path, sink):
    plant = Plant(make_daemon, server, tmp_path, sink)
    plant.write("PumpFault", True, BOOLEAN)
    event = plant.wait("AlarmEventReceived", PUMP)
    assert len(event["eventFields"]) == 6  # what was asked for, no more
    assert plant.answer(event, ACKNOWLEDGE, "seen") == 0
    event = plant.wait("AlarmEventReceived", PUMP)
    assert plant.answer(event, CONFIRM, "mended") == 0
    shelving = plant.find(event, "ShelvingState")
    shelve, unshelve = (plant.find(event, "ShelvingState", name) for name in ("TimedShelve", "Unshelve"))
    plant.call(shelving, unshelve)  # here it begins in no state at all
    assert plant.call(shelving, shelve, (DOUBLE, 60000.0)) == 0
    assert plant.call(shelving, unshelve) == 0
    plant.write("PumpFault", False, BOOLEAN)
