// Why somebody looks, and for which case: noted with everything they ask, until the browser is closed or they sign out.

const KEPT = "descry.grounds";
const HEADERS = { reason: "X-Descry-Reason", case: "X-Descry-Case" };

function kept() {
  try { return JSON.parse(sessionStorage.getItem(KEPT)) || {}; } catch { return {}; }
}

/** Headers of a request, with what was typed. */
export function grounds() {
  const told = kept();
  return Object.fromEntries(
    Object.entries(HEADERS).filter(([name]) => told[name]).map(([name, header]) => [header, told[name]]),
  );
}

export const forgetGrounds = () => sessionStorage.removeItem(KEPT);

/** Have the two fields of the page show and keep what was typed. */
export function keepGrounds(form) {
  if (!form) return;
  const panel = form.parentElement;
  const mark = () => panel.classList.toggle("set", Boolean(kept().reason || kept().case));
  mark();
  const told = kept();
  for (const name of Object.keys(HEADERS)) {
    form.elements[name].value = told[name] || "";
    form.elements[name].addEventListener("input", () => {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...kept(), [name]: form.elements[name].value.trim() }));
      mark();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("reason-required", () => {
    panel.open = true;
    form.elements.reason.focus();
  });
}
