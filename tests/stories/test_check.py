"""The check of what staff edit: every slip is told by file, line, cause and cure."""

from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.stories.check import CHECKS, check
from bot.stories.checks import crisis

# The small assistant below has nothing to say to somebody in danger.
SMALL = [one for one in CHECKS if one not in crisis.CHECKS]

# A whole assistant, as small as can be.
FILES = {
    "domain.yml": """\
version: "3.1"
intents:
- greet
- factor
- resume: {use_entities: []}
- stop
- ask_human
entities:
- municipality
slots:
  mood: {type: text}
  place: {type: text, influence_conversation: false}
  language: {type: text, initial_value: fi}
forms:
  walk_form:
    required_slots:
    - mood
    - place
actions:
- action_walk
- action_ask_walk_form_place
""",
    "nlu/talk.yml": """\
version: "3.1"
nlu:
# Tervehdyksiä.
- intent: greet
  examples: |
    - hei
    - terve [Jämsästä]{"entity": "municipality", "value": "Jämsä"}
    - 👋

- intent: factor/money
  examples: |
    - rahat on loppu
""",
    "bot/knowledge/helplines.yml": "helplines: []\n",
    "stories/talk.yml": """\
version: "3.1"
rules:
- rule: Tervehdys
  steps:
  - intent: greet
  - action: action_walk
- rule: Raha
  condition:
  - active_loop: walk_form
  - slot_was_set:
    - mood: low
  steps:
  - intent: factor
  - action: utter_told
  - action: walk_form
  - active_loop: walk_form
- rule: Raha ensin
  steps:
  - intent: factor/money
  - action: action_walk
- rule: Lopuksi
  condition:
  - active_loop: walk_form
  steps:
  - action: walk_form
  - active_loop: null
  - slot_was_set:
    - requested_slot: null
  - action: action_walk
- rule: Ei enää
  condition:
  - active_loop: walk_form
  steps:
  - or:
    - intent: stop
    - intent: ask_human
  - action: action_deactivate_loop
  - active_loop: null
- rule: Muuten
  steps:
  - or:
    - intent: stop
    - intent: ask_human
  - action: action_walk
stories:
- story: Taas
  steps:
  - or:
    - intent: resume
    - intent: nlu_fallback
  - action: action_listen
""",
    "stories/wording/talk.yml": """\
version: "3.1"
responses:
  utter_told:
  - text: "Kiitos {language}."
    buttons:
    - {title: "Jatketaan", payload: "/resume"}
    - {title: "Paikka", payload: '/greet{{"place": "{language}"}}'}
    - {title: "Seis", payload: "/stop"}
    - {title: "Ihminen", payload: "/ask_human"}
  - text: "Thanks {language}."
    condition:
    - {type: slot, name: language, value: en}
    buttons:
    - {title: "Go on", payload: "/resume"}
    - {title: "Place", payload: '/greet{{"place": "{language}"}}'}
  utter_ask_walk_form_mood:
  - text: "Mitä kuuluu?"
  - text: "How are you?"
    condition:
    - {type: slot, name: language, value: en}
  utter_saved:
  - text: "Tallessa."
  - text: "Saved."
    condition:
    - {type: slot, name: language, value: en}
  utter_clarify_mood:
  - text: "Olo."
  - text: "The mood."
    condition:
    - {type: slot, name: language, value: en}
""",
    "bot/knowledge/phrases.yml": """\
card:
  alias: {fi: "Nimi: {alias}", en: "Name: {alias}"}
  place: {fi: "Paikka", en: "Place"}
join:
  last: {fi: " ja ", en: " and "}
""",
    "bot/knowledge/factors.yml": """\
factors:
  money:
    label: {fi: "Raha", en: "Money"}
""",
    "actions/walk.py": '''\
"""Says `utter_nothing`."""


class Walk:
    action = "action_walk"

    def act(self, turn):
        turn.say("utter_saved" if turn else f"utter_clarify_{turn.asked['utter_saved']}")


class AskPlace:
    action = "action_ask_walk_form_place"
''',
    "bot/cards.py": """\
def card(phrases, name):
    return phrases(f"card.{name}", "fi") + phrases("join.last" if name else "card.alias", "fi")
""",
}

WORDING = "stories/wording/talk.yml"
PHRASES = "bot/knowledge/phrases.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The small assistant's folder."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def change(project: Path, file: str, old: str, new: str) -> list[str]:
    """Edits a file as somebody might, and gives what the check says to it."""
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(problem) for problem in check(project, project, SMALL)]


def test_the_files_as_they_are_have_nothing_to_mend() -> None:
    assert [str(problem) for problem in check(ROOT)] == []


