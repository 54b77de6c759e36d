"""What becomes of a resident's update: danger first, then a human who has the talk, then Rasa."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from telegram.error import TelegramError

from bot.activities.places import Gazetteer
from bot.activities.points import Points
from bot.dialogue import tracker
from bot.dialogue.cards import as_text
from bot.dialogue.client import RasaClient
from bot.dialogue.sayings import Answer, Saying
from bot.dialogue.wording import Phrases, Wording
from bot.errors import DialogueUnavailable, HandoffRefused
from bot.factors import profile
from bot.handoff import aftercare, service, volunteers
from bot.handoff.states import HELD, RESIDENT
from bot.handoff.summary import minimal
from bot.residents import consent, identity, keeping, teaching
from bot.residents.aliases import Aliases
from bot.residents.floods import Floods
from bot.residents.language import detect
from bot.residents.stripping import Stripper
from bot.safety.assessing import Assessor
from bot.safety.helplines import Helplines
from bot.safety.screening import Assessment, Kind, Level
from bot.store.engine import Store, ring
from bot.store.tables import Handoff, Keyboard, Resident, SafetyAssessment, now
from bot.telegram import forgetting
from bot.telegram.api import Api
from bot.telegram.commands import payload_of
from bot.telegram.desk import Desk
from bot.telegram.inbox import Incoming
from bot.telegram.outbox import is_queued, post
from bot.telegram.relay import UNCOPIED, Relay, kind_of
from bot.telegram.rendering import (
    Renderer,
    answers_a_question,
    find_keyboard,
    inline,
    note_keyboard,
)
from bot.telegram.suggestions import Suggestions
from bot.tracing import mark

log = structlog.get_logger(__name__)

SPOKEN = ("fi", "en")
FIRST_HELP = (*SPOKEN, "sv", "ru", "uk", "ar")
TAPPED = re.compile(r"k:([\w-]+):(\d{1,3})", re.ASCII)
# The intent of what Rasa could not make out.
NOT_UNDERSTOOD = "nlu_fallback"
# Whoever is alarmed by one of these is asked about dying; others are not.
OF_ONESELF = ("suicide", "selfharm")
# What the first chip of a question tells Rasa.
CHIPS = {"factor": '/factor{"factor": "%s"}', "interest": '/inform_interest{"interest": "%s"}'}


@dataclass
class Talk:
    """One update of one resident, within its first transaction."""

    session: AsyncSession
    incoming: Incoming
    resident: Resident
    handoff: Handoff | None

    @property
    def key(self) -> str:
        """Names what is said because of this update."""
        return f"update:{self.incoming.id}"

    @property
    def silent(self) -> bool:
        """Whether the talk is a human's: what is written goes to them and to nobody else."""
        if self.handoff is None:
            return False
        return self.handoff.state in HELD or self.handoff.danger is None


