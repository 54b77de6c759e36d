"""What staff wrote, to hold what is heard against it: responses, phrases, labels of chips."""

import csv
import re
from collections.abc import Iterator
from typing import Any

import yaml

from bot.settings import ROOT

Json = dict[str, Any]

PLACEHOLDER = re.compile(r"\{\w+\}")
CHOSEN = "✓ "


class Words:
    """The files of `stories/wording/` and the catalogues, read as plain YAML."""

    def __init__(self) -> None:
        self.responses: dict[str, list[Json]] = {}
        for file in sorted((ROOT / "stories" / "wording").glob("*.yml")):
            self.responses |= _read(file)["responses"]
        knowledge = ROOT / "bot" / "knowledge"
        self.phrases = _read(knowledge / "phrases.yml")
        self.helplines = _read(knowledge / "helplines.yml")["helplines"]
        self.activities = _read(knowledge / "sample_activities.yml")
        with (knowledge / "municipalities.csv").open(encoding="utf-8") as rows:
            self._places = {row["name_fi"] for row in csv.DictReader(rows)}
        self._labels = {
            key: entry["label"]
            for name in ("factors", "interests")
            for key, entry in _read(knowledge / f"{name}.yml")[name].items()
        }

    def fits(self, response: str, language: str, message: Json) -> bool:
        """Whether a message of the bot is that response in that language, with its buttons."""
        text = message.get("text") or message.get("caption") or ""
        titles = {title.removeprefix(CHOSEN) for title in titles_of(message)}
        return any(
            _pattern(variation["text"]).fullmatch(text)
            and {b["title"] for b in _taps(variation)} <= titles
            for variation in self._variations(response, language)
        )

    def is_text(self, response: str, text: str | None) -> bool:
        """Whether a text without buttons, for moderators, is that response."""
        return self.fits(response, "fi", {"text": text})

    def name(self, language: str, message: Json) -> str:
        """Which response a message is; for the report of a failed test."""
        fitting = [name for name in self.responses if self.fits(name, language, message)]
        fitting = [name for name in fitting if not name.startswith("utter_topic_name")]
        return " or ".join(fitting) or "no response in that language"

    def title(self, response: str, language: str, payload: str) -> str | None:
        """What stands on the button of a response that has that payload."""
        for variation in self._variations(response, language):
            for button in _taps(variation):
                if button["payload"].replace("{{", "{").replace("}}", "}").startswith(payload):
                    return str(button["title"])
        return None

    def titles(self, language: str) -> set[str]:
        """All that may stand on a button in that language; places have one name in all."""
        fixed = {
            button["title"]
            for name in self.responses
            for variation in self._variations(name, language)
            for button in variation.get("buttons") or []
        }
        chips = {label[language] for label in self._labels.values()}
        phrases = {phrase[language] for phrase in self.phrases["button"].values()}
        return fixed | chips | phrases | self._places

    def label(self, key: str, language: str) -> str:
        """What stands on a chip: a factor, an interest; a municipality is its own name."""
        return str(self._labels[key][language]) if key in self._labels else key

    def phrase(self, name: str, language: str) -> re.Pattern[str]:
        """A phrase of `phrases.yml`; its placeholders are groups, in order."""
        section, key = name.split(".")
        return _pattern(self.phrases[section][key][language])

    def reasons(self, language: str) -> list[re.Pattern[str]]:
        """All the ways in which a suggestion is explained."""
        return [self.phrase(f"reason.{key}", language) for key in self.phrases["reason"]]

    def _variations(self, response: str, language: str) -> Iterator[Json]:
        for variation in self.responses[response]:
            conditions = variation.get("condition") or [{"value": "fi"}]
            if conditions[0]["value"] == language:
                yield variation


def titles_of(message: Json) -> list[str]:
    """What stands on the buttons under a message."""
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [button["text"] for row in rows for button in row]


def _taps(variation: Json) -> list[Json]:
    """A variation's buttons, without those that open a page: not every place is on the map."""
    buttons = variation.get("buttons") or []
    return [button for button in buttons if not button["payload"].startswith("url:")]


def _pattern(text: str) -> re.Pattern[str]:
    fixed = PLACEHOLDER.split(text.strip())
    return re.compile("(.*)".join(map(re.escape, fixed)), re.DOTALL)


def _read(path: Any) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
