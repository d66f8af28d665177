"""The tokens with which the console calls other services."""

from pydantic import SecretStr

from deploy.console.own_token import OwnToken
from deploy.console.settings import ConsoleSettings
from producer_api.contract.token_verifier import READ_SCOPE, TokenVerifier
from tests.services.tokens import SECRET


async def test_a_token_has_only_the_scopes_that_its_receiver_needs() -> None:
    settings = ConsoleSettings(auth_jwt_secret=SECRET)
    identity = await TokenVerifier(settings).verify(OwnToken(settings, READ_SCOPE)())
    assert identity.scopes == {READ_SCOPE}
    assert identity.may_monitor
    assert not identity.is_service


def test_a_token_from_the_settings_is_used_as_it_is() -> None:
    settings = ConsoleSettings(
        auth_jwt_secret=SECRET, console_api_token=SecretStr("from an issuer")
    )
    assert OwnToken(settings, READ_SCOPE)() == "from an issuer"
