"""The settings: one frozen value, built at the entry points and handed down.

Precedence: arguments, then NEWSDESK_ environment variables, then `newsdesk.toml` in the working folder,
then the defaults below. Nothing else in the program reads the environment for a setting.
"""

import os
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from qa.errors import SettingsError

PREFIX = "NEWSDESK_"
TOML_FILE = "newsdesk.toml"

# The name that means: the MiniLM weights that come with the package, run through ONNX.
DEFAULT_EMBEDDING_MODEL = "all-MiniLM-L6-v2"
EMBEDDED_LLMS = ("embedded", "embedded-small")
LOOPBACK = ("127.0.0.1", "localhost", "::1")  # what `host` may be for the page to be this machine's alone


class Settings(BaseSettings):
    """Every knob of the program, with its unit and range."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", toml_file=TOML_FILE, env_ignore_empty=True
    )

    # Where things are kept
    data_dir: Path = Field(Path("newsdesk-data"), description="Folder of the index.")
    cache_dir: Path = Field(
        Path(platformdirs.user_cache_dir("newsdesk", appauthor=False)),
        description="Folder of assembled model files; can be deleted, it is made again.",
    )

    # Embedding and chunks: changing one of these needs a rebuild of the index
    embedding_model: str = Field(
        DEFAULT_EMBEDDING_MODEL,
        min_length=1,
        description="The embedded MiniLM, or the name or folder of any sentence-transformers model.",
    )
    chunk_tokens: int = Field(180, ge=32, le=2000, description="Largest chunk, in tokens of the embedding model.")
    chunk_overlap: int = Field(
        30, ge=0, le=500, description="Whole sentences repeated from the chunk before, in tokens at most."
    )

    # Retrieval
    top_k: int = Field(10, ge=1, le=50, description="Passages read per question.")
    candidates: int = Field(50, ge=1, le=1000, description="Hits taken from each search before fusion.")
    rrf_k: int = Field(10, ge=1, le=1000, description="The constant k of reciprocal rank fusion.")
    keyword_weight: float = Field(1.0, ge=0, le=10, description="Weight of keyword search in the fusion.")
    dense_weight: float = Field(0.25, ge=0, le=10, description="Weight of dense search in the fusion.")
    part_slots: int = Field(
        3, ge=0, le=20, description="Passages kept for each part of a question, before those of the whole."
    )
    article_slots: int = Field(
        3, ge=1, le=50, description="Passages of one article in front, in a question of several parts."
    )

    # The language model
    llm: str = Field(
        "embedded",
        min_length=1,
        description="`embedded`, `embedded-small`, `none` (quotations only) or `provider:model`.",
    )
    llm_base_url: str = Field("", description="Base URL of an OpenAI-compatible server.")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key for the provider, if it needs one.")
    llm_timeout: float = Field(120, gt=0, le=3600, description="Seconds to wait for a remote model.")
    llm_threads: int = Field(
        0, ge=0, le=256, description="Threads of the embedded model; 0: chosen from the number of CPUs."
    )
    context_budget: int = Field(
        0,
        ge=0,
        le=100_000,
        description="Tokens of evidence given to the model; 0: 240 for an embedded model, 3000 for others.",
    )
    max_answer_tokens: int = Field(160, ge=16, le=2000, description="Longest answer, in tokens.")

    # The reader
    reader: Literal["on", "off"] = Field(
        "on", description="Whether a small model looks in the passages for the answer, or sees that there is none."
    )

    # The verifier
    verifier: Literal["on", "off"] = Field(
        "on",
        description="Whether `embedded` judges, by an adapter trained for it, if there is an answer and if "
        "its own is right.",
    )

    # Pages and feeds from the web
    user_agent: str = Field(
        "newsdesk/0.1 (news reader; respects robots.txt)",
        min_length=1,
        description="How requests for pages and feeds name themselves.",
    )
    fetch_timeout: float = Field(20, gt=0, le=600, description="Seconds that one request may take in all.")
    fetch_max_mb: float = Field(10, gt=0, le=500, description="Largest answer of a server, unpacked, in MB.")
    fetch_retries: int = Field(2, ge=0, le=10, description="Further attempts after one that may pass.")
    fetch_delay: float = Field(1.0, ge=0, le=60, description="Seconds between two requests to one host.")
    feed_entries: int = Field(100, ge=1, le=10_000, description="Entries of a feed or sitemap read per run.")
    respect_robots: bool = Field(True, description="Whether robots.txt is asked and obeyed.")
    allow_loopback: bool = Field(False, description="Whether pages of this very machine may be fetched.")

    # Watching
    watch_retries: int = Field(3, ge=0, le=100, description="Attempts at a failed article before it is set aside.")

    # The eval suite
    judge: str = Field(
        "none", min_length=1, description="Language model that judges answers beside the eval; as `llm`."
    )

    # Questions
    max_question_chars: int = Field(2000, ge=10, le=20_000, description="Longest question, in characters.")

    # The page
    host: str = Field("127.0.0.1", min_length=1, description="Address that the page listens on.")
    port: int = Field(7860, ge=1, le=65535, description="Port that the page listens on.")
    manage_articles: bool | None = Field(
        None, description="Whether the page may add and remove articles; unset: only when `host` is loopback."
    )

    @classmethod
    def settings_customise_sources(  # noqa: D102  documented by pydantic-settings
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def evidence_tokens(self) -> int:
        """The evidence budget in force, in tokens."""
        if self.context_budget:
            return self.context_budget
        return 240 if self.llm in (*EMBEDDED_LLMS, "none") else 3000

    @property
    def page_manages_articles(self) -> bool:
        """Whether the page may add and remove articles."""
        return self.host in LOOPBACK if self.manage_articles is None else self.manage_articles


def load_settings(**overrides: Any) -> Settings:
    """Build the settings from arguments, environment and file.

    Args:
        overrides: settings given on the command line; None means not given.

    Raises:
        SettingsError: a value is out of range, or a NEWSDESK_ variable or a key of the file is unknown.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name.upper() not in known)
    if unknown:
        raise SettingsError(f"unknown environment variable {unknown[0]}; the names are in docs/configuration.md")
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"setting {name}: {first['msg']} (see docs/configuration.md)") from exc
    except ValueError as exc:  # a newsdesk.toml that is not TOML
        raise SettingsError(f"cannot read {TOML_FILE}: {exc}") from exc
