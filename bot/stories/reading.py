"""The files of an assistant as pieces that know their line: YAML of staff, literals of the code."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.reading import read_mapping


@dataclass(frozen=True)
class Problem:
    """Something to mend, told in one line.

    Attributes:
        file: its path from the project's folder.
        line: counted from 1.
        key: what kind of slip it is, a key of `words/problems.yml`.
        values: what fills the braces there.
    """

    file: str
    line: int
    key: str
    values: tuple[tuple[str, str], ...] = ()

    def what(self, language: str = "en") -> str:
        """What is wrong, a sentence."""
        return self._say("what", language)

    def mend(self, language: str = "en") -> str:
        """What to do about it, another."""
        return self._say("mend", language)

    def told(self, language: str = "en") -> str:
        """All of it."""
        return f"{self.file}:{self.line}: {self.what(language)} {self.mend(language)}"

    def __str__(self) -> str:
        return self.told()

    def _say(self, part: str, language: str) -> str:
        return str(words("problems")[self.key][part][language]).format(**dict(self.values))


class Unreadable(Exception):
    """Files can't be read. Carries the problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Name:
    """A word and where it stands. An open one is only known by its beginning: `f"utter_{x}"`."""

    text: str
    file: str
    line: int
    is_open: bool = False

    def fits(self, name: str) -> bool:
        """Whether it may mean that name."""
        return name.startswith(self.text) if self.is_open else name == self.text

    def problem(self, key: str, /, **values: object) -> Problem:
        """Something to mend here: a key of `words/problems.yml`, and what fills its braces."""
        return Problem(self.file, self.line, key, told(values))


@dataclass(frozen=True)
class Piece:
    """A piece of a YAML file. What is not there is an empty piece."""

    file: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """Where it begins, counted from 1."""
        return self.node.start_mark.line + 1

    @property
    def text(self) -> str:
        """A scalar's text; empty for anything else."""
        return self.node.value if isinstance(self.node, yaml.ScalarNode) else ""

    @property
    def name(self) -> Name:
        """Its text as a name; of keys and values, the first key."""
        for key, _ in self.items():
            return key.name
        return Name(self.text, self.file, self.line)

    def items(self) -> Iterator[tuple["Piece", "Piece"]]:
        """Keys and values, in order; repeated keys too."""
        if isinstance(self.node, yaml.MappingNode):
            for key, value in self.node.value:
                yield Piece(self.file, key), Piece(self.file, value)

    def each(self) -> Iterator["Piece"]:
        """The elements of a list."""
        if isinstance(self.node, yaml.SequenceNode):
            for node in self.node.value:
                yield Piece(self.file, node)

    def get(self, *path: str) -> "Piece":
        """The piece below these keys."""
        if not path:
            return self
        found = (value for key, value in self.items() if key.text == path[0])
        nothing = yaml.ScalarNode("", "", self.node.start_mark)
        return next(found, Piece(self.file, nothing)).get(*path[1:])

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return any(found.text == key for found, _ in self.items())

    def problem(self, key: str, /, **values: object) -> Problem:
        """Something to mend here: a key of `words/problems.yml`, and what fills its braces."""
        return Problem(self.file, self.line, key, told(values))


def read(root: Path, *patterns: str, instead: Mapping[str, str] | None = None) -> list[Piece]:
    """The YAML files that the patterns name.

    Args:
        root: the folder.
        patterns: from there.
        instead: texts that stand for those of files, by path: what is not saved yet.

    Raises:
        Unreadable: some are no YAML, or a pattern names none; carries all of them.
    """
    pieces: list[Piece] = []
    problems: list[Problem] = []
    for pattern in patterns:
        files = sorted(root.glob(pattern))
        if not files:
            problems.append(Problem(pattern, 1, "missing_file"))
        for path in files:
            file = path.relative_to(root).as_posix()
            try:
                text = (instead or {}).get(file)
                text = path.read_text(encoding="utf-8") if text is None else text
                pieces.append(compose(file, text))
            except UnicodeDecodeError:
                problems.append(Problem(file, 1, "not_utf8"))
            except Unreadable as error:
                problems += error.problems
    if problems:
        raise Unreadable(*problems)
    return pieces


