# SPDX-License-Identifier: MIT
"""What changes servers and their files: node management, file transfer, server info, trust."""
