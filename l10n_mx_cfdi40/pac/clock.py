"""The loopback's clock: real time, moved by an offset, or standing still. It is in the store, shared by all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from .store import Store, read_setting, write_setting

#: FechaTimbrado is written in the time of the centre of Mexico, wherever the issuer is.
CENTRAL = ZoneInfo("America/Mexico_City")

_OFFSET = "clock_offset"
_FROZEN = "clock_frozen"


class Clock:
    """What time it is for the PAC and the SAT of a store."""

    def __init__(self, store: Store):
        self._store = store

    def now(self) -> datetime:
        """The current moment, in UTC."""
        with self._store.reading() as db:
            frozen, moved = read_setting(db, _FROZEN), read_setting(db, _OFFSET)
        if frozen is not None:
            return datetime.fromisoformat(frozen)
        return datetime.now(UTC) + timedelta(seconds=int(moved or 0))

    def freeze(self, moment: datetime) -> None:
        """Stand still at ``moment``, which must carry its zone (``ValueError`` if not)."""
        if moment.tzinfo is None:
            raise ValueError("The moment needs a time zone")
        self._set(frozen=moment.astimezone(UTC).isoformat(), moved=None)

    def move(self, offset: timedelta) -> None:
        """Run, but ``offset`` away from real time (whole seconds)."""
        self._set(frozen=None, moved=str(int(offset.total_seconds())))

    def advance(self, step: timedelta) -> None:
        """Go ``step`` forward from wherever the clock is; it keeps running or standing still."""
        frozen = self._store.setting(_FROZEN)
        if frozen is not None:
            self.freeze(datetime.fromisoformat(frozen) + step)
        else:
            self.move(timedelta(seconds=int(self._store.setting(_OFFSET) or 0)) + step)

    def reset(self) -> None:
        """Back to real time."""
        self._set(frozen=None, moved=None)

    def _set(self, *, frozen: str | None, moved: str | None) -> None:
        with self._store.writing() as db:
            write_setting(db, _FROZEN, frozen)
            write_setting(db, _OFFSET, moved)
