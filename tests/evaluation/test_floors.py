import yaml

from bot.evaluation.floors import FLOORS, fallen
from bot.evaluation.measuring import Evaluation
from bot.evaluation.scores import Several
from tests.evaluation.making import measured, told

RIGHT = told("greet", "greet")
WRONG = told("greet", "deny")


def test_what_reaches_its_floors_is_well():
    several = Several(exact=1.0, found=1.0, sound=1.0)
    assert fallen(Evaluation((measured(RIGHT),), several)) == []


def test_each_number_under_its_floor_is_told_with_both():
    several = Several(exact=0.0, found=0.1, sound=1.0)
    lines = fallen(Evaluation((measured(RIGHT, WRONG),), several))
    assert lines[0].startswith("messages_fi: intents 0.500, the floor is 0.")
    assert lines[-1].startswith("several_factors: found 0.100, the floor is 0.")


def test_a_file_of_ones_own_is_held_to_the_floor_for_any(tmp_path):
    file = tmp_path / "floors.yml"
    file.write_text("any_set: {intents: 0.6}\n", encoding="utf-8")
    found = fallen(Evaluation((measured(RIGHT, WRONG, name="mine"),)), file)
    assert found == ["mine: intents 0.500, the floor is 0.600"]


def test_every_floor_in_the_repository_is_a_share_of_a_known_number():
    floors = yaml.safe_load(FLOORS.read_text(encoding="utf-8"))
    known = {"intents", "factors", "macro_f1", "found", "sound"}
    assert {figure for wanted in floors.values() for figure in wanted} <= known
    assert all(0 < floor < 1 for wanted in floors.values() for floor in wanted.values())
