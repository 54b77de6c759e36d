"""The catalogues in `bot/knowledge/`: factors, and the small phrases."""

from collections.abc import Iterator

from bot.stories.reading import Problem
from bot.stories.sources import Sources, braces, differing

LANGUAGES = ("fi", "en")
LABEL = 22  # characters that fit on a chip


def check_phrases(sources: Sources) -> Iterator[Problem]:
    """A phrase stands in both languages and is used; what is used is there."""
    mentions = [name for name in sources.code.literals if "." in name.text]
    written: set[str] = set()
    for section, phrases in sources.phrases.items():
        for key, phrase in phrases.items():
            name = f"{section.text}.{key.text}"
            written.add(name)
            for code in LANGUAGES:
                if not phrase.get(code).text:
                    yield key.problem(f"phrase_without_{code}", name=name)
            found, wanted = braces(phrase.get("en")), braces(phrase.get("fi"))
            if found != wanted:
                yield key.problem("phrase_braces", name=name, names=differing(found, wanted))
            if not any(mention.fits(name) for mention in mentions):
                yield key.problem("phrase_unused", name=name)
    for mention in sources.code.phrases:
        if not any(mention.fits(name) for name in written):
            name = f"{mention.text}{'…' * mention.is_open}"
            yield mention.problem("no_phrase", name=name, file=sources.phrases.file)


def check_factor_texts(sources: Sources) -> Iterator[Problem]:
    """A factor has its dimension, label and reflection, in both languages, and known needs."""
    dimensions = {key.text for key, _ in sources.factors.get("dimensions").items()}
    needs = {key.text for key, _ in sources.factors.get("needs").items()}
    for key, factor in sources.factors.get("factors").items():
        dimension = factor.get("dimension")
        if dimensions and dimension.text not in dimensions:
            at = dimension if factor.has("dimension") else key
            yield at.problem(
                "factor_dimension", factor=key.text, known=", ".join(sorted(dimensions))
            )
        for field in ("label", "reflection"):
            for code in LANGUAGES:
                if dimensions and not factor.get(field, code).text.strip():
                    at = factor.get(field) if factor.has(field) else key
                    yield at.problem("factor_text", factor=key.text, field=field, language=code)
        for code in LANGUAGES:
            label = factor.get("label", code)
            if len(label.text) > LABEL:
                yield label.problem("factor_label", factor=key.text, label=label.text, most=LABEL)
        for need in factor.get("needs").each():
            if need.text not in needs:
                yield need.problem("factor_need", factor=key.text, need=need.text)


CHECKS = (check_phrases, check_factor_texts)
