/* SPDX-License-Identifier: MIT */
/*
 * Browses that share a server's continuation points (differences.md M28; OPC 10000-4 §5.8.2, §7.9):
 * everybody gets the whole list, or an error that says after how many references it broke off.
 *
 * The server here has CHILDREN references below each node, sends PAGE of them at a time and keeps
 * so many points as the test says.
 */
#include "core/link/op.h"
#include "port/service.h"
#include "testing/testing_method.h"

#define CHILDREN 25
#define PAGE 10
#define POINTS 8

struct shelf {
    unsigned most;          /* points at a time */
    UA_UInt16 named;        /* what it says it has */
    bool whole;             /* refuses the whole request … */
    bool frees;             /* … or gives up the oldest point for a new one */
    bool empty_page;        /* the second page has no references */
    bool flat;              /* only some nodes have children */
    UA_StatusCode broken;   /* what BrowseNext is answered with */
    bool unreadable;        /* it is answered with what cannot be decoded */
    unsigned refuse;        /* so many Browses, whatever it has */
    unsigned given[POINTS]; /* points in use: how many references have gone out; 0 = free */
    unsigned serial[POINTS], serials;
    unsigned peak, refused, released;
};

static struct shelf shelf;

static unsigned in_use(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < POINTS; i++)
        count += shelf.given[i] != 0;
    return count;
}

static unsigned oldest(void)
{
    unsigned oldest = POINTS;

    for (unsigned i = 0; i < POINTS; i++)
        if (shelf.given[i] && (oldest == POINTS || shelf.serial[i] < shelf.serial[oldest]))
            oldest = i;
    return oldest;
}

/* A point behind so many references; false = there is none left. */
static bool new_point(UA_BrowseResult *result, unsigned given)
{
    unsigned at = 0;
    char name[32];

    if (in_use() == shelf.most && shelf.frees)
        shelf.given[oldest()] = 0;
    if (in_use() == shelf.most)
        return false;
    while (shelf.given[at])
        at++;
    shelf.given[at] = given;
    shelf.serial[at] = ++shelf.serials;
    (void)snprintf(name, sizeof(name), "point %u", shelf.serial[at]);
    result->continuationPoint = UA_BYTESTRING_ALLOC(name);
    shelf.peak = OSM_MAX(shelf.peak, in_use());
    return true;
}

static void page(UA_BrowseResult *result, unsigned from)
{
    unsigned size = OSM_MIN(PAGE, CHILDREN - from);

    if (shelf.empty_page && from == PAGE) {
        shelf.empty_page = false;
        (void)new_point(result, from);
        return;
    }
    if (shelf.refuse || (from + size < CHILDREN && !new_point(result, from + size))) {
        shelf.refuse -= shelf.refuse > 0;
        shelf.refused++;
        result->statusCode = UA_STATUSCODE_BADNOCONTINUATIONPOINTS;
        return;
    }
    result->references = UA_Array_new(size, &UA_TYPES[UA_TYPES_REFERENCEDESCRIPTION]);
    result->referencesSize = size;
    for (unsigned i = 0; i < size; i++) {
        result->references[i].nodeId = UA_EXPANDEDNODEID_NUMERIC(1, 1 + from + i);
        result->references[i].nodeClass = UA_NODECLASS_OBJECT;
    }
}

/* Of a flat server: those of namespace 0, and every encoding. */
static bool has_children(const UA_BrowseDescription *node)
{
    return node->nodeId.namespaceIndex == 0 ||
           node->referenceTypeId.identifier.numeric == UA_NS0ID_HASENCODING;
}

