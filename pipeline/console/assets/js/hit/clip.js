// Plays the clip of a hit from the second that the person is in view, with the box drawn on it.

import { ask, pathOf } from "../api.js";
import { el, put, svg } from "../dom.js";
import { picture } from "../search/results.js";
import { busy } from "../states.js";
import { asDate, secondsOf, t } from "../words.js";
import { whereabouts } from "./boxes.js";

const MARGIN_S = 5;
const LEAD_S = 1;
// Instants come rounded: a little before its frame is the frame before.
const ROUNDED_S = 0.01;
export const clipPath = (track) =>
  `${pathOf("/api/v1/tracks", track, "clip")}?before_s=${MARGIN_S}&after_s=${MARGIN_S}`;

/** Fill `stage` with the clip; an object that seeks and stops. The picture where the video is gone. */
export async function showClip(stage, hit, signal) {
  put(stage, busy(t("clip.busy")));
  let response;
  let where;
  try {
    [response, where] = await Promise.all([ask("GET", clipPath(hit.track), { signal }), whereabouts(hit, signal)]);
  } catch (error) {
    if (error.name === "AbortError") return null;
    put(stage, picture(hit.thumbnail, t("clip.still")), el("p", { class: "empty gone-note" }, error.message));
    return null;
  }
  const told = JSON.parse(response.headers.get("Descry-Clip"));
  const url = URL.createObjectURL(await response.blob());
  if (signal.aborted) { URL.revokeObjectURL(url); return null; }
  return player(stage, hit, { told, url, where });
}

function player(stage, hit, { told, url, where }) {
  const begin = asDate(told.begin_at).getTime() / 1000;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const video = el("video", { src: url, controls: true, playsinline: true, "aria-label": t("clip.label", { camera: hit.camera }), tabindex: 0 });
  video.muted = true;
  const rect = svg("rect", { rx: 3 });
  const overlay = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "xMidYMid meet" }, rect);

  // Of the picture that is shown, where the browser says it: the clock of a player runs ahead of it.
  const draw = (shownAt = video.currentTime) => {
    const at = begin + shownAt;
    const inView = where !== null && at >= where.first - 0.2 && at <= where.last + 0.2;
    rect.setAttribute("visibility", inView ? "visible" : "hidden");
    if (!inView) return;
    const { box: [x1, y1, x2, y2], sure } = where.at(at);
    for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) rect.setAttribute(name, value);
    rect.setAttribute("class", sure ? "sure" : "guess");
  };
  const follow = (_now, frame) => {
    draw(frame?.mediaTime);
    if (video.isConnected) video.requestVideoFrameCallback?.(follow);
  };
  const seek = (instant) => { video.currentTime = Math.max(0, secondsOf(instant) - begin + ROUNDED_S); };

  video.addEventListener("loadedmetadata", () => {
    overlay.setAttribute("viewBox", `0 0 ${video.videoWidth} ${video.videoHeight}`);
    video.currentTime = Math.max(0, secondsOf(hit.best_shots[0]?.captured_at ?? hit.first_seen_at) - begin - LEAD_S);
    if (!still) video.play().catch(() => {}); // a browser that plays nothing by itself has its button
    follow();
  }, { once: true });
  if (!video.requestVideoFrameCallback) for (const name of ["timeupdate", "seeked"]) video.addEventListener(name, () => draw());
  put(stage, video, overlay);
  return {
    seek: (instant) => { video.pause(); seek(instant); },
    close: () => { video.pause(); video.removeAttribute("src"); video.load(); URL.revokeObjectURL(url); },
    notes: told.notes,
    framewise: Boolean(where?.framewise),
    seconds: told.seconds,
    url,
  };
}
