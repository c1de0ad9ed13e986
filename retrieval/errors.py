"""Everything retrieval raises on purpose.

RetrievalError
    QueryRefused          the sentence cannot be searched: empty, absurdly long, no words
    WeightsError          weights cannot be used or fetched
        WeightsUnknown        no model of that name
        WeightsUnusable       damaged, hostile, or of the wrong shape
        WeightsUnreachable    the address did not answer; worth trying again
    ModelMismatch         vectors of different models would mix
"""


class RetrievalError(Exception):
    """The base of what retrieval raises on purpose."""


class QueryRefused(RetrievalError):
    """The sentence cannot be searched; the message says why and what to type instead."""


class WeightsError(RetrievalError):
    """Weights cannot be used or fetched."""


class WeightsUnknown(WeightsError):
    """No model of that name is in the manifest."""


class WeightsUnusable(WeightsError):
    """The file is damaged, carries code, or has the wrong shape."""


class WeightsUnreachable(WeightsError):
    """The address did not answer in time; trying again may help."""


class ModelMismatch(RetrievalError):
    """A vector of one model was offered to the gallery of another."""
