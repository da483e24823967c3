/* SPDX-License-Identifier: MIT */
#ifndef OSM_RIM_UA_POLICY_H
#define OSM_RIM_UA_POLICY_H
/*
 * Security policies on libcrypto: one row a policy (OPC 10000-7 §6.6), and what a channel does with
 * it to whole chunks (OPC 10000-6 §6.7.2, §6.7.5, §6.8.1). A channel knows where the headers end
 * and which numbers it counts; padding, signature and encryption are the policy's alone.
 *
 * Chunks. A chunk is headers (in clear, `header` bytes: message header, channel id, then token id
 * or the asymmetric security header), then the plain part (sequence header and body), then padding
 * and signature. The channel writes headers, including the final MessageSize, and the plain part;
 * sealing adds the rest in place.
 *
 * Asymmetric functions cost up to milliseconds: they run in jobs (jobs.h), never on the loop, touch
 * nothing but their arguments and may run on any thread. Symmetric ones run on the loop.
 * Whatever is wrong with a received chunk - padding, signature, length - is one and the same false,
 * after the same work; comparisons are constant-time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include <open62541/types_generated.h>

#include "rim/pki/key_kind.h"
#include "util/buf.h"

enum osm_policy_family { OSM_POLICY_FAMILY_NONE, OSM_POLICY_FAMILY_RSA, OSM_POLICY_FAMILY_ECC };

struct osm_policy {
    const char *uri;
    const char *name; /* its last part: "Basic256Sha256" */
    enum osm_policy_family family;
    enum osm_key_kind key_kind;          /* of certificates */
    uint16_t min_key_bits, max_key_bits; /* of RSA certificates; of the curve for ECC */
    uint8_t nonce_length;    /* of OPN; for ECC the length of the ephemeral public key */
    uint8_t sign_key_length; /* symmetric */
    uint8_t encrypt_key_length;
    uint8_t block_size;         /* of the cipher; 1 for a stream cipher */
    uint8_t signature_size;     /* symmetric: HMAC, or the tag of an authenticated cipher */
    bool authenticated;         /* symmetric cipher is an AEAD: no padding, no HMAC */
    const char *signature_uri;  /* of SignatureData; NULL for None */
    const char *encryption_uri; /* of user-token secrets; NULL where there is none (None, ECC) */
    /* Sequence numbers are counted from 0 and over all of UInt32; else they begin at 1 and fold at
     * UInt32 - 1024 (OPC 10000-6 §6.7.2.4). */
    bool counts_from_zero;
    const struct osm_policy_algorithms *algorithms; /* of policy.c and its kin */
};

/* The row of a URI, NULL when we do not have it. "" and NULL are None. */
const struct osm_policy *osm_policy_find(const char *uri, size_t length);
/* All rows, for lists and tests; NULL-terminated. */
const struct osm_policy *const *osm_policy_all(void);

#define OSM_POLICY_KEY_TEXT 160
/* Whether a server's key is of the kind and length the policy works with (OPC 10000-7 §6.6): RSA of
 * min_key_bits to max_key_bits, or the policy's curve. When it is not, text, unless it is NULL,
 * says what the key is and what is needed. */
bool osm_policy_takes_key(const struct osm_policy *policy, const EVP_PKEY *key,
                          char text[OSM_POLICY_KEY_TEXT]);

/*
 * Private keys are used only in work that is given to the loop (port/loop_ops.h), since that may
 * take long: a thread that has a loop calls this once, and what uses a key asserts it.
 */
void osm_policy_forbid_private_keys(void);

/* --- OPN: asymmetric, in jobs only ------------------------------------------------------------ */

/* One side's nonce of an OPN. RSA: random bytes. ECC: an ephemeral key, the nonce is its public
 * part (OPC 10000-6 §6.8.1). */
struct osm_policy_nonce {
    uint8_t bytes[128];
    size_t length;
    EVP_PKEY *ephemeral; /* owned; NULL but for ECC */
};

bool osm_policy_nonce_make(const struct osm_policy *policy, struct osm_policy_nonce *nonce);
/* Wipes and frees; a zeroed one is fine. */
void osm_policy_nonce_deinit(struct osm_policy_nonce *nonce);

