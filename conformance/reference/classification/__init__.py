"""The reference routing service, provider (``service.py``) and consumer (``caller.py``), of profile classification/1."""
