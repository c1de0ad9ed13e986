// Follows the stream of alerts; by fetch, which can say behind which alert it begins.

import { ask } from "../api.js";

const AGAIN_MS = 2000;

/** Tell `heard` every alert behind `after`, and `stated` whether the stream is on; for ever. */
export async function follow(after, heard, stated) {
  let last = after;
  for (;;) {
    stated("joining");
    try {
      const response = await ask("GET", "/api/v1/alerts/stream", { headers: last ? { "Last-Event-ID": last } : {} });
      stated("on");
      for await (const event of events(response.body)) {
        if (event.id) last = event.id;
        if (["new", "update", "end"].includes(event.event)) heard(JSON.parse(event.data));
      }
    } catch { /* the worker ended, or the net did: begin again behind the last */ }
    stated("off");
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const blocks = held.split("\n\n");
    held = blocks.pop();
    for (const block of blocks) {
      const event = {};
      for (const line of block.split("\n")) {
        const colon = line.indexOf(":");
        if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
      }
      if (event.event) yield event;
    }
  }
}
