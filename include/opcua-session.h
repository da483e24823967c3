/* SPDX-License-Identifier: MIT */
#ifndef OPCUA_SESSION_H
#define OPCUA_SESSION_H
/*
 * libopcua-session: an OPC UA client with two back-ends behind the same functions.
 *
 *   opcua_connect("opc.tcp://plant:4840", …)             speaks OPC UA in this process
 *   opcua_connect_managed(NULL, "opc.tcp://plant:4840", …)  goes through opcua-session-manager,
 * which keeps the session when this process ends
 *
 * Every call exists twice: `opcua_x()` waits for its answer, `opcua_x_async()` has it told to a
 * function. Waiting calls are made from the others: they run the client until the answer is there.
 *
 * Loops. A client has one descriptor. Wait until it is ready for opcua_events(), or opcua_timeout()
 * milliseconds are over, then call opcua_process(): every function given to the library is called
 * from there (or from a waiting call), never from another place and never from another thread.
 * A function called back may call everything but opcua_process() and waiting calls, which fail
 * there; opcua_client_free() takes effect when it has returned. A log function may also be called
 * from inside other calls. Where a function is asked for and NULL given, nobody is told.
 *
 * Threads. Clients are independent of each other; one client belongs to one thread at a time. The
 * library makes no thread: what takes long is done inside opcua_process() – an operation with a
 * private key in 0.3 ms (RSA 2048) to 4 ms (4096), an answer of 15 MiB in some 200 ms
 * (docs/library.md). It touches no signal handlers, no locale, of the environment only OPCUA_SOCKET
 * and, where names are looked up, what c-ares reads (LOCALDOMAIN, RES_OPTIONS), and never ends the
 * process but when memory is out.
 *
 * Ownership. What a call returns through a pointer is the caller's and given back with the function
 * named there; what a function called back is given is the library's and valid until it returns.
 * Texts are UTF-8 and end with a NUL that is not counted. A pointer that is NULL where something
 * must be is an error with the name of the argument; without a client the function given to a call
 * is told so at once. Results through pointers are set only when a call goes well.
 *
 * Node ids are texts as OPC 10000-6 §5.3.1.10 writes them: "i=2258", "ns=2;s=Tank1",
 * "nsu=http://acme.com/UA/;s=Tank1". Where a function says "node", a browse path such as
 * "/Objects/Plant/Tank1" is not meant; opcua_resolve() makes a node id of one.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define OPCUA_API __attribute__((visibility("default")))
#else
#define OPCUA_API
#endif

#define OPCUA_VERSION_MAJOR 0
#define OPCUA_VERSION_MINOR 1

/* "0.1.0", of the library that is loaded. */
OPCUA_API const char *opcua_version(void);

/* ---- errors --------------------------------------------------------------------------- */

/* Who said it. */
enum opcua_source {
    OPCUA_SOURCE_NONE = 0,    /* no error */
    OPCUA_SOURCE_HERE = 1,    /* this library or its caller: an argument, a closed client */
    OPCUA_SOURCE_NETWORK = 2, /* nobody answered: no connection, no answer in time */
    OPCUA_SOURCE_PEER = 3,    /* what answered does not speak the protocol, or is not trusted */
    OPCUA_SOURCE_SERVER = 4,  /* the OPC UA server refused */
    OPCUA_SOURCE_DAEMON = 5   /* the daemon refused: token, role, limits; or it is not there */
};

/* Filled by every function that fails; all members are texts of this struct, nothing is to be
 * freed. `status` is an OPC UA status code (OPC 10000-6 Annex A.2) or 0 when there is none. */
struct opcua_error {
    enum opcua_source source;
    uint32_t status;
    char kind[48];     /* its type, e.g. "ServiceException" (the contract's ipc-protocol.md §8) */
    char object[128];  /* what it is about: node, file, socket; "" = the connection */
    char message[512]; /* what happened */
    char next[160];    /* what to do about it; may be "" */
};

/* "here", "network", "server" … as messages say it; "?" for a number that is none. Static. */
OPCUA_API const char *opcua_source_name(enum opcua_source source);
/* The name of a status code, "BadNodeIdUnknown", or NULL when the standard has none for it. */
OPCUA_API const char *opcua_status_name(uint32_t status);
/* Bad: the two upper bits are 10 (OPC 10000-4 §7.39). */
static inline bool opcua_is_bad(uint32_t status)
{
    return (status & 0x80000000u) != 0;
}

/* ---- values --------------------------------------------------------------------------- */

/* The builtin types of OPC 10000-6 §5.1.2, by their numbers. */
enum opcua_type {
    OPCUA_TYPE_NULL = 0,
    OPCUA_TYPE_BOOLEAN = 1,
    OPCUA_TYPE_SBYTE = 2,
    OPCUA_TYPE_BYTE = 3,
    OPCUA_TYPE_INT16 = 4,
    OPCUA_TYPE_UINT16 = 5,
    OPCUA_TYPE_INT32 = 6,
    OPCUA_TYPE_UINT32 = 7,
    OPCUA_TYPE_INT64 = 8,
    OPCUA_TYPE_UINT64 = 9,
    OPCUA_TYPE_FLOAT = 10,
    OPCUA_TYPE_DOUBLE = 11,
    OPCUA_TYPE_STRING = 12,
    OPCUA_TYPE_DATETIME = 13,
    OPCUA_TYPE_GUID = 14,
    OPCUA_TYPE_BYTESTRING = 15,
    OPCUA_TYPE_XML = 16,
    OPCUA_TYPE_NODE_ID = 17,
    OPCUA_TYPE_EXPANDED_NODE_ID = 18,
    OPCUA_TYPE_STATUS_CODE = 19,
    OPCUA_TYPE_QUALIFIED_NAME = 20,
    OPCUA_TYPE_LOCALIZED_TEXT = 21,
    OPCUA_TYPE_STRUCTURE = 22, /* ExtensionObject */
    OPCUA_TYPE_DATA_VALUE = 23,
    OPCUA_TYPE_VARIANT = 24,
    OPCUA_TYPE_DIAGNOSTIC_INFO = 25
};

