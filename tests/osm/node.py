# SPDX-License-Identifier: MIT
"""Node, and what it must be told to do what old OPC UA clients need."""
import functools
import shutil
import subprocess

from .paths import Missing

# Node refuses PKCS#1 v1.5 decryption unless its libcrypto or this switch makes it safe or allowed.
_RSA15 = ((), ("--security-revert=CVE-2023-46809",))
_TRIAL = """const c = require('node:crypto'), padding = c.constants.RSA_PKCS1_PADDING;
const { publicKey, privateKey } = c.generateKeyPairSync('rsa', { modulusLength: 1024 });
const secret = c.publicEncrypt({ key: publicKey, padding }, Buffer.from('x'));
process.exit(c.privateDecrypt({ key: privateKey, padding }, secret).toString() === 'x' ? 0 : 1);"""


def node():
    found = shutil.which("node")
    if not found:
        raise Missing("node is not installed: the test servers need Node 18 or newer")
    return found


@functools.cache
def rsa15_options():
    """Options with which this Node decrypts what Basic128Rsa15 encrypts; None if there are none."""
    for options in _RSA15:
        if subprocess.run([node(), *options, "-e", _TRIAL], capture_output=True, timeout=120).returncode == 0:
            return options
    return None
