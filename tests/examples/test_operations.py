# SPDX-License-Identifier: MIT
"""docs/operations.md: each incident is made for real, the page's commands are run, and what they promise is looked for; its tables
have every option that bounds something, every queue, budget, group of metrics and alert."""
import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess

import pytest

from metrics import http
from osm import certificates
from osm.broker import Broker
from osm.paths import ROOT, build_dir
from osm.servers import DemoServer
from osm.wait import wait_until

DOCS = ROOT / "docs"
PAGE = (DOCS / "operations.md").read_text()
COUNTING = ["--generate", "2@20"]


def section(title):
    return re.search(rf"(?ms)^(#+) {re.escape(title)}\n(.*?)(?=^#{{1,3}} |\Z)", PAGE).group(2)


def steps(title):
    """The blocks of an incident: lists of (command, what it says)."""
    for block in re.findall(r"(?ms)^```console\n(.*?)^```", section(title)):
        yield [(part.split("\n")[0], part.split("\n")[1:-1]) for part in re.split(r"(?m)^\$ ", block)[1:]]


def pattern(line):
    return ".*".join(r"\s*" + r"\s+".join(map(re.escape, part.split())) + r"\s*" for part in line.split("…"))


def says(output, lines):
    """Whether these lines stand in it, in this order."""
    left = iter(output.splitlines())
    return all(any(re.fullmatch(pattern(line), had) for had in left) for line in lines)


