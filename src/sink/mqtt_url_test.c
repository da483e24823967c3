/* SPDX-License-Identifier: MIT */
/* URLs of brokers and templates of topics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sink/mqtt_url.h"
#include "sink/topic.h"

static void assert_text(const char *text, const char *expected)
{
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
}

static void test_urls(void **state)
{
    const struct {
        const char *text;
        struct osm_mqtt_url url;
    } rows[] = {
        {"mqtt://broker",
         {.host = (char[]){"broker"}, .port = 1883, .qos = 1, .topic = (char[]){OSM_MQTT_TOPIC}}},
        {"mqtts://broker/",
         {.host = (char[]){"broker"},
          .port = 8883,
          .tls = true,
          .qos = 1,
          .topic = (char[]){OSM_MQTT_TOPIC}}},
        {"mqtt://a:b%3Ac%40@[::1]:1/x/{event}?qos=0",
         {.host = (char[]){"::1"},
          .port = 1,
          .user = (char[]){"a"},
          .password = (char[]){"b:c@"},
          .topic = (char[]){"x/{event}"}}},
        {"mqtt://u@h/t%20t/{handle}?retain=last&client=me&qos=2&keepalive=5",
         {.host = (char[]){"h"},
          .port = 1883,
          .user = (char[]){"u"},
          .qos = 2,
          .retain_last = true,
          .client = (char[]){"me"},
          .topic = (char[]){"t t/{handle}"}}},
        {"mqtts://h:9/x?ca=/a%26b&cert=c&key=k",
         {.host = (char[]){"h"},
          .port = 9,
          .tls = true,
          .qos = 1,
          .ca = (char[]){"/a&b"},
          .cert = (char[]){"c"},
          .key = (char[]){"k"},
          .topic = (char[]){"x"}}},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        const struct osm_mqtt_url *expected = &rows[i].url;
        struct osm_mqtt_url url;
        const char *error;

        assert_int_equal(osm_mqtt_url_parse(rows[i].text, &url, &error), 0);
        assert_string_equal(url.host, expected->host);
        assert_int_equal(url.port, expected->port);
        assert_int_equal(url.tls, expected->tls);
        assert_int_equal(url.qos, expected->qos);
        assert_int_equal(url.retain_last, expected->retain_last);
        assert_text(url.user, expected->user);
        assert_text(url.password, expected->password);
        assert_text(url.topic, expected->topic);
        assert_text(url.client, expected->client);
        assert_text(url.ca, expected->ca);
        assert_text(url.cert, expected->cert);
        assert_text(url.key, expected->key);
        osm_mqtt_url_deinit(&url);
    }
}

static void test_mistakes_in_urls(void **state)
{
    static const char *const rows[][2] = {
        {"", "begins with mqtt://"},
        {"http://h", "begins with mqtt://"},
        {"mqtt://", "host"},
        {"mqtt://:1", "host"},
        {"mqtt://[::1", "host"},
        {"mqtt://[::1]x", "port"},
        {"mqtt://h:", "port"},
        {"mqtt://h:0", "port"},
        {"mqtt://h:65536", "port"},
        {"mqtt://h:99999999999999999999", "port"},
        {"mqtt://:p@h", "user or password"},
        {"mqtt://u:%zz@h", "user or password"},
        {"mqtt://u:%00@h", "user or password"},
        {"mqtt://h/a+b", "wildcards"},
        {"mqtt://h/%23", "wildcards"},
        {"mqtt://h/#", "%23"},
        {"mqtt://h/%ff", "encoded"},
        {"mqtt://h/%", "encoded"},
        {"mqtt://h/{evnt}", "placeholder"},
        {"mqtt://h/{event", "placeholder"},
        {"mqtt://h/event}", "without its {"},
        {"mqtt://h/a%0ab", "control"},
        {"mqtt://h?qos=3", "qos"},
        {"mqtt://h?qos=", "qos"},
        {"mqtt://h?retain=all", "retain"},
        {"mqtt://h/x?retain=last", "{handle}"},
        {"mqtt://h?keepalive=4", "keepalive"},
        {"mqtt://h?colour=red", "unknown member"},
        {"mqtt://h?qos", "unknown member"},
        {"mqtt://h?client=", "proper value"},
        {"mqtt://h?ca=x", "mqtts://"},
        {"mqtts://h?cert=x", "belong together"},
        {"mqtt://h?password-file=x", "needs a user"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        struct osm_mqtt_url url;
        const char *error = NULL;

        assert_true(osm_mqtt_url_parse(rows[i][0], &url, &error) < 0);
        if (!strstr(error, rows[i][1]))
            fail_msg("%s: %s", rows[i][0], error);
        osm_mqtt_url_deinit(&url);
    }
}

static void test_topics(void **state)
{
#define VALUE(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
    static const struct osm_topic_value values[OSM_TOPIC_PLACE_COUNT_] = {
        [OSM_TOPIC_EVENT] = VALUE("DataChangeReceived"),
        [OSM_TOPIC_SESSION] = VALUE("a+b#c/d$e\n\x7f\xff\xc2\x85\xc3\xbc"),
        [OSM_TOPIC_HANDLE] = VALUE("7"),
        [OSM_TOPIC_CLIENT] = VALUE(""),
    };
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {"{event}", "DataChangeReceived"},
        {"x/{event}/{handle}/y", "x/DataChangeReceived/7/y"},
        {"{subscription}/{client}", "-/-"},
        {"{session}", "a_b_c_d_e____\xc3\xbc"},
    };

    for (size_t i = 0; i < OSM_ARRAY_SIZE(rows); i++) {
        _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

        assert_null(osm_topic_check(rows[i][0]));
        osm_topic_make(rows[i][0], values, &out);
        assert_string_equal(osm_buf_text(&out), rows[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_mistakes_in_urls),
        cmocka_unit_test(test_topics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
