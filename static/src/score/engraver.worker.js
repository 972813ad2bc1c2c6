/** Engraves growing scores away from the page's main thread.
 *
 * In:  {type: 'load', score, run, partList, total} begin a score of so many bars (one for each take)
 *      {type: 'bar', score, run, bar, measures}    a bar's MusicXML by part
 *      {type: 'finish', score, run}                all bars are there: lay the whole out once
 *      {type: 'document', score, run, xml}         a whole MusicXML document
 *      {type: 'width', width}                      page width in the engraver's units
 *      {type: 'prefer', score}                     whose systems come first
 * Out: {type: 'systems', score, run, from, systems: [{svg, first, last}]}
 *      systems `from` on are these now, and no other follows them yet.
 */
import createVerovioModule from 'verovio/wasm'
import { VerovioToolkit } from 'verovio/esm'
import { GrowingDocument } from './document.js'
import { capacityOf, planLines } from './lines.js'

const OPTIONS = {
  adjustPageHeight: true,
  footer: 'none',
  header: 'none',
  pageHeight: 100, // the least: every system becomes a page, and so an SVG of its own
  pageMarginBottom: 15,
  pageMarginLeft: 0,
  pageMarginRight: 0,
  pageMarginTop: 15,
  scale: 100,
  smuflTextFont: 'none',
  svgRemoveXlink: true,
  svgViewBox: true,
}

/** A growing line keeps its natural width, so that its bars stay where they were inked; a finished one is filled. */
const RAGGED = 1
const FULL = 0
const FILLED = 0.6

/** A last line with this share of the bars of the line before it is filled like that one. */
const ALIKE = 0.7

/** Bars by which the first line is judged when many are there at once. */
const SAMPLE = 4

/** The page's own style sheet says the same; a style element would break its security policy. */
const STYLES = /<style[\s\S]*?<\/style>/g

const UNLAID = { engraved: 0, plan: null, most: Infinity }

const scores = new Map()
let toolkit = null
let width = 2200
let preferred = null
let busy = false

self.onmessage = ({ data }) => {
  handlers[data.type](data)
  pump()
}

const handlers = {
  load: ({ score, run, partList, total }) => scores.set(score, fresh(run, new GrowingDocument(partList), total)),
  bar: ({ score, run, bar, measures }) => withScore(score, run, (it) => {
    it.document.add(bar, measures)
    it.dirty = true
  }),
  finish: ({ score, run }) => withScore(score, run, (it) => Object.assign(it, { whole: true, dirty: true })),
  document: ({ score, run, xml }) => {
    const document = GrowingDocument.parse(xml)
    scores.set(score, { ...fresh(run, document, document.written), whole: true, dirty: true })
  },
  width: (data) => {
    if (data.width === width) return
    width = data.width
    for (const it of scores.values()) Object.assign(it, { ...UNLAID, lines: [0], dirty: it.document.written > 0 })
  },
  prefer: ({ score }) => (preferred = score),
}

/** `lines` are the first bars of the lines so far, `plan` those of all lines; `engraved` counts bars that stand. */
function fresh(run, document, total) {
  return { run, document, total, lines: [0], ...UNLAID, whole: false, dirty: false }
}

function withScore(score, run, change) {
  const it = scores.get(score)
  if (it?.run === run) change(it)
}

createVerovioModule({ print() {}, printErr() {} }).then((module) => {
  toolkit = new VerovioToolkit(module)
  postMessage({ type: 'ready' })
  pump()
})

/** One line at a time, the preferred score first, looking for new messages in between. */
async function pump() {
  if (busy || !toolkit) return
  busy = true
  for (let score = next(); score !== undefined; score = next()) {
    const it = scores.get(score)
    if (it.engraved < it.document.written) engraveLine(score, it)
    else if (it.whole) engraveWhole(score, it)
    it.dirty = it.engraved < it.document.written || (it.whole && !it.laid)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  busy = false
}

function next() {
  if (scores.get(preferred)?.dirty) return preferred
  for (const [score, it] of scores) if (it.dirty) return score
  return undefined
}

/** Only the line that still grows: what is full is settled and left alone. */
function engraveLine(score, it) {
  it.laid = false
  const start = it.lines.at(-1)
  const limit = it.plan ? (it.plan.find((first) => first > start) ?? it.total) : start + SAMPLE
  const end = Math.min(it.document.written, limit)
  const full = it.plan && end === limit
  const systems = engrave(it.document.excerpt(start, end), start, full ? FULL : RAGGED, 'auto')
  if (start === 0 && systems.length > 1) return replan(it, systems[0].last + 1)
  postMessage({ type: 'systems', score, run: it.run, from: it.lines.length - 1, systems })
  it.engraved = end
  it.lines.push(...systems.slice(1).map((system) => system.first))
  if (start === 0) it.plan = planned(it, systems[0], end)
  if (systems.length === 1 && it.plan.includes(end)) it.lines.push(end)
}

/** The lines of the whole piece, judged by the bars that stand on the first one; it never loses one it has. */
function planned(it, { svg, last }, end) {
  const plan = planLines(it.total, Math.min(capacityOf(svg, last + 1, width), it.most))
  return (plan[1] ?? it.total) >= end ? plan : (it.plan ?? plan)
}

/** The first line holds fewer bars than it promised: never promise more again. */
function replan(it, capacity) {
  it.most = capacity
  it.plan = planLines(it.total, capacity)
}

/** The whole score at once, on the lines it grew on: ties and slurs now cross them. */
function engraveWhole(score, it) {
  const { written } = it.document
  const lines = it.lines.filter((first) => first < written)
  const xml = it.document.excerpt(0, written, lines)
  const [before = written, last] = lines.length > 1 ? [lines.at(-1) - lines.at(-2), written - lines.at(-1)] : []
  const filled = last >= before * ALIKE ? FULL : FILLED
  const systems = engrave(xml, 0, filled, lines.length > 1 ? 'line' : 'auto')
  postMessage({ type: 'systems', score, run: it.run, from: 0, systems })
  it.laid = true
}

function engrave(xml, firstBar, minLastJustification, breaks) {
  toolkit.setOptions({ ...OPTIONS, breaks, minLastJustification, pageWidth: width })
  toolkit.loadData(xml)
  const systems = []
  for (let page = 1, first = firstBar; page <= toolkit.getPageCount(); page += 1) {
    const svg = toolkit.renderToSVG(page).replace(STYLES, '')
    const bars = svg.match(/class="measure"/g)?.length ?? 0
    systems.push({ svg, first, last: first + bars - 1 })
    first += bars
  }
  return systems
}
