# SPDX-License-Identifier: MIT
"""Completion of commands, options, profiles, sessions and the live address space, through the shells themselves."""
import os
import pty
import select
import subprocess
import time

import pytest

from osm.paths import program
from tool.test_uactl import Uactl

PATIENT = "uactl -t 60"  # of itself it waits no longer for a server than people do for a word
# What bash calls when Tab is pressed; COMPREPLY is what it then puts in the word's place.
DRIVER = r"""
source <(uactl completion bash)
compopt() { :; }  # of a completion under way only
COMP_LINE=$1 COMP_POINT=${#1}
_uactl uactl
printf '%s\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def bash(daemon, demo_server, tmp_path):
    (tmp_path / "uactl.yaml").write_text(f"servers:\n  plant: {demo_server.url}\n  pilot: opc.tcp://127.0.0.1:1\n")
    environment = {**Uactl(daemon, demo_server.url).environment, "XDG_CONFIG_HOME": str(tmp_path),
                   "PATH": f"{program('uactl').parent}:{os.environ['PATH']}", "PS1": "$ ", "TERM": "dumb"}

    def run(line, **more):
        ran = subprocess.run(["bash", "--norc", "-c", DRIVER, "-", line], env={**environment, **more},
                             capture_output=True, text=True, timeout=120)
        assert ran.stderr == ""
        return [word for word in ran.stdout.split("\n") if word]
    run.environment = environment
    return run


@pytest.mark.parametrize("line, found", [
    ("uactl re", ["read"]),
    ("uactl exp", ["explore", "export"]),
    ("uactl --dr", ["--dry-run"]),
    ("uactl read --dr", ["--dry-run"]),
    ("uactl --mode S", ["Sign", "SignAndEncrypt"]),
    ("uactl alarms sh", ["shelve"]),
    ("uactl trust ", ["add", "remove"]),
    ("uactl completion z", ["zsh"]),
    ("uactl nonsense ", []),
    ("uactl --nonsense re", []),
])
def test_words_of_the_tables(bash, line, found):
    assert set(found) <= set(bash(line)) and (found or not bash(line))


@pytest.mark.parametrize("how", ["", "--direct "])
def test_paths(bash, how):
    assert bash(f"{PATIENT} {how}read /Obj") == ["/Objects/"]
    assert bash(f"{PATIENT} {how}read i=85 /Objects/Pla") == ["/Objects/Plant/"]
    assert "/Objects/Plant/Tank1/Flow" in bash(f"{PATIENT} {how}read /Objects/Plant/Tank1/")
    assert bash(f"{PATIENT} {how}write /Objects/Plant/Tank1/Fl") == ["/Objects/Plant/Tank1/Flow"]


@pytest.mark.parametrize("typed, replaced", [
    ('"ns=2;s=Plant/Tank1/Pu', "ns=2;s=Plant/Tank1/Pump"),  # in quotes all of it is one word
    ("'ns=2;s=Plant/Tank1/Pu", "ns=2;s=Plant/Tank1/Pump"),
    (r"ns=2\;s=Plant/Tank1/Pu", "Plant/Tank1/Pump"),        # without them bash breaks words at =
    ("/Objects/2:Plant/2:Tank1/2:Pu", "Pump"),              # and at :
    ("i=226", "2261"),
])
def test_what_bash_replaces(bash, typed, replaced):
    assert replaced in bash(f"{PATIENT} read {typed}")


def test_names_and_sessions(bash, daemon):
    assert bash(f"{PATIENT} read pl") == ["plant"]
    assert bash(f"{PATIENT} read plant /Objects/Pla") == ["/Objects/Plant/"]
    session = daemon.client.data({"command": "list"})["sessions"][0]["id"]
    assert bash(f"{PATIENT} close ") == [session] and session in bash(f"{PATIENT} read ")
    assert bash(f"{PATIENT} read {session} /Objects/Pla", OPCUA_URL="") == ["/Objects/Plant/"]


def test_nobody_answers(bash):
    assert bash("uactl read pilot /Obj") == []
    assert bash("uactl read /Obj", OPCUA_SOCKET="/nonexistent") == []
    assert bash("uactl re", OPCUA_SOCKET="/nonexistent") == ["read"]


def read_until(terminal, text, seconds=60):
    shown, end = b"", time.monotonic() + seconds
    while text not in shown:
        assert time.monotonic() < end, shown
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096)
    return shown


SHELLS = {"bash": (["bash", "--norc", "--noprofile", "-i"], b""),
          "zsh": (["zsh", "-f", "-i"], b"autoload -Uz compinit; compinit -D; ")}


@pytest.mark.parametrize("name", SHELLS)
def test_a_tab_in_a_real_shell(bash, name):
    terminal, slave = pty.openpty()
    command, first = SHELLS[name]
    shell = subprocess.Popen(["setsid", "--ctty", *command], env=bash.environment,
                             stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    try:
        os.write(terminal, first + b"source <(uactl completion %b); echo rea''dy\n" % name.encode())
        read_until(terminal, b"ready")
        os.write(terminal, PATIENT.encode() + b" -q rea\t/Obj\tPlan\tTank2/Pum\t")
        read_until(terminal, b"/Objects/Plant/Tank2/Pump ")
        os.write(terminal, b"; echo ends with $?\n")
        read_until(terminal, b"ends with 0")
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)


@pytest.fixture
def fish(bash, tmp_path):
    """What fish offers for a line; `complete -C` is what it does itself when Tab is pressed."""
    def run(line):
        ran = subprocess.run(["fish", "--no-config", "-c", "uactl completion fish | source; complete -C $argv[1]", line],
                             env={**bash.environment, "HOME": str(tmp_path)}, capture_output=True, text=True, timeout=120)
        assert (ran.returncode, ran.stderr) == (0, "")
        return dict((*row.split("\t"), "")[:2] for row in ran.stdout.splitlines())
    return run


def test_fish(fish):
    assert {"read"} <= fish("uactl re").keys() and "list" not in fish("uactl re")
    assert fish("uactl read --dr")["--dry-run"] == "write, call: check and show, send nothing"
    assert "shelve" in fish("uactl alarms sh")
    assert list(fish(f"{PATIENT} read /Obj")) == ["/Objects/"]
    assert "/Objects/Plant/Tank1/Flow" in fish(f"{PATIENT} --direct read /Objects/Plant/Tank1/")
    assert list(fish("uactl read pl")) == ["plant"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_whole(bash, shell):
    script = subprocess.run([program("uactl"), "completion", shell], capture_output=True, text=True, check=True).stdout
    assert "__complete" in script
    subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_words_for_other_shells(bash):
    ran = subprocess.run([program("uactl"), "__complete", "words", "-t", "60", "read", "ns=2;s=Plant/Tank1/Pu"],
                         env=bash.environment, capture_output=True, text=True, timeout=120)
    assert ran.stdout == "ns=2;s=Plant/Tank1/Pump\n"
