/* SPDX-License-Identifier: MIT */
/* Which endpoint, which token policy: the order of ipc-protocol.md §6, row by row. */
#include "rim/ua/endpoint_select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/macros.h"

#define URI(name) UA_STRING((char *)(uintptr_t)OSM_POLICY_PREFIX name)
#define TEXT(text) UA_STRING((char *)(uintptr_t)(text))
#define SHA256 OSM_POLICY_PREFIX "Basic256Sha256"

/* In the order of preference behind the exact match; the position is the policy's id. */
static const char *const preference[] = {
    "",
    OSM_POLICY_PREFIX "Basic256Sha256",
    OSM_POLICY_PREFIX "Aes128_Sha256_RsaOaep",
    OSM_POLICY_PREFIX "Aes256_Sha256_RsaPss",
    OSM_POLICY_PREFIX "Basic256",
    OSM_POLICY_PREFIX "Basic128Rsa15",
    "urn:unheard-of",
    "urn:unheard-of:2",
};
#define COUNT OSM_ARRAY_SIZE(preference)

/* An endpoint that offers preferences `first` and worse, the worst one first in its list, and a
 * better one of another kind of user before all. */
static UA_EndpointDescription offer(UA_UserTokenPolicy tokens[COUNT + 1], size_t first)
{
    UA_EndpointDescription endpoint;

    UA_EndpointDescription_init(&endpoint);
    UA_UserTokenPolicy_init(&tokens[0]);
    tokens[0].tokenType = UA_USERTOKENTYPE_CERTIFICATE;
    endpoint.userIdentityTokensSize = 1;
    for (size_t i = COUNT; i-- > first;) {
        UA_UserTokenPolicy *token = &tokens[endpoint.userIdentityTokensSize++];

        UA_UserTokenPolicy_init(token);
        token->tokenType = UA_USERTOKENTYPE_USERNAME;
        token->securityPolicyUri = TEXT(preference[i]);
    }
    endpoint.userIdentityTokens = tokens;
    return endpoint;
}

static void assert_chosen(const UA_EndpointDescription *endpoint, const char *policy_uri,
                          const char *expected)
{
    const UA_UserTokenPolicy *token =
        osm_endpoint_select_token(endpoint, policy_uri, UA_USERTOKENTYPE_USERNAME);
    UA_String text = TEXT(expected);

    assert_non_null(token);
    assert_true(UA_String_equal(&token->securityPolicyUri, &text));
}

static void test_order(void **state)
{
    UA_UserTokenPolicy tokens[COUNT + 1];

    for (size_t first = 0; first < COUNT; first++) {
        UA_EndpointDescription endpoint = offer(tokens, first);
        /* of policies nobody ranks the first of the list is taken: the last of `preference` */
        const char *expected = preference[first < 6 ? first : COUNT - 1];

        assert_chosen(&endpoint, "urn:unheard-of:3", expected);
    }
}

static void test_exact_match_comes_first(void **state)
{
    UA_UserTokenPolicy tokens[COUNT + 1];
    UA_EndpointDescription endpoint = offer(tokens, 0);

    for (size_t i = 0; i < COUNT; i++)
        assert_chosen(&endpoint, preference[i], preference[i]);
}

/* S18: on an unsecured channel, where the channel's own policy encrypts nothing. */
static void test_passwords_are_encrypted(void **state)
{
    UA_UserTokenPolicy tokens[COUNT + 1];

    for (size_t first = 0; first < 6; first++) {
        UA_EndpointDescription endpoint = offer(tokens, first);

        assert_chosen(&endpoint, OSM_POLICY_NONE, first ? preference[first] : SHA256);
        tokens[1].securityPolicyUri = URI("None");
        assert_chosen(&endpoint, OSM_POLICY_NONE, first ? preference[first] : SHA256);
    }
    tokens[1].securityPolicyUri = URI("ECC_curve25519");
    tokens[2].securityPolicyUri = URI("None");
    for (size_t i = 3; i <= COUNT; i++)
        tokens[i].securityPolicyUri = TEXT("");
    {
        UA_EndpointDescription endpoint = {.userIdentityTokensSize = 3,
                                           .userIdentityTokens = tokens};

        assert_chosen(&endpoint, OSM_POLICY_NONE, OSM_POLICY_PREFIX "ECC_curve25519");
        /* a server that wants the password in clear and nothing else gets it */
        tokens[1].securityPolicyUri = TEXT("urn:unheard-of");
        assert_chosen(&endpoint, OSM_POLICY_NONE, OSM_POLICY_NONE);
        tokens[2].securityPolicyUri = TEXT("");
        assert_chosen(&endpoint, OSM_POLICY_NONE, "");
    }
}

