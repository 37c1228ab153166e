// The strip under the shelf, its pixels as the agent wrote them; at its place, or (clicked) one for one.

import { $ } from "./dom.js";
import { stripPlace } from "./shelf.js";
import { state, watch } from "./store.js";

const MARGIN_PX = 12;
const STEADY_PX = 3;
let shown = 0;
let loading = false;
let whole = false;

export function begin() {
  watch(["strip"], load);
  watch(["shelf", "strip"], place);
  new ResizeObserver(() => requestAnimationFrame(place)).observe($("front"));
  $("pixels").addEventListener("click", () => {
    whole = !whole;
    place();
  });
}

/** One picture after the other, never two at once; the newest wins. */
async function load() {
  const strip = state.strip;
  $("nostrip").hidden = Boolean(strip);
  if (!strip || loading || strip.number === shown) return;
  loading = true;
  const wanted = strip.number;
  try {
    const answer = await fetch(`/strip.png?n=${wanted}`);
    if (answer.status === 200) {
      const picture = URL.createObjectURL(await answer.blob());
      const before = $("pixels").src;
      $("pixels").src = picture;
      await $("pixels").decode();
      if (before.startsWith("blob:")) URL.revokeObjectURL(before);
      $("pixels").hidden = false;
      $("pixels").dataset.number = wanted;
      shown = wanted;
    }
  } catch {
    // the next change brings the next picture
  }
  loading = false;
  if (state.strip?.number !== wanted) setTimeout(load, 40);
}

function place() {
  const image = $("pixels");
  const where = stripPlace();
  image.classList.toggle("whole", whole);
  image.title = whole ? "every pixel of the strip; click for its place under the shelf" : "click for every pixel";
  if (whole || !where || !state.strip) {
    $("strip").style.height = "";
    image.style.width = whole && state.strip ? `${state.strip.width / devicePixelRatio}px` : "100%";
    image.style.marginLeft = "0";
    return;
  }
  image.style.width = `${where[1]}px`;
  const high = Math.round((where[1] * state.strip.height) / state.strip.width) + MARGIN_PX;
  if (Math.abs(high - $("strip").clientHeight) > STEADY_PX) $("strip").style.height = `${high}px`; // which moves the shelf, a little less each time
  image.style.marginLeft = `${where[0] - $("strip").getBoundingClientRect().left}px`;
}
