from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.activities import staff
from bot.activities.draft import Draft, Refused
from bot.activities.importers import READERS
from bot.activities.importing import Report, Source, bring_in, read_sources
from bot.activities.search import suggest
from bot.errors import ImportFailed, KnowledgeError
from bot.store.engine import Store
from bot.store.tables import Activity, SearchEntry
from tests.activities.making import AT, GAZETTEER, KNOWLEDGE, wish

SOURCE = Source("tests", "table", defaults={"licence": "CC BY 4.0"})


def draft(key: str, **given: Any) -> Draft:
    ordinary = {"title": {"fi": key}, "municipality": "Äänekoski", "needs": ["company"]}
    return Draft(source_id=key, **(ordinary | given))


async def taken(store: Store, *entries: Draft | Refused, **how: Any) -> Report:
    return await bring_in(store, SOURCE, _fresh(entries), GAZETTEER, **how)


def _fresh(entries: Iterable[Draft | Refused]) -> list[Draft | Refused]:
    """An import fills drafts in: each gets copies, as a reader would make them."""
    return [e.model_copy(deep=True) if isinstance(e, Draft) else e for e in entries]


async def rows(store: Store) -> dict[str, Activity]:
    async with store.begin() as session:
        return {one.source_id: one for one in await session.scalars(select(Activity))}


async def test_a_second_import_makes_no_doubles_and_tells_what_is_new_changed_and_gone(
    store: Store,
) -> None:
    report = await taken(store, draft("a"), draft("b"), draft("c"))
    assert report.counts == {"new": 3}
    before = await rows(store)
    assert before["a"].licence == "CC BY 4.0"
    report = await taken(store, draft("a"), draft("b", price_euros=3), draft("d"))
    assert report.counts == {"same": 1, "changed": 1, "new": 1, "gone": 1}
    assert report.titles["gone"] == ["c"]
    after = await rows(store)
    assert after["b"].id == before["b"].id
    assert after["b"].price_euros == 3
    assert after["c"].gone_at is not None
    async with store.begin() as session:
        found = await suggest(session, wish(at=AT), GAZETTEER, 9)
        assert {one.activity.source_id for one in found} == {"a", "b", "d"}
    # What comes back is there again, under the id that it had.
    report = await taken(store, draft("a"), draft("b"), draft("c"), draft("d"))
    assert report.counts["changed"] == 2
    assert (await rows(store))["c"].gone_at is None


async def test_a_dry_run_tells_the_same_and_changes_nothing(store: Store) -> None:
    report = await taken(store, draft("a"), dry_run=True)
    assert report.counts == {"new": 1}
    assert await rows(store) == {}


async def test_a_source_that_gives_nothing_leaves_the_old_ones(store: Store) -> None:
    await taken(store, draft("a"))
    with pytest.raises(ImportFailed):
        await taken(store)
    assert (await rows(store))["a"].gone_at is None


async def test_what_is_refused_this_time_is_not_gone(store: Store) -> None:
    await taken(store, draft("a"), draft("b"))
    report = await taken(store, draft("b"), Refused("row 2 (a)", "start", "is not a time"))
    assert report.counts == {"same": 1, "refused": 1}
    assert (await rows(store))["a"].gone_at is None


async def test_places_are_settled_or_refused(store: Store) -> None:
    report = await taken(
        store,
        draft("by point", municipality=None, latitude=62.6, longitude=25.73),
        draft("by locality", municipality="Suolahti"),
        draft("online", kind="online", municipality="Äänekoski"),
        draft("nowhere", municipality=None),
        draft("elsewhere", municipality="Helsinki"),
        draft("far", municipality=None, latitude=60.17, longitude=24.94),
        draft("online"),
    )
    assert [(one.row, one.field) for one in report.refused] == [
        ("nowhere", "municipality"), ("elsewhere", "municipality"), ("far", "latitude"),
        ("online", "id"),
    ]  # fmt: skip
    there = {key: one.municipality for key, one in (await rows(store)).items()}
    assert there == {"by point": "Äänekoski", "by locality": "Äänekoski", "online": None}


async def test_what_was_over_before_it_came_is_left_out(store: Store) -> None:
    over = [{"start": "2020-01-01T10:00", "minutes": 60}]
    report = await taken(store, draft("a", times=over), draft("b"))
    assert report.counts == {"over": 1, "new": 1}


async def test_staffs_words_and_needs_stay_through_an_import(store: Store) -> None:
    await taken(store, draft("a", needs=[]), draft("b"))
    there = await rows(store)
    async with store.begin() as session:
        await staff.confirm_needs(session, there["a"].id, ["talk"], GAZETTEER, AT)
        wrong = await staff.edit(session, there["b"].id, {"youngest": 300}, GAZETTEER, AT)
        assert [one.field for one in wrong] == ["youngest"]
        title = {"title": {"fi": "Parempi", "en": "Better"}}
        assert await staff.edit(session, there["b"].id, title, GAZETTEER, AT) == []
    await taken(store, draft("a", needs=["food"], place="Uusi"), draft("b", place="Uusi"))
    there = await rows(store)
    assert (there["a"].needs, there["a"].place) == (["talk"], "Uusi")
    assert (there["b"].title["fi"], there["b"].place) == ("Parempi", "Uusi")


async def test_merged_ones_stand_for_each_other(store: Store) -> None:
    await taken(store, draft("Neulekerho", needs=["hands"]), draft("Neulekerhot"), draft("Kuoro"))
    there = await rows(store)
    async with store.begin() as session:
        [(one, other)] = await staff.duplicates(session)
        assert {one.source_id, other.source_id} == {"Neulekerho", "Neulekerhot"}
        await staff.merge(session, one.id, other.id, GAZETTEER, AT)
        assert await staff.duplicates(session) == []
        kept = await session.get_one(Activity, there["Neulekerho"].id)
        assert kept.needs == ["hands", "company"]
        left = select(SearchEntry).where(SearchEntry.activity_id == other.id)
        assert (await session.scalars(left)).all() == []


@pytest.mark.parametrize("queue", staff.QUEUES)
async def test_every_queue_of_staff_can_be_looked_through(store: Store, queue: Any) -> None:
    await taken(store, draft("Äänekosken kahvit", needs=[]))
    async with store.begin() as session:
        found = await staff.look_through(session, queue=queue, words="äänekosken", at=AT)
        assert found.total == (1 if queue in {"all", "without_needs"} else 0)
        troubles = await staff.troubles(session, GAZETTEER, AT)
    assert {one.what for one in troubles} == {"no_needs", "no_english"}


def test_the_list_of_sources_is_read(tmp_path: Path) -> None:
    assert read_sources(KNOWLEDGE / "activity_sources.yml", READERS) == []
    file = tmp_path / "sources.yml"
    file.write_text("- {name: a, kind: ical, address: 'https://example.org/a.ics', hours: 6}")
    assert [one.hours for one in read_sources(file, READERS)] == [6]
    for wrong in ("- {name: a, kind: fax}", "- {kind: ical}", "a: [", "- {name: a, kinds: x}"):
        file.write_text(wrong)
        with pytest.raises(KnowledgeError):
            read_sources(file, READERS)
