"""How the documentation site is made: ``tox -e docs``, or ``python -m sphinx -W docs public``."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.version import VERSION

sys.path.insert(0, str(Path(__file__).parent))

project, version = "govai", VERSION
html_title = f"govai {VERSION}"
html_theme = "furo"
extensions = ["generate", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
exclude_patterns = ["generate.py"]
html_show_copyright = html_show_sourcelink = html_copy_source = False
