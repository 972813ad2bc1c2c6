/** Names of notes as musicians of each tongue say them: the B of English is the H of German. */
import { pgettext } from './i18n.js'

const NAMES = {
  'C♭': pgettext('note', 'C♭'),
  'C': pgettext('note', 'C'),
  'C♯': pgettext('note', 'C♯'),
  'D♭': pgettext('note', 'D♭'),
  'D': pgettext('note', 'D'),
  'D♯': pgettext('note', 'D♯'),
  'E♭': pgettext('note', 'E♭'),
  'E': pgettext('note', 'E'),
  'E♯': pgettext('note', 'E♯'),
  'F♭': pgettext('note', 'F♭'),
  'F': pgettext('note', 'F'),
  'F♯': pgettext('note', 'F♯'),
  'G♭': pgettext('note', 'G♭'),
  'G': pgettext('note', 'G'),
  'G♯': pgettext('note', 'G♯'),
  'A♭': pgettext('note', 'A♭'),
  'A': pgettext('note', 'A'),
  'A♯': pgettext('note', 'A♯'),
  'B♭': pgettext('note', 'B♭'),
  'B': pgettext('note', 'B'),
  'B♯': pgettext('note', 'B♯'),
}

/** `Bb` as it is printed: B♭, in German B. */
export function noteName(spelled) {
  const printed = spelled.slice(0, 1) + spelled.slice(1).replaceAll('b', '♭').replaceAll('#', '♯')
  return NAMES[printed] ?? printed
}
