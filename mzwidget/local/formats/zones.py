"""Time zones: offsets, names, and abbreviations as PostgreSQL knows them by default."""

from __future__ import annotations

import re
import string
import zoneinfo
from functools import lru_cache

from mzwidget.local.errors import MalformedError

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_AROUND = "".join(set(string.punctuation) - {"+", "-"}) + " \t\n\r\f"
_ODD = re.compile(r"([^\t\n\r\f -~])")
_OFFSET = re.compile(r"([+-])[ \t\n\r\f]*([0-9]+)(?::([0-9]+)(?::([0-9]+))?)?")

_FIXED = """
-600 HST TAHT; -570 MART; -540 AKST GAMT; -480 AKDT* PST; -420 MST PDT*; -360 CST GALT MDT*; -300 ACT CDT* COT EST
PET; -240 AMT AST BOT EDT*; -210 NFT NST; -180 ADT* BRA BRT CLST* GFT PMST PYST* UYT WGT; -150 NDT*; -120 BRST* FNT
PMDT* UYST* WGST*; -60 AZOT EGT FNST*; 0 AZOST* EGST* GMT UCT UT UTC WET Z ZULU; 60 BST* CET MET MEZ WAT WETDST*; 120
BDST* CEST* CETDST* EET IST MEST* MESZ* METDST* SAST; 180 EAT EEST* EETDST* FET IDT*; 210 IRT; 240 MSD* MUT RET SCT;
270 AFT; 300 MUST* MVT PKT TFT TJT UZT; 345 NPT; 360 ALMT BDT BTT KGST* PKST* UZST* XJT YEKST*; 390 MMT; 420 ALMST*
CXT ICT WAST; 480 AWST BNT BORT CCT HKT MYT PHT WADT*; 525 ACWST; 540 AWSST* JAYT JST KST PWT ULAST* WDT*; 570 ACST
CAST; 600 AEST CHUT DDUT KDT* LIGT MPT PGT TRUT YAPT; 630 ACDT* ACSST* CADT* LHST SADT*; 660 AEDT* AESST* PONT VUT;
720 FJT GILT MHT NZST NZT TVT WAKT WFT; 765 CHAST; 780 FJST* NZDT* TOT; 825 CHADT*
"""
"""How many minutes abbreviations are east of UTC; a star stands behind those of summer time."""
_OF_ZONES = """
America/Argentina/Buenos_Aires ART ARST; America/Asuncion PYT; America/Caracas VET; America/Guyana GYT;
America/Santiago CLT; Antarctica/Davis DAVT; Antarctica/Mawson MAWT; Asia/Anadyr ANAST ANAT; Asia/Ashgabat TMT;
Asia/Baku AZST AZT; Asia/Bishkek KGT; Asia/Colombo LKT; Asia/Irkutsk IRKST IRKT; Asia/Kamchatka PETST PETT;
Asia/Krasnoyarsk KRAST KRAT; Asia/Magadan MAGST MAGT; Asia/Novosibirsk NOVST NOVT; Asia/Omsk OMSST OMST;
Asia/Singapore SGT; Asia/Tbilisi GEST GET; Asia/Ulaanbaatar ULAT; Asia/Vladivostok VLAST VLAT; Asia/Yakutsk YAKST
YAKT; Asia/Yekaterinburg YEKT; Asia/Yerevan AMST; Atlantic/Stanley FKST FKT; Australia/Lord_Howe LHDT; Europe/Moscow
MSK; Europe/Volgograd VOLT; Indian/Chagos IOT; Pacific/Easter EASST EAST; Pacific/Fakaofo TKT; Pacific/Kiritimati
LINT; Pacific/Kosrae KOST; Pacific/Niue NUT; Pacific/Rarotonga CKT
"""
"""Zones, and the abbreviations that mean what they do at a time."""


def _table(text: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in map(str.split, text.split(";"))}


FIXED = {
    name.rstrip("*"): (int(minutes) * _MINUTE, name.endswith("*"))
    for minutes, names in _table(_FIXED).items()
    for name in names
}
"""Of an abbreviation: microseconds east of UTC, and whether it is one of summer time."""
OF_ZONES = {name: zone for zone, names in _table(_OF_ZONES).items() for name in names}


@lru_cache(maxsize=512)
def zone(text: str) -> zoneinfo.ZoneInfo | int:
    """Return a named time zone, or the microseconds east of UTC of an offset.

    Raises
    ------
    MalformedError
        If it is none.
    """
    body = text.strip(_AROUND)
    named = re.match("[A-Za-z]", body) is not None
    odd = None if named else _ODD.search(re.split("[A-Za-z]", body, maxsplit=1)[0])
    if odd is not None:
        why = f"invalid character '{odd[1]}' at offset {odd.start()}"
        raise MalformedError(f"Error tokenizing timezone string ('{body}'): {why}")
    match = _OFFSET.fullmatch(body)
    if match is not None:
        return _offset(text, *match.groups())
    if not named:
        raise MalformedError(f"Cannot parse timezone offset {text}")
    name = body.upper()
    if name in FIXED:
        return FIXED[name][0]
    found = zone_named(OF_ZONES.get(name, body))
    if found is None:
        why = f"'{body}' is not a valid timezone. Failed to parse {body} at token index 0"
        raise MalformedError(f"Invalid timezone string ({text}): {why}")
    return found


def _offset(text: str, sign: str, *groups: str | None) -> int:
    parts = [part for part in groups if part]
    if len(parts) == 1 and len(parts[0]) > 2:
        parts = [parts[0][:-2], parts[0][-2:]]
    micros = 0
    units = (("hour", 15, _HOUR), ("minute", 59, _MINUTE), ("second", 59, _MINUTE // 60))
    for (name, most, size), part in zip(units, parts, strict=False):
        if int(part) > most:
            raise MalformedError(f"Invalid timezone string ({text}): timezone {name} invalid {int(part)}")
        micros += int(part) * size
    return -micros if sign == "-" else micros


def zone_named(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone of a name in whatever case."""
    found = zone_names().get(name.lower())
    return None if found is None else zoneinfo.ZoneInfo(found)


@lru_cache(maxsize=1)
def zone_names() -> dict[str, str]:
    """Return the names of time zones by how they are written in small letters."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}
