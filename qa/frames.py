"""Who did what to whom: the statements of a text, each with its agent, its patient, and what qualifies it.

A statement is a verb with what depends on it, passives turned round, the subject of a chain of verbs shared, a
relative pronoun replaced by its noun. What is only possible, denied, or said by somebody is marked as such.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qa.claims import name_stems
from qa.number_words import in_digits
from qa.syntax import Token, parse, written
from qa.text import stem

SPEECH = frozenset(
    "say tell add write announce argue claim allege insist complain warn stress state explain "
    "confirm report accuse "
    "deny testify concede admit suggest believe think call describe reply answer predict "
    "promise note comment declare "
    "maintain contend acknowledge mention estimate expect remark recall reveal criticise criticize praise blame "
    "respond".split()
)
DENYING = frozenset("deny refuse reject fail decline lack avoid dismiss refute dispute forget".split())
HEDGING = frozenset(
    "plan propose expect intend aim hope seek want consider threaten urge ask demand forecast estimate suggest "
    "believe try offer consider agree promise vow pledge recommend request schedule think fear predict".split()
)
_MODALS = frozenset("may might could would should can ought".split())
_ABLE = frozenset(("can", "ca"))  # "cannot" leaves nothing open
_HEDGES = frozenset(
    "likely possibly perhaps maybe probably reportedly allegedly apparently potentially supposedly expected "
    "planned proposed".split()
)
_CALLING = frozenset("call describe brand label consider deem dismiss criticise criticize denounce regard".split())
_CLAIMS = frozenset("charge claim allegation accusation suggestion rumour rumor idea notion theory".split())
_INTENTIONS = frozenset(
    "threat plan promise decision offer proposal call vow pledge attempt bid effort refusal move intention push "
    "demand request desire wish willingness readiness ability right chance".split()
)
_NOT_ASSERTED = frozenset("to if unless whether".split())
_NEGATIONS = frozenset("no not never none nobody nothing neither without n't hardly barely".split())
_BY_NOBODY = frozenset("it this that they he she we i you which who what there".split())
# What belongs to a noun without being a statement of its own.
_INSIDE = frozenset(
    "compound amod nummod poss appos nmod quantmod det predet case nounmod advmod npadvmod".split()
)
_TITLES = frozenset("mr mrs ms miss dr sir dame lord lady prof professor president senator st".split())
_INSTITUTIONS = frozenset(
    "parliament government police congress council court church army opposition management staff labour industry "
    "building work inflation unemployment trade justice health education".split()
)
_UNDONE = re.compile(r"un(?!der|it)\w{2,}ed$")
_SUBJECTS = frozenset("nsubj nsubjpass csubj csubjpass expl".split())
_CHAINS = frozenset("conj xcomp".split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun with what belongs to it: its lemma, the words around it, and the names among them, lower case."""

    at: int
    head: str
    words: frozenset[str]
    names: frozenset[str]
    pronoun: bool
    inside: tuple[int, ...]  # the indexes of its words

    def same(self, other: "Phrase") -> bool:
        """Tell whether both may name the same thing: a shared name, or one's noun among the other's words.

        The mast of one ship is not the mast of another; and where each has names that the other has not, one of
        the two must be called by a shared one: the United Kingdom is not the United States.
        """
        if not self.names or not other.names:
            return self.head in other.words or other.head in self.words
        mine, theirs = name_stems(self.names), name_stems(other.names)
        shared = mine & theirs
        if not shared or mine <= theirs or theirs <= mine:
            return bool(shared)
        return not shared.isdisjoint((self.head, other.head))