static void serve_browse(struct osm_ua_call *call)
{
    const UA_BrowseRequest *request = call->request;
    UA_BrowseResponse *response = UA_BrowseResponse_new();

    response->resultsSize = request->nodesToBrowseSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_BROWSERESULT]);
    for (size_t i = 0; i < response->resultsSize; i++)
        if (!shelf.flat || has_children(&request->nodesToBrowse[i]))
            page(&response->results[i], 0);
    if (shelf.whole && response->results[0].statusCode) {
        UA_BrowseResponse_delete(response);
        test_answer_fault(call, UA_STATUSCODE_BADNOCONTINUATIONPOINTS);
        return;
    }
    test_answer(call, response);
}

/* Where it goes on behind that point, which is used up now; 0 = it is unknown. */
static unsigned use_up(const UA_ByteString *point)
{
    for (unsigned i = 0; i < POINTS; i++) {
        char name[32];
        int length = snprintf(name, sizeof(name), "point %u", shelf.serial[i]);
        unsigned given = shelf.given[i];

        if (!given || point->length != (size_t)length ||
            memcmp(point->data, name, point->length) != 0)
            continue;
        shelf.given[i] = 0;
        return given;
    }
    return 0;
}

static void serve_next(struct osm_ua_call *call)
{
    const UA_BrowseNextRequest *request = call->request;
    UA_BrowseNextResponse *response;

    if (shelf.unreadable && !request->releaseContinuationPoints) {
        test_answer_unreadable(call);
        return;
    }
    response = UA_BrowseNextResponse_new();
    response->resultsSize = request->continuationPointsSize;
    response->results = UA_Array_new(response->resultsSize, &UA_TYPES[UA_TYPES_BROWSERESULT]);
    for (size_t i = 0; i < response->resultsSize; i++) {
        unsigned from = use_up(&request->continuationPoints[i]);

        if (request->releaseContinuationPoints)
            shelf.released++;
        else if (shelf.broken)
            response->results[i].statusCode = shelf.broken;
        else if (!from)
            response->results[i].statusCode = UA_STATUSCODE_BADCONTINUATIONPOINTINVALID;
        else
            page(&response->results[i], from);
    }
    test_answer(call, response);
}

static void serve(struct osm_ua *server, struct osm_ua_call *call)
{
    if (call->service == &osm_service_browse)
        serve_browse(call);
    else if (call->service == &osm_service_browse_next)
        serve_next(call);
}

static struct osm_session *open_shelf(struct test_world *world, struct shelf as)
{
    shelf = as;
    UA_Variant_setScalar(&world->server.max_others, &shelf.named, &UA_TYPES[UA_TYPES_UINT16]);
    world->server.serve = serve;
    return test_session_open(world, "{'opcuaTimeout':5}");
}

#define NODE "['i=85',0,null,true,[],false]"

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part))) {
        text += strlen(part);
        count++;
    }
    return count;
}

static const char *text_of(const struct test_request *test)
{
    return test->reply ? test->reply : "nothing";
}

/* All CHILDREN, each once. */
static void is_whole(const struct test_request *test)
{
    assert_non_null(strstr(text_of(test), "\"success\":true"));
    for (unsigned i = 1; i <= CHILDREN; i++) {
        char id[64];

        (void)snprintf(id, sizeof(id), "\"nodeId\":{\"ns\":1,\"id\":%u,", i);
        assert_int_equal(count_of(text_of(test), id), 1);
    }
}

static void says(const struct test_request *test, const char *part)
{
    assert_non_null(strstr(text_of(test), "\"success\":false"));
    if (!strstr(text_of(test), part))
        fail_msg("\"%s\" is not in %s", part, text_of(test));
}

static void all_get_everything(struct test_world *world, struct osm_session *session)
{
    struct test_request *tests[6];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = test_query(world, session, "browseAll", NODE);
    test_turn(world);
    for (unsigned i = 0; i < 100; i++)
        test_advance(world, 20);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        is_whole(tests[i]);
    assert_int_equal(in_use(), 0);
}

/* --- together ------------------------------------------------------------------------------ */

