// Cases, page by page: an installation may have thousands.

import { get } from "../api.js";

const PAGE = 200;

/** A page of cases, the newest first: `{cases, next}`; `after` is the `next` of the one before. */
export const casesAfter = (after) =>
  get(`/api/v1/cases?count=${PAGE}${after ? `&after=${encodeURIComponent(after)}` : ""}`);

/** Every case, the newest first. */
export async function allCases() {
  const all = [];
  let next = null;
  do {
    const page = await casesAfter(next);
    all.push(...page.cases);
    next = page.next;
  } while (next);
  return all;
}

/** Whether a case has all the words of `text` in its title, name or notes. */
export function fits(one, text) {
  const said = `${one.title} ${one.id} ${one.notes}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => said.includes(word));
}
