/** The music stand: sheet, roll, player, transport and mixer hold the same take and the same moment. */
import { gettext, fill } from '../shared/i18n.js'
import { store, stored } from '../shared/storage.js'
import { Player } from '../player/player.js'
import { Instruments } from '../player/instruments.js'
import { Expression, storedExpression } from './expression.js'
import { Mixer } from './mixer.js'
import { Roll } from './roll.js'
import { Sheet } from './sheet.js'
import { Transport } from './transport.js'
import { Walk } from './walk.js'
import { noteInWords, scoreInWords } from './words.js'

const at = (id) => document.getElementById(id)
const OPENINGS = ['strip', 'full', 'none']

export class Stand extends EventTarget {
  constructor() {
    super()
    this.player = new Player({ volume: stored('volume', 0.85), expression: storedExpression() })
    this.instruments = new Instruments(this.player, at('sound-state'))
    this.sheet = new Sheet(at('systems'))
    this.roll = new Roll(at('roll'))
    this.mixer = new Mixer(at('mixer'), this.player)
    this.transport = new Transport(this.player)
    this.expression = new Expression(this.player)
    this.walk = new Walk(this.player)
    this.take = null
    this.#connect()
    globalThis.partita = { stand: this } // for the curious at the console, and for tests that listen
  }

  #connect() {
    const { player, sheet, roll } = this
    sheet.addEventListener('seek', ({ detail }) => this.#clicked(detail))
    roll.addEventListener('seek', ({ detail }) => player.seek(detail.tick))
    roll.addEventListener('loop', ({ detail }) => player.setLoop(detail))
    this.mixer.addEventListener('quiet', ({ detail }) => ((roll.quiet = detail), roll.redraw()))
    player.addEventListener('state', () => this.#frame())
    player.addEventListener('seek', () => this.follow())
    player.addEventListener('change', () => this.#changed())
    at('toggle-roll').addEventListener('click', () => this.toggleRoll())
    this.openDrawer(stored('drawer', 'strip'))
    const dock = at('dock')
    new ResizeObserver(() => document.documentElement.style.setProperty('--dock', `${dock.offsetHeight}px`)).observe(dock)
  }

  /** Puts a take and its engraving on the stand. */
  present(take, engraving) {
    const fresh = this.take?.piece !== take?.piece
    this.take = take
    this.walk.forget()
    this.sheet.choose(null)
    this.sheet.show(engraving)
    this.player.setTake(take)
    this.mixer.show(take?.piece ?? null)
    if (fresh) this.walk.part = 0
    this.roll.loop = this.player.loop
    this.roll.show(take)
    this.describe()
    this.follow()
  }

  describe() {
    at('score-words').textContent = this.take ? scoreInWords(this.take) : ''
  }

  /** New notes or systems have come: what is drawn follows. */
  refresh() {
    this.roll.redraw()
    this.sheet.markLoop(this.player.loop)
    this.follow()
    this.transport.refresh()
  }

  #changed() {
    this.roll.loop = this.player.loop
    this.sheet.markLoop(this.player.loop)
    this.follow()
  }

  #frame() {
    cancelAnimationFrame(this.frame)
    this.follow()
    if (this.player.playing) this.frame = requestAnimationFrame(() => this.#frame())
  }

  /** Cursor, lit notes and clock at the moment that is heard. */
  follow() {
    if (!this.take) return
    const { tick, playing, state } = this.player
    const sounding = new Set(state === 'playing' ? this.take.soundingAt(tick).map((note) => note.id) : [])
    this.sheet.point(tick, { follow: playing })
    this.sheet.light(sounding)
    this.roll.live(tick, sounding)
    this.transport.tell(tick)
  }

  #clicked({ tick, id }) {
    const note = this.take?.notes.find((it) => it.id === id)
    if (note && !this.player.playing) this.say(this.walk.choose(note))
    else this.player.seek(tick)
  }

  /** Shows and speaks the note walked to. */
  say(note) {
    if (!note) return
    this.sheet.choose(note.id)
    at('spoken').textContent = noteInWords(note, this.take.piece)
  }

  toggleRoll() {
    this.openDrawer(OPENINGS[(OPENINGS.indexOf(at('drawer').dataset.open) + 1) % OPENINGS.length])
  }

  openDrawer(opening) {
    at('drawer').dataset.open = opening
    at('toggle-roll').setAttribute('aria-expanded', String(opening === 'full'))
    store('drawer', opening)
  }

  /** The keys that every page with a stand has. */
  get keys() {
    const { player, walk, transport } = this
    const walking = (step) => () => this.take && this.say(step())
    return {
      Space: () => player.toggle(),
      ArrowLeft: walking(() => walk.step(-1)),
      ArrowRight: walking(() => walk.step(1)),
      'Shift+ArrowLeft': walking(() => walk.bar(-1)),
      'Shift+ArrowRight': walking(() => walk.bar(1)),
      ArrowUp: walking(() => walk.voice(-1)),
      ArrowDown: walking(() => walk.voice(1)),
      Home: () => player.seek(0),
      End: () => this.take && player.seek(this.take.piece.bars.at(-2)),
      a: () => transport.markLoop('a'),
      b: () => transport.markLoop('b'),
      l: () => transport.toggleLoop(),
      r: () => this.toggleRoll(),
      '?': () => this.toggleShortcuts(),
    }
  }

  toggleShortcuts(open = at('shortcuts').hidden) {
    at('shortcuts').hidden = !open
    at('help')?.setAttribute('aria-expanded', String(open))
  }
}

/** "Bar 5 of 16 written" for those who listen. */
export const spokenBar = (bar, bars) => fill(gettext('Bar {bar} of {bars} written'), { bar, bars })
