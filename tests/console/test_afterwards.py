"""What is looked at afterwards: past talks, alarms, numbers, volunteers, duty."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.handoff import aftercare, duty, service, volunteers
from bot.handoff.states import moderator
from bot.people.permissions import Role
from bot.store.engine import Store
from bot.store.tables import Handoff, Resident, SafetyAssessment, Volunteer, now
from tests.console.conftest import SignIn
from tests.console.test_talk import of_table
from tests.handoff.making import AINO, taken


@pytest.fixture
async def past(store: Store, resident: Resident) -> int:
    """A talk that Aino has had."""
    handoff_id = await taken(store, resident)
    async with store.begin() as session:
        await service.end(session, handoff_id, moderator(AINO), "Aino")
        await aftercare.close(session, handoff_id, outcome="activity")
        await aftercare.give_feedback(session, handoff_id, "good")
    return handoff_id


async def test_past_talks_are_listed_with_what_came_of_them(
    signed_in: SignIn, past: int, resident: Resident
) -> None:
    browser = await signed_in()
    page = (await browser.get("/review")).text
    for told in (resident.alias, "Aino", "löytyi tekemistä", "hyvä", f"/console/talks/{past}"):
        assert told in page
    link = f'href="/console/talks/{past}"'
    assert link in (await browser.get(f"/review?alias={resident.alias[:3]}&outcome=activity")).text
    assert link not in (await browser.get("/review?outcome=abuse")).text
    assert link not in (await browser.get("/review?alias=nobody")).text


async def test_an_alarm_is_marked_right_or_wrong_and_may_be_marked_anew(
    signed_in: SignIn, store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        session.add(
            SafetyAssessment(
                resident_id=resident.id, kind="suicide", level="now", pattern_ids=["p1"]
            )
        )
    browser = await signed_in()
    assert "itsemurhan vaara" in (await browser.get("/review/assessments")).text
    for verdict in ("wrong", "right"):
        await browser.post("/review/assessments/1", {"verdict": verdict})
        [one] = await of_table(store, SafetyAssessment)
        assert (one.wrong_at is not None, one.right_at is not None) == (
            verdict == "wrong",
            verdict == "right",
        )
    assert (await browser.post("/review/assessments/99", {"verdict": "wrong"})).status_code == 303


async def test_numbers_are_shown_and_given_as_a_table(
    signed_in: SignIn, store: Store, past: int
) -> None:
    async with store.begin() as session:
        await session.execute(update(Handoff).values(danger="violence"))
    browser = await signed_in()
    page = (await browser.get("/numbers")).text
    assert "<svg" in page
    assert "<title>" in page
    got = await browser.get("/numbers.csv")
    assert got.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(got.text.lstrip("\ufeff")), delimiter=";"))
    assert ["requests", "", "1"] in rows
    assert ["dangers", "", "1"] in rows
    assert ["claimed_by", "Aino", "1"] in rows
    assert ["outcome", "activity", "1"] in rows


@pytest.mark.parametrize(
    "query", ["since=x", "since=2030-01-01&until=2020-01-01", "since=0001-01-01", "until="]
)
async def test_a_time_that_makes_no_sense_is_made_one_that_does(
    signed_in: SignIn, query: str
) -> None:
    assert (await (await signed_in()).get(f"/numbers?{query}")).status_code == 200


async def test_a_name_that_looks_like_a_formula_is_none_in_a_spreadsheet(
    signed_in: SignIn, store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        handoff = await service.request(session, resident, {"language": "fi"})
        await service.claim(session, handoff.id, AINO, "=1+1")
    got = await (await signed_in()).get("/numbers.csv")
    assert "'=1+1" in got.text
    assert ";=1+1" not in got.text


async def test_a_volunteer_is_invited_once(
    signed_in: SignIn, store: Store, resident: Resident
) -> None:
    answers = {"what": "<b>kävelyseuraa</b>", "when": "iltaisin", "where": "Joutsa"}
    async with store.begin() as session:
        await volunteers.offer(session, resident, answers)
    browser = await signed_in()
    page = (await browser.get("/volunteers")).text
    assert "&lt;b&gt;kävelyseuraa" in page
    await browser.post("/volunteers/1", {"state": "invited"})
    await browser.post("/volunteers/1", {"state": "declined"})
    await browser.post("/volunteers/1", {"state": "king"})
    [one] = await of_table(store, Volunteer)
    assert (one.state, one.reviewer_name) == ("invited", "Aino")


async def test_shifts_are_planned_in_finlands_time(signed_in: SignIn, store: Store) -> None:
    browser = await signed_in(telegram_id=9101)
    day = f"{now() + timedelta(days=3):%Y-%m-%d}"
    given = {"who": "9101", "day": day, "from": "20:00", "to": "02:00", "weeks": "2"}
    assert (await browser.post("/duty", given)).status_code == 303
    async with store.begin() as session:
        shifts = await duty.shifts(session, now(), now() + timedelta(days=30))
    assert [one.ends_at - one.starts_at for one in shifts] == [timedelta(hours=6)] * 2
    assert "20:00" in (await browser.get("/duty")).text
    await browser.post(f"/duty/{shifts[0].id}/remove")
    async with store.begin() as session:
        assert len(await duty.shifts(session, now(), now() + timedelta(days=30))) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"day": "x"}, {"from": ""}, {"weeks": "0"}, {"weeks": "99"}, {"who": "1"}, {"who": "9102"}],
)
async def test_a_shift_that_can_not_be_is_refused(
    signed_in: SignIn, store: Store, wrong: dict[str, str]
) -> None:
    browser = await signed_in(telegram_id=9101)
    await signed_in(Role.STAFF, 9102)
    day = f"{now() + timedelta(days=3):%Y-%m-%d}"
    given = {"who": "9101", "day": day, "from": "10:00", "to": "12:00", "weeks": "1", **wrong}
    assert (await browser.post("/duty", given)).status_code == 422
