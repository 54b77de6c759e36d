from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from actions.rooms import KNOWLEDGE
from bot.activities.places import Gazetteer
from bot.dialogue.sayings import Button, Saying
from bot.factors import profile
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.store.engine import Store
from bot.store.tables import Keyboard, Outgoing, Resident
from bot.telegram.rendering import (
    COLUMNS,
    LONGEST,
    ROW,
    Renderer,
    answers_a_question,
    inline,
    rows,
    split,
)
from tests.telegram.driver import buttons_of, phrases


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def letters(*pieces: str) -> str:
    return "".join("".join(pieces).split())


# --- splitting -------------------------------------------------------------------------------

texts = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from(
            [" ", "\n\n", ". ", "! ", "… ", "\U0001f9d1\u200d\U0001f33e", "שלום", "x" * 50]
        ),
    ),
    max_size=30,
).map("".join)


@given(texts, st.integers(2, 60))
def test_every_piece_fits_and_nothing_but_space_is_lost(text: str, longest: int) -> None:
    pieces = split(text, longest)
    assert all(0 < utf16(piece) <= longest for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)
    assert letters(*pieces) == letters(text)


@given(texts, st.integers(2, 60))
def test_a_text_is_cut_only_where_it_must_be(text: str, longest: int) -> None:
    whole = text.strip()
    if 0 < utf16(whole) <= longest:
        assert split(text, longest) == [whole]


@given(st.lists(st.text(st.characters(categories=["L"]), min_size=1, max_size=12), max_size=40))
def test_a_word_that_fits_is_never_cut_in_two(words: list[str]) -> None:
    longest = 30
    for piece in split(" ".join(words), longest):
        assert set(piece.split()) <= set(" ".join(words).split())


def test_it_is_cut_at_the_last_sentence_that_fits() -> None:
    text = "Eka lause. Toka lause! Kolmas lause on pidempi."
    assert split(text, 25) == ["Eka lause. Toka lause!", "Kolmas lause on pidempi."]


def test_a_paragraph_is_an_end_as_well() -> None:
    assert split("yksi kaksi\n\nkolme neljä", 20) == ["yksi kaksi", "kolme neljä"]


def test_a_long_word_is_cut_anywhere() -> None:
    assert split("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_length_is_counted_as_telegram_counts_it() -> None:
    """Characters beyond the basic plane count twice, and none is cut in two."""
    assert split("\U0001f600" * 5, 4) == ["\U0001f600" * 2, "\U0001f600" * 2, "\U0001f600"]
    assert split("\U0001f600" * 5, 5) == ["\U0001f600" * 2, "\U0001f600" * 2, "\U0001f600"]


@pytest.mark.parametrize("text", ["", " \n "])
def test_of_nothing_nothing_is_said(text: str) -> None:
    assert split(text) == []


# --- buttons in rows -------------------------------------------------------------------------


@given(st.lists(st.text(min_size=1, max_size=60), max_size=30))
def test_all_buttons_stay_in_order_in_rows_that_fit(labels: list[str]) -> None:
    packed = rows([{"text": label} for label in labels])
    assert [button["text"] for row in packed for button in row] == labels
    for row in packed:
        width = sum(len(button["text"]) + 4 for button in row)
        assert len(row) == 1 or (len(row) <= COLUMNS and width <= ROW)


def test_short_buttons_stand_side_by_side() -> None:
    packed = rows([{"text": text} for text in ("Kyllä", "En", "Ohita", "Jotain aivan muuta")])
    assert [len(row) for row in packed] == [3, 1]


# --- keyboards -------------------------------------------------------------------------------


def keyboard(*payloads: str, chosen: tuple[str, ...] = ()) -> Keyboard:
    options = [{"title": f"T{number}", "payload": one} for number, one in enumerate(payloads)]
    return Keyboard(token="abcdefghijkl", kind="x", options=options, chosen=list(chosen))


@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=100))
def test_k1_telegram_sees_no_payload_but_a_short_token_and_a_number(payloads: list[str]) -> None:
    for button in buttons_of({"reply_markup": inline(keyboard(*payloads))}):
        if "url" in button:
            continue
        prefix, token, number = button["callback_data"].split(":")
        assert (prefix, token) == ("k", "abcdefghijkl")
        assert button["text"].endswith(f"T{number}")
        assert len(button["callback_data"].encode()) <= 64


def test_what_is_chosen_is_marked() -> None:
    shown = buttons_of({"reply_markup": inline(keyboard("a", "b", chosen=("b",)))})
    assert [one["text"] for one in shown] == ["T0", "✓ T1"]


def test_of_an_answered_question_only_the_answer_is_left() -> None:
    [left] = buttons_of({"reply_markup": inline(keyboard("a", "b"), only=1)})
    assert (left["text"], left["callback_data"]) == ("✓ T1", "k:abcdefghijkl:1")


def test_a_map_is_a_link() -> None:
    [link] = buttons_of({"reply_markup": inline(keyboard("url:https://example.org/?a=b"))})
    assert link == {"text": "T0", "url": "https://example.org/?a=b"}


@pytest.mark.parametrize(
    ("payload", "answers"),
    [
        ("/affirm", True),
        ("/deny", True),
        ("factor:shyness", True),
        ('/inform_municipality{"municipality": "Multia"}', True),
        ("/skip", True),
        ("/ask_human", False),
        ("!human", False),
        ("!unsafe", False),
        ("!save:5", False),
        ("!feedback:good:1", False),
    ],
)
def test_an_answer_can_be_past_and_a_request_cannot(payload: str, answers: bool) -> None:
    assert answers_a_question(payload) == answers


