"""Reads the rating service over HTTP with nothing but the standard library."""

import json
import urllib.error
import urllib.parse
import urllib.request

DAY = 86_400


class ServiceError(Exception):
    """The service did not answer, or not as documented; the text says which address and what came."""


class Service:
    def __init__(self, url: str, timeout: float = 30.0):
        self._url = url.rstrip("/")
        self._timeout = timeout

    def get(self, path: str, **query: object) -> dict:
        parameters = {name: value for name, value in query.items() if value is not None}
        url = self._url + path + (f"?{urllib.parse.urlencode(parameters)}" if parameters else "")
        try:
            with urllib.request.urlopen(url, timeout=self._timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            text = error.read(500).decode("utf-8", "replace")
            raise ServiceError(f"GET {url} answered {error.code}: {text}") from error
        except (OSError, json.JSONDecodeError) as error:
            raise ServiceError(f"GET {url}: {error}. Is the rating service running there?") from error

    def inputs(self, did: str) -> dict:
        """All pages of /mcr/{did}/inputs as one answer."""
        whole = self.get(f"/mcr/{did}/inputs", limit=500)
        cursor = whole.pop("next_cursor", None)
        seen = set()
        while cursor is not None:
            if cursor in seen:
                raise ServiceError(f"/mcr/{did}/inputs gave the cursor {cursor} twice")
            seen.add(cursor)
            page = self.get(f"/mcr/{did}/inputs", limit=500, cursor=cursor)
            whole["items"] += page["items"]
            cursor = page.get("next_cursor")
        return whole

    def explain(self, did: str, as_of: int | None, basis: str) -> dict:
        return self.get(f"/mcr/{did}/explain", as_of=as_of, basis=basis)

    def machines_of(self, operator: str) -> list[str]:
        """The DIDs of all machines of an operator."""
        dids: list[str] = []
        while True:
            page = self.get(f"/operator/{operator}/machines", offset=len(dids), limit=100)
            dids += [machine["did"] for machine in page["machines"]]
            if not page["machines"] or len(dids) >= page["pagination"]["total"]:
                return dids

    def mcr(self, did: str) -> dict:
        return self.get(f"/mcr/{did}")

    def history(self, did: str, as_of: int, days: int, basis: str) -> list[dict]:
        """One item for each of the `days` days before `as_of` and for `as_of` itself; the service gives 400 at most at once."""
        items = []
        first = as_of - days * DAY
        while first <= as_of:
            last = min(as_of, first + 399 * DAY)
            query = {"from": first, "to": last, "step": DAY, "basis": basis}
            items += self.get(f"/mcr/{did}/history", **query)["items"]
            first = last + DAY
        if len(items) != days + 1:
            raise ServiceError(f"/mcr/{did}/history gave {len(items)} items for {days + 1} days")
        return items