class Operator:
    """Somebody at a shell who does what the page says, with names as they are here."""

    def __init__(self, daemon, title, **names):
        self.blocks = steps(title)
        self.names = {"127.0.0.1:9840": f"127.0.0.1:{http.port_of(daemon)}", **names}
        self.environment = {**os.environ, "PATH": f"{build_dir()}:{os.environ['PATH']}", "OPCUA_SOCKET": str(daemon.socket_path)}

    def here(self, text):
        for name, here in self.names.items():
            text = text.replace(name, here)
        return text

    def run(self, command):
        done = subprocess.run(["bash", "-c", command], env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        return done.stdout + done.stderr

    def does(self, **names):
        """The next block: once, where a command changes something, and until it is so, where it shows something."""
        self.names.update(names)
        for command, lines in next(self.blocks):
            command, lines = self.here(command), [self.here(line) for line in lines]
            assert lines, f"{command} promises nothing"
            outputs = []

            def kept(command=command, lines=lines, outputs=outputs):
                outputs.append(self.run(command))
                return says(outputs[-1], lines)
            if re.search(r"console '(PAUSE|RESUME|RECONNECT|TRUST|KILL|SET)", command):
                assert kept(), f"$ {command}\n{outputs[-1]}"
            else:
                wait_until(kept, 60, lambda: f"$ {command}\n{outputs[-1]}", poll=0.2)

    def is_done(self):
        assert next(self.blocks, None) is None, "a block of the page is not tried"


@pytest.fixture
def keep(make_daemon, tmp_path):
    """A daemon with metrics that keeps `press` up."""
    def make(server, *options, nodes=("ns=2;s=Generator/0000",), **config):
        path = tmp_path / "config.yaml"
        path.write_text(json.dumps({"connections": {"press": {
            "endpoint": server.url, "config": {"opcuaTimeout": 20, **config},
            "subscriptions": [{"publishing_interval": 100.0, "max_keep_alive_count": 5, "monitored_items": [
                {"node_id": node, "sampling_interval": 50} for node in nodes]}]}}}))
        path.chmod(0o600)
        return make_daemon("--config", path, "--metrics", "tcp://127.0.0.1:0", *options)
    return make


def metric(daemon, name, **labels):
    return http.value(http.port_of(daemon), name, **labels)


def is_ready(daemon):
    wait_until(lambda: metric(daemon, "opcua_ready") == 1, 60, "everything flows")


def test_a_frozen_plc(keep, make_server, demo_server):
    server = make_server(DemoServer, options=COUNTING)
    daemon = keep(server)
    is_ready(daemon)
    operator = Operator(daemon, "A frozen PLC", **{"opc.tcp://plc-8:4840": demo_server.url,
                                                   "plc-7:4840": server.url.removeprefix("opc.tcp://")})
    server.freeze()
    operator.does()
    operator.does()
    server.thaw()
    operator.does()
    operator.is_done()


def test_a_broker_that_is_away_and_the_backup(keep, make_server, make_daemon, tmp_path):
    state = tmp_path / "var/lib/opcua-session-manager"
    state.mkdir(parents=True)
    with Broker() as broker:
        mqtt = ("--event-mqtt", f"mqtt://{broker.address}/t", "--event-spool")
        server = make_server(DemoServer, options=COUNTING)
        daemon = keep(server, *mqtt, state / "spool", "--state-dir", state / "state")
        wait_until(lambda: metric(daemon, "opcua_sink_delivered_events_total", sink="mqtt"), 30, "something is delivered")
        operator = Operator(daemon, "A broker that is away")
        broker.kill()
        operator.does()
        broker.start()
        operator.does()
        operator.is_done()
        broker.kill()
        # Not of the spool: there confirmed ones stay a moment longer.
        wait_until(lambda: metric(daemon, "opcua_sink_waiting_events", sink="mqtt") > 20, 60, "something waits again")
        daemon.stop()
        restored = back_up_and_restore(tmp_path)
        broker.start()
        daemon = make_daemon("--metrics", "tcp://127.0.0.1:0", *mqtt, restored / "spool")
        wait_until(lambda: metric(daemon, "opcua_sink_delivered_events_total", sink="mqtt") > 20, 60, "what has waited is delivered")


def back_up_and_restore(root):
    """Runs the page's commands on a tree, and unpacks it elsewhere: the folder with state and spool."""
    script, = re.findall(r"(?ms)^```sh\n(.*?)^```", section("Backup"))
    for folder in ("etc/opcua-session-manager", "etc/default", "var/backups", "restored"):
        (root / folder).mkdir(parents=True)
    (root / "etc/default/opcua-session-manager").touch()
    here = script.replace("-C / ", f"-C {root} ").replace("/var/backups", f"{root}/var/backups")
    assert here.count(str(root)) == 2
    subprocess.run(["bash", "-ec", "systemctl() { :; }\n" + here + f"tar -C {root}/restored -xzf {root}/var/backups/*.tgz"],
                   check=True, timeout=120)
    return root / "restored/var/lib/opcua-session-manager"


def test_a_full_disk(keep, make_server, tmp_path):
    """A file that may not grow is to the daemon what a full disk is."""
    server = make_server(DemoServer, options=COUNTING)
    log = tmp_path / "events"
    daemon = keep(server, "--event-log", log)
    wait_until(lambda: log.exists() and log.stat().st_size > 1000, 30, "something is written")
    operator = Operator(daemon, "A full disk", **{"opc.tcp://plc-7:4840": server.url})
    unlimited = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (log.stat().st_size, unlimited[1]))
    operator.does()
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, unlimited)
    operator.does()
    operator.is_done()


def test_an_expired_certificate(keep, make_server, tmp_path):
    dates = {"old": ("20200101000000Z", "20210101000000Z"), "new": None}
    folders = {name: certificates.issue(tmp_path / name, "OPC UA Test Server", "urn:opcua-demo-server", dates=dates[name])
               for name in dates}
    digests = {name: hashlib.sha1((folder / "cert.der").read_bytes()).hexdigest() for name, folder in folders.items()}
    prints = {name: ":".join(re.findall("..", digest)) for name, digest in digests.items()}
    options = {name: [*COUNTING, "--security", "--certificate", str(folder / "cert.pem"), "--key", str(folder / "key.pem")]
               for name, folder in folders.items()}
    trusted = tmp_path / "store" / "trusted"
    trusted.mkdir(parents=True)
    (trusted / f"{digests['old']}.der").write_bytes((folders["old"] / "cert.der").read_bytes())
    server = make_server(DemoServer, options=options["old"])
    daemon = keep(server, securityPolicy="http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256", securityMode=3,
                  trustStorePath=str(tmp_path / "store"), trustPolicy="fingerprint+expiry")
    operator = Operator(daemon, "An expired certificate", **{"16:f9:…": prints["old"], "1c:bc:…": prints["new"]})
    operator.does()
    server.options = options["new"]
    server.restart()
    operator.does()
    operator.is_done()


