/* SPDX-License-Identifier: MIT */
/* What explore knows, without a terminal: the tree, the editor, alarms, keys, lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tool/explore/alarms.h"
#include "tool/explore/editor.h"
#include "tool/explore/keys.h"
#include "tool/explore/lines.h"
#include "tool/explore/names.h"
#include "tool/explore/tree.h"
#include "util/buf.h"
#include "util/macros.h"

static char text_a[] = "ns=2;s=A", text_b[] = "ns=2;s=B", text_c[] = "ns=2;s=C", name_a[] = "2:A",
            name_b[] = "2:B", name_c[] = "2:C", shown_a[] = "A", empty[] = "";

static const struct opcua_reference three[] = {
    {.node = text_a, .browse_name = name_a, .display_name = shown_a, .node_class = 1},
    {.node = text_b, .browse_name = name_b, .display_name = empty, .node_class = 2},
    {.node = text_c, .browse_name = name_c, .display_name = empty, .node_class = 4},
};

static void assert_rows(const struct explore_tree *tree, const char *expected)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    for (size_t i = 0; i < tree->row_count; i++) {
        osm_buf_add_text(&out, i == tree->cursor ? ">" : " ");
        explore_tree_line(&out, tree->rows[i], false);
        osm_buf_add_byte(&out, '\n');
    }
    assert_string_equal(osm_buf_text(&out), expected);
}

static void test_a_tree_is_loaded_lazily(void **state)
{
    struct explore_tree tree;
    struct explore_node *a;

    (void)state;
    explore_tree_init(&tree, "i=84", "Root");
    assert_true(explore_tree_wants(tree.root));
    assert_false(explore_tree_wants(tree.root)); /* it is on its way */
    assert_rows(&tree, ">~ Root\n");
    explore_tree_fill(&tree, tree.root, three, 3);
    assert_rows(&tree, ">- Root\n   + A\n   + 2:B\n   + 2:C()\n");
    assert_false(explore_tree_wants(tree.root));
    assert_true(explore_tree_move(&tree, 1));
    a = explore_tree_current(&tree);
    assert_string_equal(a->id, "ns=2;s=A");
    explore_tree_open(&tree, a);
    assert_true(explore_tree_wants(a));
    explore_tree_fill(&tree, a, three, 2); /* a circle: A has an A */
    assert_rows(&tree, " - Root\n>  - A\n     + A\n     + 2:B\n   + 2:B\n   + 2:C()\n");
    explore_tree_fill(&tree, explore_tree_child(a, "ns=2;s=B"), NULL, 0);
    assert_rows(&tree, " - Root\n>  - A\n     + A\n     . 2:B\n   + 2:B\n   + 2:C()\n");
    explore_tree_deinit(&tree);
}

static void test_the_cursor_of_a_tree_stays(void **state)
{
    struct explore_tree tree;
    struct explore_node *a, *inner;
    uint32_t serial;

    (void)state;
    explore_tree_init(&tree, "i=84", "Root");
    explore_tree_fill(&tree, tree.root, three, 3);
    a = explore_tree_child(tree.root, "ns=2;s=A");
    explore_tree_fill(&tree, a, three, 3);
    inner = explore_tree_child(a, "ns=2;s=C");
    serial = inner->serial;
    explore_tree_show(&tree, inner);
    assert_ptr_equal(explore_tree_current(&tree), inner);
    assert_true(a->is_open);
    assert_false(explore_tree_move(&tree, 0));
    assert_true(explore_tree_move(&tree, 1000)); /* as far as there is */
    assert_string_equal(explore_tree_current(&tree)->id, "ns=2;s=C");
    explore_tree_show(&tree, inner);
    explore_tree_close(&tree); /* nothing to close: to the parent */
    assert_ptr_equal(explore_tree_current(&tree), a);
    explore_tree_show(&tree, inner);
    explore_tree_forget(&tree, a); /* what the cursor was on is gone */
    assert_ptr_equal(explore_tree_current(&tree), a);
    assert_null(explore_tree_find(&tree, serial));
    assert_true(explore_tree_wants(a));
    explore_tree_fail(&tree, a, "BadUserAccessDenied");
    assert_string_equal(a->why, "BadUserAccessDenied");
    assert_rows(&tree, " - Root\n>  ! A\n   + 2:B\n   + 2:C()\n");
    assert_true(explore_tree_wants(a)); /* once more */
    explore_tree_deinit(&tree);
}

static void test_what_was_on_its_way_is_asked_for_again(void **state)
{
    struct explore_tree tree;
    struct explore_node *a, *inner;

    (void)state;
    explore_tree_init(&tree, "i=84", "Root");
    explore_tree_fill(&tree, tree.root, three, 3);
    a = explore_tree_child(tree.root, "ns=2;s=A");
    explore_tree_fill(&tree, a, three, 3);
    inner = explore_tree_child(a, "ns=2;s=B");
    assert_true(explore_tree_wants(inner)); /* and nobody sees it: A is closed */
    explore_tree_lost(tree.root);
    assert_true(explore_tree_wants(inner));
    assert_false(explore_tree_wants(a));
    explore_tree_deinit(&tree);
}

