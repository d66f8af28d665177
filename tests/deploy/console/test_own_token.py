"""The tokens with which the console calls other services."""

from pydantic import SecretStr

from deploy.console.own_token import OwnToken
from deploy.console.settings import ConsoleSettings
from producer_api.contract.token_verifier import READ_SCOPE, TokenVerifier
from tests.services.tokens import SECRET


async def test_a_token_has_only_the_scopes_that_its_receiver_needs() -> None:
    settings = ConsoleSettings(auth_jwt_secret=SECRET)
    identity = await TokenVerifier(settings).verify(OwnToken(settings, None, READ_SCOPE)())
    assert identity.scopes == {READ_SCOPE}
    assert identity.may_monitor
    assert not identity.is_service


def test_a_given_token_is_used_as_it_is() -> None:
    settings = ConsoleSettings(auth_jwt_secret=SECRET)
    assert OwnToken(settings, SecretStr("from an issuer"), READ_SCOPE)() == "from an issuer"


def test_instances_do_not_get_the_token_that_allows_writing() -> None:
    to_write, to_read = SecretStr("to write"), SecretStr("to read")
    signing = ConsoleSettings(auth_jwt_secret=SECRET, console_api_token=to_write)
    assert signing.status_token is None, "the console signs one"
    issuer = {"auth_jwks_url": "https://issuer.example/jwks", "console_api_token": to_write}
    given = ConsoleSettings.model_validate({**issuer, "console_status_token": to_read})
    assert given.status_token == to_read
    assert ConsoleSettings.model_validate(issuer).status_token == to_write
