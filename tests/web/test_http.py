# SPDX-License-Identifier: MIT
"""The page's HTTP without a browser: who gets what, and what nobody gets."""
import gzip
import http.client
import json
import os
import signal
import subprocess
import time

import pytest

from osm.paths import program
from osm.wait import wait_until

from .site import TOKENS, Site


@pytest.fixture(scope="module")
def site():
    with Site({}) as running:
        yield running


class Answer:
    def __init__(self, response, body=None):
        self.status = response.status
        self.header = response.getheader
        self.body = response.read() if body is None else body

    @property
    def error(self):
        return json.loads(self.body)["error"]


def bearer(role, **more):
    return {"Authorization": f"Bearer {TOKENS[role]}", **more}


def ask(site, method, path, body=None, **headers):
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
    try:
        line.request(method, path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(line.getresponse())
    finally:
        line.close()


class Link:
    """What a page does: a stream that stays open, and requests beside it."""

    def __init__(self, site, role):
        self.site, self.role = site, role
        self.line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=120)
        self.line.request("POST", "/api/stream", headers=bearer(role))
        self.answer = self.line.getresponse()
        assert self.answer.status == 200, self.answer.read()
        assert self.answer.getheader("Content-Type") == "text/event-stream"
        self.hello = self.next()
        assert self.next()["id"] == "hello"

    def next(self):
        """The next message; None at the end."""
        while line := self.answer.readline():
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None

    def send(self, *requests, role=None):
        body = "\n".join(json.dumps(request) for request in requests)
        return ask(self.site, "POST", "/api/request", body, X_Link=self.hello["link"], **bearer(role or self.role))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()


