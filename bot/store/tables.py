"""The tables. A resident's rows hang on `residents.id` and go with it (`ON DELETE CASCADE`)."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Float, ForeignKey, Index, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.store.secrecy import Sealed, SealedId, Secret, SecretJson


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time. Takes aware datetimes only and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive datetimes: they would be read as another time zone's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite forgets the zone that was stored."""
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
        list[str]: JSON,
        list[int]: JSON,
    }


def plain(table: type[Table]) -> SqlTable:
    """A table without its objects, for statements that are executed all the time.

    To put together and to run a statement about objects takes several times as long.
    """
    return table.metadata.tables[table.__tablename__]


def _of_resident() -> ForeignKey:
    return ForeignKey("residents.id", ondelete="CASCADE")


class Resident(Table):
    """Somebody who writes to the bot. Rasa knows them by `conversation_id` alone."""

    __tablename__ = "residents"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_id: Mapped[int] = mapped_column(SealedId, unique=True)
    conversation_id: Mapped[str] = mapped_column(unique=True)
    alias: Mapped[str] = mapped_column(Sealed, unique=True)
    language: Mapped[str]
    language_chosen: Mapped[bool] = mapped_column(default=False)
    language_told_to_rasa: Mapped[str | None]
    municipality: Mapped[str | None]
    consented_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    teaching_consented_at: Mapped[datetime | None]
    teaching_version: Mapped[str | None]
    teaching_told_at: Mapped[datetime | None]
    loneliness_rests_until: Mapped[datetime | None]
    alarm: Mapped[str | None]
    alarm_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)


class TaughtSentence(Table):
    """A sentence that was not understood and that its resident lets staff learn from, stripped."""

    __tablename__ = "taught_sentences"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(_of_resident(), index=True)
    words: Mapped[str] = mapped_column(Secret)
    heard_at: Mapped[datetime] = mapped_column(default=now)


class ResidentFactor(Table):
    """A background factor that a resident named, by its key in `factors.yml`."""

    __tablename__ = "resident_factors"

    resident_id: Mapped[int] = mapped_column(_of_resident(), primary_key=True)
    factor: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ResidentInterest(Table):
    """Something a resident likes or has been helped by, by its key in `interests.yml`."""

    __tablename__ = "resident_interests"

    resident_id: Mapped[int] = mapped_column(_of_resident(), primary_key=True)
    interest: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Activity(Table):
    """An activity, meeting place, group or service.

    `times` is what `bot/activities/times.py` reads. `title`, `text`, `audience`, `contact` and
    `booking` are texts by language. `digest` tells what the source said last, `edited` which
    columns staff have written themselves, `proposed_needs` which needs wait for staff's yes.
    `meant_for` are the factors of those whom it is for, none where it is for everybody.
    `gone_at` is set when its source no longer has it, `duplicate_of` when it was merged.
    """

    __tablename__ = "activities"
    __table_args__ = (Index("activities_source", "source", "source_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    source_id: Mapped[str]
    kind: Mapped[str]
    title: Mapped[dict[str, Any]]
    text: Mapped[dict[str, Any]]
    organiser: Mapped[str | None]
    municipality: Mapped[str | None] = mapped_column(index=True)
    place: Mapped[str | None]
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    needs: Mapped[list[str]] = mapped_column(default=list)
    meant_for: Mapped[list[str]] = mapped_column(default=list)
    proposed_needs: Mapped[list[str]] = mapped_column(default=list)
    interests: Mapped[list[str]] = mapped_column(default=list)
    times: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    price_euros: Mapped[float | None] = mapped_column(Float)
    languages: Mapped[list[str]] = mapped_column(default=list)
    audience: Mapped[dict[str, Any] | None]
    youngest: Mapped[int | None]
    oldest: Mapped[int | None]
    walk_in: Mapped[bool] = mapped_column(default=False)
    step_free: Mapped[bool | None]
    hearing_loop: Mapped[bool | None]
    contact: Mapped[dict[str, Any] | None]
    booking: Mapped[dict[str, Any] | None]
    link: Mapped[str | None]
    licence: Mapped[str | None]
    attribution: Mapped[str | None]
    sample: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str | None]
    edited: Mapped[list[str]] = mapped_column(default=list)
    ratings: Mapped[int] = mapped_column(default=0)
    rating_sum: Mapped[int] = mapped_column(default=0)
    duplicate_of: Mapped[int | None]
    gone_at: Mapped[datetime | None]
    checked_at: Mapped[datetime] = mapped_column(default=now, index=True)


class SearchEntry(Table):
    """An activity under one of the terms and in one of the areas where it is looked for.

    Kept by `bot/activities/index.py`, which says what the columns hold. The key is in the order
    of the search: within a term and an area, what is on soonest comes first.
    """

    __tablename__ = "activity_search"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    term: Mapped[str] = mapped_column(primary_key=True)
    area: Mapped[str] = mapped_column(primary_key=True)
    soonest: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    until: Mapped[int] = mapped_column(BigInteger)
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    facts: Mapped[int]
    slots: Mapped[int]


class ActivitySource(Table):
    """How the last import of a source went; what it is stands in `activity_sources.yml`."""

    __tablename__ = "activity_sources"

    name: Mapped[str] = mapped_column(primary_key=True)
    tried_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]
    counts: Mapped[dict[str, Any]]


