"""Questions on something that they only describe: "What price was set for the airline that was founded in Brask?".

Where one report tells which airline that is and another its price, no sentence answers. So it is asked for first,
and its name is put in the place of the description.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.answer_type import asks_itself, may_be_yes_no
from qa.claims import name_words
from qa.syntax import Token, parse, subtree, written
from qa.text import squeeze, words

_RELATIVE = frozenset("who that which".split())
_FEWEST_WORDS = 4  # of the rest of the question
_MOST_WORDS = 6  # of a name; a longer answer is a description again


@dataclass(frozen=True, slots=True)
class Bridge:
    """A description in a question.

    Attributes:
        asked: the question for what it describes: "Which airline was founded in Brask?".
        before: the question up to the description.
        after: the question after it.
    """

    asked: str
    before: str
    after: str

    def named(self, name: str) -> str:
        """Give the question with a name in the place of the description; "" where it is no name, or no new one."""
        said = {word.lower() for word in words(f"{self.before} {self.asked} {self.after}")}
        new = [word for word in name_words(f"It is {name}") if word.lower() not in said]
        return squeeze(f"{self.before} {name}{self.after}") if new and len(name.split()) <= _MOST_WORDS else ""


def bridge_of(question: str) -> Bridge | None:
    """Find the description that a question leans on: one definite noun with a relative clause; else None."""
    tokens = parse(question)
    found = [b for t in tokens if t.tag in ("NN", "NNP") and (b := _described(tokens, t)) is not None]
    rest = [f"{bridge.before} it{bridge.after}".strip() for bridge in found]
    if len(found) != 1 or len(words(rest[0])) < _FEWEST_WORDS:
        return None
    return found[0] if asks_itself(rest[0]) or may_be_yes_no(rest[0]) else None


def _described(tokens: Sequence[Token], noun: Token) -> Bridge | None:
    children = [t for t in tokens if t.head == noun.index and t.index != noun.index]
    clause = next((t for t in children if t.dep in ("relcl", "acl") and t.index > noun.index), None)
    if clause is None or not any(t.dep == "det" and t.lower == "the" for t in children):
        return None
    inside = [i for i in subtree(tokens, clause.index) if tokens[i].pos != "PUNCT"]
    first, last = min(inside), max(inside)
    start = min(t.index for t in children)
    said = _clause(tokens, clause, first, last)
    if not said or tokens[start].lower != "the" or (clause.dep == "acl" and tokens[start - 1].lemma == "be"):
        return None  # "Was the plan dropped ...?" describes no plan
    whole = written(tokens[start + 1 : noun.index + 1])
    return Bridge(f"Which {whole} {said}?", written(tokens[:start]), _after(tokens, last))


def _clause(tokens: Sequence[Token], clause: Token, first: int, last: int) -> str:
    """Give what a clause says of its noun, as a question says it; "" where the noun is not its subject."""
    if clause.dep == "acl":
        return f"was {written(tokens[first : last + 1])}" if clause.tag == "VBN" and clause.index == first else ""
    opens = tokens[first]
    subject = opens.lower in _RELATIVE and opens.dep in ("nsubj", "nsubjpass") and opens.head == clause.index
    return written(tokens[first + 1 : last + 1]) if subject else ""


def _after(tokens: Sequence[Token], last: int) -> str:
    return f"{' ' if tokens[last].space else ''}{written(tokens[last + 1 :])}"
