/** Plays a take, also while it is being written; keeps behind the writing head and never starts by itself.
 *
 * Time runs on the audio clock. `segments` say where on the score the clock stands: each pins a tick to a time,
 * and playing on from there is the tempo map over the speed. Notes are handed to the voice a little ahead.
 */
import { OscillatorVoice } from './oscillator.js'
import { Output } from './output.js'
import { Pace } from './pace.js'

const AHEAD = 0.1 // seconds handed to the voice before they sound
const AHEAD_HIDDEN = 1.4 // browsers wake a hidden page once a second
const PERIOD = 25 // milliseconds
const REST = 4000 // milliseconds
const TUNING = 1500 // milliseconds for which a press waits for the instruments

export class Player extends EventTarget {
  constructor({ volume = 0.85 } = {}) {
    super()
    Object.assign(this, { volume, speed: 1, take: null, state: 'stopped', position: 0, loop: null, tuning: null })
    Object.assign(this, { segments: [], pending: [], mix: [], output: null, voice: null, next: 0, timer: null })
    this.pace = new Pace()
  }

  /** Must be called in a gesture: browsers give no sound before one. */
  unlock() {
    return this.prepare().resume()
  }

  /** Everything but sound: the output stays suspended until a gesture. */
  prepare() {
    if (!this.output) {
      this.output = new Output(this.volume)
      this.useVoice(new OscillatorVoice(this.output))
    }
    return this.output
  }

  /** @param voice anything with on, off, silence, setParts and setMix */
  useVoice(voice) {
    this.voice = voice
    if (this.take) this.#prepareVoice()
  }

