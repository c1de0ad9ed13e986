// The wall of cameras: their last pictures, how they do, when they were blind.

import { all, ask, pathOf, post } from "../api.js";
import { byId, el, put } from "../dom.js";
import { may } from "../shell.js";
import { busy, empty, say, trouble } from "../states.js";
import { bar } from "../search/coverage.js";
import { instantOf, number, secondsOf, spanOf, t, tOr, timeOf } from "../words.js";

const EVERY_MS = 3000;
const BLIND_WINDOW_S = 3600;
const tiles = new Map();
const wall = { live: el("div", {}), recorded: el("div", {}) };

const GOOD = new Set(["live", "watching"]);
const CARE = new Set(["paused", "idle", "connecting", "off"]);
const kindOf = (camera) => (GOOD.has(camera.state) ? "good" : CARE.has(camera.state) ? "care" : "bad");
const wordOf = (camera) => tOr(`camera.${camera.state}`, camera.state);

/** The last hour of a live camera: watched by its runs, blind between them. */
function lately(camera) {
  const end = Date.now() / 1000;
  const begin = end - BLIND_WINDOW_S;
  const spans = camera.runs.filter((run) => run.kind === "live")
    .map((run) => [Math.max(secondsOf(run.started_at), begin), Math.min(secondsOf(run.watched_until), end)])
    .filter(([from, to]) => to > from).sort(([from], [other]) => from - other);
  if (spans.length === 0) return null;
  const blind = [];
  let at = spans[0][0];
  for (const [from, to] of spans) {
    if (from - at > 2) blind.push([at, from]);
    at = Math.max(at, to);
  }
  if (end - at > 15) blind.push([at, end]);
  const sum = (list) => list.reduce((total, [from, to]) => total + to - from, 0);
  const iso = (list) => list.map((pair) => pair.map((one) => new Date(one * 1000).toISOString()));
  return { watched: iso(spans), blind: iso(blind), watched_s: sum(spans), blind_s: sum(blind) };
}

/** Frames a second since the look before; null where there was none. */
function rateOf(tile, camera) {
  const [frames, at] = [camera.runs.reduce((total, run) => total + run.frames_read, 0), Date.now() / 1000];
  const before = tile.counted;
  tile.counted = { frames, at };
  return before && frames >= before.frames && at > before.at ? (frames - before.frames) / (at - before.at) : null;
}

function figures(tile, camera) {
  const rate = rateOf(tile, camera);
  const until = Math.max(...camera.runs.filter((run) => run.kind === "live").map((run) => secondsOf(run.watched_until)));
  const rows = [
    ["live.rate", rate === null ? "–" : t("live.per_s", { count: number(rate, 1) })],
    ["live.lag", GOOD.has(camera.state) && Number.isFinite(until) ? spanOf(Math.max(Date.now() / 1000 - until, 0)) : null],
    ["live.tracks", number(camera.runs.reduce((total, run) => total + run.tracks, 0))],
    ["live.dropped", number(camera.runs.reduce((total, run) => total + run.frames_dropped, 0))],
  ];
  return el("dl", { class: "figures" }, rows.filter(([, value]) => value !== null).map(([key, value]) => el("div", {}, el("dt", {}, t(key)), el("dd", {}, value))));
}

function makeTile(camera) {
  const view = el("div", { class: "view" });
  const name = el("div", { class: "name" });
  const text = el("div", { class: "stack" });
  const acts = el("div", { class: "acts" });
  const node = el("article", { class: "panel camera" }, view, el("div", { class: "text" }, name, text, acts));
  return { node, view, name, text, acts, url: null, shownAt: 0, state: "" };
}

async function change(camera, what) {
  try {
    await post(pathOf("/api/v1/cameras", camera.camera, what));
    say(t(what === "pause" ? "live.paused" : "live.resumed", { camera: camera.camera }));
    await look();
  } catch (error) { say(error.message); }
}