/* "Double"; NULL for a number that is no type. */
OPCUA_API const char *opcua_type_name(enum opcua_type type);
/* The type of that name, in any case; OPCUA_TYPE_NULL when there is none. */
OPCUA_API enum opcua_type opcua_type_find(const char *name);

/* Text or bytes. data NULL = null, which is not the same as empty. */
struct opcua_text {
    char *data;
    size_t length;
};

struct opcua_value;
struct opcua_data_value;

/* A member of a structure; the order is the server's. */
struct opcua_member {
    char *name;
    struct opcua_value *value;
};

/* Decoded: members. Not decoded (its type is not known, see opcua_discover_types()): body. */
struct opcua_structure {
    char *type_id; /* node id of its encoding (OPC 10000-6 §5.2.2.15) */
    struct opcua_text body;
    bool is_xml; /* body is XML */
    bool is_decoded;
    size_t member_count;
    struct opcua_member *members;
};

/* One element; which member counts is said by the type. */
union opcua_item {
    bool boolean;           /* Boolean */
    int64_t integer;        /* SByte, Int16, Int32, Int64 */
    uint64_t count;         /* Byte, UInt16, UInt32, UInt64, StatusCode */
    double number;          /* Float, Double */
    int64_t time;           /* DateTime: 100 ns since 1601-01-01 UTC; 0 = none */
    struct opcua_text text; /* String, Guid, ByteString, XmlElement, NodeId, ExpandedNodeId */
    struct {
        uint16_t ns;
        struct opcua_text name;
    } qualified; /* QualifiedName */
    struct {
        struct opcua_text locale, text;
    } localized;                         /* LocalizedText */
    struct opcua_structure *structure;   /* ExtensionObject, DiagnosticInfo */
    struct opcua_data_value *data_value; /* DataValue */
    struct opcua_value *value;           /* Variant */
};

/* A value of any type: a scalar (one item), an array or a matrix (items in row-major order). */
struct opcua_value {
    enum opcua_type type;
    bool is_array;
    size_t length;           /* items; 1 for a scalar, 0 for OPCUA_TYPE_NULL */
    union opcua_item *items; /* NULL when length is 0 */
    size_t dimension_count;  /* 0 for scalars and plain arrays */
    uint32_t *dimensions;
};

/* OPC 10000-4 §7.11. Times as in DateTime; 0 = not given. */
struct opcua_data_value {
    struct opcua_value value;
    uint32_t status;
    int64_t source_time, server_time;
};

/* A zeroed struct is the null value; clear frees what a value holds and makes it one again. NULL is
 * fine. */
OPCUA_API void opcua_value_clear(struct opcua_value *value);
OPCUA_API void opcua_data_value_clear(struct opcua_data_value *value);
/* Of an array that a call has returned: clears count values and frees the array. */
OPCUA_API void opcua_data_values_free(struct opcua_data_value *values, size_t count);
/* A deep copy; target is overwritten, not cleared. */
OPCUA_API void opcua_value_copy(struct opcua_value *target, const struct opcua_value *source);
/* Same type, shape and items; NaN equals NaN. */
OPCUA_API bool opcua_value_equal(const struct opcua_value *a, const struct opcua_value *b);

/* Makes *value an array of that type with length zeroed items, to be filled in; what it held is not
 * cleared. Texts put into items must come from opcua_text_set(). */
OPCUA_API void opcua_value_init_array(struct opcua_value *value, enum opcua_type type,
                                      size_t length);
/* Makes an array a matrix; the product of the dimensions must be its length, else false. */
OPCUA_API bool opcua_value_set_dimensions(struct opcua_value *value, const uint32_t *dimensions,
                                          size_t count);
/* Scalars; what *value held is not cleared. An integer or a number is of the type given: false when
 * it does not fit. Texts are copied; type: one of those with `text`. */
OPCUA_API void opcua_value_init_boolean(struct opcua_value *value, bool boolean);
OPCUA_API bool opcua_value_init_integer(struct opcua_value *value, enum opcua_type type,
                                        int64_t integer);
OPCUA_API bool opcua_value_init_number(struct opcua_value *value, enum opcua_type type,
                                       double number);
OPCUA_API bool opcua_value_init_text(struct opcua_value *value, enum opcua_type type,
                                     const char *text, size_t length);
OPCUA_API void opcua_value_init_time(struct opcua_value *value, int64_t time);
/* Copies; frees what text held. */
OPCUA_API void opcua_text_set(struct opcua_text *text, const char *data, size_t length);

/* Short forms for scalars: false when the value is none, or does not fit without loss. */
OPCUA_API bool opcua_value_to_double(const struct opcua_value *value, double *number);
OPCUA_API bool opcua_value_to_int64(const struct opcua_value *value, int64_t *integer);
OPCUA_API bool opcua_value_to_boolean(const struct opcua_value *value, bool *boolean);
/* Of the text types; the text is the value's. */
OPCUA_API const char *opcua_value_to_text(const struct opcua_value *value);
/* The member of a decoded structure, NULL when there is none. */
OPCUA_API const struct opcua_value *opcua_value_member(const struct opcua_value *value,
                                                       const char *name);

/* Structures of namespace 0 (Argument, Range, EUInformation, EnumValueType …; OPC 10000-5 §12) come
 * as the server's bytes: gives them their members, with the names of the standard, in place. False
 * when the value is none, or has one that is not known or not whole; that one stays as it is. A
 * value that is to be written back is not to be decoded. */
OPCUA_API bool opcua_value_decode(struct opcua_value *value);

/*
 * JSON. Types whose JSON says what they are need nothing: numbers, texts, booleans, lists, nested
 * lists for matrices, objects for structures. The result is to be freed with free().
 */
OPCUA_API char *opcua_value_to_json(const struct opcua_value *value);
/* The same with type, status and times: {"type":"Double","value":1.5,"status":0,…}. */
OPCUA_API char *opcua_data_value_to_json(const struct opcua_data_value *value);
/*
 * Reads a value of that type from JSON; OPCUA_TYPE_NULL: of the type the JSON suggests (Boolean,
 * Int64, Double, String; lists of them). False with an error that says what does not fit.
 */
