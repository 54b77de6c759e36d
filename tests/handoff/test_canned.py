from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.handoff.canned import CannedReplies
from tests.conftest import KNOWLEDGE


def test_every_reply_of_the_file_can_be_filled_in_both_languages() -> None:
    replies = CannedReplies.load(KNOWLEDGE / "canned_replies.yml").replies
    assert replies
    for reply in replies.values():
        for language in ("fi", "en"):
            for municipality in ("Jämsä", None):
                said = reply.fill(language, moderator="Aino", municipality=municipality)
                assert said
                assert "{" not in said


def test_what_is_not_known_takes_its_sentence_with_it(tmp_path: Path) -> None:
    file = tmp_path / "canned.yml"
    file.write_text(
        "a:\n  title: {fi: A, en: A}\n"
        '  text: {fi: "Hei, olen {moderator}. Asut kai: {municipality}. Kerro!", en: "Hi."}\n',
        encoding="utf-8",
    )
    reply = CannedReplies.load(file).get(" A ")
    assert reply
    assert reply.fill("fi", moderator="Aino", municipality="Muurame") == (
        "Hei, olen Aino. Asut kai: Muurame. Kerro!"
    )
    assert reply.fill("fi", moderator="Aino", municipality=None) == "Hei, olen Aino. Kerro!"
    assert reply.fill("sv", moderator="Aino") == "Hi."
    assert CannedReplies.load(file).get("b") is None


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('a:\n  title: {fi: A, en: A}\n  text: {fi: "{nimi}", en: "x"}\n', "nimi"),
        ('a:\n  title: {fi: A, en: A}\n  text: {fi: "x"}\n', "en"),
        ("a: 1\n", "keys and values"),
    ],
)
def test_a_reply_that_can_not_be_used_is_told_of(tmp_path: Path, row: str, fault: str) -> None:
    file = tmp_path / "canned.yml"
    file.write_text(row, encoding="utf-8")
    with pytest.raises(KnowledgeError, match=fault):
        CannedReplies.load(file)
