# SPDX-License-Identifier: MIT
"""Keys and certificates for tests with security, made with openssl in a temporary folder."""
import pathlib
import subprocess

CLIENT_URI = "urn:opcua-client:client"
SERVER_URI = "urn:opcua:testserver:nodes"
_USAGE = "digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment"


def _openssl(*arguments, folder):
    subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True, capture_output=True, timeout=60)


def _extensions(uri):
    return (f"basicConstraints=CA:FALSE\nkeyUsage={_USAGE}\nextendedKeyUsage=serverAuth,clientAuth\n"
            f"subjectAltName=URI:{uri},DNS:localhost\n")


def _request(folder, name):
    _openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem",
             "-subj", f"/O=osm tests/CN={name}", folder=folder)


def make(root):
    """Fills root with ca/, server/, client/ (signed by the CA), self-signed/ and expired/."""
    root = pathlib.Path(root)
    ca = root / "ca"
    ca.mkdir(parents=True)
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key.pem", "-out", "ca-cert.pem",
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
    for name, days in (("self-signed", "3650"), ("expired", "-1")):
        folder = root / name
        folder.mkdir()
        _request(folder, f"osm {name}")
        (folder / "extensions").write_text(_extensions(CLIENT_URI))
        _openssl("x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-days", days, "-extfile", "extensions",
                 "-out", "cert.pem", folder=folder)
    return root


def server_pki(root, pki):
    """A PKI folder for a test server that knows nobody but the CA of make()."""
    for role in ("server", "user"):
        for store in ("trusted", "issuers"):
            certs = pathlib.Path(pki) / role / store / "certs"
            certs.mkdir(parents=True)
            (certs / "ca.pem").write_bytes((root / "ca" / "ca-cert.pem").read_bytes())
            crl = certs.parent / "crl"
            crl.mkdir()
            (crl / "ca.pem").write_bytes((root / "ca" / "ca-crl.pem").read_bytes())
    return pki
