"""What kind an event is, asked quickly.

Rasa's events have an abstract base class, so that each `isinstance` against one of them goes
through `abc`, which also looks for classes that were only registered as a kind of event. There are
none, and a turn asks some thousand times. Here the base classes alone count, as with any class.
"""

from abc import ABCMeta
from typing import Any, Iterator, Type

from rasa.shared.core.events import Event


class Kind(ABCMeta):
    """As `ABCMeta`; `isinstance` looks at nothing but base classes."""

    __instancecheck__ = type.__instancecheck__


def kinds(base: Type[Any] = Event) -> Iterator[Type[Any]]:
    """All classes of events."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def mend() -> None:
    """Puts it in place."""
    for kind in list(kinds()):
        kind.__class__ = Kind
