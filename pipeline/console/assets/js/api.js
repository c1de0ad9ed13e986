// Asks the API, with the cookie of the session; what it refuses becomes an error with a line to read.

import { grounds } from "./grounds.js";
import { t } from "./words.js";

export class Refused extends Error {
  constructor(status, code, detail, wait = 0) {
    super(detail);
    this.wait = wait;
    this.status = status;
    this.code = code;
  }
}

let csrf = "";
export const keepCsrf = (token) => { csrf = token || ""; };

const WRITES = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** Ask; the response if it is a success. `how.json` is sent as JSON, `how.body` as it is. */
export async function ask(method, path, how = {}) {
  const headers = new Headers(how.headers);
  if (how.json !== undefined) headers.set("Content-Type", "application/json");
  if (WRITES.has(method) && csrf) headers.set("X-CSRF-Token", csrf);
  for (const [header, text] of Object.entries(grounds())) if (!headers.has(header)) headers.set(header, encodeURIComponent(text));
  let response;
  try {
    response = await fetch(path, {
      method, headers, signal: how.signal, credentials: "same-origin", cache: "no-store",
      body: how.json === undefined ? how.body : JSON.stringify(how.json),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "away", t("trouble.away"));
  }
  if (response.ok) return response;
  throw await refusalOf(response, how.stay);
}

async function refusalOf(response, stay) {
  let told = {};
  try { told = await response.json(); } catch { /* not every proxy answers in JSON */ }
  if (response.status === 401 && !stay) toSignIn();
  if (told.code === "reason-required") {
    dispatchEvent(new CustomEvent("reason-required"));
    return new Refused(response.status, told.code, t("trouble.reason"));
  }
  if (told.code === "forbidden") return new Refused(403, told.code, t("trouble.forbidden"));
  return new Refused(response.status, told.code || "failed", told.detail || t("trouble.failed", { status: response.status }), Number(response.headers.get("Retry-After")) || 0);
}

// Who signs out is led by that alone: a page that asks meanwhile is refused, and must not lead elsewhere.
let leaving = false;
export const leave = (now) => { leaving = now; };

export function toSignIn() {
  if (leaving || location.pathname === "/sign-in") return;
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
}

/** Where the next page of a list is; null on the last. */
const following = (response) => /<([^>]*)>;\s*rel="next"/.exec(response.headers.get("Link") || "")?.[1] ?? null;

/** All of a list, page after page. `field` says where the list is in the body; without one the body is it. */
export async function all(path, field, how) {
  const found = [];
  let first = null;
  for (let next = path; next !== null;) {
    const response = await ask("GET", next, how);
    const body = await response.json();
    first ??= body;
    for (const one of field ? body[field] : body) found.push(one);
    next = following(response);
  }
  return field ? { ...first, [field]: found } : found;
}

export const get = async (path, how) => (await ask("GET", path, how)).json();
export const post = async (path, json, how) => (await ask("POST", path, { json, ...how })).json();
export const remove = async (path, how) => {
  const response = await ask("DELETE", path, how);
  return response.status === 204 ? null : response.json();
};

/** A path made of parts that other people named. */
export const pathOf = (...parts) => parts.map((part) => String(part).split("/").map(encodeURIComponent).join("/")).join("/");
