"""What is on: looked through on a list and a map, mended, merged; and what nobody found."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from bot.activities import catalogue, staff
from bot.activities.draft import KINDS, Draft, Refused, Unfit, check
from bot.activities.importers.table import COLUMNS, fields_of, row_of
from bot.activities.ranking import Reason
from bot.activities.search import Suggestion
from bot.activities.times import next_occurrence
from bot.activities.unmet import most_unmet
from bot.console.visit import Page, Visit
from bot.dialogue.cards import card_of
from bot.people import audit
from bot.people.permissions import Permission
from bot.store.tables import Activity, now

LENGTH = 50
OWN = "staff"  # the source of what is written here
LOOKED_BACK = timedelta(days=92)
TIMES = frozenset(
    {
        "start",
        "minutes",
        "repeats",
        "ends",
        "except",
        "holidays",
        "opening_hours",
        "rrule",
        "season",
    }
)
CHOSEN = frozenset({"needs", "interests"})
FIELDS = {
    "what": ("kind", "title_fi", "title_en", "text_fi", "text_en", "organiser"),
    "where": ("municipality", "place", "latitude", "longitude"),
    "when": ("start", "minutes", "rrule", "except", "holidays", "season", "opening_hours"),
    "whom": ("languages", "audience_fi", "audience_en", "youngest", "oldest", "price_euros",
             "walk_in", "step_free", "hearing_loop"),
    "contact": ("contact_fi", "contact_en", "booking_fi", "booking_en", "link", "licence",
                "attribution"),
}  # fmt: skip
LONG = frozenset({"text_fi", "text_en", "contact_fi", "contact_en", "booking_fi", "booking_en"})
YES_NO = frozenset({"walk_in", "step_free", "hearing_loop", "holidays"})


class NoActivity(Exception):
    """There is no such activity."""


async def show(visit: Visit) -> Response:
    """A page of the catalogue, and where it all is."""
    given = visit.parameters
    queue = given.get("queue", "all")
    page = max(1, visit.count("page") or 1)
    async with visit.house.store.begin() as session:
        found = await staff.look_through(
            session,
            queue=queue if queue in staff.QUEUES else "all",  # type: ignore[arg-type]
            words=given.get("words", ""),
            municipality=given.get("municipality") or None,
            at=now(),
            offset=(page - 1) * LENGTH,
            limit=LENGTH,
        )
        towns = await session.execute(
            select(Activity.municipality, func.count())
            .where(Activity.duplicate_of.is_(None), Activity.gone_at.is_(None))
            .group_by(Activity.municipality)
        )
    return visit.show(
        "activities.html",
        found=found,
        page=page,
        pages=-(-found.total // LENGTH),
        queues=staff.QUEUES,
        towns={town: count for town, count in towns},  # noqa: C416 - rows are no pairs for mypy
        outline=visit.house.outline,
        tiles=visit.house.tiles,
        given=given,
        now=now(),
        stale_before=now() - staff.STALE_AFTER,
    )


async def points(visit: Visit) -> Response:
    """Where the activities are, for the map with tiles."""
    async with visit.house.store.begin() as session:
        found = await session.scalars(
            select(Activity).where(
                Activity.duplicate_of.is_(None),
                Activity.gone_at.is_(None),
                Activity.latitude.is_not(None),
            )
        )
        told = [
            {"id": one.id, "title": visit.in_words(one.title), "at": [one.latitude, one.longitude]}
            for one in found
        ]
    return JSONResponse(told)


async def edit(visit: Visit) -> Response:
    """The form of one activity."""
    async with visit.house.store.begin() as session:
        activity = await _activity(visit, session)
        return _form(visit, activity, row_of(activity), [])


async def new(visit: Visit) -> Response:
    """An empty form."""
    row = dict.fromkeys(COLUMNS, "") | {"kind": "group", "languages": "fi"}
    return _form(visit, None, row, [])


async def save(visit: Visit) -> Response:
    """Keeps what was changed; imports leave that alone from now on."""
    house = visit.house
    async with house.store.begin() as session:
        activity = await _activity(visit, session)
        row = row_of(activity)
        written = _written(visit, row)
        changed = {name for name in COLUMNS if written.get(name, "") != row.get(name, "")}
        faults: list[Refused] = []
        try:
            fields = fields_of(written)
        except Unfit as unfit:
            faults.append(Refused(str(activity.id), unfit.field, unfit.reason))
        else:
            columns = {_column(name) for name in changed}
            given = {name: value for name, value in fields.items() if name in columns}
            # Other languages than these two stay as they are.
            for name in ("title", "text", "audience", "contact", "booking"):
                if name in given:
                    given[name] = _with_others(getattr(activity, name), given[name])
            faults = await staff.edit(session, activity.id, given, house.gazetteer, now())
        if not faults:
            about = f"activity:{activity.id}"
            audit.note(session, visit.person, "activity_edit", about, fields=sorted(changed))
    if faults:
        return _form(visit, activity, written, faults)
    return visit.go(f"/activities/{activity.id}?saved=1")


async def create(visit: Visit) -> Response:
    """Puts a new activity into the catalogue."""
    written = _written(visit, {"id": uuid4().hex})
    draft = _draft(written)
    if not isinstance(draft, Draft):
        return _form(visit, None, written, draft)
    async with visit.house.store.begin() as session:
        made = Activity(source=OWN, **draft.columns(), edited=[])
        [made] = await catalogue.add(session, [made], visit.house.gazetteer)
        audit.note(session, visit.person, "activity_add", f"activity:{made.id}")
    return visit.go(f"/activities/{made.id}?saved=1")


async def preview(visit: Visit) -> Response:
    """The card as a resident would see it with what stands in the form now."""
    written = _written(visit, {"id": "preview"})
    draft = _draft(written)
    if not isinstance(draft, Draft):
        return visit.show("activity_card.html", faults=draft, cards=[])
    return visit.show("activity_card.html", faults=[], cards=_cards(visit, draft))


async def checked(visit: Visit) -> Response:
    """Somebody has looked at it, and all is as it says."""
    async with visit.house.store.begin() as session:
        activity = await _activity(visit, session)
        await staff.mark_checked(session, activity.id, now())
        audit.note(session, visit.person, "activity_checked", f"activity:{activity.id}")
    return visit.go(_back(visit, "/activities?queue=stale"))


async def confirm(visit: Visit) -> Response:
    """Takes the needs that were ticked; what was proposed is settled by that."""
    house = visit.house
    needs = [str(one) for one in visit.form.getlist("needs") if one in house.factors.need_labels]
    async with house.store.begin() as session:
        activity = await _activity(visit, session)
        await staff.confirm_needs(session, activity.id, needs, house.gazetteer, now())
        audit.note(session, visit.person, "activity_needs", f"activity:{activity.id}", needs=needs)
    return visit.go(_back(visit, "/activities?queue=proposed"))


async def duplicates(visit: Visit) -> Response:
    """Pairs that may be one and the same."""
    async with visit.house.store.begin() as session:
        pairs = await staff.duplicates(session)
    return visit.show("activity_pairs.html", pairs=pairs)


async def merge(visit: Visit) -> Response:
    """Lets one stand for both."""
    keep, other = visit.given("keep"), visit.given("other")
    house = visit.house
    async with house.store.begin() as session:
        there = [await session.get(Activity, one) for one in (keep, other)]
        if keep == other or None in there:
            raise NoActivity
        await staff.merge(session, keep, other, house.gazetteer, now())
        audit.note(session, visit.person, "activity_merge", f"activity:{keep}", other=other)
    return visit.go("/activities/duplicates")


async def unmet(visit: Visit) -> Response:
    """What residents looked for and did not find: counted by the month, never quoted."""
    since = f"{now() - LOOKED_BACK:%Y-%m}"
    async with visit.house.store.begin() as session:
        found = await most_unmet(session, since)

    def name(term: str) -> str:
        kind, _, key = term.partition(":")
        if kind == "interest":
            return visit.house.interests.label(key, visit.language)
        return visit.words(f"unmet.{key}" if kind == "only" else "activities.anything")

    return visit.show("activity_unmet.html", found=found, since=since, unmet_name=name)


# --- small parts ------------------------------------------------------------------------------


async def _activity(visit: Visit, session: AsyncSession) -> Activity:
    activity = await catalogue.get(session, visit.number("activity_id"))
    if activity is None:
        raise NoActivity
    return activity


def _form(
    visit: Visit, activity: Activity | None, row: Mapping[str, str], faults: list[Refused]
) -> Response:
    house, language = visit.house, visit.language
    draft = _draft(dict(row) | {"id": "preview"})
    needs = {key: texts[language] for key, texts in house.factors.need_labels.items()}
    likes = {key: house.interests.label(key, language) for key in house.interests.interests}
    return visit.show(
        "activity.html",
        422 if faults else 200,
        activity=activity,
        row=row,
        faults=faults,
        groups=FIELDS,
        long=LONG,
        yes_no=YES_NO,
        kinds=KINDS,
        towns=[one.name for one in house.outline.shapes],
        choices={"needs": needs, "interests": likes},
        proposed=[needs.get(one, one) for one in (activity.proposed_needs if activity else ())],
        cards=_cards(visit, draft) if isinstance(draft, Draft) else [],
        saved="saved" in visit.parameters,
        several=bool(activity and len(activity.times) > 1),
    )


def _written(visit: Visit, row: Mapping[str, str]) -> dict[str, str]:
    """The row as the form has it; what the form does not show stays as it was."""
    written = dict(row)
    for name in COLUMNS:
        if name in CHOSEN:
            written[name] = ", ".join(str(one) for one in visit.form.getlist(name))
        elif name in visit.form:
            written[name] = str(visit.form[name]).replace("\r\n", "\n").strip()
    return written


def _draft(row: dict[str, str]) -> Draft | list[Refused]:
    try:
        fields = fields_of(row)
    except Unfit as unfit:
        return [Refused("", unfit.field, unfit.reason)]
    found = list(check("", fields))
    draft = found[0]
    if isinstance(draft, Draft):
        return draft
    return [one for one in found if isinstance(one, Refused)]


def _column(name: str) -> str:
    if name in TIMES:
        return "times"
    return name.removesuffix("_fi").removesuffix("_en")


def _with_others(before: Mapping[str, str] | None, written: Mapping[str, str] | None) -> Any:
    others = {code: text for code, text in (before or {}).items() if code not in ("fi", "en")}
    return {**others, **(written or {})} or written


def _cards(visit: Visit, draft: Draft) -> list[tuple[str, str]]:
    """The card's text in both languages."""
    house = visit.house
    activity = Activity(id=0, checked_at=now(), source=OWN, sample=False, **draft.columns())
    coming = next_occurrence(draft.times, now())
    suggestion = Suggestion(activity, None, coming, (_reason(draft),), wider=False)
    cards = []
    for language in ("fi", "en"):
        values = card_of(
            suggestion,
            language,
            [],
            house.phrases,
            house.when_words,
            house.factors,
            house.interests,
        )
        response = "utter_activity" if coming else "utter_activity_untimed"
        cards.append((language, house.wording.say(response, language, **values).text))
    return cards


def _reason(draft: Draft) -> Reason:
    """A reason that the card might give; residents get the one that fits them."""
    if draft.needs:
        return Reason("need", draft.needs[0])
    if draft.interests:
        return Reason("interest", draft.interests[0])
    return Reason("walk_in" if draft.walk_in else "near")


def _back(visit: Visit, otherwise: str) -> str:
    return otherwise if visit.form.get("list") else f"/activities/{visit.number('activity_id')}"


ONE = "/activities/{activity_id:int}"
EDIT = Permission.EDIT_ACTIVITIES
PAGES = (
    Page("/activities", EDIT, show),
    Page("/activities/points.json", EDIT, points),
    Page("/activities/new", EDIT, new),
    Page("/activities/new", EDIT, create, "POST"),
    Page("/activities/preview", EDIT, preview, "POST"),
    Page("/activities/duplicates", EDIT, duplicates),
    Page("/activities/duplicates", EDIT, merge, "POST"),
    Page("/activities/unmet", EDIT, unmet),
    Page(ONE, EDIT, edit),
    Page(ONE, EDIT, save, "POST"),
    Page(f"{ONE}/checked", EDIT, checked, "POST"),
    Page(f"{ONE}/needs", EDIT, confirm, "POST"),
)
