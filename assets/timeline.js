// The chart of a run, by recharts. Fetched by the page of a campaign alone, after everything else of it.
import { createElement as h } from "react";
import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

const HEIGHT = 176;
const TICK = { fill: "var(--slate-11)", fontSize: 11 };
const LABEL = { color: "var(--slate-12)", fontWeight: 500 };
const BOX = {
  background: "var(--panel)",
  border: "1px solid var(--slate-a6)",
  borderRadius: 8,
  fontSize: 12,
  lineHeight: "16px",
  color: "var(--slate-12)",
};
const counted = (number) => Number(number).toLocaleString("en");

export function Timeline({ chart, names }) {
  const points = chart.moments.map((at, index) => ({
    at,
    sent: chart.sent[index],
    delivered: chart.delivered[index],
    read: chart.read[index],
    failed: chart.failed[index],
  }));
  const rtl = document.documentElement.dir === "rtl";
  const line = (key, color, more) =>
    h(Line, {
      key,
      dataKey: key,
      name: names[key],
      stroke: color,
      strokeWidth: 2,
      dot: false,
      activeDot: { r: 3 },
      isAnimationActive: false,
      ...more,
    });
  return h(
    ResponsiveContainer,
    { width: "100%", height: HEIGHT, initialDimension: { width: 320, height: HEIGHT } },
    h(
      ComposedChart,
      { data: points, accessibilityLayer: false, margin: { top: 8, right: 8, bottom: 0, left: 8 } },
      h(CartesianGrid, { vertical: false, stroke: "var(--slate-a4)" }),
      h(XAxis, {
        dataKey: "at",
        reversed: rtl,
        interval: "preserveStartEnd",
        minTickGap: 48,
        tick: TICK,
        tickLine: false,
        axisLine: false,
        height: 24,
      }),
      h(YAxis, {
        orientation: rtl ? "right" : "left",
        allowDecimals: false,
        width: "auto",
        tickCount: 4,
        tick: TICK,
        tickFormatter: counted,
        tickLine: false,
        axisLine: false,
      }),
      h(Tooltip, {
        isAnimationActive: false,
        contentStyle: BOX,
        labelStyle: LABEL,
        itemStyle: { color: "var(--slate-12)" },
        formatter: counted,
        cursor: { stroke: "var(--slate-a7)" },
      }),
      h(Area, {
        dataKey: "delivered",
        name: names.delivered,
        stroke: "var(--green-9)",
        strokeWidth: 2,
        fill: "var(--green-a3)",
        fillOpacity: 1,
        activeDot: { r: 3 },
        isAnimationActive: false,
      }),
      line("sent", "var(--indigo-9)", { strokeDasharray: "4 4" }),
      line("read", "var(--plum-9)"),
      line("failed", "var(--red-9)"),
    ),
  );
}
