// Sends a file in pieces: the server holds one at a time, and one that is lost is sent again.

import { ask, post } from "../api.js";

const PIECE_BYTES = 4 * 1024 * 1024;
const TRIES = 4;
const AGAIN_MS = 1000;

/** Send all of `file`; the id to import it by. `told` hears how many bytes are there. */
export async function upload(file, told, signal) {
  const { id } = await post("/api/v1/imports/uploads", { name: file.name, bytes: file.size }, { signal });
  let done = 0;
  while (done < file.size) {
    const piece = file.slice(done, done + PIECE_BYTES);
    done = await sent(id, done, piece, signal);
    told(done);
  }
  return id;
}

async function sent(id, offset, piece, signal) {
  for (let tries = 1; ; tries += 1) {
    try {
      const response = await ask("PUT", `/api/v1/imports/uploads/piece?upload=${encodeURIComponent(id)}&offset=${offset}`, {
        body: piece, headers: { "Content-Type": "application/octet-stream" }, signal,
      });
      return (await response.json()).received;
    } catch (error) {
      if (error.name === "AbortError" || tries >= TRIES || (error.status >= 400 && error.status < 500)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * tries));
    }
  }
}
