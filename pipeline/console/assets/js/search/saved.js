// Searches that somebody keeps under a name: with their account, so in every browser.

import { all, ask, remove } from "../api.js";

let kept = [];

/** What is kept, `[{id, name, search}]`, as it was when it was last asked for. */
export const saved = () => kept;

/** Ask for them; nothing where whoever is here has no account. */
export async function learnSaved() {
  try { kept = await all("/api/v1/searches"); } catch { kept = []; }
}

/** Words and filters, without what was said of hits: that was about the people who were found. */
export async function save(name, { text, cameras, collections, zones, since, until, live, then }) {
  await ask("PUT", "/api/v1/searches", { json: { name: name.slice(0, 200), search: { text, cameras, collections, zones, since, until, live, then } } });
  await learnSaved();
}

export async function unsave(id) {
  await remove(`/api/v1/searches/${id}`);
  await learnSaved();
}
