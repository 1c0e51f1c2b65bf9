"""What went wrong, with the names that could have been meant."""

from __future__ import annotations

import asyncio
import logging

import psycopg

from mzwidget import catalog
from mzwidget.explaining import names_matter
from mzwidget.naming import Names
from mzwidget.tail.connect import Parameters, engine_ended
from mzwidget.tail.query import Query
from mzwidget.tail.status import ENGINE_ENDED, Status, explain

log = logging.getLogger("mzwidget")


class Hints:
    """Explains why a query fails. What is repeated at every attempt is asked of the database, and logged, but once."""

    def __init__(self, parameters: Parameters, query: Query) -> None:
        self._parameters = parameters
        self._query = query
        self._before = ""
        self._names = Names()

    async def explain(self, error: Exception) -> Status:
        """Put an error in words. Takes a few seconds at the most, and never raises."""
        plain = explain(error, self._query)
        is_new, self._before = plain.message != self._before, plain.message
        if names_matter(error):
            if is_new:
                self._names = await asyncio.to_thread(catalog.look_up, self._parameters, self._query.text)
            return explain(error, self._query, self._names)
        if plain.state == "reconnecting" and engine_ended(self._parameters):
            return Status("failed", ENGINE_ENDED)
        if is_new and not isinstance(error, psycopg.Error | OSError):
            log.error("%s: unexpected", self._query.text, exc_info=error)
        return plain