class UnmetSearch(Table):
    """How often something was looked for in a month and not found nearby: keys, never words."""

    __tablename__ = "unmet_searches"

    month: Mapped[str] = mapped_column(primary_key=True)
    municipality: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int] = mapped_column(default=0)


class ResidentActivity(Table):
    """What a resident did with an activity: `shown`, `saved` or `declined`.

    `why`: the reason that they gave for declining. `remind_at` and `ask_at` are set with their
    yes alone, and emptied when that is done; `starts_at` is the time that they are about.
    """

    __tablename__ = "resident_activities"

    resident_id: Mapped[int] = mapped_column(_of_resident(), primary_key=True)
    activity_id: Mapped[int] = mapped_column(
        ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True
    )
    mark: Mapped[str]
    why: Mapped[str | None]
    starts_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None] = mapped_column(index=True)
    ask_at: Mapped[datetime | None] = mapped_column(index=True)
    went: Mapped[bool | None]
    rating: Mapped[int | None]
    marked_at: Mapped[datetime] = mapped_column(default=now)


# The states in which a handoff goes on: `bot/handoff/states.py`.
_GOES_ON = text("state IN ('requested', 'waiting', 'claimed', 'active')")


class Handoff(Table):
    """A resident's request for a human, and what came of it. States: `bot/handoff/states.py`.

    `last_number` counts what has been said, noted and moved in it. `unanswered_since` is when the
    resident began to wait for a word of the moderator who has it. `topic_begun_at` is set while
    its topic is being made: a crash may have come before `topic_id` was noted. `reason` is why it
    was asked for; `told_before` what was said with the bot, where the resident chose to send that
    along, as `{"lines": [Line, …]}`: both are of `bot/handoff/summary.py`.
    """

    __tablename__ = "handoffs"
    __table_args__ = (
        # One open handoff a resident, whoever writes to this table.
        Index(
            "handoffs_open",
            "resident_id",
            unique=True,
            sqlite_where=_GOES_ON,
            postgresql_where=_GOES_ON,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(_of_resident(), index=True)
    state: Mapped[str] = mapped_column(index=True)
    danger: Mapped[str | None]
    shared: Mapped[dict[str, Any]]
    reason: Mapped[str | None]
    told_before: Mapped[dict[str, Any] | None] = mapped_column(SecretJson)
    topic_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    topic_begun_at: Mapped[datetime | None]
    moderator_id: Mapped[int | None] = mapped_column(BigInteger)
    moderator_name: Mapped[str | None]
    last_number: Mapped[int] = mapped_column(default=0)
    requested_at: Mapped[datetime] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    unanswered_since: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    feedback: Mapped[str | None]
    feedback_asked_at: Mapped[datetime | None]
    feedback_words: Mapped[str | None] = mapped_column(Secret)
    outcome: Mapped[str | None]
    closing_note: Mapped[str | None] = mapped_column(Secret)
    follow_up_at: Mapped[datetime | None] = mapped_column(index=True)
    followed_up_at: Mapped[datetime | None]


def _of_handoff() -> ForeignKey:
    return ForeignKey("handoffs.id", ondelete="CASCADE")


class HandoffMove(Table):
    """One move in the life of a handoff: append-only, but for `told_at`.

    `name` is the moderator's who made it, `holder` whose the handoff is after it. `told_at` is
    when both sides were told.
    """

    __tablename__ = "handoff_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[int] = mapped_column(_of_handoff(), index=True)
    number: Mapped[int]
    move: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str]
    actor: Mapped[str]
    name: Mapped[str | None]
    holder: Mapped[str | None]
    reason: Mapped[str | None] = mapped_column(Secret)
    moved_at: Mapped[datetime] = mapped_column(default=now)
    told_at: Mapped[datetime | None] = mapped_column(index=True)


class HandoffMessage(Table):
    """What one of the two said in a handoff: the truth, whatever became of its copies.

    `number` is its place in the handoff, `changed` that of its latest change. `author` is
    `resident` or `moderator:ID`, `name` the moderator's; `surface` where it was written:
    `telegram` or `web`. `kind` is `text` or what is in the file; `words` text or caption.
    `state`: a resident's is `received`; a moderator's `pending`, `sent`, `failed`, `unknown`.
    """

    __tablename__ = "handoff_messages"
    __table_args__ = (Index("handoff_messages_number", "handoff_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[int] = mapped_column(_of_handoff())
    number: Mapped[int]
    changed: Mapped[int]
    author: Mapped[str]
    name: Mapped[str | None]
    surface: Mapped[str]
    kind: Mapped[str]
    words: Mapped[str | None] = mapped_column(Secret)
    file: Mapped[dict[str, Any] | None] = mapped_column(SecretJson)
    answers: Mapped[int | None] = mapped_column(
        ForeignKey("handoff_messages.id", ondelete="SET NULL"), index=True
    )
    state: Mapped[str] = mapped_column(index=True)
    error: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=1)
    said_at: Mapped[datetime] = mapped_column(default=now)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class HandoffVersion(Table):
    """What a message said before it was edited."""

    __tablename__ = "handoff_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(
        ForeignKey("handoff_messages.id", ondelete="CASCADE"), index=True
    )
    words: Mapped[str | None] = mapped_column(Secret)
    until: Mapped[datetime] = mapped_column(default=now)


class HandoffNote(Table):
    """A moderators' note: in a table that nothing which sends to residents reads."""

    __tablename__ = "handoff_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[int] = mapped_column(_of_handoff(), index=True)
    number: Mapped[int]
    moderator_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    words: Mapped[str] = mapped_column(Secret)
    noted_at: Mapped[datetime] = mapped_column(default=now)


class HandoffRead(Table):
    """How far a moderator has read a handoff: the number of the newest that they have seen."""

    __tablename__ = "handoff_reads"

    handoff_id: Mapped[int] = mapped_column(_of_handoff(), primary_key=True)
    moderator_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int]
    read_at: Mapped[datetime] = mapped_column(default=now)


