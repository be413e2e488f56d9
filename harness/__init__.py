"""govai: an interoperability test harness for government AI services.

>>> report = harness.run("http://127.0.0.1:8080", profiles=["assistant"])
>>> report.class_reached
'government'
"""

from harness.api import acompare, aconsume, ajudge, ajudge_file, apair, aproxy, arun, compare, consume, judge, judge_file, pair, run
from harness.comparison import Comparison
from harness.errors import GovaiError, HarnessFault, ProfileError, Unreachable, UsageError
from harness.exchange import Exchange, Headers, Request, Response
from harness.pairing import Pairing
from harness.participant import Credential, Limits, Participant, parse_credential
from harness.report import Report

__all__ = [
    "Comparison",
    "Credential",
    "Exchange",
    "GovaiError",
    "HarnessFault",
    "Headers",
    "Limits",
    "Pairing",
    "Participant",
    "ProfileError",
    "Report",
    "Request",
    "Response",
    "Unreachable",
    "UsageError",
    "acompare",
    "aconsume",
    "ajudge",
    "ajudge_file",
    "apair",
    "aproxy",
    "arun",
    "compare",
    "consume",
    "judge",
    "judge_file",
    "pair",
    "parse_credential",
    "run",
]
