from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.activities.catalogue import get, load_samples
from bot.activities.history import mark, marks_of, saved
from bot.errors import KnowledgeError
from bot.store.engine import Store
from bot.store.tables import Activity, Resident
from tests.activities.making import GAZETTEER, KNOWLEDGE, activity

SAMPLES = KNOWLEDGE / "sample_activities.yml"

ONE = """\
- key: {key}
  kind: group
  title: {{fi: "{title}", en: "Coffee"}}
  text: {{fi: "Juodaan kahvia.", en: "We drink coffee."}}
  organiser: "Kahviseura"
  municipality: Multia
  place: "Kirjasto"
  latitude: 62.4167
  longitude: 24.7833
  needs: [company]
  interests: [coffee]
  times:
  - {{start: "{start}", minutes: 60, rrule: "FREQ=WEEKLY"}}
  price_euros: 0
  languages: [fi]
  ages: [18, null]
  walk_in: true
"""


def written(folder: Path, *keys: str, title: str = "Kahvit", start: str = "2026-09-01T13:00"):
    file = folder / "some.yml"
    file.write_text("".join(ONE.format(key=key, title=title, start=start) for key in keys))
    return file


async def count(store: Store) -> int:
    async with store.begin() as session:
        return await session.scalar(select(func.count()).select_from(Activity)) or 0


async def test_the_sample_file_can_be_loaded_and_loaded_again(store: Store):
    async with store.begin() as session:
        first = await load_samples(session, SAMPLES, GAZETTEER)
    async with store.begin() as session:
        assert await load_samples(session, SAMPLES, GAZETTEER) == first
    assert await count(store) == first > 40


async def test_loading_again_renews_keeps_ids_and_drops_what_left_the_file(
    store: Store, tmp_path: Path
):
    async with store.begin() as session:
        session.add(activity("not a sample"))
        await load_samples(session, written(tmp_path, "a", "b"), GAZETTEER)
        (before,) = await session.scalars(select(Activity).where(Activity.source_id == "b"))
    async with store.begin() as session:
        assert (
            await load_samples(session, written(tmp_path, "b", "c", title="Teet"), GAZETTEER) == 2
        )
    async with store.begin() as session:
        rows = {one.source_id: one for one in await session.scalars(select(Activity))}
    assert set(rows) == {"not a sample", "b", "c"}
    assert rows["b"].id == before.id
    assert rows["b"].title["fi"] == "Teet"
    assert (rows["b"].youngest, rows["b"].oldest) == (18, None)
    assert rows["b"].sample
    assert not rows["not a sample"].sample


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (("kind: group", "sort: group"), r"number 1 \(a\): kind is missing"),
        (("minutes: 60", "minute: 60"), "minutes is missing"),
        (("2026-09-01T13:00", "tiistaina"), "number 1"),
        (("FREQ=WEEKLY", "FREQ=OFTEN"), "number 1"),
        (("ages: [18, null]", "ages: 18"), "number 1"),
        (('en: "Coffee"', 'en: ""'), r"title\.en"),
        (("- key: a", "key: a"), "some.yml"),
        (("title: {", "title: ["), "some.yml: can't be read"),
    ],
)
async def test_a_slip_in_the_file_is_told_and_changes_nothing(
    store: Store, tmp_path: Path, spoil: tuple[str, str], told: str
):
    file = written(tmp_path, "a")
    file.write_text(file.read_text().replace(*spoil))
    with pytest.raises(KnowledgeError, match=told):
        async with store.begin() as session:
            await load_samples(session, file, GAZETTEER)
    assert await count(store) == 0


async def test_a_missing_file_is_told(store: Store, tmp_path: Path):
    with pytest.raises(KnowledgeError, match=r"none\.yml"):
        async with store.begin() as session:
            await load_samples(session, tmp_path / "none.yml", GAZETTEER)


async def test_an_activity_is_got_by_id_if_it_is_there(store: Store):
    async with store.begin() as session:
        one = activity("a")
        session.add(one)
        await session.flush()
        assert await get(session, one.id) is one
        assert await get(session, one.id + 1) is None


async def test_marks_change_but_being_shown_again_undoes_none(store: Store, resident: Resident):
    async with store.begin() as session:
        a, b, c = activity("a"), activity("b"), activity("c")
        session.add_all([a, b, c])
        await session.flush()
        for one, what in ((a, "shown"), (a, "saved"), (a, "shown"), (b, "declined"), (c, "shown")):
            await mark(session, resident.id, one.id, what)
    async with store.begin() as session:
        marks = await marks_of(session, resident.id)
        assert marks == {a.id: "saved", b.id: "declined", c.id: "shown"}
        await mark(session, resident.id, a.id, "declined")
        assert (await marks_of(session, resident.id))[a.id] == "declined"
        assert await marks_of(session, resident.id + 1) == {}


async def test_saved_ones_are_listed_the_latest_first(store: Store, resident: Resident):
    ones = [activity(key) for key in "abcd"]
    async with store.begin() as session:
        session.add_all(ones)
    for one, what in zip(ones, ("saved", "declined", "shown", "saved"), strict=True):
        async with store.begin() as session:
            await mark(session, resident.id, one.id, what)
    async with store.begin() as session:
        assert [one.source_id for one in await saved(session, resident.id)] == ["d", "a"]
        await mark(session, resident.id, ones[2].id, "saved")
        assert [one.source_id for one in await saved(session, resident.id)] == ["c", "d", "a"]
