"""The files of an assistant as pieces that know their line: YAML of staff, literals of the code."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Problem:
    """Something to mend, told in one line.

    Attributes:
        file: its path from the project's folder.
        line: counted from 1.
        what: what is wrong, a sentence.
        mend: what to do about it, another.
    """

    file: str
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what} {self.mend}"


class Unreadable(Exception):
    """A file can't be read. Carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


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

    def problem(self, what: str, mend: str) -> Problem:
        """Something to mend here."""
        return Problem(self.file, self.line, what, mend)


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

    def problem(self, what: str, mend: str) -> Problem:
        """Something to mend here."""
        return Problem(self.file, self.line, what, mend)


def read(root: Path, *patterns: str) -> list[Piece]:
    """The YAML files that the patterns name.

    Raises:
        Unreadable: one is no YAML, or a pattern names none.
    """
    pieces = []
    for pattern in patterns:
        files = sorted(root.glob(pattern))
        if not files:
            raise Unreadable(Problem(pattern, 1, "This file is missing.", "Bring it back."))
        pieces += [_compose(root, file) for file in files]
    return pieces


def _compose(root: Path, path: Path) -> Piece:
    file = path.relative_to(root).as_posix()
    mend = "Compare this place with another one like it; mind indents and quotation marks."
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(Problem(file, line, f"This is no YAML: {error.problem}.", mend)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unreadable(Problem(file, 1, "This is no YAML in UTF-8.", mend)) from error
    if not isinstance(node, yaml.MappingNode):
        raise Unreadable(Problem(file, 1, "This file holds no keys and values.", mend))
    return Piece(file, node)


@dataclass
class Code(ast.NodeVisitor):
    """The literals of the Python code, as far as they name something that staff edit.

    Attributes:
        literals: every text; of an f-string that begins with text, an open one.
        phrases: what `phrases(…)` is asked for.
        actions: the names of the actions: `action = "…"` in a class.
    """

    file: str = ""
    literals: list[Name] = field(default_factory=list)
    phrases: list[Name] = field(default_factory=list)
    actions: list[Name] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, folders: Iterable[str]) -> "Code":
        """Reads every Python file below the folders.

        Raises:
            Unreadable: one is no Python.
        """
        code = cls()
        for folder in folders:
            for path in sorted((root / folder).rglob("*.py")):
                code.file = path.relative_to(root).as_posix()
                try:
                    code.visit(ast.parse(path.read_text(encoding="utf-8")))
                except SyntaxError as error:
                    problem = Problem(
                        code.file, error.lineno or 1, "This is no Python.", "Mend it."
                    )
                    raise Unreadable(problem) from error
        return code

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
