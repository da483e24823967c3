/* SPDX-License-Identifier: MIT */
/* Access control: the context of a session is a row of the table below, the context of a
 * node in the plant is a struct osm_plant_node or NULL. Contexts of other namespaces are the
 * library's and never looked into.
 *
 * The default plug-in is kept for what it announces (the user token policies); its decisions
 * are all replaced. */
#include "accounts.h"

#include <open62541/plugin/accesscontrol_default.h>
#include <string.h>

#include "plant.h"

struct account {
    const char *name;
    const char *password; /* NULL: no login, the role of everybody else */
    enum osm_role role;
};

static struct account accounts[] = {
    {"anonymous", NULL, OSM_ROLE_ANONYMOUS},
    {"operator", "operator", OSM_ROLE_OPERATOR},
    {"viewer", "viewer", OSM_ROLE_VIEWER},
    {"certificate", NULL, OSM_ROLE_OPERATOR},
};
#define N_ACCOUNTS (sizeof(accounts) / sizeof(accounts[0]))
#define ANONYMOUS (&accounts[0])
#define CERTIFICATE (&accounts[3])

/* A subscription that outlives its session has no context: it sees what anonymous sees. */
static enum osm_role role_of(const void *session_context)
{
    const struct account *account = session_context;
    return account ? account->role : OSM_ROLE_ANONYMOUS;
}

const char *osm_accounts_name(const void *session_context)
{
    const struct account *account = session_context;
    return account ? account->name : ANONYMOUS->name;
}

static bool equals(const UA_String *string, const char *text)
{
    return string->length == strlen(text) && memcmp(string->data, text, string->length) == 0;
}

static struct account *find_login(const UA_UserNameIdentityToken *token)
{
    for (size_t i = 0; i < N_ACCOUNTS; i++) {
        if (accounts[i].password && equals(&token->userName, accounts[i].name) &&
            equals(&token->password, accounts[i].password))
            return &accounts[i];
    }
    return NULL;
}

static bool anonymous_announced(const UA_AccessControl *control)
{
    for (size_t i = 0; i < control->userTokenPoliciesSize; i++) {
        if (control->userTokenPolicies[i].tokenType == UA_USERTOKENTYPE_ANONYMOUS)
            return true;
    }
    return false;
}

static UA_StatusCode activate_session(UA_Server *server, UA_AccessControl *control,
                                      const UA_EndpointDescription *endpoint,
                                      const UA_ByteString *certificate, const UA_NodeId *session,
                                      const UA_ExtensionObject *token, void **session_context)
{
    const UA_DataType *type = NULL;
    if (token->encoding >= UA_EXTENSIONOBJECT_DECODED)
        type = token->content.decoded.type;
    if (type == &UA_TYPES[UA_TYPES_USERNAMEIDENTITYTOKEN]) {
        struct account *account = find_login(token->content.decoded.data);
        *session_context = account;
        return account ? UA_STATUSCODE_GOOD : UA_STATUSCODE_BADUSERACCESSDENIED;
    }
    /* The library has checked that he has the key. */
    if (type == &UA_TYPES[UA_TYPES_X509IDENTITYTOKEN]) {
        *session_context = CERTIFICATE;
        return UA_STATUSCODE_GOOD;
    }
    /* No token at all means anonymous (Part 4, 5.6.3.2). */
    bool anonymous = token->encoding == UA_EXTENSIONOBJECT_ENCODED_NOBODY ||
                     type == &UA_TYPES[UA_TYPES_ANONYMOUSIDENTITYTOKEN];
    if (!anonymous)
        return UA_STATUSCODE_BADIDENTITYTOKENINVALID;
    if (!anonymous_announced(control))
        return UA_STATUSCODE_BADIDENTITYTOKENREJECTED;
    *session_context = ANONYMOUS;
    return UA_STATUSCODE_GOOD;
}

static void close_session(UA_Server *server, UA_AccessControl *control, const UA_NodeId *session,
                          void *session_context)
{
}

static bool may_change(const void *session_context)
{
    return (role_of(session_context) & OSM_ROLE_CHANGERS) != 0;
}

static const struct osm_plant_node *rights_of(UA_Server *server, const UA_NodeId *node,
                                              const void *node_context)
{
    static const struct osm_plant_node usual = {OSM_ROLE_ALL, OSM_ROLE_CHANGERS};
    const struct osm_plant *plant = osm_plant_of(server);
    bool ours = plant && node && node->namespaceIndex == plant->ns && node_context;
    return ours ? node_context : &usual;
}

static UA_UInt32 user_rights_mask(UA_Server *server, UA_AccessControl *control,
                                  const UA_NodeId *session, void *session_context,
                                  const UA_NodeId *node, void *node_context)
{
    return may_change(session_context) ? 0xFFFFFFFF : 0;
}

static UA_Byte user_access_level(UA_Server *server, UA_AccessControl *control,
                                 const UA_NodeId *session, void *session_context,
                                 const UA_NodeId *node, void *node_context)
{
    const struct osm_plant_node *rights = rights_of(server, node, node_context);
    const UA_Byte reading = UA_ACCESSLEVELMASK_READ | UA_ACCESSLEVELMASK_HISTORYREAD;
    UA_Byte level = 0;
    if (rights->readers & role_of(session_context))
        level |= reading;
    if (rights->writers & role_of(session_context))
        level |= (UA_Byte)~reading;
    return level;
}

