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

/* What a line says behind its token. */
struct rest {
    struct osm_grant_terms terms;
    size_t servers;
};

/* Decimal digits, above 0, of a number that fits. */
static bool read_number(struct word text, size_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        size_t digit = (size_t)(text.text[i] - '0');

        if (text.text[i] < '0' || text.text[i] > '9' || *number > (SIZE_MAX / 2 - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return *number > 0;
}

static bool read_quota(struct parser *parser, struct word word, struct rest *rest)
{
    size_t name = (size_t)((const char *)memchr(word.text, '=', word.length) - word.text), number;

    for (int i = 0; i < OSM_QUOTA_COUNT_; i++) {
        const char *known = osm_grant_quota_name((enum osm_quota)i);

        if (strlen(known) != name || memcmp(known, word.text, name) != 0)
            continue;
        if (!read_number((struct word){word.text + name + 1, word.length - name - 1}, &number))
            return fault(parser, "a quota is a whole number of at least 1, as in sessions=5");
        if (rest->terms.limits[i])
            return fault(parser, "this quota is named twice");
        rest->terms.limits[i] = number;
        return true;
    }
    return fault(parser, "quotas are sessions=, connections=, requests= and bytes=");
}

static bool read_server(struct parser *parser, struct word word, struct rest *rest)
{
    char ***servers = &rest->terms.endpoints;

    if (!*servers)
        *servers = osm_alloc((MOST_SERVERS + 1) * sizeof(char *));
    if (rest->servers == MOST_SERVERS)
        return fault(parser, "a token may name at most 100 servers");
    (*servers)[rest->servers] = osm_strndup(word.text, word.length);
    return osm_endpoint_rule_is_valid((*servers)[rest->servers++]) ||
           fault(parser, "servers are named as host or host:port; * and ? stand for any "
                         "characters");
}

static bool read_rest(struct parser *parser, struct word line, struct rest *rest)
{
    struct word word;

    while ((word = next_word(&line)).length)
        if (memchr(word.text, '=', word.length) ? !read_quota(parser, word, rest)
                                                : !read_server(parser, word, rest))
            return false;
    return true;
}

static struct token *find_hash(struct osm_token_set *set, const uint8_t hash[OSM_SHA256_BYTES])
{
    for (size_t i = 0; i < set->size; i++)
        if (memcmp(set->tokens[i].hash, hash, OSM_SHA256_BYTES) == 0)
            return &set->tokens[i];
    return NULL;
}

/* What a token's things are known by: a piece of its hash. */
static uint64_t id_of(const uint8_t hash[OSM_SHA256_BYTES])
{
    uint64_t id;

    memcpy(&id, hash, sizeof(id));
    return id ? id : 1;
}

static bool add_token(struct parser *parser, const uint8_t hash[OSM_SHA256_BYTES],
                      const struct osm_grant_terms *terms)
{
    struct osm_token_set *set = parser->set;
    struct token *token;

    if (find_hash(set, hash))
        return fault(parser, "this token is in the file already");
    if (set->size == OSM_TOKENS_MAX)
        return fault(parser, "there are more than 1000 tokens");
    token = &set->tokens[set->size++];
    memcpy(token->hash, hash, OSM_SHA256_BYTES);
    token->grant = osm_grant_new(id_of(hash), terms);
    return true;
}

static void read_line(struct parser *parser, struct word line)
{
    uint8_t hash[OSM_SHA256_BYTES];
    struct rest rest = {.terms.line = parser->line};
    struct word word = next_word(&line);

    if (!word.length || *word.text == '#')
        return;
    if (memchr(line.text, '\0', line.length)) {
        (void)fault(parser, "there is a NUL byte in this line");
        return;
    }
    if (!read_role(parser, word, &rest.terms.role) || !read_token(parser, next_word(&line), hash))
        return;
    if (!read_rest(parser, line, &rest) || !add_token(parser, hash, &rest.terms))
        free_list(rest.terms.endpoints);
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

struct osm_grant *osm_token_set_get(const struct osm_token_set *set, size_t index)
{
    return set && index < set->size ? set->tokens[index].grant : NULL;
}

static void keep_grant(struct token *token, struct token *before)
{
    struct osm_grant *fresh = token->grant;

    osm_grant_set_terms(before->grant, &fresh->terms);
    fresh->terms.endpoints = NULL; /* moved */
    token->grant = osm_grant_ref(before->grant);
    (void)osm_grant_unref(fresh);
}

void osm_token_set_succeed(struct osm_token_set *set, struct osm_token_set *before)
{
    for (size_t i = 0; before && i < before->size; i++) {
        struct token *token = set ? find_hash(set, before->tokens[i].hash) : NULL;

        if (token)
            keep_grant(token, &before->tokens[i]);
        else
            osm_grant_revoke(before->tokens[i].grant);
    }
}

/* --- looking up ---------------------------------------------------------------------------- */

struct osm_grant *osm_token_set_find(const struct osm_token_set *set, yyjson_val *supplied)
{
    return osm_token_set_find_text(set, yyjson_get_str(supplied), yyjson_get_len(supplied));
}

struct osm_grant *osm_token_set_find_text(const struct osm_token_set *set, const char *text,
                                          size_t length)
{
    uint8_t hash[OSM_SHA256_BYTES];
    struct osm_grant *found = NULL;

    if (!text)
        return NULL;
    osm_digest_sha256(text, length, hash);
    for (size_t i = 0; i < set->size; i++)
        if (osm_digest_bytes_equal(set->tokens[i].hash, hash, sizeof(hash)))
            found = set->tokens[i].grant;
    return found;
}
