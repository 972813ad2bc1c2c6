/** The outline of a take, as the server draws it for pieces that are kept. */
const SVG = 'http://www.w3.org/2000/svg'

export function outline(svg, take) {
  const { width, height } = svg.viewBox.baseVal
  const pitches = take.notes.map((note) => note.pitch)
  const [low, high] = [Math.min(...pitches), Math.max(...pitches)]
  const across = (ticks) => (width * ticks) / take.piece.length
  const stroke = ({ onset, duration, pitch }) => {
    const y = height - 2 - ((height - 4) * (pitch - low)) / Math.max(high - low, 1)
    return `M${across(onset).toFixed(1)} ${y.toFixed(1)}h${Math.max(across(duration) - 0.7, 0.6).toFixed(1)}`
  }
  for (const part of take.piece.parts.keys()) {
    const path = document.createElementNS(SVG, 'path')
    path.setAttribute('class', `part-${part}`)
    path.setAttribute('d', take.notes.filter((note) => note.part === part).map(stroke).join(''))
    svg.append(path)
  }
}
