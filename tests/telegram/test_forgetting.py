import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.errors import DialogueUnavailable
from bot.factors import profile
from bot.residents import erasure, identity
from bot.store.tables import Forgotten, Outgoing, Resident, Table
from bot.telegram.forgetting import Forgetter
from tests.activities.making import activity
from tests.dialogue.trackers import conversations, make_trackers, write
from tests.sandbox.driver import AINO, BERTTA, GROUP, Json
from tests.telegram.driver import Seura, button, words

# An id that is found in nothing else, and words that nobody else says.
MARKED = 7654321
NAME = "Marketta Merkitty"
SECRET = "salaisuus"


def _erases(seura: Seura, message: str) -> None:
    """What Rasa's action does when the resident has said yes."""

    async def act(body: Json) -> None:
        async with seura.app.store.begin() as session:
            resident = await identity.find(session, body["sender"])
            if resident:
                await erasure.erase(session, resident)

    seura.rasa.acts[message] = act
    seura.rasa.says(message, words("utter_erased"))


async def _lives(seura: Seura, who: int) -> Resident:
    """Leaves traces of the resident wherever there can be some."""
    await seura.people.write(who, f"moi {SECRET}", first_name=NAME)
    await seura.quiet()
    resident = await seura.resident(who)
    async with seura.app.store.begin() as session:
        await profile.add(session, resident, ["shyness"])
        session.add(activity(f"Kahvihetki {resident.id}"))
    for text in (f"tekemistä {who}", "haluan kuolla", "olen turvassa"):
        if text.startswith("tekemistä"):
            seura.rasa.says_response(
                text,
                "utter_activity_untimed",
                activity=1,
                title="t",
                details="d",
                reason="r",
                map="https://example.org",
            )
        await seura.writes(text, who)
        if text.startswith("tekemistä"):
            await seura.taps(button("utter_activity_untimed"), who)
    await seura.claims(AINO, button("utter_topic_card_danger"))
    await seura.writes(f"{SECRET}{who} ihmiselle", who)
    await seura.moderates(f"{SECRET}{who} asukkaalle", AINO)
    await seura.sends("photo", who, caption=f"{SECRET}{who}")
    write(seura.settings.tracker_database, resident.conversation_id, SECRET)
    return resident


async def _everything(seura: Seura) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    async with seura.app.store.begin() as session:
        return {
            table.name: [str(row) for row in (await session.execute(select(table))).mappings()]
            for table in Table.metadata.sorted_tables
        }


def _traces(rows: dict[str, list[str]], resident: Resident) -> list[str]:
    marks = (
        str(resident.telegram_id),
        resident.conversation_id,
        resident.alias,
        NAME,
        f"{SECRET}{resident.telegram_id}",
        f"'resident_id': {resident.id},",
    )
    return [
        f"{table}: {row}" for table, found in rows.items() for row in found
        if any(mark in row for mark in marks)
    ]  # fmt: skip


async def test_an_erasure_leaves_nothing_anywhere(anywhere: Seura) -> None:
    seura = anywhere
    make_trackers(seura.settings.tracker_database)
    other = await _lives(seura, BERTTA)
    resident = await _lives(seura, MARKED)
    rows = await _everything(seura)
    assert {trace.partition(":")[0] for trace in _traces(rows, resident)} == {
        "residents",
        "resident_factors",
        "resident_activities",
        "handoffs",
        "handoff_messages",
        "handoff_copies",
        "safety_assessments",
        "outgoing",
        "keyboards",
    }
    await seura.moderates("/end", AINO)
    _erases(seura, "/affirm")
    seura.rasa.says("/delete_data", {"text": "?", "buttons": [_yes()]})
    await seura.writes("/unohda", MARKED)
    await seura.taps("Kyllä", MARKED)
    await seura.quiet()
    assert (await seura.said(MARKED))[-1] == words("utter_erased")
    assert _traces(await _everything(seura), resident) == []
    trackers = seura.settings.tracker_database
    assert conversations(trackers) == {other.conversation_id}
    assert resident.conversation_id.encode() not in trackers.read_bytes()
    [topic] = await seura.topics()
    assert other.alias in topic["name"]
    assert not any(resident.alias in text for text in await seura.said(GROUP))
    assert seura.app.rooms.points.get(resident.conversation_id) is None
    rows = await _everything(seura)
    assert any(str(BERTTA) in row for row in rows["residents"])
    assert rows["resident_activities"]


def _yes() -> Json:
    return {"title": "Kyllä", "payload": "/affirm"}


async def test_who_was_erased_and_writes_again_is_somebody_new(seura: Seura) -> None:
    await seura.writes("hei")
    before = await seura.resident()
    _erases(seura, "poista")
    assert await seura.writes("poista") == [words("utter_erased")]
    assert await seura.writes("hei taas") == ["Rasa: hei taas"]
    after = await seura.resident()
    assert after.conversation_id != before.conversation_id
    assert seura.rasa.asked[-1]["language"] == after.language