function fillTile(tile, camera) {
  put(tile.name, el("h2", {}, camera.camera), el("span", { class: `pill ${kindOf(camera)}` }, wordOf(camera)));
  const hour = lately(camera);
  const last = camera.runs.map((run) => run.watched_until).sort().at(-1);
  put(tile.text,
    camera.detail ? el("p", { class: "small soft", lang: "en" }, camera.detail) : null,
    figures(tile, camera),
    hour ? el("div", {}, bar(hour), el("p", { class: "small soft" }, hour.blind_s ? t("live.blind", { span: spanOf(hour.blind_s) }) : t("live.never_blind"))) : null,
    last ? el("p", { class: "small soft" }, t("live.until", { instant: instantOf(last) })) : null);
  if (tile.state !== camera.state && may("operator")) {
    tile.state = camera.state;
    const paused = camera.state === "paused";
    put(tile.acts,
      el("button", { type: "button", class: "small", "aria-label": `${t(paused ? "live.resume" : "live.pause")}: ${camera.camera}`, onclick: () => change(camera, paused ? "resume" : "pause") }, t(paused ? "live.resume" : "live.pause")));
  }
}

async function showPicture(tile, camera) {
  let response;
  try { response = await ask("GET", pathOf("/api/v1/cameras", camera.camera, "picture")); } catch { return; }
  if (response.status === 204) {
    if (!tile.url) put(tile.view, el("span", {}, camera.ring ? t("live.no_picture_ring") : t("live.no_picture")));
    return;
  }
  const before = tile.url;
  tile.url = URL.createObjectURL(await response.blob());
  const at = response.headers.get("Descry-Captured-At");
  put(tile.view, el("img", { src: tile.url, alt: t("live.picture", { camera: camera.camera, time: at ? timeOf(at) : "" }) }));
  if (before) URL.revokeObjectURL(before);
}

/** Cameras that only recordings are known of: nothing moves there. */
function recorded(cameras) {
  if (cameras.length === 0) return null;
  const sum = (camera, name) => camera.runs.reduce((total, run) => total + run[name], 0);
  return el("section", { class: "panel recorded" }, el("div", { class: "panel-head" }, el("h2", {}, t("live.recorded"))),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("live.recorded") }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("coverage.camera")), el("th", { scope: "col", class: "number" }, t("live.files")),
        el("th", { scope: "col", class: "number" }, t("live.tracks")), el("th", { scope: "col" }, t("coverage.when")))),
      el("tbody", {}, cameras.map((camera) => {
        const first = camera.runs.map((run) => run.started_at).sort()[0];
        const last = camera.runs.map((run) => run.watched_until).sort().at(-1);
        return el("tr", {}, el("td", {}, camera.camera), el("td", { class: "number" }, number(camera.runs.length)), el("td", { class: "number" }, number(sum(camera, "tracks"))),
          el("td", { class: "small soft" }, first ? `${instantOf(first)} – ${instantOf(last)}` : ""));
      })))));
}

async function look() {
  const found = await all("/api/v1/cameras");
  const cameras = found.filter((one) => one.kind === "rtsp");
  put(wall.recorded, recorded(found.filter((one) => one.kind === "file")));
  if (cameras.length === 0) {
    tiles.clear();
    put(wall.live, may("operator")
      ? empty(t("live.none"), t("live.none_how"), el("div", {}, el("a", { class: "button", href: "/imports" }, t("welcome.import"))))
      : empty(t("live.none"), t("live.none_viewer")));
    return;
  }
  const names = cameras.map((camera) => camera.camera);
  const known = [...tiles.keys()];
  for (const camera of cameras) {
    if (!tiles.has(camera.camera)) tiles.set(camera.camera, makeTile(camera));
    fillTile(tiles.get(camera.camera), camera);
  }
  for (const gone of known.filter((name) => !names.includes(name))) tiles.delete(gone);
  if (known.join("\n") !== names.join("\n")) put(wall.live, el("div", { class: "wall" }, names.map((name) => tiles.get(name).node)));
  await Promise.all(cameras.map((camera) => showPicture(tiles.get(camera.camera), camera)));
}

async function forever() {
  try { await look(); } catch (error) { tiles.clear(); put(wall.live, trouble(error, forever)); return; }
  setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", forever, { once: true }) : forever()), EVERY_MS);
}

put(byId("page"), wall.live, wall.recorded);
put(wall.live, busy());
forever();
document.body.dataset.ready = "yes";
