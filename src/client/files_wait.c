/* SPDX-License-Identifier: MIT */
/* Files and directories, waiting: made from the calls of files.c. */
#include <stdlib.h>

#include "client/results_internal.h"

struct bytes_taken {
    struct osm_taken base;
    struct opcua_text *bytes;
};

static void take_bytes(void *context, const struct opcua_error *error, const char *data,
                       size_t length)
{
    struct bytes_taken *taken = context;

    if (!osm_client_take(&taken->base, error))
        return;
    *taken->bytes = (struct opcua_text){0};
    opcua_text_set(taken->bytes, data ? data : "", length);
}

static bool wait_number(struct opcua_client *client, struct osm_number_taken *taken,
                        uint64_t *number)
{
    if (!osm_client_await(client, &taken->base))
        return false;
    *number = taken->number;
    return true;
}

static bool wait_text(struct opcua_client *client, struct osm_text_taken *taken, char **text)
{
    if (!osm_client_await(client, &taken->base))
        return false;
    if (text)
        *text = taken->text;
    else
        free(taken->text);
    return true;
}

bool opcua_file_open(struct opcua_client *client, const char *node, unsigned mode, uint32_t *handle,
                     struct opcua_error *error)
{
    struct osm_number_taken taken = {.base.error = error};
    uint64_t number;

    if (!osm_wait_may(client, error) || !osm_wait_needs(handle, "handle", error))
        return false;
    opcua_file_open_async(client, node, mode, osm_client_take_number, &taken);
    if (!wait_number(client, &taken, &number))
        return false;
    *handle = (uint32_t)number;
    return true;
}

bool opcua_file_close(struct opcua_client *client, const char *node, uint32_t handle,
                      struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_close_async(client, node, handle, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

bool opcua_file_get(struct opcua_client *client, const char *node, uint32_t handle, uint32_t length,
                    struct opcua_text *piece, struct opcua_error *error)
{
    struct bytes_taken taken = {.bytes = piece, .base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(piece, "piece", error))
        return false;
    opcua_file_get_async(client, node, handle, length, take_bytes, &taken);
    return osm_client_await(client, &taken.base);
}

bool opcua_file_put(struct opcua_client *client, const char *node, uint32_t handle,
                    const char *data, size_t length, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_put_async(client, node, handle, data, length, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

bool opcua_file_tell(struct opcua_client *client, const char *node, uint32_t handle,
                     uint64_t *position, struct opcua_error *error)
{
    struct osm_number_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(position, "position", error))
        return false;
    opcua_file_tell_async(client, node, handle, osm_client_take_number, &taken);
    return wait_number(client, &taken, position);
}

bool opcua_file_seek(struct opcua_client *client, const char *node, uint32_t handle,
                     uint64_t position, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_seek_async(client, node, handle, position, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

bool opcua_directory_create(struct opcua_client *client, const char *directory, const char *name,
                            char **node, struct opcua_error *error)
{
    struct osm_text_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_directory_create_async(client, directory, name, osm_client_take_text, &taken);
    return wait_text(client, &taken, node);
}

struct created_taken {
    struct osm_text_taken text;
    uint32_t handle;
};

static void take_created(void *context, const struct opcua_error *error, const char *node,
                         uint32_t handle)
{
    struct created_taken *taken = context;

    taken->handle = handle;
    osm_client_take_text(&taken->text, error, node);
}

bool opcua_file_create(struct opcua_client *client, const char *directory, const char *name,
                       char **node, uint32_t *handle, struct opcua_error *error)
{
    struct created_taken taken = {.text.base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_create_async(client, directory, name, handle != NULL, take_created, &taken);
    if (!wait_text(client, &taken.text, node))
        return false;
    if (handle)
        *handle = taken.handle;
    return true;
}

bool opcua_file_delete(struct opcua_client *client, const char *directory, const char *node,
                       struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_delete_async(client, directory, node, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}

bool opcua_file_move(struct opcua_client *client, const char *directory, const char *node,
                     const char *target, bool copy, const char *name, char **moved,
                     struct opcua_error *error)
{
    struct osm_text_taken taken = {.base.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_move_async(client, directory, node, target, copy, name, osm_client_take_text,
                          &taken);
    return wait_text(client, &taken, moved);
}

bool opcua_file_read(struct opcua_client *client, const char *node, size_t limit,
                     struct opcua_text *content, struct opcua_error *error)
{
    struct bytes_taken taken = {.bytes = content, .base.error = error};

    if (!osm_wait_may(client, error) || !osm_wait_needs(content, "content", error))
        return false;
    opcua_file_read_async(client, node, limit, take_bytes, &taken);
    return osm_client_await(client, &taken.base);
}

bool opcua_file_write(struct opcua_client *client, const char *node, const char *content,
                      size_t length, struct opcua_error *error)
{
    struct osm_taken taken = {.error = error};

    if (!osm_wait_may(client, error))
        return false;
    opcua_file_write_async(client, node, content, length, osm_client_take_done, &taken);
    return osm_client_await(client, &taken);
}
