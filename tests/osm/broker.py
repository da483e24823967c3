# SPDX-License-Identifier: MIT
"""A mosquitto broker on a loopback port, and a subscriber that keeps what it hears."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile

from .paths import Missing
from .process import Process
from .wait import free_port, wait_until


def _find(name):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if not found:
        raise Missing(f"{name} is not installed: scripts/setup test")
    return found


class Broker:
    """`users`: {name: password}; `tls`: a folder with cert.pem and key.pem. Persistent: what it holds
    survives its death, written at every change. But it confirms before it writes, so what it still has
    for a subscriber at its death is lost: it passes on at once, neither waiting for confirmations
    nor (Nagle) for more to send. What comes while a subscriber is away waits for it."""

    def __init__(self, users=None, tls=None, more="", persistent=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-broker-"))
        self.port = free_port()
        self.tls = tls
        self.process = None
        self.starts = 0
        lines = [f"listener {self.port} 127.0.0.1", "max_queued_messages 0", "queue_qos0_messages true",
                 "log_type all", "user root", f"allow_anonymous {'false' if users else 'true'}"]
        if users:
            passwords = self.folder / "passwords"
            passwords.touch(mode=0o600)
            for name, password in users.items():
                subprocess.run([_find("mosquitto_passwd"), "-b", str(passwords), name, password], check=True,
                               capture_output=True, timeout=120)
            lines.append(f"password_file {passwords}")
        if tls:
            lines += [f"certfile {tls / 'cert.pem'}", f"keyfile {tls / 'key.pem'}"]
        if persistent:
            lines += ["persistence true", f"persistence_location {self.folder}/", "autosave_on_changes true",
                      "autosave_interval 1", "max_inflight_messages 0", "set_tcp_nodelay true"]
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n" + more)
        self.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.starts += 1
        self.process = Process([_find("mosquitto"), "-c", self.folder / "mosquitto.conf"], self.folder,
                               f"broker-{self.starts}")
        self.process.wait_for(lambda: " running" in self.process.stderr(), 15, "the broker is not ready")

    def kill(self):
        self.process.end(signal.SIGKILL)

    def log(self):
        return self.process.stderr()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Subscriber:
    """mosquitto_sub: (topic, retained, payload) of all it hears, from several lives if it is started again.

    At QoS 0 the broker passes on all the same, and the subscriber has nothing to say: a confirmation that fails
    because the broker is dead makes it throw away all that has arrived behind that message."""

    def __init__(self, broker, topic="#", client=None, arguments=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-subscriber-"))
        argv = [_find("stdbuf"), "-oL", _find("mosquitto_sub"), "-h", "127.0.0.1", "-p", broker.port, "-t", topic, "-q", 0,
                "-V", "mqttv5", "-F", r"%r %t %p", "-d", *arguments]
        if client:
            argv += ["-i", client, "-c", "-x", "3600"]
        self.process = Process(argv, self.folder, "subscriber")
        self._heard = []
        self._read = 0
        self.process.wait_for(lambda: "SUBACK" in self.process.stdout(), 15, "the subscriber is not ready")

    def messages(self):
        """All of them; what was there the last time is not read again."""
        with open(self.process.out, "rb") as out:
            out.seek(self._read)
            fresh = out.read()
        fresh = fresh[:fresh.rfind(b"\n") + 1]
        self._read += len(fresh)
        for line in fresh.split(b"\n"):
            if line[:2] in (b"0 ", b"1 "):
                retained, topic, payload = line.decode().split(" ", 2)
                self._heard.append((topic, retained == "1", json.loads(payload)))
        return list(self._heard)

    def events(self, name=None):
        return [payload for _, _, payload in self.messages() if name in (None, payload["event"])]

    def wait_for(self, condition, timeout=20, what="messages"):
        """Until condition(events) holds."""
        def check():
            events = self.events()
            return events if condition(events) else None
        return wait_until(check, timeout, f"{what}; heard {len(self.events())}", poll=0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.end(signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
