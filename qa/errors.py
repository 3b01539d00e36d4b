"""The error tree. Every message says what the user can do next.

NewsdeskError
├── SettingsError          a setting, an environment variable or an option is wrong
├── InputError             something the user gave cannot be used
│   ├── QuestionError      an empty or over-long question
│   └── ArticleError       a path, a file or an address that cannot be read as an article
│       └── FetchError         an address that could not be fetched, or must not be
├── StoreError             the index folder
│   ├── IndexNotFoundError     nothing ingested there yet
│   ├── IndexMismatchError     built with another embedding model, chunker or newsdesk
│   ├── IndexDamagedError      not readable as an index
│   ├── IndexLockedError       another process is writing
│   └── IndexReadOnlyError     the folder cannot be written
├── WeightsError           model files missing or not the ones expected
├── LLMError               the language model failed or refused
└── PortInUseError         the page's port is taken
"""


class NewsdeskError(Exception):
    """Base of all errors that are shown to the user as one line, without a traceback."""


class SettingsError(NewsdeskError):
    """A setting, an environment variable or an option is wrong."""


class InputError(NewsdeskError):
    """Something the user gave cannot be used."""


class QuestionError(InputError):
    """The question is empty or too long."""


class ArticleError(InputError):
    """A path, a file or an address cannot be read as an article."""


class FetchError(ArticleError):
    """An address could not be fetched, or must not be."""


class StoreError(NewsdeskError):
    """The index folder cannot be used as it is."""


class IndexNotFoundError(StoreError):
    """Nothing has been ingested into this folder."""


class IndexMismatchError(StoreError):
    """The index was built with another embedding model, chunker or schema."""


class IndexDamagedError(StoreError):
    """The catalog file cannot be read."""


class IndexLockedError(StoreError):
    """Another process is writing to the index."""


class IndexReadOnlyError(StoreError):
    """The index folder cannot be written."""


class WeightsError(NewsdeskError):
    """Model files are missing, or are not the ones that were pinned."""


class LLMError(NewsdeskError):
    """The language model could not be loaded, failed, or refused the request."""


class PortInUseError(NewsdeskError):
    """The port for the page is taken."""
