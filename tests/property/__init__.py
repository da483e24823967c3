# SPDX-License-Identifier: MIT
"""Properties that hold for any value and any request, tried with random ones."""
