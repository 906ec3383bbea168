// Which variables fit what is being written, and what a run gave for them. Pure.
const OPEN = /(?<![$])\$\{([^{}]*)$/;

// What is being written before the caret: where it begins and the words to search for; null when nothing is asked for.
export function asked(mode, text, caret) {
  if (mode === "path") return { from: 0, to: text.length, query: text.replace(/^\$\.?|^\$\{|\}$/g, "") };
  const found = OPEN.exec(text.slice(0, caret));
  if (!found) return null;
  const closes = /^[^{}$\s]*\}/.exec(text.slice(caret));
  return { from: found.index, to: caret + (closes ? closes[0].length : 0), query: found[1] };
}

// The offers of a scope that fit, the best first.
export function fitting(offers, scope, query) {
  const own = scope === "any" ? [] : (offers[scope] ?? []);
  const words = query.toLowerCase().split(/[\s.]+/).filter(Boolean);
  const all = [...own, ...(offers.any ?? [])].filter((one, at, list) => list.findIndex((other) => other[0] === one[0]) === at);
  const found = all.filter((one) => words.every((word) => one.join(" ").toLowerCase().includes(word)));
  const start = query.toLowerCase();
  const begins = (one) => one[0].toLowerCase().startsWith(`\${${start}`) || one[1].toLowerCase().includes(`.${start}`);
  return query ? [...found.filter(begins), ...found.filter((one) => !begins(one))] : found;
}

// What the newest run gave for a variable; undefined when it gave nothing.
export function lastSeen(run, variable) {
  const parts = [...variable.slice(2, -1).matchAll(/\['([^']*)'\]|\[(\d+)\]|([^.[\]]+)/g)].map((part) => part[1] ?? part[2] ?? part[3]);
  const [root, name, ...rest] = parts;
  if (root === "user_input") return Object.values(run.inputs ?? {}).find((value) => typeof value === "string");
  const known = { inputs: run.inputs, context: run.context, steps: run.steps }[root]?.[name];
  return (root === "steps" ? rest.slice(1) : rest).reduce((value, part) => value?.[part], known);
}

export function shortly(value) {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replace(/\s+/g, " ");
  return line.length > 70 ? `${line.slice(0, 70)}…` : line;
}
