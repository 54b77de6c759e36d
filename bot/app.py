"""The composition root: builds the rooms, wires them together, and runs them in one loop."""

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from rasa_sdk import utils as sdk
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from telegram.error import NetworkError, RetryAfter, TelegramError

from actions.base import SeuraAction
from actions.rooms import Rooms
from bot.activities import catalogue
from bot.console.app import create_console
from bot.console.house import PREFIX, House
from bot.console.security import Seal, load_secret
from bot.console.words import Words
from bot.content import Content
from bot.dialogue.clock import Clock
from bot.dialogue.wording import Wording
from bot.errors import SettingsError
from bot.handoff.canned import CannedReplies
from bot.handoff.presence import Presence
from bot.people import registry, sign_in
from bot.people.permissions import Role
from bot.reimporting import Reimporter
from bot.residents.aliases import Aliases
from bot.residents.stripping import Stripper
from bot.safety.assessing import Assessor
from bot.serving import serve
from bot.settings import KEEP_ALIVE, SAMPLES_LOADED, Settings
from bot.stories.following import Follower
from bot.stories.live import Board
from bot.stories.studio import Studio
from bot.stories.tally import TalliedRasa, Tally
from bot.telegram import commands
from bot.telegram.alarms import Alarms
from bot.telegram.api import Api
from bot.telegram.desk import Desk
from bot.telegram.forgetting import Forgetter
from bot.telegram.group import Allowance, Group
from bot.telegram.inbox import Incoming, Lanes, Poller
from bot.telegram.meeting import meet
from bot.telegram.moderators import ModeratorTalk
from bot.telegram.outbox import Sender, pause_of
from bot.telegram.pacing import Pace
from bot.telegram.relay import Relay
from bot.telegram.rendering import Renderer
from bot.telegram.residents import ResidentTalk
from bot.telegram.retention import Retention
from bot.telegram.signing_in import SigningIn
from bot.telegram.suggestions import Suggestions
from bot.telegram.volunteering import VolunteerDesk
from bot.telegram.watch import Patience, Watch

log = structlog.get_logger(__name__)

SWEEP = timedelta(hours=1)
# The demo's people, the first two of whom are in the sandbox's group.
SAMPLE_PEOPLE = (
    (9001, "Aino", Role.MODERATOR),
    (9002, "Eero", Role.MODERATOR),
    (9003, "Sirpa", Role.STAFF),
    (9004, "Veikko", Role.ADMIN),
)