/* A server that says how many it has is never asked for more. */
static void test_as_many_as_it_says(void **state)
{
    struct test_world *world = *state;

    for (UA_UInt16 points = 1; points <= 3; points++) {
        struct osm_session *session =
            open_shelf(world, (struct shelf){.most = points, .named = points});

        all_get_everything(world, session);
        assert_int_equal(shelf.refused, 0);
        assert_int_equal(shelf.peak, points);
    }
}

/* 0 = it names no limit: that is learnt from its refusals. */
static void test_as_many_as_it_turns_out(void **state)
{
    struct test_world *world = *state;

    for (unsigned points = 1; points <= 3; points++) {
        struct osm_session *session = open_shelf(world, (struct shelf){.most = points});

        all_get_everything(world, session);
        assert_true(shelf.refused > 0);
        shelf.refused = 0;
        all_get_everything(world, session); /* it is known now */
        assert_int_equal(shelf.refused, 0);
    }
}

static void test_the_whole_request_is_refused(void **state)
{
    struct test_world *world = *state;

    all_get_everything(world, open_shelf(world, (struct shelf){.most = 1, .whole = true}));
    assert_true(shelf.refused > 0);
}

/* §7.9: a server may give up an older point for a new one. Whoever had it begins anew. */
static void test_older_points_are_given_up(void **state)
{
    struct test_world *world = *state;

    all_get_everything(world, open_shelf(world, (struct shelf){.most = 1, .frees = true}));
}

static void test_says_more_than_it_has(void **state)
{
    struct test_world *world = *state;

    all_get_everything(world, open_shelf(world, (struct shelf){.most = 1, .named = 100}));
}

static void test_an_empty_page_is_no_end(void **state)
{
    struct test_world *world = *state;

    all_get_everything(world, open_shelf(world, (struct shelf){.most = 2, .empty_page = true}));
}

/* Sessions have their own points. */
static void test_two_sessions(void **state)
{
    struct test_world *world = *state;
    struct osm_session *one = open_shelf(world, (struct shelf){.most = 2, .named = 1});
    struct osm_session *other = test_session_open(world, "{}");
    struct test_request *first = test_query(world, one, "browseAll", NODE);
    struct test_request *second = test_query(world, other, "browseAll", NODE);

    test_turn(world);
    is_whole(first);
    is_whole(second);
    assert_int_equal(shelf.peak, 2);
}

static void test_trees(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *trees[3];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(trees); i++)
        trees[i] = test_query(world, session, "browseRecursive", "['i=85',0,3]");
    for (unsigned i = 0; i < 20; i++)
        test_turn(world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(trees); i++) {
        assert_non_null(trees[i]->reply);
        /* every node has the same children: of each level the first new one is entered */
        assert_int_equal(count_of(trees[i]->reply, "\"nodeId\""), 3 * CHILDREN);
    }
    assert_int_equal(shelf.refused, 0);
    assert_int_equal(in_use(), 0);
}

/* browse needs a point too, and gives it back (M8). */
static void test_first_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1});
    struct test_request *tests[3];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(tests); i++)
        tests[i] = test_query(world, session, "browse", NODE);
    test_turn(world);
    for (size_t i = 0; i < OSM_ARRAY_SIZE(tests); i++) {
        assert_non_null(tests[i]->reply);
        assert_int_equal(count_of(tests[i]->reply, "\"nodeId\""), PAGE);
    }
    assert_int_equal(in_use(), 0);
}

/* --- what stays refused -------------------------------------------------------------------- */

/* Nobody of ours has one: somebody else may, and give it back. */
static void test_later(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .refuse = 3});
    struct test_request *test = test_query(world, session, "browseAll", NODE);

    test_turn(world);
    assert_null(test->reply);
    for (unsigned i = 0; i < 20; i++)
        test_advance(world, 20);
    is_whole(test);
}