class HandoffCopy(Table):
    """A Telegram message that shows a message of a handoff, or belongs to it (its card)."""

    __tablename__ = "handoff_copies"
    __table_args__ = (Index("handoff_copies_telegram", "chat_id", "telegram_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    handoff_id: Mapped[int] = mapped_column(_of_handoff(), index=True)
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("handoff_messages.id", ondelete="CASCADE"), index=True
    )
    chat_id: Mapped[int] = mapped_column(SealedId)
    telegram_id: Mapped[int] = mapped_column(BigInteger)


class Block(Table):
    """That a resident may not ask for a human for a time; helplines they still get."""

    __tablename__ = "blocks"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(_of_resident(), index=True)
    reason: Mapped[str] = mapped_column(Secret)
    moderator_id: Mapped[int] = mapped_column(BigInteger)
    moderator_name: Mapped[str]
    blocked_at: Mapped[datetime] = mapped_column(default=now)
    until: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class DutyShift(Table):
    """A time for which a moderator is on duty."""

    __tablename__ = "duty_shifts"

    id: Mapped[int] = mapped_column(primary_key=True)
    moderator_id: Mapped[int] = mapped_column(BigInteger, index=True)
    moderator_name: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)


class Volunteer(Table):
    """Somebody who offers to help: three answers, and what moderators made of them.

    `state`: `asked`, `offered`, `invited`, `declined`. `answers`: words by question.
    """

    __tablename__ = "volunteers"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(_of_resident(), index=True)
    state: Mapped[str] = mapped_column(default="offered", index=True)
    answers: Mapped[dict[str, Any]] = mapped_column(SecretJson)
    offered_at: Mapped[datetime] = mapped_column(default=now)
    reviewer_id: Mapped[int | None] = mapped_column(BigInteger)
    reviewer_name: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class ModeratorGroup(Table):
    """What has become of the moderators' group that the settings name.

    `chat_id` is its id now: a group that is upgraded gets another. `trouble` is what keeps the
    bot from working there, such as `no_rights`, none where all is well.
    """

    __tablename__ = "moderator_groups"

    configured_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    chat_id: Mapped[int] = mapped_column(BigInteger)
    is_forum: Mapped[bool]
    trouble: Mapped[str | None]
    noticed_at: Mapped[datetime] = mapped_column(default=now)