static void test_children_referred_to_twice_are_one(void **state)
{
    const struct opcua_reference twice[] = {three[0], three[0]};
    struct explore_tree tree;

    (void)state;
    explore_tree_init(&tree, "i=84", "Root");
    explore_tree_fill(&tree, tree.root, twice, 2);
    assert_int_equal(tree.root->count, 1);
    explore_tree_deinit(&tree);
}

static void test_typing(void **state)
{
    static struct explore_editor editor;

    (void)state;
    explore_editor_set(&editor, "Grö");
    assert_true(explore_editor_type(&editor, 0xDF)); /* ß */
    assert_true(explore_editor_type(&editor, 'e'));
    assert_string_equal(editor.text, "Größe");
    explore_editor_edit(&editor, EXPLORE_LEFT);
    explore_editor_edit(&editor, EXPLORE_LEFT);
    explore_editor_edit(&editor, EXPLORE_BACKSPACE); /* ö, both of its bytes */
    assert_string_equal(editor.text, "Grße");
    explore_editor_edit(&editor, EXPLORE_DELETE);
    assert_string_equal(editor.text, "Gre");
    explore_editor_edit(&editor, EXPLORE_HOME);
    explore_editor_edit(&editor, EXPLORE_BACKSPACE);
    assert_true(explore_editor_type(&editor, 0x1F600));
    assert_string_equal(editor.text, "😀Gre");
    assert_false(explore_editor_type(&editor, 27));
    assert_false(explore_editor_type(&editor, 0xD800));
    explore_editor_edit(&editor, EXPLORE_END);
    explore_editor_edit(&editor, EXPLORE_DELETE);
    explore_editor_edit(&editor, EXPLORE_RIGHT);
    explore_editor_edit(&editor, EXPLORE_CLEAR);
    assert_string_equal(editor.text, "");
    while (explore_editor_type(&editor, 0x20AC))
        ;
    assert_true(editor.length < EXPLORE_TYPED && editor.length > EXPLORE_TYPED - 4);
}

/* ---- alarms ------------------------------------------------------------------------------- */

struct event {
    const char *name;
    int severity;
    bool active, acked, retain;
    const char *shelving;
};

static bool take(struct explore_alarms *alarms, struct event event)
{
    struct opcua_value fields[13] = {0};
    bool taken;

    assert_int_equal(explore_alarm_field_count, OSM_ARRAY_SIZE(fields));
    (void)opcua_value_init_text(&fields[0], OPCUA_TYPE_NODE_ID, event.name, strlen(event.name));
    (void)opcua_value_init_text(&fields[1], OPCUA_TYPE_BYTESTRING, "id", 2);
    (void)opcua_value_init_text(&fields[4], OPCUA_TYPE_STRING, event.name, strlen(event.name));
    opcua_value_init_time(&fields[5], 133500000000000000LL);
    (void)opcua_value_init_integer(&fields[7], OPCUA_TYPE_UINT16, event.severity);
    opcua_value_init_boolean(&fields[8], event.active);
    opcua_value_init_boolean(&fields[9], event.acked);
    if (event.shelving) {
        opcua_value_init_array(&fields[11], OPCUA_TYPE_LOCALIZED_TEXT, 1);
        fields[11].is_array = false;
        opcua_text_set(&fields[11].items[0].localized.text, event.shelving, strlen(event.shelving));
    }
    opcua_value_init_boolean(&fields[12], event.retain);
    taken = explore_alarms_take(alarms, fields, OSM_ARRAY_SIZE(fields));
    for (size_t i = 0; i < OSM_ARRAY_SIZE(fields); i++)
        opcua_value_clear(&fields[i]);
    return taken;
}

static void test_alarms_are_what_is_retained(void **state)
{
    const struct opcua_value nothing[13] = {0};
    struct explore_alarms alarms = {0};

    (void)state;
    assert_false(explore_alarms_take(&alarms, nothing, 13)); /* an event of no condition */
    assert_false(explore_alarms_take(&alarms, nothing, 3));
    assert_true(take(&alarms, (struct event){"Level", 500, true, false, true, NULL}));
    assert_true(take(&alarms, (struct event){"Pump", 900, true, false, true, NULL}));
    assert_true(take(&alarms, (struct event){"Door", 1000, false, true, true, NULL}));
    assert_int_equal(alarms.count, 3);
    assert_int_equal(explore_alarms_open(&alarms), 2);
    assert_string_equal(alarms.alarms[0].name, "Pump"); /* the worst that is active */
    assert_string_equal(alarms.alarms[2].name, "Door");
    assert_int_equal(alarms.alarms[0].event_id.type, OPCUA_TYPE_BYTESTRING);
    assert_true(take(&alarms, (struct event){"Pump", 900, true, true, true, NULL}));
    assert_int_equal(alarms.count, 3);
    assert_true(alarms.alarms[0].is_acked && alarms.alarms[0].is_active);
    assert_false(alarms.alarms[0].is_shelved);
    assert_true(take(&alarms, (struct event){"Pump", 900, true, true, true, "OneShotShelved"}));
    assert_true(alarms.alarms[0].is_shelved);
    assert_true(take(&alarms, (struct event){"Pump", 900, true, true, true, "Unshelved"}));
    assert_false(alarms.alarms[0].is_shelved);
    assert_true(take(&alarms, (struct event){"Pump", 100, false, true, false, NULL}));
    assert_int_equal(alarms.count, 2);
    explore_alarms_deinit(&alarms);
}