# --- saying ----------------------------------------------------------------------------------


@pytest.fixture
async def store(sqlite: str) -> AsyncIterator[Store]:
    """A store on SQLite: the kind of database can't matter here."""
    store = Store(sqlite)
    yield store
    await store.close()


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(
        FactorCatalogue.load(KNOWLEDGE / "factors.yml"),
        InterestCatalogue.load(KNOWLEDGE / "interests.yml"),
        Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv"),
        phrases(),
    )


async def said(
    store: Store, renderer: Renderer, resident: Resident, *sayings: Saying, **more: Any
) -> list[dict[str, Any]]:
    async with store.begin() as session:
        await renderer.say(session, resident, sayings, "update:1", **more)
    async with store.begin() as session:
        queued = await session.scalars(
            select(Outgoing).where(Outgoing.key.startswith("update:1:")).order_by(Outgoing.id)
        )
        return [row.params or {} for row in queued]


def labels(params: dict[str, Any]) -> list[str]:
    return [one["text"] for one in buttons_of(params)]


async def test_sayings_are_queued_in_order_and_once(
    store: Store, renderer: Renderer, resident: Resident
) -> None:
    for _ in range(2):
        queued = await said(store, renderer, resident, Saying("yksi"), Saying("kaksi"))
    assert [one["text"] for one in queued] == ["yksi", "kaksi"]


async def test_of_a_long_saying_the_last_piece_has_the_buttons(
    store: Store, renderer: Renderer, resident: Resident
) -> None:
    long = "Sana tässä. " * 500
    [first, last] = await said(
        store, renderer, resident, Saying(long, (Button("Kyllä", "/affirm"),))
    )
    assert "reply_markup" not in first
    assert labels(last) == ["Kyllä"]
    assert letters(first["text"], last["text"]) == letters(long)
    assert utf16(first["text"]) <= LONGEST


async def test_what_was_asked_before_is_past_unless_it_is_kept_open(
    store: Store, renderer: Renderer, resident: Resident
) -> None:
    question = Saying("?", (Button("Kyllä", "/affirm"),))
    await said(store, renderer, resident, question)
    await said(store, renderer, resident, Saying("sivuun"), keep_open=True)
    assert await _open(store) == 1
    await said(store, renderer, resident, Saying("eteenpäin"))
    assert await _open(store) == 0


async def _open(store: Store) -> int:
    async with store.begin() as session:
        found = await session.scalars(select(Keyboard).where(Keyboard.closed_at.is_(None)))
        return len(found.all())


@pytest.mark.parametrize("language", ["fi", "en"])
@pytest.mark.parametrize(
    "name", ["individual", "life_situation", "environment", "society", "interests"]
)
async def test_a_catalogue_gives_its_chips_before_the_buttons(
    store: Store, renderer: Renderer, resident: Resident, name: str, language: str
) -> None:
    resident.language = language
    saying = Saying("?", (Button("Ohita", "/skip"),), {"options": name})
    [params] = await said(store, renderer, resident, saying)
    shown = labels(params)
    if name == "interests":
        chips = [i.labels[language] for i in renderer.interests.interests.values() if i.chip]
    else:
        factors = [renderer.factors.label(f.key, language) for f in renderer.factors.of(name)]
        chips = [*factors, phrases()("button.something_else", language)]
    assert len(chips) > 2
    assert shown == [*chips, "Ohita"]


async def test_all_municipalities_fit_into_one_keyboard(
    store: Store, renderer: Renderer, resident: Resident
) -> None:
    saying = Saying("?", (Button("Ohita", "/skip"),), {"options": "municipalities"})
    [params] = await said(store, renderer, resident, saying)
    shown = labels(params)
    assert shown[0] == phrases()("button.location", "fi")
    assert shown[1:-1] == list(renderer.gazetteer.municipalities)
    assert len(shown) <= 100
    async with store.begin() as session:
        kept = await session.scalar(select(Keyboard))
    assert kept is not None
    assert kept.options[1]["payload"].startswith('/inform_municipality{"municipality": "')


@pytest.mark.parametrize("buttons", [(Button("Valmis", "/affirm"),), ()])
async def test_ones_own_factors_are_all_marked_as_chosen(
    store: Store, renderer: Renderer, resident: Resident, buttons: tuple[Button, ...]
) -> None:
    async with store.begin() as session:
        await profile.add(session, resident, ["shyness", "money"])
    [params] = await said(store, renderer, resident, Saying("?", buttons, {"options": "mine"}))
    own = [renderer.factors.label(key, "fi") for key in ("shyness", "money")]
    assert labels(params) == [f"✓ {label}" for label in own] + [b.title for b in buttons]


async def test_a_link_without_an_address_is_left_out(
    store: Store, renderer: Renderer, resident: Resident
) -> None:
    saying = Saying("?", (Button("Kartta", "url:"), Button("Tallenna", "!save:1")))
    [params] = await said(store, renderer, resident, saying)
    assert labels(params) == ["Tallenna"]


async def test_a_location_is_asked_for_with_a_keyboard_of_its_own(
    store: Store, renderer: Renderer, resident: Resident
) -> None:
    [params] = await said(store, renderer, resident, Saying("?", (), {"location": True}))
    [[asked]] = params["reply_markup"]["keyboard"]
    assert asked == {"text": phrases()("button.share_location", "fi"), "request_location": True}