class SafetyAssessment(Table):
    """That a message was taken as a danger: kind, level and pattern ids, never the words.

    `wrong_at` is when a moderator said that it was no danger, or another one; `right_at` when one
    said that it was.
    """

    __tablename__ = "safety_assessments"

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(_of_resident(), index=True)
    kind: Mapped[str]
    level: Mapped[str]
    pattern_ids: Mapped[list[str]]
    assessed_at: Mapped[datetime] = mapped_column(default=now)
    wrong_at: Mapped[datetime | None]
    right_at: Mapped[datetime | None]


class Forgotten(Table):
    """What of an erased resident still lies outside the database; a row goes when that has."""

    __tablename__ = "forgotten"

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    topic_ids: Mapped[list[int]]


class Update(Table):
    """A Telegram update, stored before it is confirmed; `body` is wiped when it is handled.

    `message_id` is that of its message in a private chat: what answers it has a higher one.
    """

    __tablename__ = "updates"

    update_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lane: Mapped[str] = mapped_column(Sealed)
    body: Mapped[str | None] = mapped_column(Secret)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = mapped_column(default=now)
    handled_at: Mapped[datetime | None] = mapped_column(index=True)


class Outgoing(Table):
    """A call to Telegram that is to be made, in order within its chat.

    `state`: `pending`, `sending`, `sent`, `failed`, `unknown` (the process died between sending
    and marking), `dropped` (the receiver is gone, or a later call says it anew). `params` is
    wiped once it is settled. `said_id` is the handoff's message that it carries.
    """

    __tablename__ = "outgoing"
    __table_args__ = (Index("outgoing_due", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    chat_id: Mapped[int] = mapped_column(SealedId, index=True)
    method: Mapped[str]
    params: Mapped[dict[str, Any] | None] = mapped_column(SecretJson)
    state: Mapped[str] = mapped_column(default="pending")
    from_human: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    error: Mapped[str | None]
    handoff_id: Mapped[int | None] = mapped_column(
        ForeignKey("handoffs.id", ondelete="SET NULL"), index=True
    )
    said_id: Mapped[int | None] = mapped_column(
        ForeignKey("handoff_messages.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    settled_at: Mapped[datetime | None]


class Keyboard(Table):
    """The inline buttons under one message. Telegram sees only `token` and a number.

    `options` holds objects `{title, payload}`; `kind` is `once` (one tap answers), `toggle`
    (chips, several may be chosen) or `open` (may be tapped at any time).
    """

    __tablename__ = "keyboards"

    token: Mapped[str] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(_of_resident(), index=True)
    kind: Mapped[str]
    options: Mapped[list[dict[str, Any]]]
    chosen: Mapped[list[str]]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Person(Table):
    """Somebody who may sign in to the console. Roles: `bot/people/permissions.py`."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    telegram_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(default=now)
    removed_at: Mapped[datetime | None]


class SignInLink(Table):
    """A link that signs somebody in once. `browser` is the one that opened it."""

    __tablename__ = "sign_in_links"

    secret_hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    browser: Mapped[str | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ConsoleSession(Table):
    """Somebody signed in, in one browser."""

    __tablename__ = "console_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    browser: Mapped[str]
    began_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]


class AuditEntry(Table):
    """Who saw or did what. Triggers in the database refuse to change or drop a row."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    person_id: Mapped[int | None] = mapped_column(index=True)
    person_name: Mapped[str | None]
    act: Mapped[str] = mapped_column(index=True)
    about: Mapped[str] = mapped_column(index=True)
    facts: Mapped[dict[str, Any]]
