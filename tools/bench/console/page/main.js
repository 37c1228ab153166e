// Starts the views; head line, keys, theme, tabs.

import * as controls from "./controls.js";
import { $ } from "./dom.js";
import * as events from "./events.js";
import * as hub from "./hub.js";
import * as shelf from "./shelf.js";
import { listen, state, watch } from "./store.js";
import * as strip from "./strip.js";
import * as weights from "./weights.js";
import { codeOf, partOf } from "./words.js";

const TABS = ["hub", "faults", "health"];
let reaches = false;

function head() {
  const { shelf: known, online, tally, faults, now } = state;
  if (known) $("device").textContent = `${known.store} / ${known.device}`;
  const up = reaches && online?.online;
  $("online").textContent = !reaches ? "the demo has ended" : up ? "online" : "shelf offline";
  $("online").className = `pill ${up ? "good" : "bad"}`;
  if (tally) $("tally").textContent = `${tally.right} right, ${tally.missed} missed, ${tally.wrong} wrong${tally.f1 === null ? "" : ` · F1 ${tally.f1.toFixed(2)}`}`;
  const troubles = Object.entries(faults ?? {});
  $("trouble").hidden = !troubles.length && !state.broken;
  $("trouble").textContent = state.broken ?? troubles.map(([name]) => troubled(name)).join(", ");
  $("trouble").title = troubles.map(([, message]) => message).join("\n");
  $("clock").textContent = events.clock(now);
}

/** "scale: unplugged" of scale/main/unplugged. */
function troubled(name) {
  const at = name.lastIndexOf("/");
  return `${partOf(name.slice(0, at))}: ${codeOf(name.slice(at + 1))}`;
}

function hinted(lane) {
  const name = state.shelf?.lanes.find((one) => one.name === lane);
  $("says").classList.remove("no");
  $("says").textContent = name ? `Next: ${state.shelf.goods[name.gtin]?.title ?? lane}` : "Any lane";
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select")) return;
  const key = event.key.toLowerCase();
  if (key === "d") theme();
  else if (/^[1-9]$/.test(key)) shelf.choose(Number(key) - 1, hinted);
  else if (!controls.pressed(key)) return;
  event.preventDefault();
}

function theme(wanted) {
  const dark = wanted ?? document.documentElement.dataset.theme !== "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  localStorage.setItem("theme", dark ? "dark" : "light");
  weights.rebuild();
}

function tab(name) {
  for (const one of TABS) {
    $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
    $(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    $(`pane-${one}`).hidden = one !== name;
  }
}

for (const [index, name] of TABS.entries()) {
  $(`tab-${name}`).addEventListener("click", () => tab(name));
  $(`tab-${name}`).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = TABS[(index + step + TABS.length) % TABS.length];
    tab(next);
    $(`tab-${next}`).focus();
  });
}
$("theme").addEventListener("click", () => theme());
addEventListener("keydown", keys);
const kept = localStorage.getItem("theme");
theme(kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
tab("hub");
shelf.begin(hinted);
strip.begin();
events.begin();
controls.begin();
hub.begin();
watch(["shelf", "online", "tally", "faults", "now", "broken"], head);
await weights.begin();
listen((alive) => {
  reaches = alive;
  head();
});
