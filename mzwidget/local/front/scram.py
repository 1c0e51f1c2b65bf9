"""The server's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

_ITERATIONS = 4096


class ScramError(Exception):
    """The client's message is malformed, or its proof is wrong."""


def _attributes(text: str) -> dict[str, str]:
    return {part[0]: part[2:] for part in text.split(",") if part[1:2] == "="}


class ScramServer:
    """One exchange: ``first`` answers the client's first message, ``final`` checks its proof."""

    def __init__(self, password: str) -> None:
        self._salt = secrets.token_bytes(16)
        self._salted = hashlib.pbkdf2_hmac("sha256", password.encode(), self._salt, _ITERATIONS)
        self._nonce = ""
        self._header = b""
        self._transcript = ""

    def first(self, client: bytes) -> bytes:
        """Answer ``n,,n=user,r=nonce`` with our nonce, the salt and the iteration count."""
        text = _decode(client)
        flags, comma, rest = text.partition(",")
        authzid, comma2, bare = rest.partition(",")
        if flags not in {"n", "y"} or not comma or not comma2:
            raise ScramError("channel binding is not offered")
        nonce = _attributes(bare).get("r")
        if not nonce:
            raise ScramError("the client sent no nonce")
        self._header = f"{flags},{authzid},".encode()
        self._nonce = nonce + secrets.token_urlsafe(18)
        answer = f"r={self._nonce},s={base64.b64encode(self._salt).decode()},i={_ITERATIONS}"
        self._transcript = f"{bare},{answer}"
        return answer.encode()

    def final(self, client: bytes) -> bytes:
        """Check the client's proof; answer with the server's signature."""
        text = _decode(client)
        unproven, _, encoded = text.rpartition(",p=")
        attributes = _attributes(unproven)
        try:
            proof = base64.b64decode(encoded, validate=True)
            header = base64.b64decode(attributes.get("c", ""), validate=True)
        except ValueError:
            raise ScramError("the client's proof is not base64") from None
        if header != self._header or attributes.get("r") != self._nonce:
            raise ScramError("the client changed its mind during the exchange")
        spoken = f"{self._transcript},{unproven}".encode()
        client_key = _mac(self._salted, b"Client Key")
        stored = hashlib.sha256(client_key).digest()
        signature = _mac(stored, spoken)
        expected = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        if not hmac.compare_digest(expected, proof):
            raise ScramError("wrong password")
        return b"v=" + base64.b64encode(_mac(_mac(self._salted, b"Server Key"), spoken))


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ScramError("the client's message is not UTF-8") from None


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()