OPCUA_API bool opcua_value_from_json(struct opcua_value *value, enum opcua_type type,
                                     const char *json, size_t length, struct opcua_error *error);

/* Times: seconds since 1970 with fraction (exact to 1 µs), and the text
 * 2026-01-31T12:00:00.123456Z; text needs OPCUA_TIME_TEXT bytes. */
#define OPCUA_TIME_TEXT 32
OPCUA_API double opcua_time_to_unix(int64_t time);
OPCUA_API int64_t opcua_time_from_unix(double seconds);
OPCUA_API void opcua_time_to_text(int64_t time, char *text);
/* Also the forms of the contract's types.md §3.4: "now", "-1 hour", "@1700000000". False when it
 * is none. */
OPCUA_API bool opcua_time_from_text(const char *text, int64_t *time);

/* ---- a client ------------------------------------------------------------------------- */

struct opcua_client;

/* The severities of RFC 5424, 0 = emergency … 7 = debug. */
typedef void opcua_log_fn(void *context, int severity, const char *text);
/*
 * What happens to a session and its subscriptions beside calls: name and members as docs/events.md
 * has them ("ClientReconnecting", "SubscriptionRecreated", "NotificationsLost" …), as JSON object.
 */
typedef void opcua_event_fn(void *context, const char *name, const char *json, size_t length);
/* Whether waiting calls are to end: asked by them once when they begin, after every signal and at
 * least every 200 ms. They fail then (kind "Cancelled"), and so does what else is on its way. */
typedef bool opcua_cancel_fn(void *context);

/*
 * Options, all of them optional: zero is the default. Begin with OPCUA_OPTIONS_INIT. Strings are
 * copied. The meaning of each is that of the key named behind it (the contract's ipc-protocol.md
 * §6).
 */
struct opcua_options {
    size_t size;    /* of this struct, as the caller knows it */
    double timeout; /* opcuaTimeout: seconds per answer of the server; 0 = 5, 1e9 at most */
    const char *security_policy; /* securityPolicy: URI or its last part, "Basic256Sha256" */
    int security_mode;           /* securityMode: 1 None, 2 Sign, 3 SignAndEncrypt */
    const char *username, *password;
    const char *certificate, *key;           /* clientCertPath, clientKeyPath */
    const char *ca_certificate;              /* caCertPath */
    const char *user_certificate, *user_key; /* userCertPath, userKeyPath */
    const char *trust_store;                 /* trustStorePath */
    const char *trust_policy; /* trustPolicy: "fingerprint", "fingerprint+expiry", "full" */
    bool auto_accept;         /* autoAccept */
    int auto_retry;           /* autoRetry: repeat an operation after a loss, so many times */
    bool force_new;           /* managed: a session of our own, never one that is there */
    bool keep;               /* managed: the session stays in the daemon when the client is freed */
    const char *token;       /* managed: authToken of the daemon */
    const char *state_dir;   /* direct: where a generated certificate is kept; NULL = in memory */
    opcua_log_fn *log;       /* NULL = nothing is logged */
    int log_severity;        /* the highest that is told; 0 = 6, info */
    opcua_event_fn *event;   /* NULL = nobody is told */
    void *context;           /* of log, event and cancel */
    opcua_cancel_fn *cancel; /* NULL = waiting calls wait for their answer */
};
#ifdef __cplusplus
#define OPCUA_OPTIONS_INIT                                                                         \
    {                                                                                              \
        sizeof(struct opcua_options)                                                               \
    }
#else
#define OPCUA_OPTIONS_INIT                                                                         \
    {                                                                                              \
        .size = sizeof(struct opcua_options)                                                       \
    }
#endif

/*
 * Connect and wait. NULL with *error when it fails. `socket`: path or URL of the daemon's
 * socket (ipc-protocol.md §1); NULL = $OPCUA_SOCKET, else /tmp/opcua-session-manager.sock.
 */
OPCUA_API struct opcua_client *opcua_connect(const char *url, const struct opcua_options *options,
                                             struct opcua_error *error);
OPCUA_API struct opcua_client *opcua_connect_managed(const char *socket, const char *url,
                                                     const struct opcua_options *options,
                                                     struct opcua_error *error);
/* The same without waiting: opcua_open_async() is to follow. NULL only for arguments that cannot be
 * right; an unreachable server is told by the open. url NULL (managed): no session, for commands of
 * the daemon only. */
OPCUA_API struct opcua_client *
opcua_client_new(const char *url, const struct opcua_options *options, struct opcua_error *error);
OPCUA_API struct opcua_client *opcua_client_new_managed(const char *socket, const char *url,
                                                        const struct opcua_options *options,
                                                        struct opcua_error *error);
/* Uses a session the daemon has already (its id, as `list` shows it) instead of opening one;
 * without effect when one is open or about to be. */
OPCUA_API void opcua_client_adopt(struct opcua_client *client, const char *session_id);
/* The daemon's id of the session, 32 hex digits; NULL when it is not open. Valid until it closes.
 */
OPCUA_API const char *opcua_session_id(const struct opcua_client *client);
/*
 * Ends calls that wait (they are told an error first), closes the session but for `keep`, waiting
 * at most one second for the server, and frees everything. NULL is fine.
 */
OPCUA_API void opcua_client_free(struct opcua_client *client);

/* See the beginning. The descriptor stays the same for the client's life. events: POLLIN, POLLOUT.
 * timeout: milliseconds, -1 = none. process: does what is due; -1 with an error when the client is
 * of no further use (the daemon has gone), 0 otherwise. */
OPCUA_API int opcua_fd(const struct opcua_client *client);
OPCUA_API short opcua_events(const struct opcua_client *client);
OPCUA_API int opcua_timeout(const struct opcua_client *client);
OPCUA_API int opcua_process(struct opcua_client *client, struct opcua_error *error);

/* error NULL = it went well. */
typedef void opcua_done_fn(void *context, const struct opcua_error *error);
OPCUA_API void opcua_open_async(struct opcua_client *client, opcua_done_fn *done, void *context);