static void test_never(void **state)
{
    static const char *const methods[] = {"browse", "browseAll", "browseRecursive",
                                          "browseWithContinuation"};
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 0});

    for (size_t i = 0; i < OSM_ARRAY_SIZE(methods); i++) {
        struct test_request *test = test_query(world, session, methods[i], "['i=85']");
        unsigned before = shelf.refused;

        for (unsigned waited = 0; waited < 5000; waited += 100) {
            assert_null(test->reply);
            test_advance(world, 100);
        }
        says(test, "ServiceException");
        says(test, "BadNoContinuationPoints");
        says(test, "after 5 s in the queue for them: the list of references broke off after 0");
        assert_true(shelf.refused - before < 20); /* it is not pestered */
        assert_int_equal(osm_session_state(session), OSM_SESSION_ACTIVE);
    }
}

static void breaks_off(struct test_world *world, UA_StatusCode status, const char *name)
{
    struct osm_session *session =
        open_shelf(world, (struct shelf){.most = 1, .named = 1, .broken = status});
    struct test_request *all = test_query(world, session, "browseAll", NODE);
    struct test_request *tree = test_query(world, session, "browseRecursive", "['i=85']");

    test_turn(world);
    says(all, "ServiceException");
    says(all, "The list of references broke off after 10: BrowseNext was answered with ");
    says(all, name);
    says(tree, "broke off after 10");
}

static void test_a_page_that_fails(void **state)
{
    breaks_off(*state, UA_STATUSCODE_BADCONTINUATIONPOINTINVALID, "BadContinuationPointInvalid");
    breaks_off(*state, UA_STATUSCODE_BADNODEIDUNKNOWN, "BadNodeIdUnknown");
}

/* The turn in the queue has its limit; who has waited is told for what and how long. */
static void test_the_queue_is_left_in_time(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *slow, *test;

    world->server.serve = NULL;
    slow = test_query(world, session, "browseAll", NODE);
    test_advance(world, 100);
    test = test_query(world, session, "browseAll", NODE);
    assert_int_equal(test_calls(world), 1);
    osm_session_link(session)->conn->messages++; /* others are answered */
    test_advance(world, 4900);
    says(slow, "Read timeout");
    assert_null(test->reply);
    assert_int_equal(test_calls(world), 2);
    osm_session_link(session)->conn->messages++;
    test_advance(world, 5000);
    says(test, "Read timeout");
}

static void test_the_queue_takes_too_long(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *slow, *test;

    world->server.serve = NULL;
    slow = test_query(world, session, "browseAll", NODE);
    test = test_query(world, session, "browseAll", NODE);
    test_advance(world, 4000);
    serve_browse(test_call(world, 0));
    test_turn(world);
    osm_session_link(session)->conn->messages++;
    test_advance(world, 1000);
    says(test,
         "Waited 5 s in the queue for continuation points: the server has 1 for this session, "
         "1 in use by browses and 0 held by callers, and 0 browses were before this one; the "
         "list of references broke off after 0");
    assert_int_equal(test_calls(world), 2);
    assert_null(slow->reply);
    world->server.serve = serve;
    serve_next(test_call(world, 1));
    test_turn(world);
    is_whole(slow);
}

/* --- callers who go ------------------------------------------------------------------------ */

static void test_gone_in_the_queue(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *first, *second, *third;

    world->server.serve = NULL;
    first = test_query(world, session, "browseAll", NODE);
    second = test_query(world, session, "browseAll", NODE);
    third = test_query(world, session, "browseAll", NODE);
    test_turn(world);
    osm_request_abandon(&second->request);
    world->server.serve = serve;
    serve_browse(test_call(world, 0));
    test_turn(world);
    is_whole(first);
    is_whole(third);
    assert_int_equal(test_calls(world), 6); /* nothing for the second one */
}

