// Events as the broker has them, newest first, each with how sure the shelf is and what else it might have been.

import { $, h } from "./dom.js";
import { state, watch } from "./store.js";
import { codeOf, laneOf, partOf, title } from "./words.js";

const SIGNS = { pick: "▲", put: "▼", restock: "▼", hesitation: "?", dwell: "·", visit: "·", shown: "▭", priced: "€", fault: "!", cleared: "✓", gap: "!" };
const MOST = 60;
const NEAR_PX = 20; // scrolled less than this: the newest are in view
const rows = new Map(); // event id -> its element, so that what was opened stays open

export function begin() {
  watch(["events", "tally", "shelf"], draw);
  const seen = () => ($("fresh").hidden = $("fresh").hidden || $("events").scrollTop < NEAR_PX);
  $("events").addEventListener("scroll", seen);
  $("fresh").addEventListener("click", () => ($("events").scrollTop = 0));
}

function draw() {
  const events = (state.events ?? []).slice(-MOST);
  const marks = state.tally?.marks ?? {};
  const here = new Set(events.map((event) => event.id));
  for (const id of rows.keys()) if (!here.has(id)) rows.delete(id);
  const list = events.map((event) => {
    if (!rows.has(event.id)) rows.set(event.id, row(event));
    const element = rows.get(event.id);
    mark(element, marks[event.id]);
    return element;
  });
  const box = $("events");
  list.reverse();
  if (!list.length) list.push(h("p", { class: "quiet" }, "Nothing yet. Let the shopper take something."));
  if (box.firstChild === list[0] && box.childNodes.length === list.length) return;
  const [reading, top] = [box.scrollTop >= NEAR_PX, box.firstElementChild];
  const before = top?.offsetTop ?? 0;
  box.replaceChildren(...list);
  if (!reading) return;
  box.scrollTop += top.isConnected ? top.offsetTop - before : 0; // what is read stays where it is
  $("fresh").hidden = false;
}

function row(event) {
  const { kind, data } = event;
  const sure = data.confidence;
  return h(
    "details",
    { class: kind, "data-kind": kind, "data-lane": data.lane ?? "", "data-confidence": sure ?? "" },
    h(
      "summary",
      {},
      h("span", { class: "sign" }, SIGNS[kind] ?? "·"),
      h("span", { class: "what" }, ...words(kind, data)),
      h("span", { class: "aside" }, sure === undefined ? null : h("span", { class: "sure", title: `${sure} sure` }, h("i", { style: `width:${sure * 100}%` })), sure === undefined ? null : h("span", { class: "mono" }, sure.toFixed(2)), h("span", { class: "truth" }), h("span", { class: "mono" }, clock(event.t))),
    ),
    others(data),
    h("pre", {}, JSON.stringify(data, null, 1)),
  );
}

function mark(element, right) {
  const truth = element.querySelector(".truth");
  truth.textContent = right === undefined ? "" : right ? "✓" : "✗";
  truth.className = right === undefined ? "truth" : right ? "truth yes" : "truth no";
  truth.title = right === undefined ? "" : right ? "so it was" : "it was not so";
}

function others(data) {
  if (!data.alternatives?.length) return null;
  return h("ul", {}, ...data.alternatives.map((other) => h("li", {}, `or ${unlike(data, other)}: ${percent(other.probability)}`)));
}

/** In what another reading differs from the one that was told. */
function unlike(data, other) {
  const said = [];
  if (other.gtin !== data.gtin) said.push(`${count(other.units)}${title(other.gtin)}`);
  else if (other.units !== data.units) said.push(`${Math.abs(other.units ?? 0)} of it`);
  if (other.lane !== data.lane) said.push(`in ${laneOf(other.lane)}`);
  if (other.visitor !== data.visitor) said.push(`by ${other.visitor ?? "nobody seen"}`);
  return said.join(" ") || "the same at another moment";
}

/** A sentence, as nodes; the quieter half in small. */
function words(kind, data) {
  const small = (text) => h("small", {}, ` ${text}`);
  const by = data.visitor ? `by ${data.visitor}` : "nobody seen";
  switch (kind) {
    case "pick":
      return [`${count(data.units)}${title(data.gtin)} taken`, small(by), second(data, small)].filter(Boolean);
    case "put":
      return [`${count(data.units)}${title(data.gtin)} put into ${laneOf(data.lane)}`, small(by), second(data, small)].filter(Boolean);
    case "restock":
      return [`${count(data.units)}${title(data.gtin)} refilled`, small(data.reason.replace("_", " "))];
    case "hesitation":
      return [data.reason === "held" ? `Undecided over ${title(data.gtin)}` : `Lingers${data.gtin ? ` at ${title(data.gtin)}` : ""}`, small(by)];
    case "shown":
      return [`Strip: ${data.content ?? "nothing on purpose"}`, small(data.trigger === "loop" ? `loop, ${some(data.plays, "time")}` : `answers ${data.trigger}, ${data.visible_s.toFixed(1)} s${data.propensity === null ? "" : `, chance ${data.propensity.toFixed(2)}`}`)];
    case "priced":
      return [`${title(data.gtin)} now ${data.promotion_price ?? data.price ?? "without price"}`, small(`${data.before ? `before ${data.before}, ` : ""}${data.by ? `by ${data.by}, version ${data.version}` : "from the device's file"}`)];
    case "visit":
      return [`${data.visitor} left`, small(`after ${data.dwell_s.toFixed(0)} s with ${some(data.picks, "pick")}, ${some(data.puts, "put")}`)];
    case "dwell":
      return [`${data.visitor} stood ${data.dwell_s.toFixed(0)} s`, small(data.lane ? `before ${laneOf(data.lane)}` : "")];
    case "fault":
      return [`${partOf(data.part)}: ${codeOf(data.code)}`, small(data.message)];
    case "cleared":
      return [`${partOf(data.part)} is well again`, small(codeOf(data.code))];
    default:
      return [kind, small(data.reason ?? "")];
  }
}

function second(data, small) {
  const other = data.alternatives?.[0];
  return other && other.probability >= 0.01 ? small(`· or ${unlike(data, other)} ${percent(other.probability)}`) : null;
}

const count = (units) => (units === null || Math.abs(units) === 1 ? "" : `${Math.abs(units)} x `);
const some = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
const percent = (p) => `${(p * 100).toFixed(p < 0.1 ? 1 : 0)} %`;
export const clock = (t) => (t === null || t === undefined ? "" : `${Math.floor(t / 60)}:${String(Math.floor(t % 60)).padStart(2, "0")}`);
