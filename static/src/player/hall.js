/** A hall of some 1.6 seconds, the one of `generator/music/hall.py`: decaying noise, high frequencies dying first. */
const BANDS = [{ low: null, high: 400, decay: 1.8 }, { low: 400, high: 3000, decay: 1.6 }, { low: 3000, high: null, decay: 0.8 }] // Hz, seconds
const DELAY = 0.018 // seconds before the hall answers
const LENGTH = 1.76 // seconds
const EARLY = [[0.011, 0.5], [0.017, 0.42], [0.023, 0.36], [0.031, 0.3], [0.041, 0.22]] // seconds, level
export const WET = 10 ** (-9 / 20) // the hall's energy is 9 dB below the direct sound's

/** @returns {ConvolverNode} */
export function hall(context) {
  const rate = context.sampleRate
  const buffer = context.createBuffer(2, Math.round((LENGTH + DELAY) * rate), rate)
  for (const side of [0, 1]) buffer.copyToChannel(answer(buffer.length, rate, side), side)
  return new ConvolverNode(context, { buffer, disableNormalization: true })
}

/** One ear's answer to a click, of energy 1. */
function answer(length, rate, side) {
  const sound = new Float32Array(length)
  const random = dice(16 + side)
  const start = Math.round(DELAY * rate)
  const [low, high] = BANDS.slice(0, 2).map((band) => 1 - Math.exp((-2 * Math.PI * band.high) / rate))
  const falls = BANDS.map((band) => 10 ** (-3 / (band.decay * rate)))
  const levels = [1, 1, 1]
  let [dark, middle] = [0, 0]
  for (let index = start; index < length; index += 1) {
    const noise = random()
    dark += low * (noise - dark)
    middle += high * (noise - middle)
    sound[index] = levels[0] * dark + levels[1] * (middle - dark) + levels[2] * (noise - middle)
    falls.forEach((fall, band) => (levels[band] *= fall))
  }
  EARLY.forEach(([time, level], number) => {
    const near = number % 2 === side
    sound[Math.round((time + (near ? 0 : 0.0027)) * rate)] += level * (near ? 7 : 5)
  })
  const energy = Math.sqrt(sound.reduce((sum, value) => sum + value * value, 0))
  return sound.map((value) => value / energy)
}

/** Noise that is the same on every page: -1..1. */
function dice(seed) {
  let state = seed * 2654435761
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 31 - 1
  }
}
