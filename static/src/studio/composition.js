/** One composition as it comes: from the job's events to takes, their notes and their engraving. */
import { Engraving, prefer } from '../score/engraving.js'
import { Piece, Take } from '../score/take.js'

/** Tells: started, bar, system, restart, done, failed, cancelled, link. */
export class Composition extends EventTarget {
  /** @param feed anything that dispatches `event` and `link` */
  constructor(feed, engraver, pace) {
    super()
    Object.assign(this, { feed, engraver, pace, chosen: 0, takes: [], engravings: [], piece: null, state: 'waiting' })
    this.onSystems = ({ detail }) => this.#engraved(detail)
    engraver.addEventListener('systems', this.onSystems)
    feed.addEventListener('event', ({ detail }) => this.#handlers[detail.kind]?.(detail))
    feed.addEventListener('link', ({ detail }) => this.#tell('link', detail))
  }

  /** No more of it will be shown. */
  leave() {
    this.feed.close()
    this.engraver.removeEventListener('systems', this.onSystems)
    for (const engraving of this.engravings) engraving.dropped = true
  }

  choose(take) {
    this.chosen = take
    this.engraver.prefer(take)
    prefer(this.engravings[take])
  }

  #handlers = {
    start: (event) => this.#begin(event),
    bar: (event) => this.#bar(event),
    restart: () => this.#restart(),
    done: (event) => this.#done(event),
    failed: (event) => this.#end('failed', event.error),
    cancelled: () => this.#end('cancelled'),
  }

  #begin(event) {
    this.#forget()
    this.piece = new Piece(event)
    this.state = 'writing'
    for (let index = 0; index < (event.takes ?? 1); index += 1) {
      this.takes.push(new Take(this.piece, index))
      this.engravings.push(new Engraving(this.piece, (...it) => this.#placed(index, ...it)))
      this.engraver.load(index, event.part_list, this.piece.barCount)
    }
    this.chosen = Math.min(this.chosen, this.takes.length - 1)
    this.choose(this.chosen)
    this.#tell('started')
  }

  #forget() {
    for (const engraving of this.engravings) engraving.dropped = true
    Object.assign(this, { takes: [], engravings: [], piece: null })
    this.engraver.restart()
    this.pace.reset()
  }

  /** Another worker begins again from the seed: earlier bars do not count. */
  #restart() {
    this.#forget()
    this.state = 'waiting'
    this.#tell('restart')
  }

  #bar({ take, bar, notes, measures, performance: played }) {
    if (take === this.chosen) performance.mark(`bar-arrived:${bar}`)
    this.takes[take].addBar(bar, notes, played)
    this.engraver.bar(take, bar, measures)
    if (take === this.chosen) this.pace.arrived(this.takes[take].barsWritten)
    this.#tell('bar', { take, bar })
  }

  #done({ track, tracks }) {
    this.takes.forEach((take, index) => {
      take.finished = true
      take.track = tracks?.[index] ?? (index === 0 ? track : null)
      this.engraver.finish(index)
    })
    this.#end('done')
  }

  #end(state, error = '') {
    this.state = state
    // What was written before the end can still be played.
    for (const take of this.takes) take.finished = true
    this.#tell(state, error)
  }

  #engraved({ score, from, systems }) {
    this.engravings[score]?.replace(from, systems)
  }

  #placed(take, index, system, old) {
    this.#tell('system', { take, index, system, old })
    if (take === this.chosen) markEngraved(system, old)
  }

  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

function markEngraved(system, old) {
  const fresh = old && old.first === system.first ? old.last + 1 : system.first
  for (let bar = fresh; bar <= system.last; bar += 1) performance.mark(`bar-engraved:${bar}`)
}
