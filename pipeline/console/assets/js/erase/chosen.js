// The tracks that are to be erased, with their pictures: nobody erases by a name alone.

import { when } from "../admin/parts.js";
import { get, pathOf } from "../api.js";
import { el, put } from "../dom.js";
import { picture } from "../search/results.js";
import { t, tn } from "../words.js";

const AT_ONCE = 6;
const NAME = /[a-zA-Z0-9_-]{1,64}\/[^/\s,;]{1,128}\/[0-9]{1,20}/g;

/** The names of tracks in a text, each once; what follows a name (a shot's number) is not of it. */
export const namesIn = (text) => [...new Set(text.match(NAME) ?? [])];

/** The chosen tracks: `add(names, ticked)`, `ticked()`, `held(names)` to mark those that are held, `node`. */
export function chosenTracks(changed) {
  const cards = new Map();
  const node = el("div", { class: "grid picks", id: "picks" });
  let held = new Set();

  const draw = () => { put(node, [...cards.values()].map((card) => card.node)); changed(); };
  const mark = (card) => {
    const is = held.has(card.name);
    card.held.hidden = !is;
    if (is) card.tick.checked = false;
    card.tick.disabled = is;
  };

  async function look(card) {
    try {
      const track = await get(pathOf("/api/v1/tracks", card.name));
      put(card.view, track.thumbnail ? picture(track.thumbnail, t("erase.picture_of", { track: card.name })) : el("div", { class: "gone" }, t("picture.gone")));
      put(card.told, el("div", {}, el("b", {}, track.camera), " ", el("span", { class: "soft" }, track.collection)),
        el("div", {}, when(track.first_seen_at)), el("div", { class: "soft" }, tn("erase.shots", track.shots)));
    } catch (error) {
      put(card.view, el("div", { class: "gone" }, t("picture.gone")));
      put(card.told, el("p", { class: "small" }, error.status === 404 ? t("erase.unknown") : error.message));
    }
  }

  function make(name, ticked) {
    const tick = el("input", { type: "checkbox", checked: ticked, onchange: changed });
    const card = { name, tick, view: el("div", { class: "view" }), told: el("div", { class: "small" }), held: el("span", { class: "pill care", hidden: true }, t("erase.held")) };
    card.node = el("div", { class: "card", "data-track": name }, card.view, el("div", { class: "text" },
      el("label", { class: "check" }, tick, t("erase.this_one")), card.held, card.told, el("code", { class: "wrap" }, name),
      el("button", { type: "button", class: "small", "aria-label": t("erase.leave_out_this", { track: name }), onclick: () => { cards.delete(name); draw(); } }, t("erase.leave_out"))));
    return card;
  }

  return {
    node,
    ticked: () => [...cards.values()].filter((card) => card.tick.checked).map((card) => card.name),
    size: () => cards.size,
    held: (names) => { held = new Set(names); cards.forEach(mark); changed(); },
    clear: () => { cards.clear(); draw(); },
    async add(names, ticked) {
      const fresh = names.filter((name) => !cards.has(name)).map((name) => make(name, ticked));
      for (const card of fresh) { cards.set(card.name, card); mark(card); }
      draw();
      const waiting = [...fresh];
      const one = async () => { while (waiting.length) await look(waiting.shift()); };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
    },
  };
}
