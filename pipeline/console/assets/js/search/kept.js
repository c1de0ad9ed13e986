// What this browser remembers: searches made here, and those saved under a name. Nothing leaves it.

const RECENT = "descry.recent";
const SAVED = "descry.saved";
const MOST_RECENT = 12;

function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(name));
    return Array.isArray(kept) ? kept : [];
  } catch { return []; }
}

function write(name, value) {
  try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a browser that keeps nothing */ }
}

export const recent = () => read(RECENT).filter((text) => typeof text === "string");
export const noteSearch = (text) => {
  if (text) write(RECENT, [text, ...recent().filter((one) => one !== text)].slice(0, MOST_RECENT));
};

/** `{name, state}` of each saved search. */
export const saved = () => read(SAVED).filter((one) => one && typeof one.name === "string" && one.state);
export const save = (name, state) => write(SAVED, [...saved().filter((one) => one.name !== name), { name, state }]);
export const unsave = (name) => write(SAVED, saved().filter((one) => one.name !== name));

/** Whoever signs out leaves no description of anybody behind. */
export function forgetAll() {
  try { localStorage.removeItem(RECENT); localStorage.removeItem(SAVED); } catch { /* nothing was kept */ }
}
