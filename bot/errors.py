"""The one error tree.

    SeuraError
    ├── SettingsError          a setting is missing or wrong (told at start, exit status 2)
    ├── SetupError             something the machine needs is not there
    ├── KnowledgeError         a catalogue or wording file that staff edit can't be read
    ├── ImportFailed           a source of activities can't be fetched or read as a whole
    ├── DialogueUnavailable    Rasa is down, slow, or answered what can't be read
    ├── HandoffRefused         a move that the handoff's state or the actor does not allow
    ├── NotPermitted           somebody's role does not allow what they want to do
    ├── SignInRefused          a link or a session that is not good
    └── PersonRefused          somebody can't be added, changed or removed

Errors carry facts; the words a person reads are added at the edge.
"""

from datetime import datetime


class SeuraError(Exception):
    """Base of every error that Seura raises on purpose."""


class SettingsError(SeuraError):
    """A setting is missing or wrong. The message is one plain sentence for the operator."""


class SetupError(SeuraError):
    """The machine lacks something. The message says what, and what to do."""


class KnowledgeError(SeuraError):
    """A file that staff edit can't be used. The message names file, place and cause."""


class ImportFailed(SeuraError):
    """A source gives nothing that can be taken in. What came from it before stays as it is."""


class DialogueUnavailable(SeuraError):
    """Rasa gave no usable answer. Carries the reason, never the resident's words."""


class HandoffRefused(SeuraError):
    """A move in a handoff that is not allowed.

    Attributes:
        reason: a stable code: `taken`, `not_claimed`, `not_ended`, `over`, `cancelled`,
            `open_already`, `blocked`, `behind`, `empty`.
        holder: name of the moderator who has it, where there is one.
        at: when it was cancelled, or until when the resident is blocked.
        newer: how many messages the writer has not seen.
    """

    def __init__(
        self,
        reason: str,
        holder: str | None = None,
        *,
        at: datetime | None = None,
        newer: int = 0,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.holder = holder
        self.at = at
        self.newer = newer


class NotPermitted(SeuraError):
    """A role does not have a permission.

    Attributes:
        permission: its name.
    """

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class SignInRefused(SeuraError):
    """Somebody is not let in. Carries a stable code, never the secret."""


class PersonRefused(SeuraError):
    """Somebody can't be added, changed or removed.

    Attributes:
        reason: a stable code: `name`, `telegram_id`, `role`, `known`, `unknown`,
            `last_admin`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
