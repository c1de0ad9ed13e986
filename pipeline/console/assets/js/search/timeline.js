// When each camera saw the hits: a lane each, a mark each hit, red where a camera was blind.

import { el, put, svg } from "../dom.js";
import { dayOf, instantOf, percent, secondsOf, t, timeOf } from "../words.js";

const LANE = 26;
const LABEL = 132;
const WIDTH = 1000;
const TICK_WIDTH = 130;
const DAY_S = 86400;

export function drawTimeline(node, hits, coverage, open) {
  if (hits.length === 0) { node.hidden = true; return; }
  const first = Math.min(...hits.map((hit) => secondsOf(hit.first_seen_at)));
  const last = Math.max(...hits.map((hit) => secondsOf(hit.last_seen_at)));
  const margin = Math.max((last - first) * 0.03, 1);
  const begin = first - margin;
  const end = last + margin;
  node.hidden = false; // or it would have no width
  const width = node.clientWidth > 300 ? node.clientWidth - 32 : WIDTH;
  const label = Math.min(LABEL, width * 0.28);
  const x = (at) => label + ((Math.min(Math.max(at, begin), end) - begin) / (end - begin)) * (width - label);
  const cameras = [...new Set(hits.map((hit) => hit.camera))].sort();
  const height = cameras.length * LANE + 22;

  const lanes = cameras.map((camera, row) => {
    const y = row * LANE;
    const seen = coverage.cameras.find((one) => one.camera === camera);
    const span = (kind, [from, to]) => {
      const [left, right] = [x(secondsOf(from)), x(secondsOf(to))];
      return right > left ? svg("rect", { class: kind, x: left, y: y + 4, width: right - left, height: LANE - 8 }) : null;
    };
    return svg("g", {},
      svg("text", { x: 0, y: y + 17 }, short(camera, label)),
      (seen?.watched ?? []).map((one) => span("seen", one)), (seen?.blind ?? []).map((one) => span("blind", one)),
      svg("line", { class: "lane", x1: label, x2: width, y1: y + LANE, y2: y + LANE }),
      hits.filter((hit) => hit.camera === camera).map((hit) => mark(hit, x, y, open)));
  });
  const many = Math.min(5, Math.max(2, Math.floor((width - label) / TICK_WIDTH)));
  const name = end - begin > 2 * DAY_S ? dayOf : timeOf;
  const ticks = Array.from({ length: many }, (_, number) => begin + ((end - begin) * (number + 0.5)) / many)
    .map((at) => svg("text", { x: x(at), y: height - 4, "text-anchor": "middle" }, name(at)));
  put(node, el("h2", { class: "unseen" }, t("timeline.title")),
    svg("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "group", "aria-label": t("timeline.title") }, lanes, ticks));
}

function mark(hit, x, y, open) {
  const [left, right] = [x(secondsOf(hit.first_seen_at)), x(secondsOf(hit.last_seen_at))];
  const name = `${hit.camera}, ${instantOf(hit.first_seen_at)}${hit.probability === null ? "" : `, ${percent(hit.probability)}`}`;
  const opacity = hit.probability === null ? 0.8 : 0.3 + 0.7 * hit.probability;
  return svg("g", {
    role: "button", tabindex: 0, "aria-label": name,
    onclick: () => open(hit),
    onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(hit); } },
  }, svg("title", {}, name), svg("rect", { x: left, y: y + 6, width: Math.max(right - left, 5), height: LANE - 12, rx: 3, opacity }));
}

const short = (text, width) => {
  const most = Math.max(4, Math.floor(width / 7.4));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
};
