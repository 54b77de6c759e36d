"""What a resident's taps on a suggestion lead to, and what is asked of them afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.activities import catalogue, history
from bot.activities.calendar import has_times, to_ics
from bot.activities.cards import text_in, when
from bot.activities.places import Gazetteer
from bot.activities.search import friend_activity
from bot.activities.times import Occurrence, next_occurrence
from bot.dialogue.cards import more_of, place_of, saved_line
from bot.dialogue.sayings import Button, Saying
from bot.dialogue.wording import Phrases, Wording
from bot.handoff import service
from bot.store.engine import Store
from bot.store.tables import Activity, Resident, ResidentActivity, now
from bot.telegram.outbox import post
from bot.telegram.rendering import Renderer

log = structlog.get_logger(__name__)

LOOKED_EVERY = timedelta(minutes=1)
# Who is in danger, or has a human, is not disturbed; it is tried again after this.
PUT_OFF = timedelta(hours=1)
# The list of saved ones has a button for each of the first ones.
BUTTONS = 8
LONGEST_TITLE = 30


@dataclass
class Suggestions:
    """Acts on the buttons of suggestions; reminds, and asks how it was, with a yes to that."""

    store: Store
    wording: Wording
    phrases: Phrases
    when_words: Mapping[str, Any]
    renderer: Renderer
    gazetteer: Gazetteer
    staff_chat: int
    staff_language: str

    @property
    def commands(self) -> dict[str, Callable[[AsyncSession, Resident, str, str], Awaitable[None]]]:
        """What each command of a button does, with the value after its colon."""
        return {
            "saved": self._saved,
            "save": self._save,
            "unsave": self._unsave,
            "decline": self._decline,
            "why": self._why,
            "calendar": self._calendar,
            "remind": self._remind,
            "more": self._more,
            "together": self._together,
            "ask": self._ask_afterwards,
            "no_ask": self._do_not_ask,
            "went": self._went,
            "missed": self._missed,
            "rate": self._rate,
        }

    # --- buttons ------------------------------------------------------------------------------

    async def _saved(self, session: AsyncSession, resident: Resident, _: str, key: str) -> None:
        language = resident.language
        activities = await history.saved(session, resident.id)
        if not activities:
            await self._say(session, resident, key, "utter_no_saved")
            return
        lines = [
            saved_line(one, language, now(), self.phrases, self.when_words) for one in activities
        ]
        saying = self.wording.say("utter_saved_list", language, activities="\n".join(lines))
        buttons = tuple(
            Button(_short(text_in(one.title, language)), f"!more:{one.id}")
            for one in activities[:BUTTONS]
        )
        await self._render(session, resident, key, replace(saying, buttons=buttons))

    async def _save(self, session: AsyncSession, resident: Resident, value: str, key: str) -> None:
        activity = await self._found(session, resident, value, key)
        if activity is None:
            return
        await history.mark(session, resident.id, activity.id, "saved")
        sayings = [self.wording.say("utter_saved", resident.language)]
        if next_occurrence(activity.times, now()):
            sayings.append(self._may_ask(activity, resident.language))
        await self._render(session, resident, key, *sayings)

    async def _unsave(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        await history.unsave(session, resident.id, _number(value))
        await self._say(session, resident, key, "utter_unsaved")

    async def _decline(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        activity = await self._found(session, resident, value, key)
        if activity:
            await history.mark(session, resident.id, activity.id, "declined")
            await self._say(session, resident, key, "utter_declined", activity=activity.id)

    async def _why(self, session: AsyncSession, resident: Resident, value: str, key: str) -> None:
        number, _, why = value.partition(":")
        if await catalogue.get(session, _number(number)):
            await history.mark(session, resident.id, _number(number), "declined", why)
        await self._say(session, resident, key, "utter_declined_why")

    async def _calendar(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        activity = await self._found(session, resident, value, key)
        if activity is None:
            return
        if not has_times(activity):
            await self._say(session, resident, key, "utter_nothing_to_remind")
            return
        language = resident.language
        document = {
            "name": f"{activity.id}.ics",
            "content": to_ics(activity, language).decode(),
        }
        caption = self.wording.say("utter_calendar", language).text
        await post(
            session,
            f"{key}:calendar",
            resident.telegram_id,
            "send_document",
            {"document": document, "caption": f"{text_in(activity.title, language)}\n{caption}"},
        )

    async def _remind(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        activity = await self._found(session, resident, value, key)
        if activity is None:
            return
        at = now()
        promised = await history.remind(session, resident.id, activity, at)
        if promised is None:
            await self._say(session, resident, key, "utter_nothing_to_remind")
            return
        occurrence, moment = promised
        language = resident.language
        said = self.wording.say(
            "utter_reminder_promised",
            language,
            title=text_in(activity.title, language),
            when=self._when(occurrence, language),
            moment=self._when(Occurrence(moment, moment + timedelta(minutes=1)), language),
        )
        await self._render(session, resident, key, said, self._may_ask(activity, language))

    async def _more(self, session: AsyncSession, resident: Resident, value: str, key: str) -> None:
        activity = await self._found(session, resident, value, key)
        if activity is None:
            return
        language = resident.language
        card = more_of(activity, language, now(), self.phrases, self.when_words)
        saying = self.wording.say("utter_activity_more", language, **card)
        marks = await history.marks_of(session, resident.id)
        useless = "!save:" if marks.get(activity.id) == "saved" else "!unsave:"
        buttons = tuple(one for one in saying.buttons if not one.payload.startswith(useless))
        await self._render(session, resident, key, replace(saying, buttons=buttons))

    async def _together(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        """Somebody to go with: friend activity near the place, and a human of ours."""
        activity = await catalogue.get(session, _number(value)) if value else None
        municipality = activity.municipality if activity else None
        friend = await friend_activity(
            session, municipality or resident.municipality, resident.language, now(), self.gazetteer
        )
        if friend is None:
            await self._say(session, resident, key, "utter_together")
            return
        language = resident.language
        contact = friend.contact or friend.text
        await self._say(
            session,
            resident,
            key,
            "utter_together_friend",
            title=text_in(friend.title, language),
            contact=text_in(contact, language),
            activity=friend.id,
        )

    async def _ask_afterwards(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        activity = await self._found(session, resident, value, key)
        if activity is None:
            return
        noted = await history.ask_afterwards(session, resident.id, activity, now())
        response = "utter_will_ask_afterwards" if noted else "utter_nothing_to_remind"
        await self._say(session, resident, key, response)

    async def _do_not_ask(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        await history.do_not_ask(session, resident.id, _number(value))
        await self._say(session, resident, key, "utter_will_not_ask")

    async def _went(self, session: AsyncSession, resident: Resident, value: str, key: str) -> None:
        await history.tell_went(session, resident.id, _number(value), went=True)
        await self._say(session, resident, key, "utter_how_was_it", activity=value)

    async def _missed(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> None:
        await history.tell_went(session, resident.id, _number(value), went=False)
        await self._say(session, resident, key, "utter_missed_it", activity=value)

    async def _rate(self, session: AsyncSession, resident: Resident, value: str, key: str) -> None:
        number, _, rating = value.partition(":")
        low = await history.rate(session, resident.id, _number(number), _number(rating))
        await self._say(session, resident, key, "utter_rated_low" if low else "utter_rated")
        if low:
            await self._tell_staff(session, low, _number(rating), key)

    async def _tell_staff(
        self, session: AsyncSession, activity: Activity, rating: int, key: str
    ) -> None:
        """A low rating goes to the moderators' group; who gave it does not."""
        language = self.staff_language
        average = f"{activity.rating_sum / activity.ratings:.1f}"
        text = self.wording.say(
            "utter_group_low_rating",
            language,
            title=text_in(activity.title, language),
            municipality=activity.municipality or self.phrases("activity.online_short", language),
            rating=rating,
            count=activity.ratings,
            average=average.replace(".", ",") if language == "fi" else average,
        ).text
        await post(session, f"{key}:low", self.staff_chat, "send_message", {"text": text})

    # --- reminders and the question afterwards ------------------------------------------------

    async def run(self) -> None:
        """Says what was promised when its time has come; until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKED_EVERY.total_seconds())

    async def look(self) -> None:
        """Says what is due now."""
        at = now()
        async with self.store.begin() as session:
            for row in await history.due_reminders(session, at):
                if not await self._may_speak(session, row):
                    row.remind_at = at + PUT_OFF
                    continue
                await self._say_promised(session, row, "remind", "utter_reminder")
            for row in await history.due_questions(session, at):
                if not await self._may_speak(session, row):
                    row.ask_at = at + PUT_OFF
                    continue
                await self._say_promised(session, row, "asked", "utter_did_you_go")

    async def _may_speak(self, session: AsyncSession, row: ResidentActivity) -> bool:
        """Not into an alarm, nor into a talk with a human."""
        resident = await session.get_one(Resident, row.resident_id)
        return not resident.alarm and await service.open_of(session, resident) is None

    async def _say_promised(
        self, session: AsyncSession, row: ResidentActivity, what: str, response: str
    ) -> None:
        resident = await session.get_one(Resident, row.resident_id)
        activity = await catalogue.get(session, row.activity_id)
        if activity is None or activity.gone_at or resident.gone_at or row.starts_at is None:
            return
        language = resident.language
        await self._say(
            session,
            resident,
            f"{what}:{row.resident_id}:{row.activity_id}:{row.starts_at:%Y%m%d%H%M}",
            response,
            activity=activity.id,
            title=text_in(activity.title, language),
            when=self._when(Occurrence(row.starts_at, row.starts_at), language),
            place=place_of(activity, None, language, self.phrases),
        )

    # --- small parts --------------------------------------------------------------------------

    async def _found(
        self, session: AsyncSession, resident: Resident, value: str, key: str
    ) -> Activity | None:
        """The activity; where it is not held any more, they are told so."""
        activity = await catalogue.get(session, _number(value))
        if activity is None or activity.gone_at:
            await self._say(session, resident, key, "utter_activity_gone")
            return None
        return activity

    def _may_ask(self, activity: Activity, language: str) -> Saying:
        return self.wording.say("utter_may_ask_afterwards", language, activity=activity.id)

    def _when(self, occurrence: Occurrence, language: str) -> str:
        return when(occurrence, now(), language, dict(self.when_words))

    async def _say(
        self, session: AsyncSession, resident: Resident, key: str, response: str, **values: object
    ) -> None:
        saying = self.wording.say(response, resident.language, **values)
        await self._render(session, resident, key, saying)

    async def _render(
        self, session: AsyncSession, resident: Resident, key: str, *sayings: Saying
    ) -> None:
        await self.renderer.say(session, resident, sayings, key, keep_open=True)


def _number(value: str) -> int:
    """The number at the beginning; 0, which nothing has, where a client sent something else."""
    first = value.partition(":")[0]
    return int(first) if first.isascii() and first.isdigit() else 0


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
