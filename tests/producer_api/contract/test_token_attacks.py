"""Tokens that an attacker might forge."""

from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from producer_api.contract.token_verifier import TokenVerifier
from tests.producer_api.contract.tokens import (
    EC,
    RSA,
    SECRET,
    SOON,
    Issuer,
    claims_of,
    forged,
    refusal_of,
    signed,
    signed_by_hand,
    verifier_of,
)

_JUNK_KEY_IDS = (
    "../../../../dev/null",
    "' OR 1=1 --",
    "http://evil.example/key",
    "\x00",
    "",
    "é" * 1000,
)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, ["HS256"], "HS384", {}])
async def test_unsigned_tokens_and_unknown_algorithms_are_refused(
    by_secret: TokenVerifier, algorithm: object
) -> None:
    token = forged({"alg": algorithm, "typ": "JWT"}, claims_of())
    await refusal_of(by_secret, token)


@pytest.mark.parametrize(
    "token", ["", "a", "a.b.c", "....", "é.é.é", "\x00", "a.\ud800.c", "a" * 9000]
)
async def test_text_that_is_not_a_token_is_refused(by_secret: TokenVerifier, token: str) -> None:
    await refusal_of(by_secret, token)


@pytest.mark.parametrize("part", [[], "HS256", 7, None])
async def test_a_header_or_claims_that_are_not_objects_are_refused(
    by_secret: TokenVerifier, part: object
) -> None:
    await refusal_of(by_secret, forged(part, claims_of()))
    await refusal_of(by_secret, forged({"alg": "HS256"}, part))


async def test_a_huge_token_is_refused_without_parsing(by_secret: TokenVerifier) -> None:
    assert "characters" in await refusal_of(by_secret, signed(more="x" * 20_000))
    await by_secret.verify(signed(more="x" * 10_000))


async def test_deeply_nested_json_and_huge_numbers_are_refused(by_secret: TokenVerifier) -> None:
    deep = b"[" * 5000 + b"]" * 5000
    await refusal_of(by_secret, signed_by_hand(b'{"alg":"HS256","x":%s}' % deep, b"{}"))
    good = b'{"alg":"HS256"}'
    await refusal_of(by_secret, signed_by_hand(good, b'{"sub":"ana","exp":%s}' % deep))
    await refusal_of(by_secret, signed_by_hand(good, b'{"sub":"ana","exp":%s}' % (b"9" * 5000)))


async def test_another_secret_or_a_changed_claim_is_refused(by_secret: TokenVerifier) -> None:
    await refusal_of(by_secret, signed(SECRET[::-1]))
    await refusal_of(by_secret, signed_by_hand(b'{"alg":"HS256"}', b"{}", b""))
    head, _, signature = signed().split(".")
    other = signed(sub="eve").split(".")[1]
    await refusal_of(by_secret, f"{head}.{other}.{signature}")
    await refusal_of(by_secret, f"{head}.{other}.")


async def test_the_last_value_of_a_repeated_claim_counts(by_secret: TokenVerifier) -> None:
    token = signed_by_hand(
        b'{"alg":"none","alg":"HS256"}', b'{"sub":"eve","sub":"ana","exp":1,"exp":%d}' % SOON
    )
    assert (await by_secret.verify(token)).subject == "ana"
    swapped = signed_by_hand(b'{"alg":"HS256","alg":"none"}', b'{"sub":"ana","exp":%d}' % SOON)
    await refusal_of(by_secret, swapped)


@pytest.mark.parametrize(
    "extra", [{"crit": ["exp"]}, {"crit": ["x"], "x": 1}, {"crit": []}, {"b64": False}]
)
async def test_an_unknown_critical_header_is_refused(
    by_secret: TokenVerifier, extra: dict[str, Any]
) -> None:
    head = b'{"alg":"HS256",%s' % orjson.dumps(extra)[1:]
    await refusal_of(by_secret, signed_by_hand(head, b'{"sub":"ana","exp":%d}' % SOON))


