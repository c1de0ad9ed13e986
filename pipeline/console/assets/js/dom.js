// Makes elements. Text only ever becomes text: names of cameras and files are other people's words.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** An element with attributes (`onclick` and the like are listeners) and children, texts or nodes. */
export const el = (name, attributes = {}, ...children) =>
  fill(document.createElement(name), attributes, children);

/** The same, of an SVG. */
export const svg = (name, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, name), attributes, children);

export const byId = (id) => document.getElementById(id);

/** Put `children` in place of what `node` holds. */
export function put(node, ...children) {
  node.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
}

/** A bar that is full to `share`, 0 to 1: a style attribute would need a laxer policy. */
export const meter = (share, label) =>
  el(
    "div",
    { class: "meter", role: label ? "img" : null, "aria-label": label },
    svg("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { width: Math.max(0, Math.min(1, share)) * 100, height: 4 })),
  );
