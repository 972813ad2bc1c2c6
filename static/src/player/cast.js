/** Who plays what: channels, seats and levels of the parts, from what their programs measure (`scripts/measure_bank.mjs`). */
import bank from './bank.json'

const DRUMS = 9
const CHANNELS = 16
const TARGET = -16 // LUFS, of exports and of the page
const FULLER = 5.8 // dB by which the limiter, the hall and loud notes exceed one note a part, as measured on played pieces
const MOST_APART = 14 // dB that balance moves a program at most
const MIDDLE = 1 // of the three octaves that were measured

/** @param {object[]} parts of a start event @returns {{roles: object[][], gain: number, lead: number}} */
export function cast(parts) {
  const wanted = parts.map((part, index) => layersOf(part, index, parts.length))
  const crowded = wanted.flat().length > CHANNELS - 1
  const chosen = crowded ? wanted.map((layers) => layers.slice(0, 1)) : wanted
  const top = Math.max(...chosen.flat().map(({ gain }) => gain), -60)
  let next = 0
  const roles = chosen.map((layers, index) => layers.map(({ program, gain, pan }) => {
    const channel = parts[index].percussion ? DRUMS : channelOf(next++)
    const volume = 127 * 10 ** (Math.max(gain - top, -MOST_APART) / 40)
    return { program, channel, pan, volume, rise: (pitch) => bank[program][octaveOf(pitch)][0] / 1000 }
  }))
  const rises = chosen.flat().flatMap(({ program }) => bank[program].map(([rise]) => rise))
  return { roles, gain: makeUp(top, parts.length), lead: Math.max(0, ...rises) / 1000 }
}

function layersOf(part, index, count) {
  const pan = part.pan ?? Math.round(64 + (count > 1 ? (index / (count - 1) - 0.5) * 72 : 0))
  const layers = part.layers ?? [[part.program, 0]]
  return layers.map(([program, decibels]) => ({ program, pan, gain: decibels - bank[program][MIDDLE][1] }))
}

/** What brings one note a part, all sounding together, to the target. */
function makeUp(top, count) {
  return 10 ** ((TARGET + top - 10 * Math.log10(count + 1) - FULLER) / 20)
}

const octaveOf = (pitch) => Math.min(Math.max(Math.round(pitch / 12) - 4, 0), 2)
const channelOf = (place) => (place < DRUMS ? place : place + 1) % CHANNELS
