"""A real client of the Bot API, and real sockets."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    NetworkError,
    RetryAfter,
)
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.sandbox.server import create_app
from tests.sandbox.driver import ANNA, GROUP, TOKEN, Sandbox, running

LONG = 30


class Talking:
    """A running sandbox, with python-telegram-bot on one side and people on the other."""

    def __init__(self, **options: object) -> None:
        self.app = create_app(TOKEN, **options)

    async def __aenter__(self) -> "Talking":
        self._running = running(self.app)
        self.address = await self._running.__aenter__()
        self.people = Sandbox(self.app, httpx.AsyncClient(base_url=self.address, trust_env=False))
        self.bot = Bot(
            TOKEN, base_url=f"{self.address}/bot", base_file_url=f"{self.address}/file/bot"
        )
        await self.bot.initialize()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.bot.shutdown()
        await self.people.client.aclose()
        await self._running.__aexit__(None, None, None)


async def test_python_telegram_bot_talks_to_it_as_to_telegram() -> None:
    async with Talking() as talk:
        await talk.people.write(ANNA, "/start")
        [update] = await talk.bot.get_updates(timeout=LONG)
        assert update.message is not None
        assert update.message.text == "/start"
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("Kyllä", callback_data="/affirm")]])
        message = await talk.bot.send_message(
            ANNA, "<b>Hei</b>", parse_mode="HTML", reply_markup=markup
        )
        assert message.text_html == "<b>Hei</b>"
        edited = await message.edit_text("Moi")
        assert isinstance(edited, Message)
        topic = await talk.bot.create_forum_topic(GROUP, "Anna")
        copy = await talk.bot.copy_message(
            GROUP, ANNA, 1, message_thread_id=topic.message_thread_id
        )
        await talk.bot.pin_chat_message(GROUP, copy.message_id)
        await talk.bot.close_forum_topic(GROUP, topic.message_thread_id)
        chat = await talk.bot.get_chat(GROUP)
        assert chat.pinned_message is not None
        assert (await talk.bot.get_chat_member(GROUP, ANNA)).status == "left"
        assert (await talk.bot.get_me()).username == "seura_sandbox_bot"


async def test_its_files_go_up_and_come_down() -> None:
    async with Talking() as talk:
        await talk.people.write(ANNA, "hei")
        sent = await talk.bot.send_document(
            ANNA, b"BEGIN:VCALENDAR\r\n\x00", filename="kutsu.ics", caption="Tässä"
        )
        assert sent.document is not None
        assert sent.document.file_name == "kutsu.ics"
        file = await talk.bot.get_file(sent.document)
        assert bytes(await file.download_as_bytearray()) == b"BEGIN:VCALENDAR\r\n\x00"


async def test_its_errors_are_those_of_telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with Talking() as talk:
        with pytest.raises(Forbidden, match="can't initiate"):
            await talk.bot.send_message(ANNA, "hei")
        await talk.people.write(ANNA, "hei")
        with pytest.raises(BadRequest, match="thread not found"):
            await talk.bot.send_message(GROUP, "x", message_thread_id=99)
        await talk.people.act("faults", status=429, retry_after=3)
        with pytest.raises(RetryAfter) as flood:
            await talk.bot.send_message(ANNA, "x")
        assert flood.value.retry_after == timedelta(seconds=3)
        await talk.people.act("faults", migrate_to_chat_id=-100777)
        with pytest.raises(ChatMigrated):
            await talk.bot.send_message(GROUP, "x")
        await talk.people.act(f"users/{ANNA}/block")
        with pytest.raises(Forbidden, match="blocked"):
            await talk.bot.send_message(ANNA, "x")


async def test_a_dropped_connection_is_a_network_error_and_the_message_may_have_gone() -> None:
    async with Talking() as talk:
        await talk.people.write(ANNA, "hei")
        await talk.people.act("faults", drop=True)
        await talk.people.act("faults", drop=True, performed=True)
        for text in ("hukkui", "perillä"):
            with pytest.raises(NetworkError):
                await talk.bot.send_message(ANNA, text)
        assert [one["text"] for one in await talk.people.messages(ANNA, after=1)] == ["perillä"]


async def test_an_application_polls_answers_and_stops() -> None:
    async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        markup = InlineKeyboardMarkup([[InlineKeyboardButton("Kiitos", callback_data="/thank")]])
        await update.message.reply_text(update.message.text or "", reply_markup=markup)

    async def thanked(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query
        await update.callback_query.answer("Ole hyvä")

    async with Talking() as talk:
        application = ApplicationBuilder().token(TOKEN).base_url(f"{talk.address}/bot").build()
        application.add_handler(MessageHandler(filters.TEXT, echo))
        application.add_handler(CallbackQueryHandler(thanked))
        assert application.updater
        async with application:
            await application.start()
            await application.updater.start_polling(timeout=LONG)
            await talk.people.write(ANNA, "kaiku")
            [answer] = await talk.people.messages(ANNA, after=1, wait=LONG)
            tap = await talk.people.act(
                f"chats/{ANNA}/taps?wait={LONG}",
                user_id=ANNA,
                message_id=answer["message_id"],
                button="Kiitos",
            )
            await application.updater.stop()
            await application.stop()
    assert (answer["text"], tap["text"]) == ("kaiku", "Ole hyvä")


async def test_the_server_stops_at_once_although_a_poll_and_a_page_wait() -> None:
    app = create_app(TOKEN)
    world = app.state.world
    async with asyncio.timeout(10), httpx.AsyncClient(trust_env=False, timeout=None) as client:
        async with running(app) as address:
            page = await client.send(
                client.build_request("GET", f"{address}/sandbox/events"), stream=True
            )
            url, query = f"{address}/bot{TOKEN}/getUpdates", {"timeout": 50}
            poll = asyncio.create_task(client.get(url, params=query))
            await world.bell.until(lambda: world.updates.is_polled, None)
        assert (await poll).json()["result"] == []
        assert (await page.aread()).startswith(b'data: {"kind": "everything"')


async def test_a_page_is_told_everything_and_then_each_change() -> None:
    async with Talking() as talk:
        await talk.people.write(ANNA, "hei")
        async with talk.people.client.stream("GET", "/sandbox/events") as stream:
            lines = (line async for line in stream.aiter_lines() if line.startswith("data: "))
            everything = json.loads((await anext(lines))[6:])
            assert everything["moderator_chat"] == GROUP
            assert [one["chat"]["id"] for one in everything["chats"]] == [GROUP, ANNA]
            await talk.bot.send_message(ANNA, "moi")
            change = json.loads((await anext(lines))[6:])
            assert (change["kind"], change["chat_id"], change["message"]["text"]) == (
                "message",
                ANNA,
                "moi",
            )
            await talk.bot.send_chat_action(GROUP, "typing")
            assert json.loads((await anext(lines))[6:])["action"] == "typing"
