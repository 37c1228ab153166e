// Names that stand on the page for those that stand in messages: a lane by its goods, a part by what it is.

import { state } from "./store.js";

const PARTS = { tracks: "tracker", uplink: "line to the broker", vision: "eyes" };

export const title = (gtin) => (gtin ? (state.shelf?.goods[gtin]?.title ?? gtin) : "something unknown");

/** "Beer's lane"; where several carry goods of that name, with the name that their tooltips have. */
export function laneOf(name) {
  const goods = (one) => title(state.stock?.lanes.find((entry) => entry.lane === one.name)?.gtin ?? one.gtin);
  const lanes = state.shelf?.lanes ?? [];
  const lane = lanes.find((one) => one.name === name);
  if (!lane) return `lane ${name}`;
  return lanes.filter((one) => goods(one) === goods(lane)).length > 1 ? `${goods(lane)}'s lane ${name}` : `${goods(lane)}'s lane`;
}

/** "scale", "cell p5", "Beer's lane" of scale/main, cell/p5, lane/p7. */
export function partOf(part) {
  const [kind, ...rest] = part.split("/");
  const name = rest.join("/");
  if ((kind === "lane" || kind === "label") && name) return kind === "lane" ? laneOf(name) : `label of ${laneOf(name)}`;
  return `${PARTS[kind] ?? kind}${name && name !== "main" ? ` ${name}` : ""}`;
}

export const codeOf = (code) => code.replaceAll("_", " ");
