"""Text that is not UTF-8 ends the connection, and logs no traceback."""

import pytest

from tests.integration.delivery.conformance.raw_websocket import TEXT, fragments, frame
from tests.integration.delivery.conformance.wire import entered
from tests.services.program import Program

_BAD_TEXT = 1007

_BAD = {
    "lonely continuation": b"4\x80",
    "cut off": b'42["\xe2\x82',
    "overlong": b"4\xc0\xaf",
    "surrogate": b"4\xed\xa0\x80",
    "beyond Unicode": b"4\xf4\x90\x80\x80",
    "latin-1": b"4\xe9",
    "ff": b"\xff",
}


@pytest.mark.parametrize("bad", _BAD.values(), ids=_BAD)
async def test_text_that_is_not_utf_8_ends_the_connection(
    instance: Program, user: str, bad: bytes
) -> None:
    for parts in ([frame(TEXT, bad)], fragments(bad, 1), fragments(bad, len(bad) - 1)):
        async with entered(instance.url, user) as socket:
            await socket.send(*parts)
            assert (await socket.ended()).code == _BAD_TEXT
