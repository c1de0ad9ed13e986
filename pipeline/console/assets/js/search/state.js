// What is being asked, and as the API wants it.

export const LIMIT = 48;

export const fresh = () => ({
  text: "", cameras: [], collections: [], zones: [], since: "", until: "", live: false,
  like: null, more: [], less: [], answers: [], then: [],
});

/** What may be saved, linked and loaded again: strings and lists of strings, whatever a link says. */
export function revived(from) {
  const state = fresh();
  const texts = (value) => (Array.isArray(value) ? value.filter((one) => typeof one === "string").slice(0, 100) : []);
  for (const name of ["cameras", "collections", "zones", "more", "less", "answers"]) state[name] = texts(from[name]);
  for (const name of ["text", "since", "until"]) if (typeof from[name] === "string") state[name] = from[name];
  if (typeof from.like === "string") state.like = from.like;
  state.live = from.live === true;
  if (Array.isArray(from.then)) {
    state.then = from.then
      .filter((leg) => leg && typeof leg.camera === "string" && Number(leg.within_s) > 0)
      .map((leg) => ({ camera: leg.camera, within_s: Number(leg.within_s) }));
  }
  return state;
}

/** A relative time (`-3600`) or one of a clock (`2026-03-02T10:00`), as Unix seconds; null for none. */
export function instant(said, now = Date.now() / 1000) {
  if (!said) return null;
  if (said.startsWith("-")) return now + Number(said);
  const at = new Date(said).getTime() / 1000;
  return Number.isFinite(at) ? at : null;
}

export const isEmpty = (state) => !state.text.trim() && !state.like;

export function request(state) {
  return {
    text: state.text.trim(), cameras: state.cameras, collections: state.collections, zones: state.zones,
    since: instant(state.since), until: instant(state.until), live: state.live, limit: LIMIT,
    like: state.like, more_like: state.more, less_like: state.less, answers: state.answers, then: state.then,
  };
}

/** A link to this search; behind `#`, so that no server's log has the description. */
export function link(state, hit = null) {
  const told = Object.fromEntries(Object.entries(state).filter(([, value]) => value && value.length !== 0));
  const text = JSON.stringify(hit ? { ...told, hit } : told);
  return `${location.origin}/#${encodeURIComponent(text)}`;
}

/** What a link asked for: `{state, hit}`; null if this is none. The address is clean afterwards. */
export function linked() {
  if (location.hash.length < 2) return null;
  try {
    const told = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    history.replaceState(null, "", location.pathname);
    return { state: revived(told), hit: typeof told.hit === "string" ? told.hit : null };
  } catch { return null; }
}
