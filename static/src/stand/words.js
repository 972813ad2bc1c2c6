/** The score in words: for those who listen to the page instead of looking at it. */
import { fill, gettext, ngettext } from '../shared/i18n.js'
import { noteName } from '../shared/notenames.js'

const STEPS = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B']

export function printedKey(key) {
  const [tonic = '', mode = ''] = (key ?? '').split(' ')
  const name = noteName(tonic)
  if (mode === 'major') return fill(gettext('{tonic} major'), { tonic: name })
  if (mode === 'minor') return fill(gettext('{tonic} minor'), { tonic: name })
  return `${name} ${mode}`.trim()
}

export function pitchName(note) {
  return `${noteName(note.spelling ?? STEPS[note.pitch % 12])}${Math.floor(note.pitch / 12) - 1}`
}

/** "A score for Soprano, Alto, Tenor and Bass in D minor, 3/4, 8 bars, 100 notes." */
export function scoreInWords(take) {
  const { piece } = take
  const players = new Intl.ListFormat(document.documentElement.lang || 'en').format(piece.parts.map((part) => part.name))
  const metre = piece.metres[0] ? `${piece.metres[0].numerator}/${piece.metres[0].denominator}` : ''
  const bars = fill(ngettext('{count} bar', '{count} bars', piece.barCount), { count: piece.barCount })
  const notes = fill(ngettext('{count} note', '{count} notes', take.notes.length), { count: take.notes.length })
  const key = printedKey(piece.keys[0]?.name)
  return fill(gettext('{title}, a score for {players} in {key}, {metre}: {bars}, {notes}. Arrow keys walk through it.'), {
    title: piece.title, players, key, metre, bars, notes,
  })
}

/** "Bar 3, Alto: F♯4" */
export function noteInWords(note, piece) {
  return fill(gettext('Bar {bar}, {part}: {pitch}'), {
    bar: piece.barAt(note.onset) + 1,
    part: piece.parts[note.part]?.name ?? '',
    pitch: pitchName(note),
  })
}
