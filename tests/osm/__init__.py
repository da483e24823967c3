# SPDX-License-Identifier: MIT
"""Building blocks of the integration tests: the daemon, its clients, the OPC UA servers.

Nothing here sleeps for luck; everything that takes time is awaited with a deadline (wait.py),
and every process is ended by its pid by the object that started it (process.py).
"""
