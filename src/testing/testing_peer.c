/* SPDX-License-Identifier: MIT */
/* The server that speaks OPC UA over a socket (testing_peer.h). */
#include "testing/testing_peer.h"

/* --- writing ------------------------------------------------------------------------------- */

static void test_u32(struct osm_buf *out, uint32_t value)
{
    const unsigned char bytes[] = {value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24};

    osm_buf_add(out, bytes, sizeof(bytes));
}

static void test_text(struct osm_buf *out, const char *text)
{
    test_u32(out, (uint32_t)strlen(text));
    osm_buf_add_text(out, text);
}

/* Puts header and size before a body. */
static void test_chunk(struct osm_buf *out, const char *type, const struct osm_buf *body)
{
    osm_buf_add(out, type, 4);
    test_u32(out, (uint32_t)(body->length + 8));
    osm_buf_add(out, body->data, body->length);
}

void test_err_chunk(struct osm_buf *out, uint32_t code, const char *reason)
{
    struct osm_buf body = {0};

    test_u32(&body, code);
    if (reason)
        test_text(&body, reason);
    else
        test_u32(&body, UINT32_MAX);
    test_chunk(out, "ERRF", &body);
    osm_buf_deinit(&body);
}

static void test_ack_chunk(struct osm_buf *out)
{
    struct osm_buf body = {0};

    test_u32(&body, 0);
    test_u32(&body, 65535);
    test_u32(&body, 65535);
    test_u32(&body, 0);
    test_u32(&body, 0);
    test_chunk(out, "ACKF", &body);
    osm_buf_deinit(&body);
}

/* Type id and structure, as service messages carry them. */
static void test_structure(struct osm_buf *out, const void *value, const UA_DataType *type)
{
    const uint32_t id = type->binaryEncodingId.identifier.numeric;
    const unsigned char head[] = {1, 0, id & 255, id >> 8 & 255};
    size_t size = UA_calcSizeBinary(value, type);
    UA_ByteString bytes;

    osm_buf_add(out, head, sizeof(head));
    bytes.data = (UA_Byte *)osm_buf_reserve(out, size);
    bytes.length = size;
    assert_int_equal(UA_encodeBinary(value, type, &bytes), UA_STATUSCODE_GOOD);
    osm_buf_commit(out, size);
}

/* A response in one chunk. */
static void test_msg_chunk(struct osm_buf *out, uint32_t sequence, uint32_t request_id,
                           const void *response, const UA_DataType *type)
{
    struct osm_buf body = {0};

    test_u32(&body, 7); /* channel */
    test_u32(&body, 1); /* token */
    test_u32(&body, sequence);
    test_u32(&body, request_id);
    test_structure(&body, response, type);
    test_chunk(out, "MSGF", &body);
    osm_buf_deinit(&body);
}

static void test_opn_chunk(struct osm_buf *out, uint32_t sequence, uint32_t request_id,
                           uint32_t handle, uint32_t lifetime)
{
    UA_OpenSecureChannelResponse response;
    struct osm_buf body = {0};

    UA_OpenSecureChannelResponse_init(&response);
    response.responseHeader.requestHandle = handle;
    response.securityToken.channelId = 7;
    response.securityToken.tokenId = 1;
    response.securityToken.createdAt = UA_DateTime_now();
    response.securityToken.revisedLifetime = lifetime;
    test_u32(&body, 7);
    test_text(&body, "http://opcfoundation.org/UA/SecurityPolicy#None");
    test_u32(&body, UINT32_MAX);
    test_u32(&body, UINT32_MAX);
    test_u32(&body, sequence);
    test_u32(&body, request_id);
    test_structure(&body, &response, &UA_TYPES[UA_TYPES_OPENSECURECHANNELRESPONSE]);
    test_chunk(out, "OPNF", &body);
    osm_buf_deinit(&body);
}

/* --- the peer ------------------------------------------------------------------------------ */

static void test_link_closed(uv_handle_t *handle)
{
    struct test_peer_link *link = handle->data;

    osm_buf_deinit(&link->in);
    free(link);
}

static void test_link_close(struct test_peer_link *link)
{
    if (link->closing)
        return;
    link->closing = true;
    DL_DELETE(link->peer->links, link);
    uv_close((uv_handle_t *)&link->handle, test_link_closed);
}

void test_link_send(struct test_peer_link *link, const void *data, size_t length)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)length);

    if (!link->closing)
        (void)uv_try_write((uv_stream_t *)&link->handle, &buf, 1);
}

