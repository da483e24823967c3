# SPDX-License-Identifier: MIT
"""Who may do what: the server decides, the daemon hands it on as data."""
import pytest

from .asking import (BAD_NOT_READABLE, BAD_NOT_WRITABLE, BAD_USER_ACCESS_DENIED as DENIED, ask, node)

USERS = {"anonymous": {}, "operator": {"username": "operator", "password": "operator"},
         "viewer": {"username": "viewer", "password": "viewer"}}
BAD_NOT_EXECUTABLE = 0x81110000
# node: (status of reading, status of writing) for anonymous, operator, viewer
RIGHTS = {
    "ReadOnly": [(0, BAD_NOT_WRITABLE)] * 3,
    "WriteOnly": [(BAD_NOT_READABLE, 0), (BAD_NOT_READABLE, 0), (BAD_NOT_READABLE, DENIED)],
    "ReadWrite": [(0, 0), (0, 0), (0, DENIED)],
    "OperatorOnly": [(DENIED, DENIED), (0, 0), (DENIED, DENIED)],
    "OperatorWrites": [(0, DENIED), (0, 0), (0, DENIED)],
    "UsersOnly": [(DENIED, DENIED), (0, 0), (0, DENIED)],
}


@pytest.fixture(scope="module")
def logged_in(client, demo_server):
    return {user: client.open(demo_server.url, config) for user, config in USERS.items()}


@pytest.mark.parametrize("name", RIGHTS)
def test_rights(client, logged_in, name):
    for (user, session), (reading, writing) in zip(logged_in.items(), RIGHTS[name]):
        result = ask(client, session, "read", node(f"Access/{name}"))
        assert (result["statusCode"], result["value"]) == (reading, None if reading else 42), user
        assert ask(client, session, "write", node(f"Access/{name}"), 42, 6) == writing, user


def test_all_in_one_request(client, logged_in):
    for index, session in enumerate(logged_in.values()):
        nodes = [{"nodeId": node(f"Access/{name}")} for name in RIGHTS]
        assert [r["statusCode"] for r in ask(client, session, "readMulti", nodes)] == [
            rights[index][0] for rights in RIGHTS.values()]
        assert ask(client, session, "writeMulti", [{**item, "value": 42, "type": 6} for item in nodes]) == [
            rights[index][1] for rights in RIGHTS.values()]


def test_calls(client, logged_in):
    def status(user, parent, method):
        return ask(client, logged_in[user], "call", node(parent), node(f"{parent}/{method}"))["statusCode"]
    assert [status(user, "Access", "OperatorMethod") for user in USERS] == [BAD_NOT_EXECUTABLE, 0, BAD_NOT_EXECUTABLE]
    assert [status(user, "Methods", "Nothing") for user in USERS] == [0, 0, BAD_NOT_EXECUTABLE]


@pytest.mark.parametrize("method, arguments, status, outputs", [
    ("Add", [(11, 1), (11, 2.5)], 0, [(11, 3.5)]), ("Divide", [(6, 7), (6, 2)], 0, [(6, 3), (6, 1)]),
    ("Divide", [(6, 7), (6, 0)], 0x803C0000, []), ("Concat", [(12, "ä"), (12, "€")], 0, [(12, "ä€")]),
    ("Sum", [(11, [1, 2.5, 3])], 0, [(11, 6.5)]), ("Sum", [(11, [])], 0, [(11, 0.0)]),
    ("Fail", [(19, 0x80340000)], 0x80340000, []), ("Nothing", [], 0, []), ("Add", [(11, 1)], 0x80760000, []),
    ("Add", [(12, "1"), (11, 1)], 0x80AB0000, []), ("Wait", [(11, 1)], 0, [(11, 1.0)])])
def test_methods(client, demo, method, arguments, status, outputs):
    """Bad call results are data as well."""
    inputs = [{"type": type_id, "value": value} for type_id, value in arguments]
    result = ask(client, demo, "call", node("Methods"), node(f"Methods/{method}"), inputs)
    assert result["statusCode"] == status
    if status == 0:
        assert [(o["type"], o["value"]) for o in result["outputArguments"]] == outputs


def test_methods_that_are_not_there(client, demo):
    assert ask(client, demo, "call", node("Methods"), node("Methods/No"))["statusCode"] & 0x80000000
    assert ask(client, demo, "call", node("No"), node("Methods/Add"))["statusCode"] == 0x80340000
