// The shelf from the front: lanes with goods, stock and price, and over them what is seen, all in metres of its plane.

import { ghost, thing } from "./bottle.js";
import { $, laneColour, s } from "./dom.js";
import { state, watch } from "./store.js";

const PX_PER_M = 1000;
const ABOVE_M = 0.14; // where hands come from
const SIDE_M = 0.012;
const THING_M = 0.0875; // a bottle; nothing else is drawn to its size
const HEAD_PX = 22; // from the top to the line that a lane's words stand on
const FRESH_S = 1.6;
const NEAR_M = 0.25; // a hand moves less from one picture to the next
const FAR_M = 0.3; // out of the plane: not at the goods

export const chosen = { lane: "" };
let drawing = null;
const shelfSize = new ResizeObserver(() => drawing && scale());

/** Makes the first drawing once the shelf is known; `onChoose` is told of the chosen lane. */
export function begin(onChoose) {
  watch(["shelf"], () => build(onChoose));
  watch(["shelf", "stock", "prices", "eyes", "inventory"], () => drawing && fill());
  watch(["shelf", "eyes", "tracks"], () => drawing && over());
  watch(["events"], () => drawing && light());
}

/** Chooses a lane by its place, from 0; again: none. */
export function choose(index, onChoose) {
  const lane = state.shelf?.lanes[index];
  if (!lane) return;
  chosen.lane = chosen.lane === lane.name ? "" : lane.name;
  for (const [name, group] of drawing.lanes) group.setAttribute("aria-checked", String(name === chosen.lane));
  onChoose(chosen.lane);
}

function build(onChoose) {
  const shelf = state.shelf;
  const left = Math.min(...shelf.lanes.map((lane) => lane.left_m)) - SIDE_M;
  const right = Math.max(...shelf.lanes.map((lane) => lane.right_m)) + SIDE_M;
  const top = Math.max(...shelf.lanes.map((lane) => lane.top_m));
  const bottom = Math.min(...shelf.lanes.map((lane) => lane.bottom_m));
  const above = shelf.eyes ? ABOVE_M : 0.05;
  const at = (u, v) => [(u - left) * PX_PER_M, (top + above - v) * PX_PER_M];
  const wide = (right - left) * PX_PER_M;
  const high = (top + above - bottom) * PX_PER_M + 14;
  const lanes = new Map(shelf.lanes.map((lane, index) => [lane.name, laneGroup(lane, index, at, onChoose)]));
  const seen = s("g", {});
  const svg = s("svg", { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "xMidYMax meet", role: "radiogroup", "aria-label": "lanes" }, shine());
  for (const v of new Set(shelf.lanes.map((lane) => lane.bottom_m))) {
    const [, y] = at(0, v);
    svg.append(s("rect", { class: "plank", x: 0, y: y - 2, width: wide, height: 12 }), s("rect", { class: "plank-edge", x: 0, y: y + 10, width: wide, height: 4 }));
  }
  svg.append(...lanes.values(), seen);
  $("front").replaceChildren(svg);
  shelfSize.disconnect();
  shelfSize.observe($("front"));
  drawing = { at, lanes, seen, svg, trails: [], keys: new Map(), last: null };
  scale();
  fill();
  over();
}

function shine() {
  const stops = [["0%", "#000", 0.22], ["22%", "#fff", 0.3], ["45%", "#fff", 0.02], ["100%", "#000", 0.3]];
  return s("defs", {}, s("linearGradient", { id: "shine" }, ...stops.map(([offset, colour, alpha]) => s("stop", { offset, "stop-color": colour, "stop-opacity": alpha }))));
}

function laneGroup(lane, index, at, onChoose) {
  const [x, y] = at(lane.left_m, lane.top_m);
  const wide = (lane.right_m - lane.left_m) * PX_PER_M;
  const high = (lane.top_m - lane.bottom_m) * PX_PER_M;
  const pick = () => choose(index, onChoose);
  return s(
    "g",
    {
      class: "lane", role: "radio", tabindex: 0, "aria-checked": "false", "aria-label": `lane ${lane.name}`, "data-lane": lane.name,
      style: `--lane: var(${laneColour(index)})`, click: pick,
      keydown: (event) => (event.key === " " || event.key === "Enter") && (event.preventDefault(), pick()),
    },
    s("title"),
    s("rect", { class: "lane-box", x: x + 2, y, width: wide - 4, height: high - 1 }),
    s("g", { class: "things" }),
    s("text", { class: "name", x: x + 12, y: headY(lane, at) }),
    s("text", { class: "stock", x: x + 12, y: headY(lane, at) + 24 }),
    s("text", { class: "price", x: x + wide - 12, y: headY(lane, at) }),
  );
}

