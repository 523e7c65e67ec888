#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Is refused.
# vmtest: colour=green
