// One thing on the shelf, drawn from its look: a bottle as the camera's painter knows it, or a plain box.

import { s } from "./dom.js";

/** A group whose foot stands at (0, 0), `w` wide and `tall` high, in units of the drawing. */
export function thing(look, w, tall) {
  return look ? bottle(look, w, tall) : s("g", {}, s("rect", { x: -w / 2, y: -tall, width: w, height: tall, rx: 3, fill: "var(--lane)", "fill-opacity": 0.8 }));
}

/** The same outline, for what is missing. */
export function ghost(look, w, tall) {
  return look ? s("path", { class: "ghost", d: outline(look, w, tall) }) : s("rect", { class: "ghost", x: -w / 2, y: -tall, width: w, height: tall, rx: 3 });
}

function bottle(look, w, tall) {
  const [from, to] = look.label;
  const top = -tall * (1 - from);
  const high = tall * (to - from);
  const cap = look.neck * 1.12 * w;
  return s(
    "g",
    {},
    s("ellipse", { cx: w * 0.06, cy: 1, rx: w * 0.56, ry: 5, fill: "rgb(0 0 0 / 18%)" }),
    s("path", { d: outline(look, w, tall), fill: look.glass }),
    s("rect", { x: -cap / 2, y: -tall, width: cap, height: tall * 0.075, rx: 2.5, fill: look.cap }),
    s("rect", { x: -w * 0.485, y: top, width: w * 0.97, height: high, fill: look.paper }),
    s("ellipse", { cx: 0, cy: top + high * 0.42, rx: w * 0.27, ry: high * 0.26, fill: look.print }),
    s("rect", { x: -w * 0.28, y: top + high * 0.82, width: w * 0.56, height: Math.max(2, high * 0.05), rx: 1, fill: look.print }),
    s("path", { d: outline(look, w, tall), fill: "url(#shine)" }),
  );
}

function outline(look, w, tall) {
  const half = (0.97 * w) / 2;
  const neck = (look.neck * w) / 2;
  const y = (share) => -tall * (1 - share);
  const bend = (look.shoulder - 0.16) * 0.5;
  return (
    `M${-neck} ${y(0.06)} L${-neck} ${y(0.16)} C${-neck} ${y(0.16 + bend)} ${-half} ${y(look.shoulder - bend)} ${-half} ${y(look.shoulder)} ` +
    `L${-half} ${-6} Q${-half} 0 ${-half + 8} 0 L${half - 8} 0 Q${half} 0 ${half} ${-6} L${half} ${y(look.shoulder)} ` +
    `C${half} ${y(look.shoulder - bend)} ${neck} ${y(0.16 + bend)} ${neck} ${y(0.16)} L${neck} ${y(0.06)} Z`
  );
}