def test_a_project_without_slips_has_nothing_to_mend(project: Path) -> None:
    assert check(project, project, SMALL) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        # Texts and their languages.
        (
            WORDING,
            '"How are you?"\n    condition:\n    - {type: slot, name: language, value: en}',
            '"Mitä sinulle?"',
            "16: utter_ask_walk_form_mood has no English text. "
            "Add a variation with the condition language: en.",
        ),
        (
            WORDING,
            '- text: "Mitä kuuluu?"',
            '- text: "Hur?"\n    condition:\n    - {type: slot, name: language, value: sv}',
            "16: utter_ask_walk_form_mood has no Finnish text. "
            "Add a variation without a condition.",
        ),
        (
            WORDING,
            '"Saved."',
            '" "',
            "23: utter_saved has a variation without text. Write one, or take it out.",
        ),
        (
            WORDING,
            '"Saved."',
            f'"{"🙂" * 2049}"',
            "23: utter_saved is 4098 characters long; Telegram takes 4096. Make it shorter.",
        ),
        (
            WORDING,
            '"Thanks {language}."',
            '"Thanks {longing}."',
            "10: utter_told has not the same braces as its first variation: {longing}. "
            "Keep them in every language.",
        ),
        (
            WORDING,
            '{title: "Place", payload: \'/greet{{"place": "{language}"}}\'}',
            '{title: "{place}", payload: "/greet"}',
            "10: utter_told has not the same braces as its first variation: {place}. "
            "Keep them in every language.",
        ),
        # Buttons.
        (
            WORDING,
            '{title: "Go on"',
            '{title: ""',
            "14: utter_told has a button without words. Give it a title.",
        ),
        (
            WORDING,
            '{title: "Go on", payload: "/resume"}',
            '{title: "Go on"}',
            "14: utter_told has a button that does nothing. Give it a payload.",
        ),
        (
            WORDING,
            '{title: "Go on", payload: "/resume"}',
            '{title: "Go on", payload: "/go_on"}',
            "14: utter_told has a button for go_on, which is no intent in domain.yml. "
            "Use one that is.",
        ),
        # What is said, and what has words.
        (
            "stories/talk.yml",
            "action: utter_told",
            "action: utter_thanked",
            "14: utter_thanked has no words. Write it in stories/wording/.",
        ),
        (
            "actions/walk.py",
            '"utter_saved" if',
            '"utter_kept" if',
            "8: utter_kept has no words. Write it in stories/wording/.",
        ),
        (
            "actions/walk.py",
            'f"utter_clarify_',
            'f"utter_explain_',
            "8: utter_explain_… has no words. Write it in stories/wording/.",
        ),
        (
            WORDING,
            "utter_ask_walk_form_mood:",
            "utter_ask_walk_form_modo:",
            "16: utter_ask_walk_form_modo is never said. Name it in a rule, or take it out.",
        ),
        (
            "domain.yml",
            "    - mood\n",
            "    - mood\n    - town\n",
            "18: utter_ask_walk_form_town has no words. Write it in stories/wording/.",
        ),
        (
            WORDING,
            "utter_saved:",
            "saved:",
            "21: saved is no name for a response. Let it begin with utter_.",
        ),
        # Names.
        (
            WORDING,
            "utter_clarify_mood:",
            "utter_saved:",
            "26: “utter_saved” is there already, at stories/wording/talk.yml:21. "
            "Give one of them another name, or take it out.",
        ),
        (
            "stories/talk.yml",
            "- story: Taas",
            "- story: Raha",
            "46: “Raha” is there already, at stories/talk.yml:7. "
            "Give one of them another name, or take it out.",
        ),
        (
            "stories/talk.yml",
            "- rule: Raha",
            "- rule:",
            "7: This story or rule has no name. Give it one.",
        ),
        # Steps.
        (
            "stories/talk.yml",
            "intent: greet",
            "intent: great",
            "5: great is no intent in domain.yml. Use one that is, or ask a developer to add it.",
        ),
        (
            "stories/talk.yml",
            "    - intent: resume",
            "    - intent: continue",
            "49: continue is no intent in domain.yml. "
            "Use one that is, or ask a developer to add it.",
        ),
        (
            "stories/talk.yml",
            "action: action_walk",
            "action: action_run",
            "6: action_run is no action in domain.yml. "
            "Use one that is, or ask a developer to add it.",
        ),
        (
            "stories/talk.yml",
            "active_loop: walk_form",
            "active_loop: run_form",
            "9: run_form is no form in domain.yml. Use one that is, or ask a developer to add it.",
        ),
        (
            "stories/talk.yml",
            "    - mood: low",
            "    - modo: low",
            "11: modo is no slot in domain.yml. Use one that is, or ask a developer to add it.",
        ),
        # Examples.
        (
            "nlu/talk.yml",
            "- rahat on loppu",
            "- rahat on loppu\n    - Terve Jämsästä!",
            "13: “Terve Jämsästä!” is an example of factor/money here and of greet "
            "at nlu/talk.yml:7. Keep it under one of them.",
        ),
        (
            "nlu/talk.yml",
            "- rahat on loppu",
            "- rahat on loppu\n    - 👋",
            "13: “👋” is an example of factor/money here and of greet at nlu/talk.yml:8. "
            "Keep it under one of them.",
        ),
        (
            "nlu/talk.yml",
            "- intent: factor/money",
            "- intent: hello\n  examples: |\n    - huhuu\n- intent: factor/money",
            "10: hello is no intent in domain.yml. Use one that is, or ask a developer to add it.",
        ),
        (
            "domain.yml",
            "- greet\n",
            "- greet\n- goodbye\n",
            "4: goodbye has no examples, and no button means it. "
            "Write examples in nlu/, or give it a button in stories/wording/.",
        ),
        (
            "nlu/talk.yml",
            "- rahat on loppu",
            "- rahat on loppu\n- intent: factor/moving\n  examples: |\n    - muutin",
            "13: There is no factor moving. Add it to bot/knowledge/factors.yml, too.",
        ),
        (
            "bot/knowledge/factors.yml",
            "factors:\n",
            "factors:\n  moving:\n    label: {fi: Muutto, en: Moving}\n",
            "2: The factor moving has no examples. Write some in nlu/ under factor/moving.",
        ),
        # Actions.
        (
            "domain.yml",
            "- action_walk\n",
            "- action_walk\n- action_run\n",
            "21: No action action_run is in actions/. Write it, or take it out.",
        ),
        (
            "actions/walk.py",
            "class AskPlace:",
            'class Run:\n    action = "action_run"\n\n\nclass AskPlace:',
            "12: action_run is not in domain.yml. List it under actions.",
        ),
        # Phrases.
        (PHRASES, ', en: " and "', "", "5: join.last has no English text. Add en."),
        (
            PHRASES,
            '{fi: "Paikka", en: "Place"}',
            '{fi: "", en: "Place"}',
            "3: card.place has no Finnish text. Add fi.",
        ),
        (
            PHRASES,
            '"Name: {alias}"',
            '"Name"',
            "2: card.alias has not the same braces in both languages: {alias}. Keep them in both.",
        ),
        (
            PHRASES,
            "join:\n",
            'join:\n  comma: {fi: ",", en: ","}\n',
            "5: join.comma is used nowhere. Take it out.",
        ),
        (
            "bot/cards.py",
            '"join.last" if',
            '"join.first" if name == 1 else "join.last" if',
            "2: There is no phrase join.first. Write it in bot/knowledge/phrases.yml.",
        ),
        (
            "bot/cards.py",
            'return phrases(f"card',
            'return phrases(f"kept.{name}", "fi") + phrases(f"card',
            "2: There is no phrase kept.…. Write it in bot/knowledge/phrases.yml.",
        ),
        # What can't be read at all.
        (
            "stories/talk.yml",
            "- rule: Raha",
            "- rule: Raha: toinen",
            "7: This is no YAML: mapping values are not allowed in this context. "
            "Compare this place with another one like it; mind indents and quotation marks.",
        ),
        (
            "nlu/talk.yml",
            FILES["nlu/talk.yml"],
            "- intent: greet\n",
            "1: This file holds no keys and values. "
            "Compare this place with another one like it; mind indents and quotation marks.",
        ),
        ("bot/cards.py", "return", "retrun", "2: This is no Python. Mend it."),
    ],
)
def test_a_slip_is_told_by_file_line_cause_and_cure(
    project: Path, file: str, old: str, new: str, said: str
) -> None:
    assert f"{file}:{said}" in change(project, file, old, new)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # Another variation of the Finnish text, which is chosen by chance.
        (WORDING, '- text: "Tallessa."', '- text: "Tallessa."\n  - text: "Selvä, tallessa."'),
        # The same sentence twice under one intent, and words that only differ in an ending.
        ("nlu/talk.yml", "- hei\n", "- hei\n    - hei\n    - rahat on loppunut\n"),
        # A slot that an action asks for needs no words of its own.
        ("domain.yml", "    - place\n", "    - place\n    - place\n"),
        ("stories/talk.yml", "intent: factor", "intent: factor/money"),
    ],
)
def test_what_is_well_is_not_told(project: Path, file: str, old: str, new: str) -> None:
    assert change(project, file, old, new) == []


