"""The locations that residents sent. In memory only: they are used for a search and not kept."""

from collections import OrderedDict

HELD = 1000


class Points:
    """The latest location of each conversation, to about a kilometre; the oldest ones fall out."""

    def __init__(self) -> None:
        self._points: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def put(self, conversation_id: str, latitude: float, longitude: float) -> tuple[float, float]:
        """Rounds and holds a location (WGS84 degrees); gives it back rounded."""
        point = (round(latitude, 2), round(longitude, 2))
        self._points[conversation_id] = point
        self._points.move_to_end(conversation_id)
        if len(self._points) > HELD:
            self._points.popitem(last=False)
        return point

    def get(self, conversation_id: str) -> tuple[float, float] | None:
        """The location that the conversation sent, if it is still held."""
        return self._points.get(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """Drops it: another place is meant now, or the resident is erased."""
        self._points.pop(conversation_id, None)
