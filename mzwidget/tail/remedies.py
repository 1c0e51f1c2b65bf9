"""What to do about a server that lets nobody in: libpq and the server only say that it is so."""

from __future__ import annotations

import re

_REMEDIES = {
    r"invalid password|password authentication failed": (
        "Check user and password: in PGPASSWORD, ~/.pgpass or the address, where @ is written %40, and % %25"
    ),
    r"no password supplied|expected Password message": (
        "Set the environment variable PGPASSWORD, or write it into the address: postgres://user:password@host"
    ),
    r"TLS encryption is required": "Add sslmode=require to the address",
    r"does not support SSL": (
        "Is this the port of Materialize's SQL? If it is, and in a network that you trust, leave sslmode out"
    ),
    r"root certificate file|certificate verify failed": (
        "sslrootcert=FILE names the certificate of the authority that signed the server's, and sslrootcert=system "
        "trusts those that this machine trusts"
    ),
    r"port 5432 failed: Connection refused": "Is the port missing in the address? Materialize has 6875: host:6875",
    r"does not match host name": "Connect to a name that is in the certificate",
    r"invalid sslmode value": "It is disable, allow, prefer, require, verify-ca or verify-full",
    r"invalid response to SSL negotiation|expected authentication request": (
        "What listens there speaks another protocol: Materialize's SQL is at port 6875, unless you were told another"
    ),
}
_IN_VAIN = re.compile(
    r"certificate|SSL was required|does not support SSL|no password supplied|^invalid (?:[\w ]+ value|port number)"
)


def advised(said: str) -> str:
    """Put the remedy, if one is known, behind the first line of a failure to connect."""
    first, newline, rest = said.partition("\n")
    advice = next((advice for pattern, advice in _REMEDIES.items() if re.search(pattern, first)), None)
    return f"{first.rstrip('.')}. {advice}{newline}{rest}" if advice else said


def needs_user(said: str) -> bool:
    """Tell whether trying again is in vain until somebody changes the address, the password or a file."""
    return _IN_VAIN.search(said) is not None