def test_one_slip_is_told_once(project: Path) -> None:
    (line,) = change(project, WORDING, '"Saved."', '" "')
    assert line.startswith(f"{WORDING}:23: ")


def test_slips_are_told_in_the_order_of_files_and_lines(project: Path) -> None:
    change(project, WORDING, '"Saved."', '""')
    change(project, WORDING, '{title: "Go on"', '{title: ""')
    lines = change(project, "domain.yml", "- greet\n", "- greet\n- goodbye\n")
    assert [line.split(" ")[0] for line in lines] == [
        "domain.yml:4:",
        "domain.yml:4:",
        f"{WORDING}:14:",
        f"{WORDING}:23:",
    ]


def test_a_file_that_is_gone_is_told(project: Path) -> None:
    (project / "domain.yml").unlink()
    assert [str(problem) for problem in check(project, project, SMALL)] == [
        "domain.yml:1: This file is missing. Bring it back."
    ]


def test_a_file_in_another_encoding_is_told(project: Path) -> None:
    (project / WORDING).write_bytes("responses: {utter_x: [ä]}".encode("latin-1"))
    assert [str(problem) for problem in check(project, project, SMALL)] == [
        f"{WORDING}:1: This is no YAML in UTF-8. "
        "Compare this place with another one like it; mind indents and quotation marks."
    ]
