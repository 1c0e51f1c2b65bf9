"""Words that have a meaning somewhere in Materialize's SQL; errors name them in capitals, others as identifiers."""

from __future__ import annotations

_WORDS = """
    access acks add added address addresses aggregate aggregation all alter analyze and any api applied arity arn
    arrangement array as asc assert assume at attached auction authority auto availability avro aws background batch
    before begin between bigint billed body boolean both bpchar broken broker brokers by bytes capture cardinality
    cascade case cast catalog certificate chain chains char character characteristics check class client clock close
    cluster clusters coalesce collate column columns comment commit committed compaction compatibility complete
    compression compute computectl config confluent connection connections constraint continual copy count counter
    cpu create creation creatdb createcluster createdb createrole creation cross csv current cursor data database
    databases datums day days deallocate debezium debug debugging dec decimal declare decode decorrelated default
    defaults definition delete delimited delimiter delta desc details dimensions direction disallow discard disk
    distinct doc dot double drop eager element else enable end endpoint enforced envelope epoch equivalences error
    errors escape estimate every except exclude execute exists expected explain explore exposed expression extract
    factor false fast feature fetch fields file files filter first fixpoint float following for foreign format
    forward from full fullname function fusion generator grant greatest group groups gssapi guarantees having header
    headers hints history hold host hour hours humanized hydration id identifiers identity if ignore ilike
    implementations imported in include index indexes info inherit inline inner input insert insights inspect int
    integer intersect interval into introspection is isnull isolation join joins json kafka key keys last lateral
    latest leading least left level like limit linear list literals load local locally log logical login lowering
    lsn managed manual map marketing materialize materialized max mechanisms member memory merge message metadata
    minute minutes mode month months ms multi mutually mysql name names nan natural negative network new next no
    nocreatecluster nocreatedb nocreaterole noinherit nologin non none nosuperuser not notice notices null nullif
    nulls object objects of offset on only operator operators optimized optimizer option options or order ordinality
    others outer over overlays owned owner partition partitions password path pattern per physical plan plans
    policies policy poll port position postgres preceding precision prefix prepare primary private privatelink
    privileges progress projection protobuf protocol public publication pushdown qualify quarter query quote random
    range rate raw read ready real reassign recursion recursive reduce reduction references refresh region registry
    rehydration relation release rename reoptimize repeatable replace replan replica replicas replication
    replication reset resource respect restrict retain return returning revoke right role roles rollback rotate row
    rows rules s3 sasl scale schedule schema schemas scope second seconds secret secrets security seed select
    serializable serialized session set settings shard show sink sinks size smallint smallserial snapshot some
    source sources sql ssh ssl start static stdin stdout storage strategy strict string strong subscribe subsource
    subsources substring sum superuser suspend swap symmetric system table tables tail task tasks temp temporary
    text then ties time timeline timeout timestamp timestamptz timing to topic tpch trace trailing transaction
    transform trim true tunnel type types unbounded uncommitted union unique unit unknown unnest until up update
    upsert url usage user username users using validate value values varchar variadic varying version view views
    wait warning webhook when where window wire with within without work workers workload write year years yugabyte
    zone zones
"""

KEYWORDS = frozenset(_WORDS.split())
