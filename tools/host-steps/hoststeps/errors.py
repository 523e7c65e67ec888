# SPDX-License-Identifier: GPL-2.0-or-later
"""The error of all steps."""


class StepError(Exception):
    """A step failed; the text says why, for a human."""