static void test_gone_between_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test, *next;

    world->server.serve = NULL;
    test = test_query(world, session, "browseAll", NODE);
    next = test_query(world, session, "browseAll", NODE);
    test_turn(world);
    osm_request_abandon(&test->request);
    world->server.serve = serve;
    serve_browse(test_call(world, 0));
    test_turn(world);
    assert_int_equal(shelf.released, 1);
    is_whole(next);
    assert_int_equal(in_use(), 0);
}

/* --- points that would be lost ------------------------------------------------------------- */

/* The caller has been told of the time-out; the point in the late answer goes back. */
static void test_late_answers(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test;

    world->server.serve = NULL;
    test = test_query(world, session, "browseAll", NODE);
    test_turn(world);
    osm_session_link(session)->conn->messages++;
    test_advance(world, 5000);
    says(test, "Read timeout");
    world->server.serve = serve;
    serve_browse(test_call(world, 0));
    test_turn(world);
    assert_int_equal(shelf.released, 1);
    assert_int_equal(in_use(), 0);
}

/* The session goes on on a new connection, and the point with it. */
static void test_a_loss_between_pages(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test;

    world->server.serve = NULL;
    world->server.new_session = false;
    test = test_query(world, session, "browseAll", NODE);
    serve_browse(test_call(world, 0));
    test_turn(world);
    assert_int_equal(in_use(), 1);
    world->server.serve = serve;
    test_lose_now(world, session);
    test_turn(world);
    is_whole(test);
    assert_int_equal(shelf.released, 1);
    assert_int_equal(shelf.refused, 0);
    assert_int_equal(in_use(), 0);
}

/* --- callers who hold points --------------------------------------------------------------- */

static struct test_request *hold(struct test_world *world, struct osm_session *session)
{
    struct test_request *test = test_query(world, session, "browseWithContinuation", "['i=85']");

    test_turn(world);
    assert_non_null(test->reply);
    assert_int_equal(count_of(test->reply, "\"nodeId\""), PAGE);
    return test;
}

static void test_callers_follow(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test;

    (void)hold(world, session);
    test = test_query(world, session, "browseNext", "['cG9pbnQgMQ==']");
    test_turn(world);
    assert_int_equal(count_of(test->reply, "\"nodeId\""), PAGE);
    test = test_query(world, session, "browseNext", "['cG9pbnQgMg==']");
    test_turn(world);
    assert_int_equal(count_of(test->reply, "\"nodeId\""), CHILDREN - 2 * PAGE);
    assert_non_null(strstr(test->reply, "\"continuationPoint\":null"));
    test = test_query(world, session, "browseAll", NODE); /* the place is free again */
    test_turn(world);
    is_whole(test);
}

/* Others wait, but not for ever. */
static void test_callers_who_forget(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test, *late;

    (void)hold(world, session);
    test = test_query(world, session, "browseAll", NODE);
    test_advance(world, 1999);
    assert_null(test->reply);
    test_advance(world, 1);
    test_turn(world);
    is_whole(test);
    assert_int_equal(shelf.released, 1);
    late = test_query(world, session, "browseNext", "['cG9pbnQgMQ==']");
    test_turn(world);
    says(late, "The continuation point was released because it had not been used for a while and "
               "others waited for it (the list of references broke off after 10)");
}

/* Nobody waits: a caller may take his time. */
static void test_callers_take_their_time(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test;

    (void)hold(world, session);
    test_advance(world, 50000);
    test = test_query(world, session, "browseNext", "['cG9pbnQgMQ==']");
    test_turn(world);
    assert_int_equal(count_of(test->reply, "\"nodeId\""), PAGE);
}

static void test_a_page_that_cannot_be_decoded(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session =
        open_shelf(world, (struct shelf){.most = 2, .named = 2, .unreadable = true});
    struct test_request *all = test_query(world, session, "browseAll", NODE), *next;

    test_turn(world);
    says(all, "\"It cannot be decoded (the list of references broke off after 10)\"");
    (void)hold(world, session);
    next = test_query(world, session, "browseNext", "['cG9pbnQgMg==']");
    test_turn(world);
    says(next, "\"It cannot be decoded (the list of references broke off after 10)\"");
}

