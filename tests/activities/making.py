"""Activities and wishes for the tests, ordinary in all that is not named."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.activities import catalogue
from bot.activities.places import Gazetteer
from bot.activities.search import Wish
from bot.store.engine import Store
from bot.store.tables import Activity

KNOWLEDGE = Path(__file__).parents[2] / "bot" / "knowledge"
GAZETTEER = Gazetteer.load(KNOWLEDGE / "municipalities.csv", KNOWLEDGE / "localities.csv")

# A Tuesday, at noon in Helsinki.
AT = datetime(2026, 12, 1, 10, tzinfo=UTC)


async def put(store: Store, *activities: Activity) -> dict[str, int]:
    """Puts them into the catalogue; gives their ids by key."""
    async with store.begin() as session:
        await catalogue.add(session, activities, GAZETTEER, AT)
    return {one.source_id: one.id for one in activities}


def activity(key: str, **given: Any) -> Activity:
    """A coffee morning in Äänekoski with no times, for a small price, with signing up."""
    ordinary: dict[str, Any] = {
        "source": "tests",
        "source_id": key,
        "kind": "group",
        "title": {"fi": key, "en": key},
        "text": {"fi": key, "en": key},
        "municipality": "Äänekoski",
        "latitude": 62.6,
        "longitude": 25.7333,
        "needs": ["company"],
        "interests": [],
        "meant_for": [],
        "ratings": 0,
        "rating_sum": 0,
        "times": [],
        "price_euros": 5.0,
        "languages": ["fi"],
        "walk_in": False,
        "sample": False,
        "checked_at": AT,
    }
    return Activity(**(ordinary | given))


def online(key: str, **given: Any) -> Activity:
    """A chat that is reached from anywhere."""
    nowhere = {"kind": "online", "municipality": None, "latitude": None, "longitude": None}
    return activity(key, **(nowhere | given))


def wish(**given: Any) -> Wish:
    """Somebody in Äänekoski who looks for company."""
    ordinary: dict[str, Any] = {
        "needs": {"company": 1.0},
        "interests": (),
        "latitude": None,
        "longitude": None,
        "municipality": "Äänekoski",
        "language": "fi",
        "at": AT,
    }
    return Wish(**(ordinary | given))
