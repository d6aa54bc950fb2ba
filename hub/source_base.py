"""What may `hub.yml` say of every source, whatever its kind?"""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_DURATION = re.compile(r"^\s*(\d+)\s*([hdw])\s*$")
_HOURS = {"h": 1, "d": 24, "w": 168}


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def known_zone(value: str | None) -> str | None:
    if value is not None and value not in available_timezones():
        raise ValueError("an IANA time zone such as Europe/Berlin or UTC")
    return value


# Kinds whose records keep coming: what comes after the last one is not known yet. The others are
# lists, delivered whole.
STREAMS = ("service_logs", "service_metrics", "events", "exposure", "sales", "jira", "cost")


class SourceBase(Strict):
    """What every source has. `path` is a glob relative to the home (or absolute).

    `ended` is the last day of a closed source, which has delivered everything: no period waits for
    it any more.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    path: str = Field(min_length=1)
    owner: str | None = None
    fresh_within: str | None = None
    ended: date | None = None

    @field_validator("fresh_within")
    @classmethod
    def _duration(cls, value: str | None) -> str | None:
        if value is not None and not _DURATION.match(value):
            raise ValueError("a duration such as 36h, 2d or 1w")
        return value

    @field_validator("ended")
    @classmethod
    def _is_over(cls, value: date | None) -> date | None:
        if value is not None and value > date.today():
            raise ValueError("the last day of a source that is closed, not one to come")
        return value

    @model_validator(mode="after")
    def _can_end(self) -> SourceBase:
        kind = getattr(self, "kind", None)
        if self.ended is not None and kind not in STREAMS:
            raise ValueError(
                f"`ended` with a source of {', '.join(STREAMS)} alone; a list such as {kind} is "
                "delivered whole, and no period waits for it"
            )
        return self

    @property
    def fresh_within_hours(self) -> int | None:
        """The age in hours after which this source's newest record is called stale; of a closed
        source, of which nothing newer can come, None."""
        if self.ended is not None:
            return None
        match = _DURATION.match(self.fresh_within or "")
        return int(match[1]) * _HOURS[match[2]] if match else None


class ZonedSource(SourceBase):
    time_zone: str | None = None

    _zone = field_validator("time_zone")(known_zone)
