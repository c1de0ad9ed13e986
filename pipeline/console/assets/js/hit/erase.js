// Leads from a hit to where its person is erased, whoever may do that.

import { el } from "../dom.js";
import { t } from "../words.js";

const mayErase = () => document.querySelector('nav a[href="/accounts"]') !== null;

/** A link with the hit's track, and with those that are probably of the same person; nothing for others. */
export function toErase(hit, answer) {
  if (!mayErase()) return null;
  const person = answer.persons.find((one) => one.person === hit.person);
  const asked = new URLSearchParams({ track: hit.track });
  for (const step of person?.path ?? []) if (step.track !== hit.track) asked.append("maybe", step.track);
  return el("a", { class: "button small danger", id: "to-erase", href: `/erasures#${asked}` }, t("hit.erase"));
}
