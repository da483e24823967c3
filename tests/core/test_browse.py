# SPDX-License-Identifier: MIT
"""Browsing a folder of a thousand nodes, whole and in pages (methods.md §2.3-2.5, M8)."""
import pytest

from osm.servers import DemoServer

from .asking import ask, error, node
from .proxy import BROWSE, BROWSE_NEXT, Proxy

MANY = [node(f"Many/{i:04}") for i in range(1000)]
BAD_TYPE = "is not a valid backing value for enum PhpOpcua\\Client\\Types"


@pytest.fixture(scope="module")
def limited():
    """50 references an answer, five continuation points a session."""
    with DemoServer(options=["--limits"]) as server, Proxy(server) as line:
        yield line


@pytest.fixture(scope="module")
def small(client, limited):
    return client.open(limited.url)


def ids(references):
    return [f"ns={r['nodeId']['ns']};s={r['nodeId']['id']}" for r in references]


def walk(client, session, *params):
    """Page after page by the caller's own hand; the sizes of the pages and everything in them."""
    page = ask(client, session, "browseWithContinuation", *params)
    sizes, references = [len(page["references"])], list(page["references"])
    while page["continuationPoint"] is not None:
        assert page["references"] or len(sizes) > 1
        page = ask(client, session, "browseNext", page["continuationPoint"])
        sizes.append(len(page["references"]))
        references += page["references"]
    return sizes, references


def test_whole_without_limits(client, demo):
    whole = ask(client, demo, "browse", node("Many"))
    assert ids(whole) == MANY
    assert whole == ask(client, demo, "browseAll", node("Many")) == walk(client, demo, node("Many"))[1]
    assert whole[7] == {
        "referenceTypeId": {"ns": 0, "id": 47, "type": "numeric"}, "isForward": True,
        "nodeId": {"ns": 2, "id": "Many/0007", "type": "string"}, "browseName": {"ns": 2, "name": "0007"},
        "displayName": {"locale": whole[7]["displayName"]["locale"], "text": "0007"}, "nodeClass": 2,
        "typeDefinition": {"ns": 0, "id": 63, "type": "numeric"}}


def test_pages(client, small, limited):
    """browse is the first page, browseAll all of them, and so is a walk by hand."""
    assert ids(ask(client, small, "browse", node("Many"))) == MANY[:50]
    before = limited.count(BROWSE_NEXT)
    assert ids(ask(client, small, "browseAll", node("Many"))) == MANY
    assert limited.count(BROWSE_NEXT) - before == 19
    sizes, references = walk(client, small, node("Many"))
    assert sizes == [50] * 20 and ids(references) == MANY


def test_browse_gives_its_continuation_point_back(client, small, limited):
    """M8: five are all a session has; more browses than that leave none behind."""
    before = limited.count(BROWSE_NEXT)
    for _ in range(12):
        assert len(ask(client, small, "browse", node("Many"), 0, None, True, [], False)) == 50
    assert limited.count(BROWSE_NEXT) - before == 12
    assert len(ask(client, small, "browseAll", node("Many"))) == 1000


def test_walks_side_by_side(client, small):
    pages = [ask(client, small, "browseWithContinuation", node("Many")) for _ in range(4)]
    found = [list(page["references"]) for page in pages]
    while pages[0]["continuationPoint"]:
        pages = [ask(client, small, "browseNext", page["continuationPoint"]) for page in pages]
        for all_of_it, page in zip(found, pages):
            all_of_it += page["references"]
    assert [ids(all_of_it) for all_of_it in found] == [MANY] * 4


@pytest.mark.parametrize("point", ["", "AAAA", "not base64!", "x" * 5000, None, 5, "\0", []])
def test_unknown_continuation_points(client, demo, point):
    assert ask(client, demo, "browseNext", point) == {"references": [], "continuationPoint": None}


@pytest.mark.parametrize("method", ["browse", "browseAll", "browseWithContinuation"])
def test_unknown_node(client, demo, method):
    result = ask(client, demo, method, node("No/Such/Node"))
    assert result == ([] if method != "browseWithContinuation" else {"references": [], "continuationPoint": None})


def test_node_opcua(client, types, types_server):
    """Its folder of edge values is long enough for two pages of any size it likes."""
    whole = ask(client, types, "browseAll", "ns=1;s=Types")
    first = ask(client, types, "browse", "ns=1;s=Types")
    assert len(whole) > 120 and first == whole[:len(first)]
    assert walk(client, types, "ns=1;s=Types")[1] == whole
    assert len({reference["nodeId"]["id"] for reference in whole}) == len(whole)


def numbers(references):
    return {r["nodeId"]["id"] for r in references}


TANKS = {"Plant/Tank1", "Plant/Tank2", "Plant/Tank3"}
RESET = {"Plant/Reset"}


@pytest.mark.parametrize("params, expected", [
    ([], TANKS | RESET), ([0], TANKS | RESET), ([1], {85}), ([2], TANKS | RESET | {85}),
    ([0, "i=35"], TANKS), ([0, "i=47"], RESET), ([0, "i=34"], RESET), ([0, "i=34", False], set()), ([0, "i=40"], {58}),
    ([0, None, True, [2]], set()), ([0, None, True, [1, 2]], TANKS), ([0, None, True, [1, 4]], TANKS | RESET),
    ([0, None, True, {"a": 1}], TANKS), ([0, None, True, [0]], TANKS | RESET), (["0", None, "1", None, 0], TANKS | RESET)])
def test_filters(client, demo, params, expected):
    for method in ("browse", "browseAll"):
        assert numbers(ask(client, demo, method, node("Plant"), *params)) == expected


@pytest.mark.parametrize("params, message", [
    ([3], f"3 {BAD_TYPE}\\BrowseDirection"), ([-1], f"-1 {BAD_TYPE}\\BrowseDirection"),
    ([0, None, True, [3]], f"3 {BAD_TYPE}\\NodeClass"), ([0, None, True, [1, 256]], f"256 {BAD_TYPE}\\NodeClass")])
def test_values_outside_the_enum(client, demo, params, message):
    assert error(client.query(demo, "browse", node("Plant"), *params)) == ("ValueError", message)


def test_a_tree_that_bites_its_tail(client, demo):
    """The last folder refers back to the first: browseAll of each level ends."""
    at, seen = node("Tree"), set()
    while at not in seen:
        seen.add(at)
        down = [r for r in ask(client, demo, "browseAll", at, 0, "i=35") if not str(r["nodeId"]["id"]).endswith("Side")]
        at = ids(down)[0]
    assert at == node("Tree") and len(seen) == 17


def test_requests_are_one_each(client, small, limited):
    before = limited.count(BROWSE)
    ask(client, small, "browseAll", node("Many"), 0, None, True, [], False)
    assert limited.count(BROWSE) - before == 1


def test_endpoints(client, demo, demo_server, types):
    (endpoint,) = ask(client, demo, "getEndpoints", demo_server.url)
    assert endpoint["securityMode"] == 1 and endpoint["securityPolicyUri"].endswith("#None")
    assert {token["tokenType"] for token in endpoint["userIdentityTokens"]} == {0, 1}
    assert set(endpoint) == {"endpointUrl", "serverCertificate", "securityMode", "securityPolicyUri", "securityLevel",
                             "transportProfileUri", "userIdentityTokens"}
    assert ask(client, types, "getEndpoints")[0]["serverCertificate"]
