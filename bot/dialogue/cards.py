"""Activities, requests and kept data put into words, from the phrases that staff edit."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from bot.activities.cards import kilometres, repeats, text_in, when
from bot.activities.search import Suggestion
from bot.activities.times import HELSINKI, Occurrence, following, next_occurrence
from bot.dialogue.wording import Phrases
from bot.factors.catalogue import FactorCatalogue
from bot.factors.interests import InterestCatalogue
from bot.residents.keeping import Rows
from bot.residents.privacy import Kept
from bot.store.tables import Activity, now

# How many of the next times are told to who wants to know more.
TIMES_TOLD = 4


def card_of(
    suggestion: Suggestion,
    language: str,
    factors: Sequence[str],
    phrases: Phrases,
    when_words: Mapping[str, Any],
    factor_catalogue: FactorCatalogue,
    interest_catalogue: InterestCatalogue,
    said: Collection[str] = (),
) -> dict[str, str]:
    """The values of `utter_activity`: `activity`, `title`, `details`, `reason`, `map`.

    `said` are the reasons on the cards beside it: another one is given where there is one.
    """
    activity = suggestion.activity
    reasons = list(
        _reasons(suggestion, language, factors, phrases, factor_catalogue, interest_catalogue)
    )
    return {
        "activity": str(activity.id),
        "title": text_in(activity.title, language),
        "details": "\n".join(_details(suggestion, language, phrases, when_words)),
        "reason": next((reason for reason in reasons if reason not in said), reasons[0]),
        "map": map_link(activity) or "",
    }


def more_of(
    activity: Activity,
    language: str,
    at: datetime,
    phrases: Phrases,
    when_words: Mapping[str, Any],
) -> dict[str, str]:
    """All that is known of an activity: the values of `utter_activity_more`."""
    times = list(islice(following(activity.times, at), TIMES_TOLD))
    lines = [text_in(activity.text, language)]
    lines += _when_lines(activity, times[0] if times else None, at, language, phrases, when_words)
    if len(times) > 1:
        others = [when(one, at, language, dict(when_words)) for one in times[1:]]
        lines.append(phrases("activity.also", language, times=phrases.join(others, language)))
    lines.append(place_of(activity, None, language, phrases))
    lines.append(_terms(activity, language, phrases))
    for name, texts in (
        ("for_whom", activity.audience),
        ("contact", activity.contact),
        ("booking", activity.booking),
    ):
        if texts:
            key = {"for_whom": "audience"}.get(name, name)
            lines.append(phrases(f"activity.{name}", language, **{key: text_in(texts, language)}))
    for name, value in (
        ("organiser", activity.organiser),
        ("link", activity.link),
        ("source", activity.attribution),
    ):
        if value:
            key = {"source": "attribution"}.get(name, name)
            lines.append(phrases(f"activity.{name}", language, **{key: value}))
    checked = activity.checked_at.astimezone(HELSINKI)
    lines.append(
        phrases(
            "activity.checked",
            language,
            day=checked.day,
            month=checked.month,
            year=checked.year,
        )
    )
    if activity.sample:
        lines.append(phrases("activity.sample", language))
    return {
        "activity": str(activity.id),
        "title": text_in(activity.title, language),
        "details": "\n".join(lines),
        "map": map_link(activity) or "",
    }


def saved_line(
    activity: Activity,
    language: str,
    at: datetime,
    phrases: Phrases,
    when_words: Mapping[str, Any],
) -> str:
    """A line of the list of saved activities: what, where, and when next."""
    values = {
        "title": text_in(activity.title, language),
        "where": activity.municipality or phrases("activity.online_short", language),
    }
    coming = next_occurrence(activity.times, at)
    if coming is None:
        return phrases("activity.saved_item_untimed", language, **values)
    moment = when(coming, at, language, dict(when_words))
    return phrases("activity.saved_item", language, **values, when=moment)


def map_link(activity: Activity) -> str | None:
    """Where the place is, on an open map."""
    if activity.latitude is None or activity.longitude is None:
        return None
    place = {"mlat": f"{activity.latitude:.4f}", "mlon": f"{activity.longitude:.4f}", "zoom": "16"}
    return f"https://www.openstreetmap.org/?{urlencode(place)}"


def preview_of(
    alias: str,
    shared: Mapping[str, Any],
    language: str,
    phrases: Phrases,
    factors: FactorCatalogue,
    interests: InterestCatalogue,
) -> str:
    """What a moderator sees of a request, a line each; the resident sees the same first."""
    lines = [phrases("card.alias", language, alias=alias)]
    if shared.get("language"):
        spoken = phrases(f"language.{shared['language']}", language)
        lines.append(phrases("card.language", language, language=spoken))
    if shared.get("municipality"):
        lines.append(phrases("card.municipality", language, municipality=shared["municipality"]))
    for name, catalogue in (("factors", factors), ("interests", interests)):
        if shared.get(name):
            labels = [catalogue.label(key, language).lower() for key in shared[name]]
            lines.append(phrases(f"card.{name}", language, **{name: ", ".join(labels)}))
    return "\n".join(lines)


def kept_words(
    kept: Kept,
    language: str,
    phrases: Phrases,
    factors: FactorCatalogue,
    interests: InterestCatalogue,
) -> str:
    """What is kept, in one enumeration."""
    parts = [
        phrases("kept.alias", language, alias=kept.alias),
        phrases("kept.language", language, language=phrases(f"language.{kept.language}", language)),
    ]
    if kept.municipality:
        parts.append(phrases("kept.municipality", language, municipality=kept.municipality))
    for name, keys, catalogue in (
        ("factors", kept.factors, factors),
        ("interests", kept.interests, interests),
    ):
        if keys:
            labels = ", ".join(catalogue.label(key, language).lower() for key in keys)
            parts.append(phrases(f"kept.{name}", language, **{name: labels}))
    for name, count in (
        ("saved", kept.saved_activities),
        ("sentences", kept.sentences),
        ("handoffs", kept.handoffs),
    ):
        if count:
            parts.append(phrases(f"kept.{name}", language, count=count))
    return phrases.join(parts, language)


def as_text(kept: Rows, language: str, phrases: Phrases) -> str:
    """All that is kept, to read: what for, and then row by row."""
    parts = []
    for name, rows in kept.items():
        lines = [phrases(f"purpose.{name}", language)]
        for row in rows:
            told = [f"{key}: {value}" for key, value in row.items() if value not in (None, [], {})]
            lines.append("- " + ", ".join(told))
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _details(
    suggestion: Suggestion, language: str, phrases: Phrases, when_words: Mapping[str, Any]
) -> list[str]:
    activity = suggestion.activity
    lines = [
        text_in(activity.text, language),
        *_when_lines(activity, suggestion.next, now(), language, phrases, when_words),
        place_of(activity, suggestion.distance_km, language, phrases),
        _terms(activity, language, phrases),
    ]
    if activity.contact and not activity.walk_in:
        lines.append(text_in(activity.contact, language))
    if activity.sample:
        lines.append(phrases("activity.sample", language))
    return lines


def _when_lines(
    activity: Activity,
    coming: Occurrence | None,
    at: datetime,
    language: str,
    phrases: Phrases,
    when_words: Mapping[str, Any],
) -> list[str]:
    if coming is None:
        return [phrases("activity.contact_to_arrange", language)]
    moment = when(coming, at, language, dict(when_words))
    again = repeats(activity.times, language, dict(when_words))
    return [phrases("activity.when", language, when=", ".join(filter(None, (moment, again))))]


def _terms(activity: Activity, language: str, phrases: Phrases) -> str:
    """What it costs, whether one may just walk in, and what else matters before going."""
    terms = []
    if activity.price_euros == 0:
        terms.append(phrases("activity.free", language))
    elif activity.price_euros is not None:
        euros = _euros(activity.price_euros, language)
        terms.append(phrases("activity.price", language, euros=euros))
    terms.append(phrases("activity.walk_in" if activity.walk_in else "activity.sign_up", language))
    if activity.step_free:
        terms.append(phrases("activity.step_free", language))
    if activity.hearing_loop:
        terms.append(phrases("activity.hearing_loop", language))
    if activity.languages and language not in activity.languages:
        terms.append(phrases("activity.other_language", language))
    return ", ".join(terms)


def _euros(price: float, language: str) -> str:
    """`5`, and `7,50` or in English `7.50`."""
    written = f"{price:.0f}" if price.is_integer() else f"{price:.2f}"
    return written.replace(".", ",") if language == "fi" else written


def place_of(activity: Activity, distance_km: float | None, language: str, phrases: Phrases) -> str:
    """Where it is, with the distance where it is known."""
    if activity.municipality is None:
        return phrases("activity.online", language)
    place = ", ".join(part for part in (activity.place, activity.municipality) if part)
    if distance_km is None:
        return phrases("activity.place", language, place=place)
    return phrases(
        "activity.place_with_distance",
        language,
        place=place,
        kilometres=kilometres(distance_km),
    )


def _reasons(
    suggestion: Suggestion,
    language: str,
    factors: Sequence[str],
    phrases: Phrases,
    factor_catalogue: FactorCatalogue,
    interest_catalogue: InterestCatalogue,
) -> Iterator[str]:
    """The reasons in words, the most telling first: in the resident's own terms where they can."""
    for reason in suggestion.reasons:
        if reason.kind == "need" and reason.key:
            for key in factors:
                factor = factor_catalogue.factors.get(key)
                if factor and reason.key in factor.needs:
                    yield phrases(
                        "reason.factor", language, reflection=factor.reflections[language]
                    )
            need = factor_catalogue.need_label(reason.key, language)
            yield phrases("reason.need", language, need=need)
        elif reason.kind == "interest" and reason.key:
            label = interest_catalogue.label(reason.key, language).lower()
            yield phrases("reason.interest", language, interest=label)
        else:
            yield phrases(f"reason.{reason.kind}", language)
