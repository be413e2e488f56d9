"""Reference services of Poland and Lithuania: what the checks are proven against.

``frame.py`` is what core asks of any service; a profile adds its operations to it, in a folder of its own (``assistant/``). The services know
nothing of the harness: whoever asks gets the same.
"""
