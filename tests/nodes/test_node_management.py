# SPDX-License-Identifier: MIT
"""addNodes, deleteNodes, addReferences, deleteReferences on a server that allows them."""
import itertools

import pytest

OBJECTS, ORGANIZES, HAS_COMPONENT, HAS_SUBTYPE = "i=85", "i=35", "i=47", "i=45"
OBJECT, VARIABLE, METHOD, OBJECT_TYPE, VARIABLE_TYPE, REFERENCE_TYPE, DATA_TYPE, VIEW = (1 << n for n in range(8))
BAD_NODE_ID_UNKNOWN, BAD_DUPLICATE_REFERENCE = 0x80340000, 0x80660000

_numbers = itertools.count(1)


def tagged(kind, **fields):
    return {"__t": kind, **fields}


def variant(builtin, value):
    return tagged("Variant", type=tagged("BuiltinType", v=builtin), value=value, dims=None, bytesB64=None)


def item(node_class, parent=OBJECTS, reference=ORGANIZES, type_definition="i=0", **more):
    name = f"Node{next(_numbers)}"
    return {"parentNodeId": parent, "referenceTypeId": reference, "requestedNewNodeId": f"ns=1;s={name}",
            "browseName": tagged("QualifiedName", ns=1, n=name), "nodeClass": tagged("NodeClass", v=node_class),
            "typeDefinition": type_definition, **more}


def add(history, *items):
    """Ids of the nodes, all of which must have been added; they are deleted by delete()."""
    results = history.ask("addNodes", list(items))
    assert [r["status"] for r in results] == [0] * len(items), results
    assert all(r["__t"] == "AddNodesResult" and r["added"]["__t"] == "NodeId" for r in results)
    return [r["added"]["v"] for r in results]


def delete(history, *ids):
    assert history.ask("deleteNodes", [{"nodeId": i} for i in ids]) == [0] * len(ids)


def value(history, node, attribute):
    result = history.query("read", node, attribute)
    assert result["statusCode"] == 0, (node, attribute, result)
    return result["value"]


def test_object_and_variable(history):
    folder, = add(history, item(OBJECT, type_definition="i=61", displayName="A folder", description="told"))
    variable, = add(history, item(
        VARIABLE, folder, HAS_COMPONENT, "i=63", dataType="i=6", accessLevel=3, userAccessLevel=3, valueRank=-1,
        value=variant(6, 5)))
    assert value(history, folder, 4) == {"locale": None, "text": "A folder"}
    assert value(history, folder, 5) == {"locale": None, "text": "told"}
    assert value(history, variable, 13) == 5
    assert value(history, variable, 17) == 3
    assert history.query("write", variable, 7, 6) == 0
    assert [r["nodeId"]["id"] for r in history.query("browse", folder, 0, None, True, [2])] == [variable[len("ns=1;s="):]]
    delete(history, variable, folder)
    assert history.query("read", folder, 4)["statusCode"] == BAD_NODE_ID_UNKNOWN


def test_byte_string_of_the_contract(history):
    """The example of the contract: a ByteString in bytesB64, ids as text and tagged."""
    node = item(VARIABLE, reference=tagged("NodeId", v=HAS_COMPONENT), type_definition="i=63", dataType="i=15",
                value={**variant(15, None), "bytesB64": "/wA="})
    added = add(history, node)
    shown = history.ask("read", added[0])
    assert shown["variant"]["bytesB64"] == "/wA="
    delete(history, *added)


@pytest.mark.parametrize("node", [
    pytest.param(lambda: item(OBJECT_TYPE, "i=58", HAS_SUBTYPE, isAbstract=True), id="ObjectType"),
    pytest.param(lambda: item(VARIABLE_TYPE, "i=63", HAS_SUBTYPE, dataType="i=11", valueRank=-1, isAbstract=True,
                              value=variant(11, 0.5)), id="VariableType"),
    pytest.param(lambda: item(DATA_TYPE, "i=22", HAS_SUBTYPE, isAbstract=True), id="DataType"),
])
def test_types(history, node):
    added = add(history, node())
    assert value(history, added[0], 8) is True
    delete(history, *added)


def test_reference_type(history):
    added = add(history, item(REFERENCE_TYPE, "i=33", HAS_SUBTYPE, symmetric=True, inverseName="of", isAbstract=False))
    assert value(history, added[0], 9) is True
    delete(history, *added)


def test_view(history):
    added = add(history, item(VIEW, "i=87", ORGANIZES, containsNoLoops=True, eventNotifier=1))
    assert value(history, added[0], 11) is True
    assert value(history, added[0], 12) == 1
    delete(history, *added)


def test_results_keep_their_places(history):
    good, bad = item(OBJECT, type_definition="i=61"), item(OBJECT, "i=999999", type_definition="i=61")
    results = history.ask("addNodes", {"nodesToAdd": [bad, good]})
    assert [bool(r["status"]) for r in results] == [True, False]
    delete(history, results[1]["added"]["v"])
    assert history.ask("deleteNodes", [{"nodeId": "ns=1;s=nope"}]) == [BAD_NODE_ID_UNKNOWN]


def test_references(history):
    folder, = add(history, item(OBJECT, type_definition="i=61"))
    reference = {"sourceNodeId": folder, "referenceTypeId": ORGANIZES, "isForward": True, "targetNodeId": "ns=1;s=History"}
    add_it = {**reference, "targetNodeClass": tagged("NodeClass", v=VARIABLE)}
    assert history.ask("addReferences", [add_it]) == [0]
    assert history.ask("addReferences", [add_it]) == [BAD_DUPLICATE_REFERENCE]
    assert [r["nodeId"]["id"] for r in history.query("browse", folder)] == ["History"]
    assert history.ask("deleteReferences", [reference]) == [0]
    history.query("invalidateCache", folder)
    assert history.query("browse", folder) == []
    delete(history, folder)


@pytest.mark.parametrize("method", ["addNodes", "deleteNodes", "addReferences", "deleteReferences"])
def test_empty_and_wrong_lists(history, method):
    assert history.fail(method, []) == ("ServiceException", "Server returned ServiceFault: 0x800F0000 BadNothingToDo")
    assert history.fail(method)[0] == "TypeError"
    assert history.fail(method, None)[0] == "TypeError"
    assert history.fail(method, [{}])[0] == "TypeError"
    reply = history.client.query(history.session, method, [])
    assert reply["error"] == {"type": "forbidden_method", "message": f"Method not allowed: {method}"}
