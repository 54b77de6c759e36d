"""Rasa without TensorFlow, which nothing in `config.yml` uses.

Rasa imports TensorFlow wherever one of its neural networks is defined, used or not: 450 MB of
memory and most of the time that a start takes. Rasa's environment is made without it. So that the
modules which only mention it can be imported, its place is taken by modules without content;
whatever is asked of them is a class that can be named and inherited from, and that says loudly what
is missing as soon as it is used.

Where TensorFlow is installed (the stock pipeline of the benchmark) nothing is done.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Callable, Optional, Sequence, Text

ABSENT = ("tensorflow", "tensorflow_hub", "tensorflow_text", "keras")


class TensorFlowMissing(ImportError):
    """Something needs TensorFlow, which Rasa's environment is made without."""

    def __init__(self, part: Text) -> None:
        super().__init__(
            f"{part} was asked for, but Rasa's environment has no TensorFlow: use a component in "
            "config.yml that does without it, or call Rasa from .venv-stock."
        )


class _Kind(type):
    """The type of the classes that stand for TensorFlow's own."""

    def __getattr__(cls, name: Text) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _part(f"{cls.__qualname__}.{name}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TensorFlowMissing(cls.__qualname__)


def _part(name: Text) -> Any:
    if name == "tensorflow.function":
        return _as_it_is
    return _Kind(name.rpartition(".")[2], (), {"__qualname__": name})


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
    def find_spec(
        self, name: Text, path: Optional[Sequence[Text]], target: Optional[ModuleType] = None
    ) -> Optional[ModuleSpec]:
        if name.partition(".")[0] in ABSENT:
            return ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def prepare() -> None:
    """Puts the empty modules in place, unless TensorFlow is there. Before Rasa is imported."""
    if find_spec("tensorflow") is None:
        sys.meta_path.insert(0, _Finder())