@dataclass
class ResidentTalk:
    """Handles the updates of private chats."""

    store: Store
    bot: Api
    rasa: RasaClient
    wording: Wording
    renderer: Renderer
    assessor: Assessor
    helplines: Helplines
    aliases: Aliases
    gazetteer: Gazetteer
    points: Points
    desk: Desk
    relay: Relay
    phrases: Phrases
    tracker_database: Path
    suggestions: Suggestions
    strip: Stripper
    # Who was just asked for a word about a talk, which a restart forgets, and who is being asked
    # what they could help with, which `open` looks up.
    asked_for_words: set[int] = field(default_factory=set)
    being_asked: set[int] = field(default_factory=set)
    floods: Floods = field(default_factory=Floods)

    def __post_init__(self) -> None:
        """Looks up the words that are listened for."""
        lists = ",".join(self.phrases("waiting.take_back", language) for language in SPOKEN)
        self.words_to_take_back = {one.strip() for one in lists.split(",")}

    async def handle(self, incoming: Incoming) -> None:
        """Takes one update to its end; its outcome and its settling are one transaction."""
        body = incoming.body
        if "resume" in body:
            await self._resume(incoming, body["resume"])
        elif _sender(body) is None:  # nobody who could be answered
            await self._settle(incoming)
        elif "callback_query" in body:
            await self._tapped(incoming, body["callback_query"])
        elif "message" in body:
            await self._wrote(incoming, body["message"])
        elif "edited_message" in body:
            await self._edited(incoming, body["edited_message"])
        elif "my_chat_member" in body:
            await self._came_or_went(incoming, body["my_chat_member"])
        else:
            await self._settle(incoming)

    async def open(self) -> None:
        """Takes up what an earlier process has asked."""
        async with self.store.begin() as session:
            self.being_asked = await volunteers.being_asked(session)

    async def give_up(self, incoming: Incoming) -> None:
        """Handling failed again and again: the resident is told, nothing more is tried."""
        async with self.store.begin() as session:
            telegram_id = _sender(incoming.body)
            resident = telegram_id and await identity.by_telegram_id(session, telegram_id)
            if resident:
                await self._say(session, resident, incoming, "utter_unavailable")
            await incoming.settle(session)

    # --- what arrives -----------------------------------------------------------------------

    async def _wrote(self, incoming: Incoming, message: dict[str, Any]) -> None:
        sender = message.get("from") or {}
        if sender.get("is_bot") or not sender:
            await self._settle(incoming)
            return
        text = message.get("text") or message.get("caption") or ""
        danger = self.assessor.assess(text) if text else None
        async with self.store.begin() as session:
            talk = await self._talk(session, incoming, sender)
            words = await self._for_rasa(talk, danger, text, message)
        if words:
            typing = asyncio.create_task(self._show_typing(talk.resident.telegram_id))
            await self._with_rasa(incoming, talk.resident, words)
            await typing

    async def _edited(self, incoming: Incoming, message: dict[str, Any]) -> None:
        """What was told to a human is told anew. The bot answers no edit, but danger."""
        text = message.get("text") or message.get("caption") or ""
        danger = self.assessor.assess(text) if text else None
        async with self.store.begin() as session:
            talk = await self._talk(session, incoming, message["from"])
            about = await self.relay.heard_anew(session, talk.resident, message, talk.key)
            if danger and (about is None or talk.handoff is None):
                await self._alarm(talk, danger, text, None)
            elif danger:
                await self._call_human(talk, danger.kind)
            await incoming.settle(session)

    async def _for_rasa(
        self, talk: Talk, danger: Assessment | None, text: str, message: dict[str, Any]
    ) -> str | None:
        """What is left for Rasa of a message; none where it was taken care of, and settled."""
        payload = payload_of(text)
        if danger and not self._answers_alarm(talk, text):
            await self._alarm(talk, danger, text, message)
            await talk.incoming.settle(talk.session)
            return None
        location = message.get("location")
        if location and not talk.silent:
            payload = self._place(talk.resident, location)
        if await self._without_rasa(talk, text, payload, message):
            await talk.incoming.settle(talk.session)
            return None
        if not talk.incoming.waited:  # whoever waits for the answer floods nobody
            self.floods.ebbs(talk.resident.id)
        elif flooded := self.floods.overflows(talk.resident.id, message.get("date") or 0):
            if flooded == 1:
                await self._say_in(talk, "utter_flood", keep_open=True)
            await talk.incoming.settle(talk.session)
            return None
        if payload is None:
            self._follow_language(talk.resident, text)
        return payload or _typed(text)

    async def _tapped(self, incoming: Incoming, tap: dict[str, Any]) -> None:
        async with self.store.begin() as session:
            talk = await self._talk(session, incoming, tap["from"])
            payload, toast = await self._option(talk, tap)
            taken = payload is None or await self._without_rasa(talk, "", payload, None)
            if taken:
                await incoming.settle(session)
        answering = asyncio.create_task(self._answer_tap(tap["id"], toast))
        if not taken and payload:
            await self._with_rasa(incoming, talk.resident, payload)
        await answering

    async def _came_or_went(self, incoming: Incoming, change: dict[str, Any]) -> None:
        async with self.store.begin() as session:
            if change["new_chat_member"]["status"] in {"kicked", "left"}:
                resident = await identity.by_telegram_id(session, change["from"]["id"])
                if resident:
                    await identity.mark_gone(session, resident.telegram_id)
                    await self.desk.tell_gone(session, resident)
            await incoming.settle(session)

    async def _resume(self, incoming: Incoming, conversation_id: str) -> None:
        """The human has left: the bot goes on from where the talk was."""
        async with self.store.begin() as session:
            resident = await identity.find(session, conversation_id)
            if resident is None:
                await incoming.settle(session)
                return
            talk = Talk(session, incoming, resident, await service.open_of(session, resident))
            if await self._without_rasa(talk, "", "/resume", None):
                await incoming.settle(session)
                return
        await self._with_rasa(incoming, resident, "/resume")

    # --- without Rasa -----------------------------------------------------------------------

    async def _without_rasa(
        self, talk: Talk, text: str, payload: str | None, message: dict[str, Any] | None
    ) -> bool:
        """Commands of our own, a human's talk, the alarm. Says whether it was taken care of."""
        if payload and payload.startswith("!"):
            await self._command(talk, payload)
            return True
        if await self._asked_by_us(talk, text, payload):
            return True
        if talk.silent:
            await self._to_the_human(talk, payload, message)
            return True
        if talk.resident.alarm:
            await self._stay(talk, text)
            return True
        if message and not text and payload is None:
            await self._say_in(talk, "utter_only_text")
            return True
        return False

    async def _alarm(
        self, talk: Talk, assessment: Assessment, text: str, message: dict[str, Any] | None
    ) -> None:
        """Answers danger at once, and calls a human of ours."""
        session, resident = talk.session, talk.resident
        session.add(
            SafetyAssessment(
                resident_id=resident.id,
                kind=assessment.kind,
                level=assessment.level,
                pattern_ids=list(assessment.pattern_ids),
            )
        )
        if talk.silent:
            await self._relay(talk, message)
        if talk.handoff and talk.handoff.state in HELD:
            await self._call_human(talk, assessment.kind)
            return
        language = detect(text) or _language_of(assessment) or resident.language
        if assessment.about == "other":
            await self._say_lines(talk, "utter_crisis_friend", assessment.kind, language)
            return
        again = resident.alarm is not None
        resident.alarm, resident.alarm_at = assessment.kind, now()
        sayings = [
            self._with_lines(
                _first_answer(assessment, again=again),
                assessment.kind,
                language,
                assessment.level,
                young=self.assessor.says_young(text),
            )
        ]
        if assessment.level != "concern":
            called = await self._call_human(talk, assessment.kind)
            if called and not again:
                sayings.append(self.wording.say("utter_crisis_human_called", language))
        await self.renderer.say(session, resident, sayings, talk.key)

    async def _call_human(self, talk: Talk, danger: str | None) -> bool:
        """Asks for a human; where that was done before, their topic hears of the danger.

        Returns:
            Whether one is called; whoever is blocked has the helplines alone.
        """
        resident = talk.resident
        try:
            await service.request(
                talk.session,
                resident,
                minimal(resident),
                danger=danger,
                reason="danger" if danger else "button",
            )
        except HandoffRefused:
            return False
        if talk.handoff and danger:
            await self.desk.tell_danger(talk.session, talk.handoff, danger, talk.key)
        return True

    async def _stay(self, talk: Talk, text: str) -> None:
        """The alarm is on: no cheerful suggestions until they say that they are safe."""
        kind = str(talk.resident.alarm)
        reply = self.assessor.reply(text)
        if reply == "unsafe":
            await self._unsafe(talk)
        elif reply == "thoughts" and kind in OF_ONESELF:
            await self._thoughts(talk)
        elif reply == "human":
            await self._ask_for_human(talk)
        elif reply is None and self.assessor.is_safe(text):
            await self._safe(talk)
        else:
            known = reply in {"cannot_call", "unclear"}
            await self._say_lines(talk, f"utter_crisis_{reply if known else 'stay'}", kind)

    def _answers_alarm(self, talk: Talk, text: str) -> bool:
        """Whether it answers what the alarm asks: it is no danger of another kind then."""
        alarm = talk.resident.alarm
        if talk.silent or alarm is None:
            return False
        reply = self.assessor.reply(text)
        return reply == "unsafe" or (reply == "thoughts" and alarm in OF_ONESELF)

    async def _safe(self, talk: Talk) -> None:
        kind = talk.resident.alarm or "suicide"
        talk.resident.alarm = None
        await self._say_lines(talk, "utter_crisis_safe", kind)

    async def _unsafe(self, talk: Talk) -> None:
        kind = talk.resident.alarm or "suicide"
        await self._call_human(talk, kind)
        await self._say_lines(talk, "utter_crisis_unsafe", kind)

    async def _thoughts(self, talk: Talk) -> None:
        """They do think of dying: now it is asked how near it is."""
        kind = talk.resident.alarm or "suicide"
        await self._call_human(talk, kind)
        await self._say_lines(talk, "utter_crisis_suicide", kind)

    async def _command(self, talk: Talk, payload: str) -> None:
        name, _, value = payload[1:].partition(":")
        if name == "safe":
            await self._safe(talk)
        elif name == "unsafe":
            await self._unsafe(talk)
        elif name == "thoughts":
            await self._thoughts(talk)
        elif name == "human":
            await self._ask_for_human(talk)
        elif name in {"cancel", "end"}:
            await self._end(talk)
        elif name == "feedback":
            await self._feedback(talk, value)
        elif name == "volunteer":
            question = await volunteers.begin(talk.session, talk.resident)
            self.being_asked.add(talk.resident.id)
            await self._say_in(talk, f"utter_volunteer_{question}")
        elif name == "feedback_words":
            await self._ask_for_a_word(talk, value)
        elif name == "in_your_words":
            await self._say_in(talk, "utter_in_your_words", keep_open=True)
        elif name == "location":
            await self._say_in(talk, "utter_ask_location", keep_open=True)
        elif name == "mydata":
            await self._my_data(talk)
        elif name == "withdraw":
            await consent.withdraw(talk.session, talk.resident)
            await self._say_in(talk, "utter_consent_withdrawn", keep_open=True)
        elif name == "teach":
            await self._teach(talk, value)
        elif name in self.suggestions.commands:
            act = self.suggestions.commands[name]
            await act(talk.session, talk.resident, value, talk.key)

    async def _ask_for_human(self, talk: Talk) -> None:
        if not await self._call_human(talk, talk.resident.alarm):
            await self._say_lines(talk, "utter_handoff_blocked", talk.resident.alarm or "suicide")
        elif talk.handoff and talk.resident.alarm:
            await self._say_lines(talk, "utter_crisis_waiting", talk.resident.alarm)
        elif talk.handoff:
            await self._say_in(talk, "utter_handoff_already")
        else:
            response, values = await self.desk.promise(talk.session, talk.resident.language)
            saying = self.wording.say(response, talk.resident.language, **values)
            await self.renderer.say(talk.session, talk.resident, [saying], talk.key)

    async def _end(self, talk: Talk) -> None:
        """The resident ends the talk with a human, or takes the request back."""
        handoff = talk.handoff
        if handoff is None:
            await self._say_in(talk, "utter_nothing_to_end")
            return
        try:
            if handoff.state in HELD:
                await service.end(talk.session, handoff.id, RESIDENT)
            else:
                await service.cancel(talk.session, handoff.id)
                await self._say_in(talk, "utter_handoff_cancelled")
            await self.desk.tell_moves(talk.session, handoff.id)
        except HandoffRefused:
            await self._say_in(talk, "utter_handoff_over")

    async def _feedback(self, talk: Talk, value: str) -> None:
        code, _, handoff_id = value.partition(":")
        handoff = await service.get(talk.session, int(handoff_id or 0))
        if handoff is None or handoff.resident_id != talk.resident.id:
            return
        try:
            await aftercare.give_feedback(talk.session, handoff.id, code)
        except HandoffRefused:
            await self._say_in(talk, "utter_handoff_over", keep_open=True)
            return
        saying = self.wording.say(
            "utter_feedback_thanks", talk.resident.language, handoff=handoff.id
        )
        await self.renderer.say(talk.session, talk.resident, [saying], talk.key, keep_open=True)
        await self.desk.tell_feedback(talk.session, handoff, code)

    async def _ask_for_a_word(self, talk: Talk, handoff_id: str) -> None:
        handoff = await service.get(talk.session, int(handoff_id or 0))
        if handoff and handoff.resident_id == talk.resident.id:
            await aftercare.ask_for_words(talk.session, handoff.id)
            self.asked_for_words.add(talk.resident.id)
            await self._say_in(talk, "utter_feedback_ask_words", keep_open=True)

    async def _asked_by_us(self, talk: Talk, text: str, payload: str | None) -> bool:
        """Whether a message answers what the face itself has asked: it is for nobody else."""
        if talk.resident.id in self.being_asked:
            return await self._answer_of_a_volunteer(talk, text, payload)
        if text and payload is None:
            return await self._word_of_feedback(talk, text)
        return False

    async def _answer_of_a_volunteer(self, talk: Talk, text: str, payload: str | None) -> bool:
        if payload is not None or not text:
            self.being_asked.discard(talk.resident.id)
            await volunteers.stop(talk.session, talk.resident)
            if payload != "/stop":
                return False
            await self._say_in(talk, "utter_volunteer_stopped")
            return True
        question = await volunteers.answer(talk.session, talk.resident, text)
        if question is None:
            self.being_asked.discard(talk.resident.id)
        await self._say_in(talk, f"utter_volunteer_{question or 'thanks'}")
        return True

    async def _word_of_feedback(self, talk: Talk, text: str) -> bool:
        """Whether a message is the word about a talk that the resident was just asked for."""
        if talk.resident.id not in self.asked_for_words:
            return False
        self.asked_for_words.discard(talk.resident.id)
        about = await aftercare.give_words(talk.session, talk.resident, text)
        if about is None:
            return False
        await self._say_in(talk, "utter_feedback_words_thanks", keep_open=True)
        await self.desk.tell_feedback_words(talk.session, about)
        return True

    async def _teach(self, talk: Talk, answer: str) -> None:
        """Asks for, takes or takes back the consent to learn from what is not understood."""
        if answer == "yes":
            await teaching.begin(talk.session, talk.resident)
            response = "utter_teaching_begun"
        elif answer == "no":
            await teaching.stop(talk.session, talk.resident)
            response = "utter_teaching_stopped"
        else:
            goes_on = teaching.is_teaching(talk.resident)
            response = "utter_teaching_goes_on" if goes_on else "utter_ask_teaching"
        await self._say_in(talk, response, keep_open=True)

    async def _my_data(self, talk: Talk) -> None:
        """Everything that is kept about the resident, as two files."""
        language = talk.resident.language
        kept = await keeping.everything(talk.session, talk.resident)
        words = await tracker.words_of(
            self.tracker_database, talk.resident.conversation_id, self.store.keys
        )
        kept["conversation"] = words
        await self._say_in(talk, "utter_my_data", keep_open=True)
        name = self.phrases("mydata.file", language)
        files = {
            f"{name}.txt": as_text(kept, language, self.phrases),
            f"{name}.json": json.dumps(kept, ensure_ascii=False, indent=1),
        }
        for file, content in files.items():
            await post(
                talk.session,
                f"{talk.key}:{file}",
                talk.resident.telegram_id,
                "send_document",
                {"document": {"name": file, "content": content}},
            )

    async def _to_the_human(
        self, talk: Talk, payload: str | None, message: dict[str, Any] | None
    ) -> None:
        """While a human has the talk, or is waited for, nothing goes to Rasa."""
        if payload == "/stop":
            await self._end(talk)
        elif payload == "/ask_human":
            if talk.handoff and service.remind(talk.handoff):
                await self._say_in(talk, "utter_handoff_already")
        elif message and payload is None:
            await self._heard_by_the_human(talk, message)

    async def _heard_by_the_human(self, talk: Talk, message: dict[str, Any]) -> None:
        """Brings a message to the human; while one is waited for, it may take the request back."""
        waits = talk.handoff is not None and talk.handoff.state not in HELD
        if waits and _bare(message.get("text") or "") in self.words_to_take_back:
            await self._end(talk)
            return
        await self._relay(talk, message)

    async def _relay(self, talk: Talk, message: dict[str, Any] | None) -> None:
        if talk.handoff is None or message is None:
            return
        if kind_of(message):
            await self.relay.hear(talk.session, talk.handoff, talk.resident, message, talk.key)
        elif any(message.get(kind) for kind in UNCOPIED):
            await self._say_in(talk, "utter_not_relayed", keep_open=True)

    async def tell_waiting(
        self, session: AsyncSession, resident: Resident, key: str, *, called: bool
    ) -> None:
        """No human of ours has come: the truth, and the lines again.

        `called` is false where not even the request could be shown to the moderators.
        """
        response = "utter_crisis_waiting" if called else "utter_crisis_human_off"
        saying = self._with_lines(response, resident.alarm or "suicide", resident.language)
        await self.renderer.say(session, resident, [saying], key)

    # --- with Rasa --------------------------------------------------------------------------

    async def _with_rasa(self, incoming: Incoming, resident: Resident, words: str) -> None:
        mark("taken up", incoming.id)
        incoming.on_its_way.set()
        try:
            is_told = resident.language_told_to_rasa == resident.language
            answer = await self.rasa.ask(
                resident.conversation_id,
                words,
                str(incoming.id),
                language=None if is_told else resident.language,
                again=incoming.attempts > 1,
            )
        except DialogueUnavailable as error:
            log.warning("Rasa is not available", reason=str(error))
            answer = None
        mark("answered", incoming.id)
        async with self.store.begin() as session:
            await self._deliver(session, incoming, resident, words, answer)
            await incoming.settle(session)
        mark("decided", incoming.id)

    async def _deliver(
        self,
        session: AsyncSession,
        incoming: Incoming,
        before: Resident,
        words: str,
        answer: Answer | None,
    ) -> None:
        known = await service.with_open(session, conversation=before.conversation_id)
        if known is None:
            await self._last_words(session, incoming, before, answer)
            return
        talk = Talk(session, incoming, *known)
        resident = talk.resident
        if talk.handoff and talk.handoff.state in HELD:
            return  # a human took the talk while Rasa was thinking: what it says is thrown away
        if answer is None:
            await self._say_in(talk, "utter_unavailable", keep_open=True)
            if answers_a_question(words):
                await self._reopen(talk)
            return
        if resident.language == before.language:
            resident.language_told_to_rasa = resident.language
        if found := self.assessor.weigh_intent(words, answer.leaf, answer.confidence):
            await self._alarm(talk, found, words, None)
            return
        if answer.intent == NOT_UNDERSTOOD and _may_be_learnt_from(talk, words):
            await teaching.keep(session, resident, words, self.strip)
        await self.renderer.say(session, resident, answer.sayings, talk.key)

    async def _last_words(
        self,
        session: AsyncSession,
        incoming: Incoming,
        erased: Resident,
        answer: Answer | None,
    ) -> None:
        """The resident was erased in this turn: the answer is sent, and nothing is kept."""
        ring(session, forgetting.BELL)
        for number, saying in enumerate(answer.sayings if answer else ()):
            await post(
                session,
                f"update:{incoming.id}:{number}",
                erased.telegram_id,
                "send_message",
                {"text": saying.text, "forget": True},
            )

    # --- small parts ------------------------------------------------------------------------

    async def _talk(
        self, session: AsyncSession, incoming: Incoming, sender: dict[str, Any]
    ) -> Talk:
        known = await service.with_open(session, account=sender["id"])
        if known:
            identity.note_seen(known[0])
            return Talk(session, incoming, *known)
        resident, _ = await identity.meet(
            session, sender["id"], sender.get("language_code"), self.aliases
        )
        return Talk(session, incoming, resident, await service.open_of(session, resident))

    async def _option(self, talk: Talk, tap: dict[str, Any]) -> tuple[str | None, str | None]:
        """What a tapped button means now: a payload to act on, or words that it is past."""
        past = self.wording.say("utter_button_past", talk.resident.language).text
        tapped = TAPPED.fullmatch(str(tap.get("data") or ""))
        keyboard = await find_keyboard(talk.session, tapped[1]) if tapped else None
        if tapped is None or keyboard is None or keyboard.resident_id != talk.resident.id:
            return None, past
        index = int(tapped[2])
        if index >= len(keyboard.options):
            return None, past
        payload = str(keyboard.options[index]["payload"])
        if not answers_a_question(payload):
            return payload, None
        kind, _, key = payload.partition(":")
        told = CHIPS[kind] % key if kind in CHIPS else payload
        again = talk.incoming.attempts > 1
        if again and await is_queued(talk.session, f"{talk.key}:edit"):
            return told, None  # this tap was taken up before, but a crash cut it off
        if kind in CHIPS:
            return told if await self._is_first(talk, tap, keyboard, kind, key) else None, None
        if keyboard.closed_at:
            return None, past
        keyboard.closed_at = now()
        await note_keyboard(talk.session, keyboard)
        await self._edit(talk, tap, inline(keyboard, only=index))
        return payload, None

    async def _is_first(
        self, talk: Talk, tap: dict[str, Any], keyboard: Keyboard, kind: str, key: str
    ) -> bool:
        """The first chip answers the question; further ones add to the answer or take away."""
        payload = f"{kind}:{key}"
        live = keyboard.closed_at is None and keyboard.kind != "mine"
        is_chosen = payload not in keyboard.chosen
        others = [one for one in keyboard.chosen if one != payload]
        keyboard.chosen = [*others, payload] if is_chosen else others
        if live:
            keyboard.closed_at = now()
        await note_keyboard(talk.session, keyboard)
        await self._edit(talk, tap, inline(keyboard))
        if live:
            return True
        if is_chosen:
            add = profile.add if kind == "factor" else profile.add_interests
            await add(talk.session, talk.resident, [key])
        else:
            remove = profile.remove if kind == "factor" else profile.remove_interests
            await remove(talk.session, talk.resident, [key])
        return False

    async def _reopen(self, talk: Talk) -> None:
        """A tap led to nothing: its question is open again, to be answered a little later."""
        tap = talk.incoming.body.get("callback_query") or {}
        tapped = TAPPED.fullmatch(str(tap.get("data") or ""))
        keyboard = await find_keyboard(talk.session, tapped[1]) if tapped else None
        if keyboard:
            keyboard.closed_at = None
            if keyboard.kind != "mine":
                keyboard.chosen = []
            await note_keyboard(talk.session, keyboard)
            await self._edit(talk, tap, inline(keyboard), "reopen")

    async def _edit(
        self, talk: Talk, tap: dict[str, Any], markup: dict[str, Any], why: str = "edit"
    ) -> None:
        message_id = (tap.get("message") or {}).get("message_id")
        if message_id:
            await post(
                talk.session,
                f"{talk.key}:{why}",
                talk.resident.telegram_id,
                "edit_message_reply_markup",
                {"message_id": message_id, "reply_markup": markup},
            )

    def _place(self, resident: Resident, location: dict[str, Any]) -> str:
        """The municipality goes to Rasa; the point is held in memory for the search alone."""
        latitude, longitude = self.points.put(
            resident.conversation_id, location["latitude"], location["longitude"]
        )
        place = self.gazetteer.nearest(latitude, longitude)
        return f'/inform_municipality{{"municipality": "{place.municipality}"}}'

    @staticmethod
    def _follow_language(resident: Resident, text: str) -> None:
        """The bot speaks as the resident writes, unless they asked for a language."""
        written = detect(text)
        if written in SPOKEN and not resident.language_chosen:
            resident.language = written

    def _with_lines(
        self,
        response: str,
        kind: str,
        language: str,
        level: Level = "now",
        *,
        young: bool = False,
    ) -> Saying:
        lines = self.helplines.text(cast("Kind", kind), language, now(), level, young=young)
        return self.wording.say(response, language, helplines=lines)

    async def _say_lines(
        self, talk: Talk, response: str, kind: str, language: str | None = None
    ) -> None:
        saying = self._with_lines(response, kind, language or talk.resident.language)
        await self.renderer.say(talk.session, talk.resident, [saying], talk.key)

    async def _say_in(self, talk: Talk, response: str, *, keep_open: bool = False) -> None:
        saying = self.wording.say(response, talk.resident.language)
        await self.renderer.say(
            talk.session, talk.resident, [saying], talk.key, keep_open=keep_open
        )

    async def _say(
        self, session: AsyncSession, resident: Resident, incoming: Incoming, response: str
    ) -> None:
        saying = self.wording.say(response, resident.language)
        await self.renderer.say(session, resident, [saying], f"update:{incoming.id}")

    async def _settle(self, incoming: Incoming) -> None:
        async with self.store.begin() as session:
            await incoming.settle(session)

    async def _show_typing(self, chat_id: int) -> None:
        try:
            await self.bot.call("sendChatAction", {"chat_id": chat_id, "action": "typing"})
        except TelegramError as error:
            log.debug("typing not shown", error=type(error).__name__)

    async def _answer_tap(self, tap_id: str, words: str | None) -> None:
        try:
            await self.bot.call("answerCallbackQuery", {"callback_query_id": tap_id, "text": words})
        except TelegramError as error:
            log.debug("tap not answered", error=type(error).__name__)