async def test_what_was_written_before_the_erasure_is_not_handled_after_it(
    seura: Seura,
) -> None:
    await seura.writes("hei")
    _erases(seura, "poista")
    slow = seura.rasa.hold("poista")
    await seura.people.write(MARKED, "moi")
    await seura.writes("hei", MARKED)
    for text in ("poista", "ai niin, vielä yksi asia"):
        await seura.people.write(MARKED, text)
    await seura.until(lambda: _all_stored(seura))
    slow.set()
    await seura.quiet()
    assert (await seura.said(MARKED))[-1] == words("utter_erased")
    assert seura.rasa.heard[-1] == "poista"


async def _all_stored(seura: Seura) -> bool:
    return not seura.people.world.updates.pending and seura.rasa.heard[-1] == "poista"


async def test_the_last_word_is_kept_no_longer_than_until_it_is_sent(seura: Seura) -> None:
    await seura.writes("hei", MARKED)
    _erases(seura, "poista")
    await seura.people.act(
        "faults", method="sendMessage", chat_id=MARKED, status=403, description="Forbidden: x"
    )
    await seura.people.write(MARKED, "poista")
    await seura.quiet()
    async with seura.app.store.begin() as session:
        assert (await session.scalars(select(Outgoing))).all() == []


async def test_if_rasas_answer_is_lost_the_erasure_is_finished_all_the_same(
    seura: Seura,
) -> None:
    make_trackers(seura.settings.tracker_database)
    await seura.writes("hei")
    resident = await seura.resident()
    write(seura.settings.tracker_database, resident.conversation_id, SECRET)

    async def erase_and_die(body: Json) -> None:
        async with seura.app.store.begin() as session:
            found = await identity.find(session, body["sender"])
            assert found is not None
            await erasure.erase(session, found)
        raise DialogueUnavailable("no answer in time")

    seura.rasa.acts["poista"] = erase_and_die
    await seura.people.write(resident.telegram_id, "poista")
    await seura.quiet()
    assert conversations(seura.settings.tracker_database) == set()


async def test_what_a_crash_left_of_an_erasure_is_removed_at_start(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    make_trackers(seura.settings.tracker_database)
    topic = await seura.people.topic("Sininen Lumme")
    write(seura.settings.tracker_database, "gone", SECRET)
    write(seura.settings.tracker_database, "stays", SECRET)
    async with seura.app.store.begin() as session:
        session.add(Forgotten(conversation_id="gone", topic_ids=[topic]))
    seura.start()
    await seura.quiet()
    assert await seura.topics() == []
    assert conversations(seura.settings.tracker_database) == {"stays"}
    async with seura.app.store.begin() as session:
        assert (await session.scalars(select(Forgotten))).all() == []


async def test_orphans_in_the_tracker_store_are_cleared_and_residents_are_not(
    asleep_anywhere: Seura,
) -> None:
    seura = asleep_anywhere
    trackers = seura.settings.tracker_database
    make_trackers(trackers)
    async with seura.app.store.begin() as session:
        resident, _ = await identity.meet(session, 1, "fi", seura.app.residents.aliases)
    for sender in (resident.conversation_id, "orphan1", "orphan2"):
        write(trackers, sender, SECRET)
    await seura.app.forgetter.forget_orphans()
    assert conversations(trackers) == {resident.conversation_id}


async def test_a_topic_that_is_gone_already_does_not_stop_the_forgetting(
    asleep: Seura,
) -> None:
    async with asleep.app.store.begin() as session:
        session.add(Forgotten(conversation_id="a", topic_ids=[4711]))
        session.add(Forgotten(conversation_id="b", topic_ids=[]))
    asleep.start()
    await asleep.quiet()
    async with asleep.app.store.begin() as session:
        assert (await session.scalars(select(Forgotten))).all() == []


async def test_where_rasa_has_never_run_there_is_nothing_to_forget(
    asleep: Seura, tmp_path: Path
) -> None:
    forgetter = Forgetter(asleep.app.store, tmp_path / "nowhere" / "rasa.db", GROUP)
    await forgetter.forget_orphans()
    assert not (tmp_path / "nowhere").exists()


async def test_a_tracker_store_that_cannot_be_opened_is_no_silent_success(
    asleep: Seura, tmp_path: Path
) -> None:
    """Or the words would stay, and nobody would know."""
    (tmp_path / "rasa.db").write_text("this is no database" * 100)
    forgetter = Forgetter(asleep.app.store, tmp_path / "rasa.db", GROUP)
    with pytest.raises(sqlite3.DatabaseError):
        await forgetter.forget_orphans()