/* What has begun with us does not end as if it were complete. */
static void test_callers_points_that_are_gone(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test;

    (void)hold(world, session);
    test_lose_now(world, session); /* and with it the session */
    shelf.given[0] = 0;
    test = test_query(world, session, "browseNext", "['cG9pbnQgMQ==']");
    test_turn(world);
    test_turn(world);
    says(test, "BadContinuationPointInvalid (the list of references broke off after 10)");
    test = test_query(world, session, "browseNext", "['AAEC']"); /* none of ours */
    test_turn(world);
    test_reply_is(test, "{'success':true,'data':{'references':[],'continuationPoint':null}}");
}

/* --- types --------------------------------------------------------------------------------- */

/* The types below Structure come in pages, and their encodings are refused at first. */
static void test_types_are_all_found(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .flat = true});
    struct test_request *test = test_query(world, session, "discoverDataTypes", "[null,false]");
    const UA_ReadRequest *read = NULL;

    for (unsigned i = 0; i < 200; i++)
        test_advance(world, 20);
    for (size_t n = 0; n < test_calls(world); n++)
        if (test_call(world, n)->service == &osm_service_read)
            read = test_call(world, n)->request;
    assert_non_null(read);
    assert_int_equal(read->nodesToReadSize, CHILDREN);
    assert_int_equal(in_use(), 0);
    assert_true(shelf.refused > 0);
    assert_null(test->reply);
    test_answer_fault(test_call_of(world, test_calls(world) - 1, &osm_service_read),
                      UA_STATUSCODE_BADUNEXPECTEDERROR);
    test_turn(world);
    says(test, "ServiceFault");
}

/* Nobody waits any more; the point in the answer goes back all the same. */
static void test_callers_who_leave(void **state)
{
    struct test_world *world = *state;
    struct osm_session *session = open_shelf(world, (struct shelf){.most = 1, .named = 1});
    struct test_request *test;

    world->server.serve = NULL;
    test = test_query(world, session, "browseAll", NODE);
    test_turn(world);
    osm_request_abandon(&test->request);
    osm_op_leave(&test->request.caller);
    world->server.serve = serve;
    serve_browse(test_call(world, 0));
    test_turn(world);
    assert_int_equal(shelf.released, 1);
    assert_int_equal(in_use(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_world(test_as_many_as_it_says),
        test_in_world(test_callers_who_leave),
        test_in_world(test_as_many_as_it_turns_out),
        test_in_world(test_the_whole_request_is_refused),
        test_in_world(test_older_points_are_given_up),
        test_in_world(test_says_more_than_it_has),
        test_in_world(test_an_empty_page_is_no_end),
        test_in_world(test_two_sessions),
        test_in_world(test_trees),
        test_in_world(test_first_pages),
        test_in_world(test_later),
        test_in_world(test_never),
        test_in_world(test_a_page_that_cannot_be_decoded),
        test_in_world(test_a_page_that_fails),
        test_in_world(test_the_queue_is_left_in_time),
        test_in_world(test_the_queue_takes_too_long),
        test_in_world(test_gone_in_the_queue),
        test_in_world(test_gone_between_pages),
        test_in_world(test_late_answers),
        test_in_world(test_a_loss_between_pages),
        test_in_world(test_callers_follow),
        test_in_world(test_callers_who_forget),
        test_in_world(test_callers_take_their_time),
        test_in_world(test_callers_points_that_are_gone),
        test_in_world(test_types_are_all_found),
    };

    int failed = cmocka_run_group_tests_name("continuation points", tests, NULL, NULL);

    test_server_is_large = true; /* whatever the size of an answer, the reply is the same */
    return failed + cmocka_run_group_tests_name("continuation points", tests, NULL, NULL);
}