def _first_answer(assessment: Assessment, *, again: bool) -> str:
    """Not the same block twice; where it is not sure, it is asked about first."""
    if again:
        return "utter_crisis_still"
    if assessment.level == "concern" and assessment.kind in {"suicide", "selfharm"}:
        return "utter_crisis_concern"
    if assessment.about == "by_self":
        return "utter_crisis_by_self"
    return f"utter_crisis_{assessment.kind}"


def _language_of(assessment: Assessment) -> str | None:
    """The language of the pattern that was found: its id begins with it."""
    languages = (name.partition("_")[0] for name in assessment.pattern_ids)
    return next((language for language in languages if language in FIRST_HELP), None)


def _may_be_learnt_from(talk: Talk, words: str) -> bool:
    """Whether it was typed, to the bot, by somebody who is neither in danger nor with a human."""
    return talk.handoff is None and talk.resident.alarm is None and not words.startswith("/")


def _bare(text: str) -> str:
    return " ".join(text.lower().strip(" .!").split())


def _typed(text: str) -> str:
    """What was typed, never to be taken for a payload."""
    return text.lstrip("/ ") or "?"


def _sender(body: dict[str, Any]) -> int | None:
    kinds = ("message", "edited_message", "callback_query", "my_chat_member")
    inner: dict[str, Any] = next((body[kind] for kind in kinds if body.get(kind)), {})
    sender = (inner.get("from") or {}).get("id")
    return sender if isinstance(sender, int) else None
