# SPDX-License-Identifier: MIT
"""OPC UA servers to test against: our demo server, node-opcua, open62541 with history."""
import contextlib
import pathlib
import re
import shutil
import signal
import socket
import struct
import tempfile

from .certificates import give_keys
from .hosted import Hosted
from .node import node, rsa15_options
from .paths import SERVERS, Missing, program
from .process import Process
from .wait import PATIENCE, free_port


_READY = re.compile(r"^([\w-]+ )?ready (on )?opc\.tcp://.*\n", re.M)


class Server:
    """A server on a port of 127.0.0.1. Subclasses say how it is started and what its URL is.

    `alone` it has a process of its own, which a test may freeze.
    """

    READY_TIMEOUT = 120.0
    PATH = ""
    END = signal.SIGTERM  # ours end cleanly, which sanitizers look at; of foreign ones nothing is asked

    def __init__(self, port=None, options=(), env=None, alone=False):
        self.port = port or free_port()
        self.options = [str(o) for o in options]
        self.env = env
        self.alone = alone
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-server-"))
        self.process = None
        self.starts = 0
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def argv(self):
        raise NotImplementedError

    @property
    def url(self):
        return f"opc.tcp://localhost:{self.port}{self.PATH}"

    def start(self):
        """Starts it (again) on its port and waits for the ready line."""
        assert self.process is None, "the server runs already"
        self.starts += 1
        self._launch()

    def _launch(self):
        self.process = Process(self.argv(), self.folder, f"server-{self.starts}", self.env)
        self.process.wait_for(self._is_ready, self.READY_TIMEOUT, "the server is not ready")

    def _is_ready(self):
        return _READY.search(self.process.stdout())

    def freeze(self):
        """The process stands still; its connections stay open."""
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def answers(self):
        """Whether it answers a Hello (OPC 10000-6 §7.1.2.3), so has read what was sent before."""
        url = self.url.encode()
        hello = struct.pack("<4s7I", b"HELF", 32 + len(url), 0, 65536, 65536, 0, 0, len(url)) + url
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), PATIENCE) as line:
            line.sendall(hello)
            return line.recv(4) == b"ACKF"
        return False

    def kill(self):
        """Gone without a word, as in a power cut."""
        process, self.process = self.process, None
        process.end(signal.SIGKILL)

    def restart(self):
        """A new process on the same port: sessions and subscriptions are gone."""
        if self.process:
            self.kill()
        self.start()

    def stop(self):
        try:
            process, self.process = self.process, None
            if process:
                process.end(self.END)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class NodeServer(Server):
    """A program of tests/servers on Node, in one process with others unless it is to be alone."""

    SCRIPT = None
    WORDS = ()
    NODE_OPTIONS = ()

    END = signal.SIGKILL

    def argv(self):
        return [node(), *self.NODE_OPTIONS, SERVERS / self.SCRIPT, *self.words()]

    def words(self):
        if not (SERVERS / "node_modules").exists():
            raise Missing(f"{SERVERS / 'node_modules'} is missing: run npm ci in {SERVERS}")
        pki = [] if "--pki" in self.options else ["--pki", give_keys(self.folder / "pki")]
        return ["--port", self.port, *pki, *self.WORDS, *self.options]

    def _launch(self):
        if self.alone or self.env or self.NODE_OPTIONS or "--publish-queue" in self.options:
            super()._launch()
        else:
            self.process = Hosted(self.SCRIPT, self.port, self.words())


class TypesServer(NodeServer):
    """Every builtin type with edge values."""

    SCRIPT = "types-server.js"
    PATH = "/UA/Types"


class GeneralServer(NodeServer):
    """TestServer; options as in tests/servers/general-server.js."""

    SCRIPT = "general-server.js"
    PATH = "/UA/TestServer"


class BareServer(GeneralServer):
    """TestServer with no more than a server needs and the folder DataTypes: starts in half the time."""

    WORDS = ("--bare",)


class OldGeneralServer(BareServer):
    """A bare TestServer that also decrypts what Basic128Rsa15 encrypts, where Node can be made to."""

    @property
    def NODE_OPTIONS(self):
        return rsa15_options() or ()


class FileServer(NodeServer):
    """Files and directories in memory."""

    SCRIPT = "file-server.js"
    PATH = "/UA/Files"


class AlarmServer(NodeServer):
    """Alarms by node-opcua, and a counter; `--rate` says how fast it counts."""

    SCRIPT = "alarm-server.js"
    PATH = "/UA/Alarms"


class StructuresServer(NodeServer):
    """Structures of the server's own with standard ones inside."""

    SCRIPT = "structures-server.js"
    PATH = "/UA/Structures"


class NamespacesServer(NodeServer):
    """Namespaces in the order of --namespaces, each with the variable s=Name."""

    SCRIPT = "namespaces-server.js"
    PATH = "/UA/Namespaces"


class DemoServer(Server):
    """The project's own demo server."""

    def argv(self):
        return [program("opcua-demo-server"), "--port", self.port, *self.options]


class HistoryServer(Server):
    """open62541 with node management and history."""

    def argv(self):
        return [program("osm-test-history-server"), "--port", self.port, *self.options]
