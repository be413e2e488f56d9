"""The reference assistant, provider (``service.py``) and consumer (``caller.py``), of profile assistant/1."""
