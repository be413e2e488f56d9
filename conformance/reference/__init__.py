"""Reference services of Poland and Lithuania: what the checks are proven against.

``frame.py`` is what core asks of any service; a profile adds its operations to it (``assistant.py``). The services know nothing of the
harness: whoever asks gets the same.
"""
