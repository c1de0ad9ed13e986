// What this browser remembers: searches made here. Nothing leaves it.

const RECENT = "descry.recent";
const MOST_RECENT = 12;

export function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(RECENT));
    return Array.isArray(kept) ? kept.filter((text) => typeof text === "string") : [];
  } catch { return []; }
}

export function noteSearch(text) {
  if (!text) return;
  const kept = [text, ...recent().filter((one) => one !== text)].slice(0, MOST_RECENT);
  try { localStorage.setItem(RECENT, JSON.stringify(kept)); } catch { /* a browser that keeps nothing */ }
}

/** Whoever signs out leaves no description of anybody behind. */
export function forgetAll() {
  try { localStorage.removeItem(RECENT); } catch { /* nothing was kept */ }
}