/* The keys an OPN needs. Borrowed. */
struct osm_policy_asym {
    const struct osm_policy *policy;
    EVP_PKEY *own_key;    /* our private key */
    EVP_PKEY *remote_key; /* the public key of the peer's leaf certificate */
};

/* SHA-1 of a leaf certificate's DER, as the asymmetric header has it (OPC 10000-6 §6.7.2.3). */
void osm_policy_thumbprint(const void *leaf, size_t length, uint8_t thumbprint[20]);

/*
 * Seals an OPN chunk in place: chunk holds headers (`header` bytes) and plain part. Pads, signs,
 * encrypts (RSA; in blocks) or only signs (ECC), and sets MessageSize in the header before signing.
 * False when libcrypto refuses the keys; the chunk is worth nothing then.
 */
bool osm_policy_asym_seal(const struct osm_policy_asym *asym, struct osm_buf *chunk, size_t header);
/* The opposite, in place. True: *plain bytes of plain part stand behind the header. */
bool osm_policy_asym_unseal(const struct osm_policy_asym *asym, uint8_t *chunk, size_t length,
                            size_t header, size_t *plain);

/* --- signatures of the session (OPC 10000-4 §7.37), in jobs only ------------------------------ */

/* Appends the signature to out. */
bool osm_policy_sign(const struct osm_policy *policy, EVP_PKEY *key, const void *data,
                     size_t length, struct osm_buf *out);
bool osm_policy_verify(const struct osm_policy *policy, EVP_PKEY *key, const void *data,
                       size_t length, const void *signature, size_t signature_length);

/* --- MSG and CLO: symmetric, on the loop ------------------------------------------------------ */

/* The symmetric keys of one direction of one token. Those that were used last are ready to be used
 * again; the others cost little more than their bytes. */
struct osm_policy_keys;

/* Derives both directions (OPC 10000-6 §6.7.5, ECC §6.8.1). own is the client's nonce, remote the
 * server's. False when the nonce is no valid one (wrong length, no point on the curve). In jobs for
 * ECC, allowed anywhere for RSA. For None: true, both NULL. */
bool osm_policy_derive(const struct osm_policy *policy, const struct osm_policy_nonce *own,
                       const void *remote, size_t remote_length, struct osm_policy_keys **sending,
                       struct osm_policy_keys **receiving);
/* Wipes and frees; NULL is fine. */
void osm_policy_keys_free(struct osm_policy_keys *keys);

/* Everything that goes into a nonce of an authenticated cipher besides the key. */
struct osm_policy_count {
    uint32_t token_id;
    uint32_t last_sequence_number; /* of the chunk before this one in its direction; first: 0 */
};

/* The size of a whole chunk with that many bytes of headers and plain part. */
size_t osm_policy_sym_size(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                           size_t header, size_t plain);
/* The most plain bytes (sequence header included) that fit into a chunk of at most `chunk` bytes.
 */
size_t osm_policy_sym_room(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                           size_t header, size_t chunk);
/* Seals in place: chunk has room for osm_policy_sym_size() bytes. */
bool osm_policy_sym_seal(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                         struct osm_policy_keys *keys, const struct osm_policy_count *count,
                         uint8_t *chunk, size_t header, size_t plain);
/* The opposite, in place; length is that of the whole chunk. */
bool osm_policy_sym_unseal(const struct osm_policy *policy, UA_MessageSecurityMode mode,
                           struct osm_policy_keys *keys, const struct osm_policy_count *count,
                           uint8_t *chunk, size_t length, size_t header, size_t *plain);

/* --- key log (--key-log) ---------------------------------------------------------------------- */

/* Appends one direction's keys as `client_iv_<channel>_<token>: hex` and so on, the lines
 * Wireshark's OPC UA dissector reads. side: "client" or "server". */
void osm_policy_keys_log(const struct osm_policy_keys *keys, const char *side, uint32_t channel_id,
                         uint32_t token_id, struct osm_buf *out);

#endif