/*
 * Any method of docs/methods.md, or with opcua_command() any command of docs/protocol.md, with its
 * parameters as JSON; so everything the daemon offers can be had, also what has no function below.
 * The answer is the member `data` as JSON. `arguments`: a list, "[]" if there are none; `members`:
 * further members of the request but `id` and `command`, `"sessionId":…` is added where there is a
 * session. Neither is nested more than 490 levels deep. Encoding of
 * opcua_invoke(): the tagged one of types.md §5; of opcua_query(): the plain one of §2.
 */
typedef void opcua_json_fn(void *context, const struct opcua_error *error, const char *json,
                           size_t length);
OPCUA_API void opcua_query_async(struct opcua_client *client, const char *method,
                                 const char *arguments, opcua_json_fn *done, void *context);
OPCUA_API void opcua_invoke_async(struct opcua_client *client, const char *method,
                                  const char *arguments, opcua_json_fn *done, void *context);
OPCUA_API void opcua_command_async(struct opcua_client *client, const char *command,
                                   const char *members, opcua_json_fn *done, void *context);
/* *json is to be freed with free(). False with *error. */
OPCUA_API bool opcua_query(struct opcua_client *client, const char *method, const char *arguments,
                           char **json, struct opcua_error *error);
OPCUA_API bool opcua_invoke(struct opcua_client *client, const char *method, const char *arguments,
                            char **json, struct opcua_error *error);
OPCUA_API bool opcua_command(struct opcua_client *client, const char *command, const char *members,
                             char **json, struct opcua_error *error);

/* ---- reading and writing (OPC 10000-4 §5.11) ------------------------------------------ */

#define OPCUA_ATTRIBUTE_VALUE 13u

struct opcua_read_item {
    const char *node;
    uint32_t attribute; /* 0 = Value */
    const char *range;  /* NULL = all of it (OPC 10000-4 §7.27) */
};
typedef void opcua_values_fn(void *context, const struct opcua_error *error,
                             const struct opcua_data_value *values, size_t count);
/* One value per item, in order; the state of each is its status. */
OPCUA_API void opcua_read_async(struct opcua_client *client, const struct opcua_read_item *items,
                                size_t count, opcua_values_fn *done, void *context);
/* values: room for count, each to be cleared. False with *error: none is set. */
OPCUA_API bool opcua_read(struct opcua_client *client, const struct opcua_read_item *items,
                          size_t count, struct opcua_data_value *values, struct opcua_error *error);
/* The value of one node; a Bad status is an error here. */
OPCUA_API bool opcua_read_value(struct opcua_client *client, const char *node,
                                struct opcua_value *value, struct opcua_error *error);
OPCUA_API bool opcua_read_double(struct opcua_client *client, const char *node, double *number,
                                 struct opcua_error *error);
OPCUA_API bool opcua_read_int64(struct opcua_client *client, const char *node, int64_t *integer,
                                struct opcua_error *error);
OPCUA_API bool opcua_read_boolean(struct opcua_client *client, const char *node, bool *boolean,
                                  struct opcua_error *error);
/* *text is to be freed with free(). */
OPCUA_API bool opcua_read_text(struct opcua_client *client, const char *node, char **text,
                               struct opcua_error *error);

struct opcua_write_item {
    const char *node;
    uint32_t attribute;              /* 0 = Value */
    const char *range;               /* NULL = all of it */
    const struct opcua_value *value; /* of exactly the type that is to be written */
};
typedef void opcua_statuses_fn(void *context, const struct opcua_error *error,
                               const uint32_t *statuses, size_t count);
OPCUA_API void opcua_write_async(struct opcua_client *client, const struct opcua_write_item *items,
                                 size_t count, opcua_statuses_fn *done, void *context);
/* statuses: room for count. */
OPCUA_API bool opcua_write(struct opcua_client *client, const struct opcua_write_item *items,
                           size_t count, uint32_t *statuses, struct opcua_error *error);
/* One node, of the type it has on the server; a Bad status is an error here. */
OPCUA_API void opcua_write_value_async(struct opcua_client *client, const char *node,
                                       const struct opcua_value *value, opcua_done_fn *done,
                                       void *context);
OPCUA_API bool opcua_write_value(struct opcua_client *client, const char *node,
                                 const struct opcua_value *value, struct opcua_error *error);
OPCUA_API bool opcua_write_double(struct opcua_client *client, const char *node, double number,
                                  struct opcua_error *error);
OPCUA_API bool opcua_write_int64(struct opcua_client *client, const char *node, int64_t integer,
                                 struct opcua_error *error);
OPCUA_API bool opcua_write_boolean(struct opcua_client *client, const char *node, bool boolean,
                                   struct opcua_error *error);
OPCUA_API bool opcua_write_text(struct opcua_client *client, const char *node, const char *text,
                                struct opcua_error *error);

/* ---- the address space (OPC 10000-4 §5.9) --------------------------------------------- */

enum opcua_direction { OPCUA_FORWARD = 0, OPCUA_INVERSE = 1, OPCUA_BOTH = 2 };

struct opcua_reference {
    char *node;
    char *reference_type;
    char *browse_name; /* "2:Tank1"; without "0:" */
    char *display_name;
    char *type_definition; /* "i=0" when there is none */
    uint32_t node_class;   /* OPC 10000-3 Table; 1 Object, 2 Variable, 4 Method … */
    bool is_forward;
    unsigned depth; /* of a tree: 0 for the children of the node that was asked for */
};
struct opcua_browse_options {
    enum opcua_direction direction;
    const char *reference_type; /* NULL = hierarchical references */
    bool without_subtypes;      /* of the reference type */
    uint32_t node_classes;      /* bits; 0 = all */
    unsigned depth;             /* > 1: a tree, each node followed by what is below it */
};
typedef void opcua_references_fn(void *context, const struct opcua_error *error,
                                 const struct opcua_reference *references, size_t count);