# Whoever checks while somebody types reads the same files again and again.
@lru_cache(maxsize=256)
def compose(file: str, text: str) -> Piece:
    """A file's text as a piece.

    Raises:
        Unreadable: it is no YAML, or holds no keys and values.
    """
    for marked, written in enumerate(text.splitlines(), start=1):
        if written.startswith(("<<<<<<< ", ">>>>>>> ")):
            raise Unreadable(Problem(file, marked, "both_changed"))
    try:
        node = yaml.compose(text, yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(Problem(file, line, "no_yaml", told({"why": error.problem}))) from error
    except yaml.YAMLError as error:
        raise Unreadable(Problem(file, 1, "not_utf8")) from error
    if not isinstance(node, yaml.MappingNode):
        raise Unreadable(Problem(file, 1, "no_mapping"))
    return Piece(file, node)


@dataclass
class Code(ast.NodeVisitor):
    """The literals of the Python code, as far as they name something that staff edit.

    Attributes:
        literals: every text; of an f-string that begins with text, an open one.
        keywords: the names of the values that calls are given.
        phrases: what `phrases(…)` is asked for.
        actions: the names of the actions: `action = "…"` in a class.
    """

    file: str = ""
    literals: list[Name] = field(default_factory=list)
    keywords: set[str] = field(default_factory=set)
    phrases: list[Name] = field(default_factory=list)
    actions: list[Name] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, folders: Iterable[str], but: str = "") -> "Code":
        """Reads every Python file below the folders, but not those below `but`.

        Raises:
            Unreadable: one is no Python.
        """
        code = cls()
        for folder in folders:
            for path in sorted((root / folder).rglob("*.py")):
                file = path.relative_to(root).as_posix()
                if but and file.startswith(f"{but}/"):
                    continue
                code.add(_code_of(file, path.read_text(encoding="utf-8")))
        return code

    def add(self, other: "Code") -> None:
        """Takes what another one holds."""
        self.literals += other.literals
        self.keywords |= other.keywords
        self.phrases += other.phrases
        self.actions += other.actions

    def visit_Constant(self, node: ast.Constant) -> None:
        """Takes a text."""
        self.literals += self._names(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Takes an f-string by its beginning, and looks into its braces."""
        self.literals += self._names(node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        """Takes what `phrases` and `….phrases` are asked for."""
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called == "phrases" and node.args:
            self.phrases += self._names(node.args[0])
        self.keywords |= {keyword.arg for keyword in node.keywords if keyword.arg}
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Takes an action's name."""
        for part in node.body:
            if isinstance(part, ast.Assign) and getattr(part.targets[0], "id", "") == "action":
                self.actions += self._names(part.value)
        self.generic_visit(node)

    def _names(self, node: ast.expr) -> list[Name]:
        """The texts that an expression may give."""
        if isinstance(node, ast.IfExp):
            return self._names(node.body) + self._names(node.orelse)
        is_open = isinstance(node, ast.JoinedStr)
        first = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return [Name(first.value, self.file, node.lineno, is_open)]
        return []


@lru_cache(maxsize=512)
def _code_of(file: str, text: str) -> Code:
    code = Code(file)
    try:
        code.visit(ast.parse(text))
    except SyntaxError as error:
        raise Unreadable(Problem(file, error.lineno or 1, "no_python")) from error
    return code


@cache
def words(name: str) -> dict[str, Any]:
    """A catalogue of `bot/stories/words/`."""
    return read_mapping(Path(__file__).parent / "words" / f"{name}.yml")


def say(key: str, language: str, **values: object) -> str:
    """A sentence of `words/telling.yml`, filled."""
    return str(words("telling")[key][language]).format(**values)


def told(values: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Values as a problem keeps them."""
    return tuple((name, str(value)) for name, value in values.items())