  #prepareVoice() {
    this.voice?.setParts(this.take.piece.parts)
    this.mix.forEach((gain, part) => this.voice?.setMix(part, gain))
  }

  /** Another take of the same piece goes on from the same place; another piece begins anew. */
  setTake(take) {
    const samePiece = this.take?.piece === take?.piece
    const playing = this.playing
    const at = samePiece ? this.tick : 0
    if (!samePiece) this.#halt('stopped')
    this.take = take
    if (!samePiece) {
      this.loop = null
      this.mix = take ? take.piece.parts.map(() => 1) : []
      if (take) this.#prepareVoice()
    }
    this.position = at
    if (samePiece && playing) this.seek(at)
    this.#tell('change')
    if (take && this.wished) this.#grant()
  }

  get playing() {
    return this.state === 'playing' || this.state === 'waiting'
  }

  /** Where on the score the ear is now, in ticks. */
  get tick() {
    if (this.state !== 'playing') return this.position
    const now = this.output.now
    const segment = this.segments.findLast((it) => it.time <= now) ?? this.segments[0]
    return Math.min(segment.tick === undefined ? 0 : this.#tickIn(segment, Math.max(now, segment.time)), this.take.end)
  }

  #tickIn(segment, time) {
    const { timeline } = this.take.piece
    return timeline.tickAt(timeline.secondsAt(segment.tick) + (time - segment.time) * this.speed)
  }

  #timeOf(tick) {
    const { timeline } = this.take.piece
    const segment = this.segments.at(-1)
    return segment.time + (timeline.secondsAt(tick) - timeline.secondsAt(segment.tick)) / this.speed
  }

  async play() {
    if (!this.take || this.playing) return
    this.#set('waiting')
    await this.unlock()
    await Promise.race([this.tuning?.catch(() => null), new Promise((resolve) => setTimeout(resolve, TUNING))])
    if (this.state !== 'waiting') return
    if (this.take.finished && this.position >= this.take.end) this.position = 0
    this.#begin()
  }

  /** Play the next piece as soon as enough of it is written. */
  wish() {
    this.wished = true
    if (this.take) this.#grant()
  }

  #grant() {
    this.wished = false
    this.play()
  }

  /** Starts to sound as soon as enough is written. */
  #begin() {
    clearInterval(this.timer)
    this.timer = setInterval(() => this.#work(), PERIOD)
    this.#work()
  }

  #start() {
    const time = this.output.now + AHEAD + 0.02
    this.segments = [{ time, tick: this.position }]
    this.next = this.take.notes.findIndex((note) => note.onset >= this.position)
    if (this.next < 0) this.next = this.take.notes.length
    this.voice.silence()
    this.output.open(time - 0.015)
    for (const note of this.take.soundingAt(this.position)) if (note.onset < this.position) this.#sound(note, time)
    this.#set('playing')
  }

  pause() {
    if (!this.playing) return
    this.position = this.tick
    this.#halt('paused')
  }

  stop() {
    this.wished = false
    this.#halt('stopped')
    this.position = 0
  }

  toggle() {
    return this.playing ? this.pause() : this.play()
  }

  #halt(state) {
    clearInterval(this.timer)
    this.pending = []
    this.output?.close()
    // What was handed over already ends unheard, then everything is let go.
    setTimeout(() => this.state !== 'playing' && this.voice?.silence(), (AHEAD + 0.03) * 1000)
    this.#rest()
    this.#set(state)
  }

  /** An output that nobody hears costs a battery: it sleeps until the next gesture. */
  #rest() {
    clearTimeout(this.resting)
    this.resting = setTimeout(() => !this.playing && this.output?.suspend(), REST)
  }

  seek(tick) {
    const playing = this.playing
    this.position = Math.min(Math.max(tick, 0), this.take?.end ?? 0)
    if (playing) {
      this.output.close()
      this.pending = []
      this.#set('waiting')
      this.#begin()
    }
    this.#tell('seek')
  }

  setSpeed(speed) {
    if (this.state === 'playing') {
      const tick = this.tick
      this.speed = speed
      this.segments.push({ time: this.output.now, tick })
    }
    this.speed = speed
    this.#tell('change')
  }

  setVolume(volume) {
    this.volume = volume
    this.output?.setVolume(volume)
  }

  setMix(part, gain) {
    this.mix[part] = gain
    this.voice?.setMix(part, gain)
  }

  /** @param {{start: number, end: number} | null} loop in ticks */
  setLoop(loop) {
    this.loop = loop
    if (loop && this.playing && (this.tick < loop.start || this.tick >= loop.end)) this.seek(loop.start)
    this.#tell('change')
  }

  /** A note of its own, for walking through the score. */
  async touch(note) {
    await this.unlock()
    if (this.playing) return
    const { now } = this.output
    this.output.open(now)
    this.voice.on(note.part, note.pitch, note.velocity ?? 76, now + 0.01)
    this.voice.off(note.part, note.pitch, now + 0.35)
    this.#rest()
  }

  /** Where sound must stop for now: the loop's end, or how far is written. */
  get #edge() {
    const looping = this.loop && this.loop.end > this.loop.start && this.position < this.loop.end
    return looping ? Math.min(this.loop.end, this.take.end) : this.take.end
  }

  #work() {
    if (this.state === 'waiting') {
      if (this.pace.mayPlay(this.take, this.position, this.speed)) this.#start()
      return
    }
    if (this.state !== 'playing') return
    const until = this.output.now + (document.hidden ? AHEAD_HIDDEN : AHEAD)
    for (let turns = 0; turns < 64 && this.#fill(until); turns += 1);
    if (this.segments.length > 50) this.segments.splice(0, 25)
  }

  /** Hands over what sounds before `until`; true when a loop's turn leaves more to do. */
  #fill(until) {
    const edge = this.#edge
    const { notes } = this.take
    while (this.next < notes.length && notes[this.next].onset < edge && this.#timeOf(notes[this.next].onset) < until) {
      const note = notes[this.next]
      this.next += 1
      const time = this.#timeOf(note.onset)
      this.#release(time)
      this.#sound(note, time)
    }
    this.#release(Math.min(until, this.#timeOf(edge) + 1e-6))
    if (this.#timeOf(edge) >= until) return false
    return this.#atEdge(edge)
  }

  #atEdge(edge) {
    const time = this.#timeOf(edge)
    if (this.loop && edge === this.loop.end) {
      this.#release(Infinity, time)
      this.segments.push({ time, tick: this.loop.start })
      this.next = this.take.notes.findIndex((note) => note.onset >= this.loop.start)
      if (this.next < 0) this.next = this.take.notes.length
      return true
    }
    if (this.output.now < time) return false
    this.position = edge
    if (this.take.finished) this.#finish()
    else this.#set('waiting') // the writing head was caught up with: hold until it is ahead again
    return false
  }

  #finish() {
    this.#release(Infinity, this.output.now)
    clearInterval(this.timer)
    this.#rest()
    this.#set('paused')
    this.#tell('ended')
  }

  #sound(note, time) {
    if (note.duration === 0) return
    this.voice.on(note.part, note.pitch, note.velocity ?? 76, time)
    this.pending.push({ tick: note.onset + note.duration, note, voice: this.voice })
    this.pending.sort((a, b) => a.tick - b.tick)
  }

  /** Lets go of notes that end before `until`; all of them at time `at` when it is given. */
  #release(until, at = null) {
    while (this.pending.length && (at !== null || this.#timeOf(this.pending[0].tick) <= until)) {
      const { tick, note, voice } = this.pending.shift()
      voice.off(note.part, note.pitch, at ?? this.#timeOf(tick))
    }
  }

  #set(state) {
    if (this.state === state) return
    this.state = state
    this.#tell('state')
  }

  #tell(type) {
    this.dispatchEvent(new Event(type))
  }
}
