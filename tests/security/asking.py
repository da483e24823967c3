# SPDX-License-Identifier: MIT
"""Secured configurations and the replies to them."""
POLICY = "http://opcfoundation.org/UA/SecurityPolicy#"
POLICIES = ("Basic128Rsa15", "Basic256", "Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss")
SIGN, ENCRYPT = 2, 3
SERVER_TIME = {"ns": 0, "id": 2258, "type": "numeric"}


def secured(policy="Basic256Sha256", mode=ENCRYPT, **more):
    return {"securityPolicy": POLICY + policy, "securityMode": mode, **more}


def client(folder, suffix="pem"):
    return {"clientCertPath": str(folder / f"cert.{suffix}"), "clientKeyPath": str(folder / f"key.{suffix}")}


def user(folder, suffix="pem"):
    return {"userCertPath": str(folder / f"cert.{suffix}"), "userKeyPath": str(folder / f"key.{suffix}")}


def attempt(daemon, server, config, **more):
    """The whole reply to an open of a session of its own."""
    return daemon.client.request({"command": "open", "endpointUrl": server.url, "config": config, "forceNew": True, **more})


def refusal(reply):
    assert reply["success"] is False, reply
    return reply["error"]["type"], reply["error"]["message"]


def read(daemon, session, node=SERVER_TIME):
    """The value of a node; fails unless it is good."""
    reply = daemon.client.query(session, "read", node)
    assert reply["success"] and reply["data"]["statusCode"] == 0, reply
    return reply["data"]["value"]
