"""Encodings of text, by the names that browsers know them by."""

from __future__ import annotations

from mzwidget.local.errors import SqlError

_UTF8 = ("utf8", "utf-8", "unicode-1-1-utf-8")
_LATIN = frozenset(
    """
    ansi-x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso-8859-1:1987 l1
    latin1 us-ascii windows-1252 x-cp1252 iso-8859-2 latin2 l2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 iso-8859-7
    iso-8859-8 iso-8859-9 latin5 iso-8859-10 iso-8859-13 iso-8859-14 iso-8859-15 iso-8859-16 koi8-r koi8-u macintosh
    windows-1250 windows-1251 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258
    """.split()  # noqa: SIM905
)
"""Encodings of one byte a character."""
_CODECS = {
    **dict.fromkeys(_UTF8, "utf-8"), "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "csbig5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("gb18030", "gbk", "x-gbk", "gb2312", "gb-2312", "gb-2312-80", "chinese"), "gb18030"),
    **dict.fromkeys(("euc-jp", "x-euc-jp", "cseucpkdfmtjapanese"), "euc_jp"), "iso-2022-jp": "iso2022_jp",
    **dict.fromkeys(("shift-jis", "sjis", "x-sjis", "ms-kanji", "windows-31j", "csshiftjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "cseuckr", "korean", "ksc5601", "ksc-5601", "windows-949"), "cp949"),
}  # fmt: skip
"""The others, as Python calls them."""


def convert_from(data: bytes, encoding: str) -> str:
    name = encoding.lower().replace("_", "-")
    if name not in _UTF8:
        raise SqlError(f"invalid encoding name '{name}'")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        length = max(error.end - error.start, 1)
        why = f"invalid utf-8 sequence of {length} bytes from index {error.start}"
        if error.reason == "unexpected end of data":
            why = f"incomplete utf-8 byte sequence from index {error.start}"
        raise SqlError(f"invalid byte sequence '{why}' for encoding '{name}'") from None


_CUT_OFF = ("unexpected end of data", "truncated data", "incomplete multibyte sequence")


def length_in(data: bytes, encoding: str) -> int:
    name = encoding.lower().replace("_", "-")
    if name in _LATIN:
        return len(data)
    if name not in _CODECS:
        raise SqlError(f"invalid encoding name '{name}'")
    try:
        return len(data.decode(_CODECS[name]))
    except UnicodeDecodeError as error:
        why = "incomplete" if error.reason in _CUT_OFF else "invalid"
        raise SqlError(f"invalid byte sequence '{why} sequence' for encoding '{name}'") from None