@dataclass(frozen=True, slots=True)
class Frame:
    """A statement. `others` are its further phrases by preposition; `speakers` whoever says it, outermost last."""

    at: int
    verb: str
    stem: str
    agents: tuple[Phrase, ...]
    patients: tuple[Phrase, ...]
    others: tuple[tuple[str, Phrase], ...]
    negated: bool
    hedged: bool
    speakers: tuple[Phrase, ...]
    asserted: bool  # told as a fact: no infinitive, no condition
    attribute: bool  # "X is the Y": what it is said to be is a noun
    claimed: bool  # somebody accuses, alleges or denies it
    words: frozenset[str]  # stems of the statement, without those of statements inside it
    whole: frozenset[str]  # with them


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text with its grammar."""

    tokens: tuple[Token, ...]
    children: list[list[int]]
    frames: tuple[Frame, ...]
    stems: frozenset[str]

    @classmethod
    def of(cls, text: str, names: frozenset[str] = frozenset()) -> "Parsed":
        """Parse a text, numbers of several words in digits; arguments as of `frames_of`."""
        text = in_digits(text)
        tokens = parse(text)
        stems = frozenset(stem(token.lemma) for token in tokens)
        return cls(tokens, children_of(tokens), frames_of(text, names), stems)


@lru_cache(maxsize=1024)
def frames_of(text: str, names: frozenset[str] = frozenset()) -> tuple[Frame, ...]:
    """Find the statements of a text.

    Args:
        text: one or more sentences.
        names: lower-case words that are names; the parser takes many a name at the start of a sentence for a noun.
    """
    tokens = tuple(_as_name(token) if _known_name(token, names) else token for token in parse(text))
    children = children_of(tokens)
    plain = [_frame(tokens, children, t.index) for t in tokens if _is_predicate(tokens, children, t)]
    return (*plain, *(opinion for frame in plain for opinion in _opinions(tokens, children, frame)))


def said_to_be(frame: Frame) -> Iterator[tuple[int, int]]:
    """Give the places of what a statement says to be the same, "X is the Y", each pair both ways round."""
    if frame.attribute:
        for agent in frame.agents:
            for patient in frame.patients:
                yield agent.at, patient.at
                yield patient.at, agent.at


def _known_name(token: Token, names: frozenset[str]) -> bool:
    return token.lower in names and token.text[:1].isupper() and token.pos in ("NOUN", "ADJ")


def _as_name(token: Token) -> Token:
    return replace(token, pos="PROPN")


def children_of(tokens: Sequence[Token]) -> list[list[int]]:
    """Give, for each token, the indexes of those that depend on it."""
    children: list[list[int]] = [[] for _ in tokens]
    for token in tokens:
        if token.head != token.index:
            children[token.head].append(token.index)
    return children


def as_written(tokens: Sequence[Token], phrase: Phrase) -> str:
    """Give a phrase as it stands in a text, without what follows its name."""
    inside = [i for i in phrase.inside if tokens[i].sentence == tokens[phrase.at].sentence]
    first = min(inside)  # all from here to the head belongs to it, hyphens too
    last = max(i for i in inside if all(j in inside for j in range(phrase.at, i + 1)))
    return written(tokens[first : last + 1])


def phrase_at(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> Phrase:
    """Give the phrase around a noun; a relative pronoun stands for the noun it refers to."""
    at = _referent(tokens, at)
    inside = sorted(_inside(tokens, children, at))
    words = frozenset(stem(tokens[i].lemma) for i in inside if tokens[i].pos not in ("DET", "PUNCT", "PART"))
    names = frozenset(tokens[i].lower for i in inside if _is_name(tokens[i]) and not _only_first(tokens, i))
    head = tokens[at]
    pronoun = head.pos == "PRON" or head.lower in _BY_NOBODY
    return Phrase(at, stem(head.lemma), words, names, pronoun, tuple(inside))


def _is_name(token: Token) -> bool:
    capital = token.pos == "PROPN" and token.text[:1].isupper() and token.entity not in ("DATE", "TIME")
    return capital and token.lower.rstrip(".") not in _TITLES


def _only_first(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a word that the parser may take for a name has its capital from the start of its sentence."""
    first = at == 0 or tokens[at - 1].sentence != tokens[at].sentence
    return first and tokens[at].lower in _INSTITUTIONS


