# SPDX-License-Identifier: MIT
"""A server is told the URL that the caller wrote, as it is (ipc-protocol.md §5.3)."""
import pytest

from osm.scripted import Script


class Server(Script):
    def get_endpoints(self, reader):
        self.urls.append(reader.bytes().decode())
        return super().get_endpoints(reader)

    def create_session(self, reader):
        for _ in range(2):
            reader.bytes()
        mask = reader.byte()
        for _ in range(mask.bit_count()):
            reader.bytes()
        reader.uint32()
        for _ in range(2):
            reader.bytes()
        reader.list(reader.bytes)
        reader.bytes()
        self.urls.append(reader.bytes().decode())
        return super().create_session(reader)


@pytest.mark.parametrize("written", ["opc.tcp://127.0.0.1:{port}", "opc.tcp://127.0.0.1:{port}/", "OPC.TCP://127.0.0.1:{port}/Ua/Plant?a=b",
                                     "127.0.0.1:{port}", "opc.https://127.0.0.1:{port}/x"])
def test_the_server_is_told_what_was_written(daemon, written):
    with Server() as server:
        url = written.format(port=server.listener.getsockname()[1])
        daemon.client.open(url)
        assert server.urls == [url] * 3
