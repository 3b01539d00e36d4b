"""Grounding tested by an enemy: sentences that a hostile model could write, each with the evidence it was given.

The false ones use only words of the evidence and the question (another figure of the sentence, swapped names, a
denial dropped), or invent; the true ones are what an honest model writes, and measure the false alarms. They were
labelled by hand before the check was measured on them; the check was developed on the dev split alone.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.errors import InputError
from qa.finding import Reading
from qa.grounding import Draft
from qa.models import Article, Chunk, Evidence, Passage, Why
from qa.text import squeeze
from qa.writing import Writer, evidence_behind

ATTACKS = Path(__file__).resolve().parent / "gold" / "grounding-attacks.jsonl"
INVENTED = "invented"
_CLAIM = "claim_as_fact"


@dataclass(frozen=True, slots=True)
class Attack:
    """A sentence as an answer to a question, with the evidence, and whether the evidence supports it."""

    id: str
    split: str
    question: str
    evidence: tuple[Evidence, ...]
    sentence: str
    kind: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check made of an attack; `reason` is empty where the sentence was let through."""

    attack: Attack
    reason: str

    @property
    def right(self) -> bool:
        """Whether a true sentence stood, or a false one fell."""
        return self.attack.supported == (not self.reason)


def load_attacks(path: Path = ATTACKS) -> list[Attack]:
    """Load a set of attacks.

    Raises:
        InputError: the file cannot be read, or a line is no attack.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [_attack(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise InputError(f"cannot read the attacks in {path}: {exc}") from exc


def check_attack(attack: Attack, writer: Writer) -> Finding:
    """Let the product's check judge an attack.

    A claim told as a fact is caught too when it gets its speaker back.

    Args:
        attack: a sentence.
        writer: checks it, with the word of a language model that verifies, if it has one.

    Raises:
        LLMError: the language model failed.
    """
    draft = Draft(attack.sentence, "")
    reading = Reading(attack.question, attack.question, None, (), (), attack.evidence)
    _, grounded = writer.check(writer.grounder(reading), reading, draft)
    if grounded.text and writer.gate.doubts(writer.verify(reading, draft, evidence_behind(grounded))):
        return Finding(attack, "the verifier doubts it")
    taken_back = [support.reason for support in grounded.support if support.reason]
    if taken_back or not grounded.text:
        return Finding(attack, taken_back[0] if taken_back else "nothing is left")
    repaired = squeeze(attack.sentence) not in {squeeze(s.sentence) for s in grounded.support}
    return Finding(attack, "it got its speaker back" if repaired and attack.kind == _CLAIM else "")


def render_findings(findings: Sequence[Finding]) -> str:
    """Give the catch rate and the false alarms, by kind, as a table."""
    false = [f for f in findings if not f.attack.supported]
    words = [f for f in false if f.attack.kind != INVENTED]
    true = [f for f in findings if f.attack.supported]
    lines = [
        f"caught, invented             {_share(f for f in false if f.attack.kind == INVENTED)}",
        f"caught, words of the evidence {_share(words)}",
        f"true sentences that stood    {_share(true)}",
        "",
        "by kind: caught (false sentences), stood (true ones)",
    ]
    for supported in (False, True):
        for kind in sorted({f.attack.kind for f in findings if f.attack.supported == supported}):
            of_kind = [f for f in findings if f.attack.kind == kind and f.attack.supported == supported]
            lines.append(f"  {'true ' if supported else 'false'} {kind:24} {_share(of_kind)}")
    return "\n".join(lines)


def _share(findings: Iterable[Finding]) -> str:
    judged = list(findings)
    right = sum(f.right for f in judged)
    return f"{right / len(judged):.3f} ({right} of {len(judged)})" if judged else "- (none)"


def _attack(row: dict[str, Any]) -> Attack:
    evidence = tuple(_evidence(f"{row['id']}-{n}", part) for n, part in enumerate(row["evidence"]))
    return Attack(
        id=row["id"],
        split=row["split"],
        question=row["question"],
        evidence=evidence,
        sentence=row["sentence"],
        kind=row["kind"],
        supported=bool(row["supported"]),
    )


def _evidence(article_id: str, part: dict[str, str]) -> Evidence:
    published = part.get("published_at") or ""
    moment = datetime.fromisoformat(published).replace(tzinfo=UTC) if published else None
    text = part["text"]
    article = Article(article_id, part["title"], text, "", part["source"], "", moment, "", "")
    chunk = Chunk(f"{article_id}#0", article_id, 0, 0, len(text), text)
    passage = Passage(chunk, article, score=1.0, rank=1, why=Why(1, 1, 1.0))
    return Evidence(passage, 0, len(text), 1.0)
