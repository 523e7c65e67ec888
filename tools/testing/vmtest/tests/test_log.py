# SPDX-License-Identifier: GPL-2.0-or-later
"""What is written is read."""

import log


def test_log(tmp_path):
    path = tmp_path / "control.log"
    lot = log.Log(path)
    lot.write("qmp< {\"event\": \"STOP\"}")
    lot.write("vmhost> 1 plug e1000e")
    lot.close()
    lot.write("too late")
    lines = list(log.read(path))
    assert [line[1:] for line in lines] == [("qmp<", '{"event": "STOP"}'),
                                            ("vmhost>", "1 plug e1000e")]
    assert lines[0][0] <= lines[1][0]


def test_events(tmp_path):
    path = tmp_path / "results.ktap"
    path.write_text('KTAP version 1\n# {"event": "mark", "at": 1.5}\n# {"x": 1}\n'
                    'ok 1 # {"event": "no"}\n'
                    '# {"event": "link", "line": "a \\"b\\"\t\\\\c"}\n')
    assert list(log.events(path)) == [
        {"event": "mark", "at": 1.5},
        {"event": "link", "line": 'a "b"\t\\c'}]
