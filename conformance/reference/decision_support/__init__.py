"""The reference decision support, provider (``service.py``) and consumer (``caller.py``), of profile decision-support/1."""
