/** Engraves growing scores away from the page's main thread.
 *
 * In:  {type: 'load', score, run, partList}     begin a score (one for each take)
 *      {type: 'bar', score, run, bar, measures} a bar's MusicXML by part
 *      {type: 'finish', score, run}             all bars are there: lay the whole out once
 *      {type: 'document', score, run, xml}      a whole MusicXML document
 *      {type: 'width', width}                   page width in the engraver's units
 *      {type: 'prefer', score}                  whose systems come first
 * Out: {type: 'systems', score, run, from, systems: [{svg, first, last}], whole}
 *      systems `from` on are these now; `whole` says that no other follows them.
 */
import createVerovioModule from 'verovio/wasm'
import { VerovioToolkit } from 'verovio/esm'
import { GrowingDocument } from './document.js'

const OPTIONS = {
  adjustPageHeight: true,
  breaks: 'auto',
  footer: 'none',
  header: 'none',
  pageHeight: 100, // the least: every system becomes a page, and so an SVG of its own
  pageMarginBottom: 15,
  pageMarginLeft: 0,
  pageMarginRight: 0,
  pageMarginTop: 15,
  scale: 100,
  spacingLinear: 0.3,
  spacingNonLinear: 0.62,
  smuflTextFont: 'none',
  svgRemoveXlink: true,
  svgViewBox: true,
}

/** A growing line keeps its natural width, so that its bars stay where they were inked; a finished one is filled. */
const RAGGED = 1
const FILLED = 0.6

/** The page's own style sheet says the same; a style element would break its security policy. */
const STYLES = /<style[\s\S]*?<\/style>/g

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
  load: ({ score, run, partList }) =>
    scores.set(score, { run, document: new GrowingDocument(partList), start: 0, systems: 0, engraved: 0, dirty: false }),
  bar: ({ score, run, bar, measures }) => withScore(score, run, (it) => {
    it.document.add(bar, measures)
    it.dirty = true
  }),
  finish: ({ score, run }) => withScore(score, run, (it) => Object.assign(it, { whole: true, dirty: true })),
  document: ({ score, run, xml }) => scores.set(score, { run, xml, whole: true, dirty: true }),
  width: (data) => {
    if (data.width === width) return
    width = data.width
    for (const it of scores.values()) Object.assign(it, { start: 0, systems: 0, engraved: 0, dirty: true })
  },
  prefer: ({ score }) => (preferred = score),
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

/** One score's work at a time, the preferred first, looking for new messages in between. */
async function pump() {
  if (busy || !toolkit) return
  busy = true
  for (let score = next(); score !== undefined; score = next()) {
    const it = scores.get(score)
    it.dirty = false
    if (it.whole) engraveWhole(score, it)
    else engraveGrowing(score, it)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  busy = false
}

function next() {
  if (scores.get(preferred)?.dirty) return preferred
  for (const [score, it] of scores) if (it.dirty) return score
  return undefined
}

/** Only the system that still grows: what it outgrows is settled and left alone. */
function engraveGrowing(score, it) {
  const end = it.document.written
  if (end <= it.start || end === it.engraved) return
  const systems = engrave(it.document.excerpt(it.start, end), it.start, RAGGED)
  postMessage({ type: 'systems', score, run: it.run, from: it.systems, systems, whole: false })
  it.engraved = end
  it.systems += systems.length - 1
  it.start = systems.at(-1).first
}

function engraveWhole(score, it) {
  const systems = engrave(it.xml ?? it.document.excerpt(0, it.document.written), 0, FILLED)
  postMessage({ type: 'systems', score, run: it.run, from: 0, systems, whole: true })
}

function engrave(xml, firstBar, minLastJustification) {
  toolkit.setOptions({ ...OPTIONS, minLastJustification, pageWidth: width })
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
