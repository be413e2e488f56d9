"""``govai init``: an endpoint is asked what it offers, and ``govai.toml`` and the files for CI are written."""
