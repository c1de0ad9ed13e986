// Plays the clip of a hit from the second that the person is in view, with the box drawn on it.

import { ask, pathOf } from "../api.js";
import { el, put, svg } from "../dom.js";
import { picture } from "../search/results.js";
import { busy } from "../states.js";
import { asDate, secondsOf, t } from "../words.js";

const MARGIN_S = 5;
const LEAD_S = 1;
// Nearer to a kept shot than this, the box is the detector's own; between shots it is a guess.
const SURE_WITHIN_S = 0.35;

/** Where the person is at an instant: between two kept shots somewhere between their boxes. */
export function boxAt(shots, at) {
  const before = shots.filter((one) => one.at <= at).at(-1) ?? shots[0];
  const after = shots.find((one) => one.at > at) ?? shots.at(-1);
  const share = after.at > before.at ? Math.min(Math.max((at - before.at) / (after.at - before.at), 0), 1) : 0;
  const box = before.box.map((value, side) => value + (after.box[side] - value) * share);
  const sure = Math.min(Math.abs(at - before.at), Math.abs(at - after.at)) <= SURE_WITHIN_S;
  return { box, sure };
}

export const clipPath = (track) =>
  `${pathOf("/api/v1/tracks", track, "clip")}?before_s=${MARGIN_S}&after_s=${MARGIN_S}`;

const shotsOf = (hit) => hit.best_shots
  .map((one) => ({ at: secondsOf(one.captured_at), box: one.box }))
  .sort((one, other) => one.at - other.at);

/** Fill `stage` with the clip; an object that seeks and stops. The picture where the video is gone. */
export async function showClip(stage, hit, signal) {
  put(stage, busy(t("clip.busy")));
  let response;
  try {
    response = await ask("GET", clipPath(hit.track), { signal });
  } catch (error) {
    if (error.name === "AbortError") return null;
    put(stage, picture(hit.thumbnail, t("clip.still")), el("p", { class: "empty gone-note" }, error.message));
    return null;
  }
  const told = JSON.parse(response.headers.get("Descry-Clip"));
  const url = URL.createObjectURL(await response.blob());
  if (signal.aborted) { URL.revokeObjectURL(url); return null; }
  return player(stage, hit, told, url);
}

function player(stage, hit, told, url) {
  const begin = asDate(told.begin_at).getTime() / 1000;
  const shots = shotsOf(hit);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const video = el("video", { src: url, controls: true, playsinline: true, "aria-label": t("clip.label", { camera: hit.camera }), tabindex: 0 });
  video.muted = true;
  const rect = svg("rect", { rx: 3 });
  const overlay = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "xMidYMid meet" }, rect);

  const draw = () => {
    const at = begin + video.currentTime;
    const inView = at >= secondsOf(hit.first_seen_at) - 0.2 && at <= secondsOf(hit.last_seen_at) + 0.2 && shots.length > 0;
    rect.setAttribute("visibility", inView ? "visible" : "hidden");
    if (!inView) return;
    const { box: [x1, y1, x2, y2], sure } = boxAt(shots, at);
    for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) rect.setAttribute(name, value);
    rect.setAttribute("class", sure ? "sure" : "guess");
  };
  const follow = () => {
    draw();
    if (video.isConnected) video.requestVideoFrameCallback?.(follow);
  };
  const seek = (instant) => { video.currentTime = Math.max(0, secondsOf(instant) - begin); };

  video.addEventListener("loadedmetadata", () => {
    overlay.setAttribute("viewBox", `0 0 ${video.videoWidth} ${video.videoHeight}`);
    video.currentTime = Math.max(0, secondsOf(hit.best_shots[0]?.captured_at ?? hit.first_seen_at) - begin - LEAD_S);
    if (!still) video.play().catch(() => {}); // a browser that plays nothing by itself has its button
    follow();
  }, { once: true });
  for (const name of ["timeupdate", "seeked"]) video.addEventListener(name, draw);
  put(stage, video, overlay);
  return {
    seek: (instant) => { video.pause(); seek(instant); },
    close: () => { video.pause(); video.removeAttribute("src"); video.load(); URL.revokeObjectURL(url); },
    notes: told.notes,
    seconds: told.seconds,
    url,
  };
}
