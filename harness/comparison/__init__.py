"""Does a provider's own OpenAPI document promise what a profile asks? Nothing is sent (``govai compare``).

document.py     read the document and what it refers to
matching.py     which of its operations is which of the profile's
schema.py       one schema by itself, as a request or an answer reads it
containment.py  proof, or a value that shows the contrary
comparing.py    all of it, operation by operation
"""

from harness.comparison.comparing import compare
from harness.comparison.document import Document, read_file
from harness.comparison.model import EXIT_CODES, Comparison, Difference, Undecided

__all__ = ["EXIT_CODES", "Comparison", "Difference", "Document", "Undecided", "compare", "read_file"]
