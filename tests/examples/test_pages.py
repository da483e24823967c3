# SPDX-License-Identifier: MIT
"""Pages of the handbook: commands are run as they stand there, files are checked, messages are looked for in the sources."""
import os
import re
import subprocess

import pytest

from osm.paths import ROOT, build_dir
from osm.wait import free_port

DOCS = ROOT / "docs"
PAGES = ["quick-start", "concepts", "library", "tool", "recipes", "troubleshooting", "migrating"]
# A person types slowly: what asks a daemon that has just been started asks again.
PATIENT = """set -eum
uactl() { for _ in $(seq 1000); do command uactl "$@" >>told 2>&1 && return; sleep 0.1; done; cat told; return 1; }
make() { true; } # it is built already
trap 'jobs -p | xargs -r kill 2>/dev/null || true' EXIT
"""


def blocks(page, language):
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", (DOCS / f"{page}.md").read_text())


def run(script, folder):
    environment = {**os.environ, "PATH": f"{build_dir()}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", PATIENT + script], cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    told = folder / "told"
    assert done.returncode == 0, done.stdout + done.stderr + (told.read_text() if told.exists() else "")
    return told.read_text()


def test_quick_start(tmp_path):
    script = "\n".join(blocks("quick-start", "sh")).replace("48400", str(free_port()))
    script = script.replace("/tmp/opcua-", f"{tmp_path}/opcua-")
    kept = 'for _ in $(seq 1000); do [ -s plant-events.ndjson ] && break; sleep 0.1; done; head -1 plant-events.ndjson >kept\nkill %1'
    assert script.count("kill %1") == 1
    told = run(script.replace("kill %1", kept), tmp_path)
    assert "Sine" in told and "2:Counter" in told and script.count("uactl") == 8
    assert '"event":' in (tmp_path / "kept").read_text()


def test_tool(tmp_path, daemon, demo_server):
    """Each command of the page, on the demo server."""
    script = "\n".join(blocks("tool", "sh")).replace("opc.tcp://127.0.0.1:4840", demo_server.url)
    told = run(f"export OPCUA_SOCKET={daemon.socket_path}\n{script}", tmp_path)
    assert "sum" in told and "2:Counter" in told and script.count("uactl") == 10


def test_every_page_is_reached_from_the_readme():
    readme = (ROOT / "README.md").read_text()
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"docs/{page.name}" not in readme] == []


def test_recipes(tmp_path):
    run("\n".join(blocks("recipes", "sh")).replace("/tmp/opcua-", f"{tmp_path}/opcua-"), tmp_path)
    for text in blocks("recipes", "yaml"):
        if text.startswith("# values of"):
            continue
        path = tmp_path / "recipe.yaml"
        path.write_text(text)
        path.chmod(0o600)
        done = subprocess.run([build_dir() / "opcua-session-manager", "--check", "--config", path], cwd=tmp_path,
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and "WARNING" not in done.stderr, text + done.stderr


def literals():
    """All texts of the sources, with literals that follow each other joined."""
    for path in (ROOT / "src").rglob("*.c"):
        text = re.sub(r'"\s*\n?\s*"', "", path.read_text())
        yield text.replace('\\"', '"').replace("\\n", " ")


def test_messages_are_said():
    sources = "\n".join(literals())
    rows = re.findall(r"(?m)^\| `([^`]+)` \|", (DOCS / "troubleshooting.md").read_text())
    assert len(rows) > 20
    for row in rows:
        for part in row.split("…"):
            assert part.strip() in sources, f"nobody says: {part}"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)", (DOCS / f"{page}.md").read_text()):
        assert (DOCS / target).exists(), target
