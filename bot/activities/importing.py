"""Bringing the activities of a source into the catalogue, again and again without doubles.

An activity is known again by its source and the id that it has there. What the source says anew is
taken over, but for what staff have written themselves; what it no longer has is marked as gone.
A source that fails leaves everything as it was.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities.catalogue import write
from bot.activities.draft import Draft, Refused, Unfit
from bot.activities.index import index
from bot.activities.places import Gazetteer, distance_km
from bot.activities.times import next_occurrence
from bot.errors import ImportFailed, KnowledgeError
from bot.factors.interests import InterestCatalogue
from bot.store.engine import Store
from bot.store.tables import Activity, ActivitySource, SearchEntry, now

BATCH = 250
# What is farther than this from every place that we know is not of this region.
REGION_KM = 60.0
# So many of each are told by name.
TOLD = 200


class Source(BaseModel):
    """Where activities come from, as in `activity_sources.yml`.

    `defaults` are fields for what the source leaves out; `hours` is how often it is read again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    kind: str
    address: str = ""
    hours: float = Field(24, gt=0)
    defaults: dict[str, Any] = Field(default_factory=dict)

    def __init__(self, name: str = "", kind: str = "", **more: Any) -> None:
        super().__init__(name=name, kind=kind, **more)


@dataclass
class Report:
    """What an import found: `counts` and the titles by `new`, `changed`, `gone`; `refused`.

    Counted besides: `same`, and `over` for what had ended before it was ever taken in.
    """

    counts: Counter[str] = field(default_factory=Counter)
    titles: dict[str, list[str]] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)

    def note(self, what: str, title: str) -> None:
        """Counts one; tells it by name as long as there are not many."""
        self.counts[what] += 1
        told = self.titles.setdefault(what, [])
        if len(told) < TOLD:
            told.append(title)

    def refuse(self, refused: Refused) -> None:
        """Counts a refusal."""
        self.counts["refused"] += 1
        if len(self.refused) < TOLD:
            self.refused.append(refused)


