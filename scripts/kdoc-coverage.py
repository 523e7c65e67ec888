#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Check that C definitions carry a kernel-doc block.

usage: kdoc-coverage.py FILE...

Every non-static function definition and every struct definition at file scope
needs one right in front of it, for the right name; a function's block needs a
"Context:" section and, unless the function is void, a "Return:" section.
scripts/kernel-doc checks the blocks there are; it does not miss absent ones.
"""

import re
import sys

TOKEN = re.compile(
    r'(?P<doc>/\*\*(?!/).*?\*/)|(?P<comment>/\*.*?\*/|//[^\n]*)'
    r'|(?P<cpp>^[ \t]*\#(?:[^\n\\]|\\.)*)'
    r'|(?P<string>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')',
    re.S | re.M)
STRUCT = re.compile(r'^(?:\w+\s+)*?struct\s+(\w+)\s*$')
CALL = re.compile(r'\b(\w+)\s*\(')
# Attributes that look like the name of a function.
ATTRIBUTES = {
    '__attribute__', '__printf', '__acquires', '__releases', '__must_hold',
    '__aligned', '__section', '__nonnull', '__counted_by',
}


def blank(text):
    """Return text with everything but line ends replaced by spaces."""
    return re.sub(r'[^\n]', ' ', text)


def strip(text):
    """Return the code without comments and directives, and the docs by end."""
    docs = {}

    def replace(match):
        if match.lastgroup == 'doc':
            docs[match.end()] = match.group()
        if match.lastgroup == 'string':
            return '"' + 's' * (len(match.group()) - 2) + '"'
        return blank(match.group())

    return TOKEN.sub(replace, text), docs


def definitions(code):
    """Yield (offset, header) for each brace block at file scope."""
    start, brace, paren = 0, 0, 0
    for pos, char in enumerate(code):
        if char in '()':
            paren += 1 if char == '(' else -1
        elif char == '{':
            if not brace and not paren:
                header = code[start:pos]
                lead = len(header) - len(header.lstrip())
                yield start + lead, header.strip()
            brace += 1
        elif char == '}':
            brace -= 1
            if not brace and not paren:
                start = pos + 1
        elif char == ';' and not brace and not paren:
            start = pos + 1


def function(header):
    """Return (name, is_void) of a function definition, None for others."""
    if '=' in header:
        return None
    for match in CALL.finditer(header):
        if match.group(1) in ATTRIBUTES:
            continue
        before = header[:match.start()]
        if not before.strip() or re.search(r'\bstatic\b', before):
            return None
        void = re.search(r'\bvoid\b', before) and '*' not in before
        return match.group(1), bool(void)
    return None


def doc_before(code, docs, offset):
    """Return the kernel-doc block right in front of offset, or ''."""
    ends = [end for end in docs if end <= offset]
    if not ends or code[max(ends):offset].strip():
        return ''
    return docs[max(ends)]


def findings(doc, name, kind, is_void):
    """Yield what is wrong with the block of one definition."""
    if kind == 'struct':
        if not re.search(rf'/\*\*\s*\n?\s*\*?\s*struct {name}\b', doc):
            yield f'struct {name} has no kernel-doc block'
        return
    if not re.search(rf'/\*\*\s*\n?\s*\*?\s*{name}\b', doc):
        yield f'{name}() has no kernel-doc block'
        return
    if not re.search(r'^\s*\*\s*Context:', doc, re.M):
        yield f'{name}(): no "Context:" section'
    if not is_void and not re.search(r'^\s*\*\s*Returns?:', doc, re.M):
        yield f'{name}(): no "Return:" section'


def check(path):
    """Print the findings in one file and return their number."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    code, docs = strip(text)
    count = 0
    for offset, header in definitions(code):
        struct = STRUCT.match(header)
        func = function(header)
        if struct:
            name, kind, is_void = struct.group(1), 'struct', False
        elif func:
            (name, is_void), kind = func, 'function'
        else:
            continue
        doc = doc_before(code, docs, offset)
        for finding in findings(doc, name, kind, is_void):
            line = text.count('\n', 0, offset) + 1
            print(f'{path}:{line}: {finding}')
            count += 1
    return count


def main():
    """Check all files named on the command line."""
    return 1 if sum(check(path) for path in sys.argv[1:]) else 0


if __name__ == '__main__':
    sys.exit(main())
