"""Rasa without what nothing here uses.

Rasa imports TensorFlow wherever one of its neural networks is defined, used or not: 450 MB of
memory and most of the time that a start takes. Rasa's environment is made without it. `rasa run`
also does without the libraries of the chat services, databases and pictures that Rasa knows and we
don't use: 40 MB, and a third of what is left of the start.

So that the modules which only mention them can be imported, their place is taken by modules without
content; whatever is asked of them is a class that can be named and inherited from, and that says
loudly what is missing as soon as it is used.

Where TensorFlow is installed (the stock pipeline of the benchmark) it stays.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Callable, Optional, Sequence, Text

TENSORFLOW = ("tensorflow", "tensorflow_hub", "tensorflow_text", "keras")
UNUSED_BY_RUN = (
    # Channels. Ours is nlu/components/channel.py.
    "aiogram", "fbmessenger", "mattermostwrapper", "prompt_toolkit", "questionary",
    "rocketchat_API", "slack_sdk", "socketio", "twilio", "webexteamssdk",
    # Stores of trackers and locks. Ours is nlu/tracker_store.py, and locks are in memory.
    "boto3", "botocore", "bson", "gridfs", "pymongo", "redis",
    # What only learning takes, and pictures of how a test went.
    "sklearn", "matplotlib",
)  # fmt: skip


class PartMissing(ImportError):
    """Something needs a library that this process does without."""

    def __init__(self, part: Text) -> None:
        if part.partition(".")[0] in TENSORFLOW:
            super().__init__(
                f"{part} was asked for, but Rasa's environment has no TensorFlow: use a component "
                "in config.yml that does without it, or call Rasa from .venv-stock."
            )
        else:
            super().__init__(
                f"{part} was asked for, but `rasa run` does without it here: take its name out of "
                "UNUSED_BY_RUN in nlu/lean.py."
            )


class _Kind(type):
    """The type of the classes that stand for what is missing."""

    def __getattr__(cls, name: Text) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _part(f"{cls.missing_part}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise PartMissing(cls.missing_part)


def _part(name: Text) -> Any:
    if name == "tensorflow.function":
        return _as_it_is
    # `__new__` is what unpickling calls.
    refuses = {"missing_part": name, "__new__": _Kind.__call__}
    return _Kind(name.rpartition(".")[2], (), refuses)


def _as_it_is(function: Optional[Callable] = None, **_: Any) -> Callable:
    """`tf.function` decorates methods while their class is being defined."""
    return function or _as_it_is


class _Empty(ModuleType):
    """A module in which everything can be named and nothing works."""

    __path__: Sequence[Text] = ()

    def __getattr__(self, name: Text) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _part(f"{self.__name__}.{name}")


class _Finder(MetaPathFinder, Loader):
    def __init__(self, absent: Sequence[Text]) -> None:
        self._absent = frozenset(absent)

    def find_spec(
        self, name: Text, path: Optional[Sequence[Text]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if name.partition(".")[0] in self._absent:
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def prepare(command: Optional[Text] = None) -> None:
    """Puts the empty modules in place. Before Rasa is imported.

    Args:
        command: which of Rasa's commands will run; the one on the command line unless it is told.
    """
    if find_spec("tensorflow") is not None:
        return
    given = command or "".join(sys.argv[1:2])
    absent = TENSORFLOW + UNUSED_BY_RUN if given == "run" else TENSORFLOW
    sys.meta_path.insert(0, _Finder(absent))
