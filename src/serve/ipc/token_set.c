/* SPDX-License-Identifier: MIT */
/* Tokens with roles; see token_set.h. */
#include "serve/ipc/token_set.h"

#include <string.h>

#include "serve/request/endpoint_rule.h"
#include "util/alloc.h"
#include "util/digest.h"
#include "util/hex.h"

#define HASHED "sha256:"
#define MOST_SERVERS 100 /* of one token */

struct token {
    uint8_t hash[OSM_SHA256_BYTES];
    struct osm_grant *grant;
};

struct osm_token_set {
    size_t size;
    struct token tokens[OSM_TOKENS_MAX];
};

/* --- reading ------------------------------------------------------------------------------- */

struct word {
    const char *text;
    size_t length;
};

struct parser {
    struct osm_token_set *set;
    const char *name;
    unsigned line;
    struct osm_buf *err;
    bool failed;
};

static bool fault(struct parser *parser, const char *what)
{
    osm_buf_printf(parser->err, "%s:%u: %s\n", parser->name, parser->line, what);
    parser->failed = true;
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The next word of what is left; length 0 at the end. */
static struct word next_word(struct word *rest)
{
    struct word word;

    while (rest->length && is_blank(*rest->text)) {
        rest->text++;
        rest->length--;
    }
    word.text = rest->text;
    for (word.length = 0; rest->length && !is_blank(*rest->text); word.length++) {
        rest->text++;
        rest->length--;
    }
    return word;
}

static bool read_hash(struct parser *parser, struct word hex, uint8_t hash[OSM_SHA256_BYTES])
{
    if (hex.length != 2 * (size_t)OSM_SHA256_BYTES)
        return fault(parser, "sha256: must be followed by 64 hexadecimal digits");
    for (size_t i = 0; i < OSM_SHA256_BYTES; i++) {
        int high = osm_hex_digit(hex.text[2 * i]), low = osm_hex_digit(hex.text[2 * i + 1]);

        if (high < 0 || low < 0)
            return fault(parser, "sha256: must be followed by 64 hexadecimal digits");
        hash[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_token(struct parser *parser, struct word word, uint8_t hash[OSM_SHA256_BYTES])
{
    const size_t prefix = sizeof(HASHED) - 1;

    if (!word.length)
        return fault(parser, "a token must follow the role");
    if (word.length >= prefix && memcmp(word.text, HASHED, prefix) == 0)
        return read_hash(parser, (struct word){word.text + prefix, word.length - prefix}, hash);
    osm_digest_sha256(word.text, word.length, hash);
    return true;
}

static bool read_role(struct parser *parser, struct word word, enum osm_role *role)
{
    char name[16] = "";

    if (word.length < sizeof(name))
        memcpy(name, word.text, word.length);
    *role = osm_grant_role_find(name);
    return *role < OSM_ROLE_COUNT_ ||
           fault(parser, "a line must begin with one of the roles read, write, admin");
}

static void free_list(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

/* NULL list when no server is named. */
static bool read_servers(struct parser *parser, struct word rest, char ***servers)
{
    _cleanup_(osm_freep) char *pattern = NULL;
    size_t count = 0;
    struct word word;

    *servers = NULL;
    while ((word = next_word(&rest)).length) {
        if (!*servers)
            *servers = osm_alloc((MOST_SERVERS + 1) * sizeof(char *));
        if (count == MOST_SERVERS)
            return fault(parser, "a token may name at most 100 servers");
        (*servers)[count] = osm_strndup(word.text, word.length);
        if (!osm_endpoint_rule_is_valid((*servers)[count++]))
            return fault(parser, "servers are named as host or host:port; * and ? stand for any "
                                 "characters");
    }
    return true;
}

static bool is_known(const struct osm_token_set *set, const uint8_t hash[OSM_SHA256_BYTES])
{
    for (size_t i = 0; i < set->size; i++)
        if (memcmp(set->tokens[i].hash, hash, OSM_SHA256_BYTES) == 0)
            return true;
    return false;
}

static void read_line(struct parser *parser, struct word line)
{
    struct osm_token_set *set = parser->set;
    uint8_t hash[OSM_SHA256_BYTES];
    char **servers = NULL;
    enum osm_role role;
    struct word word = next_word(&line);

    if (!word.length || *word.text == '#')
        return;
    if (memchr(line.text, '\0', line.length)) {
        (void)fault(parser, "there is a NUL byte in this line");
        return;
    }
    if (!read_role(parser, word, &role) || !read_token(parser, next_word(&line), hash))
        return;
    if (!read_servers(parser, line, &servers))
        free_list(servers);
    else if (is_known(set, hash)) {
        (void)fault(parser, "this token is in the file already");
        free_list(servers);
    } else if (set->size == OSM_TOKENS_MAX) {
        (void)fault(parser, "there are more than 1000 tokens");
        free_list(servers);
    } else {
        struct token *token = &set->tokens[set->size++];

        memcpy(token->hash, hash, sizeof(hash));
        token->grant = osm_grant_new(role, servers);
    }
}

struct osm_token_set *osm_token_set_parse(const char *text, size_t length, const char *name,
                                          struct osm_buf *err)
{
    struct parser parser = {.set = osm_alloc(sizeof(*parser.set)), .name = name, .err = err};

    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line = end ? (size_t)(end - text) : length;

        parser.line++;
        read_line(&parser, (struct word){text, line});
        text += line + (end != NULL);
        length -= line + (end != NULL);
    }
    if (!parser.failed && parser.set->size == 0)
        (void)fault(&parser, "the file names no token; without one nobody could call the daemon");
    return parser.failed ? osm_token_set_free(parser.set) : parser.set;
}

struct osm_token_set *osm_token_set_free(struct osm_token_set *set)
{
    for (size_t i = 0; set && i < set->size; i++)
        (void)osm_grant_unref(set->tokens[i].grant);
    free(set);
    return NULL;
}

size_t osm_token_set_size(const struct osm_token_set *set)
{
    return set->size;
}

/* --- looking up ---------------------------------------------------------------------------- */

struct osm_grant *osm_token_set_find(const struct osm_token_set *set, yyjson_val *supplied)
{
    uint8_t hash[OSM_SHA256_BYTES];
    struct osm_grant *found = NULL;

    if (!yyjson_is_str(supplied))
        return NULL;
    osm_digest_sha256(yyjson_get_str(supplied), yyjson_get_len(supplied), hash);
    for (size_t i = 0; i < set->size; i++)
        if (osm_digest_bytes_equal(set->tokens[i].hash, hash, sizeof(hash)))
            found = set->tokens[i].grant;
    return found;
}
