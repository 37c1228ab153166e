// The server's model, kept up to date by its stream of changes. Views ask for the keys they draw.

export const state = {};
const views = [];
let due = new Set();

/** `draw(state)` is called, once a frame at most, when one of `keys` has changed. */
export function watch(keys, draw) {
  views.push({ keys, draw });
}

/** Opens the stream; the browser opens it again by itself when it is cut. `alive(bool)` tells of both. */
export function listen(alive) {
  const stream = new EventSource("/live");
  stream.onopen = () => alive(true);
  stream.onerror = () => alive(false);
  stream.onmessage = (message) => take(JSON.parse(message.data));
}

function take(change) {
  if (change.whole) for (const key of Object.keys(state)) delete state[key];
  for (const [key, value] of Object.entries(change.put ?? {})) {
    state[key] = value;
    changed(key);
  }
  for (const [key, entries] of Object.entries(change.add ?? {})) {
    const list = (state[key] ??= []);
    list.push(...entries);
    if (list.length > change.most) list.splice(0, list.length - change.most);
    changed(key);
  }
}

function changed(key) {
  if (due.size === 0) requestAnimationFrame(draw);
  due.add(key);
}

function draw() {
  const keys = due;
  due = new Set();
  for (const view of views) if (view.keys.some((key) => keys.has(key))) view.draw(state);
}
