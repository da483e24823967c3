# SPDX-License-Identifier: MIT
"""Certificates of the security tests: made once, keys take their time."""
import types

import pytest

from osm import certificates


@pytest.fixture(scope="session")
def certs(tmp_path_factory):
    """Folders with cert and key as PEM and DER, by name."""
    root = tmp_path_factory.mktemp("certificates")
    made = types.SimpleNamespace(root=root)
    made.ca = certificates.authority(root / "ca", "osm security CA")
    for bits in (2048, 3072, 4096):
        setattr(made, f"rsa{bits}", certificates.issue(root / f"rsa{bits}", bits=bits))
    made.between = certificates.authority(root / "between", "osm intermediate CA", ca=made.ca)
    made.signed = certificates.issue(root / "signed", ca=made.between)
    made.weak = certificates.issue(root / "weak", bits=1024)
    return made