class App:
    """Seura's app: the Telegram face, the endpoint of Rasa's custom actions, the timed work."""

    def __init__(self, settings: Settings, rasa_token: str) -> None:
        self.settings = settings
        self.rasa_token = rasa_token
        self.rooms = Rooms.open(settings)
        self.store = self.rooms.store
        self.bot = Api(settings.telegram_token.get_secret_value(), settings.telegram_api)
        self.rasa = TalliedRasa(settings.rasa_url, rasa_token, settings.rasa_timeout)
        self.rasa.tally = Tally(Board(settings.studio))
        wording = self.wording = Wording.load(settings.content / "stories" / "wording")
        assessor = Assessor.load(
            settings.knowledge, settings.content / "nlu", settings.model_folder
        )
        self.content = Content(
            wording=wording,
            phrases=self.rooms.phrases,
            factors=self.rooms.factors,
            interests=self.rooms.interests,
            asking=self.rooms.asking,
            helplines=self.rooms.helplines,
            assessor=assessor,
            when_words=self.rooms.when_words,
            languages=self.rooms.languages,
        )
        self.studio = Studio(settings)
        self.follower = Follower(settings, self.rasa, self.rasa.tally, self._read_content)
        renderer = Renderer(
            self.rooms.factors, self.rooms.interests, self.rooms.gazetteer, self.rooms.phrases
        )
        self.group = Group(
            store=self.store,
            bot=self.bot,
            configured_id=settings.moderator_chat,
            language=settings.moderator_language,
            wording=wording,
            phrases=self.rooms.phrases,
            allowance=Allowance(settings.group_messages),
        )
        self.desk = Desk(
            store=self.store,
            group=self.group,
            language=settings.moderator_language,
            wording=wording,
            phrases=self.rooms.phrases,
            factors=self.rooms.factors,
            interests=self.rooms.interests,
            renderer=renderer,
            clock=Clock(self.rooms.when_words, settings.moderator_language),
            hours=self.rooms.hours,
            helplines=self.rooms.helplines,
            private=settings.moderators_talk == "private",
            leads=settings.lead_ids,
        )
        self.presence = Presence()
        self.canned = CannedReplies.load(settings.knowledge / "canned_replies.yml")
        self.relay = Relay(self.store, self.bot, self.desk, self.presence)
        self.volunteering = VolunteerDesk(self.store, self.desk)
        self.alarms = Alarms(
            self.store, self.bot, settings.moderator_chat, settings.moderator_language, wording
        )
        self.suggestions = Suggestions(
            store=self.store,
            wording=wording,
            phrases=self.rooms.phrases,
            when_words=self.rooms.when_words,
            renderer=renderer,
            gazetteer=self.rooms.gazetteer,
            staff_chat=settings.moderator_chat,
            staff_language=settings.moderator_language,
        )
        self.residents = ResidentTalk(
            store=self.store,
            bot=self.bot,
            rasa=self.rasa,
            wording=wording,
            renderer=renderer,
            assessor=assessor,
            helplines=self.rooms.helplines,
            aliases=Aliases.load(settings.knowledge / "aliases.yml"),
            gazetteer=self.rooms.gazetteer,
            points=self.rooms.points,
            desk=self.desk,
            relay=self.relay,
            phrases=self.rooms.phrases,
            tracker_database=settings.tracker_database,
            suggestions=self.suggestions,
            strip=Stripper.load(
                settings.knowledge / "names.yml", settings.content / "nlu", self.rooms.gazetteer
            ),
        )
        self.watch = Watch(
            self.store,
            self.residents,
            self.desk,
            self.rooms.hours,
            Patience(
                danger=timedelta(minutes=settings.danger_minutes),
                unclaimed=timedelta(minutes=settings.unclaimed_minutes),
                lead=timedelta(minutes=settings.lead_minutes),
                silent=timedelta(minutes=settings.silent_minutes),
                idle=timedelta(hours=settings.idle_hours),
                hopeless=timedelta(hours=settings.hopeless_hours),
            ),
        )
        self.forgetter = Forgetter(self.store, settings.tracker_database, settings.moderator_chat)
        self.retention = Retention(
            self.store,
            settings.tracker_database,
            settings.moderator_chat,
            trackers=timedelta(days=settings.tracker_days),
            handoffs=timedelta(days=settings.handoff_days),
            residents=timedelta(days=settings.resident_days),
        )
        self.moderators = ModeratorTalk(
            store=self.store,
            bot=self.bot,
            group=self.group,
            language=settings.moderator_language,
            wording=wording,
            desk=self.desk,
            relay=self.relay,
            canned=self.canned,
        )
        self.signing_in = SigningIn(
            store=self.store,
            wording=wording,
            chat_id=settings.moderator_chat,
            language=settings.moderator_language,
            address=settings.console_address,
        )

    def console(self, *, demo: bool = False) -> Starlette:
        """The web console, over the same rooms."""
        secure = self.settings.console_address.startswith("https://")
        seal = Seal(load_secret(self.settings.console_secret), secure=secure, path=PREFIX)
        return create_console(
            House(
                store=self.store,
                seal=seal,
                words=Words.load(),
                phrases=self.rooms.phrases,
                factors=self.rooms.factors,
                interests=self.rooms.interests,
                canned=self.canned,
                presence=self.presence,
                gazetteer=self.rooms.gazetteer,
                wording=self.wording,
                when_words=self.rooms.when_words,
                tiles=self.settings.map_tiles,
                studio=self.studio,
                demo=demo,
            )
        )

    async def run(self, samples: Path | None = None) -> None:
        """Runs until SIGTERM or SIGINT; what is under way is finished from the store next time.

        Args:
            samples: sample activities to load, for a demo.

        Raises:
            SettingsError: Telegram does not know the token or the moderators' group.
        """
        await self.store.migrate()
        if samples:
            async with self.store.begin() as session:
                await catalogue.load_samples(session, samples, self.rooms.gazetteer)
                await _meet_sample_people(session, self.settings.moderator_language)
            (self.settings.var / SAMPLES_LOADED).touch()
        await self.forgetter.forget_orphans()
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.store.close)
            stack.push_async_callback(self.rasa.close)
            stack.push_async_callback(self.studio.close)
            stack.push_async_callback(self.bot.close_connections)
            await self.group.open()
            await self.residents.open()
            await self._connect()
            lanes = Lanes(self.store, self._route, self.residents.give_up)
            await _until_stopped(
                self._serve(demo=samples is not None),
                self.sender().run(),
                self.desk.run(),
                self.relay.run(),
                self.volunteering.run(),
                self._show_typing(),
                self.forgetter.run(),
                self.watch.run(),
                self.suggestions.run(),
                Reimporter(
                    self.store,
                    self.rooms.gazetteer,
                    self.settings.knowledge / "activity_sources.yml",
                ).run(),
                lanes.run(),
                Poller(self.store, self.bot, lanes, self.alarms).run(),
                self.alarms.run(),
                self.retention.run(),
                self.follower.run(),
                self._sweep(),
            )

    def _read_content(self) -> Callable[[], None]:
        return partial(
            self.content.take, Content.load(self.settings.content, self.settings.model_folder)
        )

    async def _connect(self) -> None:
        """Gets to know bot and group; waits for as long as Telegram can't be reached."""
        for pause in chain((1, 2, 5), repeat(10)):
            try:
                await meet(self.bot, self.group.chat_id)
            except RetryAfter as error:
                await asyncio.sleep(pause_of(error))
            except NetworkError as error:
                log.warning("Telegram can't be reached", error=type(error).__name__)
                await asyncio.sleep(pause)
            else:
                break
        try:
            await self.group.look()
        except TelegramError as error:  # residents are answered all the same
            log.warning("the moderators' group can't be looked at", error=error.message)
        if not self.group.is_forum:
            log.warning("the moderators' group has no topics: turn Topics on in its settings")
        try:
            await commands.publish(self.bot, self.rooms.phrases)
        except TelegramError as error:
            log.warning("the commands could not be told to Telegram", error=error.message)

    async def _route(self, incoming: Incoming) -> None:
        if self.signing_in.takes(incoming):
            await self.signing_in.handle(incoming, self.residents.handle)
        elif _chat_type(incoming) == "private" and not await self.moderators.takes(incoming):
            await self.residents.handle(incoming)
        else:
            await self.moderators.handle(incoming)

    def sender(self) -> Sender:
        """Who sends what is queued."""
        pace = Pace(self.settings.messages_a_second, self.settings.chat_burst)
        return Sender(
            self.store,
            self.bot,
            self.relay.undelivered,
            self.relay.delivered,
            self.group,
            pace,
            protect=self.settings.protect_content,
        )

    async def _show_typing(self) -> None:
        """Shows residents that a moderator types to them on the web."""
        async with asyncio.TaskGroup() as showing:

            def show(handoff_id: int) -> None:
                showing.create_task(self.relay.show_typing(handoff_id))

            self.presence.show.append(show)
            await asyncio.Event().wait()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP.total_seconds())
            await self.forgetter.forget_orphans()
            async with self.store.begin() as session:
                await sign_in.forget_old(session)

    async def _serve(self, *, demo: bool) -> None:
        """Serves Rasa's custom actions and the console, from one loop and one port."""
        console = Mount(PREFIX, self.console(demo=demo))
        server = uvicorn.Server(
            uvicorn.Config(
                actions_app(self.rooms, self.rasa_token, console),
                host="127.0.0.1",
                port=self.settings.actions_port,
                ws="none",
                log_level="warning",
                access_log=False,
                lifespan="off",
                timeout_keep_alive=KEEP_ALIVE,
                # What streams to a browser never ends by itself.
                timeout_graceful_shutdown=1,
            )
        )
        await serve(server)


