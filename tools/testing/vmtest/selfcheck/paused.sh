#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Stops for good, with no clock that could end it.
# vmtest: timeout=40
vmhost qmp '{"execute": "stop"}'
