/** Where all sound goes: a transport gain that fades, a hall, the volume, a gentle limiter, a meter. */
import { hall, WET } from './hall.js'

const FADE = 0.012 // seconds; shorter would click

export class Output {
  constructor(volume) {
    this.context = new AudioContext({ latencyHint: 'balanced' })
    this.context.suspend() // also where a browser would let it run before any gesture
    this.transport = new GainNode(this.context, { gain: 0 })
    this.volume = new GainNode(this.context, { gain: volume })
    this.limiter = new DynamicsCompressorNode(this.context, { threshold: -8, knee: 6, ratio: 12, attack: 0.003, release: 0.2 })
    this.meter = new AnalyserNode(this.context, { fftSize: 2048 })
    this.transport.connect(hall(this.context)).connect(new GainNode(this.context, { gain: WET })).connect(this.volume)
    this.transport.connect(this.volume).connect(this.limiter).connect(this.meter).connect(this.context.destination)
  }

  get now() {
    return this.context.currentTime
  }

  resume() {
    return this.context.resume()
  }

  suspend() {
    return this.context.suspend()
  }

  open(at = this.now) {
    fade(this.transport.gain, 1, at)
  }

  close(at = this.now) {
    fade(this.transport.gain, 0, at)
  }

  setVolume(value) {
    fade(this.volume.gain, value, this.now)
  }

  /** Root mean square of what is heard now, 0..1. */
  level() {
    const samples = new Float32Array(this.meter.fftSize)
    this.meter.getFloatTimeDomainData(samples)
    return Math.hypot(...samples) / Math.sqrt(samples.length)
  }
}

function fade(param, value, at) {
  param.cancelAndHoldAtTime?.(at) ?? param.cancelScheduledValues(at)
  param.setTargetAtTime(value, at, FADE / 3)
}
