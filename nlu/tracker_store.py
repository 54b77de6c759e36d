"""Rasa's tracker store, kept short: a turn costs the same however long the conversation is.

Rasa replays every event of a conversation several times in each turn. Here a tracker holds the
events of the last turns, which is all that our policies look at, after a prelude that sets the
slots and the active form to what they were before. What came earlier is not kept: these are
people's words about their health.

One row a conversation, in SQLite or PostgreSQL, written before the turn is answered. The events of
the latest conversations are held in memory as well (`nlu/recent.py`), each with its JSON, so that
a turn does not read, decrypt and parse what the one before it wrote, nor write old events anew.
The database stays the truth: it is asked each time whether the row is still the one that was
written. The app deletes rows of whoever is erased, and then nothing that is held counts.
"""

import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Text

import rasa.shared.core.events as rasa_events
import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    Event,
    Restarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.errors import SettingsError
from bot.keys import Keys
from nlu.failures import TurnFailed
from nlu.recent import Held, Recent

# Messages of the resident that a tracker goes back. `config.yml` asks for 4 states at most, and a
# message is at least one.
TURNS = 6

metadata = sa.MetaData()
conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("sender_id", sa.Text, primary_key=True),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Float, nullable=False, index=True),
)
# As text: to put them together anew for each turn would take longer than they do.
CHANGED = sa.text("SELECT changed_at FROM conversations WHERE sender_id = :sender_id")
READ = sa.text("SELECT events, changed_at FROM conversations WHERE sender_id = :sender_id")
WRITE = sa.text(
    "INSERT INTO conversations (sender_id, events, changed_at) "
    "VALUES (:sender_id, :events, :changed_at) "
    "ON CONFLICT (sender_id) DO UPDATE "
    "SET events = excluded.events, changed_at = excluded.changed_at"
)


class ShortTrackerStore(TrackerStore):
    """Keeps the last turns of each conversation.

    Args:
        domain: what trackers are made from.
        host: not used; Rasa passes it to every store.
        event_broker: is told of new events, where Rasa has one.
        db: an SQLAlchemy address, `sqlite:///FILE` or `postgresql://…`.
        turns: messages of the resident that are kept.
        keys: encrypt what is kept, as in `bot/keys.py`.
        key_file: where they are, unless they are given; with neither it is kept as it is, which
            only tests do.
    """

    def __init__(
        self,
        domain: Optional[Domain] = None,
        host: Optional[Text] = None,
        event_broker: Optional[EventBroker] = None,
        db: Text = "sqlite://",
        turns: int = TURNS,
        keys: Optional[Text] = None,
        key_file: Optional[Text] = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._turns = turns
        self._keys = Keys.load(Path(key_file), keys or "") if key_file else None
        self._recent = Recent()
        self._engine = _engine(db)
        metadata.create_all(self._engine)

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The tracker as it is after the last turn; none for somebody new."""
        try:
            events = self._events(sender_id)
        except sa.exc.SQLAlchemyError as error:
            # Rasa would begin a new conversation instead.
            raise TurnFailed("the conversation can't be read") from error
        if events is None:
            return None
        return DialogueStateTracker.from_events(
            sender_id, events, self.domain.slots, self.max_event_history, domain=self.domain
        )

    def _events(self, sender_id: Text) -> Optional[List[Event]]:
        who = {"sender_id": sender_id}
        held = self._recent.get(sender_id)
        with self._engine.connect() as connection:
            if held and connection.execute(CHANGED, who).scalar() == held.changed_at:
                return held.events
            self._recent.drop(sender_id)
            row = connection.execute(READ, who).first()
        if row is None:
            return None
        return [_event(one) for one in json.loads(self._opened(row.events))]

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Writes the conversation's last turns in the place of those before."""
        await self.stream_events(tracker)
        sender_id = tracker.sender_id
        events = shortened(tracker, self._turns)
        texts = self._texts(sender_id, events)
        changed_at = time.time()
        # Whatever becomes of the writing, what was held until now is of no use any more.
        self._recent.drop(sender_id)
        row = {
            "sender_id": sender_id,
            "events": self._sealed(f"[{', '.join(texts)}]"),
            "changed_at": changed_at,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(WRITE, row)
        except sa.exc.SQLAlchemyError as error:
            # Rasa would keep it in memory, and forget it at the next start.
            raise TurnFailed("the conversation can't be written") from error
        self._recent.hold(sender_id, Held(events, texts, changed_at))

    def _texts(self, sender_id: Text, events: List[Event]) -> List[Text]:
        """Each event in JSON, as it was written already if it was."""
        held = self._recent.get(sender_id)
        # They are the same objects: equal ones may still differ.
        written = dict(zip(map(id, held.events), held.texts)) if held else {}
        return [written.get(id(one)) or json.dumps(one.as_dict()) for one in events]

    def _sealed(self, written: Text) -> Text:
        return self._keys.encrypt(written) if self._keys else written

    def _opened(self, kept: Text) -> Text:
        try:
            return self._keys.decrypt(kept) if self._keys else kept
        except SettingsError as error:
            raise TurnFailed("the conversation can't be decrypted") from error

    async def keys(self) -> Iterable[Text]:
        """The ids of all conversations."""
        with self._engine.connect() as connection:
            return list(connection.execute(sa.select(conversations.c.sender_id)).scalars())


def shortened(tracker: DialogueStateTracker, turns: int) -> List[Event]:
    """The events that bring a new tracker to the state of this one, and its last turns with it.

    Args:
        tracker: of any length.
        turns: messages of the resident that are kept, with all that came of them.
    """
    events = list(tracker.events)
    messages = [n for n, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(messages) <= turns:
        return events
    cut = messages[-turns]
    # A message counts for the policies only after the bot has listened.
    while cut and not _is_listening(events[cut]):
        cut -= 1
    return [*_prelude(events[:cut]), *events[cut:]]


def _is_listening(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _prelude(events: List[Event]) -> List[Event]:
    """Slots and form as they are after these events, in as few events as can be."""
    slots: Dict[Text, SlotSet] = {}
    loop: List[Event] = []
    for number, event in enumerate(events):
        if isinstance(event, SlotSet):
            slots.pop(event.key, None)
            slots[event.key] = event
        elif isinstance(event, (Restarted, AllSlotsReset)):
            slots.clear()
            loop = loop if isinstance(event, AllSlotsReset) else []
        elif isinstance(event, ActiveLoop):
            loop = [_execution(events[:number], event.name), event] if event.name else []
        elif loop and isinstance(event, ActionExecutionRejected):
            loop = [*loop[:2], event]
        elif loop and isinstance(event, ActionExecuted) and event.action_name == loop[1].name:
            loop = [event, loop[1]]
    return [*slots.values(), *loop]


def _execution(before: List[Event], name: Text) -> ActionExecuted:
    """The form's own action, after which it became the active one."""
    ran = (e for e in reversed(before) if isinstance(e, ActionExecuted) and e.action_name == name)
    return next(ran, ActionExecuted(name))


def _event(kept: Dict[Text, Any]) -> Event:
    return _kind(kept["event"])._from_parameters(kept)


@lru_cache(maxsize=None)
def _kind(name: Text) -> Any:
    # Rasa looks through all kinds of events for each one.
    return rasa_events.Event.resolve_by_type(name)


def _engine(db: Text) -> sa.engine.Engine:
    url = sa.engine.make_url(db)
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, future=True, pool_pre_ping=True, hide_parameters=True)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        url,
        future=True,
        hide_parameters=True,
        poolclass=sa.pool.StaticPool,
        connect_args={"timeout": 10, "check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