/* A refresh changes nothing: whoever may subscribe may ask for it. */
static bool is_refresh(const UA_NodeId *method)
{
    return method->namespaceIndex == 0 && method->identifierType == UA_NODEIDTYPE_NUMERIC &&
           (method->identifier.numeric == UA_NS0ID_CONDITIONTYPE_CONDITIONREFRESH ||
            method->identifier.numeric == UA_NS0ID_CONDITIONTYPE_CONDITIONREFRESH2);
}

static UA_Boolean user_executable(UA_Server *server, UA_AccessControl *control,
                                  const UA_NodeId *session, void *session_context,
                                  const UA_NodeId *method, void *method_context)
{
    const struct osm_plant_node *rights = rights_of(server, method, method_context);
    return is_refresh(method) || (rights->writers & role_of(session_context)) != 0;
}

static UA_Boolean user_executable_on_object(UA_Server *server, UA_AccessControl *control,
                                            const UA_NodeId *session, void *session_context,
                                            const UA_NodeId *method, void *method_context,
                                            const UA_NodeId *object, void *object_context)
{
    return user_executable(server, control, session, session_context, method, method_context);
}

static UA_Boolean allow_add_node(UA_Server *server, UA_AccessControl *control,
                                 const UA_NodeId *session, void *session_context,
                                 const UA_AddNodesItem *item)
{
    return may_change(session_context);
}

static UA_Boolean allow_add_reference(UA_Server *server, UA_AccessControl *control,
                                      const UA_NodeId *session, void *session_context,
                                      const UA_AddReferencesItem *item)
{
    return may_change(session_context);
}

static UA_Boolean allow_delete_node(UA_Server *server, UA_AccessControl *control,
                                    const UA_NodeId *session, void *session_context,
                                    const UA_DeleteNodesItem *item)
{
    return may_change(session_context);
}

static UA_Boolean allow_delete_reference(UA_Server *server, UA_AccessControl *control,
                                         const UA_NodeId *session, void *session_context,
                                         const UA_DeleteReferencesItem *item)
{
    return may_change(session_context);
}

static UA_Boolean allow_transfer(UA_Server *server, UA_AccessControl *control,
                                 const UA_NodeId *old_session, void *old_context,
                                 const UA_NodeId *new_session, void *new_context)
{
    return old_session == NULL || role_of(old_context) == role_of(new_context);
}

static UA_Boolean allow_history_update(UA_Server *server, UA_AccessControl *control,
                                       const UA_NodeId *session, void *session_context,
                                       const UA_NodeId *node, UA_PerformUpdateType kind,
                                       const UA_DataValue *value)
{
    return may_change(session_context);
}

static UA_Boolean allow_history_delete(UA_Server *server, UA_AccessControl *control,
                                       const UA_NodeId *session, void *session_context,
                                       const UA_NodeId *node, UA_DateTime start, UA_DateTime end,
                                       bool modified)
{
    return may_change(session_context);
}

static void take_decisions(UA_AccessControl *control)
{
    control->activateSession = activate_session;
    control->closeSession = close_session;
    control->getUserRightsMask = user_rights_mask;
    control->getUserAccessLevel = user_access_level;
    control->getUserExecutable = user_executable;
    control->getUserExecutableOnObject = user_executable_on_object;
    control->allowAddNode = allow_add_node;
    control->allowAddReference = allow_add_reference;
    control->allowDeleteNode = allow_delete_node;
    control->allowDeleteReference = allow_delete_reference;
    control->allowTransferSubscription = allow_transfer;
    control->allowHistoryUpdateUpdateData = allow_history_update;
    control->allowHistoryUpdateDeleteRawModified = allow_history_delete;
}

/* The plug-in also announces certificates. Without an encrypted policy nobody can use one, and
 * the library warns of it at every GetEndpoints. */
static void drop_certificates(UA_AccessControl *control)
{
    size_t kept = 0;
    for (size_t i = 0; i < control->userTokenPoliciesSize; i++) {
        UA_UserTokenPolicy *policy = &control->userTokenPolicies[i];
        if (policy->tokenType == UA_USERTOKENTYPE_CERTIFICATE)
            UA_UserTokenPolicy_clear(policy);
        else
            control->userTokenPolicies[kept++] = *policy;
    }
    control->userTokenPoliciesSize = kept;
}

UA_StatusCode osm_accounts_apply(UA_ServerConfig *config, bool allow_anonymous,
                                 bool allow_certificates)
{
    /* One login of any name: the plug-in only needs to know that there are users. */
    static char name[] = "operator";
    UA_UsernamePasswordLogin login = {UA_STRING(name), UA_STRING(name)};
    if (config->accessControl.clear)
        config->accessControl.clear(&config->accessControl);
    UA_StatusCode status = UA_AccessControl_default(config, allow_anonymous, NULL, 1, &login);
    if (status != UA_STATUSCODE_GOOD)
        return status;
    if (!allow_certificates)
        drop_certificates(&config->accessControl);
    take_decisions(&config->accessControl);
    return UA_STATUSCODE_GOOD;
}
