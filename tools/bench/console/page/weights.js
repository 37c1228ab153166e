// Curves of what each lane weighs: uPlot where it was installed, else a plain canvas. A minute, newest on the right.

import { $, css, h, laneColour } from "./dom.js";
import { state, watch } from "./store.js";

const SHOWN_S = 60;
const MOST_LANES = 6;
const MARKS = { pick: "--lane-1", put: "--good", restock: "--lane-5", hesitation: "--lane-3", shown: "--lane-3", fault: "--bad" };

let uplot = null;
let plot = null;
let newest = 0;

export async function begin() {
  if (document.querySelector('meta[name="uplot"]').content) {
    document.head.append(h("link", { rel: "stylesheet", href: "/uplot/uPlot.min.css" }));
    uplot = (await import("/uplot/uPlot.esm.js")).default;
  }
  watch(["shelf"], rebuild);
  watch(["weights", "shelf", "events"], draw);
  new ResizeObserver(rebuild).observe($("plot"));
}

/** Draws anew with the colours of the theme. */
export function rebuild() {
  plot?.destroy?.();
  plot = null;
  if (!state.shelf) return;
  const lanes = state.shelf.lanes.slice(0, MOST_LANES);
  $("legend").replaceChildren(...lanes.map((lane, index) => h("span", { style: `--lane: var(${laneColour(index)})` }, h("i"), state.shelf.goods[lane.gtin]?.title ?? lane.name)));
  const size = { width: $("plot").clientWidth, height: $("plot").clientHeight };
  if (size.height < 40) return;
  plot = uplot ? curves(lanes, size) : spark(size);
  draw();
}

function curves(lanes, size) {
  const axis = { stroke: css("--quiet"), grid: { stroke: css("--line"), width: 1 }, ticks: { show: false }, font: "11px sans-serif" };
  $("plot").replaceChildren();
  return new uplot(
    {
      ...size,
      cursor: { y: false, points: { size: 6 } },
      legend: { show: false },
      scales: { x: { time: false, range: () => [newest - SHOWN_S, newest] }, y: { range: (u) => usual(u.data.slice(1)) } },
      axes: [
        { ...axis, size: 26, values: (_, splits) => splits.map((t) => (t >= 0 ? `${Math.floor(t / 60)}:${String(Math.round(t % 60)).padStart(2, "0")}` : "")) },
        { ...axis, size: 52, values: (_, splits) => splits.map((g) => (Math.abs(g) >= 1000 ? `${g / 1000} kg` : `${g} g`)) },
      ],
      series: [{}, ...lanes.map((_, index) => ({ stroke: css(laneColour(index)), width: 2, spanGaps: false, points: { show: false } }))],
      hooks: { draw: [marks] },
    },
    data(lanes.length),
    $("plot"),
  );
}

/** Without the hundredth part at either end: a glitch at full scale would flatten everything. */
function usual(lanes) {
  const grams = lanes.flatMap((lane) => lane.filter((g) => g !== null && g !== undefined)).sort((a, b) => a - b);
  const edge = Math.floor(grams.length / 100);
  return padded(grams[edge], grams[grams.length - 1 - edge]);
}

const padded = (low, high) => (low === null || low === undefined ? [0, 100] : [low - Math.max(50, (high - low) * 0.08), high + Math.max(50, (high - low) * 0.08)]);

function data(n) {
  const rows = state.weights ?? [];
  newest = rows.length ? rows[rows.length - 1][0] : 0;
  const from = rows.findIndex((row) => row[0] >= newest - SHOWN_S);
  const shown = from < 0 ? [] : rows.slice(from);
  return Array.from({ length: n + 1 }, (_, column) => shown.map((row) => row[column]));
}

function draw() {
  if (!plot) return;
  plot.setData(data(Math.min(MOST_LANES, state.shelf.lanes.length)));
}

/** A line where something was told, at the moment at which it happened. */
function marks(u) {
  const ratio = devicePixelRatio;
  u.ctx.save();
  u.ctx.lineWidth = ratio;
  u.ctx.setLineDash([3 * ratio, 3 * ratio]);
  for (const event of state.events ?? []) {
    if (event.t === null || event.t < newest - SHOWN_S || !MARKS[event.kind]) continue;
    const x = u.valToPos(event.t, "x", true);
    u.ctx.strokeStyle = css(MARKS[event.kind]);
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
  }
  u.ctx.restore();
}

/** The same without the library: lines, no axes. */
function spark({ width, height }) {
  const canvas = h("canvas", { class: "spark", width: width * devicePixelRatio, height: height * devicePixelRatio, title: "tools/setup.sh console brings axes" });
  $("plot").replaceChildren(canvas);
  return {
    setData([times, ...lanes]) {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      const [low, high] = usual(lanes);
      context.lineWidth = 2 * devicePixelRatio;
      lanes.forEach((lane, index) => {
        context.strokeStyle = css(laneColour(index));
        context.beginPath();
        let gap = true;
        lane.forEach((g, i) => {
          if (g === null) return void (gap = true);
          const x = ((times[i] - newest + SHOWN_S) / SHOWN_S) * canvas.width;
          const y = canvas.height * (1 - (g - low) / (high - low));
          gap ? context.moveTo(x, y) : context.lineTo(x, y);
          gap = false;
        });
        context.stroke();
      });
    },
  };
}
