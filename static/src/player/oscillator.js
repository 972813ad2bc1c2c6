/** A small voice of oscillators that plays until the instruments have arrived. */
const ATTACK = 0.012
const RELEASE = 0.09
const SWELL = 11 // MIDI controller: expression

export class OscillatorVoice {
  constructor(output) {
    this.output = output
    this.parts = []
    this.sounding = new Map()
    this.lead = 0
  }

  setParts(parts) {
    const { context, transport } = this.output
    for (const part of this.parts) part.swell.disconnect()
    this.parts = parts.map((part, index) => {
      const gain = new GainNode(context, { gain: 1 })
      const swell = new GainNode(context, { gain: 1 })
      const spread = parts.length > 1 ? (index / (parts.length - 1) - 0.5) * 0.7 : 0
      gain.connect(swell).connect(new StereoPannerNode(context, { pan: spread })).connect(transport)
      return { gain, swell, level: 0.5 / Math.sqrt(parts.length) }
    })
  }

  setMix(part, gain) {
    this.parts[part]?.gain.gain.setTargetAtTime(gain, this.output.now, 0.015)
  }

  /** Swells alone: a pedal would need more than a small voice has. */
  control(part, number, value, time) {
    if (number === SWELL) this.parts[part]?.swell.gain.setTargetAtTime((value / 127) ** 2, time, 0.04)
  }

  reset(time) {
    this.parts.forEach((_, part) => this.control(part, SWELL, 127, time))
  }

  on(part, pitch, velocity, time) {
    const channel = this.parts[part]
    if (!channel) return
    const { context } = this.output
    const frequency = 440 * 2 ** ((pitch - 69) / 12)
    const envelope = new GainNode(context, { gain: 0 })
    const peak = channel.level * (velocity / 127) ** 1.4 * 0.55
    envelope.gain.setValueAtTime(0, time)
    envelope.gain.linearRampToValueAtTime(peak, time + ATTACK)
    envelope.gain.setTargetAtTime(peak * 0.62, time + ATTACK, 0.35)
    const tones = [['triangle', 1, 1], ['sine', 2, 0.22], ['sine', 3, 0.07]].map(([type, ratio, level]) => {
      const tone = new OscillatorNode(context, { type, frequency: frequency * ratio })
      tone.connect(new GainNode(context, { gain: level })).connect(envelope)
      tone.start(time)
      return tone
    })
    envelope.connect(channel.gain)
    this.off(part, pitch, time)
    this.sounding.set(`${part} ${pitch}`, { envelope, tones })
  }

  off(part, pitch, time) {
    const note = this.sounding.get(`${part} ${pitch}`)
    if (!note) return
    this.sounding.delete(`${part} ${pitch}`)
    note.envelope.gain.cancelAndHoldAtTime?.(time)
    note.envelope.gain.setTargetAtTime(0, time, RELEASE / 4)
    for (const tone of note.tones) tone.stop(time + RELEASE * 2)
    note.tones[0].onended = () => note.envelope.disconnect()
  }

  silence() {
    for (const key of [...this.sounding.keys()]) this.off(...key.split(' ').map(Number), this.output.now)
  }
}
