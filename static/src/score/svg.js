/** Engraved SVG, parsed and allow-listed: nothing but drawing comes through. */
import { breathe } from '../shared/dom.js'

const ELEMENTS = new Set(
  'svg g defs symbol path use text tspan rect ellipse circle polygon polyline line'.split(' '),
)
const ATTRIBUTES = new Set(
  ('class d transform x y x1 x2 y1 y2 width height viewBox points cx cy r rx ry fill fill-opacity stroke ' +
    'stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-opacity opacity font-size font-family ' +
    'font-style font-weight text-anchor textLength lengthAdjust overflow').split(' '),
)
const SLICE = 12 // milliseconds of work after which the page may paint and answer
const SVG = 'http://www.w3.org/2000/svg'
const parser = new DOMParser()

/** Note ids stand in `data-id`, so that copies of a system may share the page.
 * @returns {Promise<SVGSVGElement>}
 */
export async function parseSvg(text) {
  const root = parser.parseFromString(text, 'image/svg+xml').documentElement
  if (root.namespaceURI !== SVG) throw new Error('The engraver returned no SVG.')
  const svg = await cleaned(root)
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('focusable', 'false')
  svg.classList.add('engraved')
  return svg
}

/** A copy of what is allowed, made in slices: a system of four voices holds a thousand elements. */
async function cleaned(root) {
  const svg = copy(root)
  const open = [[root, svg]]
  for (let started = performance.now(); open.length; ) {
    open.push(...copyChildren(...open.pop()))
    if (performance.now() - started < SLICE) continue
    await breathe()
    started = performance.now()
  }
  return svg
}

function copy(source) {
  const target = document.createElementNS(SVG, source.localName)
  for (const { name, value } of source.attributes) {
    if (ATTRIBUTES.has(name)) target.setAttribute(name, value)
    else if (name === 'href' && value.startsWith('#')) target.setAttribute('href', value)
    else if (name === 'id') keepId(source, target, value)
  }
  return target
}

/** Pairs of child and copy whose own children are still to be copied. */
function copyChildren(source, target) {
  const pairs = []
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      if (source.localName === 'tspan' || source.localName === 'text') target.append(child.data)
    } else if (child.nodeType === Node.ELEMENT_NODE && child.namespaceURI === SVG && ELEMENTS.has(child.localName)) {
      pairs.push([child, copy(child)])
      target.append(pairs.at(-1)[1])
    }
  }
  return pairs
}

function keepId(source, target, value) {
  if (source.parentNode.localName === 'defs') target.id = value
  else if (source.classList.contains('note')) target.dataset.id = value
}
