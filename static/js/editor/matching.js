// Finding by words: every word must be there; words at a beginning count more. Pure.
export function score(query, text) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hay = text.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const at = hay.indexOf(word);
    if (at < 0) return 0;
    sum += at === 0 ? 4 : /\W/.test(hay[at - 1]) ? 3 : 1;
  }
  return words.length ? sum : 1;
}

export function found(query, items, textOf) {
  const scored = items.map((item, index) => ({ item, index, score: score(query, textOf(item)) }));
  const kept = scored.filter((one) => one.score > 0);
  return kept.sort((a, b) => b.score - a.score || a.index - b.index).map((one) => one.item);
}
