# SPDX-License-Identifier: MIT
"""The servers and daemons of a run, started when a line first needs them.

What happens to them between lines, as the labels tell, stands in BEFORE.
"""
import pathlib
import shutil
import tempfile
from contextlib import ExitStack

from osm import certificates
from osm.client import Client, connect
from osm.daemon import Daemon
from osm.servers import BareServer, GeneralServer, HistoryServer, TypesServer
from osm.wait import can_bind, free_port, wait_until

from .mapping import Mapping

#: The one port that cannot be mapped: a URL without a port means it.
DEFAULT_PORT = 4840
VICTIM = 4860
#: Recorded ports nobody listened on.
CLOSED = (22, 4899)
#: Not ports at all; they stay as they are.
NO_PORTS = (99999,)
TOKEN = "s3cret"
USERS = {"admin": "admin-pass"}


def go_on(server):
    """The recorded lines allow the server 2 s: they are not for what it has missed."""
    server.thaw()
    wait_until(server.answers, what="the server answers again")


class World:
    """Servers by recorded port, daemons by recorded name."""

    def __init__(self, endpoint=None):
        self.endpoint = endpoint
        self.stack = ExitStack()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-replay-"))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.servers = {}
        self.daemons = {}
        self.ports = {}
        self.held = []
        self.certs = self.folder / "certs"
        self.exam = self.folder / "exam"
        self.exam.mkdir()
        self.mapping = Mapping(self.port, {"${OPCUA_CERTS_DIR}": self.certs, "${EXAM_TMP}": self.exam})

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return self.stack.__exit__(*exception)

    # ---- servers ----

    def port(self, recorded):
        """The port of this run for a recorded one; starts the server behind it."""
        if recorded in NO_PORTS:
            return recorded
        if recorded not in self.ports:
            if recorded in SERVERS:
                self.ports[recorded] = self.server(recorded).port
            else:
                self.ports[recorded] = free_port()
        return self.ports[recorded]

    def server(self, recorded):
        if recorded not in self.servers:
            self.servers[recorded] = self.stack.enter_context(SERVERS[recorded](self))
        return self.servers[recorded]

    def certificates(self):
        """The folder of keys and certificates; made once."""
        if not self.certs.exists():
            certificates.make(self.certs)
            for name in ("allowed", "allowed-evil"):
                shutil.copytree(self.certs / "client", self.exam / name)
            (self.exam / "allowed" / "link.pem").symlink_to(self.certs / "client" / "cert.pem")
        return self.certs

    def secure_server(self, *options):
        certs = self.certificates()
        pki = certificates.server_pki(certs, pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "pki")
        own = ("--certificate", certs / "server" / "cert.pem", "--key", certs / "server" / "key.pem")
        return BareServer(options=[*options, "--pki", pki, *own])

    def default_server(self):
        """On the default port if it is free, for URLs without a port."""
        return GeneralServer(DEFAULT_PORT if can_bind(DEFAULT_PORT) else None, options=["--limit", "5"])

    # ---- daemons ----

    def daemon(self, name):
        """A daemon this run has started (not the one of --socket)."""
        if name not in self.daemons:
            self.certificates()
            self.daemons[name] = self.stack.enter_context(DAEMONS[name](self))
        return self.daemons[name]

    def client(self, name):
        if self.endpoint and name in ("main", "o6"):
            return Client(self.endpoint)
        if name == "main" and "main" not in self.daemons:
            self.certificates()
        return self.daemon(name).client

    def new_file(self):
        """Each file was recorded with a fresh main daemon; one that runs already loses its sessions."""
        if self.endpoint:
            client = Client(self.endpoint)
            for session in client.data({"command": "list"})["sessions"]:
                client.request({"command": "close", "sessionId": session["id"]})
        for name, daemon in list(self.daemons.items()):
            daemon.__exit__(None, None, None)
            del self.daemons[name]

    def token_file(self):
        path = self.exam / "token"
        path.write_text(" file-token\r\n")
        path.chmod(0o600)
        return path

    # ---- between the lines ----

    def before(self, exchange):
        """Does what happened before this line when it was recorded."""
        for start, act in BEFORE:
            if exchange.label.startswith(start):
                act(self)

    def hold_connections(self, count=49):
        self.held = [connect(self.client("main").endpoint) for _ in range(count)]

    def release_connections(self):
        for sock in self.held:
            sock.close()
        self.held = []

    def wait_for_expiry(self):
        client = self.client("nolimit")
        wait_until(lambda: client.request({"command": "list"})["data"]["count"] == 0, 15.0, "the session expires")


SERVERS = {
    DEFAULT_PORT: lambda w: w.default_server(),
    VICTIM: lambda w: BareServer(alone=True),
    4861: lambda w: TypesServer(),
    4862: lambda w: HistoryServer(),
    4841: lambda w: w.secure_server("--profile", "users"),
    4842: lambda w: w.secure_server("--profile", "x509", "--trust", "known"),
    4843: lambda w: w.secure_server("--profile", "all"),
    4845: lambda w: w.secure_server("--profile", "accept"),
}

DAEMONS = {
    "main": lambda w: Daemon(),
    "o6": lambda w: Daemon(),
    "auth": lambda w: Daemon("--auth-token", TOKEN, "--max-sessions", "2"),
    "auth-env": lambda w: Daemon("--auth-token", "cli-token", env={"OPCUA_AUTH_TOKEN": "env-token"}),
    "auth-file": lambda w: Daemon("--auth-token", "cli-token", "--auth-token-file", w.token_file()),
    "nolimit": lambda w: Daemon("--timeout", "1", "--cleanup-interval", "1", "--max-sessions", "0"),
    "certdirs": lambda w: Daemon("--allowed-cert-dirs", w.exam / "allowed"),
    "lock": lambda w: Daemon(endpoint=f"unix://{w.exam / 'lock.sock'}"),
    "tcp": lambda w: Daemon(endpoint=f"tcp://127.0.0.1:{free_port()}"),
}

BEFORE = (
    ("timeout:read while the server is stopped", lambda w: w.server(VICTIM).freeze()),
    ("timeout:read after the server goes on", lambda w: go_on(w.server(VICTIM))),
    ("restart:read while the server is down", lambda w: w.server(VICTIM).kill()),
    ("restart:publish after the server is back", lambda w: w.server(VICTIM).start()),
    ("connections:50th", World.hold_connections),
    ("connections:after they are closed", World.release_connections),
    ("expiry:list after 3 s", World.wait_for_expiry),
)
