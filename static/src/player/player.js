/** Plays a take, also while it is being written; keeps behind the writing head and never starts by itself.
 *
 * Time runs on the audio clock. `segments` say where on the score the clock stands: each pins a tick to a time,
 * and playing on from there is the take's performance over the speed. Notes are handed to the voice a little ahead,
 * by as much more as its slowest instrument takes to speak (`voice.lead`).
 */
import { EXPRESSION } from '../score/performance.js'
import { OscillatorVoice } from './oscillator.js'
import { Output } from './output.js'
import { Pace } from './pace.js'

const AHEAD = 0.1 // seconds handed to the voice before they sound
const LOOSE = 0.06 // seconds by which a performed note may be early of its place
const AHEAD_HIDDEN = 1.4 // browsers wake a hidden page once a second
const PERIOD = 25 // milliseconds
const REST = 4000 // milliseconds
const TUNING = 1500 // milliseconds for which a press waits for the instruments

export class Player extends EventTarget {
  constructor({ volume = 0.85, expression = EXPRESSION } = {}) {
    super()
    Object.assign(this, { volume, expression, speed: 1, take: null, state: 'stopped', position: 0, loop: null, tuning: null })
    Object.assign(this, { segments: [], pending: [], mix: [], output: null, voice: null, next: 0, nextControl: 0, timer: null })
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

  /** @param voice anything with on, off, control, silence, setParts, setMix, and lead in seconds */
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
    take?.performance.express(this.expression)
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
    const { performance } = this.take
    return performance.tickAt(performance.secondsAt(segment.tick) + (time - segment.time) * this.speed)
  }

  #timeOf(tick) {
    return this.#timeAt(this.take.performance.secondsAt(tick))
  }

  /** On the audio clock, from seconds of the performance. */
  #timeAt(seconds) {
    const segment = this.segments.at(-1)
    return segment.time + (seconds - this.take.performance.secondsAt(segment.tick)) / this.speed
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
    const time = this.output.now + AHEAD + this.voice.lead + 0.02
    this.segments = [{ time, tick: this.position }]
    this.voice.silence()
    this.#turnTo(this.position, time)
    this.output.open(time - 0.015)
    for (const note of this.take.soundingAt(this.position)) if (note.onset < this.position) this.#sound(note, time)
    this.#set('playing')
  }

  /** What comes next at `tick`, and the controllers as they stand there. */
  #turnTo(tick, time) {
    const { notes, performance } = this.take
    const index = notes.findIndex((note) => note.onset >= tick)
    this.next = index < 0 ? notes.length : index
    const standing = new Map()
    this.nextControl = 0
    for (const control of performance.controls) {
      if (control.tick >= tick) break
      standing.set(`${control.part} ${control.number}`, control)
      this.nextControl += 1
    }
    this.voice.reset(time)
    for (const control of standing.values()) this.#control(control, time)
  }

  #control(control, time) {
    this.voice.control(control.part, control.number, this.take.performance.valueOf(control), time)
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
    setTimeout(() => this.state !== 'playing' && this.voice?.silence(), (AHEAD + (this.voice?.lead ?? 0) + 0.03) * 1000)
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
    this.#onward(() => (this.speed = speed))
  }

  /** @param {number} expression 0 (the score exactly) to 1 */
  setExpression(expression) {
    this.#onward(() => {
      this.expression = expression
      this.take?.performance.express(expression)
    })
  }

  /** Changes how time goes, from the moment that is heard now. */
  #onward(change) {
    const tick = this.tick
    change()
    // A loop's turn that is handed over already stands: it says where time goes on from.
    if (this.state === 'playing' && this.segments.at(-1).time <= this.output.now) this.segments.push({ time: this.output.now, tick })
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
    const { notes, performance } = this.take
    const early = until + this.voice.lead + LOOSE
    while (this.next < notes.length && notes[this.next].onset < edge && this.#timeOf(notes[this.next].played.start) < early) {
      const note = notes[this.next]
      this.next += 1
      const time = Math.max(this.#timeAt(performance.onAt(note)), this.output.now)
      this.#release(time)
      this.#sound(note, time)
    }
    const { controls } = performance
    while (this.nextControl < controls.length && controls[this.nextControl].tick < edge && this.#timeOf(controls[this.nextControl].tick) < until) {
      this.#control(controls[this.nextControl], this.#timeOf(controls[this.nextControl].tick))
      this.nextControl += 1
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
      this.#turnTo(this.loop.start, time)
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
    const struck = this.pending.findIndex((it) => it.note.part === note.part && it.note.pitch === note.pitch)
    if (struck >= 0) this.#letGo(this.pending.splice(struck, 1)[0], time) // a key is up before it is struck again
    this.voice.on(note.part, note.pitch, this.take.performance.velocityOf(note), time)
    this.pending.push({ note, voice: this.voice })
  }

  #letGo({ note, voice }, time) {
    voice.off(note.part, note.pitch, time)
  }

  /** Lets go of notes that end before `until`; all of them at time `at` when it is given. */
  #release(until, at = null) {
    const { performance } = this.take
    this.pending = this.pending.filter((one) => {
      const time = at ?? this.#timeAt(performance.offAt(one.note))
      if (at === null && time > until) return true
      this.#letGo(one, time)
      return false
    })
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
