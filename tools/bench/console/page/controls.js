// Buttons: what the shopper is to do, which faults are on; and the tables of health.

import { $, ask, h, say } from "./dom.js";
import { chosen } from "./shelf.js";
import { state, watch } from "./store.js";

const DEEDS = [
  ["take", "Take", "t"], ["put_back", "Put back", "b"], ["hesitate", "Hesitate", "h"],
  ["linger", "Linger", "l"], ["misplace", "Misplace", "m"], ["lean", "Lean on it", "n"],
  ["press", "Press", "p"], ["leave", "Leave", "x"], ["refill", "Refill", "r"],
];
const DOING = { take: "takes", put_back: "puts back", hesitate: "hesitates", linger: "lingers", misplace: "misplaces", lean: "leans on the shelf", press: "presses" };
const FAULTS = [
  ["unplug", "Unplug scale"], ["stall", "Stall"], ["noise", "Noise"], ["garbage", "Wrong baud rate"],
  ["glitches", "Glitches"], ["dead cell", "Dead cell"], ["blind", "Camera away"], ["broker", "Broker away"],
];

export function begin() {
  $("deeds").replaceChildren(...DEEDS.map(([deed, label, key]) => h("button", { type: "button", id: `deed-${deed}`, click: () => order(deed), "aria-keyshortcuts": key }, label, h("kbd", {}, key.toUpperCase()))));
  $("crowd").addEventListener("change", async (event) => say($("says"), await ask("crowd", { on: event.target.checked })));
  $("pane-faults").replaceChildren(
    h("div", { class: "buttons" }, ...FAULTS.map(([fault, label]) => h("button", { type: "button", "aria-pressed": "false", "data-fault": fault, click: flip }, label))),
    h("p", { class: "says quiet", id: "fault-says" }, "Switch one on and watch what the shelf says, and what it still counts."),
  );
  watch(["people"], people);
  watch(["on"], () => document.querySelectorAll("[data-fault]").forEach((button) => button.setAttribute("aria-pressed", String((state.on ?? []).includes(button.dataset.fault)))));
  watch(["health", "clock", "online", "faults"], health);
}

/** The deed of a key, on the chosen lane; false where the key has none. */
export function pressed(key) {
  const deed = DEEDS.find((entry) => entry[2] === key);
  if (deed) order(deed[0]);
  return Boolean(deed);
}

async function order(deed) {
  say($("says"), await ask("order", { deed, lane: chosen.lane }));
}

async function flip(event) {
  const { fault } = event.currentTarget.dataset;
  say($("fault-says"), await ask("fault", { fault, on: !(state.on ?? []).includes(fault) }));
}

function people() {
  const { crowd, present, doing, basket, busy, refilling } = state.people;
  $("crowd").checked = crowd;
  const things = basket.map((gtin) => state.shelf?.goods[gtin]?.title ?? "something");
  $("doing").textContent = refilling ? "staff refill, and the shelf knows" : crowd ? "shoppers come and go" : !present ? "nobody is there" : `${busy ? DOING[doing] : "waits"}${things.length ? `, has ${things.join(", ")}` : ""}`;
}

function health() {
  const streams = state.health?.streams ?? [];
  const line = (bad, name, told, why) => h("tr", { title: why ?? "" }, h("td", {}, h("span", { class: `dot ${bad}` }), name), h("td", { class: "mono" }, told), h("td", { class: "quiet" }, why ?? ""));
  const rows = streams.map((stream) => line(stream.alive ? (stream.rate_right && stream.valid ? "" : "warn") : "bad", stream.stream, stream.rate_hz === null ? "" : `${stream.rate_hz.toFixed(1)} Hz`, stream.reason));
  const health = state.health;
  if (health) rows.push(line("", "mode", health.mode), line(health.outbox_waiting ? "warn" : "", "outbox", health.outbox_waiting === null ? "" : `${health.outbox_waiting} waiting`));
  if (state.online) rows.push(line(state.online.online ? "" : "bad", "agent", state.online.version ?? "", state.online.online ? `boot ${state.online.boot}` : "gone"));
  $("pane-health").replaceChildren(h("table", { class: "table" }, ...rows));
}