const several = () => new Set(state.shelf.lanes.map((lane) => lane.bottom_m)).size > 1;

/** A lane's words stand at the top of the picture, or of its own row where there are several. */
const headY = (lane, at, by = 1) => (several() ? at(0, lane.top_m)[1] + 14 / by : Math.max(34, HEAD_PX / by));


/** Words stay as large as they are read, whatever the shelf's size; what has no room is left to the lane's title. */
function scale() {
  const { clientWidth, clientHeight } = $("front");
  const box = drawing.svg.viewBox.baseVal;
  const by = Math.min(clientWidth / box.width, clientHeight / box.height) || 1;
  drawing.svg.style.setProperty("--scale", by);
  for (const lane of state.shelf.lanes) {
    const group = drawing.lanes.get(lane.name);
    for (const [part, below] of [[".name", 0], [".price", 0], [".stock", 17]]) group.querySelector(part).setAttribute("y", headY(lane, drawing.at, by) + below / by);
    room(lane, group);
  }
}

/** Words that would run into each other or into the next lane are not shown. */
function room(lane, group) {
  const [name, stock, price] = [".name", ".stock", ".price"].map((part) => group.querySelector(part));
  const wide = (lane.right_m - lane.left_m) * PX_PER_M - 24;
  const long = (text) => text.textContent.length && text.getComputedTextLength();
  for (const text of [name, stock, price]) text.style.visibility = "";
  if (long(name) > wide) name.style.visibility = "hidden";
  if (long(stock) > wide) stock.style.visibility = "hidden";
  const was = price.querySelector(".was");
  was?.removeAttribute("display");
  if (was && long(price) > wide - long(name) * 1.15) was.setAttribute("display", "none"); // what is to be paid counts
  if (long(price) > wide - (long(name) > wide ? 0 : long(name) * 1.15)) price.style.visibility = "hidden";
}

function fill() {
  const { shelf, stock, prices } = state;
  for (const lane of shelf.lanes) {
    const group = drawing.lanes.get(lane.name);
    const now = stock?.lanes.find((entry) => entry.lane === lane.name);
    const good = shelf.goods[now?.gtin ?? lane.gtin];
    const units = now?.units;
    group.querySelector(".name").textContent = good?.title ?? lane.gtin;
    const level = now?.level ?? "unknown";
    const counted = group.querySelector(".stock");
    counted.setAttribute("class", `stock ${level}`);
    counted.textContent = units === null || units === undefined ? "not counted" : `${units} of ${lane.facing}${level === "low" ? ", low" : level === "empty" ? ", sold out" : ""}`;
    group.setAttribute("data-units", units ?? "");
    group.querySelector("title").textContent = `${good?.title ?? lane.gtin}, lane ${lane.name}: ${counted.textContent}`;
    price(group.querySelector(".price"), prices?.lanes.find((entry) => entry.lane === lane.name) ?? lane, prices?.currency ?? shelf.currency);
    room(lane, group);
    things(group, lane, good, units ?? 0);
  }
}

function price(text, { price: full, promotion_price: promotion }, currency) {
  const money = (amount) => (currency ? new Intl.NumberFormat("en-IE", { style: "currency", currency }).format(amount) : amount);
  text.replaceChildren();
  if (!full) return;
  if (promotion) text.append(s("tspan", { class: "was" }, money(full)), " ");
  text.append(money(promotion || full));
}

function things(group, lane, good, units) {
  const places = placesOf(lane);
  const boxes = (state.eyes?.boxes ?? []).filter((box) => box.kind === "container" && box.m);
  const covered = (u) => boxes.some(({ m }) => m[0] < u && u < m[2]);
  const order = places.map((u, index) => ({ u, index, seen: covered(u) })).sort((a, b) => b.seen - a.seen || a.index - b.index);
  const strange = (state.inventory?.misplaced ?? []).filter((one) => one.lane === lane.name);
  const full = new Map(order.slice(0, units + strange.length).map(({ index }, n) => [index, n < units ? good : state.shelf.goods[strange[n - units].gtin]]));
  const key = JSON.stringify([good, ...[...full].sort((a, b) => a[0] - b[0])]);
  if (drawing.keys.get(lane.name) === key) return;
  drawing.keys.set(lane.name, key);
  const tall = Math.min(0.3125, (lane.top_m - lane.bottom_m) * (several() ? 0.58 : 0.8)) * PX_PER_M;
  const wide = Math.min(THING_M, ((lane.right_m - lane.left_m) / Math.max(1, places.length)) * 0.85) * PX_PER_M;
  group.querySelector(".things").replaceChildren(
    ...places.map((u, index) => {
      const [x, y] = drawing.at(u, lane.bottom_m);
      return s("g", { class: "thing", transform: `translate(${x} ${y})` }, full.has(index) ? thing(full.get(index)?.look, wide, tall) : ghost(good?.look, wide, tall));
    }),
  );
}

