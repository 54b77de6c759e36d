"""The map of the dialogue: what people say, what the bot does then, form by form, as SVG.

The layout is plain: a column for each step, the rules of one beginning below each other, steps that
rules share drawn once. It is drawn here, as a picture that a page can show and click.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from html import escape

from bot.stories.reading import Name, Piece, say
from bot.stories.sources import Sources, language_of

COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 250, 46, 220, 34, 16
HEAD = 40  # above each group


@dataclass
class Node:
    """A step on the map.

    Attributes:
        kind: `intent`, `action`, `says` (a sentence), `form` or `end`.
        name: what it is.
        file: where it is written first.
        line: there.
        titles: the rules and stories that go through it.
        next: what comes after it.
    """

    kind: str
    name: str
    file: str
    line: int
    titles: list[str] = field(default_factory=list)
    next: list["Node"] = field(default_factory=list)
    column: int = 0
    row: float = 0.0

    @property
    def id(self) -> str:
        """Names it on the map."""
        return f"{self.file}:{self.line}"


@dataclass
class Group:
    """What may happen while one form is active, or none."""

    form: str
    roots: list[Node] = field(default_factory=list)


def map_of(sources: Sources) -> list[Group]:
    """The dialogue as trees: a group for no form, and one for each form."""
    groups: dict[str, Group] = {}
    for title, story in sources.titles:
        loops = (part.get("active_loop").text for part in story.get("condition").each())
        form = next(filter(None, loops), "")
        group = groups.setdefault(form, Group(form))
        _add(group.roots, list(story.get("steps").each()), title.text)
    return sorted(groups.values(), key=lambda group: group.form)


def _add(siblings: list[Node], steps: list[Piece], title: str) -> None:
    for number, step in enumerate(steps):
        for one in list(step.get("or").each()) or [step]:
            node = _node(one)
            if node is None:
                continue
            known = next((n for n in siblings if (n.kind, n.name) == (node.kind, node.name)), None)
            if known is None:
                siblings.append(node)
                known = node
            known.titles.append(title)
            _add(known.next, steps[number + 1 :], title)
        if _node(step) is not None or step.has("or"):
            return


def _node(step: Piece) -> Node | None:
    place = (step.file, step.line)
    if step.has("intent"):
        return Node("intent", step.get("intent").text, *place)
    if step.has("action"):
        name = step.get("action").text
        return Node("says" if name.startswith("utter_") else "action", name, *place)
    loop = step.get("active_loop").text
    if loop == "null":
        return Node("end", "", *place)
    return Node("form", loop, *place) if loop else None


def rules_by_moment(sources: Sources) -> dict[tuple[str, str], Name]:
    """The rule or story that begins with an intent, by the form that is open and the intent."""
    rules: dict[tuple[str, str], Name] = {}
    for title, story in sources.titles:
        loops = (part.get("active_loop").text for part in story.get("condition").each())
        form = next(filter(None, loops), "")
        for step in list(story.get("steps").each())[:1]:
            for one in (step, *step.get("or").each()):
                if one.has("intent"):
                    intent = one.get("intent").text.partition("/")[0]
                    rules.setdefault((form, intent), title)
    return rules


def titles_of(sources: Sources, talk: Piece) -> set[str]:
    """The rules that a conversation goes through, by what is said and which form is open."""
    rules = rules_by_moment(sources)
    found, active = set(), ""
    for step in talk.get("steps").each():
        if step.has("active_loop"):
            loop = step.get("active_loop").text
            active = "" if loop == "null" else loop
        intent = step.get("intent").text.partition("/")[0]
        if intent and (active, intent) in rules:
            found.add(rules[active, intent].text)
    return found


def svg(
    sources: Sources,
    language: str,
    lit: Collection[str] = (),
    link: str = "",
    *,
    styled: bool = True,
) -> str:
    """The map as a picture.

    Args:
        sources: what is drawn.
        language: of the sentences on it, fi or en.
        lit: titles of rules whose path is lit up.
        link: what a click on a node leads to, with {file} and {line}; empty leads nowhere.
        styled: whether the picture brings its own style.
    """
    texts = _texts(sources, language)
    parts: list[str] = []
    top, widest = MARGIN, 0
    for group in map_of(sources):
        head = say("map_form", language, form=group.form) if group.form else say("map", language)
        parts.append(f'<text class="head" x="{MARGIN}" y="{top + 22}">{escape(head)}</text>')
        rows = _place(group.roots, 0, 0.0)
        for node in _all(group.roots):
            widest = max(widest, node.column)
            parts += _edges(node, top + HEAD, lit)
            parts.append(_box(node, top + HEAD, texts, lit, link))
        top += HEAD + int(rows * ROW) + MARGIN
    width = (widest + 1) * COLUMN + MARGIN
    title = escape(say("map_title", language))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="map" width="{width}" height="{top}" '
        f'viewBox="0 0 {width} {top}" role="group" aria-label="{title}">'
        f"{f'<style>{STYLE}</style>' if styled else ''}{''.join(parts)}</svg>"
    )


def _place(nodes: list[Node], column: int, row: float) -> float:
    """Gives each node its place; returns the first free row below."""
    for node in nodes:
        node.column = column
        below = _place(node.next, column + 1, row)
        node.row = row
        row = max(below, row + 1)
    return row


def _all(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _all(node.next)


def _texts(sources: Sources, language: str) -> dict[str, str]:
    """The first sentence of each response in a language."""
    return {
        name.text: variation.get("text").text.strip().splitlines()[0]
        for name, variation in sources.variations
        if (language_of(variation) or "fi") == language and variation.get("text").text.strip()
    }


def _edges(node: Node, top: int, lit: Collection[str]) -> Iterator[str]:
    for following in node.next:
        x1, y1 = MARGIN + node.column * COLUMN + WIDTH, _middle(node, top)
        x2, y2 = MARGIN + following.column * COLUMN, _middle(following, top)
        bend = (x1 + x2) / 2
        on = _class("edge", following, lit)
        yield f'<path class="{on}" d="M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}"/>'


def _box(node: Node, top: int, texts: dict[str, str], lit: Collection[str], link: str) -> str:
    x, y = MARGIN + node.column * COLUMN, top + node.row * ROW
    label = {"end": "■"}.get(node.kind) or node.name
    tip = "\n".join([*dict.fromkeys(node.titles), *filter(None, [texts.get(node.name)])])
    second = texts.get(node.name, "") if node.kind == "says" else ""
    height = y + (15 if second else 22)
    lines = f'<text class="name" x="{x + 10}" y="{height}">{_short(label)}</text>'
    if second:
        lines += f'<text class="said" x="{x + 10}" y="{y + 28}">{_short(second, 38)}</text>'
    box = (
        f'<g class="{_class(node.kind, node, lit)}" data-file="{escape(node.file)}" '
        f'data-line="{node.line}"><title>{escape(tip)}</title>'
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="{_corner(node)}"/>{lines}</g>'
    )
    if not link:
        return box
    target = escape(link.format(file=node.file, line=node.line))
    return f'<a href="{target}">{box}</a>'


def _corner(node: Node) -> int:
    return HEIGHT // 2 if node.kind == "intent" else 6


def _middle(node: Node, top: int) -> float:
    return top + node.row * ROW + HEIGHT / 2


def _class(kind: str, node: Node, lit: Collection[str]) -> str:
    return f"{kind} lit" if any(title in lit for title in node.titles) else kind


def _short(text: str, most: int = 30) -> str:
    return escape(text if len(text) <= most else f"{text[: most - 1]}…")


STYLE = (
    ".map{font-family:system-ui,sans-serif;font-size:12px}"
    ".map text{fill:currentColor}.map .head{font-size:15px;font-weight:600}"
    ".map rect{fill:none;stroke:currentColor;stroke-opacity:.45}"
    ".map .intent rect{fill:#2b7a7833}.map .says rect{fill:#d9a44133}"
    ".map .form rect{fill:#7a5ea833}"
    ".map .said{font-size:10px;opacity:.75}"
    ".map .edge{fill:none;stroke:currentColor;stroke-opacity:.4}"
    ".map .lit rect{stroke-width:3;stroke-opacity:1}.map .edge.lit{stroke-width:3;stroke-opacity:1}"
    ".map a:focus rect,.map a:hover rect{stroke-width:2;stroke-opacity:1}"
)
