# SPDX-License-Identifier: MIT
"""`make install`: what lands where, and that it names its own paths."""
import re
import subprocess

import pytest
from installation import BUILD, ROOT, install

WITHOUT_ASAN = pytest.mark.skipif("OSM_SANITIZE:STRING=address" in (BUILD / "CMakeCache.txt").read_text(),
                                  reason="a program without sanitizers cannot load a library with them")
SYSTEM = {
    "usr/bin/opcua-session-manager",
    "usr/bin/opcua-demo-server",
    "usr/bin/uactl",
    "usr/include/opcua-session.h",
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


def test_installed_tool_finds_its_library(prefix):
    ran = subprocess.run([prefix / "bin/uactl", "--version"], check=True, capture_output=True, text=True)
    assert ran.stdout.startswith("uactl ")


@WITHOUT_ASAN
@pytest.mark.parametrize("compiler, source", [("cc -std=c99", "C"), ("c++ -std=c++11", "C++")])
def test_programs_find_the_library_by_pkg_config(prefix, tmp_path, compiler, source):
    pkgconfig = next(prefix.rglob("opcua-session.pc")).parent
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "opcua-session"], check=True, capture_output=True,
                           text=True, env={"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(pkgconfig)}).stdout.split()
    name = tmp_path / ("program.c" if source == "C" else "program.cc")
    name.write_text("#include <opcua-session.h>\n#include <stdio.h>\nint main(void) {\n"
                    "    struct opcua_options options = OPCUA_OPTIONS_INIT;\n    struct opcua_error error;\n"
                    "    options.timeout = 60;\n"
                    "    if (opcua_connect(\"opc.tcp://127.0.0.1:1\", &options, &error)) return 1;\n"
                    "    puts(error.message);\n    return 0;\n}\n")
    subprocess.run([*compiler.split(), "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror", "-pedantic",
                    str(name), "-o", str(tmp_path / "program"), *flags, f"-Wl,-rpath,{pkgconfig.parent}"], check=True)
    ran = subprocess.run([tmp_path / "program"], capture_output=True, text=True, timeout=120, check=True)
    assert "Connection refused" in ran.stdout


@pytest.fixture(scope="module")
def archive(prefix):
    return next(prefix.rglob("libopcua-session.a"))


@WITHOUT_ASAN
def test_programs_bring_the_archive_along(prefix, archive, tmp_path, demo_server):
    """As docs/library.md says; open62541 and yyjson have no archive in Debian and stay shared."""
    environment = {"PATH": "/usr/bin:/bin", "PKG_CONFIG_PATH": str(archive.parent / "pkgconfig")}
    command = ("cc direct.c $(pkg-config --cflags opcua-session) "
               "$(pkg-config --static --libs opcua-session | sed 's/-lopcua-session/-l:libopcua-session.a/')")
    assert command in (ROOT / "docs/library.md").read_text()
    program = tmp_path / "direct"
    subprocess.run(f"{command} -o {program}", shell=True, cwd=ROOT / "examples/c", env=environment, check=True)
    assert "libopcua-session" not in subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    ran = subprocess.run([program, demo_server.url], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    assert "value = 42" in ran.stdout and "change 3" in ran.stdout


@WITHOUT_ASAN
@pytest.mark.parametrize("target, shared", [("opcua-session-static", False), ("opcua-session", True)])
def test_programs_find_both_by_cmake(prefix, archive, tmp_path, target, shared):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(program C)\nfind_package(opcua-session REQUIRED)\n"
        f"add_executable(program {ROOT}/examples/c/direct.c)\n"
        f"target_link_libraries(program opcua-session::{target})\n")
    for arguments in (["-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={prefix}"], ["--build", tmp_path / "b"]):
        ran = subprocess.run(["cmake", *arguments], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    needed = subprocess.run(["ldd", tmp_path / "b/program"], capture_output=True, text=True, check=True).stdout
    assert ("libopcua-session.so" in needed) == shared


def test_the_archive_shows_no_other_name(archive):
    """What is not agreed is local in it, so that it meets no name of the program or of another library."""
    shown = subprocess.run(["nm", "-g", "--defined-only", archive], check=True, capture_output=True, text=True).stdout
    symbols = {line.split()[-1] for line in shown.splitlines() if len(line.split()) == 3}
    assert symbols == set((ROOT / "tests/library/symbols.txt").read_text().split())


def test_the_library_shows_what_is_agreed_and_nothing_else(prefix):
    """The ABI: a symbol less breaks programs; a new one is written down with the change that makes it."""
    library = next(prefix.rglob("libopcua-session.so.1"))
    shown = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = {line.split()[-1].split("@")[0] for line in shown.splitlines() if " A " not in line}
    agreed = set((ROOT / "tests/library/symbols.txt").read_text().split())
    assert symbols == agreed


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
