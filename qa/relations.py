"""What does not hold the other way round: whose son somebody is, and what follows what.

"Bohemond, Robert's son" makes Robert no son of Bohemond's, and what precedes something does not come after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from qa.frames import Frame, Parsed, Phrase, said_to_be
from qa.syntax import Token

# What the owner of a noun is to whoever bears it: "Robert's son" is below Robert, "Robert's father" above him.
_BELOW = {
    **dict.fromkeys("son daughter child".split(), "parent"),
    **dict.fromkeys("grandson granddaughter grandchild".split(), "grandparent"),
    **dict.fromkeys("nephew niece".split(), "uncle"),
    **dict.fromkeys("deputy aide assistant subordinate".split(), "boss"),
    **dict.fromkeys("successor heir".split(), "before"),
}
_ABOVE = {
    **dict.fromkeys("father mother parent".split(), "parent"),
    **dict.fromkeys("grandfather grandmother grandparent".split(), "grandparent"),
    **dict.fromkeys("uncle aunt".split(), "uncle"),
    "boss": "boss",
    "predecessor": "before",
}
# Whether who does it is before whatever it is done to.
_IN_A_ROW = {"precede": True, "predate": True, "antedate": True, "succeed": False, "follow": False}
_COMING = frozenset(("come", "go"))


@dataclass(frozen=True, slots=True)
class _Relation:
    """One above, or before, another in some order, each by its names, lower case."""

    order: str
    above: frozenset[str]
    below: frozenset[str]


def is_reversed(said: Parsed, known: Parsed) -> bool:
    """Tell whether a sentence says of two things what the evidence says of them the other way round alone."""
    mine = list(_relations(said))
    theirs = list(_relations(known)) if mine else []
    return any(
        any(_same(one, other, turned=True) for other in theirs)
        and not any(_same(one, other, turned=False) for other in theirs)
        for one in mine
    )


def _same(one: _Relation, other: _Relation, *, turned: bool) -> bool:
    above, below = (other.below, other.above) if turned else (other.above, other.below)
    return one.order == other.order and bool(one.above & above) and bool(one.below & below)


def _relations(text: Parsed) -> Iterator[_Relation]:
    for token in text.tokens:
        if token.lemma in _BELOW or token.lemma in _ABOVE:
            for owner in _owners(text, token):
                for bearer in _bearers(text, token):
                    if bearer != owner:
                        yield _of_noun(token.lemma, frozenset((owner,)), frozenset((bearer,)))
    for frame in text.frames:
        if not frame.negated:
            yield from _in_a_row(frame)


def _of_noun(noun: str, owner: frozenset[str], bearer: frozenset[str]) -> _Relation:
    if noun in _BELOW:
        return _Relation(_BELOW[noun], owner, bearer)
    return _Relation(_ABOVE[noun], bearer, owner)


def _owners(text: Parsed, noun: Token) -> Iterator[str]:
    """Give whose something is: "Robert's son", "the son of Robert"."""
    tokens = text.tokens
    for child in text.children[noun.index]:
        if tokens[child].dep == "poss" and tokens[child].pos == "PROPN":
            yield tokens[child].lower
        elif tokens[child].dep == "prep" and tokens[child].lower in ("of", "to"):
            yield from (tokens[c].lower for c in text.children[child] if tokens[c].pos == "PROPN")


def _bearers(text: Parsed, noun: Token) -> Iterator[str]:
    """Give the names of whoever a noun speaks of, beside it or by what somebody "is"."""
    tokens = text.tokens
    beside = [c for c in text.children[noun.index] if tokens[c].dep == "appos"]
    if noun.dep in ("appos", "compound"):
        beside.append(noun.head)
    pairs = (pair for frame in text.frames if not frame.negated for pair in said_to_be(frame))
    beside += [one for one, other in pairs if other == noun.index]
    yield from (tokens[i].lower for i in beside if tokens[i].pos == "PROPN")


def _in_a_row(frame: Frame) -> Iterator[_Relation]:
    """Give what a statement puts before what: "precedes", "comes after"."""
    if frame.verb in _IN_A_ROW:
        pairs = [(_IN_A_ROW[frame.verb], other) for other in frame.patients]
    elif frame.verb in _COMING:
        pairs = [(prep == "before", other) for prep, other in frame.others if prep in ("before", "after")]
    else:
        return
    for first, other in pairs:
        for agent in frame.agents:
            one, two = _names(agent), _names(other)
            if one and two and not one & two:
                yield _Relation("before", one, two) if first else _Relation("before", two, one)


def _names(phrase: Phrase) -> frozenset[str]:
    return phrase.names if phrase.names else frozenset() if phrase.pronoun else frozenset((phrase.head,))
