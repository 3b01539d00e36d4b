"""What does not hold the other way round: whose son somebody is, and what follows what.

"Bohemond, Robert's son" makes Robert no son of Bohemond's, and what precedes something does not come after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.frames import Frame, Phrase, children_of
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


def is_reversed(
    said: Sequence[Token], said_frames: Sequence[Frame], known: Sequence[Token], known_frames: Sequence[Frame]
) -> bool:
    """Tell whether a sentence says of two things what the evidence says of them the other way round alone.

    Args:
        said: the words of the sentence.
        said_frames: its statements.
        known: the words of the evidence.
        known_frames: its statements.
    """
    mine = list(_relations(said, said_frames))
    theirs = list(_relations(known, known_frames)) if mine else []
    return any(
        any(_same(one, other, turned=True) for other in theirs)
        and not any(_same(one, other, turned=False) for other in theirs)
        for one in mine
    )


def _same(one: _Relation, other: _Relation, *, turned: bool) -> bool:
    above, below = (other.below, other.above) if turned else (other.above, other.below)
    return one.order == other.order and bool(one.above & above) and bool(one.below & below)


def _relations(tokens: Sequence[Token], frames: Sequence[Frame]) -> Iterator[_Relation]:
    children = children_of(tokens)
    for token in tokens:
        if token.lemma in _BELOW or token.lemma in _ABOVE:
            for owner in _owners(tokens, children, token):
                for bearer in _bearers(tokens, children, frames, token):
                    if bearer != owner:
                        yield _of_noun(token.lemma, frozenset((owner,)), frozenset((bearer,)))
    for frame in frames:
        if not frame.negated:
            yield from _in_a_row(frame)


def _of_noun(noun: str, owner: frozenset[str], bearer: frozenset[str]) -> _Relation:
    if noun in _BELOW:
        return _Relation(_BELOW[noun], owner, bearer)
    return _Relation(_ABOVE[noun], bearer, owner)


def _owners(tokens: Sequence[Token], children: Sequence[Sequence[int]], noun: Token) -> Iterator[str]:
    """Give whose something is: "Robert's son", "the son of Robert"."""
    for child in children[noun.index]:
        if tokens[child].dep == "poss" and tokens[child].pos == "PROPN":
            yield tokens[child].lower
        elif tokens[child].dep == "prep" and tokens[child].lower in ("of", "to"):
            yield from (tokens[c].lower for c in children[child] if tokens[c].pos == "PROPN")


def _bearers(
    tokens: Sequence[Token], children: Sequence[Sequence[int]], frames: Sequence[Frame], noun: Token
) -> Iterator[str]:
    """Give the names of whoever a noun speaks of, beside it or by what somebody "is"."""
    if noun.dep in ("appos", "compound") and tokens[noun.head].pos == "PROPN":
        yield tokens[noun.head].lower
    yield from (
        tokens[c].lower for c in children[noun.index] if tokens[c].dep == "appos" and tokens[c].pos == "PROPN"
    )
    for frame in frames:
        if frame.attribute and not frame.negated:
            for one, other in ((frame.agents, frame.patients), (frame.patients, frame.agents)):
                if any(phrase.at == noun.index for phrase in one):
                    yield from (tokens[p.at].lower for p in other if tokens[p.at].pos == "PROPN")


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
