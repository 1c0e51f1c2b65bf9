"""Wikimedia's live event stream, held on to whatever the network does: https://stream.wikimedia.org."""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from ld_eventsource import SSEClient
from ld_eventsource.actions import Event, Start
from ld_eventsource.config import ConnectStrategy
from ld_eventsource.errors import HTTPContentTypeError, HTTPStatusError

from mzwidget.wikipedia import pagechange, recentchange

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from mzwidget.wikipedia.rows import Row

URL = f"https://stream.wikimedia.org/v2/stream/{recentchange.STREAM}"
BOTH = f"{URL},{pagechange.STREAM}"
"""Two streams over one connection."""

_CONNECT_TIMEOUT = 5.0
_LONGEST_GAP = 600.0
_LONGEST_WAIT = 3600.0
_FRUITLESS = 3
_REMEMBERED = 20_000


class StreamError(Exception):
    """The live stream failed; the message is for people.

    Attributes
    ----------
    retry_after
        Seconds the server asks to wait before the next attempt, if it said so.
    final
        True when trying again the same way is of no use.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, final: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.final = final


class EventStream:
    """One stream, or several in one, over any number of connections: resumes where it was cut, repeats nothing.

    Parameters
    ----------
    url
        Where the stream is.
    user_agent
        How the client names itself; Wikimedia turns away clients that do not.
    silence
        Seconds without a byte after which the stream counts as stalled.
    """

    def __init__(self, url: str, user_agent: str, silence: float) -> None:
        self._url = url
        self._host = urlsplit(url).hostname or url
        self._user_agent = user_agent
        self._silence = silence
        self._last_event_id: str | None = None
        self._last_event_time = 0.0
        self._fruitless = 0
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._client: SSEClient | None = None

    def connect(self, stop: threading.Event) -> Iterator[Row | str]:
        """Yield the events of one connection: a row, or why there is none in the event.

        Returns when the server ends the stream, which it does every few minutes.

        Raises
        ------
        StreamError
            When the connection cannot be made, is cut, stalls or is refused.
        """
        resume_from = self._resume_from()
        connections = _Connections(self._url)
        self._client = SSEClient(
            ConnectStrategy.http(
                self._url,
                headers={"User-Agent": self._user_agent},
                pool=connections,
                urllib3_request_options={"timeout": urllib3.Timeout(connect=_CONNECT_TIMEOUT, read=self._silence)},
            ),
            last_event_id=resume_from,
        )
        try:
            for action in self._client.all:
                if stop.is_set():
                    return
                if isinstance(action, Start):
                    self._fruitless += 1
                if not isinstance(action, Event):
                    continue
                if action.event == "error":
                    raise StreamError(f"{self._host} reports an error: {_error_text(action.data)}")
                self._fruitless = 0
                if action.last_event_id:
                    self._last_event_id, self._last_event_time = action.last_event_id, time.time()
                yield self._read(action.data)
        except StreamError:
            raise
        except Exception as error:
            raise self._explain(error, resumed=resume_from is not None) from error
        finally:
            self._client.close()
            connections.close()

    def close(self) -> None:
        """End the connection from another thread."""
        if self._client is not None:
            with suppress(Exception):
                self._client.close()

    def _resume_from(self) -> str | None:
        """Return the id to resume from, or None to start with what happens now.

        After a long gap the stream starts anew rather than with old news, and also when resuming leads nowhere.
        The ids hold the time of the last event plus 1 ms, which would skip another event of the same
        millisecond. Asking for one earlier repeats an event or two, and those are known.
        """
        old = time.time() - self._last_event_time > _LONGEST_GAP
        if self._last_event_id is None or old or self._fruitless >= _FRUITLESS:
            return None
        try:
            positions = json.loads(self._last_event_id)
            for position in positions:
                if "timestamp" in position:
                    position["timestamp"] -= 1
        except (ValueError, TypeError):
            return self._last_event_id
        return json.dumps(positions, separators=(",", ":"))

    def _read(self, data: str) -> Row | str:
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            return "malformed"
        if not isinstance(event, dict):
            return "malformed"
        meta = event.get("meta")
        if not isinstance(meta, dict):
            return "malformed"
        if meta.get("domain") == "canary":
            return "canary"
        if self._repeated(meta.get("id")):
            return "duplicate"
        return pagechange.to_revision(event) if meta.get("stream") == pagechange.STREAM else recentchange.to_edit(event)

    def _repeated(self, event_id: object) -> bool:
        if not isinstance(event_id, str):
            return False
        if event_id in self._seen:
            self._seen.move_to_end(event_id)
            return True
        self._seen[event_id] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return False

    def _explain(self, error: Exception, *, resumed: bool) -> StreamError:
        """Say in a sentence what happened and what to do."""
        host = self._host
        if isinstance(error, HTTPStatusError):
            retry_after = _retry_after(error.headers)
            if error.status == 403:
                return StreamError(
                    f"{host} refuses this client (HTTP 403). It named itself {self._user_agent!r}; if Wikimedia "
                    "blocks that, pass follow(…, user_agent='name/version (contact)'); a proxy can be the cause too",
                    final=True,
                )
            if error.status == 429:
                return StreamError(
                    f"{host} has too many connections from this address (HTTP 429): close other notebooks or "
                    "programs that follow it, or try again later",
                    retry_after=retry_after,
                )
            refused = 400 <= error.status < 500 and error.status != 408
            if refused and resumed:
                self._last_event_id = None
            return StreamError(
                f"{host} answered HTTP {error.status}", retry_after=retry_after, final=refused and not resumed
            )
        if isinstance(error, HTTPContentTypeError):
            return StreamError(
                f"{host} answered with {error.content_type or 'no content type'!r} instead of an event stream: "
                "a proxy or a log-in page of the network may stand in between"
            )
        if isinstance(error, urllib3.exceptions.NameResolutionError):
            return StreamError(f"the name {host} cannot be resolved: is this machine online?")
        if isinstance(error, urllib3.exceptions.ReadTimeoutError):
            return StreamError(f"{host} sent nothing for {self._silence:g} s")
        if isinstance(error, urllib3.exceptions.NewConnectionError):
            return StreamError(f"no connection to {host}: {_reason(error)}")
        if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
            return StreamError(f"{host} did not answer within {_CONNECT_TIMEOUT:g} s")
        return StreamError(f"the connection to {host} broke: {_reason(error)}")


def _error_text(data: str) -> str:
    try:
        error = json.loads(data)
        return str(error.get("message") or error.get("detail") or error)[:300]
    except (ValueError, AttributeError):
        return data[:300]


def _retry_after(headers: Any) -> float | None:
    """Read for how long the server asks to be left alone: so many seconds, or until a date."""
    text = (headers or {}).get("Retry-After")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), _LONGEST_WAIT) if math.isfinite(seconds) else None


def _reason(error: Exception) -> str:
    """Return the innermost cause's own words."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return (str(error) or type(error).__name__).splitlines()[0][:200]


class _Connections:
    """Connections, through the environment's proxy if there is one for this URL.

    Stands in for urllib3's pool to close what the event source leaves open: an answer that is not a stream.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        proxy = getproxies().get(parts.scheme)
        if proxy and not proxy_bypass(parts.hostname or ""):
            self._pool: urllib3.PoolManager = urllib3.ProxyManager(proxy)
        else:
            self._pool = urllib3.PoolManager()
        self._answer: urllib3.BaseHTTPResponse | None = None

    def request(self, method: str, url: str, **options: Any) -> urllib3.BaseHTTPResponse:
        self._answer = self._pool.request(method, url, **options)
        return self._answer

    def close(self) -> None:
        if self._answer is not None:
            self._answer.close()
        self._pool.clear()
