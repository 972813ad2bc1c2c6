/** Engraved SVG, parsed and allow-listed: nothing but drawing comes through. */
const ELEMENTS = new Set(
  'svg g defs symbol path use text tspan rect ellipse circle polygon polyline line'.split(' '),
)
const ATTRIBUTES = new Set(
  ('class d transform x y x1 x2 y1 y2 width height viewBox points cx cy r rx ry fill fill-opacity stroke ' +
    'stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-opacity opacity font-size font-family ' +
    'font-style font-weight text-anchor textLength lengthAdjust overflow').split(' '),
)
const SVG = 'http://www.w3.org/2000/svg'
const parser = new DOMParser()

/** @returns {SVGSVGElement} note ids stand in `data-id`, so that copies of a system may share the page */
export function parseSvg(text) {
  const root = parser.parseFromString(text, 'image/svg+xml').documentElement
  if (root.namespaceURI !== SVG) throw new Error('The engraver returned no SVG.')
  const svg = clean(root)
  svg.setAttribute('aria-hidden', 'true')
  svg.setAttribute('focusable', 'false')
  svg.classList.add('engraved')
  return svg
}

function clean(source) {
  const target = document.createElementNS(SVG, source.localName)
  for (const { name, value } of source.attributes) {
    if (ATTRIBUTES.has(name)) target.setAttribute(name, value)
    else if (name === 'href' && value.startsWith('#')) target.setAttribute('href', value)
    else if (name === 'id') keepId(source, target, value)
  }
  for (const child of source.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      if (source.localName === 'tspan' || source.localName === 'text') target.append(child.data)
    } else if (child.nodeType === Node.ELEMENT_NODE && child.namespaceURI === SVG && ELEMENTS.has(child.localName)) {
      target.append(clean(child))
    }
  }
  return target
}

function keepId(source, target, value) {
  if (source.parentNode.localName === 'defs') target.id = value
  else if (source.classList.contains('note')) target.dataset.id = value
}
