# SPDX-License-Identifier: MIT
"""`make install`: what lands where, and that it names its own paths."""
import re
import subprocess

import pytest
from installation import BUILD, install

SYSTEM = {
    "usr/bin/opcua-session-manager",
    "usr/bin/opcua-demo-server",
    "usr/lib/systemd/system/opcua-session-manager.service",
    "usr/lib/sysusers.d/opcua-session-manager.conf",
    "usr/lib/tmpfiles.d/opcua-session-manager.conf",
    "usr/share/doc/opcua-session-manager/LICENSE",
    "usr/share/doc/opcua-session-manager/examples/supervisor.conf",
    "etc/logrotate.d/opcua-session-manager",
}


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_destdir_takes_everything(tmp_path):
    install("/usr", destdir=tmp_path)
    assert SYSTEM <= files_below(tmp_path)
    unit = (tmp_path / "usr/lib/systemd/system/opcua-session-manager.service").read_text()
    assert "ExecStart=/usr/bin/opcua-session-manager " in unit
    assert "LoadCredential=auth-token:/etc/opcua-session-manager/auth-token" in unit
    assert str(tmp_path) not in unit


def test_another_prefix_keeps_to_itself(tmp_path):
    install(tmp_path / "opt")
    assert {path.split("/")[0] for path in files_below(tmp_path)} == {"opt"}
    assert (tmp_path / "opt/etc/logrotate.d/opcua-session-manager").exists()


def test_no_placeholder_is_left(tmp_path):
    install("/usr/local", destdir=tmp_path)
    for name in ("usr/local/lib/systemd/system/opcua-session-manager.service",
                 "usr/local/share/doc/opcua-session-manager/examples/supervisor.conf"):
        assert not re.search("@[A-Z]+@", (tmp_path / name).read_text())


def test_installed_daemon_runs(prefix):
    version = subprocess.run([prefix / "bin/opcua-session-manager", "--version"],
                             check=True, capture_output=True, text=True).stdout
    assert version.startswith("opcua-session-manager ")


def test_the_program_is_hardened(prefix):
    """Position independent, read-only relocations, no executable stack, fortified calls."""
    program = prefix / "bin/opcua-session-manager"

    def readelf(what):
        return subprocess.run(["readelf", "-W", what, program], capture_output=True, text=True, check=True).stdout

    assert "Type:" in readelf("-h") and re.search(r"Type:\s+DYN", readelf("-h"))
    assert re.search(r"GNU_STACK.* RW +0x", readelf("-l")) and "GNU_RELRO" in readelf("-l")
    assert "BIND_NOW" in readelf("-d") or "NOW" in readelf("-d")
    symbols = readelf("--dyn-syms")
    if "CMAKE_BUILD_TYPE:STRING=Debug" in (BUILD / "CMakeCache.txt").read_text():
        pytest.skip("libc's checks come with optimisation")
    assert "__stack_chk_fail" in symbols and "_chk@" in symbols
