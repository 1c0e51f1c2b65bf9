"""Charts of the kinds that people make with Altair, over a view of (who, team, n, at)."""

from __future__ import annotations

from typing import Any

import altair as alt

COLUMNS = [("who", "text"), ("team", "text"), ("n", "int8"), ("at", "timestamptz")]


def charts() -> dict[str, dict[str, Any]]:
    """Return them as Vega-Lite, by name."""
    base = alt.Chart(alt.NamedData("live"))
    bar = base.mark_bar().encode(alt.X("sum(n):Q"), alt.Y("who:N", sort="-x"))
    brush = alt.selection_interval(name="brush")
    dimmed = alt.condition(brush, "team:N", alt.value("lightgray"))
    points = base.mark_point().encode(alt.X("at:T"), alt.Y("n:Q"), color=dimmed).add_params(brush)
    counted = base.mark_bar().encode(alt.X("count():Q"), alt.Y("team:N")).transform_filter(brush)
    ranked = base.transform_window(
        rank="rank(n)", sort=[alt.SortField("n", "descending")], groupby=["team"]
    ).transform_filter("datum.rank <= 3")
    made = {
        "sorted bar": bar,
        "layered with text": bar + bar.mark_text(align="left", dx=3).encode(text="sum(n):Q"),
        "stacked area": base.mark_area().encode(alt.X("hours(at):O"), alt.Y("sum(n):Q"), alt.Color("team:N")),
        "line by series": base.mark_line(point=True).encode(
            alt.X("hours(at):O"), alt.Y("mean(n):Q"), alt.Color("team:N")
        ),
        "scatter with interval selection": points,
        "facet": base.mark_bar().encode(alt.X("who:N"), alt.Y("sum(n):Q"), alt.Column("team:N")),
        "hconcat sharing a selection": points | counted,
        "binned histogram": base.mark_bar().encode(alt.X("n:Q", bin=alt.Bin(step=10)), alt.Y("count():Q")),
        "heat map": base.mark_rect().encode(alt.X("team:N"), alt.Y("who:N"), alt.Color("sum(n):Q")),
        "window and rank": ranked.mark_bar().encode(alt.X("n:Q"), alt.Y("rank:O"), alt.Color("team:N")),
        "tick": base.mark_tick().encode(alt.X("n:Q"), alt.Y("team:N")),
        "arc": base.mark_arc().encode(alt.Theta("sum(n):Q"), alt.Color("team:N")),
    }
    return {name: chart.to_dict() for name, chart in made.items()}
