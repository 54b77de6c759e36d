from bot.handoff.summary import minimal, shared_of
from bot.store.tables import Resident

RESIDENT = Resident(
    telegram_id=7001,
    conversation_id="secret",
    alias="Sininen Lumme",
    language="fi",
    municipality="Multia",
)


def test_with_a_yes_keys_place_and_language_are_shared() -> None:
    assert shared_of(RESIDENT, ["shyness"], ("chess",)) == {
        "factors": ["shyness"],
        "interests": ["chess"],
        "municipality": "Multia",
        "language": "fi",
    }


def test_without_a_yes_only_the_language_is_shared() -> None:
    assert minimal(RESIDENT) == {"language": "fi"}
