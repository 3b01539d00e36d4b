"""What a file says of its article, and its bytes as text.

The messages of the errors here go on from the file's name: "is empty: ...". The caller knows that name.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from qa.errors import ArticleError

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Fields:
    """What a file says of its article; empty where it says nothing."""

    title: str = ""
    text: str = ""
    id: str = ""
    url: str = ""
    source: str = ""
    author: str = ""
    published_at: datetime | None = None


def decode(raw: bytes, charset: str = "") -> str:
    """Decode text: by its byte order mark, the charset named, UTF-8, or else what charset-normalizer finds.

    Args:
        raw: the bytes.
        charset: what the sender says it is, if anything.

    Raises:
        ArticleError: empty, binary, or in no known encoding.
    """
    if not raw.strip():
        raise ArticleError("is empty: nothing to index")
    marked = next((name for mark, name in _BOMS if raw.startswith(mark)), "")
    text = None
    for name in (marked, charset, "utf-8"):
        text = _decoded(raw, name) if name and text is None else text
    if text is None:
        from charset_normalizer import from_bytes

        best = from_bytes(raw).best()
        if best is None:
            raise ArticleError("is not text in any known encoding: save it as UTF-8")
        text = str(best)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text or _unprintable_share(text) > 0.05:
        raise ArticleError("is not text (binary data): convert it to .txt or .md first")
    return unicodedata.normalize("NFC", text)


def _decoded(raw: bytes, charset: str) -> str | None:
    try:
        return raw.decode("utf-8-sig" if charset.lower() in ("utf-8", "utf8") else charset)
    except (UnicodeDecodeError, LookupError):
        return None


def _unprintable_share(text: str) -> float:
    odd = sum(1 for c in text if unicodedata.category(c) in ("Cc", "Cn", "Co") and c not in "\n\t\f")
    return odd / len(text)
