"""Who is under test: name, country, base URL, how to call it, and the limits to respect while doing so."""

from __future__ import annotations

import os
import shlex
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from harness.errors import UsageError

CredentialKind = Literal["bearer", "api-key", "oauth2", "mtls"]

AUTH_HELP = (
    "bearer:env:VARIABLE, bearer:file:PATH, api-key:HEADER:env:VARIABLE, api-key:HEADER:file:PATH, "
    "oauth2:TOKEN_URL:CLIENT_ID:env:VARIABLE[:SCOPES], mtls:CERTIFICATE.pem:KEY.pem"
)


@dataclass(frozen=True)
class Credential:
    """How the harness proves who it is. ``secret`` never leaves this object except in the header it is sent in.

    ``shown`` is what a curl line prints in its place, e.g. ``$AGENCY_TOKEN``.
    """

    kind: CredentialKind
    secret: str = field(default="", repr=False)
    shown: str = ""
    header: str = "Authorization"
    token_url: str = ""
    client_id: str = ""
    scopes: str = ""
    certificate: Path | None = None
    key: Path | None = None

    def ssl_context(self, verify: ssl.SSLContext) -> ssl.SSLContext:
        """``verify`` with the client certificate loaded (mTLS, RFC 8705). Raises :class:`UsageError` for unreadable files."""
        if self.certificate is not None:
            try:
                verify.load_cert_chain(self.certificate, self.key)
            except (OSError, ssl.SSLError) as error:
                raise UsageError(f"The client certificate {self.certificate} with key {self.key} cannot be loaded: {error}.") from None
        return verify


def parse_credential(text: str) -> Credential:
    """The credential that ``--auth`` describes.

    Secrets are never written on the command line, where other users of the machine could read them: they come from an environment variable
    or a file.

    Raises:
        UsageError: the form is unknown, the variable is not set, or the file cannot be read.
    """
    kind, _, rest = text.partition(":")
    if kind == "bearer":
        secret, shown = read_secret(rest, f"--auth {kind}", AUTH_HELP)
        return Credential("bearer", secret, shown)
    if kind == "api-key":
        header, _, source = rest.partition(":")
        secret, shown = read_secret(source, f"--auth {kind}", AUTH_HELP)
        return Credential("api-key", secret, shown, header=header)
    if kind == "oauth2":
        before, marker, after = rest.partition(":env:")
        if not marker:
            before, marker, after = rest.partition(":file:")
        token_url, _, client_id = before.rpartition(":")
        source, _, scopes = after.partition(":")
        if not token_url or not client_id:
            raise UsageError(f"--auth {kind}:... is not complete. Forms: {AUTH_HELP}.")
        secret, shown = read_secret(marker.strip(":") + ":" + source, f"--auth {kind}", AUTH_HELP)
        return Credential("oauth2", secret, shown, token_url=token_url, client_id=client_id, scopes=scopes.replace(",", " "))
    if kind == "mtls":
        certificate, _, key = rest.partition(":")
        if not certificate or not key:
            raise UsageError(f"--auth mtls needs a certificate and a key. Forms: {AUTH_HELP}.")
        return Credential("mtls", certificate=Path(certificate), key=Path(key))
    raise UsageError(f"--auth {kind} is not known. Forms: {AUTH_HELP}.")


def read_secret(source: str, option: str, forms: str) -> tuple[str, str]:
    """The secret at ``env:VARIABLE`` or ``file:PATH``, and how to show where it comes from.

    Raises:
        UsageError: it is written in another form (and not repeated: it may be the secret), the variable is not set, or the file cannot be read.
    """
    kind, _, place = source.partition(":")
    if kind == "env" and place:
        value = os.environ.get(place, "").strip()
        if not value:
            raise UsageError(
                f"The environment variable {place} is not set or empty. Set it to the secret, or leave {option.split()[0]} out."
            )
        return value, f"${place}"
    if kind == "file" and place:
        try:
            value = Path(place).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The file of {option}, {place}, cannot be read: {error}.") from None
        if not value:
            raise UsageError(f"The file of {option}, {place}, is empty.")
        return value, f"$(cat {shlex.quote(place)})"
    raise UsageError(f"{option}: say where the secret is (env:VARIABLE or file:PATH), it is never written here. Forms: {forms}.")


@dataclass(frozen=True)
class Limits:
    """What the harness allows itself and the participant. Times in seconds, sizes in bytes.

    ``timeout`` bounds one whole exchange, ``connect`` the connection alone; ``response_bytes`` what is read of one answer. ``budget`` bounds
    the requests of the run, ``max_rps`` their pace, ``longest_wait`` how long a Retry-After is obeyed.
    """

    timeout: float = 60.0
    connect: float = 10.0
    response_bytes: int = 16 * 1024 * 1024
    concurrency: int = 8
    budget: int | None = None
    max_rps: float | None = None
    longest_wait: float = 30.0


@dataclass(frozen=True)
class Participant:
    """Who is under test. ``url`` is empty where that is a consumer."""

    url: str
    name: str
    country: str | None = None
    credential: Credential | None = None
    certificate_authority: Path | None = None
    adapters: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def ssl_context(self) -> ssl.SSLContext:
        """How a connection is verified: against the system's authorities and the one given, with the client's certificate if it has one.

        Raises:
            UsageError: a file cannot be loaded.
        """
        context = ssl.create_default_context()
        if self.certificate_authority is not None:
            try:
                context.load_verify_locations(self.certificate_authority)
            except (OSError, ssl.SSLError) as error:
                raise UsageError(f"The certificate authority file {self.certificate_authority} cannot be loaded: {error}.") from None
        return self.credential.ssl_context(context) if self.credential else context


def check_url(url: str) -> str:
    """The base URL without a trailing slash.

    Raises:
        UsageError: it is not an absolute http or https URL, or it holds a password.
    """
    parts = urlsplit(url)
    try:
        port_is_right = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        port_is_right = False
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url} is not a base URL. Write it like https://assistant.example.gov.pl or http://127.0.0.1:8080.")
    if not port_is_right:
        raise UsageError(f"{url} has no valid port. Ports are 1 to 65535.")
    if parts.username or parts.password:
        raise UsageError("The URL holds a user name or password. Use --auth, so that it stays out of reports.")
    if parts.query or parts.fragment:
        raise UsageError(f"{url} holds a query or fragment. The base URL ends with the path under which the profile's operations lie.")
    return url.rstrip("/")
