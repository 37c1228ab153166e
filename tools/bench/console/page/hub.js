// The hub's desk: a wish is signed and sent over the broker by the server; below it what the shelf reports.

import { $, ask, h, say } from "./dom.js";
import { state, watch } from "./store.js";

const KINDS = [["price", "Price"], ["planogram", "Planogram"], ["content", "Content"], ["policy", "Policy"]];
const OF = { price: "config", planogram: "config", content: "content", policy: "policy" };
const WANTED = "digits with a point and no currency, as 1.79";
let kind = "price";

export function begin() {
  const choice = ([name, label]) => h("label", { class: "switch" }, h("input", { type: "radio", name: "kind", value: name, checked: name === kind, change: () => ((kind = name), form()) }), label);
  $("pane-hub").replaceChildren(h("div", { class: "kinds" }, ...KINDS.map(choice)), h("form", { id: "wish", submit: send }), h("p", { class: "says quiet", id: "hub-says", role: "status" }), h("table", { class: "table", id: "reported" }));
  watch(["shelf"], form);
  watch(["wanted"], () => !$("wish").contains(document.activeElement) && form());
  watch(["reported"], reported);
}

function form() {
  const wish = $("wish");
  if (!state.shelf) return;
  wish.replaceChildren(...(kind === "price" ? priceFields() : textField()));
}

function priceFields() {
  const lanes = state.wanted?.config?.lane ?? state.shelf.lanes;
  const title = (lane) => lane.title ?? state.shelf.goods[lane.gtin]?.title ?? lane.name;
  const price = h("input", { name: "price", title: WANTED, inputmode: "decimal", pattern: "[0-9]+(\\.[0-9]+)?", required: true, size: 6 });
  const promotion = h("input", { name: "promotion_price", title: `${WANTED}; nothing: no promotion`, inputmode: "decimal", pattern: "[0-9]+(\\.[0-9]+)?", size: 6, placeholder: "none" });
  const lane = h("select", { name: "lane" }, ...lanes.map((one) => h("option", { value: one.name }, title(one))));
  const show = () => {
    const now = lanes.find((one) => one.name === lane.value);
    price.value = now?.price ?? "";
    promotion.value = now?.promotion_price ?? "";
  };
  lane.addEventListener("change", show);
  show();
  return [h("div", { class: "row" }, h("label", {}, "Product", lane), h("label", {}, "Price", price), h("label", {}, "For now only", promotion), h("button", { class: "send", type: "submit" }, "Send"))];
}

function textField() {
  const wanted = state.wanted ?? {};
  const document = { planogram: { lane: wanted.config?.lane ?? [] }, content: wanted.content ?? {}, policy: wanted.policy ?? {} }[kind];
  const text = h("textarea", { name: "document", spellcheck: "false", "aria-label": `${kind} as JSON` });
  text.value = JSON.stringify(document, null, 1);
  return [text, h("button", { class: "send", type: "submit" }, "Sign and send")];
}

async function send(event) {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  say($("hub-says"), { ok: true, says: "signing ..." });
  say($("hub-says"), await ask("send", { kind, ...fields }));
}

function reported() {
  const asked = Object.entries(state.reported ?? {}).filter(([, told]) => told.state !== "none");
  const rows = asked.map(([document, told]) => {
    const first = told.findings[0];
    const why = first ? `${first.path}: ${first.reason}${first.suggestion ? ` (${first.suggestion})` : ""}` : `by ${told.by ?? "the device's own file"}`;
    return h("tr", { "data-document": document, "data-state": told.state, "data-version": told.version ?? "", class: OF[kind] === document ? "now" : "" },
      h("td", {}, document), h("td", { class: `state ${told.state}` }, became(told)), h("td", { class: "mono" }, inForce(told)), h("td", { class: "quiet" }, why));
  });
  $("reported").replaceChildren(...rows);
}

const refused = (told) => told.state === "rejected" || told.state === "rolled_back";

/** What became of what is wanted, and of which version where that is not the one in force. */
function became(told) {
  const words = told.state.replace("_", " ");
  return refused(told) && told.desired_version !== null ? `v${told.desired_version} ${words}` : words;
}

function inForce(told) {
  const version = told.version === null ? "" : `v${told.version}`;
  return refused(told) ? `${version || "its own"} stays` : version;
}
