"""Traffic that was recorded earlier: HAR files, and the exchanges of earlier runs (``harness/recording.py`` writes them).

opening.py   whichever of them it is, read as exchanges
har.py       HAR files of browsers and proxies
offline.py   judged, without sending anything (``govai judge``)
"""

from harness.recorded.opening import open_recorded, read_exchanges, recorded_in

__all__ = ["open_recorded", "read_exchanges", "recorded_in"]
