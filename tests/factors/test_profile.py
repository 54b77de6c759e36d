import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import KnowledgeError
from bot.factors import profile
from bot.residents.aliases import Aliases
from bot.residents.identity import meet
from bot.store.engine import Store
from bot.store.tables import Resident

KNOWN = {"shyness", "moving", "money"}


async def test_factors_stay_in_the_order_in_which_they_were_named(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        await profile.add(session, resident, ["moving", "money"], KNOWN)
    async with store.begin() as session:
        await profile.add(session, resident, ["shyness", "moving", "shyness"], KNOWN)
        assert await profile.factors_of(session, resident) == ["moving", "money", "shyness"]


async def test_an_unknown_factor_is_refused_and_none_of_its_company_kept(
    store: Store, resident: Resident
) -> None:
    async with store.begin() as session:
        with pytest.raises(KnowledgeError, match="witchcraft"):
            await profile.add(session, resident, ["moving", "witchcraft"], KNOWN)
        with pytest.raises(KnowledgeError, match="witchcraft"):
            await profile.toggle(session, resident, "witchcraft", KNOWN)
        with pytest.raises(KnowledgeError, match="witchcraft"):
            await profile.add_interests(session, resident, ["witchcraft"], KNOWN)
        assert await profile.factors_of(session, resident) == []
        assert await profile.interests_of(session, resident) == []


async def test_a_tap_adds_and_another_takes_away(store: Store, resident: Resident) -> None:
    async with store.begin() as session:
        assert await profile.toggle(session, resident, "moving")
        assert await profile.factors_of(session, resident) == ["moving"]
        assert not await profile.toggle(session, resident, "moving")
        assert await profile.factors_of(session, resident) == []


async def test_factors_and_interests_are_apart_and_cleared_together(
    store: Store, resident: Resident, aliases: Aliases
) -> None:
    async with store.begin() as session:
        other, _ = await meet(session, resident.telegram_id + 1, "fi", aliases)
        for somebody in (resident, other):
            await profile.add(session, somebody, ["moving", "money"])
            await profile.add_interests(session, somebody, ["walking", "chess", "walking"])
        await profile.remove(session, resident, ["moving", "never named"])
        assert await profile.factors_of(session, resident) == ["money"]
        assert await profile.interests_of(session, resident) == ["walking", "chess"]
        await profile.clear(session, resident)
        assert await profile.factors_of(session, resident) == []
        assert await profile.interests_of(session, resident) == []
        assert await profile.factors_of(session, other) == ["moving", "money"]
        assert await profile.interests_of(session, other) == ["walking", "chess"]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example clears the profile
)
@given(taps=st.lists(st.sampled_from(sorted(KNOWN)), max_size=12))
async def test_a_profile_is_what_its_taps_make_it(
    store: Store, resident: Resident, taps: list[str]
) -> None:
    expected: list[str] = []
    async with store.begin() as session:
        await profile.clear(session, resident)
        for key in taps:
            if key in expected:
                expected.remove(key)
            else:
                expected.append(key)
            assert await profile.toggle(session, resident, key, KNOWN) is (key in expected)
            assert await profile.factors_of(session, resident) == expected
