# SPDX-License-Identifier: MIT
"""File transfer on a server with FileType and FileDirectoryType objects."""
import base64

import pytest

ROOT, HELLO, NOISE, BOX = (f"ns=1;s=Files{p}" for p in ("", "/hello.txt", "/noise.bin", "/box"))
READ, WRITE, ERASE, APPEND = 1, 2, 4, 8
TEXT = "Hello, Gr\u00fc\u00dfe!\n"


def mode(bits):
    return {"__t": "OpenFileMode", "v": bits}


@pytest.fixture
def scratch(files):
    """A file of this test's own."""
    created = files.ask("createFileInDirectory", ROOT, "scratch.txt")
    assert created == {"__t": "CreateFileResult", "fileNodeId": created["fileNodeId"], "fileHandle": 0}
    yield created["fileNodeId"]
    assert files.ask("deleteFileSystemObject", ROOT, created["fileNodeId"]) is None


def test_read(files):
    handle = files.ask("openFile", HELLO, mode(READ))
    assert isinstance(handle, int)
    assert files.ask("readFile", HELLO, handle, 5) == "Hello"
    assert files.ask("getFilePosition", HELLO, handle) == 5
    assert files.ask("setFilePosition", HELLO, handle, 7) is None
    assert files.ask("readFile", HELLO, handle, 100) == TEXT[7:]
    assert files.ask("readFile", HELLO, handle, 100) == ""
    assert files.ask("closeFile", HELLO, handle) is None


def test_names_and_paths_for_arguments(files):
    handle = files.ask("openFile", {"fileNodeId": "/Objects/1:Files/1:hello.txt", "mode": READ})
    assert files.ask("readFile", {"length": 5, "fileHandle": handle, "fileNodeId": {"__t": "NodeId", "v": HELLO}}) == "Hello"
    files.ask("closeFile", HELLO, handle)


def test_binary(files):
    handle = files.ask("openFile", NOISE, READ)
    kind, message = files.fail("readFile", NOISE, handle, 100)
    assert kind == "SerializationException" and "UTF-8" in message
    files.ask("setFilePosition", NOISE, handle, 0)
    assert files.ask("readFile", NOISE, handle, 100, binary="base64") == base64.b64encode(b"\xff\x00\xfe\x80").decode()
    files.ask("closeFile", NOISE, handle)


def test_binary_query(files, client):
    """The option serves query as well: every ByteString is base64."""
    reply = client.request({"command": "query", "sessionId": files.session, "method": "read",
                            "params": ["i=2256", 13], "binary": "base64"})
    assert reply["success"] is True


def test_write(files, scratch):
    handle = files.ask("openFile", scratch, WRITE | READ)
    assert files.ask("writeFile", scratch, handle, "gr\u00fcn ") is None
    assert files.ask("getFilePosition", scratch, handle) == 6  # bytes, not characters
    assert files.ask("writeFile", scratch, handle, {"base64": base64.b64encode(b"blue").decode()}) is None
    files.ask("setFilePosition", scratch, handle, 0)
    assert files.ask("readFile", scratch, handle, 100) == "gr\u00fcn blue"
    files.ask("closeFile", scratch, handle)
    handle = files.ask("openFile", scratch, WRITE | APPEND)
    files.ask("writeFile", scratch, handle, "!")
    assert files.fail("readFile", scratch, handle, 1) == ("ServiceException", "File Transfer Read failed: BadInvalidState")
    files.ask("closeFile", scratch, handle)
    handle = files.ask("openFile", scratch, READ)
    assert files.ask("readFile", scratch, handle, 100) == "gr\u00fcn blue!"
    files.ask("closeFile", scratch, handle)


def test_directories(files):
    made = files.ask("createDirectory", ROOT, "new")
    assert made["__t"] == "NodeId"
    assert files.fail("createDirectory", ROOT, "new")[0] == "ServiceException"
    created = files.ask("createFileInDirectory", made["v"], "inside", True)
    assert created["fileHandle"] > 0
    assert files.fail("deleteFileSystemObject", made["v"], created["fileNodeId"]) == (
        "ServiceException", "File Transfer DeleteFileSystemObject failed: BadInvalidState")
    files.ask("closeFile", created["fileNodeId"], created["fileHandle"])
    copied = files.ask("moveOrCopyFileSystemObject", made["v"], created["fileNodeId"], BOX, True, "copy")
    moved = files.ask("moveOrCopyFileSystemObject", made["v"], created["fileNodeId"], BOX, False)
    names = {r["browseName"]["name"] for r in files.query("browse", BOX, 0, None, True, [1])}
    assert names == {"copy", "inside"}
    for entry in (copied, moved):
        assert files.ask("deleteFileSystemObject", BOX, entry) is None
    assert files.ask("deleteFileSystemObject", ROOT, made) is None


def test_refusals(files):
    assert files.fail("closeFile", HELLO, 4711) == ("ServiceException", "File Transfer Close failed: BadInvalidArgument")
    assert files.fail("openFile", "i=85", READ) == (
        "ServiceException", "Cannot resolve File Transfer method 'Open' on node i=85: 0x806F0000")
    assert files.fail("openFile", "ns=1;s=nope", READ) == (
        "ServiceException", "Cannot resolve File Transfer method 'Open' on node ns=1;s=nope: BadNodeIdUnknown")
    assert files.fail("openFile", HELLO, mode(3))[0] == "ValueError"
    assert files.fail("openFile", HELLO, 256)[0] == "EncodingException"
    assert files.fail("readFile", HELLO, 1)[0] == "TypeError"
    assert files.fail("readFile", {"fileNodeId": HELLO, "handle": 1}) == ("Error", "Unknown named parameter $handle")


def test_after_reconnect(files):
    """Handles belong to the file here, not to the session; the methods are looked up again."""
    handle = files.ask("openFile", HELLO, READ)
    assert files.query("reconnect") is None
    assert files.ask("readFile", HELLO, handle, 5) == "Hello"
    files.ask("closeFile", HELLO, handle)


def test_server_info(files):
    assert files.ask("getServerProductName") == "urn:osm:files"
    assert files.ask("getServerManufacturerName") == "osm"
    assert files.ask("getServerSoftwareVersion") == "9.8"
    assert files.ask("getServerBuildNumber") == "42"
    date = {"__t": "DateTime", "v": "2024-05-06T07:08:09.010000+00:00"}
    assert files.ask("getServerBuildDate") == date
    assert files.ask("getServerBuildInfo") == {
        "__t": "BuildInfo", "product": "urn:osm:files", "manufacturer": "osm", "version": "9.8", "build": "42",
        "date": date}
