from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.safety.helplines import AT_MOST, Helplines
from bot.safety.screening import KINDS
from tests.safety.conftest import ROOT

LANGUAGES = ("fi", "en", "sv", "ru", "uk", "ar")
# A Tuesday at 14 and a Friday at 10, Helsinki time.
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 8, tzinfo=UTC)

ROW = """
helplines:
- id: only
  number: "1"
  name: {fi: Linja}
  kinds: [suicide]
  offered_to: [fi]
  languages: [fi]
  hours: HOURS
  source: https://example.org
  source_date: null
  checked: 2026-11-24
words:
  fi: {always: aina, days: [ma, ti, ke, to, pe, la, su]}
  en: {always: always, days: [Mon, Tue, Wed, Thu, Fri, Sat, Sun]}
"""


def ids(helplines: Helplines, *asked: object, **also: object) -> list[str]:
    return [line.id for line in helplines.fitting(*asked, **also)]  # type: ignore[arg-type]


def one_row(folder: Path, hours: str) -> Helplines:
    file = folder / "helplines.yml"
    file.write_text(ROW.replace("HOURS", hours), encoding="utf-8")
    return Helplines.load(file)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_gets_112_and_a_line_that_always_answers(
    helplines: Helplines, kind: str, language: str
) -> None:
    lines = helplines.fitting(kind, language, TUESDAY)  # type: ignore[arg-type]
    assert 1 < len(lines) <= AT_MOST
    assert lines[0].number == "112"
    assert any(line.hours == () for line in lines)


def test_finnish_gets_the_crisis_line_and_the_regions_own(helplines: Helplines) -> None:
    assert ids(helplines, "suicide", "fi", TUESDAY) == [
        "emergency_number",
        "mieli_fi",
        "social_and_crisis",
    ]


def test_below_now_the_emergency_number_comes_last(helplines: Helplines) -> None:
    assert ids(helplines, "suicide", "fi", TUESDAY, "concern") == [
        "mieli_fi",
        "social_and_crisis",
        "emergency_number",
    ]


def test_an_emergency_starts_with_112_at_any_level(helplines: Helplines) -> None:
    assert ids(helplines, "emergency", "en", TUESDAY, "soon")[0] == "emergency_number"


def test_violence_gets_the_violence_line(helplines: Helplines) -> None:
    numbers = [line.number for line in helplines.fitting("violence", "fi", TUESDAY)]
    assert numbers[:2] == ["112", "080 005 005"]


def test_the_english_line_is_shown_only_while_it_is_open(helplines: Helplines) -> None:
    assert "mieli_en" in ids(helplines, "suicide", "en", FRIDAY)
    assert ids(helplines, "suicide", "en", TUESDAY) == [
        "emergency_number",
        "mieli_fi",
        "social_and_crisis",
    ]


def test_a_line_that_may_be_closed_for_good_comes_after_one_that_answers(
    helplines: Helplines,
) -> None:
    assert ids(helplines, "suicide", "ru", TUESDAY) == [
        "emergency_number",
        "social_and_crisis",
        "mieli_ru",
    ]


def test_the_young_get_their_own_service_too(helplines: Helplines) -> None:
    assert ids(helplines, "suicide", "fi", TUESDAY, young=True) == [
        "emergency_number",
        "mieli_fi",
        "sekasin",
    ]
    assert "sekasin" not in ids(helplines, "suicide", "fi", TUESDAY)


def test_an_unknown_language_is_served_in_english(helplines: Helplines) -> None:
    lines = helplines.fitting("suicide", "de", TUESDAY)
    assert helplines.render(lines[0], "de", TUESDAY).startswith("Emergency number 112")


def test_a_line_reads_as_one_line(helplines: Helplines) -> None:
    _, mieli, _ = helplines.fitting("suicide", "fi", TUESDAY)
    rendered = helplines.render(mieli, "fi", TUESDAY)
    assert rendered == "MIELI Kriisipuhelin 09 2525 0111 (ympäri vuorokauden)"
    assert (
        helplines.render(helplines.fitting("suicide", "en", TUESDAY)[1], "en", TUESDAY)
        == "MIELI Crisis Helpline 09 2525 0111 (in Finnish · 24 hours a day)"
    )


def test_hours_are_told_as_days_and_times(helplines: Helplines) -> None:
    line = next(row for row in helplines.rows if row.id == "mieli_en")
    assert helplines.render(line, "en", FRIDAY).endswith("09 2525 0116 (Fri 9–13)")


def test_old_hours_are_hidden_and_the_number_stays(helplines: Helplines) -> None:
    mieli = helplines.fitting("suicide", "fi", TUESDAY)[1]
    checked = datetime.combine(mieli.checked, time(12), UTC)
    fresh, old = checked + timedelta(days=180), checked + timedelta(days=181)
    assert "ympäri vuorokauden" in helplines.render(mieli, "fi", fresh)
    assert helplines.render(mieli, "fi", old) == "MIELI Kriisipuhelin 09 2525 0111"


def test_opening_hours_are_helsinki_time(tmp_path: Path) -> None:
    lines = one_row(tmp_path, '[{days: mon-fri, opens: "09:00", closes: "15:30"}]')
    (row,) = lines.rows
    assert lines.render(row, "fi", TUESDAY) == "Linja 1 (ma–pe 9–15.30)"
    assert not row.is_closed(datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    assert row.is_closed(datetime(2026, 11, 24, 6, 59, tzinfo=UTC))
    assert row.is_closed(datetime(2026, 11, 24, 13, 30, tzinfo=UTC))
    assert row.is_closed(datetime(2026, 11, 28, 9, 0, tzinfo=UTC))


def test_unknown_hours_are_neither_told_nor_taken_for_closed(tmp_path: Path) -> None:
    lines = one_row(tmp_path, "null")
    (row,) = lines.rows
    assert lines.render(row, "fi", TUESDAY) == "Linja 1"
    assert not row.is_closed(TUESDAY)


@pytest.mark.parametrize("hours", ["sometimes", '[{days: fir, opens: "09:00", closes: "15:00"}]'])
def test_a_slip_in_the_file_is_told_with_its_row(tmp_path: Path, hours: str) -> None:
    with pytest.raises(KnowledgeError, match=r"helplines\.yml.*only"):
        one_row(tmp_path, hours)


def test_every_row_names_its_source(helplines: Helplines) -> None:
    assert (ROOT / "bot" / "knowledge" / "helplines.yml").is_file()
    assert [row.id for row in helplines.rows if not row.source.startswith("http")] == []
