/* SPDX-License-Identifier: MIT */
/* Comparing secrets without telling how much of them was right; see auth.h. */
#include "serve/ipc/auth.h"

#include <string.h>

#include "util/macros.h"

bool osm_auth_accepts(const char *token, yyjson_val *supplied)
{
    return osm_auth_accepts_text(token, yyjson_get_str(supplied), yyjson_get_len(supplied));
}

bool osm_auth_accepts_text(const char *token, const char *text, size_t length)
{
    size_t token_length;
    volatile unsigned char difference;

    if (!token)
        return true;
    if (!text)
        return false;
    token_length = strlen(token);
    osm_assert(token_length > 0);
    difference = length != token_length;
    for (size_t i = 0; i < length; i++)
        difference |= (unsigned char)(text[i] ^ token[i % token_length]);
    return difference == 0;
}