async def _meet_sample_people(session: AsyncSession, language: str) -> None:
    for telegram_id, name, role in SAMPLE_PEOPLE:
        if await registry.by_telegram_id(session, telegram_id) is None:
            await registry.add(session, telegram_id, name, role, language)


def actions_app(rooms: Rooms, token: str | None, *others: BaseRoute) -> Starlette:
    """The endpoint that Rasa calls for custom actions, served from the app's own loop.

    Args:
        rooms: what the actions work with.
        others: what else the same server serves.
        token: the secret that Rasa shares; who does not know it is turned away. Only the bench
            has none: stock Rasa sends none.
    """
    expected = f"Bearer {token}".encode()
    executor = ActionExecutor()
    executor._import_submodules("actions")
    for action in sdk.all_subclasses(SeuraAction):
        executor.register_action(action(rooms))

    async def webhook(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if token is not None and not secrets.compare_digest(given, expected):
            return JSONResponse({"error": "unauthorized"}, status_code=401)
        result = await executor.run(await request.json())
        return JSONResponse(result.model_dump() if result else {"events": [], "responses": []})

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[Route("/webhook", webhook, methods=["POST"]), Route("/health", health), *others]
    )


async def _until_stopped(*work: Coroutine[Any, Any, None]) -> None:
    """Runs the work side by side until a signal; a piece that fails takes the others down."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(piece) for piece in work]
            await stopped.wait()
            for task in tasks:
                task.cancel()
    except* SettingsError as faults:  # told as such, not as a group of one
        raise faults.exceptions[0] from None


def _chat_type(incoming: Incoming) -> str:
    body = incoming.body
    if "resume" in body:
        return "private"
    kinds = ("message", "edited_message", "my_chat_member", "chat_member")
    inner: dict[str, Any] = next((body[kind] for kind in kinds if body.get(kind)), {})
    tapped = (body.get("callback_query") or {}).get("message") or {}
    return str((inner.get("chat") or tapped.get("chat") or {}).get("type") or "")
