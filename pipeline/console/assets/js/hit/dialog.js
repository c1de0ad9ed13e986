// One hit: its clip, its other shots, why it matches, where the person probably went.

import { el, put } from "../dom.js";
import { link } from "../search/state.js";
import { chance, marks, picture } from "../search/results.js";
import { say } from "../states.js";
import { instantOf, number, percent, spanOf, t, timeOf } from "../words.js";
import { keepInCase } from "./case.js";
import { showClip } from "./clip.js";
import { toErase } from "./erase.js";
import { showWhy } from "./why.js";

/** Open the dialog of `hit` among those of `answer`; `acts` has `similar(track)` and `judge(track, fits)`. */
export function openHit(hit, answer, state, acts) {
  const opener = document.activeElement;
  const dialog = el("dialog", { class: "hit", "aria-labelledby": "hit-title" });
  let view = null;
  const show = (next) => { view?.end(); view = draw(dialog, next, answer, state, { ...acts, answer, show, close: () => dialog.close() }); };
  const step = (by) => {
    const at = answer.hits.findIndex((one) => one.track === view.hit.track) + by;
    if (answer.hits[at]) show(answer.hits[at]);
  };
  dialog.addEventListener("close", () => { view.end(); dialog.remove(); opener?.focus?.(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("video, input, select, .strip")) return;
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
  document.body.append(dialog);
  show(hit);
  dialog.showModal();
  dialog.querySelector("#hit-close").focus();
}

function draw(dialog, hit, answer, state, acts) {
  const ending = new AbortController();
  const stage = el("div", { class: "stage" });
  const why = el("div", { class: "stack" });
  const clipNotes = el("div", {});
  let clip = null;
  let shown = hit.best_shots[0];

  const play = async () => {
    clip?.close();
    clip = await showClip(stage, hit, ending.signal);
    put(clipNotes, clip ? el("p", { class: "small soft", id: "box-words" }, t(clip.framewise ? "clip.boxed" : "clip.guessed")) : null, (clip?.notes ?? []).map((note) => el("p", { class: "small soft", lang: "en" }, note)));
  };
  const strip = el("div", { class: "strip", role: "group", "aria-label": t("hit.shots") });
  const drawStrip = () => put(strip, hit.best_shots.map((shot) => el("button", {
    type: "button", "aria-pressed": shot === shown ? "true" : "false",
    "aria-label": t("hit.shot", { time: timeOf(shot.captured_at), score: number(shot.score, 2) }),
    onclick: async () => {
      shown = shot;
      [...strip.children].forEach((one, at) => one.setAttribute("aria-pressed", hit.best_shots[at] === shot ? "true" : "false"));
      if (!stage.querySelector("video")) await play();
      clip?.seek(shot.captured_at);
    },
  }, picture(shot.thumbnail, "", ""))));
  drawStrip();

  const text = answer.query;
  const explain = el("button", {
    type: "button", class: "small", id: "explain",
    onclick: () => { clip?.close(); clip = null; showWhy(why, stage, hit, shown.shot, text, ending.signal); },
  }, t("why.ask"));

  put(dialog,
    el("div", { class: "hit-head" },
      el("h2", { id: "hit-title" }, `${hit.camera} · ${instantOf(hit.first_seen_at)}`),
      el("div", { class: "end" },
        el("button", { type: "button", class: "plain small wide", onclick: () => move(-1) }, t("hit.before")),
        el("button", { type: "button", class: "plain small wide", onclick: () => move(1) }, t("hit.after")),
        el("button", { type: "button", class: "small", id: "hit-close", onclick: acts.close }, t("act.close")))),
    el("div", { class: "hit-body" },
      el("div", { class: "stage-side" }, stage, strip),
      el("div", { class: "hit-side", tabindex: 0, role: "region", "aria-label": t("hit.about") },
        chance(hit),
        hit.evidence.length ? el("section", {}, el("h3", {}, t("hit.evidence")), marks(hit.evidence)) : null,
        actions(hit, answer, state, acts),
        text && shown ? el("section", {}, el("h3", {}, t("why.title")), el("div", { class: "acts" }, explain,
          el("button", { type: "button", class: "small", onclick: play }, t("clip.show"))), why) : null,
        path(hit, answer, acts),
        facts(hit), clipNotes)));
  play();

  function move(by) {
    const at = answer.hits.findIndex((one) => one.track === hit.track) + by;
    if (answer.hits[at]) { acts.show(answer.hits[at]); dialog.querySelector("#hit-close").focus(); }
  }
  return { hit, end: () => { ending.abort(); clip?.close(); } };
}

function actions(hit, answer, state, acts) {
  const judge = (fits) => () => { acts.close(); acts.judge(hit.track, fits); };
  return el("div", { class: "acts" },
    el("button", { type: "button", class: "small", id: "similar", onclick: () => { acts.close(); acts.similar(hit.track); } }, t("hit.similar")),
    el("button", { type: "button", class: "small", id: "more-like", "aria-pressed": String(state.more.includes(hit.track)), onclick: judge(true) }, t("hit.more")),
    el("button", { type: "button", class: "small", id: "less-like", "aria-pressed": String(state.less.includes(hit.track)), onclick: judge(false) }, t("hit.less")),
    el("button", {
      type: "button", class: "small", id: "copy-link",
      onclick: async () => {
        const address = link(state, hit.track);
        try { await navigator.clipboard.writeText(address); say(t("hit.copied")); } catch { prompt(t("hit.copy"), address); }
      },
    }, t("hit.copy")),
    keepInCase(hit, acts.answer), toErase(hit, answer));
}

/** Where the person was seen, in order: what was asked for by `then`, else the hits of the same person. */
function path(hit, answer, acts) {
  const person = answer.persons.find((one) => one.person === hit.person);
  const asked = hit.path.length > 1;
  const steps = asked ? hit.path : person?.path ?? [];
  if (steps.length < 2) return null;
  const sure = asked ? hit.path_confidence : person.confidence;
  return el("section", {}, el("h3", {}, t("hit.path"), sure === null ? "" : ` · ${t("hit.same", { chance: percent(sure) })}`),
    el("ol", { class: "path" }, steps.map((step) => {
      const other = answer.hits.find((one) => one.track === step.track);
      const image = step.thumbnail ?? other?.thumbnail;
      const label = el("span", {}, el("b", {}, step.camera), el("br"), `${timeOf(step.first_seen_at)} – ${timeOf(step.last_seen_at)}`,
        step.after_s ? el("span", { class: "soft" }, ` · ${t("hit.after_s", { span: spanOf(step.after_s) })}`) : null);
      return el("li", {}, image ? picture(image, "", "") : el("span"), label,
        other && other.track !== hit.track
          ? el("button", { type: "button", class: "small", "aria-label": t("hit.open", { name: `${step.camera}, ${timeOf(step.first_seen_at)}` }), onclick: () => acts.show(other) }, t("act.open"))
          : step.link !== undefined && step.link !== null ? el("span", { class: "soft" }, percent(step.link)) : el("span"));
    })));
}

function facts(hit) {
  const rows = [
    ["hit.camera", hit.camera], ["hit.seen", `${instantOf(hit.first_seen_at)} – ${timeOf(hit.last_seen_at)}`],
    ["hit.collection", hit.collection], ["hit.zones", hit.zones.join(", ")],
    ["hit.kept", number(hit.shots)], ["hit.score", number(hit.score, 3)],
    ["hit.rank_before", hit.rank_before ? number(hit.rank_before) : ""], ["hit.track", hit.track],
  ];
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([key, value]) => [el("dt", {}, t(key)), el("dd", {}, value)]));
}
