# SPDX-License-Identifier: MIT
"""The daemon as its callers and its servers see it: isolation, sessions, methods, bad input.

asking.py    short forms of requests and what to expect of replies
strangers.py things that listen on a port and are no OPC UA server
proxy.py     a line to a real server that is counted, cut or bent
"""
