# SPDX-License-Identifier: MIT
"""Keys and certificates for tests with security, made with openssl in a temporary folder."""
import collections
import fcntl
import functools
import itertools
import os
import pathlib
import subprocess
import tempfile

CLIENT_URI = "urn:opcua-client:client"
SERVER_URI = "urn:opcua:testserver:nodes"
_USAGE = "digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment"


def _openssl(*arguments, folder):
    subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True, timeout=300)


@functools.cache
def _key_folder():
    """Of this run, for all of its workers (tests/conftest.py); without a run of this process."""
    return pathlib.Path(os.environ.get("OSM_TEST_KEYS") or tempfile.mkdtemp(prefix="osm-keys-"))


_made = collections.defaultdict(itertools.count)


def _key(bits):
    """An RSA key as PEM, another one each time. Workers of a run make each key once between them."""
    path = _key_folder() / f"rsa{bits}-{next(_made[bits])}.pem"
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not path.stat().st_size:
            made = subprocess.run(["openssl", "genrsa", str(bits)], check=True, capture_output=True, timeout=300)
            path.write_bytes(made.stdout)
    return path.read_bytes()


def _write_key(folder, bits=2048, name="key.pem"):
    path = pathlib.Path(folder) / name
    path.touch(mode=0o600)
    path.write_bytes(_key(bits))
    return path


def _extensions(uri):
    return (f"basicConstraints=CA:FALSE\nkeyUsage={_USAGE}\nextendedKeyUsage=serverAuth,clientAuth\n"
            f"subjectAltName=URI:{uri},DNS:localhost\n")


def _request(folder, name):
    _openssl("req", "-new", "-key", _write_key(folder), "-out", "request.pem", "-subj", f"/O=osm tests/CN={name}",
             folder=folder)


def make(root):
    """Fills root with ca/, server/, client/ (signed by the CA), self-signed/ and expired/."""
    root = pathlib.Path(root)
    ca = root / "ca"
    ca.mkdir(parents=True)
    _write_key(ca, name="ca-key.pem")
    _openssl("req", "-new", "-x509", "-key", "ca-key.pem", "-out", "ca-cert.pem",
             "-days", "3650", "-subj", "/O=osm tests/CN=osm test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
             folder=ca)
    (ca / "index.txt").touch()
    (ca / "ca.cnf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\n")
    _openssl("ca", "-gencrl", "-config", "ca.cnf", "-cert", "ca-cert.pem", "-keyfile", "ca-key.pem", "-crldays", "3650",
             "-out", "ca-crl.pem", folder=ca)
    for name, subject, uri in (("server", "OPC UA Test Server", SERVER_URI), ("client", "osm test client", CLIENT_URI)):
        folder = root / name
        folder.mkdir()
        _request(folder, subject)
        (folder / "extensions").write_text(_extensions(uri))
        _openssl("x509", "-req", "-in", "request.pem", "-CA", ca / "ca-cert.pem", "-CAkey", ca / "ca-key.pem",
                 "-CAcreateserial", "-days", "3650", "-extfile", "extensions", "-out", "cert.pem", folder=folder)
    issue(root / "self-signed", "osm self-signed")
    issue(root / "expired", "osm expired", dates=("20200101000000Z", "20210101000000Z"))
    return root


def issue(folder, subject="osm test client", uri=CLIENT_URI, bits=2048, ca=None, dates=None, names="DNS:localhost",
          usage="CA:FALSE"):
    """cert.pem and key.pem (and .der of both) in a new folder: self-signed, or signed by a CA folder.

    `dates` is (notBefore, notAfter) as YYYYMMDDHHMMSSZ. Returns the folder.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    _write_key(folder, bits)
    _openssl("req", "-new", "-key", "key.pem", "-out", "request.pem", "-subj", f"/O=osm tests/CN={subject}",
             folder=folder)
    key_usage = _USAGE if usage == "CA:FALSE" else "keyCertSign,cRLSign,digitalSignature"
    (folder / "extensions").write_text(f"basicConstraints=critical,{usage}\nkeyUsage={key_usage}\n"
                                       f"subjectAltName=URI:{uri},{names}\n")
    signer = folder if ca is None else pathlib.Path(ca)
    (folder / "index.txt").touch()
    (folder / "ca.cnf").write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\nrand_serial=yes\n"
                                   "policy=p\nnew_certs_dir=.\nunique_subject=no\n[p]\nO=optional\nCN=supplied\n")
    first, last = dates or ("20200101000000Z", "20450101000000Z")
    key, cert = ((folder / "key.pem", ["-selfsign"]) if ca is None else
                 (next(signer.glob("*key.pem")), ["-cert", next(signer.glob("*cert.pem"))]))
    _openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "request.pem", "-keyfile", key, *cert,
             "-startdate", first, "-enddate", last, "-extfile", "extensions", "-out", "cert.pem", folder=folder)
    _openssl("x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der", folder=folder)
    _openssl("pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.der", folder=folder)
    return folder


def authority(folder, subject="osm other CA", ca=None):
    """A CA folder of its own, with an empty revocation list crl.pem."""
    folder = issue(folder, subject, "urn:osm:ca", ca=ca, usage="CA:TRUE")
    revoke(folder)
    return folder


def revoke(ca, *folders):
    """Writes crl.pem of a CA folder, with the certificates of these folders revoked."""
    ca = pathlib.Path(ca)
    config = ("-config", "ca.cnf", "-cert", "cert.pem", "-keyfile", "key.pem")
    for folder in folders:
        _openssl("ca", *config, "-revoke", pathlib.Path(folder) / "cert.pem", folder=ca)
    _openssl("ca", *config, "-gencrl", "-crldays", "3650", "-out", "crl.pem", folder=ca)


@functools.cache
def _server_key():
    return _key(2048)


def give_keys(pki):
    """The keys a test server on Node would make for itself at each start, made once instead."""
    for role in ("server", "user"):
        key = pathlib.Path(pki) / role / "own" / "private" / "private_key.pem"
        key.parent.mkdir(parents=True, exist_ok=True)
        key.touch(mode=0o600)
        key.write_bytes(_server_key())
    return pki


def server_pki(root, pki, cert="ca-cert.pem", revoked="ca-crl.pem"):
    """A PKI folder for a test server that knows nobody but the CA in root/ca."""
    for role in ("server", "user"):
        for store in ("trusted", "issuers"):
            certs = pathlib.Path(pki) / role / store / "certs"
            certs.mkdir(parents=True)
            (certs / "ca.pem").write_bytes((root / "ca" / cert).read_bytes())
            crl = certs.parent / "crl"
            crl.mkdir()
            (crl / "ca.pem").write_bytes((root / "ca" / revoked).read_bytes())
    return give_keys(pki)
