import sys
from datetime import timedelta
from pathlib import Path

from bot.activities.importing import note_attempt
from bot.reimporting import Reimporter
from bot.store.engine import Store
from bot.store.tables import ActivitySource
from tests.activities.making import GAZETTEER

SOURCES = """\
- {name: a, kind: ical, address: x, hours: 6}
- {name: b, kind: ical, address: y, hours: 6}
"""


def importing(store: Store, folder: Path, *, status: int = 0) -> Reimporter:
    """A reimporter whose imports only write down the name of the source."""
    (folder / "sources.yml").write_text(SOURCES)
    code = f"import sys; open({str(folder / 'done')!r}, 'a').write(sys.argv[1]); sys.exit({status})"
    return Reimporter(store, GAZETTEER, folder / "sources.yml", (sys.executable, "-c", code))


async def test_what_is_due_is_imported_and_what_was_just_done_is_not(
    store: Store, tmp_path: Path
) -> None:
    await note_attempt(store, "a", None, None)
    await importing(store, tmp_path).look()
    assert (tmp_path / "done").read_text() == "b"


async def test_one_that_fails_leaves_the_others_and_is_tried_again_sooner(
    store: Store, tmp_path: Path
) -> None:
    await note_attempt(store, "a", None, "down")
    async with store.begin() as session:
        row = await session.get_one(ActivitySource, "a")
        row.tried_at -= timedelta(hours=2)
    await importing(store, tmp_path, status=1).look()
    assert (tmp_path / "done").read_text() == "ab"


async def test_a_broken_list_of_sources_ends_nothing(store: Store, tmp_path: Path) -> None:
    reimporter = importing(store, tmp_path)
    (tmp_path / "sources.yml").write_text("- {")
    await reimporter.look()
    assert not (tmp_path / "done").exists()
