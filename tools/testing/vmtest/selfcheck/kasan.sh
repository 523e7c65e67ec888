#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails: between two reports of an old ring, KASAN has another one.
. "$(dirname "$0")/vring.sh"
kasan_reports virtnet_stats
kasan_reports vring_interrupt