def test_files(site):
    page = ask(site, "GET", "/", Accept_Encoding="gzip")
    assert page.status == 200 and page.header("Content-Encoding") == "gzip"
    policy = page.header("Content-Security-Policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy and "*" not in policy
    assert page.header("X-Content-Type-Options") == "nosniff" and page.header("X-Frame-Options") == "DENY"
    text = gzip.decompress(page.body).decode()
    assert " style=" not in text and "<style" not in text and "onclick" not in text
    assert text.count("<script") == text.count("<script src=")
    module = ask(site, "GET", "/page/main.js", Accept_Encoding="gzip")
    assert module.header("Content-Type").startswith("text/javascript")
    assert b"uPlot" in gzip.decompress(ask(site, "GET", "/page/uplot.js", Accept_Encoding="gzip").body)
    assert b"MIT" in gzip.decompress(ask(site, "GET", "/page/uplot-license.txt", Accept_Encoding="gzip").body)
    assert ask(site, "GET", "/").status == 406


@pytest.mark.parametrize("path", ["/page/", "/page/nothing.js", "/page/../page/main.js", "/page/%2e%2e/etc/passwd",
                                  "/page//etc/passwd", "/etc/passwd", "/page/main.js%00.css", "/index.html"])
def test_no_other_files(site, path):
    assert ask(site, "GET", path, Accept_Encoding="gzip").status == 404


def test_requests_and_replies(site):
    with Link(site, "read") as link:
        assert link.hello["role"] == "read"
        assert link.send({"id": 1, "command": "list"}, {"id": 2, "command": "open"}).status == 202
        replies = {reply["id"]: reply for reply in (link.next(), link.next())}
        assert replies[1]["data"] == {"count": 0, "sessions": []}
        assert replies[2]["error"]["type"] == "ConfigurationException"
        wait_until(lambda: site.client.data({"command": "status"})["counters"]["web"]["streaming"] == 1,
                   what="it is the only one")
        link.send({"id": 3, "command": "status"})
        (token,) = link.next()["data"]["tokens"]
        assert token["role"] == "read" and token["connections"]["used"] == 1


def test_what_the_role_does_not_allow(site):
    with Link(site, "read") as link:
        link.send({"id": 1, "command": "query", "sessionId": "x", "method": "write", "params": ["i=1", 1]})
        error = link.next()["error"]
        assert error["type"] in ("access_denied", "session_not_found")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Cookie": "osm_token=x"}])
def test_without_a_token(site, headers):
    for path in ("/api/stream", "/api/request"):
        assert ask(site, "POST", path, **headers).status == 401


def test_wrong_tokens_take_their_time(site):
    before = time.monotonic()
    assert ask(site, "POST", "/api/stream", Authorization="Bearer page-reader-012345678").status == 401
    assert time.monotonic() - before >= 0.9
    assert "wrong or missing token" in site.daemon.log()
    assert site.client.data({"command": "status"})["counters"]["web"]["auth_failures"] >= 1


def test_the_token_in_a_cookie_is_none(site):
    """A browser would send it along with requests of other pages of this host."""
    answer = ask(site, "POST", "/api/stream", Cookie=f"osm_token={TOKENS['read']}")
    assert answer.status == 401 and "Authorization" in answer.error


@pytest.mark.parametrize("header", [{"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
                                    {"Origin": "http://evil.example"}, {"Origin": "null"},
                                    {"Origin": "http://127.0.0.1:1"}])
def test_other_pages_are_refused(site, header):
    assert ask(site, "POST", "/api/stream", **bearer("read"), **header).status == 403


def test_names_that_were_made_to_point_here(site):
    assert ask(site, "GET", "/", Host="evil.example", Accept_Encoding="gzip").status == 421
    assert ask(site, "GET", "/", Host=f"localhost:{site.port}", Accept_Encoding="gzip").status == 200


def test_a_link_is_its_tokens(site):
    with Link(site, "read") as link:
        assert link.send({"id": 1, "command": "ping"}, role="admin").status == 404
        assert ask(site, "POST", "/api/request", "{}", X_Link="0" * 32, **bearer("read")).status == 404
        assert ask(site, "POST", "/api/request", "{}", **bearer("read")).status == 404
    gone = link.hello["link"]
    wait_until(lambda: ask(site, "POST", "/api/request", '{"id":1}', X_Link=gone, **bearer("read")).status == 404,
               what="the link has gone")


def test_bodies_that_are_no_requests(site):
    with Link(site, "read") as link:
        def post(body):
            return ask(site, "POST", "/api/request", body, X_Link=link.hello["link"], **bearer("read")).status
        assert post("") == 400
        assert post("[1]") == 400
        assert post('{"id":1,"command":"ping"}\nnonsense') == 400
        assert post("x" * 70000) == 413
        assert post('{"id":1') == 202
        assert link.next()["error"]["type"] == "invalid_json"
        assert post('{"id":7,"command":"ping"}') == 202
        assert link.next()["id"] == 7


def test_the_token_cannot_be_slipped_in(site):
    """A body names another token: it is that one which counts, as on the socket."""
    with Link(site, "read") as link:
        link.send({"id": 1, "command": "ping", "authToken": "nonsense"})
        assert link.next()["error"]["type"] == "auth_failed"


def opens(site):
    try:
        with Link(site, "admin"):
            return True
    except AssertionError:
        return False


def test_too_many_pages(site):
    links = []
    wait_until(lambda: site.client.data({"command": "status"})["counters"]["web"]["streaming"] == 0,
               what="those of the other tests have gone")
    try:
        for _ in range(64):
            links.append(Link(site, "admin"))
        answer = ask(site, "POST", "/api/stream", **bearer("admin"))
        assert answer.status == 503 and "too many pages" in answer.error
    finally:
        for link in links:
            link.line.close()
    wait_until(lambda: opens(site), what="the places of those who have gone are free")


def test_a_token_that_is_taken_out():
    with Site({}) as site, Link(site, "read") as link:
        (site.folder / "tokens").write_text(f"admin {TOKENS['admin']}\n")
        os.kill(site.daemon.pid, signal.SIGHUP)
        messages = []
        while message := link.next():
            messages.append(message)
        assert not messages or messages[-1]["error"]["type"] == "auth_failed"
        assert link.send({"id": 1, "command": "ping"}).status == 401


def test_the_end_of_the_daemon_ends_the_page():
    with Site({}) as site, Link(site, "read") as link:
        site.restart()
        assert link.next() is None
        with Link(site, "read") as again:
            assert again.hello["link"] != link.hello["link"]


@pytest.mark.parametrize("option, token, expected", [
    ("127.0.0.1:0", None, "--web needs a token"), ("10.0.0.1:80", "t", "non-loopback"),
    ("unix:///tmp/s", "t", "browsers need <host>:<port>"), ("x", "t", "--web x: ")])
def test_starts_that_fail(tmp_path, option, token, expected):
    """One line that says what is wrong, and nothing is left."""
    run = subprocess.run([program("opcua-session-manager"), "--socket", tmp_path / "s", "--web", option],
                         env={**os.environ, "OPCUA_AUTH_TOKEN": token or ""}, capture_output=True, text=True, timeout=120,
                         check=False)
    assert run.returncode == 1 and expected in run.stderr, run.stderr
    assert not os.listdir(tmp_path)