/* options NULL = all hierarchical references forward. All of them, over as many pages as needed. */
OPCUA_API void opcua_browse_async(struct opcua_client *client, const char *node,
                                  const struct opcua_browse_options *options,
                                  opcua_references_fn *done, void *context);
OPCUA_API bool opcua_browse(struct opcua_client *client, const char *node,
                            const struct opcua_browse_options *options,
                            struct opcua_reference **references, size_t *count,
                            struct opcua_error *error);
OPCUA_API void opcua_references_free(struct opcua_reference *references, size_t count);

typedef void opcua_text_fn(void *context, const struct opcua_error *error, const char *text);
/* "/Objects/2:Plant/2:Tank1", or a node id, which comes back as it is. */
OPCUA_API void opcua_resolve_async(struct opcua_client *client, const char *path,
                                   opcua_text_fn *done, void *context);
/* *node is to be freed with free(). */
OPCUA_API bool opcua_resolve(struct opcua_client *client, const char *path, char **node,
                             struct opcua_error *error);

/* ---- methods (OPC 10000-4 §5.12) ------------------------------------------------------ */

struct opcua_call_result {
    uint32_t status; /* of the call; Bad is no error of opcua_call() */
    size_t input_count;
    uint32_t *input_statuses; /* per argument, where the server tells */
    size_t output_count;
    struct opcua_value *outputs;
};
typedef void opcua_call_fn(void *context, const struct opcua_error *error,
                           const struct opcua_call_result *result);
OPCUA_API void opcua_call_async(struct opcua_client *client, const char *object, const char *method,
                                const struct opcua_value *inputs, size_t count, opcua_call_fn *done,
                                void *context);
OPCUA_API bool opcua_call(struct opcua_client *client, const char *object, const char *method,
                          const struct opcua_value *inputs, size_t count,
                          struct opcua_call_result *result, struct opcua_error *error);
OPCUA_API void opcua_call_result_clear(struct opcua_call_result *result);

/* ---- subscriptions (OPC 10000-4 §5.13, §5.14) ----------------------------------------- */

struct opcua_subscription;

struct opcua_subscription_options {
    double interval;          /* ms; 0 = 500 */
    uint32_t lifetime;        /* publishing intervals; 0 = 2400 */
    uint32_t keep_alive;      /* publishing intervals; 0 = 10 */
    uint32_t max_per_publish; /* notifications; 0 = no limit */
    uint8_t priority;
};
struct opcua_item_options {
    uint32_t attribute; /* 0 = Value */
    double sampling;    /* ms; 0 = the publishing interval */
    uint32_t queue;     /* 0 = 1 */
    const char *filter; /* data change filter as JSON (methods.md §2.15); NULL = none */
};
/* A value of a monitored item. `handle` is what opcua_monitor() was given. */
typedef void opcua_change_fn(void *context, uint32_t handle, const struct opcua_data_value *value);
/* An event of a monitored item: a value per field that was selected. */
typedef void opcua_notify_fn(void *context, uint32_t handle, const struct opcua_value *fields,
                             size_t count);
typedef void opcua_subscribed_fn(void *context, const struct opcua_error *error,
                                 struct opcua_subscription *subscription);
/*
 * The subscription is the client's until opcua_unsubscribe() or the end of the client. After a loss
 * it comes back with its items; what is missing then is told by the client's event function
 * (NotificationsLost, SubscriptionRecreated).
 */
OPCUA_API void opcua_subscribe_async(struct opcua_client *client,
                                     const struct opcua_subscription_options *options,
                                     opcua_subscribed_fn *done, void *context);
OPCUA_API struct opcua_subscription *
opcua_subscribe(struct opcua_client *client, const struct opcua_subscription_options *options,
                struct opcua_error *error);
OPCUA_API uint32_t opcua_subscription_id(const struct opcua_subscription *subscription);
/* Deletes it on the server; its functions are not called again. */
OPCUA_API void opcua_unsubscribe(struct opcua_subscription *subscription);

typedef void opcua_monitored_fn(void *context, const struct opcua_error *error, uint32_t item);
/*
 * Watches a node. `handle` is the caller's own number, different for each item of the subscription
 * and not 0. `item` is the server's number, for opcua_unmonitor().
 */
OPCUA_API void opcua_monitor_async(struct opcua_subscription *subscription, const char *node,
                                   const struct opcua_item_options *options, uint32_t handle,
                                   opcua_change_fn *change, void *change_context,
                                   opcua_monitored_fn *done, void *context);
OPCUA_API bool opcua_monitor(struct opcua_subscription *subscription, const char *node,
                             const struct opcua_item_options *options, uint32_t handle,
                             opcua_change_fn *change, void *context, uint32_t *item,
                             struct opcua_error *error);
/* Events of a node ("i=2253" is the server): fields as browse paths, "Message", "ActiveState/Id";
 * NULL = EventId, EventType, SourceName, Time, Message, Severity. */
OPCUA_API void opcua_monitor_events_async(struct opcua_subscription *subscription, const char *node,
                                          const char *const *fields, size_t count, uint32_t handle,
                                          opcua_notify_fn *notify, void *notify_context,
                                          opcua_monitored_fn *done, void *context);
OPCUA_API bool opcua_monitor_events(struct opcua_subscription *subscription, const char *node,
                                    const char *const *fields, size_t count, uint32_t handle,
                                    opcua_notify_fn *notify, void *context, uint32_t *item,
                                    struct opcua_error *error);
OPCUA_API void opcua_unmonitor_async(struct opcua_subscription *subscription, uint32_t item,
                                     opcua_done_fn *done, void *context);
OPCUA_API bool opcua_unmonitor(struct opcua_subscription *subscription, uint32_t item,
                               struct opcua_error *error);
/* Changes what is given; 0 and NULL leave what the item has. `attribute` cannot be changed. */
OPCUA_API void opcua_modify_async(struct opcua_subscription *subscription, uint32_t item,
                                  const struct opcua_item_options *options, opcua_done_fn *done,
                                  void *context);
OPCUA_API bool opcua_modify(struct opcua_subscription *subscription, uint32_t item,
                            const struct opcua_item_options *options, struct opcua_error *error);
