/** Building small pieces of the page without markup in strings. */
const SVG = 'http://www.w3.org/2000/svg'

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, '')
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value)
  }
  node.append(...children)
  return node
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(SVG, 'use')
  use.setAttribute('href', `#i-${name}`)
  svg.append(use)
  return svg
}

export const setIcon = (button, name) => button.querySelector('use')?.setAttribute('href', `#i-${name}`)

export const calmMotion = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches

/** Waits until nothing else is to be done, or for a little more than half a second. */
export const idle = () => new Promise((resolve) => (window.requestIdleCallback ?? setTimeout)(resolve, { timeout: 600 }))

/** Lets the page paint and answer before the next piece of work. */
export const breathe = () => globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve, 0))
