// The box that a description is typed into: suggestions below it, and what the query doctor says.

import { post } from "../api.js";
import { byId, el, put } from "../dom.js";
import { language, t } from "../words.js";
import { recent } from "./kept.js";
import { saved } from "./saved.js";

const CHECK_AFTER_MS = 350;
const MOST_HINTS = 3;

export const examples = () => [1, 2, 3, 4].map((number) => t(`example.${number}`));

/** Suggestions as a listbox of the field: arrows choose, Enter takes, Escape closes. */
export function suggest(field, list, { take, load }) {
  let options = [];
  let at = -1;

  const close = () => { list.hidden = true; at = -1; field.setAttribute("aria-expanded", "false"); field.removeAttribute("aria-activedescendant"); };
  const mark = () => {
    options.forEach((one, number) => one.node.setAttribute("aria-selected", number === at ? "true" : "false"));
    if (at >= 0) {
      field.setAttribute("aria-activedescendant", options[at].node.id);
      options[at].node.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    const typed = field.value.trim().toLowerCase();
    const fits = (text) => text.toLowerCase().includes(typed) && text.toLowerCase() !== typed;
    const offered = [
      ...saved().filter((one) => fits(one.name)).map((one) => ({ text: one.name, kind: t("suggest.saved"), run: () => load(one.search) })),
      ...recent().filter(fits).slice(0, 6).map((text) => ({ text, kind: t("suggest.recent"), run: () => take(text) })),
      ...examples().filter(fits).map((text) => ({ text, kind: t("suggest.example"), run: () => take(text) })),
    ].slice(0, 9);
    options = offered.map((one, number) => ({
      ...one,
      node: el("div", {
        role: "option", id: `suggestion-${number}`, "aria-selected": "false",
        onpointerdown: (event) => { event.preventDefault(); close(); one.run(); },
      }, el("span", {}, one.text), el("span", { class: "kind" }, one.kind)),
    }));
    at = -1;
    put(list, options.map((one) => one.node));
    list.hidden = options.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  };
  field.addEventListener("input", open);
  field.addEventListener("click", open);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) { open(); return; }
      const step = event.key === "ArrowDown" ? 1 : -1;
      at = (at + step + options.length + 1) % (options.length + 1);
      if (at === options.length) at = -1;
      mark();
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      const { run } = options[at];
      close();
      run();
    } else if (event.key === "Enter") close();
    else if (event.key === "Escape" && !list.hidden) { event.preventDefault(); event.stopPropagation(); close(); }
  });
  return close;
}

/** While somebody types, say what of it cannot be seen, and how to say it better. */
export function diagnose(field, { take }) {
  let timer = 0;
  let asking = null;
  const look = async () => {
    asking?.abort();
    const text = field.value.trim();
    if (!text) { hints([], null, take); return; }
    asking = new AbortController();
    try {
      const told = await post("/api/v1/queries/check", { text }, { signal: asking.signal });
      hints(told.query_notes, told.suggestion, take);
    } catch (error) {
      if (error.name !== "AbortError") hints([], null, take); // the search itself will say it
    }
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, CHECK_AFTER_MS); });
  return look;
}

function hints(notes, suggestion, take) {
  put(byId("hints"),
    suggestion
      ? el("li", {}, el("span", {}, t("search.mean"), " ", el("button", { type: "button", lang: "en", onclick: () => take(suggestion) }, suggestion)))
      : null,
    notes.slice(0, MOST_HINTS).map((note) => el("li", { lang: language === "en" ? null : "en" }, note.text)));
}
