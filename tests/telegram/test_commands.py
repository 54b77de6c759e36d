import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import ROOT
from bot.telegram.commands import MENUS, PAYLOADS, payload_of, publish
from tests.sandbox.driver import ANNA, GROUP, Json
from tests.telegram.driver import Seura, phrases


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("/start", "/greet"),
        ("/START", "/greet"),
        ("/start kutsu123", "/greet"),
        ("/start\nhei", "/greet"),
        ("/ihminen@seura_bot", "/ask_human"),
        ("/saved", "!saved"),
        ("/nope", None),
        ("/", None),
        ("//", None),
        ("start", None),
        (" /start", None),
        ("", None),
    ],
)
def test_a_command_is_read_whatever_stands_around_it(text: str, payload: str | None) -> None:
    assert payload_of(text) == payload


@pytest.mark.parametrize("carried", ["kutsu123", "x" * 5000, "../../etc/passwd", "h:claim:1"])
def test_k5_whatever_a_link_to_the_bot_carries_is_let_be(carried: str) -> None:
    assert payload_of(f"/start {carried}") == "/greet"


@given(st.text())
def test_no_text_is_read_as_a_command_that_we_do_not_have(text: str) -> None:
    assert payload_of(text) is None or text.startswith("/")
    assert payload_of(f"/{text}") in {None, *PAYLOADS.values()}


def test_every_command_is_one_that_telegram_takes() -> None:
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", command) for command in PAYLOADS)


def test_every_command_for_rasa_is_an_intent_that_rasa_knows() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    asked = {payload[1:] for payload in PAYLOADS.values() if payload.startswith("/")}
    assert asked <= set(domain["intents"])


@pytest.mark.parametrize("language", MENUS)
def test_a_menu_offers_only_commands_that_are_answered(language: str) -> None:
    menu = MENUS[language]
    assert set(menu) <= set(PAYLOADS)
    assert len({PAYLOADS[command] for command in menu}) == len(menu)
    assert all(phrases()(f"command.{phrase}", language) for phrase in menu.values())


def test_both_menus_offer_the_same() -> None:
    finnish, english = ({PAYLOADS[c] for c in menu} for menu in MENUS.values())
    assert finnish == english


async def test_residents_see_the_menu_in_their_language_and_the_group_sees_none(
    asleep: Seura,
) -> None:
    await publish(asleep.app.bot, phrases())

    async def commands(chat: int, language: str) -> list[Json]:
        response = await asleep.people.client.get(
            f"/sandbox/chats/{chat}/commands", params={"language_code": language}
        )
        return list(response.json()["commands"])

    for seen, language in (("fi", "fi"), ("en", "en"), ("sv", "en")):
        shown = {one["command"]: one["description"] for one in await commands(ANNA, seen)}
        assert shown == {
            command: phrases()(f"command.{phrase}", language)
            for command, phrase in MENUS[language].items()
        }
    assert await commands(GROUP, "fi") == []


async def test_the_description_says_what_the_bot_is_in_both_languages(asleep: Seura) -> None:
    await publish(asleep.app.bot, phrases())
    for code, language in ((None, "en"), ("fi", "fi"), ("sv", "en")):
        told = await asleep.app.bot.call("getMyDescription", {"language_code": code})
        assert told["description"] == phrases()("about.description", language)
        assert len(told["description"]) <= 512
