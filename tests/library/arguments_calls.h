/* SPDX-License-Identifier: MIT */
#ifndef OSM_TESTS_LIBRARY_ARGUMENTS_CALLS_H
#define OSM_TESTS_LIBRARY_ARGUMENTS_CALLS_H
/* A row for each function of the library, with the names of arguments.c. */
#define UPDATE OPCUA_UPDATE
/* PLAIN(function, expression): survives. ASYNC: told once. WAITS: false with an error, or true. */
#define CALLS(PLAIN, ASYNC, WAITS)                                                                 \
    PLAIN(opcua_version, (void)opcua_version())                                                    \
    PLAIN(opcua_source_name, (void)opcua_source_name((enum opcua_source)type))                     \
    PLAIN(opcua_status_name, (void)opcua_status_name((uint32_t)type))                              \
    PLAIN(opcua_type_name, (void)opcua_type_name(type))                                            \
    PLAIN(opcua_type_find, (void)opcua_type_find(text))                                            \
    PLAIN(opcua_value_clear, opcua_value_clear(out_value))                                         \
    PLAIN(opcua_data_value_clear, opcua_data_value_clear(out_data))                                \
    PLAIN(opcua_data_values_free, opcua_data_values_free(NULL, n))                                 \
    PLAIN(opcua_value_copy, opcua_value_copy(out_value, value))                                    \
    PLAIN(opcua_value_equal, (void)opcua_value_equal(value, out_value))                            \
    PLAIN(opcua_value_init_array, opcua_value_init_array(out_value, type, n))                      \
    PLAIN(opcua_value_set_dimensions, (void)opcua_value_set_dimensions(out_value, numbers, n))     \
    PLAIN(opcua_value_init_boolean, opcua_value_init_boolean(out_value, true))                     \
    PLAIN(opcua_value_init_integer, (void)opcua_value_init_integer(out_value, type, INT64_MIN))    \
    PLAIN(opcua_value_init_number, (void)opcua_value_init_number(out_value, type, 1e300))          \
    PLAIN(opcua_value_init_text, (void)opcua_value_init_text(out_value, type, text, n))            \
    PLAIN(opcua_value_init_time, opcua_value_init_time(out_value, INT64_MAX))                      \
    PLAIN(opcua_text_set, opcua_text_set(out_text, text, n))                                       \
    PLAIN(opcua_value_to_double, (void)opcua_value_to_double(value, out_double))                   \
    PLAIN(opcua_value_to_int64, (void)opcua_value_to_int64(value, out_integer))                    \
    PLAIN(opcua_value_to_boolean, (void)opcua_value_to_boolean(value, out_bool))                   \
    PLAIN(opcua_value_to_text, (void)opcua_value_to_text(value))                                   \
    PLAIN(opcua_value_member, (void)opcua_value_member(value, text))                               \
    PLAIN(opcua_value_decode, (void)opcua_value_decode(out_value))                                 \
    PLAIN(opcua_value_to_json, (void)freed(opcua_value_to_json(value)))                            \
    PLAIN(opcua_data_value_to_json, (void)freed(opcua_data_value_to_json(data)))                   \
    WAITS(opcua_value_from_json,                                                                   \
          opcua_value_from_json(out_value, type, json, json ? strlen(json) : 0, why))              \
    PLAIN(opcua_time_to_unix, (void)opcua_time_to_unix(INT64_MIN))                                 \
    PLAIN(opcua_time_from_unix, (void)opcua_time_from_unix(1e300))                                 \
    PLAIN(opcua_time_to_text, opcua_time_to_text(INT64_MAX, time_room()))                          \
    PLAIN(opcua_time_from_text, (void)opcua_time_from_text(text, out_integer))                     \
    WAITS(opcua_connect, gone(opcua_connect(text, NULL, why)))                                     \
    WAITS(opcua_connect_managed,                                                                   \
          gone(opcua_connect_managed(text ? text : "/none", text, NULL, why)))                     \
    WAITS(opcua_client_new, gone(opcua_client_new(text, NULL, why)))                               \
    WAITS(opcua_client_new_managed,                                                                \
          gone(opcua_client_new_managed(text ? text : "/none", text, NULL, why)))                  \
    PLAIN(opcua_client_adopt, opcua_client_adopt(cl, text))                                        \
    PLAIN(opcua_session_id, (void)opcua_session_id(cl))                                            \
    PLAIN(opcua_client_free, opcua_client_free(NULL))                                              \
    PLAIN(opcua_fd, (void)opcua_fd(cl))                                                            \
    PLAIN(opcua_events, (void)opcua_events(cl))                                                    \
    PLAIN(opcua_timeout, (void)opcua_timeout(cl))                                                  \
    WAITS(opcua_process, opcua_process(cl, why) == 0)                                              \
    ASYNC(opcua_open_async, opcua_open_async(cl, on_done, NULL))                                   \
    ASYNC(opcua_query_async, opcua_query_async(cl, text, json, on_json, NULL))                     \
    ASYNC(opcua_invoke_async, opcua_invoke_async(cl, text, json, on_json, NULL))                   \
    ASYNC(opcua_command_async, opcua_command_async(cl, text, json, on_json, NULL))                 \
    WAITS(opcua_query, opcua_query(cl, text, json, out_string, why))                               \
    WAITS(opcua_invoke, opcua_invoke(cl, text, json, out_string, why))                             \
    WAITS(opcua_command, opcua_command(cl, text, json, out_string, why))                           \
    ASYNC(opcua_read_async, opcua_read_async(cl, reads, n, on_values, NULL))                       \
    WAITS(opcua_read, opcua_read(cl, reads, n, out_data, why))                                     \
    WAITS(opcua_read_value, opcua_read_value(cl, text, out_value, why))                            \
    WAITS(opcua_read_double, opcua_read_double(cl, text, out_double, why))                         \
    WAITS(opcua_read_int64, opcua_read_int64(cl, text, out_integer, why))                          \
    WAITS(opcua_read_boolean, opcua_read_boolean(cl, text, out_bool, why))                         \
    WAITS(opcua_read_text, opcua_read_text(cl, text, out_string, why))                             \
    ASYNC(opcua_write_async, opcua_write_async(cl, writes, n, on_statuses, NULL))                  \
    WAITS(opcua_write, opcua_write(cl, writes, n, out_number, why))                                \
    ASYNC(opcua_write_value_async, opcua_write_value_async(cl, text, value, on_done, NULL))        \
    WAITS(opcua_write_value, opcua_write_value(cl, text, value, why))                              \
    WAITS(opcua_write_double, opcua_write_double(cl, text, 1e300, why))                            \
    WAITS(opcua_write_int64, opcua_write_int64(cl, text, INT64_MIN, why))                          \
    WAITS(opcua_write_boolean, opcua_write_boolean(cl, text, true, why))                           \
    WAITS(opcua_write_text, opcua_write_text(cl, text, text, why))                                 \
    ASYNC(opcua_browse_async, opcua_browse_async(cl, text, NULL, on_references, NULL))             \
    WAITS(opcua_browse, opcua_browse(cl, text, NULL, out_references, out_count, why))              \
    PLAIN(opcua_references_free, opcua_references_free(NULL, n))                                   \
    ASYNC(opcua_resolve_async, opcua_resolve_async(cl, text, on_text, NULL))                       \
    WAITS(opcua_resolve, opcua_resolve(cl, text, out_string, why))                                 \
    ASYNC(opcua_call_async, opcua_call_async(cl, text, text, value, n, on_call, NULL))             \
    WAITS(opcua_call, opcua_call(cl, text, text, value, n, out_call, why))                         \
    PLAIN(opcua_call_result_clear, opcua_call_result_clear(out_call))                              \
    ASYNC(opcua_subscribe_async, opcua_subscribe_async(cl, NULL, on_subscribed, NULL))             \
    WAITS(opcua_subscribe, ended(opcua_subscribe(cl, NULL, why)))                                  \
    PLAIN(opcua_subscription_id, (void)opcua_subscription_id(sub))                                 \
    PLAIN(opcua_unsubscribe, opcua_unsubscribe(NULL))                                              \
    ASYNC(opcua_monitor_async, opcua_monitor_async(sub, text, NULL, next_handle(), on_change,      \
                                                   NULL, on_monitored, NULL))                      \
    WAITS(opcua_monitor,                                                                           \
          opcua_monitor(sub, text, NULL, next_handle(), on_change, NULL, out_number, why))         \
    ASYNC(opcua_monitor_events_async,                                                              \
          opcua_monitor_events_async(sub, text, texts, n, next_handle(), on_notify, NULL,          \
                                     on_monitored, NULL))                                          \
    WAITS(opcua_monitor_events, opcua_monitor_events(sub, text, texts, n, next_handle(),           \
                                                     on_notify, NULL, out_number, why))            \
    ASYNC(opcua_unmonitor_async, opcua_unmonitor_async(sub, 999999, on_done, NULL))                \
    WAITS(opcua_unmonitor, opcua_unmonitor(sub, 999999, why))                                      \
    ASYNC(opcua_modify_async, opcua_modify_async(sub, 999999, NULL, on_done, NULL))                \
    WAITS(opcua_modify, opcua_modify(sub, 999999, NULL, why))                                      \
    ASYNC(opcua_trigger_async,                                                                     \
          opcua_trigger_async(sub, 999999, numbers, n, numbers, n, on_statuses, NULL))             \
    WAITS(opcua_trigger, opcua_trigger(sub, 999999, numbers, n, NULL, 0, out_number, why))         \
    ASYNC(opcua_history_async, opcua_history_async(cl, text, 0, 0, 1, on_values, NULL))            \
    WAITS(opcua_history, opcua_history(cl, text, 0, 0, 1, out_datas, out_count, why))              \
    ASYNC(opcua_history_processed_async,                                                           \
          opcua_history_processed_async(cl, text, 1, 2, -1, text, on_values, NULL))                \
    WAITS(opcua_history_processed,                                                                 \
          opcua_history_processed(cl, text, 1, 2, -1, text, out_datas, out_count, why))            \
    ASYNC(opcua_history_at_async, opcua_history_at_async(cl, text, times, n, on_values, NULL))     \
    WAITS(opcua_history_at, opcua_history_at(cl, text, times, n, out_datas, out_count, why))       \
    ASYNC(opcua_history_aggregate_async,                                                           \
          opcua_history_aggregate_async(cl, text, 2, 1, -1, text, on_values, NULL))                \
    WAITS(opcua_history_aggregate,                                                                 \
          opcua_history_aggregate(cl, text, 2, 1, -1, text, out_datas, out_count, why))            \
    ASYNC(opcua_aggregate_async,                                                                   \
          opcua_aggregate_async(cl, data, n, 2, 1, -1, text, on_values, NULL))                     \
    WAITS(opcua_aggregate,                                                                         \
          opcua_aggregate(cl, data, n, 2, 1, -1, text, out_datas, out_count, why))                 \
    ASYNC(opcua_history_update_async,                                                              \
          opcua_history_update_async(cl, text, UPDATE, data, n, on_statuses, NULL))                \
    WAITS(opcua_history_update, opcua_history_update(cl, text, UPDATE, data, n, out_number, why))  \
    ASYNC(opcua_history_delete_async,                                                              \
          opcua_history_delete_async(cl, text, 1, 2, false, on_done, NULL))                        \
    WAITS(opcua_history_delete, opcua_history_delete(cl, text, 1, 2, false, why))                  \
    ASYNC(opcua_history_delete_at_async,                                                           \
          opcua_history_delete_at_async(cl, text, times, n, on_statuses, NULL))                    \
    WAITS(opcua_history_delete_at, opcua_history_delete_at(cl, text, times, n, out_number, why))   \
    ASYNC(opcua_history_update_events_async,                                                       \
          opcua_history_update_events_async(cl, text, UPDATE, texts, n, value, n, on_statuses,     \
                                            NULL))                                                 \
    WAITS(opcua_history_update_events,                                                             \
          opcua_history_update_events(cl, text, UPDATE, texts, n, value, n, out_number, why))      \
    ASYNC(opcua_history_delete_events_async,                                                       \
          opcua_history_delete_events_async(cl, text, ids, n, on_statuses, NULL))                  \
    WAITS(opcua_history_delete_events,                                                             \
          opcua_history_delete_events(cl, text, ids, n, out_number, why))                          \
    ASYNC(opcua_add_nodes_async, opcua_add_nodes_async(cl, new_nodes, n, on_added, NULL))          \
    WAITS(opcua_add_nodes, opcua_add_nodes(cl, new_nodes, n, out_added, why))                      \
    PLAIN(opcua_added_clear, opcua_added_clear(out_added, out_added ? 1 : n))                      \
    ASYNC(opcua_delete_nodes_async,                                                                \
          opcua_delete_nodes_async(cl, texts, n, false, on_statuses, NULL))                        \
    WAITS(opcua_delete_nodes, opcua_delete_nodes(cl, texts, n, false, out_number, why))            \
    ASYNC(opcua_add_references_async,                                                              \
          opcua_add_references_async(cl, references, n, on_statuses, NULL))                        \
    WAITS(opcua_add_references, opcua_add_references(cl, references, n, out_number, why))          \
    ASYNC(opcua_delete_references_async,                                                           \
          opcua_delete_references_async(cl, references, n, true, on_statuses, NULL))               \
    WAITS(opcua_delete_references,                                                                 \
          opcua_delete_references(cl, references, n, true, out_number, why))                       \
    ASYNC(opcua_connection_state_async, opcua_connection_state_async(cl, on_text, NULL))           \
    WAITS(opcua_connection_state, opcua_connection_state(cl, out_string, why))                     \
    ASYNC(opcua_reconnect_async, opcua_reconnect_async(cl, on_done, NULL))                         \
    WAITS(opcua_reconnect, opcua_reconnect(cl, why))                                               \
    ASYNC(opcua_forget_async, opcua_forget_async(cl, text, on_done, NULL))                         \
    WAITS(opcua_forget, opcua_forget(cl, text, why))                                               \
    ASYNC(opcua_build_async, opcua_build_async(cl, on_build, NULL))                                \
    WAITS(opcua_build, opcua_build(cl, out_build, why))                                            \
    PLAIN(opcua_build_clear, opcua_build_clear(out_build))                                         \
    ASYNC(opcua_discover_types_async, opcua_discover_types_async(cl, on_number, NULL))             \
    WAITS(opcua_discover_types, opcua_discover_types(cl, out_long, why))                           \
    ASYNC(opcua_endpoints_async, opcua_endpoints_async(cl, on_endpoints, NULL))                    \
    WAITS(opcua_endpoints, opcua_endpoints(cl, out_endpoints, out_count, why))                     \
    PLAIN(opcua_endpoints_free, opcua_endpoints_free(NULL, n))                                     \
    ASYNC(opcua_file_read_async, opcua_file_read_async(cl, text, n, on_json, NULL))                \
    WAITS(opcua_file_read, opcua_file_read(cl, text, n, out_text, why))                            \
    ASYNC(opcua_file_write_async, opcua_file_write_async(cl, text, text, n, on_done, NULL))        \
    WAITS(opcua_file_write, opcua_file_write(cl, text, text, n, why))                              \
    ASYNC(opcua_file_open_async, opcua_file_open_async(cl, text, 255, on_number, NULL))            \
    WAITS(opcua_file_open, opcua_file_open(cl, text, 255, out_number, why))                        \
    ASYNC(opcua_file_close_async, opcua_file_close_async(cl, text, 1, on_done, NULL))              \
    WAITS(opcua_file_close, opcua_file_close(cl, text, 1, why))                                    \
    ASYNC(opcua_file_get_async, opcua_file_get_async(cl, text, 1, UINT32_MAX, on_json, NULL))      \
    WAITS(opcua_file_get, opcua_file_get(cl, text, 1, UINT32_MAX, out_text, why))                  \
    ASYNC(opcua_file_put_async, opcua_file_put_async(cl, text, 1, text, n, on_done, NULL))         \
    WAITS(opcua_file_put, opcua_file_put(cl, text, 1, text, n, why))                               \
    ASYNC(opcua_file_tell_async, opcua_file_tell_async(cl, text, 1, on_number, NULL))              \
    WAITS(opcua_file_tell, opcua_file_tell(cl, text, 1, out_long, why))                            \
    ASYNC(opcua_file_seek_async, opcua_file_seek_async(cl, text, 1, UINT64_MAX, on_done, NULL))    \
    WAITS(opcua_file_seek, opcua_file_seek(cl, text, 1, UINT64_MAX, why))                          \
    ASYNC(opcua_directory_create_async,                                                            \
          opcua_directory_create_async(cl, text, text, on_text, NULL))                             \
    WAITS(opcua_directory_create, opcua_directory_create(cl, text, text, out_string, why))         \
    ASYNC(opcua_file_create_async,                                                                 \
          opcua_file_create_async(cl, text, text, true, on_created, NULL))                         \
    WAITS(opcua_file_create, opcua_file_create(cl, text, text, out_string, out_number, why))       \
    ASYNC(opcua_file_delete_async, opcua_file_delete_async(cl, text, text, on_done, NULL))         \
    WAITS(opcua_file_delete, opcua_file_delete(cl, text, text, why))                               \
    ASYNC(opcua_file_move_async,                                                                   \
          opcua_file_move_async(cl, text, text, text, true, text, on_text, NULL))                  \
    WAITS(opcua_file_move, opcua_file_move(cl, text, text, text, true, text, out_string, why))     \
    ASYNC(opcua_trust_async, opcua_trust_async(cl, text, n, on_done, NULL))                        \
    WAITS(opcua_trust, opcua_trust(cl, text, n, why))                                              \
    ASYNC(opcua_untrust_async, opcua_untrust_async(cl, text, on_done, NULL))                       \
    WAITS(opcua_untrust, opcua_untrust(cl, text, why))

#endif
