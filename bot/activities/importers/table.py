"""Tables that staff fill in, CSV or XLSX, after the template; and the way back, for an export.

The columns, their headings and the words in them stand in `bot/knowledge/activity_table.yml`.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from bot.activities.draft import KINDS, Draft, Refused, Unfit
from bot.activities.importers.reading import USUAL_MINUTES, each, price
from bot.errors import ImportFailed
from bot.reading import read_mapping
from bot.store.tables import Activity

RULES = Path(__file__).parents[2] / "knowledge" / "activity_table.yml"
COLUMNS = (
    "id", "kind", "title_fi", "title_en", "text_fi", "text_en", "organiser", "municipality",
    "place", "latitude", "longitude", "start", "minutes", "repeats", "ends", "except", "holidays",
    "opening_hours", "rrule", "season", "needs", "interests", "price_euros", "languages",
    "audience_fi", "audience_en", "youngest", "oldest", "walk_in", "step_free", "hearing_loop",
    "contact_fi", "contact_en", "booking_fi", "booking_en", "link", "licence", "attribution",
)  # fmt: skip
TEXTS = ("title", "text", "audience", "contact", "booking")
# Who writes a table opens it in Excel, which guesses by the first bytes.
XLSX = b"PK\x03\x04"
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_CLOCK = re.compile(r"(?:klo\s*|[T ])(\d{1,2})(?:[.:](\d{2}))?(?::\d{2})?\s*$")
_SEASON = re.compile(r"(\d{1,2})\.(\d{1,2})\.\s*[-–]\s*(\d{1,2})\.(\d{1,2})\.?")
_BETWEEN = re.compile(r"[,;\s]+")

type Row = dict[str, str]


def read(pages: Sequence[bytes], name: str) -> Iterator[Draft | Refused]:
    """Reads tables; a row without any cell filled in is passed over.

    Raises:
        ImportFailed: it is no table, or its headings are not known.
    """
    for page in pages:
        rows = _xlsx(page) if page.startswith(XLSX) else _csv(page)
        yield from each(_numbered(rows), lambda row: row["row"], fields_of)


def write_template(path: Path) -> None:
    """Writes an empty table with its headings, advice and an example row; CSV or XLSX by name."""
    rules = _rules()
    write(path, [rules["example"]], advice=True)


def write(path: Path, rows: Iterable[Mapping[str, str]], *, advice: bool = False) -> int:
    """Writes rows as a table; gives how many. Which kind of file goes by the name."""
    headings = [_rules()["columns"][column]["label"] for column in COLUMNS]
    count = 0
    if path.suffix.lower() == ".xlsx":
        # Here, as the app reads this module for its columns and seldom writes a workbook.
        from openpyxl import Workbook

        book = Workbook()
        sheet = book.worksheets[0]
        sheet.append(headings)
        for row in rows:
            sheet.append([row.get(column, "") for column in COLUMNS])
            count += 1
        _dress(sheet)
        if advice:
            page = book.create_sheet("Ohje")
            for column in COLUMNS:
                page.append([_rules()["columns"][column][part] for part in ("label", "help")])
            page.column_dimensions["A"].width, page.column_dimensions["B"].width = 26, 90
        book.save(path)
        return count
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(headings)
        for row in rows:
            table.writerow([row.get(column, "") for column in COLUMNS])
            count += 1
    return count


def row_of(activity: Activity) -> Row:
    """An activity as a row of the table. Of several times, the first one stands for all."""
    row = {
        "id": activity.source_id,
        "kind": _kind_words().get(activity.kind, activity.kind),
        "needs": ", ".join(activity.needs),
        "interests": ", ".join(activity.interests),
        "languages": ", ".join(activity.languages),
        "walk_in": _yes_no(activity.walk_in),
        "step_free": _yes_no(activity.step_free),
        "hearing_loop": _yes_no(activity.hearing_loop),
    }
    for field in ("organiser", "municipality", "place", "latitude", "longitude", "price_euros",
                  "youngest", "oldest", "link", "licence", "attribution"):  # fmt: skip
        value = getattr(activity, field)
        row[field] = "" if value is None else f"{value:g}" if field == "price_euros" else str(value)
    for field in TEXTS:
        for language in ("fi", "en"):
            row[f"{field}_{language}"] = (getattr(activity, field) or {}).get(language, "")
    return row | _time_cells(activity.times[0] if activity.times else {})


def _dress(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    for number, cell in enumerate(sheet[1], start=1):
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = 20


@cache
def _rules() -> dict[str, Any]:
    return read_mapping(RULES)


def _kind_words() -> dict[str, str]:
    return {kind: words for words, kind in _rules()["kinds"].items()}


def _yes_no(value: bool | None) -> str:
    return "" if value is None else _rules()["yes" if value else "no"][0]


def _time_cells(given: dict[str, Any]) -> Row:
    if "open" in given:
        return {"opening_hours": given["open"]}
    if not given:
        return {}
    row = {
        "start": given["start"],
        "minutes": str(given["minutes"]),
        "rrule": given.get("rrule", ""),
        "except": ", ".join(given.get("except", ())),
        "holidays": _yes_no(given.get("holidays") == "off"),
    }
    if given.get("season"):
        (m1, d1), (m2, d2) = (part.split("-") for part in given["season"])
        row["season"] = f"{int(d1)}.{int(m1)}.-{int(d2)}.{int(m2)}."
    return row


# --- reading ----------------------------------------------------------------------------------


def _csv(page: bytes) -> Iterator[list[str]]:
    text = _decoded(page)
    beginning = text[:4096]
    try:
        dialect: Any = csv.Sniffer().sniff(beginning.split("\n", 1)[0], delimiters=";,\t")
    except csv.Error as error:
        raise ImportFailed("The source is no table: it has no columns.") from error
    try:
        yield from csv.reader(io.StringIO(text, newline=""), dialect, strict=True)
    except csv.Error as error:
        raise ImportFailed(f"The table can't be read: {error}.") from error


def _decoded(page: bytes) -> str:
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        return page.decode("cp1252", errors="replace")  # as Excel saves it on Windows


def _xlsx(page: bytes) -> Iterator[list[str]]:
    try:
        from openpyxl import load_workbook

        sheet = load_workbook(io.BytesIO(page), read_only=True, data_only=True).worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_cell(value) for value in row]
    except (BadZipFile, KeyError, OSError, ValueError, IndexError) as error:
        raise ImportFailed(f"The workbook can't be read: {error}.") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return (
            value.isoformat(timespec="minutes") if value.time() != time() else f"{value:%Y-%m-%d}"
        )
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _numbered(rows: Iterator[list[str]]) -> Iterator[Row]:
    """Each row by its columns, with its number in the table under `row`."""
    headings = [heading.strip().lower() for heading in next(rows, [])]
    by_label = {_rules()["columns"][column]["label"].lower(): column for column in COLUMNS}
    columns = [by_label.get(heading, heading) for heading in headings]
    if "id" not in columns or not set(columns) & {"title_fi", "title_en"}:
        raise ImportFailed("The table's headings are not those of the template: id and title miss.")
    for number, cells in enumerate(rows, start=2):
        found = {column: cell.strip() for column, cell in zip(columns, cells, strict=False)}
        if any(found.values()):
            yield {**found, "row": f"row {number} ({found.get('id') or '?'})"}


def fields_of(row: Row) -> dict[str, Any]:
    """The fields of a draft, by name, from a row of the table.

    Raises:
        Unfit: a cell can't be understood.
    """
    fields: dict[str, Any] = {
        "source_id": row.get("id", ""),
        "kind": _kind(row.get("kind", "")),
        "times": _times(row),
        "needs": _list(row.get("needs")),
        "interests": _list(row.get("interests")),
        "languages": _list(row.get("languages")),
        "price_euros": _price(row.get("price_euros", "")),
        "walk_in": _flag(row, "walk_in") or False,
        "step_free": _flag(row, "step_free"),
        "hearing_loop": _flag(row, "hearing_loop"),
    }
    for field in TEXTS:
        told = {code: row[f"{field}_{code}"] for code in ("fi", "en") if row.get(f"{field}_{code}")}
        fields[field] = told or ({} if field in {"title", "text"} else None)
    for field in ("organiser", "municipality", "place", "link", "licence", "attribution"):
        fields[field] = row.get(field) or None
    for field in ("latitude", "longitude", "youngest", "oldest"):
        fields[field] = (row.get(field) or "").replace(",", ".") or None
    return fields


def _kind(written: str) -> str:
    kind = _rules()["kinds"].get(written.lower(), written or "group")
    if kind not in KINDS:
        raise Unfit("kind", f"is not known: {written}")
    return str(kind)


def _list(written: str | None) -> list[str]:
    return [part for part in _BETWEEN.split(written or "") if part]


def _price(written: str) -> float | None:
    found = price(written)
    if written and found is None:
        raise Unfit("price_euros", f"is not a number: {written}")
    return found


def _flag(row: Row, field: str) -> bool | None:
    written = (row.get(field) or "").lower()
    if not written:
        return None
    for value, name in ((True, "yes"), (False, "no")):
        if written in _rules()[name]:
            return value
    raise Unfit(field, f"is neither yes nor no: {written}")


def _times(row: Row) -> list[dict[str, Any]]:
    if row.get("opening_hours"):
        return [{"open": row["opening_hours"]}]
    if not row.get("start"):
        return []
    found: dict[str, Any] = {
        "start": _moment(row["start"], "start"),
        "minutes": _minutes(row.get("minutes", "")),
    }
    rule = row.get("rrule") or _repeats(row.get("repeats", ""))
    if row.get("ends"):
        if not rule:
            raise Unfit("ends", "is given, but not how often it repeats")
        rule += f";UNTIL={_day(row['ends'], 'ends'):%Y%m%d}"
    if rule:
        found["rrule"] = rule
    if row.get("except"):
        found["except"] = [
            part if "T" in part else _day(part, "except").isoformat()
            for part in _list(row["except"])
        ]
    if _flag(row, "holidays"):
        found["holidays"] = "off"
    if row.get("season"):
        season = _SEASON.fullmatch(row["season"].strip())
        if not season:
            raise Unfit("season", f"is not two days of the year: {row['season']}")
        d1, m1, d2, m2 = map(int, season.groups())
        found["season"] = [f"{m1:02}-{d1:02}", f"{m2:02}-{d2:02}"]
    return [found]


def _repeats(written: str) -> str:
    if not written:
        return ""
    rule = _rules()["repeats"].get(" ".join(written.lower().split()))
    if rule is None:
        raise Unfit("repeats", f"is not known: {written}")
    return str(rule)


def _minutes(written: str) -> int:
    if not written:
        return USUAL_MINUTES
    if not written.isdigit() or not 0 < int(written) <= 60 * 24 * 60:
        raise Unfit("minutes", f"is not a number of minutes: {written}")
    return int(written)


def _day(written: str, field: str) -> date:
    found = _DAY.match(written)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise Unfit(field, f"is not a day: {written}") from error


def _moment(written: str, field: str) -> str:
    day, clock = _day(written, field), _CLOCK.search(written)
    if not clock or int(clock[1]) > 23:
        raise Unfit(field, f"has no time of day: {written}")
    return f"{day.isoformat()}T{int(clock[1]):02}:{clock[2] or '00'}"
