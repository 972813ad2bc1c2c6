/** How many bars stand on a line: lines of equal length, as an edition has them, and no widow at the end. */
const SAFE = 0.94 // of the width, as later bars may be fuller
const MORE = 1.7 // how many more lines than needed, at most, for the sake of equal ones

/** @param {number} total bars of the piece @param {number} capacity bars that fit on a line */
export function barsPerLine(total, capacity) {
  const needed = Math.ceil(total / Math.max(capacity, 1))
  const most = Math.min(Math.floor(needed * MORE) + 1, total)
  for (let lines = needed; lines <= most; lines += 1) {
    if (total % lines === 0 && (total / lines) % 2 === 0) return total / lines
  }
  return Math.ceil(total / needed)
}

/** First bars of the lines. */
export function lineStarts(total, perLine) {
  return Array.from({ length: Math.ceil(total / perLine) }, (_, line) => line * perLine)
}

/** Bars of their natural width that fit on a line, from an engraved line's first and last bar lines. */
export function capacityOf(svg, bars, width) {
  const lines = [...svg.matchAll(/class="staff">\s*<path d="M(-?[\d.]+) [\d.]+ L(-?[\d.]+)/g)]
  const [left, right] = [Number(lines[0]?.[1] ?? 0), Math.max(...lines.map((line) => Number(line[2])))]
  const first = lines.filter((line) => Number(line[1]) === left).map((line) => Number(line[2]) - left)[0] ?? 1
  // The first bar also holds clef, key and metre: measure by the others where there are any.
  const bar = bars > 1 ? (right - left - first) / (bars - 1) : first * 0.75
  return Math.max(1, Math.floor(1 + (width * 10 * SAFE - left - first) / bar))
}