/* Items that are told when `item` is (OPC 10000-4 §5.13.5). statuses: room for add_count and then
 * remove_count. */
OPCUA_API void opcua_trigger_async(struct opcua_subscription *subscription, uint32_t item,
                                   const uint32_t *add, size_t add_count, const uint32_t *remove,
                                   size_t remove_count, opcua_statuses_fn *done, void *context);
OPCUA_API bool opcua_trigger(struct opcua_subscription *subscription, uint32_t item,
                             const uint32_t *add, size_t add_count, const uint32_t *remove,
                             size_t remove_count, uint32_t *statuses, struct opcua_error *error);

/* ---- history (OPC 10000-11) ----------------------------------------------------------------- */

/* Times as in DateTime; 0 = open end. max 0 = all there is. */
OPCUA_API void opcua_history_async(struct opcua_client *client, const char *node, int64_t start,
                                   int64_t end, uint32_t max, opcua_values_fn *done, void *context);
/* *values are to be freed with opcua_data_values_free(). */
OPCUA_API bool opcua_history(struct opcua_client *client, const char *node, int64_t start,
                             int64_t end, uint32_t max, struct opcua_data_value **values,
                             size_t *count, struct opcua_error *error);
/* aggregate: node id of the function (OPC 10000-13), "i=2342" Average …; interval: ms. */
OPCUA_API void opcua_history_processed_async(struct opcua_client *client, const char *node,
                                             int64_t start, int64_t end, double interval,
                                             const char *aggregate, opcua_values_fn *done,
                                             void *context);
OPCUA_API bool opcua_history_processed(struct opcua_client *client, const char *node, int64_t start,
                                       int64_t end, double interval, const char *aggregate,
                                       struct opcua_data_value **values, size_t *count,
                                       struct opcua_error *error);

/* The values at exactly these times, in their order; interpolated where the server does that. */
OPCUA_API void opcua_history_at_async(struct opcua_client *client, const char *node,
                                      const int64_t *times, size_t time_count,
                                      opcua_values_fn *done, void *context);
OPCUA_API bool opcua_history_at(struct opcua_client *client, const char *node, const int64_t *times,
                                size_t time_count, struct opcua_data_value **values, size_t *count,
                                struct opcua_error *error);
/*
 * Aggregates that are computed on this side of the server, for servers that have none: of the raw
 * history of a node, or of values the caller has. function: "interpolate", "minimum", "maximum",
 * "average", "count" (the contract's methods.md §4.4); interval: ms, 0 = one for all.
 */
OPCUA_API void opcua_history_aggregate_async(struct opcua_client *client, const char *node,
                                             int64_t start, int64_t end, double interval,
                                             const char *function, opcua_values_fn *done,
                                             void *context);
OPCUA_API bool opcua_history_aggregate(struct opcua_client *client, const char *node, int64_t start,
                                       int64_t end, double interval, const char *function,
                                       struct opcua_data_value **values, size_t *count,
                                       struct opcua_error *error);
OPCUA_API void opcua_aggregate_async(struct opcua_client *client,
                                     const struct opcua_data_value *raw, size_t raw_count,
                                     int64_t start, int64_t end, double interval,
                                     const char *function, opcua_values_fn *done, void *context);
OPCUA_API bool opcua_aggregate(struct opcua_client *client, const struct opcua_data_value *raw,
                               size_t raw_count, int64_t start, int64_t end, double interval,
                               const char *function, struct opcua_data_value **values,
                               size_t *count, struct opcua_error *error);

/* ---- history that is changed (OPC 10000-11 §6.9) -------------------------------------- */

/* PerformUpdateType (OPC 10000-11 §6.9.3). */
enum opcua_update { OPCUA_INSERT = 1, OPCUA_REPLACE = 2, OPCUA_UPDATE = 3 };

/* statuses, here and below: room for count, NULL = not wanted. Values need their source time. */
OPCUA_API void opcua_history_update_async(struct opcua_client *client, const char *node,
                                          enum opcua_update how,
                                          const struct opcua_data_value *values, size_t count,
                                          opcua_statuses_fn *done, void *context);
OPCUA_API bool opcua_history_update(struct opcua_client *client, const char *node,
                                    enum opcua_update how, const struct opcua_data_value *values,
                                    size_t count, uint32_t *statuses, struct opcua_error *error);
/* All values from start up to end, both of which must be given; modified: the old values of those
 * that were changed. A Bad status is an error. */
OPCUA_API void opcua_history_delete_async(struct opcua_client *client, const char *node,
                                          int64_t start, int64_t end, bool modified,
                                          opcua_done_fn *done, void *context);
OPCUA_API bool opcua_history_delete(struct opcua_client *client, const char *node, int64_t start,
                                    int64_t end, bool modified, struct opcua_error *error);
OPCUA_API void opcua_history_delete_at_async(struct opcua_client *client, const char *node,
                                             const int64_t *times, size_t count,
                                             opcua_statuses_fn *done, void *context);
OPCUA_API bool opcua_history_delete_at(struct opcua_client *client, const char *node,
                                       const int64_t *times, size_t count, uint32_t *statuses,
                                       struct opcua_error *error);
/* count events of field_count values each, one behind the other. */
OPCUA_API void opcua_history_update_events_async(struct opcua_client *client, const char *node,
                                                 enum opcua_update how, const char *const *fields,
                                                 size_t field_count,
                                                 const struct opcua_value *values, size_t count,
                                                 opcua_statuses_fn *done, void *context);
OPCUA_API bool opcua_history_update_events(struct opcua_client *client, const char *node,
                                           enum opcua_update how, const char *const *fields,
                                           size_t field_count, const struct opcua_value *values,
                                           size_t count, uint32_t *statuses,
                                           struct opcua_error *error);
/* By their EventIds. */
OPCUA_API void opcua_history_delete_events_async(struct opcua_client *client, const char *node,
                                                 const struct opcua_text *ids, size_t count,
                                                 opcua_statuses_fn *done, void *context);
