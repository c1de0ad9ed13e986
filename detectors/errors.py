"""Everything detection raises on purpose.

DetectorError
    DetectorUnusable      the weights are missing, damaged, hostile or not a person detector
"""


class DetectorError(Exception):
    """The base of what detection raises on purpose."""


class DetectorUnusable(DetectorError):
    """The weights cannot be used; the message names the file and the next step."""
