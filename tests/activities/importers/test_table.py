from pathlib import Path

import pytest

from bot.activities.draft import Draft, Refused
from bot.activities.importers.table import COLUMNS, read, row_of, write, write_template
from tests.activities.making import activity

HEADINGS = (
    "id;kind;title_fi;municipality;start;minutes;repeats;walk_in;price_euros;"
    "latitude;longitude;except"
)


def found(*rows: str) -> list[Draft | Refused]:
    return list(read(["\n".join([HEADINGS, *rows]).encode()], "test"))


@pytest.mark.parametrize("name", ["malli.csv", "malli.xlsx"])
def test_the_template_can_be_read_as_it_is(tmp_path: Path, name: str) -> None:
    write_template(tmp_path / name)
    [draft] = read([(tmp_path / name).read_bytes()], name)
    assert isinstance(draft, Draft)
    assert draft.times == [
        {"start": "2026-09-01T10:00", "minutes": 120, "rrule": "FREQ=WEEKLY", "holidays": "off"}
    ]
    assert (draft.walk_in, draft.kind, draft.needs) == (True, "meeting_place", ["company", "talk"])


@pytest.mark.parametrize("name", ["vienti.csv", "vienti.xlsx"])
def test_what_is_exported_can_be_brought_in_again(tmp_path: Path, name: str) -> None:
    time = {"start": "2026-12-01T13:00", "minutes": 90, "rrule": "FREQ=WEEKLY;BYDAY=TU",
            "except": ["2026-12-29"], "season": ["09-01", "05-31"]}  # fmt: skip
    one = activity(
        "a", times=[time], price_euros=7.5, walk_in=True, step_free=False, needs=["talk"]
    )
    assert write(tmp_path / name, [row_of(one)]) == 1
    [draft] = read([(tmp_path / name).read_bytes()], name)
    assert isinstance(draft, Draft)
    for column in ("title", "text", "times", "price_euros", "walk_in", "step_free", "needs",
                   "latitude", "municipality", "languages"):  # fmt: skip
        assert getattr(draft, column) == getattr(one, column), column


def test_staff_may_write_as_they_are_used_to() -> None:
    [one] = found(
        "1;ryhmä;Kerho;Joutsa;1.12.2026 klo 13;;Joka toinen viikko;kyllä;7,50;61,7;26,1;24.12.2026"
    )
    assert isinstance(one, Draft)
    assert one.times == [
        {"start": "2026-12-01T13:00", "minutes": 120, "rrule": "FREQ=WEEKLY;INTERVAL=2",
         "except": ["2026-12-24"]}
    ]  # fmt: skip
    assert (one.price_euros, one.latitude) == (7.5, 61.7)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("1;tanssi;Kerho;Joutsa;;;;;;;;", "kind"),
        ("1;ryhmä;;Joutsa;;;;;;;;", "title"),
        ("1;ryhmä;Kerho;Joutsa;huomenna;;;;;;;", "start"),
        ("1;ryhmä;Kerho;Joutsa;1.12.2026;;;;;;;", "start"),
        ("1;ryhmä;Kerho;Joutsa;1.12.2026 klo 13;pari;;;;;;", "minutes"),
        ("1;ryhmä;Kerho;Joutsa;1.12.2026 klo 13;60;joskus;;;;;", "repeats"),
        ("1;ryhmä;Kerho;Joutsa;;;;ehkä;;;;", "walk_in"),
        ("1;ryhmä;Kerho;Joutsa;;;;;halpa;;;", "price_euros"),
        ("1;ryhmä;Kerho;Joutsa;;;;;;162;26;", "latitude"),
        (";ryhmä;Kerho;Joutsa;;;;;;;;", "source_id"),
    ],
)
def test_a_slip_is_told_by_row_and_column(row: str, field: str) -> None:
    bad, good = found(row, "2;ryhmä;Kerho;Joutsa;;;;;;;;")
    assert isinstance(bad, Refused)
    assert bad.row.startswith("row 2")
    assert bad.field == field
    assert isinstance(good, Draft)


def test_a_table_from_windows_is_read() -> None:
    content = f"{HEADINGS}\n1;ryhmä;Äänekosken kerho;Äänekoski;;;;;;;;".encode("cp1252")
    [one] = read([content], "test")
    assert isinstance(one, Draft)
    assert one.title == {"fi": "Äänekosken kerho"}


def test_every_column_has_its_heading(tmp_path: Path) -> None:
    write_template(tmp_path / "malli.csv")
    headings = (tmp_path / "malli.csv").read_text(encoding="utf-8-sig").splitlines()[0].split(";")
    assert len(set(headings)) == len(COLUMNS)
