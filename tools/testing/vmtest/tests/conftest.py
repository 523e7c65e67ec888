# SPDX-License-Identifier: GPL-2.0-or-later
"""Lets the tests import the runner."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
