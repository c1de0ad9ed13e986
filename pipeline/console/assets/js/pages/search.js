// The page that people are looked for on.

import { all, post } from "../api.js";
import { byId, el, put } from "../dom.js";
import { openHit } from "../hit/dialog.js";
import { may } from "../shell.js";
import { busy, empty, say, trouble } from "../states.js";
import { diagnose, examples, suggest } from "../search/box.js";
import { drawFilters } from "../search/filters.js";
import { noteSearch } from "../search/kept.js";
import { drawAnswer } from "../search/results.js";
import { learnSaved, save, saved, unsave } from "../search/saved.js";
import { fresh, isEmpty, linked, request, revived } from "../search/state.js";
import { t } from "../words.js";

let state = fresh();
let asking = null;
const known = { cameras: [], collections: [], zones: [] };
const field = byId("text");

async function search({ note = true } = {}) {
  asking?.abort();
  state.text = field.value.trim();
  showLikeness();
  if (isEmpty(state)) { welcome(); return null; }
  if (note) noteSearch(state.text);
  asking = new AbortController();
  const { signal } = asking;
  put(byId("outcome"), busy(t("search.busy")));
  try {
    const answer = await post("/api/v1/search", request(state), { signal });
    if (meet(answer.hits)) redraw();
    drawAnswer(answer, state, { open: (hit) => open(hit, answer), reply });
    return answer;
  } catch (error) {
    if (error.name === "AbortError") return null;
    put(byId("results"));
    put(byId("outcome"), trouble(error, error.status >= 500 || error.status === 0 || error.code === "reason-required" ? () => search() : null));
    return null;
  }
}

/** Zones that cameras have, or hits were in: no look at tracks, which the audit would note as shown. Whether one is new. */
function meet(some) {
  const before = known.zones.length;
  known.zones = [...new Set([...known.zones, ...some.flatMap((one) => one.zones)])].sort();
  return known.zones.length > before;
}

/** Another description begins anew: what was said of hits and asked back was about the last one. */
function restart(text) {
  field.value = text;
  Object.assign(state, { like: null, more: [], less: [], answers: [] });
  look();
  search();
}

function load(from) {
  state = revived(from);
  field.value = state.text;
  redraw();
  look();
  return search();
}

const reply = (answer) => { state.answers.push(answer); search({ note: false }); };

function open(hit, answer) {
  openHit(hit, answer, state, {
    similar: (track) => { field.value = ""; state = { ...fresh(), cameras: state.cameras, like: track }; redraw(); search(); },
    judge: (track, fits) => {
      state.more = state.more.filter((one) => one !== track);
      state.less = state.less.filter((one) => one !== track);
      state[fits ? "more" : "less"].push(track);
      search({ note: false });
    },
  });
}

function showLikeness() {
  const node = byId("likeness");
  const parts = [];
  if (state.like) parts.push(t("likeness.like", { track: state.like }));
  if (state.more.length) parts.push(t("likeness.more", { count: state.more.length }));
  if (state.less.length) parts.push(t("likeness.less", { count: state.less.length }));
  if (state.answers.length) parts.push(t("likeness.answers", { count: state.answers.length }));
  node.hidden = parts.length === 0;
  put(node, el("div", { class: "outcome" }, el("span", {}, parts.join(" · ")),
    el("button", { type: "button", class: "small", onclick: () => { Object.assign(state, { like: null, more: [], less: [], answers: [] }); search(); } }, t("likeness.drop"))));
}

function welcome() {
  put(byId("outcome"));
  const kept = saved();
  put(byId("results"), el("div", { class: "welcome" },
    known.cameras.length === 0 && known.asked
      ? may("operator")
        ? empty(t("welcome.nothing"), t("welcome.nothing_how"), el("div", {}, el("a", { class: "button", href: "/imports" }, t("welcome.import"))))
        : empty(t("welcome.nothing"), t("welcome.nothing_viewer"))
      : null,
    kept.length ? el("section", { class: "stack" }, el("h2", {}, t("saved.title")), el("ul", {}, kept.map((one) => el("li", {},
      el("button", { type: "button", onclick: () => load(one.search) }, one.name), " ",
      el("button", { type: "button", class: "plain small", "aria-label": t("saved.remove", { name: one.name }), onclick: () => drop(one) }, t("act.remove")))))) : null,
    el("section", { class: "stack" }, el("h2", {}, t("welcome.title")), el("p", { class: "soft" }, t("welcome.how")),
      el("ul", {}, examples().map((text) => el("li", {}, el("button", { type: "button", lang: "en", onclick: () => restart(text) }, text)))))));
}

async function keepSearch() {
  state.text = field.value.trim();
  if (!state.text) { say(t("saved.needs_words")); field.focus(); return; }
  const kept = { ...state };
  try {
    await save(kept.text, kept);
    say(t("saved.done", { name: kept.text }));
    if (byId("results").querySelector(".welcome")) welcome(); // somebody cleared the page meanwhile
  } catch (error) { say(error.message); }
}

async function drop(one) {
  try { await unsave(one.id); } catch (error) { say(error.message); }
  welcome();
}

const take = (text) => restart(text);
const close = suggest(field, byId("suggestions"), { take, load });
const look = diagnose(field, { take });
const redraw = () => drawFilters(byId("chips"), state, known, {
  changed: () => { if (!isEmpty({ ...state, text: field.value })) search({ note: false }); },
  end: () => [
    el("button", { type: "button", class: "plain small", onclick: keepSearch }, t("saved.save")),
    el("button", { type: "button", class: "plain small", onclick: () => { state = fresh(); field.value = ""; put(byId("hints")); redraw(); search(); field.focus(); } }, t("act.clear")),
  ],
});

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  close();
  if (field.value.trim() !== state.text) Object.assign(state, { more: [], less: [], answers: [] });
  search();
});

async function learn() {
  try {
    const [cameras, collections] = await Promise.all([all("/api/v1/cameras"), all("/api/v1/collections")]);
    known.cameras = cameras.map((one) => one.camera);
    known.collections = collections.map((one) => one.collection);
    meet(cameras);
    known.asked = true;
  } catch (error) {
    if (error.status !== 401) put(byId("outcome"), trouble(error, learn));
    return;
  }
  redraw();
  if (isEmpty({ ...state, text: field.value })) welcome();
}

redraw();
const from = linked();
await Promise.all([learn(), learnSaved()]);
if (isEmpty({ ...state, text: field.value }) && saved().length) welcome();
if (from) {
  const answer = await load(from.state);
  const hit = answer?.hits.find((one) => one.track === from.hit);
  if (hit) open(hit, answer);
} else field.focus();
window.addEventListener("hashchange", () => location.reload());
document.body.dataset.ready = "yes";
