"""Who may enter the machine room, and until when."""

import time
from http import HTTPStatus

import pytest
from fastapi import Request

from deploy.console.access import Access
from deploy.console.own_token import status_token
from deploy.console.problems import ProblemError
from deploy.console.settings import ConsoleSettings
from producer_api.contract.revocations import Revocations
from producer_api.contract.settings import SharedSettings
from producer_api.contract.token_verifier import TokenVerifier
from tests.deploy.console.conftest import visitor_token
from tests.services.tokens import SECRET


class _Revocations(Revocations):
    """Revocations of these users, given in advance. No database is asked."""

    are_known = True

    def __init__(self, **revoked_at: float) -> None:
        self._revoked_at = revoked_at


def _request(token: str) -> Request:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    return Request({"type": "http", "headers": headers})


async def test_a_token_is_refused_once_its_bearers_sessions_were_ended() -> None:
    verifier = TokenVerifier(SharedSettings(auth_jwt_secret=SECRET))
    access = Access(verifier, _Revocations(eva=time.time() + 1))
    with pytest.raises(ProblemError, match="sessions were ended") as refusal:
        await access(_request(visitor_token(subject="eva")))
    assert refusal.value.status is HTTPStatus.UNAUTHORIZED
    visitor = await access(_request(visitor_token(subject="bob")))
    assert visitor.identity.subject == "bob"


async def test_the_token_that_instances_get_does_not_let_them_in() -> None:
    settings = ConsoleSettings(auth_jwt_secret=SECRET)
    verifier, token = TokenVerifier(settings), status_token(settings)()
    with pytest.raises(ProblemError, match="/status") as refusal:
        await Access(verifier, _Revocations())(_request(token))
    assert refusal.value.status is HTTPStatus.FORBIDDEN
    assert (await verifier.verify(token)).may_monitor
