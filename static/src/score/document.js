/** Puts bars' MusicXML together into documents: the whole score, or a stretch that stands alone. */
const ATTRIBUTES = /<attributes[^>]*>([\s\S]*?)<\/attributes>/g
const SIMPLE = ['divisions', 'key', 'time', 'staves', 'transpose']
const ORDER = ['divisions', 'key', 'time', 'staves', 'clef', 'transpose']

export class GrowingDocument {
  /** @param {string} partList the `<part-list>` element */
  constructor(partList) {
    this.partList = partList
    this.partIds = [...partList.matchAll(/<score-part id="([^"]+)"/g)].map((match) => match[1])
    this.bars = []
  }

  /** A whole document taken apart. */
  static parse(xml) {
    const document = new GrowingDocument(xml.match(/<part-list>[\s\S]*?<\/part-list>/)[0])
    const parts = [...xml.matchAll(/<part [\s\S]*?<\/part>/g)].map(([part]) => part.match(/<measure[ >][\s\S]*?<\/measure>/g) ?? [])
    parts[0].forEach((_, bar) => document.add(bar, Object.fromEntries(parts.map((measures, part) => [part, measures[bar]]))))
    return document
  }

  /** @param {Record<string, string>} measures a `<measure>` element for each part's index */
  add(bar, measures) {
    this.bars[bar] = measures
  }

  /** How many bars stand without a gap. */
  get written() {
    let count = 0
    while (this.bars[count]) count += 1
    return count
  }

  /** Bars `first` to `end` (exclusive) as a document with the clefs, key and metre in force there.
   * @param {number[]} lines first bars of the lines, where they are to be kept
   */
  excerpt(first, end, lines = []) {
    const parts = this.partIds.map((id, part) => {
      const measures = this.bars.slice(first, end).map((bar) => bar[part] ?? '')
      if (part === 0) for (const line of lines) if (line > first) measures[line - first] = onNewLine(measures[line - first])
      if (first > 0) measures[0] = withAttributes(withoutLooseTies(measures[0], 'stop'), this.attributesBefore(first, part))
      measures.push(withoutLooseTies(measures.pop(), 'start'))
      return `<part id="${id}">${measures.join('')}</part>`
    })
    const list = first > 0 ? abbreviated(this.partList) : this.partList
    return `<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">${list}${parts.join('')}</score-partwise>`
  }

  /** What the attributes of all earlier bars add up to. */
  attributesBefore(first, part) {
    const state = new Map()
    for (const bar of this.bars.slice(0, first)) {
      if (!bar[part]?.includes('<attributes')) continue
      for (const [, inner] of bar[part].matchAll(ATTRIBUTES)) readAttributes(inner, state)
    }
    return ORDER.flatMap((name) => [...state].filter(([key]) => key.startsWith(name)).map(([, xml]) => xml)).join('')
  }
}

function readAttributes(inner, state) {
  for (const name of SIMPLE) {
    const found = inner.match(new RegExp(`<${name}[ >][\\s\\S]*?</${name}>`))
    if (found) state.set(name, found[0])
  }
  for (const clef of inner.match(/<clef[ >][\s\S]*?<\/clef>/g) ?? []) {
    state.set(`clef ${clef.match(/number="(\d)"/)?.[1] ?? 1}`, clef)
  }
}

/** A tie whose other end lies outside the excerpt is left out; the whole score draws it later.
 * The pieces of a long note are called `id`, `id-1`, `id-2`: their neighbours are known by name.
 */
function withoutLooseTies(measure, type) {
  const step = type === 'start' ? 1 : -1
  return measure.replace(/<note id="([^"]+)"[\s\S]*?<\/note>/g, (note, id) => {
    const [base, piece = 0] = id.split('-')
    const neighbour = Number(piece) + step === 0 ? base : `${base}-${Number(piece) + step}`
    if (measure.includes(`<note id="${neighbour}"`)) return note
    return note.replace(new RegExp(`<tied? type="${type}"[^>]*>(</tied?>)?`, 'g'), '')
  })
}

function onNewLine(measure) {
  return measure.replace(/<measure[^>]*>/, (open) => `${open}<print new-system="yes"/>`)
}

function withAttributes(measure, attributes) {
  const quiet = attributes.replace(/<time(?![^>]*print-object)/, '<time print-object="no"')
  return measure.replace(/<measure[^>]*>/, (open) => `${open}<attributes>${quiet}</attributes>`)
}

/** Later systems name their parts in short. */
function abbreviated(partList) {
  return partList.replace(/<score-part [\s\S]*?<\/score-part>/g, (part) => {
    const short = part.match(/<part-abbreviation[^>]*>([^<]*)</)?.[1] ?? ''
    return part.replace(/<part-name[^>]*>[^<]*<\/part-name>|<part-name[^>]*\/>/, `<part-name>${short}</part-name>`)
  })
}
