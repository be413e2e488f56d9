"""What a test, or a session, asks for."""

from __future__ import annotations

from typing import Any

from harness import catalogue, formats
from harness.adapters import find_adapter
from harness.binding import bound_by_hand
from harness.errors import UsageError
from harness.expected import Entry, read_expected
from harness.explore import duration
from harness.participant import Limits, check_url, parse_credential
from harness.profile import Profile
from harness.pytest_plugin.options import Settings, a_class, a_day, above_zero


class Plan:
    """All that the options ask for. Raises :class:`GovaiError` where one is wrong, before anything is sent."""

    def __init__(self, settings: Settings) -> None:
        paths = [settings.path("profile_path", text) for text in settings.texts("profile_path")]
        names = settings.texts("profile") or (["assistant"] if settings.text("url") else [])
        if not names:
            raise UsageError('Say what to test against: @pytest.mark.govai("translation"). govai profiles lists what there is.')
        self.profiles: list[Profile] = catalogue.load_with_core(names, paths)
        self.allow_incomplete = settings.allow_incomplete
        self.url = check_url(url) if (url := settings.text("url")) else None
        self.own_url = check_url(url) if (url := settings.own_url) else None
        self.start: list[str] = settings.table.get("start", [])
        self.language: str = settings.table.get("lang", "en")
        self.targets = [(format, settings.path("report", path)) for format, path in settings.pairs("report")]
        for format, path in self.targets:
            formats.check_target(format, path)
        for adapter in settings.texts("adapter"):
            find_adapter(adapter)
        explore = settings.text("explore")
        if explore:
            duration(explore)
        file = settings.text("expected_failures")
        self.expected: list[Entry] = read_expected(settings.path("expected_failures", file), self.profiles) if file else []
        ca, auth, country = settings.text("ca"), settings.text("auth"), settings.text("country")
        self.arguments: dict[str, Any] = {
            "profiles": names,
            "profile_paths": paths,
            "name": settings.text("name"),
            "country": country.lower() if country else None,
            "adapters": settings.texts("adapter"),
            "credential": parse_credential(auth) if auth else None,
            "certificate_authority": settings.path("ca", ca) if ca else None,
            "limits": Limits(
                timeout=settings.text("timeout", above_zero(float)) or Limits.timeout,
                concurrency=settings.text("concurrency", above_zero(int)) or Limits.concurrency,
                budget=settings.text("budget", above_zero(int)),
                max_rps=settings.text("max_rps", above_zero(float)),
            ),
            "seed": 1 if (seed := settings.text("seed", int)) is None else seed,
            "decided_by": settings.text("class", a_class),
            "as_of": settings.text("as_of", a_day),
            "variables": bound_by_hand(settings.texts("set"), "--govai-set"),
            "explore": explore,
            **{name: settings.table.get(name) for name in ("evidence", "callback_url")},
        }
