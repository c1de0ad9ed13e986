// Follows the stream of alerts; by fetch, which can say behind which alert it begins.

import { ask } from "../api.js";
import { whenTold } from "../grounds.js";

const FIRST_MS = 2000;
const MOST_MS = 60000;

/** Tell `heard` every alert behind `after`, and `stated` whether the stream is on, and why not; for ever. */
export async function follow(after, heard, stated) {
  let last = after;
  let wait = FIRST_MS;
  for (;;) {
    stated("joining", "");
    let why = "";
    try {
      const response = await ask("GET", "/api/v1/alerts/stream", { headers: last ? { "Last-Event-ID": last } : {} });
      stated("on", "");
      wait = FIRST_MS;
      for await (const event of events(response.body)) {
        if (event.id) last = event.id;
        if (["new", "update", "end"].includes(event.event)) heard(JSON.parse(event.data));
      }
    } catch (error) { // the worker ended, or the net did: begin again behind the last
      why = error.status ? error.message : "";
      wait = Math.max(wait, (error.wait ?? 0) * 1000);
      if (error.code === "reason-required") {
        stated("off", why);
        await whenTold();
        continue;
      }
    }
    stated("off", why);
    // Not all at once, where many were cut off together.
    await new Promise((resolve) => setTimeout(resolve, wait * (1 + Math.random() / 2)));
    wait = Math.min(wait * 2, MOST_MS);
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
