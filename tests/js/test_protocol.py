"""Kernel and page mean the same by what travels between them: `protocol.py` and `protocol.js`, compared as types."""

from __future__ import annotations

import json
import re
import subprocess
import types
from typing import TYPE_CHECKING, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import pytest

from mzwidget.page import protocol

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "any"}
PACKED = ("rows", "inserts", "deletes")
"""Fields that are always there once `data`, which may hold them, has been unpacked."""

TOLD = (protocol.Column, protocol.Values, protocol.Span, protocol.Base, protocol.Delta, protocol.Report)
"""What the kernel tells, beside the trait `selected`."""

COMPARE = """
import type * as page from {protocol};
{kernel}
type Keys<T> = {{ [K in keyof T]-?: K }}[keyof T];
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
/** Whoever sends must send what the other takes, and neither knows a field of which the other does not. */
type Fits<Sent, Taken> = Sent extends Taken ? Same<Keys<Sent>, Keys<Taken>> : never;
type Of<Message, T> = Message extends {{ type: infer U }} ? (T extends U ? Omit<Message, "type"> : never) : never;
{claims}
"""


def written(hint: Any) -> str:
    """Write a Python type as TypeScript does."""
    if get_origin(hint) is Literal:
        return " | ".join(map(json.dumps, get_args(hint)))
    if get_origin(hint) in (Union, types.UnionType):
        return " | ".join(map(written, get_args(hint)))
    if get_origin(hint) is list:
        return f"readonly ({written(*get_args(hint))})[]"
    if hint == tuple[Any, ...]:
        return "readonly (any)[]"
    if get_origin(hint) is tuple:
        return f"readonly [{', '.join(map(written, get_args(hint)))}]"
    if get_origin(hint) is dict and hint != dict[str, Any]:
        return f"Readonly<Record<string, {written(get_args(hint)[1])}>>"
    if hint == dict[str, Any]:
        return "any"
    return PLAIN.get(hint) or hint.__name__


def declared(name: str, fields: dict[str, Any]) -> str:
    """Declare a TypedDict as TypeScript does."""
    told = []
    for field, hint in fields.items():
        optional = get_origin(hint) is NotRequired
        if field != "data":
            mark = "?" if optional and field not in PACKED else ""
            told.append(f'"{field}"{mark}: {written(get_args(hint)[0] if optional else hint)}')
    return f"type {name} = {{ {', '.join(told)} }};"


def kernel_side() -> str:
    """Declare all that `protocol.py` declares."""
    messages = get_args(protocol.Message)
    declarations = [declared(of.__name__, get_type_hints(of, include_extras=True)) for of in (*TOLD, *messages)]
    declarations.append(f"type Selection = {written(protocol.Selection)};")
    return "\n".join([*declarations, f"type FromPage = {' | '.join(of.__name__ for of in messages)};"])


def differences(node: Path, js: Path, folder: Path, kernel: str) -> set[str]:
    """Return the names of what the two sides mean differently."""
    claims = {name: f"Fits<{name}, page.{name}>" for name in (of.__name__ for of in TOLD)}
    claims["Selection"] = "Same<Selection, page.Selection>"
    claims["types"] = 'Same<page.Message["type"], FromPage["type"]>'
    for kind in protocol.FIELDS:
        claims[kind] = f'Fits<Of<page.Message, "{kind}"> & {{ page: string }}, Of<FromPage, "{kind}">>'
    source = COMPARE.format(
        protocol=json.dumps(str(js / "src/sync/protocol.js")),
        kernel=kernel,
        claims="\n".join(f"export const is_{name}: {claim} = true;" for name, claim in claims.items()),
    )
    (folder / "compare.ts").write_text(source)
    settings = {"extends": str(js / "tsconfig.json"), "compilerOptions": {"types": []}, "include": ["compare.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    command = [node, js / "node_modules/typescript/bin/tsc", "-p", folder]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    lines = source.splitlines()
    found = {lines[int(line) - 1] for line in re.findall(r"compare\.ts\((\d+),", told)}
    wrong = {claim[1] for line in found if (claim := re.match(r"export const is_(\w+):", line))}
    assert len(wrong) == len(found), told
    return wrong


def test_kernel_and_page_agree(node: Path, js_modules: Path, tmp_path: Path) -> None:
    assert differences(node, js_modules, tmp_path, kernel_side()) == set()


@pytest.mark.parametrize(
    ("wrong", "was", "is_now"),
    [
        ({"ack"}, '"cost"?: number', '"cost"?: string'),
        ({"hello", "have", "visible"}, '"displays": number', '"display": number'),
        ({"hello", "have", "visible"}, '"displays": number', '"displays": number, "theme"?: string'),
        ({"Span", "Selection", "select"}, '"low":', '"least":'),
        ({"select"}, '"selection": Readonly', '"chosen": Readonly'),
        ({"types", "retry"}, '"retry"', '"again"'),
        ({"types"}, '"retry"', '"retry" | "rewind"'),
        ({"Column", "Base"}, '"kind": "number"', '"kind": "decimal"'),
        ({"Base"}, '"time": number | null', '"time": string | null'),
        ({"Base"}, '"encoding": any, ', ""),
        ({"Delta"}, '"from": number', '"since": number'),
        ({"Report"}, '"state": "connecting"', '"state": "waking"'),
        ({"Report"}, '"retry_at": number | null', '"retry_at": string | null'),
    ],
)
def test_a_drift_is_noticed(
    node: Path, js_modules: Path, tmp_path: Path, wrong: set[str], was: str, is_now: str
) -> None:
    kernel = kernel_side()
    assert was in kernel
    assert differences(node, js_modules, tmp_path, kernel.replace(was, is_now, 1)) == wrong
