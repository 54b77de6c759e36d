import os

import pytest

from tests.telegram.driver import Seura
from tests.telegram.many import many_talks

# Residents, moderators, messages, kills; SEURA_MANY=200,10,2000,20 is the long form.
SIZE = tuple(int(one) for one in os.environ.get("SEURA_MANY", "8,3,60,3").split(","))


@pytest.mark.parametrize("seed", [1])
async def test_many_talks_stay_whole_and_in_order_while_the_app_is_cut_off(
    seura: Seura, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await many_talks(seura, *SIZE, seed)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(found.sent)} sent, {len(found.arrived)} arrived, cut off {found.cut_off} "
            f"times, median {found.median_ms:.0f} ms"
        )
    assert found.faults == [], "\n".join(found.faults)
    assert found.cut_off == SIZE[3]
