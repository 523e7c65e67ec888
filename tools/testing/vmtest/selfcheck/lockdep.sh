#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Fails: between two reports of pciehp, lockdep has another one.
. "$(dirname "$0")/pciehp.sh"
lockdep_reports "rtnl_mutex" rtnl_lock
lockdep_reports "&ctrl->reset_lock" pciehp_configure_device
