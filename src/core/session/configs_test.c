/* SPDX-License-Identifier: MIT */
/* Equal configurations are there once, and passwords not at all. */
#include "core/session/configs.h"

#include "testing/testing.h"

static struct osm_config config_of(int64_t retries, const char *user, const char *password)
{
    struct osm_config config = {.set = UINT32_C(1) << OSM_CONFIG_autoRetry |
                                       UINT32_C(1) << OSM_CONFIG_username |
                                       UINT32_C(1) << OSM_CONFIG_password};

    config.values[OSM_CONFIG_autoRetry].as_INT = retries;
    config.values[OSM_CONFIG_username].as_TEXT = osm_strdup(user);
    config.values[OSM_CONFIG_password].as_TEXT = osm_strdup(password);
    return config;
}

static const struct osm_kept_config *join(struct osm_configs *configs, int64_t retries,
                                          const char *user, const char *password)
{
    struct osm_config config = config_of(retries, user, password);
    const struct osm_kept_config *kept = osm_configs_join(configs, &config);

    assert_int_equal(config.set, 0); /* taken over */
    return kept;
}

static const struct osm_kept_config *find(const struct osm_configs *configs, int64_t retries,
                                          const char *user, const char *password)
{
    struct osm_config config = config_of(retries, user, password);
    const struct osm_kept_config *kept = osm_configs_find(configs, &config);

    osm_config_deinit(&config);
    return kept;
}

static void test_equal_ones_are_there_once(void **state)
{
    struct osm_configs configs;
    const struct osm_kept_config *one, *other;

    (void)state;
    osm_configs_init(&configs);
    assert_null(find(&configs, 1, "a", "b"));
    one = join(&configs, 1, "a", "b");
    other = join(&configs, 2, "a", "b");
    assert_ptr_not_equal(one, other);
    assert_ptr_equal(join(&configs, 1, "a", "b"), one);
    assert_ptr_equal(find(&configs, 1, "a", "b"), one);
    osm_configs_leave(one);
    assert_ptr_equal(find(&configs, 1, "a", "b"), one);
    osm_configs_leave(one);
    assert_null(find(&configs, 1, "a", "b"));
    osm_configs_leave(other);
    assert_null(configs.all);
}

static void test_the_password_counts_and_is_not_kept(void **state)
{
    struct osm_configs configs;
    const struct osm_kept_config *one;

    (void)state;
    osm_configs_init(&configs);
    one = join(&configs, 1, "a", "b");
    assert_null(osm_config_text(&one->config, OSM_CONFIG_password));
    assert_null(one->config.values[OSM_CONFIG_password].as_TEXT);
    assert_string_equal(osm_config_text(&one->config, OSM_CONFIG_username), "a");
    assert_null(find(&configs, 1, "a", "c"));
    osm_configs_leave(one);
}

/* Who sees the digests of one process learns nothing of those of another. */
static void test_digests_are_of_one_process(void **state)
{
    struct osm_configs configs, others;
    const struct osm_kept_config *one, *other;

    (void)state;
    osm_configs_init(&configs);
    osm_configs_init(&others);
    one = join(&configs, 1, "a", "b");
    other = join(&others, 1, "a", "b");
    assert_memory_not_equal(one->digest, other->digest, sizeof(one->digest));
    osm_configs_leave(one);
    osm_configs_leave(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_ones_are_there_once),
        cmocka_unit_test(test_the_password_counts_and_is_not_kept),
        cmocka_unit_test(test_digests_are_of_one_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
