# SPDX-License-Identifier: GPL-2.0-or-later
"""Errors that end a run with one line instead of a traceback."""


class VmtestError(Exception):
    """The run cannot go on; the text says why, for a human."""
