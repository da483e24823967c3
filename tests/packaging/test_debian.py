# SPDX-License-Identifier: MIT
"""debian/ is consistent with the rest of the tree; `make prove-packages` proves the packages."""
import re
import subprocess
from fnmatch import fnmatch

import pytest
from installation import ROOT, install

DEBIAN = ROOT / "debian"
# Installed by `make install`, but by debhelper under another name or with its own words.
OTHERWISE = {"usr/lib/systemd/system/opcua-session-manager.service", "usr/share/doc/opcua-session-manager/LICENSE"}
# What the compiler and the tests need besides, which Debian's build has or leaves out.
NO_BUILD_DEPENDENCY = {"gcc", "libc6-dev", "python3", "libcmocka-dev"}


def control(field, package=None):
    """The packages of a dependency field: of the source, or of a binary package."""
    for paragraph in (DEBIAN / "control").read_text().split("\n\n"):
        if paragraph.startswith(f"Package: {package}\n" if package else "Source: "):
            found = re.search(rf"^{field}:(.*(?:\n .*)*)", paragraph, re.M)
            return {word.split()[0] for word in found.group(1).split(",") if word.strip()}
    raise LookupError(package)


def packages():
    return re.findall(r"^Package: (.*)$", (DEBIAN / "control").read_text(), re.M)


def test_one_version_everywhere():
    version = re.search(r"project\(\S+ VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert (DEBIAN / "changelog").read_text().startswith(f"opcua-session-manager ({version}) ")
    header = (ROOT / "include/opcua-session.h").read_text()
    numbers = re.findall(r"#define OPCUA_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header)
    assert ".".join(numbers) == version or version.startswith(".".join(numbers) + ".")
    for page in ("opcua-session-manager.8", "uactl.1"):
        assert f" {version}\"" in (ROOT / "docs/man" / page).read_text().splitlines()[1]


def listed():
    """(package, source pattern) of all debian/*.install."""
    for path in DEBIAN.glob("*.install"):
        assert path.stem in packages()
        for line in path.read_text().splitlines():
            yield path.stem, line.split()[0]


def test_packages_take_what_make_install_does(tmp_path):
    install("/usr", destdir=tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()}
    # Only Debian's build has a folder for each machine.
    files = {re.sub("^usr/lib(/x86_64-linux-gnu)?/(libopcua|cmake/|pkgconfig/)", r"usr/lib/machine/\2", name)
             for name in files}
    patterns = [(package, pattern) for package, pattern in listed() if not pattern.startswith("build-html/")]
    for name in files - OTHERWISE:
        takers = [package for package, pattern in patterns if fnmatch(name, pattern)]
        assert len(takers) == 1, f"{name} is in {takers or 'no package'}"
    for package, pattern in patterns:
        assert any(fnmatch(name, pattern) for name in files), f"{package}: {pattern} takes nothing"
    assert OTHERWISE <= files


@pytest.mark.parametrize("library", ["opcua-session", "opcua-session-daemon"])
def test_every_version_of_symbols_is_listed(library):
    nodes = re.findall(r"^(\w+) \{", (ROOT / f"cmake/{library}.map").read_text(), re.M)
    symbols = (DEBIAN / f"lib{library}1.symbols").read_text()
    assert nodes and re.findall(r"^ \(symver\)(\S+) [\d.]+$", symbols, re.M) == nodes


def test_build_depends_on_what_setup_installs():
    group = re.search(r"^BUILD=\((.*?)\)", (ROOT / "scripts/setup").read_text(), re.S | re.M).group(1)
    wanted = control("Build-Depends") - {"debhelper-compat", "dh-sequence-installsysusers"}
    assert wanted == set(group.split()) - NO_BUILD_DEPENDENCY


def test_the_handbook_adds_the_suite_as_setup_does():
    """Same files, same priority: who has run either needs not run the other."""
    block = re.search(r"<!-- run on Debian 12 -->\n```sh\n(.*?)```", (ROOT / "docs/install.md").read_text(), re.S).group(1)
    setup = (ROOT / "scripts/setup").read_text()
    suite = re.search(r"^SECOND_SUITE=(\w+)", setup, re.M).group(1)
    priority = re.search(r"Pin-Priority: (\d+)", setup).group(1)
    assert f"Pin: release n={suite}\nPin-Priority: {priority}\n" in block
    for path in re.findall(r"^SECOND_\w+=(/\S+)", setup, re.M):
        assert path.replace("$SECOND_SUITE", suite) in block


@pytest.mark.parametrize("script", ["opcua-session-manager.postinst", "opcua-session-manager.postrm"])
def test_scripts_of_packages_are_scripts(script):
    text = (DEBIAN / script).read_text()
    assert text.startswith("#!/bin/sh\n") and "#DEBHELPER#" in text and "\nset -e\n" in text
    subprocess.run(["sh", "-n", DEBIAN / script], check=True)


def test_the_container_listens_where_the_service_does(prefix):
    unit = (prefix / "lib/systemd/system/opcua-session-manager.service").read_text()
    socket = re.search(r"--socket unix://%t(\S+)", unit).group(1)
    image = (ROOT / "Containerfile").read_text()
    assert f'"unix:///run{socket}"' in image and f"OPCUA_SOCKET=/run{socket}" in image
