import pytest

from bot.errors import SettingsError
from bot.telegram import inbox
from bot.telegram.inbox import Lanes, Poller
from tests.sandbox.driver import ANNA, GROUP
from tests.telegram.driver import Seura, words


async def test_d10_a_backlog_is_told_once_an_hour_and_only_when_it_is_one(asleep: Seura) -> None:
    for number in range(51):
        await asleep.people.write(ANNA, f"viesti {number}")
    await asleep.app.alarms.look()
    await asleep.app.alarms.look()
    asleep.start()
    await asleep.quiet()
    assert await asleep.said(GROUP) == [words("utter_alarm_backlog", count=51)]
    await asleep.app.alarms.look()
    await asleep.quiet()
    assert len(await asleep.said(GROUP)) == 1


async def test_d9_who_polls_second_stops_and_says_why(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "CONFLICTS", 2)
    await asleep.people.act("faults", method="getUpdates", status=409, times=2)
    app = asleep.app
    lanes = Lanes(app.store, app._route, app.residents.give_up)
    lanes.recovered.set()
    with pytest.raises(SettingsError, match="only one may"):
        await Poller(app.store, app.bot, lanes, app.alarms).run()


async def test_d9_who_polled_first_goes_on_and_sounds_an_alarm(
    asleep: Seura, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "CONFLICTS", 1)
    monkeypatch.setattr(inbox, "NEWCOMER_SECONDS", 0.0)
    monkeypatch.setattr(inbox, "GIVING_WAY_SECONDS", 0.01)
    await asleep.people.act("faults", method="getUpdates", status=409, times=2)
    asleep.start()
    assert await asleep.writes("hei") == ["Rasa: hei"]
    assert await asleep.said(GROUP) == [words("utter_alarm_second_poller")]
