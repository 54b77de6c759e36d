"""From the bot to a human: what they will see, the resident's yes, and the request."""

from rasa_sdk.events import FollowupAction, SlotSet

from actions.base import Events, SeuraAction, Turn
from actions.walk import is_open
from bot.dialogue.cards import preview_of
from bot.dialogue.clock import Clock
from bot.errors import HandoffRefused
from bot.factors import profile
from bot.handoff import duty, service
from bot.handoff.summary import minimal, shared_of
from bot.store.tables import now


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
    """Yes, yes without my answers, or no. Anything else: asked again, or left to the rules."""

    action = "validate_handoff_form"

    async def act(self, turn: Turn) -> Events:
        """Sets `handoff_consent` to `yes`, `little` or `no`."""
        if turn.asked != "handoff_consent" or turn.intent == "ask_privacy":
            return []
        consent = {"affirm": "yes", "ask_human": "yes", "deny": "no", "skip": "no", "stop": "no"}
        answer = consent.get(turn.intent)
        if answer == "yes" and turn.entities("rather_not"):
            answer = "little"
        return [SlotSet("handoff_consent", answer)]


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
        async with self.rooms.store.begin() as session:
            resident = await self.resident(session, turn)
            if resident is None:
                return done
            shared = minimal(resident)
            if consent == "yes":
                factors = await profile.factors_of(session, resident)
                interests = await profile.interests_of(session, resident)
                shared = shared_of(resident, factors, interests)
            try:
                await service.request(session, resident, shared)
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
