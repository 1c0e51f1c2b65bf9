"""Hash functions that no library at hand has."""

from __future__ import annotations

_LOW32, _LOW64 = 2**32 - 1, 2**64 - 1


def murmur2(data: str | bytes) -> int:
    """Return Kafka's murmur2 hash, as it picks partitions by it."""
    data = data.encode() if isinstance(data, str) else bytes(data)
    factor = 0x5BD1E995
    found = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * factor & _LOW32
        word = (word ^ word >> 24) * factor & _LOW32
        found = found * factor & _LOW32 ^ word
    if data[whole:]:
        found = (found ^ int.from_bytes(data[whole:], "little")) * factor & _LOW32
    found = (found ^ found >> 13) * factor & _LOW32
    found ^= found >> 15
    return found & 0x7FFFFFFF


def seahash(data: str | bytes) -> int:
    """Return SeaHash with its default seeds."""
    data = data.encode() if isinstance(data, str) else bytes(data)
    state = [0x16F11FE89B0D677C, 0xB480A793D8E6C86C, 0x6FE2E5AAF078EBC9, 0x14F994A4C5259381]
    for at in range(0, len(data), 8):
        state = [*state[1:], _diffused(state[0] ^ int.from_bytes(data[at : at + 8], "little"))]
    return _diffused(state[0] ^ state[1] ^ state[2] ^ state[3] ^ len(data))


def _diffused(word: int) -> int:
    word = word * 0x6EED0E9DA4D94A4F & _LOW64
    word ^= (word >> 32) >> (word >> 60)
    return word * 0x6EED0E9DA4D94A4F & _LOW64
