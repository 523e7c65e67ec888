#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check that C definitions carry a kernel-doc block.

usage: kdoc-coverage.py FILE...

Every non-static function definition and every struct definition at file scope
needs one right in front of it, for the right name; a function's block needs a
"Context:" section and, unless the function is void, a "Return:" section.
scripts/kernel-doc checks the blocks there are; it does not miss absent ones.
"""

import json
import re
import subprocess
import sys

CTAGS = ["ctags", "--output-format=json", "--languages=C", "--kinds-C=fs",
         "--fields=+nst", "--fields-C=+{properties}", "-f", "-"]
# Until the line of the name: what may stand between it and a block's end
BLOCK = re.compile(r"/\*\*\n((?: \*.*\n)*?) \*/\n(?:[^\n;{}]+\n)?\Z")


def definitions(paths):
    """What has to have a block."""
    done = subprocess.run(CTAGS + paths, check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        tag = json.loads(line)
        if "scope" not in tag and "static" not in tag.get("properties", ""):
            yield tag


def findings(tag):
    """What is wrong with the block of one definition."""
    name = ("struct " if tag["kind"] == "struct" else "") + tag["name"]
    with open(tag["path"], encoding="utf-8") as file:
        before = "".join(file.readlines()[:tag["line"] - 1])
    block = BLOCK.search(before)
    if not block or not re.match(rf" \* {name}\b", block[1]):
        yield f"{name} has no kernel-doc block"
    elif tag["kind"] == "function":
        if "\n * Context:" not in block[1]:
            yield f'{name}(): no "Context:" section'
        if tag.get("typeref") != "typename:void" and "\n * Return:" not in block[1]:
            yield f'{name}(): no "Return:" section'


def main(paths):
    """Whether anything was found."""
    count = 0
    for tag in definitions(paths):
        for finding in findings(tag):
            print(f"{tag['path']}:{tag['line']}: {finding}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
