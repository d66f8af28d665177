"""uvicorn's HTTP protocol, which spreads a burst of requests over many turns of the event loop."""

from functools import partial

from runtime.http_bounds import RequestRefusedError
from runtime.paced_calls import PacedCalls
from runtime.refusing_http import RefusingHttp


class PacedHttp(RefusingHttp):
    """Owns the pauses in reading from one connection, while received data waits for its turn."""

    paced: PacedCalls
    """The calls that wait, of all connections of this server."""
    _is_upgrading = False

    def data_received(self, data: bytes) -> None:
        """Parse the received bytes, now or in a later turn."""
        if self.paced.is_turn_over:
            self.transport.pause_reading()
            self.paced.add(partial(self._receive, data))
        else:
            super().data_received(data)

    def handle_websocket_upgrade(self) -> None:
        """Pass the connection to the WebSocket protocol, in a later turn.

        Raises `RequestRefusedError`.
        """
        if self._is_answering():
            super().handle_websocket_upgrade()  # raises, because earlier requests are unanswered
        # Stop reading: what the client sends next is for the WebSocket protocol.
        self._is_upgrading = True
        self.transport.pause_reading()
        self.paced.add(self._upgrade)

    def _receive(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)
            self._read_on()

    def _upgrade(self) -> None:
        self._is_upgrading = False
        if self.outlet.is_closing():
            return
        self._read_on()  # the WebSocket protocol may pause reading again
        try:
            super().handle_websocket_upgrade()
        except RequestRefusedError as error:
            self.refuse(error)

    def _read_on(self) -> None:
        # Reading stays paused if the application has not read the body that has arrived.
        if not (self._is_upgrading or self.flow.read_paused or self.transport.is_closing()):
            self.transport.resume_reading()
