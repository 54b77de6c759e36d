"""Drafts and versions: nothing that anybody wrote is lost."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SetupError
from bot.stories.drafts import MINE, Drafts, Stale, digest, merge
from bot.stories.history import History, Moved

HELLO = "stories/wording/hello.yml"
LINES = [f"rivi {n}\n" for n in range(20)]
TEXT = "".join(LINES)


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A folder with two files, and its first version."""
    root = tmp_path / "live"
    for name in (HELLO, "stories/walk.yml", "config.yml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(TEXT, encoding="utf-8")
    return History.begin(root, "alku")


@pytest.fixture
def drafts(tmp_path: Path, history: History) -> Drafts:
    """Nobody's yet."""
    return Drafts(tmp_path / "drafts", history)


def test_a_draft_begins_as_what_is_live(drafts: Drafts, history: History) -> None:
    draft = drafts.open("aino")
    assert draft.text(HELLO) == TEXT
    assert draft.changes() == {}
    assert draft.base == history.head
    assert (draft.folder / "config.yml").exists()


def test_a_change_in_a_draft_touches_nothing_else(drafts: Drafts, history: History) -> None:
    drafts.open("aino").save(HELLO, "moi\n")
    assert history.files(history.head)[HELLO].decode() == TEXT
    assert (history.root / HELLO).read_text(encoding="utf-8") == TEXT
    assert drafts.open("eero").text(HELLO) == TEXT
    assert list(drafts.open("aino").changes()) == [HELLO]


@pytest.mark.parametrize("name", ["bot/cli.py", "../../x.yml", "stories/../../x.yml", "config.yml"])
def test_only_what_staff_edit_is_written(drafts: Drafts, name: str) -> None:
    with pytest.raises(SetupError, match="no file that staff edit"):
        drafts.open("aino").save(name, "x")


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 41])
def test_a_draft_has_a_plain_name(drafts: Drafts, name: str) -> None:
    with pytest.raises(SetupError, match="name"):
        drafts.open(name)


def test_s4_a_save_over_a_newer_text_is_refused(drafts: Drafts) -> None:
    draft = drafts.open("aino")
    seen = digest(draft.text(HELLO))
    draft.save(HELLO, "toinen ikkuna\n", seen)
    with pytest.raises(Stale):
        draft.save(HELLO, "ensimmäinen ikkuna\n", seen)
    assert draft.text(HELLO) == "toinen ikkuna\n"


def test_a_version_is_a_commit_with_author_note_and_facts(history: History) -> None:
    made = history.record({HELLO: b"moi\n"}, "Aino <x>", "Lyhyempi", {"Model": "seura-1.tar.gz"})
    (newest, first) = history.versions(10)
    assert (newest.id, newest.author, newest.note) == (made, "Aino x", "Lyhyempi")
    assert newest.facts == {"Model": "seura-1.tar.gz"}
    assert newest.files == [HELLO]
    assert (first.note, first.facts) == ("alku", {})
    assert (history.root / HELLO).read_bytes() == b"moi\n"
    assert history.unrecorded() == []
    assert history.version(made[:7]).id == made


def test_two_who_publish_at_once_do_not_overwrite_each_other(history: History) -> None:
    base = history.head
    history.record({HELLO: b"moi\n"}, "Aino", "a", after=base)
    with pytest.raises(Moved):
        history.record({HELLO: b"hei\n"}, "Eero", "b", after=base)
    assert (history.root / HELLO).read_bytes() == b"moi\n"


def test_a_file_changed_in_place_is_seen(history: History) -> None:
    (history.root / "stories/walk.yml").write_text("x", encoding="utf-8")
    (history.root / "stories/new.yml").write_text("x", encoding="utf-8")
    assert history.unrecorded() == ["stories/new.yml", "stories/walk.yml"]


def test_changes_in_different_places_are_joined(drafts: Drafts, history: History) -> None:
    aino = drafts.open("aino")
    aino.save(HELLO, TEXT.replace("rivi 2\n", "rivi kaksi\n"))
    history.record({HELLO: TEXT.replace("rivi 17\n", "rivi 17!\n").encode()}, "Eero", "e")
    assert aino.is_behind
    assert aino.update() == []
    assert aino.text(HELLO) == TEXT.replace("rivi 2\n", "rivi kaksi\n").replace(
        "rivi 17\n", "rivi 17!\n"
    )
    assert not aino.is_behind


def test_changes_of_one_place_are_both_kept_and_marked(drafts: Drafts, history: History) -> None:
    aino = drafts.open("aino")
    aino.save(HELLO, TEXT.replace("rivi 2\n", "rivi kaksi\n"))
    history.record({HELLO: TEXT.replace("rivi 2\n", "toinen rivi\n").encode()}, "Eero", "e")
    assert aino.update() == [HELLO]
    text = aino.text(HELLO)
    assert "rivi kaksi\n" in text
    assert "toinen rivi\n" in text
    assert MINE in text


def test_a_draft_without_changes_follows_what_is_live(drafts: Drafts, history: History) -> None:
    drafts.open("aino")
    history.record({HELLO: b"moi\n"}, "Eero", "e")
    assert drafts.open("aino").text(HELLO) == "moi\n"


def test_a_yes_is_for_what_was_read_and_for_nothing_later(drafts: Drafts) -> None:
    draft = drafts.open("aino")
    draft.save(HELLO, "moi\n")
    draft.approve("eero", "Hyvä!")
    assert [one.yes for one in draft.approvals()] == [True]
    draft.save(HELLO, "moikka\n")
    assert [(one.yes, one.comment) for one in draft.approvals()] == [(False, "Hyvä!")]


def test_nobody_says_yes_to_their_own(drafts: Drafts) -> None:
    with pytest.raises(SetupError, match="Somebody else"):
        drafts.open("aino").approve("aino")


lines = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8)


def joined(parts: list[str]) -> bytes:
    return "".join(f"{part}\n" for part in parts).encode()


@given(lines, lines, lines)
def test_a_merge_loses_no_line_that_somebody_added(
    base: list[str], mine: list[str], other: list[str]
) -> None:
    merged, is_clear = merge(joined(base), joined(mine), joined(other))
    if base == mine:
        assert merged == joined(other)
    elif base == other:
        assert merged == joined(mine)
    for one in set(mine + other) - set(base):
        assert f"{one}\n" in merged.decode()
    assert is_clear == (MINE not in merged.decode())