void test_respond(struct test_peer_link *link, uint32_t request_id, void *response,
                  const UA_DataType *type)
{
    struct osm_buf out = {0};

    test_msg_chunk(&out, ++link->sequence, request_id, response, type);
    test_link_send(link, out.data, out.length);
    osm_buf_deinit(&out);
    UA_delete(response, type);
}

static void test_respond_fault(struct test_peer_link *link, uint32_t request_id, uint32_t handle,
                               UA_StatusCode status)
{
    UA_ServiceFault *fault = UA_ServiceFault_new();

    fault->responseHeader.serviceResult = status;
    if (!link->peer->anonymous_header) {
        fault->responseHeader.requestHandle = handle;
        fault->responseHeader.timestamp = UA_DateTime_now();
    }
    test_respond(link, request_id, fault, &UA_TYPES[UA_TYPES_SERVICEFAULT]);
}

void *test_endpoints(struct test_peer *peer)
{
    UA_GetEndpointsResponse *response = UA_GetEndpointsResponse_new();
    UA_EndpointDescription *endpoint = UA_EndpointDescription_new();
    char url[64];

    (void)snprintf(url, sizeof(url), "opc.tcp://127.0.0.1:%d", peer->port);
    endpoint->endpointUrl = UA_STRING_ALLOC(url);
    endpoint->securityMode = UA_MESSAGESECURITYMODE_NONE;
    endpoint->securityPolicyUri =
        UA_STRING_ALLOC("http://opcfoundation.org/UA/SecurityPolicy#None");
    endpoint->transportProfileUri =
        UA_STRING_ALLOC("http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary");
    endpoint->userIdentityTokens = UA_UserTokenPolicy_new();
    endpoint->userIdentityTokensSize = 1;
    endpoint->userIdentityTokens[0].policyId = UA_STRING_ALLOC("anonymous");
    response->endpoints = endpoint;
    response->endpointsSize = 1;
    return response;
}

static void *test_created(struct test_peer *peer)
{
    UA_CreateSessionResponse *response = UA_CreateSessionResponse_new();

    response->sessionId = UA_NODEID_NUMERIC(1, 77);
    response->authenticationToken = UA_NODEID_NUMERIC(1, 78);
    response->revisedSessionTimeout = peer->revised_timeout;
    return response;
}

/* One service request, already taken apart. */
static void test_serve(struct test_peer_link *link, uint32_t type, uint32_t id, uint32_t handle)
{
    struct test_peer *peer = link->peer;

    switch (type) {
    case UA_NS0ID_FINDSERVERSREQUEST_ENCODING_DEFAULTBINARY:
        test_respond(link, id, UA_FindServersResponse_new(),
                     &UA_TYPES[UA_TYPES_FINDSERVERSRESPONSE]);
        break;
    case UA_NS0ID_GETENDPOINTSREQUEST_ENCODING_DEFAULTBINARY:
        test_respond(link, id, test_endpoints(peer), &UA_TYPES[UA_TYPES_GETENDPOINTSRESPONSE]);
        break;
    case UA_NS0ID_CREATESESSIONREQUEST_ENCODING_DEFAULTBINARY:
        peer->forgets = false;
        peer->created++;
        test_respond(link, id, test_created(peer), &UA_TYPES[UA_TYPES_CREATESESSIONRESPONSE]);
        break;
    case UA_NS0ID_ACTIVATESESSIONREQUEST_ENCODING_DEFAULTBINARY:
        if (peer->forgets || peer->refuses)
            test_respond_fault(link, id, handle,
                               peer->forgets ? UA_STATUSCODE_BADSESSIONIDINVALID : peer->refuses);
        else
            test_respond(link, id, UA_ActivateSessionResponse_new(),
                         &UA_TYPES[UA_TYPES_ACTIVATESESSIONRESPONSE]);
        break;
    case UA_NS0ID_CLOSESESSIONREQUEST_ENCODING_DEFAULTBINARY:
        peer->goodbyes++;
        peer->last_request_id = id;
        if (!peer->keeps)
            test_respond(link, id, UA_CloseSessionResponse_new(),
                         &UA_TYPES[UA_TYPES_CLOSESESSIONRESPONSE]);
        break;
    default:
        peer->requests++;
        peer->last_request_id = id;
        peer->last_handle = handle;
        if (peer->fault)
            test_respond_fault(link, id, handle, peer->fault);
        else if (!peer->mute)
            test_respond(link, id, UA_ReadResponse_new(), &UA_TYPES[UA_TYPES_READRESPONSE]);
    }
}

