"""How the console understands each answer that the producer API may give."""

from collections.abc import Callable

import httpx
import pytest

from deploy.console.lives.api import NotificationApi
from deploy.console.troubles import Troubles
from deploy.console.watching.instances import InstanceProbe


def _answering(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: answer


async def test_an_answer_that_is_not_json_is_reported_and_stops_nothing() -> None:
    troubles = Troubles()
    api = NotificationApi("http://api", lambda: "token", troubles)
    page = httpx.Response(200, text="<html>a proxy</html>")
    api._http = httpx.AsyncClient(
        base_url="http://api", transport=httpx.MockTransport(_answering(page))
    )
    assert await api.find("0198c0de-0000-7000-8000-000000000001") is None
    assert await api.of_user("ana", 50) == []
    (trouble,) = troubles.all()
    assert "not JSON" in trouble
    await api.close()


@pytest.mark.parametrize("totals", ["none", [1], {"pushed": None, "acked": [], "hops": "x"}])
async def test_odd_totals_of_an_instance_do_not_stop_the_watch(totals: object) -> None:
    probe = InstanceProbe(lambda: "token")
    answer = httpx.Response(200, json={"totals": totals})
    probe._http = httpx.AsyncClient(transport=httpx.MockTransport(_answering(answer)))
    assert (await probe.probe(["http://127.0.0.1:8101"])).keys() == {"http://127.0.0.1:8101"}
    await probe.close()
