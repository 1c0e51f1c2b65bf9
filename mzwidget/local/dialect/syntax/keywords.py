"""The words that Materialize's grammar knows: messages spell them in capitals, other words as identifiers."""

from __future__ import annotations

import re

KEYWORDS = frozenset(
    """
    abort access account action add added address addresses after aggregate aggregation aligned all alter analyse
    analysis analyze and any append apply arity arn arranged arrangement array as asc assert assume at auction
    authority auto availability avro aws batch begin between bigint billed body boolean both bpchar broken broker
    brokers by bytes capture cardinality cascade case cast catalog certificate chain chains char character
    characteristics check class client clock close cluster clusters coalesce collate column columns comment commit
    committed compaction compatibility compression compute computectl config confluent connection connections
    constraint copy correlated count counter cpu create createcluster createdb createnetworkpolicy createrole
    creation credential cross cse csv cte current cursor database databases datums day days deallocate debezium
    debug debugging dec decimal declare decoding decorrelated default defaults delete delimited delimiter delta desc
    details direction discard disk distinct doc dot double drop duration eager element else enable end endpoint
    enforced envelope equivalences error errors escape estimate every except exclude execute exists expected
    experimental explain expose expressions external extract factor false fast features fetch fields file files
    filter first fixed fixpoint float following for foreign format forward from full fullname function fusion gcp
    generator glue grant greatest group groups having header headers hints history hold host hour hours humanized
    hydration iceberg id identifiers ids if ignore ilike implementations imported in include index indexes info
    inherit inline inner input insert insights inspect instance int integer internal intersect interval into
    introspection is isnull isolation join joins json kafka key keys last lateral latest leading least left legacy
    letrec level like limit linear linger list load local locally log logical login lowering managed manual map
    marketing matching materialize materialized max mechanisms membership memory message metadata metric minute
    minutes mock mode month months mutually mysql name names namespace natural negative network new next nfc nfd
    nfkc nfkd no nocreatecluster nocreatedb nocreaterole node noinherit nologin non none normalize nosuperuser not
    notice notices null nullif nulls objects of offset on only operator optimized optimizer options or order
    ordinality outer over owned owner partition partitions password path pattern physical plan plans policies policy
    port position postgres preceding precision prefix prepare primary prioritize privatelink privileges progress
    projection protobuf protocol public publication pushdown qualify query quote raise range rate raw read ready
    real reassign recursion recursive redacted reduce reference references refresh regex region registry relation
    rename reoptimize repeatable replace replacement replan replica replicas replication reset respect restrict
    retain return returning revoke right role roles rollback rotate rounds row rows rules sasl scale scaling
    schedule schema schemas scope second seconds secret secrets security seed select sequences serializable server
    service session set shard show sink sinks size skew smallint snapshot some source sources sql ssh ssl start
    stdin stdout storage storagectl strategy strict string strong subscribe subsource subsources substring subtree
    superuser swap syntax system table tables tail temp temporary test text then tick ties time timeout timestamp
    timestamptz timing to token topic tpch trace trailing transaction transactional transform trim true tunnel type
    types unbounded uncommitted union unique unit unknown unnest until up update upsert url usage user username
    users using validate value values varchar variadic varying verbose version view views wait warehouse warning
    webhook when where while window wire with within without work workers workload write year years zone zones
    """.split()  # noqa: SIM905
)

NOT_AN_EXPRESSION = frozenset(
    """
    with select from where group having qualify window order limit offset fetch options returning union except
    intersect
    """.split()  # noqa: SIM905
)
SET_OPERATORS = ("union", "except", "intersect")
NOT_A_TABLE_ALIAS = NOT_AN_EXPRESSION | frozenset(
    "natural join inner cross full left right using on outer set as".split()  # noqa: SIM905
)
NOT_A_COLUMN_ALIAS = NOT_AN_EXPRESSION | frozenset("year month day hour minute second as".split())  # noqa: SIM905
INTERVAL_UNITS = ("year", "month", "day", "hour", "minute", "second")
_NOT_A_NAME = frozenset("array case cast false not null true".split())  # noqa: SIM905
RESERVED = (NOT_A_TABLE_ALIAS | NOT_A_COLUMN_ALIAS | _NOT_A_NAME) - {"as"}
"""In one place or another no name; never the name of a type."""
_BARE = re.compile(r"[a-z_][a-z0-9_]*")


def name_in_sql(name: str) -> str:
    """Return a name as SQL is written by Materialize: in quotes unless it means itself wherever it stands."""
    if _BARE.fullmatch(name) and name not in RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'