static uint32_t test_read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* requestHandle of a request header: behind authenticationToken and timestamp. */
static uint32_t test_handle_of(const unsigned char *header)
{
    switch (header[0] & 0x3F) {
    case 0:
        return test_read_u32(header + 2 + 8);
    case 1:
        return test_read_u32(header + 4 + 8);
    case 2:
        return test_read_u32(header + 7 + 8);
    default:
        return 0;
    }
}

static void test_take_message(struct test_peer_link *link, const unsigned char *message)
{
    struct test_peer *peer = link->peer;
    struct osm_buf out = {0};

    if (memcmp(message, peer->hang_up_at, 3) == 0) {
        test_link_close(link);
    } else if (peer->refuse_at && memcmp(message, peer->refuse_at, 3) == 0) {
        test_err_chunk(&out, 0x80130000, "Not /you/today/");
        test_link_send(link, out.data, out.length);
        test_link_close(link);
    } else if (memcmp(message, "HEL", 3) == 0) {
        test_ack_chunk(&out);
        test_link_send(link, out.data, out.length);
    } else if (memcmp(message, "OPN", 3) == 0) {
        uint32_t policy = test_read_u32(message + 12);
        const unsigned char *sequence = message + 16 + policy + 8;

        test_opn_chunk(&out, ++link->sequence, test_read_u32(sequence + 4),
                       test_handle_of(sequence + 12), 3600000);
        test_link_send(link, out.data, out.length);
    } else if (memcmp(message, "MSG", 3) == 0) {
        test_serve(link, message[26] | (uint32_t)message[27] << 8, test_read_u32(message + 20),
                   test_handle_of(message + 28));
    }
    osm_buf_deinit(&out);
}

static void test_link_take(struct test_peer_link *link)
{
    struct test_peer *peer = link->peer;

    if (peer->manner == PEER_BYTES && peer->bytes) {
        test_link_send(link, peer->bytes, peer->bytes_length);
        if (peer->hang_up)
            test_link_close(link);
        return;
    }
    while (peer->manner == PEER_SPEAKS && !link->closing && link->in.length >= 8) {
        size_t size = test_read_u32((const unsigned char *)link->in.data + 4);

        assert_true(size >= 8 && size < 65536);
        if (link->in.length < size)
            break;
        test_take_message(link, (const unsigned char *)link->in.data);
        osm_buf_consume(&link->in, size);
    }
}

static void test_peer_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    static char bytes[65536];

    *buf = uv_buf_init(bytes, sizeof(bytes));
}

static void test_peer_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buf)
{
    struct test_peer_link *link = stream->data;

    if (length < 0) {
        test_link_close(link);
        return;
    }
    osm_buf_add(&link->in, buf->base, (size_t)length);
    test_link_take(link);
}

static void test_peer_accept(uv_stream_t *listener, int status)
{
    struct test_peer *peer = listener->data;
    struct test_peer_link *link = osm_alloc(sizeof(*link));

    assert_int_equal(status, 0);
    peer->calls++;
    link->peer = peer;
    link->handle.data = link;
    uv_tcp_init(peer->loop, &link->handle);
    DL_APPEND(peer->links, link);
    assert_int_equal(uv_accept(listener, (uv_stream_t *)&link->handle), 0);
    if (peer->manner == PEER_CLOSES)
        test_link_close(link);
    else
        uv_read_start((uv_stream_t *)&link->handle, test_peer_alloc, test_peer_read);
}

void test_peer_listen(struct test_peer *peer, uv_loop_t *loop)
{
    struct sockaddr_in address;
    int length = sizeof(address);

    *peer = (struct test_peer){.loop = loop, .revised_timeout = 60000};
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &peer->listener);
    peer->listener.data = peer;
    assert_int_equal(uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&peer->listener, 512, test_peer_accept), 0);
    uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &length);
    peer->port = ntohs(address.sin_port);
}

void test_peer_hang_up(struct test_peer *peer)
{
    while (peer->links)
        test_link_close(peer->links);
}

void test_peer_close(struct test_peer *peer)
{
    test_peer_hang_up(peer);
    if (!uv_is_closing((uv_handle_t *)&peer->listener))
        uv_close((uv_handle_t *)&peer->listener, NULL);
}