/* Nobody else has anything to be encrypted. */
static void test_others_need_no_encryption(void **state)
{
    UA_UserTokenPolicy tokens[2] = {{.securityPolicyUri = URI("Basic256Sha256")},
                                    {.securityPolicyUri = URI("None")}};
    UA_EndpointDescription endpoint = {.userIdentityTokensSize = 2, .userIdentityTokens = tokens};

    tokens[0].tokenType = tokens[1].tokenType = UA_USERTOKENTYPE_ANONYMOUS;
    assert_ptr_equal(
        osm_endpoint_select_token(&endpoint, OSM_POLICY_NONE, UA_USERTOKENTYPE_ANONYMOUS),
        &tokens[1]);
}

/* What a server says of passwords under its signature, to be held against what anybody may have
 * said before. */
static void test_passwords_in_clear(void **state)
{
    UA_UserTokenPolicy tokens[2] = {
        {.tokenType = UA_USERTOKENTYPE_ANONYMOUS, .securityPolicyUri = URI("None")},
        {.tokenType = UA_USERTOKENTYPE_USERNAME}};
    UA_EndpointDescription endpoint = {.userIdentityTokens = tokens};

    assert_true(osm_endpoint_select_takes_clear(&endpoint)); /* says nothing */
    endpoint.userIdentityTokensSize = 1;
    assert_true(osm_endpoint_select_takes_clear(&endpoint));
    endpoint.userIdentityTokensSize = 2;
    assert_false(osm_endpoint_select_takes_clear(&endpoint)); /* by the channel's policy */
    tokens[1].securityPolicyUri = URI("Basic256Sha256");
    assert_false(osm_endpoint_select_takes_clear(&endpoint));
    tokens[1].securityPolicyUri = URI("None");
    assert_true(osm_endpoint_select_takes_clear(&endpoint));
}

static void test_other_kinds_of_users(void **state)
{
    UA_UserTokenPolicy tokens[COUNT + 1];
    UA_EndpointDescription endpoint = offer(tokens, 0);

    assert_ptr_equal(osm_endpoint_select_token(&endpoint, SHA256, UA_USERTOKENTYPE_CERTIFICATE),
                     &tokens[0]);
    assert_null(osm_endpoint_select_token(&endpoint, SHA256, UA_USERTOKENTYPE_ANONYMOUS));
    endpoint.userIdentityTokensSize = 0;
    assert_null(osm_endpoint_select_token(&endpoint, SHA256, UA_USERTOKENTYPE_USERNAME));
}

static void test_endpoint(void **state)
{
    UA_EndpointDescription endpoints[4];

    for (size_t i = 0; i < OSM_ARRAY_SIZE(endpoints); i++) {
        UA_EndpointDescription_init(&endpoints[i]);
        endpoints[i].securityPolicyUri = URI("Basic256Sha256");
        endpoints[i].securityMode = UA_MESSAGESECURITYMODE_SIGN;
    }
    endpoints[0].transportProfileUri = TEXT("http://opcfoundation.org/UA-Profile/Transport/https");
    endpoints[1].securityPolicyUri = URI("Basic256");
    assert_ptr_equal(osm_endpoint_select_endpoint(endpoints, 4, SHA256, 2), &endpoints[2]);
    assert_ptr_equal(osm_endpoint_select_endpoint(endpoints, 4, OSM_POLICY_PREFIX "Basic256", 2),
                     &endpoints[1]);
    assert_null(osm_endpoint_select_endpoint(endpoints, 4, SHA256, 3));
    assert_null(osm_endpoint_select_endpoint(endpoints, 4, OSM_POLICY_NONE, 1));
    assert_null(osm_endpoint_select_endpoint(endpoints, 0, SHA256, 2));
}