def _inside(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> Iterator[int]:
    yield at
    for child in children[at]:
        if tokens[child].dep in _INSIDE:
            yield from _inside(tokens, children, child)
        elif tokens[child].dep == "poss":
            yield from _inside(tokens, children, _referent(tokens, child))
        elif tokens[child].dep == "prep" and tokens[child].lower == "of":
            for grandchild in children[child]:
                if tokens[grandchild].dep == "pobj":
                    yield from _inside(tokens, children, grandchild)


def _referent(tokens: Sequence[Token], at: int) -> int:
    token = tokens[at]
    if token.tag in ("WDT", "WP", "WP$") or (token.lower in ("who", "which", "that") and token.pos == "PRON"):
        verb = at
        while tokens[verb].head != verb and tokens[verb].dep != "relcl":
            verb = tokens[verb].head
        if tokens[verb].dep == "relcl":
            noun = tokens[verb].head
            return tokens[noun].head if tokens[noun].dep == "appos" else noun
    return at


def _is_predicate(tokens: Sequence[Token], children: Sequence[Sequence[int]], token: Token) -> bool:
    if token.pos not in ("VERB", "AUX") or token.dep in ("aux", "auxpass"):
        return False
    return bool(children[token.index])


def _frame(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> Frame:
    passive = any(tokens[c].dep in ("nsubjpass", "auxpass") for c in children[at]) or (
        tokens[at].dep == "acl" and tokens[at].tag == "VBN"
    )
    agents, patients = _arguments(tokens, children, at, passive=passive)
    verb, undone = _done(_name_of(tokens, children, at))
    words = frozenset(stem(tokens[i].lemma) for i in _clause(tokens, children, at) if tokens[i].pos != "PUNCT")
    whole = frozenset(stem(tokens[i].lemma) for i in _below(children, at) if tokens[i].pos != "PUNCT")
    speakers, claimed, denied, said_hedged = _attribution(tokens, children, at)
    negations = _negations(tokens, children, at)
    return Frame(
        at=at,
        verb=verb,
        stem=stem(verb),
        agents=tuple(agents),
        patients=tuple(patients),
        others=tuple(_others(tokens, children, at)),
        negated=bool((negations + denied + undone) % 2),
        hedged=_hedged(tokens, children, at, reported=bool(speakers)) or said_hedged,
        speakers=tuple(speakers),
        asserted=not any(
            tokens[c].dep in ("aux", "mark") and tokens[c].lower in _NOT_ASSERTED for c in children[at]
        ),
        attribute=verb != tokens[at].lemma and any(tokens[c].dep == "attr" for c in children[at]),
        claimed=claimed,
        words=words,
        whole=whole,
    )


def _opinions(tokens: Sequence[Token], children: Sequence[Sequence[int]], frame: Frame) -> Iterator[Frame]:
    """Give what somebody calls something: "called it misleading", "described as reckless"."""
    if frame.verb not in _CALLING:
        return
    named = [c for c in children[frame.at] if tokens[c].dep in ("oprd", "acomp", "ccomp")]
    named += [g for c in children[frame.at] if tokens[c].lower == "as" for g in children[c]]
    for at in named:
        verb = tokens[at].lemma
        words = frozenset(stem(tokens[i].lemma) for i in _below(children, at))
        things = tuple(p for p in frame.patients if p.at != at)
        yield replace(
            frame,
            at=at,
            verb=verb,
            stem=stem(verb),
            agents=things,
            patients=(),
            speakers=(*frame.agents, *frame.speakers),
            claimed=True,
            words=words | {w for p in things for w in p.words},
            whole=words | {w for p in things for w in p.words},
        )


def _name_of(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> str:
    """Give the verb; of "be", what is said to be the case ("be small")."""
    if tokens[at].lemma in ("be", "become", "remain", "stay"):
        for child in children[at]:
            if tokens[child].dep in ("acomp", "attr"):
                return tokens[child].lemma
    return tokens[at].lemma


def _done(verb: str) -> tuple[str, bool]:
    """Give what has not been done, with whether that is so: "undecided" is not "decided"."""
    undone = bool(_UNDONE.match(verb))
    return (verb.removeprefix("un") if undone else verb), undone


def _arguments(
    tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int, *, passive: bool
) -> tuple[list[Phrase], list[Phrase]]:
    subjects = _conjoined(tokens, children, _subjects(tokens, children, at))
    objects = _conjoined(tokens, children, [c for c in children[at] if tokens[c].dep in ("dobj", "attr", "oprd")])
    if not objects and not passive:  # "beat Portmere Albion 3-2" is parsed so
        objects = [c for c in children[at] if tokens[c].dep == "npadvmod" and _is_name(tokens[c])]
    by = [
        g
        for c in children[at]
        if tokens[c].dep in ("agent", "prep") and tokens[c].lower == "by"
        for g in children[c]
        if tokens[g].dep == "pobj"
    ]
    if passive:
        agents, patients = _conjoined(tokens, children, by), [*subjects, *objects]
    else:
        agents, patients = subjects, objects
    return (
        [phrase_at(tokens, children, i) for i in agents],
        [phrase_at(tokens, children, i) for i in patients],
    )


def _subjects(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> list[int]:
    """Give the subjects of a verb: its own, else those of the verb it is chained to, or the noun it describes."""
    seen = set()
    while at not in seen:
        seen.add(at)
        own = [c for c in children[at] if tokens[c].dep in _SUBJECTS]
        if own:
            return own
        token = tokens[at]
        if token.dep == "acl" and any(tokens[c].lower == "to" for c in children[at]):
            return []  # "his threats to leave": who would leave is not said beside the verb
        if token.dep in ("acl", "relcl"):
            noun = tokens[token.head].head if tokens[token.head].dep == "appos" else token.head
            return _described(tokens, noun) if at and tokens[at - 1].text == "," else [noun]
        if token.dep == "xcomp":
            objects = [c for c in children[token.head] if tokens[c].dep == "dobj"]
            if objects:
                # "weighing his threats to leave": who would leave is not said beside the verb either
                return [] if tokens[objects[0]].lemma in _INTENTIONS else objects
        if token.dep == "conj" and (nouns := _after_preposition(tokens, children, at)):
            return nouns
        if token.dep not in _CHAINS and not (token.dep == "advcl" and token.tag == "VBG"):
            return []
        at = token.head
    return []


def _described(tokens: Sequence[Token], noun: int) -> list[int]:
    """Give what a participle behind a comma may describe: "the summit in The Hague, slated for June", either."""
    found = [noun]
    while tokens[noun].dep == "pobj" and tokens[tokens[noun].head].dep == "prep":
        noun = tokens[tokens[noun].head].head
        if tokens[noun].pos not in ("NOUN", "PROPN"):
            break
        found.append(noun)
    return found


def _after_preposition(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> list[int]:
    """Give the subject that the parser takes for the object of "after": "... after the operator agreed"."""
    between = range(tokens[at].head + 1, at)
    if any(tokens[i].dep == "cc" and tokens[i].head == tokens[at].head for i in between):
        return []
    return [
        g
        for i in between
        if tokens[i].dep == "prep" and tokens[i].lower in ("after", "before", "since", "until", "as")
        for g in children[i]
        if tokens[g].dep == "pobj"
    ]


def _conjoined(tokens: Sequence[Token], children: Sequence[Sequence[int]], found: Sequence[int]) -> list[int]:
    result = list(found)
    for at in result:
        result += [c for c in children[at] if tokens[c].dep == "conj" and tokens[c].pos in ("NOUN", "PROPN")]
    return result


def _others(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> Iterator[tuple[str, Phrase]]:
    for child in children[at]:
        if tokens[child].dep in ("prep", "dative"):
            for grandchild in children[child]:
                if tokens[grandchild].dep == "pobj":
                    yield tokens[child].lower, phrase_at(tokens, children, grandchild)
        elif tokens[child].dep in ("npadvmod", "dative"):
            yield "", phrase_at(tokens, children, child)


def _clause(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> Iterator[int]:
    """Give the words of a statement, without those of statements inside it."""
    yield at
    for child in children[at]:
        inner = tokens[child].pos in ("VERB", "AUX") and tokens[child].dep not in ("aux", "auxpass", "amod")
        if not inner:
            yield from _clause(tokens, children, child)


def _below(children: Sequence[Sequence[int]], at: int) -> Iterator[int]:
    yield at
    for child in children[at]:
        yield from _below(children, child)


def _negations(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> int:
    own = [c for c in children[at] if tokens[c].dep == "neg" or tokens[c].lower in ("never", "not", "n't")]
    subjects = [c for c in children[at] if tokens[c].dep in (*_SUBJECTS, "dobj", "attr")]
    complements = [c for c in children[at] if tokens[c].dep in ("acomp", "attr", "oprd") and c > 0]
    own += [c - 1 for c in complements if tokens[c - 1].lower == "not" and tokens[c - 1].head not in (at, c)]
    of_nouns = [
        g for c in subjects for g in (c, *children[c]) if tokens[g].lower in _NEGATIONS and tokens[g].dep != "conj"
    ]
    token = tokens[at]
    above = 0
    if token.dep == "pcomp" and tokens[token.head].lower == "without":
        above = 1
    elif token.dep == "xcomp":  # "is not going to reopen", "refused to sign"
        above = int(tokens[token.head].lemma in DENYING) + _negations(tokens, children, token.head)
    return len(own) + len(of_nouns) + above


def _hedged(
    tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int, *, reported: bool = False
) -> bool:
    negated = any(tokens[child].dep == "neg" for child in children[at])
    for child in children[at]:
        token = tokens[child]
        if reported and token.lower == "would":
            continue  # "said that it would" is how "it will" is reported
        if token.dep == "aux" and token.lower in _MODALS and not (token.lower in _ABLE and negated):
            return True
        if token.dep == "advmod" and token.lower in _HEDGES:
            return True
        if token.dep == "advcl" and any(tokens[g].lower in ("if", "unless") for g in children[child]):
            return True
        if token.dep == "mark" and token.lower in ("if", "unless", "whether"):
            return True
    token = tokens[at]
    if token.dep == "xcomp":
        head = tokens[token.head]
        return head.lemma in HEDGING or _hedged(tokens, children, token.head, reported=reported)
    if token.dep == "conj" and tokens[token.head].pos in ("VERB", "AUX"):
        has_own_aux = any(tokens[c].dep in ("aux", *_SUBJECTS) for c in children[at])
        return not has_own_aux and _hedged(tokens, children, token.head, reported=reported)
    return False


def _attribution(
    tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int
) -> tuple[list[Phrase], bool, int, bool]:
    """Find who says a statement, whether it is a mere claim, how often it is denied, and whether it is a guess."""
    speakers: list[Phrase] = []
    claimed, denied, hedged = False, 0, False
    step = at
    for _ in range(6):
        speakers += _according_to(tokens, children, step)
        speakers += _in_parentheses(tokens, children, step)
        token = tokens[step]
        if token.head == step:
            break
        governor = tokens[token.head]
        if token.dep in ("acl", "relcl") and governor.lemma in _CLAIMS:
            return speakers, True, denied, hedged  # "the charge that it had waited"
        if token.dep == "relcl" and governor.pos == "PROPN":
            break  # "expects Emil Tolle, who has 17 goals, to be fit": who somebody is, the outlet says itself
        if token.dep == "pcomp" and governor.dep == "prep":
            governor = tokens[governor.head]
        if token.dep in ("ccomp", "xcomp", "pcomp", "parataxis", "acl") and governor.lemma in SPEECH | DENYING:
            if not _is_passive(tokens, children, governor.index):
                subjects = _subjects(tokens, children, governor.index)
                speakers += [phrase_at(tokens, children, i) for i in subjects]
            claimed |= governor.lemma in ("claim", "allege", "accuse", "deny", "insist", "argue", "maintain")
            denied += governor.lemma in ("deny", "dispute", "refute", "reject", "dismiss")
            denied += any(tokens[c].dep == "neg" for c in children[governor.index])
            hedged |= governor.lemma in ("predict", "expect", "estimate", "think", "believe", "fear", "suggest")
        elif token.dep == "conj" and governor.lemma in SPEECH and _own_subject(tokens, children, step):
            # "X said A, but B": B is X's word or the outlet's; "X said A, and Y said B" is neither.
            if not speakers and token.lemma not in SPEECH and not _is_passive(tokens, children, governor.index):
                subjects = _subjects(tokens, children, governor.index)
                speakers += [phrase_at(tokens, children, i) for i in subjects]
            break
        step = token.head
    return speakers, claimed, denied, hedged


def _is_passive(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> bool:
    return any(tokens[c].dep in ("nsubjpass", "auxpass") for c in children[at])


def _in_parentheses(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> list[Phrase]:
    """Give the speaker of "..., she said, and ..."."""
    verbs = [c for c in children[at] if tokens[c].dep == "parataxis" and tokens[c].lemma in SPEECH]
    return [phrase_at(tokens, children, i) for verb in verbs for i in _subjects(tokens, children, verb)]


def _own_subject(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> bool:
    return any(tokens[c].dep in _SUBJECTS for c in children[at])


def _according_to(tokens: Sequence[Token], children: Sequence[Sequence[int]], at: int) -> list[Phrase]:
    found = []
    for child in children[at]:
        if tokens[child].lower != "according":
            continue
        for to in children[child]:
            found += [phrase_at(tokens, children, g) for g in children[to] if tokens[g].dep == "pobj"]
    return found
