#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails, by its exit status.
exit 3
