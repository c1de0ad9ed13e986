"""Everything retrieval raises on purpose.

RetrievalError
    QueryRefused          the sentence cannot be searched: empty, absurdly long, no words
    WeightsError          weights cannot be used or fetched
        WeightsUnknown        no model of that name
        WeightsUnusable       damaged, hostile, or of the wrong shape
        WeightsUnreachable    the address did not answer; worth trying again
    ModelMismatch         vectors of different models would mix
    IndexUnusable         an index on disk is of a newer version, or damaged
    IndexBehind           a part of an index lost what was added to it; go on from its position
    PictureUnreadable     a picture file is missing, damaged or no picture
    DatasetUnusable       a data set is incomplete, damaged, or of another layout than was said
    TrainingError         training cannot start or go on
        PlanRefused           what was asked for makes no sense, or does not fit the run folder
        TrainingDiverged      the loss is no number; a checkpoint from before is kept
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


class IndexUnusable(RetrievalError):
    """An index on disk is of a newer version, of another model, or damaged; nothing was changed."""


class IndexBehind(RetrievalError):
    """A part of an index has not what was added to it last: add again all since its position."""


class PictureUnreadable(RetrievalError):
    """A picture file is missing, damaged, or no picture; the message names it."""


class DatasetUnusable(RetrievalError):
    """A data set is incomplete, damaged, or of another layout; the message says what is missing."""


class TrainingError(RetrievalError):
    """Training cannot start or go on."""


class PlanRefused(TrainingError):
    """What was asked for makes no sense, or does not fit what the run folder holds."""


class TrainingDiverged(TrainingError):
    """The loss is no number; the message names the batch and the checkpoint that is kept."""
