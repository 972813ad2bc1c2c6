/** The title block of the sheet, as an edition prints it. */
import { fill, gettext } from '../shared/i18n.js'
import { printedKey } from '../stand/words.js'

const TEMPO_WORDS = [[58, 'Largo'], [76, 'Adagio'], [98, 'Andante'], [112, 'Moderato'], [126, 'Allegretto'], [150, 'Allegro'], [174, 'Vivace'], [999, 'Presto']]
const at = (id) => document.getElementById(id)

export function tempoWord(bpm) {
  return TEMPO_WORDS.find(([limit]) => bpm < limit)[1]
}

export function playersOf(piece) {
  const names = { satb: gettext('for choir in four parts'), 'string-quartet': gettext('for string quartet'), piano: gettext('for piano'), 'voice-and-piano': gettext('for voice and piano'), melody: gettext('for one melody instrument'), duet: gettext('for melody and bass') }
  return names[piece.brief.ensemble] ?? piece.parts.map((part) => part.name).join(', ')
}

export function writeHeading(piece, { overline = '', maker = '' } = {}) {
  const bpm = Math.round(piece.tempos[0].bpm)
  at('sheet-overline').textContent = overline
  at('sheet-title').textContent = piece.title
  at('sheet-subtitle').textContent = playersOf(piece)
  at('sheet-tempo').textContent = tempoWord(bpm)
  at('sheet-maker').textContent = maker || (piece.brief.seed === undefined || piece.brief.seed === null ? '' : fill(gettext('Partita, no. {seed}'), { seed: piece.brief.seed }))
}

export function writeWaiting(brief) {
  at('sheet-overline').textContent = ''
  at('sheet-title').textContent = brief.key ? fill(gettext('A piece in {key}'), { key: printedKey(brief.key) }) : gettext('A new piece')
  at('sheet-subtitle').textContent = ''
  at('sheet-tempo').textContent = ''
  at('sheet-maker').textContent = ''
}
