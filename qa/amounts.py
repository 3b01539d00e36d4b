"""Two amounts, each asked for by itself: "Did A cost more than B?" asks what A cost, and what B did.

For the comparisons and differences whose figures are not found at once (`qa.comparison`, `qa.difference`): each
question goes the way of any other, and code puts together the figures that are answered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.bindings import figures_of
from qa.claims import Number, numbers
from qa.comparison import Comparison, comparison_of, times_of
from qa.difference import Difference, difference_of, subtracted
from qa.models import Answer, Worked
from qa.order import predicate
from qa.prompts import describe
from qa.syntax import parse
from qa.text import squeeze, stem, words

_DOES = re.compile(r"\b(?:did|does|do)\b(?!\s+not\b)", re.IGNORECASE)
_THE_ONE = re.compile(r"\bthe one\b", re.IGNORECASE)
_OF_AREA = re.compile(r"\b(?:square|cubic|nautical)\b", re.IGNORECASE)  # units that look like others
# "than in 2030", "than after the race": the same thing at another time, for which there is no question.
_LEANS = frozenset("in on at by after before during under when with last".split())


@dataclass(frozen=True, slots=True)
class Amounts:
    """A question that two amounts decide.

    Attributes:
        asked: the questions for them.
        sides: what is compared, as the question puts it.
        difference: where it asks by how much they differ.
    """

    asked: tuple[str, ...]
    sides: Comparison
    difference: Difference | None = None

    def put_together(self, answers: Sequence[Answer]) -> Worked | None:
        """Decide by two answers; None where they count different things, are of another time, or are the same."""
        one, other = (_amount(answer) for answer in answers)
        if one is None or other is None or one[0] == other[0] or not self._alike(one[1], other[1]):
            return None
        halves = (self.sides.left, self.sides.right)
        if not all(_of_time(half, answer) for half, answer in zip(halves, answers, strict=True)):
            return None
        if self.difference is not None:
            return subtracted(self.difference, one[0], other[0], one[1] or other[1], answers[0].text)
        holds = (one[0].value > other[0].value) == self.sides.more
        if self.sides.names:
            said = (answers[0].short, answers[1].short)
            return Worked(self.sides.names[0 if holds else 1], " and ".join(said if holds else reversed(said)))
        return Worked("Yes" if holds else "No", f"{answers[0].short} and {answers[1].short}")

    def _alike(self, one: str, other: str) -> bool:
        """Tell whether both count the same; a bare figure counts what the question says."""
        if self.sides.measure and not one:
            return False
        return one == other or (bool(self.sides.counted) and "" in (one, other))


def amounts_of(question: str) -> Amounts | None:
    """Take a question apart that compares two amounts, or asks by how much they differ; None for any other."""
    if (difference := difference_of(question)) is not None:
        sides = difference.sides
        return Amounts((f"How much was {sides.left}?", f"How much was {sides.right}?"), sides, difference)
    asked = comparison_of(question)
    if asked is None or asked.given or asked.right.split(" ")[0].lower() in _LEANS:
        return None
    if asked.names:
        named = zip(asked.names, (asked.left, asked.right), strict=True)
        return Amounts(tuple(_of_name(name, half, asked) for name, half in named), asked)
    verb = question.split(" ")[0].lower()
    return Amounts((_how(verb, squeeze(asked.left), asked), _how_other(verb, asked)), asked)


def _of_name(name: str, half: str, asked: Comparison) -> str:
    said = predicate(half.removeprefix(name).strip())
    many, rest = _without_counted(said, asked)
    return f"How {many} was it that {name} {rest}?" if rest else f"How {many} is {name}?"


def _without_counted(said: str, asked: Comparison) -> tuple[str, str]:
    """Take what is counted from its place to the front: "many people" and "had on its payroll"."""
    noun = next((word for word in words(said) if asked.counted and stem(word) == asked.counted), "")
    return (f"many {noun}", squeeze(said.replace(noun, "", 1))) if noun else (asked.measure or "much", said)


def _how(verb: str, half: str, asked: Comparison) -> str:
    many, rest = _without_counted(half, asked)
    counted_first = many.startswith("many ") and half.startswith(many.removeprefix("many "))
    return f"How {many} {rest}?" if counted_first and verb == "did" else f"How {many} {verb} {rest}?"


def _how_other(verb: str, asked: Comparison) -> str:
    """Ask for the right side; its "did" and "the one" stand for what the left side says."""
    tokens = parse(f"{verb.capitalize()} {squeeze(asked.left)}?")
    right = asked.right
    main = next((t.lemma for t in tokens[1:] if t.pos == "VERB"), "")
    nouns = [t for t in tokens[1:] if t.pos == "NOUN"]
    heads = (t for t in nouns if tokens[t.index + 1].text != "-" and tokens[t.index + 1] not in nouns)
    noun = next((t.text for t in heads), "")  # of "the no-go area"
    many = asked.measure or "much"
    if verb == "did" and main and _DOES.search(right):
        return f"How {many} did {_DOES.sub(main, right, count=1)}?"
    right = _THE_ONE.sub(f"the {noun}", right) if noun else right
    return f"How {many} was {right}?"


def _amount(answer: Answer) -> tuple[Number, str] | None:
    """Give the one figure of an answer with what it counts ("" where it says nothing of that); else None."""
    figures = set(numbers(answer.short))
    if len(figures) != 1 or _OF_AREA.search(answer.short):
        return None
    (figure,) = figures
    return figure, next((kind for found, kind in figures_of(answer.text) if found == figure), "")


def _of_time(half: str, answer: Answer) -> bool:
    """Tell whether an answer is of the months and years that a half names, and of none before.

    Where some of its citations hold its figure, the others do not count: other reports are told beside it.
    """
    asked = times_of(half)
    figures = set(numbers(answer.short))
    holding = [citation for citation in answer.citations if figures & set(numbers(citation.quote))]
    for citation in holding or answer.citations:
        said = times_of(citation.quote)
        if not asked <= said | times_of(describe(citation.passage.article)):
            return False
        if not asked & said and any(
            said_in < asked_for for said_in in _years(said) for asked_for in _years(asked)
        ):
            return False  # "in 2016 it had 19": no figure of 2027
    return True


def _years(times: set[str]) -> list[str]:
    return [time for time in times if time.isdigit()]
