/* SPDX-License-Identifier: MIT */
/* Events as lists of fields: every kind of field, with a value and without; and the events whose
 * members depend on what is known. */
#include "core/event/event_fields.h"

#include "core/event/events.h"
#include "core/event/events_connection.h"
#include "testing/testing_events.h"

#define TYPE OSM_EVENT_SUBSCRIPTION_LOST

static struct test_ear ear;

static int teardown(void **state)
{
    test_ear_end(&ear);
    return test_teardown(state);
}

static void hears(const char *expected)
{
    char *quoted = test_quotes(expected);

    assert_string_equal(test_ear_hears(&ear), quoted);
    free(quoted);
}

/* An event with that one field. */
static void told(struct osm_session *session, struct osm_event_field field, const char *expected)
{
    char *line = osm_printf("SubscriptionLost {%s}\n", expected);

    osm_event_tell(session, TYPE, &field, 1);
    hears(line);
    free(line);
}

static void test_fields_of_every_kind(void **state)
{
    static const uint32_t numbers[] = {1, 4000000000, 9};
    static const struct osm_fault fault = {OSM_FAULT_CONNECTION, "gone"};
    static const UA_NodeId id = {2, UA_NODEIDTYPE_NUMERIC, {7}};
    struct osm_session *session = test_source_begin(state, &ear).session;
    UA_UInt16 number = 5;
    UA_Variant variant = {0};

    told(session, osm_field_uint("x", UINT64_MAX), "'x':18446744073709551615");
    told(session, osm_field_bool("x", true), "'x':true");
    told(session, osm_field_bool("x", false), "'x':false");
    told(session, osm_field_double("x", 0.5), "'x':0.5");
    told(session, osm_field_text("x", "a"), "'x':'a'");
    told(session, osm_field_text("x", NULL), "'x':null");
    told(session, osm_field_value("x", &number, &UA_TYPES[UA_TYPES_UINT16]), "'x':5");
    told(session, osm_field_value("x", NULL, &UA_TYPES[UA_TYPES_UINT16]), "'x':null");
    told(session, osm_field_node_id("x", &id), "'x':{'ns':2,'id':7,'type':'numeric'}");
    told(session, osm_field_numbers("x", numbers, 2), "'x':[1,4000000000]");
    told(session, osm_field_numbers("x", numbers, 0), "'x':[]");
    told(session, osm_field_content("x", &variant), "'x':null");
    UA_Variant_setScalar(&variant, &number, &UA_TYPES[UA_TYPES_UINT16]);
    told(session, osm_field_content("x", &variant), "'x':5");
    told(session, osm_field_fault(&fault),
         "'exception':{'type':'ConnectionException','message':'gone'}");
    told(session, osm_field_fault(NULL), "'exception':null");
}

static void test_several_fields_and_none(void **state)
{
    struct osm_session *session = test_source_begin(state, &ear).session;
    const struct osm_event_field fields[] = {osm_field_uint("a", 1), osm_field_uint("b", 2),
                                             osm_field_uint("c", 3)};

    osm_event_tell(session, TYPE, fields, 2); /* the third is not of it */
    hears("SubscriptionLost {'a':1,'b':2}\n");
    osm_event_tell(session, TYPE, fields, 0);
    hears("SubscriptionLost {}\n");
}

/* How many messages are lost may not be known, nor the last of them. */
static void test_what_was_lost(void **state)
{
    struct osm_session *session = test_source_begin(state, &ear).session;

    osm_event_notifications_lost(session, 4, 7, 9, 3, "gap");
    hears("NotificationsLost {'subscriptionId':4,'from':7,'to':9,'dropped':3,'reason':'gap'}\n");
    osm_event_notifications_lost(session, 4, 7, 0, OSM_OBSERVED_UNKNOWN, "anew");
    hears("NotificationsLost {'subscriptionId':4,'from':7,'to':null,'dropped':null,"
          "'reason':'anew'}\n");
}

/* What has not been open is not closed. */
static void test_goodbyes(void **state)
{
    struct osm_session *session = test_source_begin(state, &ear).session;

    osm_events_of_goodbye(session, 0);
    hears("ClientDisconnecting {}\n");
    osm_events_of_goodbye(session, 5);
    hears("ClientDisconnecting {}\nSessionClosed {}\nSecureChannelClosed {'channelId':5}\n");
}

static void test_certificates_that_were_judged(void **state)
{
    struct osm_session *session = test_source_begin(state, &ear).session;
    struct osm_ua_judgement judgement = {.fingerprint = "aa", .subject = "CN=x", .reason = "old"};

    judgement.trust = OSM_UA_TRUST_NOT_ASKED;
    osm_event_judged(session, &judgement);
    hears("");
    judgement.trust = OSM_UA_TRUST_TRUSTED;
    osm_event_judged(session, &judgement);
    hears("ServerCertificateTrusted {'fingerprint':'aa','subject':'CN=x'}\n");
    judgement.trust = OSM_UA_TRUST_ACCEPTED;
    osm_event_judged(session, &judgement);
    hears("ServerCertificateAutoAccepted {'fingerprint':'aa','subject':'CN=x'}\n");
    judgement.trust = OSM_UA_TRUST_REJECTED;
    osm_event_judged(session, &judgement);
    hears("ServerCertificateRejected {'fingerprint':'aa','reason':'old','subject':'CN=x'}\n");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, test_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields_of_every_kind),
        TEST(test_several_fields_and_none),
        TEST(test_what_was_lost),
        TEST(test_goodbyes),
        TEST(test_certificates_that_were_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
