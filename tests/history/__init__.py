# SPDX-License-Identifier: MIT
"""Histories: read, changed and aggregated, on the demo server, node-opcua and open62541.

forms.py  requests and replies in short form
"""
