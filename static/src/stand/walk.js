/** Walking through the score by keyboard: note by note, bar by bar, part by part. */
export class Walk {
  constructor(player) {
    Object.assign(this, { player, part: 0, note: null })
  }

  #own() {
    return this.player.take.notes.filter((note) => note.part === this.part && note.duration > 0)
  }

  /** @returns the note stepped to, or null */
  step(direction) {
    const notes = this.#own()
    const tick = this.note && this.note.part === this.part ? this.note.onset : this.player.tick - (direction > 0 ? 1 : 0)
    const next = direction > 0 ? notes.find((note) => note.onset > tick) : notes.findLast((note) => note.onset < tick)
    return this.#go(next)
  }

  bar(direction) {
    const { piece } = this.player.take
    const bar = Math.min(Math.max(piece.barAt(this.player.tick) + direction, 0), piece.barCount - 1)
    this.player.seek(piece.bars[bar])
    return this.#go(this.#own().find((note) => note.onset >= piece.bars[bar]))
  }

  voice(direction) {
    const { piece } = this.player.take
    this.part = (this.part + direction + piece.parts.length) % piece.parts.length
    const tick = this.player.tick
    const notes = this.#own()
    return this.#go(notes.findLast((note) => note.onset <= tick) ?? notes[0])
  }

  choose(note) {
    this.part = note.part
    return this.#go(note)
  }

  forget() {
    this.note = null
  }

  #go(note) {
    if (!note) return null
    this.note = note
    this.player.seek(note.onset)
    this.player.touch(note)
    return note
  }
}