OPCUA_API bool opcua_history_delete_events(struct opcua_client *client, const char *node,
                                           const struct opcua_text *ids, size_t count,
                                           uint32_t *statuses, struct opcua_error *error);

/* ---- nodes and references (OPC 10000-4 §5.8) ------------------------------------------ */

struct opcua_new_node {
    const char *parent, *reference_type; /* node ids */
    const char *node;                    /* the id it is to have; NULL = the server's choice */
    const char *browse_name;             /* "2:Tank1" */
    const char *type_definition;         /* NULL = none */
    uint32_t node_class;                 /* 1 Object, 2 Variable, 4 Method, 8 ObjectType … */
    const char *display_name;            /* NULL = the browse name */
    const char *description;
    const struct opcua_value *value; /* Variable, VariableType */
    const char *data_type;           /* NULL = BaseDataType */
    int32_t value_rank;              /* 0 = scalar */
    const uint32_t *dimensions;
    size_t dimension_count;
    uint8_t access_level; /* bits: 1 read, 2 write …; 0 = read */
    bool historizing, is_abstract, symmetric, not_executable;
    const char *inverse_name; /* ReferenceType */
    uint8_t event_notifier;
};
/* What became of each; node: its id, NULL when it was refused. */
struct opcua_added {
    uint32_t status;
    char *node;
};
typedef void opcua_added_fn(void *context, const struct opcua_error *error,
                            const struct opcua_added *added, size_t count);
OPCUA_API void opcua_add_nodes_async(struct opcua_client *client,
                                     const struct opcua_new_node *nodes, size_t count,
                                     opcua_added_fn *done, void *context);
/* added: room for count, to be cleared. */
OPCUA_API bool opcua_add_nodes(struct opcua_client *client, const struct opcua_new_node *nodes,
                               size_t count, struct opcua_added *added, struct opcua_error *error);
OPCUA_API void opcua_added_clear(struct opcua_added *added, size_t count);
/* keep_references: those of other nodes to these stay. */
OPCUA_API void opcua_delete_nodes_async(struct opcua_client *client, const char *const *nodes,
                                        size_t count, bool keep_references, opcua_statuses_fn *done,
                                        void *context);
OPCUA_API bool opcua_delete_nodes(struct opcua_client *client, const char *const *nodes,
                                  size_t count, bool keep_references, uint32_t *statuses,
                                  struct opcua_error *error);

struct opcua_new_reference {
    const char *source, *reference_type, *target; /* node ids */
    bool inverse;
    uint32_t target_class;     /* to add: of the target */
    const char *target_server; /* to add: URI of another server; NULL = this one */
};
OPCUA_API void opcua_add_references_async(struct opcua_client *client,
                                          const struct opcua_new_reference *references,
                                          size_t count, opcua_statuses_fn *done, void *context);
OPCUA_API bool opcua_add_references(struct opcua_client *client,
                                    const struct opcua_new_reference *references, size_t count,
                                    uint32_t *statuses, struct opcua_error *error);
/* one_way: the reference in the other direction stays. */
OPCUA_API void opcua_delete_references_async(struct opcua_client *client,
                                             const struct opcua_new_reference *references,
                                             size_t count, bool one_way, opcua_statuses_fn *done,
                                             void *context);
OPCUA_API bool opcua_delete_references(struct opcua_client *client,
                                       const struct opcua_new_reference *references, size_t count,
                                       bool one_way, uint32_t *statuses, struct opcua_error *error);

/* ---- the rest ------------------------------------------------------------------------- */

/* "Connected", "Disconnected", "Connecting", "Broken". *state is to be freed with free(). */
OPCUA_API void opcua_connection_state_async(struct opcua_client *client, opcua_text_fn *done,
                                            void *context);
OPCUA_API bool opcua_connection_state(struct opcua_client *client, char **state,
                                      struct opcua_error *error);
/* A new connection to the server for the same session; subscriptions come back. */
OPCUA_API void opcua_reconnect_async(struct opcua_client *client, opcua_done_fn *done,
                                     void *context);
OPCUA_API bool opcua_reconnect(struct opcua_client *client, struct opcua_error *error);
/* Forgets what was learnt of a node (references, paths, types of values); NULL = of all. */
OPCUA_API void opcua_forget_async(struct opcua_client *client, const char *node,
                                  opcua_done_fn *done, void *context);
OPCUA_API bool opcua_forget(struct opcua_client *client, const char *node,
                            struct opcua_error *error);

/* BuildInfo (OPC 10000-5 §12.4); "" and 0 for what the server does not say. */
struct opcua_build {
    char *product, *manufacturer, *version, *number;
    int64_t date;
};
typedef void opcua_build_fn(void *context, const struct opcua_error *error,
                            const struct opcua_build *build);
OPCUA_API void opcua_build_async(struct opcua_client *client, opcua_build_fn *done, void *context);
/* *build is to be cleared. */
OPCUA_API bool opcua_build(struct opcua_client *client, struct opcua_build *build,
                           struct opcua_error *error);
OPCUA_API void opcua_build_clear(struct opcua_build *build);

typedef void opcua_number_fn(void *context, const struct opcua_error *error, uint64_t number);
/* Learns the structures of the server, so that they come decoded. The number: how many were new;
 * count may be NULL. */
OPCUA_API void opcua_discover_types_async(struct opcua_client *client, opcua_number_fn *done,
                                          void *context);
OPCUA_API bool opcua_discover_types(struct opcua_client *client, uint64_t *count,
                                    struct opcua_error *error);

struct opcua_endpoint {
    char *url;
    char *security_policy; /* URI */
    int security_mode;     /* 1 None, 2 Sign, 3 SignAndEncrypt */
    int security_level;
    struct opcua_text certificate; /* DER, with its chain */
    unsigned tokens;               /* bits: 1 anonymous, 2 user name, 4 certificate, 8 issued */
};
typedef void opcua_endpoints_fn(void *context, const struct opcua_error *error,
                                const struct opcua_endpoint *endpoints, size_t count);
/* What the server of the session offers. */
OPCUA_API void opcua_endpoints_async(struct opcua_client *client, opcua_endpoints_fn *done,
                                     void *context);
