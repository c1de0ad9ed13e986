// What was looked at, so that "nobody" can be judged.

import { el, svg } from "../dom.js";
import { instantOf, secondsOf, spanOf, t, tn } from "../words.js";

/** When a camera was watched and when it was blind, as a bar; its words say the same. */
export function bar(camera) {
  const spans = [...camera.watched, ...camera.blind].map((one) => one.map(secondsOf));
  if (spans.length === 0) return null;
  const begin = Math.min(...spans.map(([from]) => from));
  const length = Math.max(...spans.map(([, to]) => to)) - begin || 1;
  const rects = (kind, list) => list.map(([from, to]) => svg("rect", {
    class: kind, y: 0, height: 10,
    x: ((secondsOf(from) - begin) / length) * 100, width: Math.max(((secondsOf(to) - secondsOf(from)) / length) * 100, 0.2),
  }));
  const words = t("coverage.bar", { watched: spanOf(camera.watched_s), blind: spanOf(camera.blind_s) });
  return el("div", { class: "bar", role: "img", "aria-label": words },
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      rects("seen", camera.watched), rects("blind", camera.blind)));
}

export function table(coverage) {
  const rows = coverage.cameras.map((camera) => el("tr", {},
    el("td", {}, camera.camera),
    el("td", { class: "number" }, spanOf(camera.watched_s)),
    el("td", { class: "number" }, camera.blind_s ? spanOf(camera.blind_s) : "–"),
    el("td", { class: "number" }, camera.tracks),
    el("td", {}, bar(camera), camera.watched.length
      ? el("span", { class: "small soft" }, `${instantOf(camera.watched[0][0])} – ${instantOf(camera.watched.at(-1)[1])}`) : null)));
  return el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("coverage.title") },
    el("table", {},
      el("thead", {}, el("tr", {},
        el("th", { scope: "col" }, t("coverage.camera")), el("th", { scope: "col", class: "number" }, t("coverage.watched")),
        el("th", { scope: "col", class: "number" }, t("coverage.blind")), el("th", { scope: "col", class: "number" }, t("coverage.tracks")),
        el("th", { scope: "col" }, t("coverage.when")))),
      el("tbody", {}, rows)));
}

export function drawNobody(answer) {
  const { coverage } = answer;
  return el("div", { class: "nobody", id: "nobody" },
    el("strong", {}, t("nobody.title")),
    el("p", {}, tn("nobody.looked", coverage.shots_searched), " ", answer.hits.length ? t("nobody.below") : t("nobody.widen")),
    coverage.parts_missing.length ? el("p", { class: "note bad" }, t("coverage.missing", { parts: coverage.parts_missing.join(", ") })) : null,
    coverage.cameras.length ? table(coverage) : el("p", { class: "soft" }, t("coverage.none")));
}
