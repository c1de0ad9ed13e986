// Why a shot matches: how much each word supports it, and where in the picture.

import { pathOf, post } from "../api.js";
import { el, meter, put } from "../dom.js";
import { busy, trouble } from "../states.js";
import { percent, t } from "../words.js";

const LEAST = 0.01;

/** Words into `side`, the map over the picture into `stage`. */
export async function showWhy(side, stage, hit, shot, text, signal) {
  put(side, busy(t("why.busy")));
  let told;
  try {
    told = await post(pathOf("/api/v1/shots", `${hit.track}/${shot}`, "why"), { text }, { signal });
  } catch (error) {
    if (error.name !== "AbortError") put(side, trouble(error, () => showWhy(side, stage, hit, shot, text, signal)));
    return;
  }
  put(stage, el("img", { src: `data:image/png;base64,${told.overlay}`, alt: t("why.map") }));
  const [strong, weak] = [told.words.filter((word) => word.relevance >= LEAST), told.words.filter((word) => word.relevance < LEAST && /\p{L}/u.test(word.text))];
  put(side,
    el("div", { class: "words" }, strong.map((word) => [
      el("span", { lang: "en" }, word.text), meter(word.relevance), el("span", { class: "soft" }, percent(word.relevance)),
    ])),
    weak.length ? el("p", { class: "small soft" }, t("why.weak", { words: weak.map((word) => word.text).join(" ") })) : null,
    told.notes.map((note) => el("p", { class: "small soft", lang: "en" }, note)));
}