def read_sources(path: Path, kinds: Iterable[str]) -> list[Source]:
    """The sources that staff have listed.

    Raises:
        KnowledgeError: the file can't be used.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        sources = TypeAdapter(list[Source]).validate_python(content)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise KnowledgeError(f"{path.name}: can't be used ({error})") from error
    for source in sources:
        if source.kind not in kinds:
            raise KnowledgeError(f"{path.name}: {source.name}: there is no kind {source.kind}")
    return sources


async def bring_in(
    store: Store,
    source: Source,
    entries: Iterable[Draft | Refused],
    gazetteer: Gazetteer,
    interests: InterestCatalogue | None = None,
    *,
    dry_run: bool = False,
    show: Callable[[int], None] = lambda done: None,
) -> Report:
    """Takes in what a source gives, some hundred at a time, each lot a transaction of its own.

    Args:
        store: the database.
        source: where it comes from.
        entries: what its reader found.
        gazetteer: knows the municipalities.
        interests: finds interests in the texts of those that have none.
        dry_run: only tells what would happen.
        show: is told how many were read.

    Raises:
        ImportFailed: the source can't be read, or gives nothing at all where it had something.
    """
    work = _Import(store, source, gazetteer, interests, dry_run)
    await work.begin()
    done = 0
    for lot in batched(entries, BATCH):
        await work.take(lot)
        done += len(lot)
        show(done)
    await work.end()
    return work.report


async def note_attempt(store: Store, name: str, report: Report | None, error: str | None) -> None:
    """Keeps when a source was tried and how it went."""
    async with store.begin() as session:
        row = await session.get(ActivitySource, name)
        if row is None:
            row = ActivitySource(name=name, counts={})
            session.add(row)
        row.tried_at, row.error = now(), error
        if report:
            row.done_at, row.counts = row.tried_at, dict(report.counts)


def settle_place(draft: Draft, gazetteer: Gazetteer) -> None:
    """Gives a draft its municipality by the name that it has, or by its point.

    Raises:
        Unfit: it lies nowhere that we know.
    """
    if draft.kind == "online":
        draft.municipality = draft.latitude = draft.longitude = draft.place = None
        return
    named = gazetteer.place(draft.municipality) if draft.municipality else None
    if draft.latitude is not None and draft.longitude is not None:
        place = named or gazetteer.nearest(draft.latitude, draft.longitude)
        km = distance_km(draft.latitude, draft.longitude, place.latitude, place.longitude)
        if km > REGION_KM:
            raise Unfit("latitude", f"lies {km:.0f} km from {place.name}")
        draft.municipality = place.municipality
    elif named:
        draft.municipality = named.municipality
    elif draft.municipality:
        raise Unfit("municipality", f"is not in the region: {draft.municipality}")
    else:
        raise Unfit("municipality", "is missing, and so are coordinates")


@dataclass
class _Known:
    """What is in the catalogue from this source already."""

    id: int
    digest: str | None
    gone: bool


class _Import:
    def __init__(
        self,
        store: Store,
        source: Source,
        gazetteer: Gazetteer,
        interests: InterestCatalogue | None,
        dry_run: bool,
    ) -> None:
        self.store, self.source, self.dry_run = store, source, dry_run
        self.gazetteer, self.interests = gazetteer, interests
        self.report = Report()
        self.known: dict[str, _Known] = {}
        self.seen: set[str] = set()
        self.at = now()

    async def begin(self) -> None:
        columns = (Activity.source_id, Activity.id, Activity.digest, Activity.gone_at)
        async with self.store.begin() as session:
            rows = await session.execute(
                select(*columns).where(Activity.source == self.source.name)
            )
            self.known = {key: _Known(id_, digest, bool(gone)) for key, id_, digest, gone in rows}

    async def take(self, lot: Iterable[Draft | Refused]) -> None:
        drafts = [draft for entry in lot if (draft := self._accepted(entry))]
        new: list[tuple[Draft, str]] = []
        changed: dict[int, tuple[Draft, str]] = {}
        same: list[int] = []
        for draft in drafts:
            known, digest = self.known.get(draft.source_id), draft.digest()
            title = next(iter(draft.title.values()))
            if known is None:
                if draft.times and next_occurrence(draft.times, self.at) is None:
                    self.report.counts["over"] += 1
                    continue
                new.append((draft, digest))
                self.report.note("new", title)
            elif known.digest == digest and not known.gone:
                same.append(known.id)
                self.report.counts["same"] += 1
            else:
                changed[known.id] = (draft, digest)
                self.report.note("changed", title)
        if not self.dry_run:
            async with self.store.begin() as session:
                await self._add(session, new)
                await self._change(session, changed)
                await session.execute(
                    update(Activity).where(Activity.id.in_(same)).values(checked_at=self.at)
                )

    async def end(self) -> None:
        await self._mark_gone()
        counts = self.report.counts
        if not self.dry_run and (counts["new"] or counts["changed"] or counts["gone"]):
            async with self.store.begin() as session:
                await session.execute(text("ANALYZE activity_search"))

    async def _mark_gone(self) -> None:
        here = {key for key, known in self.known.items() if not known.gone}
        gone = [self.known[key].id for key in sorted(here - self.seen)]
        if here and not self.seen:
            raise ImportFailed(
                f"{self.source.name} gives no activities at all now. The old ones stay."
            )
        for ids in batched(gone, BATCH):
            async with self.store.begin() as session:
                titles = select(Activity.title).where(Activity.id.in_(ids)).order_by(Activity.id)
                for title in await session.scalars(titles):
                    self.report.note("gone", str(next(iter(title.values()))))
                if not self.dry_run:
                    await session.execute(
                        update(Activity).where(Activity.id.in_(ids)).values(gone_at=self.at)
                    )
                    await session.execute(
                        delete(SearchEntry).where(SearchEntry.activity_id.in_(ids))
                    )

    def _accepted(self, entry: Draft | Refused) -> Draft | None:
        if isinstance(entry, Refused):
            # What can't be read this time is not gone.
            self.seen.update({entry.row, entry.row.partition("(")[2].rstrip(")")} & set(self.known))
            self.report.refuse(entry)
            return None
        try:
            return self._settled(entry)
        except Unfit as error:
            self.report.refuse(Refused(entry.source_id, error.field, error.reason))
            return None

    def _settled(self, entry: Draft) -> Draft:
        if entry.source_id in self.seen:
            raise Unfit("id", "stands there more than once")
        self.seen.add(entry.source_id)
        draft = self._completed(entry)
        settle_place(draft, self.gazetteer)
        return draft

    def _completed(self, draft: Draft) -> Draft:
        """The draft with the source's defaults, and the interests that its words tell."""
        for name, value in self.source.defaults.items():
            if getattr(draft, name) in (None, [], {}, ""):
                setattr(draft, name, value)
        if not draft.interests and self.interests:
            words = "\n".join((*draft.title.values(), *draft.text.values()))
            draft.interests = list(self.interests.find(words))
        return draft

    async def _add(self, session: AsyncSession, new: list[tuple[Draft, str]]) -> None:
        if not new:
            return
        rows = [
            {
                "source": self.source.name,
                "digest": digest,
                "checked_at": self.at,
                **draft.columns(),
            }
            for draft, digest in new
        ]
        # Many rows in one statement; the unit of work would send each by itself.
        adding = insert(Activity).returning(Activity.source_id, Activity.id)
        alike = {"render_nulls": True}  # or rows that lack different things are sent apart
        added = await session.execute(adding, rows, execution_options=alike)
        ids = dict(added.all())
        activities = [Activity(id=ids[row["source_id"]], **row) for row in rows]
        await index(session, activities, self.gazetteer, self.at, fresh=True)

    async def _change(self, session: AsyncSession, changed: dict[int, tuple[Draft, str]]) -> None:
        if not changed:
            return
        rows = list(await session.scalars(select(Activity).where(Activity.id.in_(changed))))
        for activity in rows:
            draft, digest = changed[activity.id]
            # Needs are staff's: a source that knows none does not take theirs away.
            keep = [*activity.edited, *([] if draft.needs else ["needs"])]
            write(activity, draft.columns(), keep)
            activity.digest, activity.gone_at, activity.checked_at = digest, None, self.at
        await session.flush()
        await index(session, rows, self.gazetteer, self.at)
