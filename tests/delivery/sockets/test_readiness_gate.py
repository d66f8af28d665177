"""Which requests are refused while an instance cannot serve shoppers."""

from collections.abc import Iterator

from tests.delivery.sockets.instance import POLLING, WEBSOCKET, running
from tests.delivery.sockets.polling_shopper import polling
from tests.delivery.sockets.served import RawClient, on_uvloop


@on_uvloop
async def test_a_stopping_instance_refuses_new_sessions_and_serves_the_others(
    ports: Iterator[int],
) -> None:
    async with (
        running(next(ports)) as instance,
        polling(instance) as eva,
        instance.shopper() as ana,
    ):
        await eva.enter("eva")
        instance.sessions.close()
        for path in (POLLING, f"{POLLING}&sid=", f"{POLLING}&sid=&xsid=1"):
            answer = await eva.http.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        for path in (WEBSOCKET, f"{WEBSOCKET}&sid="):
            async with RawClient.connected(instance.port, path) as client:
                head = await client.handshake()
                assert head.startswith("HTTP/1.1 503 ")
                assert "retry-after: 1" in head.lower()
        for socket in (eva.socket, ana.socket):
            instance.push(socket, "a")
        assert (await eva.poll())[0].startswith("421")
        assert await eva.post("431[]") == 200
        assert (await ana.raw.text()).startswith("421")
        assert (await eva.http.get("/elsewhere")).status_code == 404


@on_uvloop
async def test_a_connection_is_refused_if_the_instance_stops_after_the_handshake(
    ports: Iterator[int],
) -> None:
    async with running(next(ports)) as instance, polling(instance) as eva:
        instance.sessions.close()
        assert await eva.post('40{"token":"nonsense"}') == 200
        assert (await eva.poll())[0].startswith("44")


@on_uvloop
async def test_websockets_are_let_in_while_too_many_sessions_poll(ports: Iterator[int]) -> None:
    async with running(next(ports), max_polling=0) as instance, instance.http() as http:
        answer = await http.get(POLLING, headers={"Origin": "https://shop.example"})
        assert (answer.status_code, answer.text) == (503, "too many sessions poll")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-expose-headers"] == "Retry-After"
        async with instance.shopper():
            assert instance.link.subscribed
