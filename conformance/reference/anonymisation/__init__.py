"""The reference anonymiser, provider (``service.py``) and consumer (``caller.py``), of profile anonymisation/1."""
