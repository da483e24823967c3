# SPDX-License-Identifier: MIT
"""A private sshd on loopback, with keys of its own, for the user who runs the tests."""
import getpass
import grp
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from .process import Process
from .wait import PATIENCE, free_port

CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
PrintMotd no
PrintLastLog no
"""
# What sshd wants of a machine as root (a folder of its own in /run), and leaves there (who logged in
# when), is in a name space of its own.
AS_ROOT = ["unshare", "--mount", "sh", "-ec", 'mount -t tmpfs none /run; mkdir -m 755 /run/sshd; '
           'mount -t tmpfs none /var/log; exec "$@"', "sh"]


def as_user():
    """sshd gives a terminal to the group tty. Where the system does not do so already only root can; in a
    user name space our own group is called so."""
    tty = grp.getgrnam("tty").gr_gid
    ends = os.openpty()
    group = os.fstat(ends[1]).st_gid
    for end in ends:
        os.close(end)
    return [] if group == tty else ["unshare", "--user", f"--map-user={os.getuid()}", f"--map-group={tty}"]


class CannotRun(Exception):
    """Why there is no sshd here."""


class SshServer:
    """Runs while the block does; what it started for its clients ends with them."""

    def __init__(self):
        sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        if not sshd or not shutil.which("ssh"):
            raise CannotRun("there is no ssh and sshd (package openssh-server)")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-ssh-"))
        self.process = None
        try:
            self._start(sshd)
        except BaseException:
            self.__exit__()
            raise

    def _start(self, sshd):
        self.port = free_port()
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.folder / name],
                           check=True, timeout=120, stdin=subprocess.DEVNULL)
        (self.folder / "config").write_text(CONFIG.format(port=self.port, folder=self.folder))
        host = (self.folder / "host.pub").read_text()
        (self.folder / "known").write_text(f"[127.0.0.1]:{self.port} {host}")
        before = as_user() if os.getuid() else AS_ROOT
        self.process = Process([*before, sshd, "-D", "-e", "-f", self.folder / "config"], self.folder, "sshd")
        try:
            self.process.wait_for(self._answers, PATIENCE, "sshd does not answer")
        except AssertionError as error:
            raise CannotRun(f"sshd does not run here: {error}") from None
        ran = subprocess.run(self.command("-t", "true"), capture_output=True, text=True, timeout=120,
                             stdin=subprocess.DEVNULL)
        if ran.returncode != 0:
            raise CannotRun(f"nobody is let in: {ran.stderr}{self.process.stderr()}")

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.end()
        shutil.rmtree(self.folder)

    def command(self, *words):
        """The command line of a client that has the last word run, with a terminal if it has one itself or -t is
        among the words before."""
        options = {"IdentityFile": self.folder / "user", "UserKnownHostsFile": self.folder / "known",
                   "GlobalKnownHostsFile": "none", "IdentitiesOnly": "yes", "BatchMode": "yes", "UpdateHostKeys": "no",
                   "RequestTTY": "auto", "LogLevel": "ERROR", "ConnectTimeout": 50}
        return ["ssh", "-F", "none", *(f"-o{name}={value}" for name, value in options.items()),
                "-p", str(self.port), "-t", *words[:-1], f"{getpass.getuser()}@127.0.0.1", words[-1]]