function placesOf(lane) {
  if (lane.places.length) return lane.places;
  const n = Math.max(1, lane.facing);
  return Array.from({ length: n }, (_, i) => lane.left_m + ((i + 0.5) * (lane.right_m - lane.left_m)) / n);
}

function over() {
  const parts = state.eyes?.parts ?? state.tracks?.parts ?? [];
  drawing.seen.replaceChildren(...(state.eyes?.boxes ?? []).filter((box) => box.m).flatMap(boxOf), ...parts.filter((part) => part.part === "hand").flatMap(handOf));
  drawing.trails = drawing.trails.filter((trail) => trail.moved && !(trail.moved = false));
}

function boxOf({ kind, score, m }) {
  const [x, y] = drawing.at(m[0], m[3]);
  const [x2, y2] = drawing.at(m[2], m[1]);
  const box = s("rect", { class: `box ${kind}`, x, y, width: Math.max(0, x2 - x), height: Math.max(0, y2 - y) });
  return [box, s("text", { class: `score ${kind}`, x: x + 3, y: Math.max(12, y - 4) }, score.toFixed(2))];
}

/** The trail of the same hand: nobody says which is which, so the nearest of this visitor. */
function trailOf(visitor, x, y) {
  const away = ({ points }) => Math.hypot(x - points.at(-1)[0], y - points.at(-1)[1]);
  const near = drawing.trails.filter((trail) => trail.visitor === visitor && !trail.moved && away(trail) < NEAR_M * PX_PER_M).sort((a, b) => away(a) - away(b))[0];
  const trail = near ?? { visitor, points: [] };
  if (!near) drawing.trails.push(trail);
  trail.points = [...trail.points, [x, y]].slice(-8);
  trail.moved = true;
  return trail.points.map((point) => point.map((place) => place.toFixed(1)).join(",")).join(" ");
}

function handOf({ visitor, u_m, v_m, d_m, held }) {
  const [x, y] = drawing.at(u_m, v_m);
  const far = (d_m ?? 0) > FAR_M ? " far" : "";
  const colour = `var(${laneColour([...visitor].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) + 3)})`;
  const full = (held ?? 0) > 0.5;
  const by = Number(drawing.svg.style.getPropertyValue("--scale")) || 1;
  return [
    s("polyline", { class: `trail${far}`, points: trailOf(visitor, x, y), stroke: colour }),
    s("g", { class: `hand${far}`, transform: `translate(${x} ${y})` }, s("circle", { r: 13 / by, fill: colour }), full ? s("circle", { r: 17 / by, fill: "none", style: `stroke:${colour};stroke-dasharray:3 3` }) : null, s("text", {}, visitor.slice(-4))),
  ];
}

/** The lane of a new pick, put or restock lights up. */
function light() {
  const newest = state.events?.at(-1);
  if (!newest || newest.id === drawing.last) return;
  const first = drawing.last === null;
  drawing.last = newest.id;
  const group = drawing.lanes.get(newest.data.lane);
  if (first || !group || !["pick", "put", "restock"].includes(newest.kind)) return;
  group.classList.remove("lit");
  requestAnimationFrame(() => group.classList.add("lit"));
  setTimeout(() => group.classList.remove("lit"), FRESH_S * 1000);
}

/** Where the strip lies under the shelf, in pixels of the window: [left, width]. */
export function stripPlace() {
  const strip = state.shelf?.strip;
  const matrix = drawing?.svg.getScreenCTM();
  if (!strip || !matrix) return null;
  const [from, to] = [strip.left_m, strip.right_m].map((u) => matrix.e + drawing.at(u, 0)[0] * matrix.a);
  return [from, to - from];
}