def test_too_many_sessions(make_daemon, demo_server):
    daemon = make_daemon("--max-sessions", "2", "--metrics", "tcp://127.0.0.1:0")
    sessions = [daemon.client.open(demo_server.url, {"opcuaTimeout": 30 + n}) for n in range(2)]
    operator = Operator(daemon, "Too many sessions", **{"opc.tcp://plc-7:4840": demo_server.url, "82bcd625…": sessions[0]})
    operator.does()
    operator.does()
    operator.is_done()


def test_items_that_are_refused(keep, demo_server):
    """The command of an alert shows what has an error, and nothing else."""
    command, = re.findall(r"`uactl console '(SHOW ITEMS [^']*)'`", section("Alerts"))
    daemon = keep(demo_server, nodes=("i=2258", "ns=2;s=Nowhere"))
    wait_until(lambda: metric(daemon, "opcua_server_monitored_items_unmet", server="press") == 1, 30, "one is refused")
    row, = daemon.client.data({"command": "console", "line": command})["rows"]
    assert "ns=2;s=Nowhere" in row


def test_too_many_sessions_for_the_server(make_server, daemon):
    server = make_server(DemoServer, options=["--max-sessions", "1"])
    opening = {"command": "open", "endpointUrl": server.url, "forceNew": True}
    assert daemon.client.request(opening)["success"]
    assert "0x80560000" in daemon.client.request(opening)["error"]["message"] and "0x80560000" in PAGE


def test_no_incident_is_left_out():
    incidents = re.findall(r"(?m)^### (.*)", PAGE)
    assert len(incidents) == 5
    assert sorted(incidents) == sorted(re.findall(r'Operator\(daemon, "([^"]+)"', pathlib.Path(__file__).read_text()))


def rows(title):
    return re.findall(r"(?m)^\| (.*?) \|", section(title))[1:]


def test_every_alert_and_no_other():
    alerts = re.findall(r"- alert: (\w+)", (ROOT / "packaging/prometheus/alerts.yml").read_text())
    assert len(alerts) > 15 and [row.strip("`") for row in rows("Alerts")] == alerts


def test_every_group_of_metrics_and_no_other():
    assert rows("Metrics") == re.findall(r"(?m)^## (.*)", (DOCS / "metrics.md").read_text())


def test_its_names_exist():
    metrics = set(re.findall(r"(?m)^\| `(\w+)` \|", (DOCS / "metrics.md").read_text()))
    named = set(re.findall(r"`((?:opcua|process)_\w+)", PAGE))
    assert len(named) > 40 and named <= metrics, named - metrics
    options = set(re.findall(r"(?m)^\| `(--[\w-]+)", (DOCS / "options.md").read_text()))
    elsewhere = {"--sessions", "--items", "--ready"}  # of bench/scrape and uactl
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", PAGE))
    assert named <= options | elsewhere, named - options - elsewhere
    commands = re.findall(r"(?m)^\| `([A-Z ]+)` \|", (DOCS / "console.md").read_text())
    for line in re.findall(r"console '?([A-Z][A-Z ]+)", PAGE):
        assert line.strip() in commands, line


def test_every_bound_is_told(make_daemon):
    """Options with a number that bound something, and what the daemon tells of itself."""
    told = section("Limits")
    numbers = re.findall(r"(?m)^\| `(--[\w-]+) <(?:n|bytes|seconds)>`", (DOCS / "options.md").read_text())
    assert len(numbers) > 9
    for option in numbers:
        assert f"`{option}`" in told, option
    daemon = make_daemon("--metrics", "tcp://127.0.0.1:0")
    kinds = {"queue": "opcua_queue_used", "budget": "opcua_budget_used_bytes"}
    samples = http.samples(http.scrape(http.port_of(daemon)))
    for kind, name in kinds.items():
        bounds = {dict(key[1:])[kind] for key in samples if key[0] == name}
        assert bounds == set(re.findall(rf"{kind} `(\w+)`", told))


def test_links_lead_somewhere():
    headings = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"(?m)^#+ (.*)", PAGE)}
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        path, _, anchor = target.partition("#")
        assert (DOCS / path).exists() if path else anchor in headings, target
