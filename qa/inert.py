"""Sentences of articles that talk to the machine instead of the reader: they are never read or quoted.

A second wall: the prompt marks all evidence as data and breaks control tokens, and what a model makes of an attack
is checked like any draft. This keeps the attack itself from being the quotation that stands in for an answer.
"""

import re
import unicodedata

_COMMANDS = re.compile(
    "|".join(
        (
            r"<\|[^|]*\|>|<<?/?sys>?>|\[/?inst\]",
            r"</?(?:s|system|assistant|user|tool|script|iframe|img|svg|style|a|meta|object)\b",
            r"^\s*(?:#+\s*)?(?:system|assistant|user|human|developer|new policy|short)\s*:",
            r"\bnew (?:policy|instructions?|rules?)\s*:",
            r"\b(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rules|evidence|above|previous)",
            r"\b(?:system|developer) (?:prompt|message)\b|\bas an? (?:ai|language model|chatbot)\b",
            r"\byou (?:are|must|will|shall|should) (?:now |always |only |never )?(?:an? |the )?"
            r"(?:ai|assistant|reply|respond|obey|pretend|output|repeat)\b",
            r"\b(?:answer|reply|respond)\b.{0,20}\b(?:with the|by saying|every question|all questions)\b",
            r"\b(?:ai|chatbots?|assistants?|language models?|bots?)\b.{0,30}\b(?:must|reading this|that reads?)\b",
            r"!?\[[^\]]*\]\s*\(|\b(?:javascript|vbscript):|\bdata:\w+/|\bdo not answer\b",
            r"\bfunction_call\b|\btool_call|\bend of (?:article|evidence|context)\b",
        )
    ),
    re.IGNORECASE | re.MULTILINE,
)
_INVISIBLE = frozenset({"Cf", "Co", "Cn"})
_MOST_INVISIBLE = 4  # invisible characters that a sentence may have by accident


def talks_to_machine(sentence: str) -> bool:
    """Tell whether a sentence is, or hides, an instruction to a program rather than a statement for a reader.

    Invisible characters (zero-width, bidirectional, tags) count as hiding; look-alike full-width letters are
    read as plain ones.
    """
    hidden = sum(unicodedata.category(c) in _INVISIBLE and c != "\u00ad" for c in sentence)
    if hidden > _MOST_INVISIBLE:
        return True
    visible = "".join(c for c in sentence if unicodedata.category(c) not in _INVISIBLE)
    return bool(_COMMANDS.search(unicodedata.normalize("NFKC", visible)))
