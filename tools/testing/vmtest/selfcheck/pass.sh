#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Passes, by its KTAP results, and sees its environment.
# vmtest: env=FROM_HEADER=yes
echo "KTAP version 1"
echo "1..5"
echo "ok 1 the runner says hello"
[ "$FROM_HEADER" = yes ] && echo "ok 2 environment of the header"
[ "$FROM_OPTION" = "a b" ] && echo "ok 3 environment of the options"
[ "$(cat /usr/share/added/file)" = "from the host" ] && echo "ok 4 added file"
vmsuspend 2>&1 | grep -q "no suspend=on" && echo "ok 5 no sleep without suspend=on"
