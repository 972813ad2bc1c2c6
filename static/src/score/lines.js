/** Which bars stand on which line: lines of equal length where that looks well, and no widow at the end. */
const SAFE = 0.94 // of the width, as later bars may be fuller
const LOOSE_PHRASE = 0.5 // of a full line, at least, for lines of four bars or eight
const LOOSE_PAIR = 0.75 // the same for lines of two, six ...

/** First bars of the lines. @param {number} total bars @param {number} capacity bars that fit on a line */
export function planLines(total, capacity) {
  const needed = Math.ceil(total / Math.max(capacity, 1))
  for (let lines = needed; lines <= total; lines += 1) {
    const bars = total / lines
    if (bars < capacity * LOOSE_PHRASE) break
    if (bars % 4 === 0 || (bars % 2 === 0 && bars >= capacity * LOOSE_PAIR)) return starts(total, lines)
  }
  return starts(total, needed)
}

/** As equal as can be, the longer lines first. */
function starts(total, lines) {
  const longer = total % lines
  const bars = Math.floor(total / lines)
  return Array.from({ length: lines }, (_, line) => line * bars + Math.min(line, longer))
}

/** Bars of their natural width that fit on a line, judged by the bars that stand on an engraved one. */
export function capacityOf(svg, bars, width) {
  const lines = [...svg.matchAll(/class="staff">\s*<path d="M(-?[\d.]+) [\d.]+ L(-?[\d.]+)/g)]
  const [left, right] = [Number(lines[0]?.[1] ?? 0), Math.max(...lines.map((line) => Number(line[2])))]
  const first = lines.filter((line) => Number(line[1]) === left).map((line) => Number(line[2]) - left)[0] ?? 1
  // The first bar also holds clef, key and metre: measure by the others where there are any.
  const bar = bars > 1 ? (right - left - first) / (bars - 1) : first * 0.75
  return Math.max(1, Math.floor(1 + (width * 10 * SAFE - left - first) / bar))
}
