# SPDX-License-Identifier: MIT
"""One daemon for all of these tests; each server has one session."""
import pytest

from osm.daemon import Daemon


@pytest.fixture(scope="module")
def client():
    with Daemon() as running:
        yield running.client


class Caller:
    """invoke on one session: data of successes, (type, message) of failures."""

    def __init__(self, client, url):
        self.client = client
        self.session = client.open(url)

    def ask(self, method, *args, **more):
        reply = self.client.invoke(self.session, method, *args, **more)
        assert reply.get("success") is True, (method, args, reply)
        assert set(reply["data"]) == {"data"}, reply
        return reply["data"]["data"]

    def fail(self, method, *args):
        reply = self.client.invoke(self.session, method, *args)
        assert reply.get("success") is False, (method, args, reply)
        return reply["error"]["type"], reply["error"]["message"]

    def query(self, method, *params):
        reply = self.client.query(self.session, method, *params)
        assert reply.get("success") is True, (method, params, reply)
        return reply["data"]


@pytest.fixture(scope="module")
def history(client, history_server):
    return Caller(client, history_server.url)


@pytest.fixture(scope="module")
def files(client, file_server):
    return Caller(client, file_server.url)
