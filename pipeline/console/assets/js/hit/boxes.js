// Where the person is at an instant: frame by frame where that was kept, else between the kept shots.

import { get, pathOf } from "../api.js";
import { secondsOf } from "../words.js";

// Nearer to a kept shot than this, the box is the detector's own; between shots it is a guess.
const SURE_WITHIN_S = 0.35;
// Two frames further apart than this have somebody between them whom nobody saw.
const FRAMES_WITHIN_S = 0.7;

function between(known, at) {
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (known[middle].at <= at) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [known[Math.max(low - 1, 0)], known[Math.min(low, known.length - 1)]];
  const share = after.at > before.at ? Math.min(Math.max((at - before.at) / (after.at - before.at), 0), 1) : 0;
  return { before, after, box: before.box.map((value, side) => value + (after.box[side] - value) * share) };
}

/** By kept shots alone, `[{at, box}]` in order of time. */
export function boxOfShots(shots, at) {
  const { before, after, box } = between(shots, at);
  return { box, sure: Math.min(Math.abs(at - before.at), Math.abs(at - after.at)) <= SURE_WITHIN_S };
}

/** By every frame that was kept, likewise. */
export function boxOfFrames(frames, at) {
  const { before, after, box } = between(frames, at);
  const near = Math.min(Math.abs(at - before.at), Math.abs(at - after.at)) <= FRAMES_WITHIN_S / 2;
  return { box, sure: near && after.at - before.at <= FRAMES_WITHIN_S };
}

const shotsOf = (hit) => hit.best_shots
  .map((one) => ({ at: secondsOf(one.captured_at), box: one.box }))
  .sort((one, other) => one.at - other.at);

/** What says where `hit` is: `{at(instant): {box, sure}, first, last, framewise}`; null if nothing does. */
export async function whereabouts(hit, signal) {
  const shots = shotsOf(hit);
  const seen = { first: secondsOf(hit.first_seen_at), last: secondsOf(hit.last_seen_at) };
  let frames = [];
  try {
    frames = (await get(pathOf("/api/v1/tracks", hit.track, "boxes"), { signal })).boxes;
  } catch (error) {
    if (error.name === "AbortError") return null; // else the kept shots say something still
  }
  if (frames.length) return { ...seen, framewise: true, at: (instant) => boxOfFrames(frames, instant) };
  return shots.length ? { ...seen, framewise: false, at: (instant) => boxOfShots(shots, instant) } : null;
}
