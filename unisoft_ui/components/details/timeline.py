"""The chart of a run: how its numbers grew."""

from __future__ import annotations

import reflex as rx
from reflex_base.components.component import NoSSRComponent
from reflex_components_recharts.recharts import Recharts

from unisoft_ui.states.details import DetailsState
from unisoft_ui.texts import course as texts
from unisoft_ui.view_models.course import Chart


class _Timeline(NoSSRComponent):
    """`assets/timeline.js`, fetched when a chart is shown. Recharts is the version that Reflex has."""

    library = "$/public/timeline.js"
    tag = "Timeline"
    is_default = False
    lib_dependencies: list[str] = [str(Recharts.create().library)]  # noqa: RUF012 - declared so by Reflex

    chart: rx.Var[Chart]
    names: rx.Var[dict[str, str]]


def timeline_panel() -> rx.Component:
    """What is drawn is told in a sentence, too: who cannot see the lines loses nothing but their shape."""
    return rx.cond(
        DetailsState.chart.summary != "",
        rx.el.section(
            rx.el.div(rx.el.h2(texts.TIMELINE), _legend(), class_name="reasons-head timeline-head"),
            rx.el.div(
                rx.el.div(
                    _Timeline.create(chart=DetailsState.chart, names=texts.LINES),
                    aria_hidden="true",
                    dir="ltr",
                ),
                rx.el.p(DetailsState.chart.summary, class_name="visually-hidden", data_testid="timeline-summary"),
                class_name="timeline-chart",
            ),
            class_name="panel timeline",
            aria_label=texts.TIMELINE,
        ),
    )


def _legend() -> rx.Component:
    return rx.el.ul(
        *(
            rx.el.li(rx.el.span(class_name=f"legend-line legend-{name}", aria_hidden="true"), label)
            for name, label in texts.LINES.items()
        ),
        class_name="legend small secondary",
    )
