# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers of tests."""

import pytest

import spec
from errors import VmtestError


@pytest.fixture(name="header")
def fixture_header(tmp_path):
    """A test with these lines in its header."""
    def make(*lines):
        path = tmp_path / "some.sh"
        path.write_text("#!/bin/bash\n" + "".join(
            f"# vmtest: {line}\n" for line in lines) + "\nexit 0\n")
        return spec.Test(path)
    return make


def test_keys_of_the_guest_and_of_the_plan(header):
    test = header("smp=4 timeout=400 alone=yes", "built-in=yes debug=no")
    assert (test.spec.smp, test.spec.timeout) == (4, 400)
    assert test.needs.alone and test.needs.built_in and not test.needs.debug
    assert not test.needs.qemu_matters


def test_quoting_and_repetition(header):
    test = header("allow='a b' allow=c skips='not here'")
    assert [pattern.pattern for pattern in test.spec.allow] == ["a b", "c"]
    assert test.needs.skips[0].search("ok 1 x # SKIP not here")


@pytest.mark.parametrize("line, text", [
    ("colour=red", "unknown key 'colour'"),
    ("smp=0", "smp=0: is not positive"),
    ("alone=maybe", "alone=maybe: is not on/off"),
    ("smp", "'smp' is not key=value"),
    ("skips='('", "skips=("),
])
def test_mistakes_are_told_with_their_line(header, line, text):
    with pytest.raises(VmtestError) as error:
        header("smp=1", line)
    assert ":3: " in str(error.value) and text in str(error.value)


def test_prose_is_no_key(tmp_path):
    path = tmp_path / "prose.sh"
    path.write_text("#!/bin/bash\n# Runs alone=yes, by scripts/kernel-tests.sh\n"
                    "echo\n# vmtest: smp=7\n")
    test = spec.Test(path)
    assert test.spec == spec.Spec() and not test.needs.alone


def test_options_win_and_lists_are_joined(header):
    test = header("smp=4 env=A=1")
    joined = test.spec.override(spec.Spec(smp=1, env=["B=2"])).complete()
    assert (joined.smp, joined.env, joined.memory) == (1, ["A=1", "B=2"], 1024)


def test_together(header):
    joined = header("smp=4 timeout=100").spec.join(spec.Spec(smp=2, timeout=50))
    assert (joined.smp, joined.timeout) == (4, 150)
    with pytest.raises(VmtestError):
        spec.Spec(vf="e1000e").join(spec.Spec(vf="igb"))


def test_no_such_test(tmp_path):
    with pytest.raises(VmtestError):
        spec.Test(tmp_path / "none.sh")