static void test_describe(void **state)
{
    UA_EndpointDescription endpoints[2];
    char text[64];

    memset(endpoints, 0, sizeof(endpoints));
    endpoints[0].securityPolicyUri = URI("None");
    endpoints[0].securityMode = UA_MESSAGESECURITYMODE_NONE;
    endpoints[1].securityPolicyUri = TEXT("urn:other");
    endpoints[1].securityMode = (UA_MessageSecurityMode)77;
    osm_endpoint_select_describe(endpoints, 2, text, sizeof(text));
    assert_string_equal(text, "None (None), urn:other (invalid)");
    osm_endpoint_select_describe(endpoints, 2, text, 14); /* what does not fit is left out whole */
    assert_string_equal(text, "None (None)");
    osm_endpoint_select_describe(endpoints, 0, text, sizeof(text));
    assert_string_equal(text, "");
    endpoints[0].transportProfileUri = TEXT("http://opcfoundation.org/UA-Profile/Transport/https");
    osm_endpoint_select_describe(endpoints, 1, text, sizeof(text));
    assert_string_equal(text, "None (None, not over opc.tcp)");
}

static void test_describe_long_names(void **state)
{
    UA_EndpointDescription endpoint = {.securityMode = UA_MESSAGESECURITYMODE_SIGN};
    char name[1000], text[240];

    memset(name, 'n', sizeof(name));
    endpoint.securityPolicyUri = (UA_String){sizeof(name), (UA_Byte *)name};
    osm_endpoint_select_describe(&endpoint, 1, text, sizeof(text));
    assert_int_equal(strlen(text), 80 + strlen(" (Sign)"));
}

/* Nobody reads on for ever. */
static void test_many_endpoints(void **state)
{
    size_t count = 65537;
    UA_EndpointDescription *endpoints =
        UA_Array_new(count, &UA_TYPES[UA_TYPES_ENDPOINTDESCRIPTION]);

    endpoints[count - 1].securityMode = UA_MESSAGESECURITYMODE_NONE;
    assert_null(osm_endpoint_select_endpoint(endpoints, count, OSM_POLICY_NONE, 1));
    endpoints[count - 2].securityMode = UA_MESSAGESECURITYMODE_NONE;
    assert_ptr_equal(osm_endpoint_select_endpoint(endpoints, count, OSM_POLICY_NONE, 1),
                     &endpoints[count - 2]);
    UA_Array_delete(endpoints, count, &UA_TYPES[UA_TYPES_ENDPOINTDESCRIPTION]);
}

static void test_many_tokens(void **state)
{
    UA_UserTokenPolicy *tokens = UA_Array_new(1001, &UA_TYPES[UA_TYPES_USERTOKENPOLICY]);
    UA_EndpointDescription endpoint = {.userIdentityTokensSize = 1001,
                                       .userIdentityTokens = tokens};

    for (size_t i = 0; i <= 1000; i++)
        tokens[i].tokenType = UA_USERTOKENTYPE_ISSUEDTOKEN;
    tokens[1000].tokenType = UA_USERTOKENTYPE_CERTIFICATE;
    assert_null(osm_endpoint_select_token(&endpoint, SHA256, UA_USERTOKENTYPE_CERTIFICATE));
    tokens[999].tokenType = UA_USERTOKENTYPE_CERTIFICATE;
    assert_ptr_equal(osm_endpoint_select_token(&endpoint, SHA256, UA_USERTOKENTYPE_CERTIFICATE),
                     &tokens[999]);
    UA_Array_delete(tokens, 1001, &UA_TYPES[UA_TYPES_USERTOKENPOLICY]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_exact_match_comes_first),
        cmocka_unit_test(test_passwords_are_encrypted),
        cmocka_unit_test(test_others_need_no_encryption),
        cmocka_unit_test(test_passwords_in_clear),
        cmocka_unit_test(test_other_kinds_of_users),
        cmocka_unit_test(test_endpoint),
        cmocka_unit_test(test_describe),
        cmocka_unit_test(test_describe_long_names),
        cmocka_unit_test(test_many_endpoints),
        cmocka_unit_test(test_many_tokens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