OPCUA_API bool opcua_endpoints(struct opcua_client *client, struct opcua_endpoint **endpoints,
                               size_t *count, struct opcua_error *error);
OPCUA_API void opcua_endpoints_free(struct opcua_endpoint *endpoints, size_t count);

/* ---- files (OPC 10000-20) ------------------------------------------------------------- */

typedef void opcua_bytes_fn(void *context, const struct opcua_error *error, const char *data,
                            size_t length);
/* Whole: reads at most limit bytes, an error beyond; writes in place of what was there. */
OPCUA_API void opcua_file_read_async(struct opcua_client *client, const char *node, size_t limit,
                                     opcua_bytes_fn *done, void *context);
OPCUA_API bool opcua_file_read(struct opcua_client *client, const char *node, size_t limit,
                               struct opcua_text *content, struct opcua_error *error);
/* content is copied. */
OPCUA_API void opcua_file_write_async(struct opcua_client *client, const char *node,
                                      const char *content, size_t length, opcua_done_fn *done,
                                      void *context);
OPCUA_API bool opcua_file_write(struct opcua_client *client, const char *node, const char *content,
                                size_t length, struct opcua_error *error);

/* Piece by piece. mode: bits of the standard (§4.2.2). The number told is the handle; it belongs to
 * the session. */
#define OPCUA_FILE_READ 1u
#define OPCUA_FILE_WRITE 2u
#define OPCUA_FILE_ERASE 4u
#define OPCUA_FILE_APPEND 8u
OPCUA_API void opcua_file_open_async(struct opcua_client *client, const char *node, unsigned mode,
                                     opcua_number_fn *done, void *context);
OPCUA_API bool opcua_file_open(struct opcua_client *client, const char *node, unsigned mode,
                               uint32_t *handle, struct opcua_error *error);
OPCUA_API void opcua_file_close_async(struct opcua_client *client, const char *node,
                                      uint32_t handle, opcua_done_fn *done, void *context);
OPCUA_API bool opcua_file_close(struct opcua_client *client, const char *node, uint32_t handle,
                                struct opcua_error *error);
/* At most length bytes from where the file stands; none at its end. */
OPCUA_API void opcua_file_get_async(struct opcua_client *client, const char *node, uint32_t handle,
                                    uint32_t length, opcua_bytes_fn *done, void *context);
OPCUA_API bool opcua_file_get(struct opcua_client *client, const char *node, uint32_t handle,
                              uint32_t length, struct opcua_text *piece, struct opcua_error *error);
OPCUA_API void opcua_file_put_async(struct opcua_client *client, const char *node, uint32_t handle,
                                    const char *data, size_t length, opcua_done_fn *done,
                                    void *context);
OPCUA_API bool opcua_file_put(struct opcua_client *client, const char *node, uint32_t handle,
                              const char *data, size_t length, struct opcua_error *error);
OPCUA_API void opcua_file_tell_async(struct opcua_client *client, const char *node, uint32_t handle,
                                     opcua_number_fn *done, void *context);
OPCUA_API bool opcua_file_tell(struct opcua_client *client, const char *node, uint32_t handle,
                               uint64_t *position, struct opcua_error *error);
OPCUA_API void opcua_file_seek_async(struct opcua_client *client, const char *node, uint32_t handle,
                                     uint64_t position, opcua_done_fn *done, void *context);
OPCUA_API bool opcua_file_seek(struct opcua_client *client, const char *node, uint32_t handle,
                               uint64_t position, struct opcua_error *error);

/* Directories (FileDirectoryType): what is made is told by its node id, to be freed with free();
 * NULL = not wanted. */
OPCUA_API void opcua_directory_create_async(struct opcua_client *client, const char *directory,
                                            const char *name, opcua_text_fn *done, void *context);
OPCUA_API bool opcua_directory_create(struct opcua_client *client, const char *directory,
                                      const char *name, char **node, struct opcua_error *error);
typedef void opcua_file_created_fn(void *context, const struct opcua_error *error, const char *node,
                                   uint32_t handle);
/* open, or handle not NULL: the new file is open for writing, with that handle. */
OPCUA_API void opcua_file_create_async(struct opcua_client *client, const char *directory,
                                       const char *name, bool open, opcua_file_created_fn *done,
                                       void *context);
OPCUA_API bool opcua_file_create(struct opcua_client *client, const char *directory,
                                 const char *name, char **node, uint32_t *handle,
                                 struct opcua_error *error);
/* A file, or a directory with all that is in it. */
OPCUA_API void opcua_file_delete_async(struct opcua_client *client, const char *directory,
                                       const char *node, opcua_done_fn *done, void *context);
OPCUA_API bool opcua_file_delete(struct opcua_client *client, const char *directory,
                                 const char *node, struct opcua_error *error);
/* Moves or copies `node` from its directory to `target`; name: NULL = the one it has. */
OPCUA_API void opcua_file_move_async(struct opcua_client *client, const char *directory,
                                     const char *node, const char *target, bool copy,
                                     const char *name, opcua_text_fn *done, void *context);
OPCUA_API bool opcua_file_move(struct opcua_client *client, const char *directory, const char *node,
                               const char *target, bool copy, const char *name, char **moved,
                               struct opcua_error *error);

/* ---- trust ---------------------------------------------------------------------------- */

/* Puts a certificate (DER) into the session's trust store, or takes the one with that SHA-1
 * fingerprint out. Without a trust store nothing is done. */
OPCUA_API void opcua_trust_async(struct opcua_client *client, const char *der, size_t length,
                                 opcua_done_fn *done, void *context);
OPCUA_API void opcua_untrust_async(struct opcua_client *client, const char *fingerprint,
                                   opcua_done_fn *done, void *context);
OPCUA_API bool opcua_trust(struct opcua_client *client, const char *der, size_t length,
                           struct opcua_error *error);
OPCUA_API bool opcua_untrust(struct opcua_client *client, const char *fingerprint,
                             struct opcua_error *error);

#ifdef __cplusplus
}
#endif

#endif
