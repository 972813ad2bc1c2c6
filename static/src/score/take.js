/** One take of a piece as it is known so far: its notes, how far it is written, and the code it is saved under. */
import { Performance } from './performance.js'
import { Timeline } from './timeline.js'

export class Piece {
  /** @param {object} start a `start` event: title, brief, parts, bars, keys, metres, tempos */
  constructor(start) {
    this.title = start.title
    this.brief = start.brief ?? {}
    this.parts = start.parts
    this.bars = start.bars
    this.keys = start.keys ?? []
    this.metres = start.metres ?? []
    this.tempos = start.tempos?.length ? start.tempos : [{ tick: 0, bpm: 120 }]
    this.timeline = new Timeline(this.tempos)
  }

  get barCount() {
    return this.bars.length - 1
  }

  get length() {
    return this.bars.at(-1)
  }

  barAt(tick) {
    let low = 0
    let high = this.barCount - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.bars[middle] <= tick) low = middle
      else high = middle - 1
    }
    return low
  }
}

export class Take {
  constructor(piece, index) {
    this.piece = piece
    this.index = index
    this.notes = []
    this.performance = new Performance(piece.timeline)
    this.barsWritten = 0
    this.finished = false
    this.track = null
    this.kept = false
  }

  /** Ticks that are written and can be played. */
  get end() {
    return this.piece.bars[this.barsWritten]
  }

  /** @param {object} performance how the notes are played, in their order; left out, as they are written */
  addBar(bar, notes, performance = null) {
    this.performance.add(notes, performance)
    this.notes.push(...notes)
    this.notes.sort((a, b) => a.onset - b.onset || a.part - b.part || a.pitch - b.pitch)
    this.barsWritten = Math.max(this.barsWritten, bar + 1)
  }

  /** Notes that sound at `tick`. */
  soundingAt(tick) {
    return this.notes.filter((note) => note.onset <= tick && tick < note.onset + note.duration)
  }
}
