from bot.handoff.presence import ANEW, LASTS, Presence


def test_c4_others_see_who_types_for_some_seconds() -> None:
    clock = [100.0]
    presence = Presence(clock=lambda: clock[0])
    presence.types(1, 9001, "Aino")
    assert presence.typing(1) == ["Aino"]
    assert presence.typing(1, but=9001) == []
    assert presence.typing(2) == []
    clock[0] += LASTS
    assert presence.typing(1) == []


def test_who_has_sent_it_types_no_longer() -> None:
    presence = Presence()
    presence.types(1, 9001, "Aino")
    presence.stops(1, 9001)
    presence.stops(2, 9001)
    assert presence.typing(1) == []


def test_the_resident_is_shown_it_now_and_then_not_at_each_key() -> None:
    clock = [0.0]
    shown: list[int] = []
    presence = Presence(clock=lambda: clock[0], show=[shown.append])
    for _ in range(50):
        presence.types(1, 9001, "Aino")
        clock[0] += ANEW / 20
    assert shown == [1, 1, 1]