/* ---- keys --------------------------------------------------------------------------------- */

static void assert_keys(unsigned place, size_t columns, const char *expected)
{
    _cleanup_(osm_buf_deinit) struct osm_buf out = {0};

    explore_keys_line(&out, place, columns);
    assert_string_equal(osm_buf_text(&out), expected);
}

static void test_keys(void **state)
{
    unsigned place = EXPLORE_AT_TREE | EXPLORE_ON_VARIABLE;

    (void)state;
    assert_int_equal(explore_keys_find('w', place)->form, EXPLORE_WRITING);
    assert_null(explore_keys_find('w', EXPLORE_AT_TREE));
    assert_int_equal(explore_keys_find('\n', place)->action, EXPLORE_DO_TOGGLE);
    assert_int_equal(explore_keys_find('\r', EXPLORE_AT_PANE | EXPLORE_AT_REFERENCES)->action,
                     EXPLORE_DO_FOLLOW);
    assert_null(explore_keys_find('\r', EXPLORE_AT_PANE));
    assert_int_equal(explore_keys_find('3', 0)->action, EXPLORE_DO_TAB);
    assert_int_equal(explore_keys_find('q', 0)->action, EXPLORE_DO_QUIT);
    assert_keys(EXPLORE_AT_PANE, 40, "Tab:Side  1-5:Pane  ?:Help  q:Quit");
    assert_keys(place, 32, "w:Write  ?:Help  q:Quit");
    assert_keys(0, 5, "?:Hel");
}

/* Every action can be had by a key, and every key that is shown is explained. */
static void test_every_action_has_a_key(void **state)
{
    bool has_key[EXPLORE_ACTIONS] = {true}, has_form[EXPLORE_HELPING + 1] = {true};

    (void)state;
    for (const struct explore_key *row = explore_keys; row->label; row++) {
        has_key[row->action] = true;
        has_form[row->form] = true;
        assert_int_equal(row->form != EXPLORE_NO_FORM, row->action == EXPLORE_DO_FORM);
        assert_true(row->help || !*row->label);
        assert_true(row->help || !row->word);
    }
    for (size_t i = 0; i < EXPLORE_ACTIONS; i++)
        assert_true(has_key[i]);
    for (size_t i = 0; i <= EXPLORE_HELPING; i++)
        assert_true(has_form[i]);
}

static void test_lines_are_broken(void **state)
{
    struct explore_lines lines = {0};

    (void)state;
    explore_lines_pair(&lines, "Value", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 27, 3, false);
    assert_int_equal(lines.count, 3);
    assert_string_equal(lines.lines[0].text, "Value            0123456789");
    assert_string_equal(lines.lines[1].text, "                 ABCDEFGHIJ");
    assert_string_equal(lines.lines[2].text, "                 KLMNOPQRS~");
    explore_lines_deinit(&lines);
    explore_lines_pair(&lines, "Value", "", 25, 3, false);
    assert_int_equal(lines.count, 1);
    explore_lines_deinit(&lines);
}

static void test_names(void **state)
{
    struct opcua_value value;
    char *text;

    (void)state;
    assert_string_equal(explore_names_class(4), "Method");
    assert_string_equal(explore_names_class(3), "?");
    assert_string_equal(explore_names_attribute(13), "Value");
    assert_null(explore_names_attribute(28));
    assert_string_equal(explore_names_reference("i=47"), "HasComponent");
    assert_string_equal(explore_names_reference("ns=2;i=5"), "ns=2;i=5");
    assert_int_equal(explore_names_type("i=11"), OPCUA_TYPE_DOUBLE);
    assert_int_equal(explore_names_type("i=290"), OPCUA_TYPE_DOUBLE); /* Duration */
    assert_int_equal(explore_names_type("ns=2;i=11"), OPCUA_TYPE_NULL);
    assert_true(opcua_value_init_integer(&value, OPCUA_TYPE_BYTE, 5));
    text = explore_names_value(17, &value, true);
    assert_string_equal(text, "read, history");
    free(text);
    opcua_value_clear(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tree_is_loaded_lazily),
        cmocka_unit_test(test_the_cursor_of_a_tree_stays),
        cmocka_unit_test(test_what_was_on_its_way_is_asked_for_again),
        cmocka_unit_test(test_children_referred_to_twice_are_one),
        cmocka_unit_test(test_typing),
        cmocka_unit_test(test_alarms_are_what_is_retained),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_every_action_has_a_key),
        cmocka_unit_test(test_lines_are_broken),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
