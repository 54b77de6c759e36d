"""The page of threats names a test for each, and the tests are there."""

import re

from bot.settings import ROOT

ROWS = [
    line
    for line in (ROOT / "docs" / "threats.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| threat |", "|---"))
]


def test_each_threat_has_a_test_that_is_there() -> None:
    assert len(ROWS) > 15
    for row in ROWS:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[-2])
        assert tests, row
        assert [name for name in tests if not (ROOT / name).exists()] == []
