/** What the studio does, in order: ask, wait, watch it being written, choose, keep. */
import { ApiError, request } from '../shared/api.js'
import { fill, gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'
import { Engraver } from '../score/engraver.js'
import { Stand } from '../stand/stand.js'
import { Composition } from './composition.js'
import { openExample } from './example.js'
import { JobFeed } from './feed.js'
import { footOf } from './foot.js'
import { writeHeading, writeWaiting } from './heading.js'
import { TakesPanel } from './takes.js'

const at = (id) => document.getElementById(id)
const SYSTEM_BARS = 4 // a guess at how many bars a line will hold, until the first line says
const STAVES = { melody: 1, duet: 2, piano: 2, 'voice-and-piano': 3 }

export class Studio extends EventTarget {
  constructor(controls) {
    super()
    Object.assign(this, { controls, composition: null, chosen: 0, job: null, asking: false })
    this.root = at('studio')
    this.member = this.root.dataset.member === 'yes'
    this.stand = new Stand()
    this.engraver = new Engraver()
    this.panel = new TakesPanel(at('takes'), at('take-list'))
    this.panel.addEventListener('choose', ({ detail }) => this.choose(detail))
    this.panel.addEventListener('keep', ({ detail }) => this.keep(detail))
    this.#measure()
  }

  /** The engraver needs to know how wide the sheet is, now and whenever that changes. */
  #measure() {
    let timer = null
    const systems = at('systems')
    new ResizeObserver(() => {
      clearTimeout(timer)
      timer = setTimeout(() => this.engraver.width(systems.clientWidth), this.composition ? 200 : 0)
    }).observe(systems)
    this.engraver.width(systems.clientWidth)
  }

  /** A page opened on a running job takes it up; otherwise an example lies on the stand. */
  async open() {
    const job = new URL(location).searchParams.get('job')
    if (!job) return this.#example()
    try {
      const known = await request('GET', `/compositions/${job}`)
      this.controls.brief = known.brief
      this.#follow(job, known.brief)
      this.resumed = true
    } catch (error) {
      this.#leaveJob()
      this.#example()
      notify(error.status === 404 ? gettext('That piece is not under way any more.') : error.message)
    }
  }

  #example() {
    const feed = openExample()
    this.#show(new Composition(feed, this.engraver, this.stand.player.pace), 'empty')
    feed.begin()
  }

  async compose() {
    if (this.asking) return
    this.asking = true
    performance.clearMarks()
    performance.mark('compose-pressed')
    this.stand.player.unlock()
    this.controls.refuse('')
    this.dispatchEvent(new Event('asked'))
    const brief = this.controls.brief
    try {
      const { id } = await request('POST', '/compositions', brief)
      history.replaceState(null, '', `/?job=${id}`)
      this.#follow(id, brief)
      if (at('follow').checked) this.stand.player.wish()
    } catch (error) {
      this.#refused(error)
    } finally {
      this.asking = false
    }
  }

  #refused(error) {
    if (!(error instanceof ApiError)) throw error
    this.controls.refuse(error.message, error.fields)
    notify(error.message, { warning: true, action: error.status === 422 ? null : { label: gettext('Try again'), run: () => this.compose() } })
  }

  #follow(job, brief) {
    Object.assign(this, { job, resumed: false })
    this.#show(new Composition(new JobFeed(job), this.engraver, this.stand.player.pace), 'waiting')
    writeWaiting(brief)
    this.stand.sheet.await(Math.ceil((brief.bars ?? 8) / SYSTEM_BARS), STAVES[brief.ensemble] ?? 4)
    this.#say(gettext('Waiting for the composer'))
  }

  #show(composition, state) {
    this.composition?.leave()
    this.stand.player.stop()
    Object.assign(this, { composition, chosen: 0, guess: SYSTEM_BARS })
    this.stand.present(null, null)
    this.panel.show([])
    at('sheet-foot').replaceChildren()
    this.root.dataset.state = state
    this.root.dataset.link = 'open'
    at('cancel').hidden = state !== 'waiting'
    for (const [type, act] of Object.entries(this.#acts)) {
      composition.addEventListener(type, ({ detail }) => composition === this.composition && act(detail))
    }
  }

  #acts = {
    started: () => this.#started(),
    bar: ({ take, bar }) => this.#barCame(take, bar),
    system: (it) => this.#systemCame(it),
    restart: () => {
      this.stand.present(null, null)
      this.panel.show([])
      this.#say(gettext('The worker stopped; another begins again'))
      this.root.dataset.state = 'waiting'
    },
    done: () => this.#done(),
    failed: (error) => this.#ended('failed', error || gettext('The composer stopped. Your settings are safe; try again.')),
    cancelled: () => this.#ended('cancelled', gettext('Cancelled. What was written can still be played.')),
    link: (link) => this.#link(link),
  }

  #started() {
    const { piece, takes, engravings } = this.composition
    const example = this.root.dataset.state === 'empty'
    this.chosen = this.composition.chosen
    writeHeading(piece, { overline: example ? gettext('An example') : '' })
    document.title = `${example ? gettext('Studio') : piece.title} · Partita`
    if (!example) {
      this.root.dataset.state = 'writing'
      this.panel.show(takes.length > 1 ? takes : [])
    }
    this.stand.present(takes[this.chosen], engravings[this.chosen])
    this.panel.choose(this.chosen)
    this.#ghosts()
    this.#writing()
  }

  #barCame(take, bar) {
    this.panel.refresh()
    if (take !== this.chosen) return
    this.stand.roll.redraw()
    this.stand.transport.refresh()
    if (this.root.dataset.state === 'empty') return
    this.#writing()
    const bars = this.composition.piece.barCount
    at('spoken').textContent = fill(gettext('Bar {bar} of {bars} written'), { bar: bar + 1, bars })
  }

  #systemCame({ take, index, system, old }) {
    this.panel.draw(take, index, this.composition.engravings[take].systems)
    if (take !== this.chosen) return
    const { sheet, player } = this.stand
    sheet.place(index, system, old)
    const writing = !this.composition.takes[take].finished
    const fresh = old && old.first === system.first ? old.last + 1 : system.first
    if (writing && fresh <= system.last) system.inkIn(fresh, Math.min(Math.max((player.pace.interval ?? 0.5) * 1000, 160), 1200))
    if (index === 0) this.guess = system.last - system.first + 1
    this.#ghosts()
    sheet.writeAt(writing && this.root.dataset.state === 'writing' ? this.composition.engravings[take].systems.at(-1) : null)
    this.stand.refresh()
    if (writing && !player.playing && this.root.dataset.state === 'writing') sheet.reveal(system.node)
  }

  #ghosts() {
    const { piece, engravings } = this.composition
    const engraved = (engravings[this.chosen].systems.at(-1)?.last ?? -1) + 1
    const staves = piece.parts.reduce((sum, part) => sum + part.staves, 0)
    const ended = this.composition.state !== 'writing' && this.root.dataset.state !== 'empty'
    this.stand.sheet.await(ended ? 0 : Math.ceil((piece.barCount - engraved) / this.guess), staves)
  }

  #writing() {
    const { takes, piece } = this.composition
    if (this.root.dataset.state === 'empty') return this.#say('')
    const bar = Math.min((takes[this.chosen]?.barsWritten ?? 0) + 1, piece.barCount)
    this.#say(fill(gettext('Composing bar {bar} of {bars}'), { bar, bars: piece.barCount }))
  }

  #done() {
    if (this.root.dataset.state === 'empty') return this.#quiet()
    this.root.dataset.state = 'done'
    at('spoken').textContent = gettext('The piece is finished.')
    this.#quiet()
    if (this.resumed) this.#recall()
  }

  /** After a reload: which takes were kept already. */
  async #recall() {
    const { takes } = this.composition
    const known = await Promise.allSettled(takes.map((take) => request('GET', `/tracks/${take.track}`)))
    known.forEach(({ value }, index) => (takes[index].kept = Boolean(value?.kept)))
    this.panel.refresh()
    this.#foot()
  }

  #quiet() {
    at('cancel').hidden = true
    this.#say('')
    this.stand.sheet.writeAt(null)
    this.stand.sheet.await(0, 0)
    this.stand.describe()
    this.stand.refresh()
    this.panel.refresh()
    this.#foot()
  }

  #ended(state, words) {
    this.root.dataset.state = state
    this.#quiet()
    this.#leaveJob()
    const again = { label: gettext('Compose again'), run: () => this.compose() }
    notify(words, { warning: state === 'failed', stay: state === 'failed', action: again })
  }

  #leaveJob() {
    this.job = null
    history.replaceState(null, '', '/')
  }

  #link(link) {
    this.root.dataset.link = link
    if (link === 'gone') return this.#ended('failed', gettext('This piece is not yours to follow any more.'))
    if (link === 'open') return this.composition.piece ? this.#writing() : this.#say(gettext('Waiting for the composer'))
    this.#say(link === 'offline' ? gettext('You are offline. The piece goes on without you and will be here.') : gettext('Reconnecting. Nothing is lost.'))
  }

  #say(words) {
    at('status-words').textContent = words
  }

  #foot() {
    const take = this.composition.takes[this.chosen]
    at('sheet-foot').replaceChildren(...(take ? footOf(take, { member: this.member, onKeep: () => this.keep(this.chosen) }) : []))
  }

  choose(index) {
    const { takes, engravings } = this.composition ?? {}
    if (!takes?.[index] || index === this.chosen) return
    this.chosen = index
    this.composition.choose(index)
    this.panel.choose(index)
    this.stand.present(takes[index], engravings[index])
    this.stand.sheet.writeAt(takes[index].finished ? null : engravings[index].systems.at(-1))
    this.#ghosts()
    this.#foot()
  }

  async keep(index) {
    const take = this.composition?.takes[index]
    if (!take?.track) return
    try {
      const { kept } = await request('PATCH', `/tracks/${take.track}`, { kept: !take.kept })
      take.kept = kept
      if (kept) notify(gettext('Kept in your library.'))
    } catch (error) {
      notify(error.message, { warning: true })
    }
    this.panel.refresh()
    this.#foot()
  }

  async cancel() {
    if (!this.job || !['waiting', 'writing'].includes(this.root.dataset.state)) return
    try {
      await request('DELETE', `/compositions/${this.job}`)
    } catch (error) {
      notify(error.message, { warning: true })
    }
  }
}