async def test_a_public_key_is_not_accepted_as_the_secret(issuer: Issuer) -> None:
    both = verifier_of(auth_jwks_url=issuer.url, auth_jwt_secret=SECRET)
    jwks_only = verifier_of(auth_jwks_url=issuer.url)
    for encoding, form in (
        (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
        (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
    ):
        public = RSA.public_key().public_bytes(encoding, form)
        header = b'{"alg":"HS256","kid":"r1"}'
        token = signed_by_hand(header, b'{"sub":"ana","exp":%d}' % SOON, public)
        assert "'HS256'" in await refusal_of(jwks_only, token)
        assert "Signature" in await refusal_of(both, token)
    await both.close()
    await jwks_only.close()


async def test_a_key_is_used_only_for_its_own_algorithm(by_issuer: TokenVerifier) -> None:
    token = forged({"alg": "ES256", "kid": "r1"}, claims_of(), b"x" * 64)
    assert "lacks" in await refusal_of(by_issuer, token)
    assert "lacks" in await refusal_of(by_issuer, signed(EC, "ES256", "r1"))
    assert "'PS256'" in await refusal_of(by_issuer, signed(RSA, "PS256", "r1"))


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"\x00" * 63, b"\x00" * 6400])
async def test_a_signature_of_zeros_is_refused(by_issuer: TokenVerifier, signature: bytes) -> None:
    await refusal_of(by_issuer, forged({"alg": "ES256", "kid": "e1"}, claims_of(), signature))


async def test_a_key_in_the_token_is_ignored(by_issuer: TokenVerifier, issuer: Issuer) -> None:
    attackers_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    evil = Issuer()
    evil.publish("r1", attackers_key)
    header = {"jwk": evil.keys[0], "jku": "http://127.0.0.1:9/jwks", "x5u": "http://127.0.0.1:9/"}
    assert "Signature" in await refusal_of(by_issuer, signed(attackers_key, "RS256", "r1", header))
    assert "lacks" in await refusal_of(by_issuer, signed(attackers_key, "RS256", None, header))
    assert issuer.fetches == 1, "an address in the token must not be fetched"


@pytest.mark.parametrize("key_id", _JUNK_KEY_IDS)
async def test_key_ids_are_only_compared(by_issuer: TokenVerifier, key_id: str) -> None:
    token = signed(RSA, "RS256", None, {"kid": key_id})
    assert "lacks" in await refusal_of(by_issuer, token)


@pytest.mark.parametrize("key_id", [7, [], {}, True])
async def test_key_ids_that_are_not_texts_are_refused(
    by_issuer: TokenVerifier, key_id: object
) -> None:
    await refusal_of(by_issuer, forged({"alg": "RS256", "kid": key_id}, claims_of(), b"x" * 256))


async def test_weak_and_unsuitable_keys_of_the_issuer_are_not_used(issuer: Issuer) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the test
    p384 = ec.generate_private_key(ec.SECP384R1())
    issuer.publish("short", short)
    issuer.publish("p384", p384)
    issuer.publish("p384-said-to-be-256", p384, alg="ES256")
    issuer.publish("for-encryption", RSA, use="enc")
    issuer.publish("for-ps256", RSA, alg="PS256")
    issuer.keys.append({"kty": "oct", "kid": "r2", "k": "c2VjcmV0", "alg": "RS256"})
    issuer.keys.append({"kty": "oct", "kid": "o1", "k": "c2VjcmV0"})
    verifier = verifier_of(auth_jwks_url=issuer.url)
    with pytest.warns(match="below"):
        weak = signed(short, "RS256", "short")
    for token in (
        weak,
        forged({"alg": "ES256", "kid": "p384"}, claims_of(), b"x" * 64),
        forged({"alg": "ES256", "kid": "p384-said-to-be-256"}, claims_of(), b"x" * 96),
        signed(RSA, "RS256", "for-encryption"),
        signed(RSA, "RS256", "for-ps256"),
        signed_by_hand(b'{"alg":"HS256","kid":"o1"}', b'{"sub":"a","exp":%d}' % SOON, b"secret"),
        forged({"alg": "RS256", "kid": "r2"}, claims_of(), b"x" * 256),
    ):
        await refusal_of(verifier, token)
    await verifier.verify(signed(RSA, "RS256", "r1"))
    await verifier.close()
