// Small helpers: elements, and asking the server. Text is always set as text.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

/** An element with attributes (functions become listeners) and children (text or elements). */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function s(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (key === "style") element.style.cssText = value; // an attribute would be inline style, which the page forbids itself
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Presses a button of the server; gives back {ok, says}. */
export async function ask(name, wish = {}) {
  const token = document.querySelector('meta[name="token"]').content;
  try {
    const answer = await fetch(`/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Console-Token": token },
      body: JSON.stringify(wish),
    });
    return await answer.json();
  } catch {
    return { ok: false, says: "the console does not answer: is the demo still running?" };
  }
}

/** Shows an answer in an element of class `says`. */
export function say(element, { ok, says }) {
  element.textContent = says;
  element.classList.toggle("no", !ok);
}

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const LANES = 6; // colours
export const laneColour = (index) => `--lane-${index % LANES}`;
