"""From the bot to a human: what they will see, the resident's yes, and the request."""

import sqlite3
from datetime import timedelta

import structlog
from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, SeuraAction, Turn
from actions.walk import is_open
from bot.dialogue import asked, tracker
from bot.dialogue.cards import preview_of
from bot.dialogue.clock import Clock
from bot.errors import HandoffRefused, SettingsError
from bot.factors import profile
from bot.handoff import duty, service
from bot.handoff.summary import Line, Reason, minimal, shared_of
from bot.store.tables import now

log = structlog.get_logger(__name__)

# What was said longer ago is another talk, and does not go along.
JUST_SAID = timedelta(days=1)


class ActionAskHandoffConsent(SeuraAction):
    """Shows what the moderator will see, and asks whether to send it."""

    action = "action_ask_handoff_form_handoff_consent"

    async def act(self, turn: Turn) -> Events:
        """The preview is made of the same parts as the moderators' card."""
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident is None:
                return []
            factors = await profile.factors_of(session, resident)
            interests = await profile.interests_of(session, resident)
            shared = shared_of(resident, factors, interests)
        preview = preview_of(
            resident.alias,
            shared,
            turn.language,
            self.rooms.phrases,
            self.rooms.factors,
            self.rooms.interests,
        )
        turn.say("utter_ask_handoff", preview=preview)
        return []


class ValidateHandoffForm(SeuraAction):
    """Yes, with our messages, without my answers, or no. Else: asked again, or left to rules."""

    action = "validate_handoff_form"

    async def act(self, turn: Turn) -> Events:
        """Sets `handoff_consent` to `yes`, `all`, `little` or `no`."""
        if turn.asked != "handoff_consent" or turn.intent == "ask_privacy":
            return []
        consent = {"affirm": "yes", "ask_human": "yes", "deny": "no", "skip": "no", "stop": "no"}
        answer = consent.get(turn.intent)
        if answer == "yes" and turn.entities("rather_not"):
            answer = "little"
        elif (answer == "yes" and turn.entities("send_along")) or self._in_words(turn):
            answer = "all"
        return [SlotSet("handoff_consent", answer)]

    def _in_words(self, turn: Turn) -> bool:
        """Whether it was typed that the messages are to go along."""
        said = " ".join(turn.text.lower().strip(" .!").split())
        words = self.rooms.phrases("handoff_consent.along", turn.language)
        return said in {one.strip() for one in words.split(",")}


class ActionRequestHandoff(SeuraAction):
    """Sends the request, or lets it be."""

    action = "action_request_handoff"

    async def act(self, turn: Turn) -> Events:
        """Makes the request; the walk goes on at once only where there was a no."""
        consent = turn.slot("handoff_consent")
        done = [SlotSet("handoff_consent", None)]
        if consent == "no":
            turn.say("utter_handoff_not_sent")
            return [*done, FollowupAction("walk_form")] if is_open(turn) else done
        lines = self.rooms.helplines.text("suicide", turn.language, now(), "concern")
        reason, told_before = await self._led_to_it(turn)
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident is None:
                return done
            shared = minimal(resident)
            if consent in {"yes", "all"}:
                factors = await profile.factors_of(session, resident)
                interests = await profile.interests_of(session, resident)
                shared = shared_of(resident, factors, interests)
            try:
                await service.request(
                    session,
                    resident,
                    shared,
                    reason=reason,
                    told_before=told_before if consent == "all" else (),
                )
            except HandoffRefused:
                turn.say("utter_handoff_blocked", helplines=lines)
                return done
            answering = await duty.answering(session, self.rooms.hours, now())
        if answering.opens_at:
            clock = Clock(self.rooms.when_words, turn.language)
            when = clock.when(answering.opens_at)
            turn.say("utter_handoff_requested_later", when=when, helplines=lines)
        else:
            turn.say("utter_handoff_requested")
        return done

    async def _led_to_it(self, turn: Turn) -> tuple[Reason, list[Line]]:
        """Why a human is asked for, and what was said before that. Rasa alone has the words."""
        rooms = self.rooms
        try:
            found = await tracker.events_of(
                rooms.tracker_database, turn.conversation_id, rooms.store.keys
            )
        except (sqlite3.Error, SettingsError) as error:  # the request goes out all the same
            log.warning("the conversation can't be read", error=type(error).__name__)
            found = []
        events = asked.before(found)

        def label(name: str, value: str) -> str:
            if name == "factor" and value in rooms.factors:
                return rooms.factors.label(value, turn.language)
            if name == "interest" and value in rooms.interests:
                return rooms.interests.label(value, turn.language)
            return value if name == "municipality" else ""

        return asked.reason_of(events), asked.lines_of(events, now() - JUST_SAID, label)
