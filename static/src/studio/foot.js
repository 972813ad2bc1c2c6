/** Under the last system: keep, open, share and download what was written. */
import { request } from '../shared/api.js'
import { element, icon } from '../shared/dom.js'
import { gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'
import { asHeard } from '../stand/expression.js'

const FORMATS = [['mid', gettext('MIDI (score)')], ['performance.mid', gettext('MIDI (performance)')], ['musicxml', 'MusicXML'], ['pdf', gettext('PDF, A4')], ['wav', 'WAV'], ['ogg', 'Ogg'], ['mp3', 'MP3']]

export function downloadsMenu(code) {
  const links = FORMATS.map(([suffix, name]) => element('a', { href: asHeard(`/t/${code}.${suffix}`), download: '' }, name))
  links.splice(4, 0, element('a', { href: `/t/${code}.pdf?paper=Letter`, download: '' }, gettext('PDF, Letter')))
  return element('details', { class: 'menu' }, element('summary', {}, icon('download'), gettext('Download')), element('div', {}, ...links))
}

export async function shareLink(code) {
  await request('PATCH', `/tracks/${code}`, { visibility: 'unlisted' })
  const link = `${location.origin}/t/${code}`
  try {
    await navigator.clipboard.writeText(link)
    notify(gettext('Link copied. Everybody who has it can see and hear this piece.'))
  } catch {
    notify(`${gettext('Everybody who has this link can see and hear this piece:')} ${link}`, { stay: true })
  }
}

/** @param {{member: boolean, onKeep: () => void}} options */
export function footOf(take, { member, onKeep }) {
  if (!take.track) return []
  const keep = element('button', { type: 'button', id: 'keep', 'aria-pressed': String(take.kept), title: `${gettext('Keep')} (K)` }, icon('keep'), take.kept ? gettext('Kept') : gettext('Keep'))
  keep.addEventListener('click', onKeep)
  const open = element('a', { class: 'button', href: `/t/${take.track}` }, gettext('Open its page'))
  const share = element('button', { type: 'button' }, icon('link'), gettext('Copy link'))
  share.addEventListener('click', () => shareLink(take.track).catch((error) => notify(error.message, { warning: true })))
  const parts = [keep, open, share, downloadsMenu(take.track)]
  if (!member && take.kept) {
    const to = `/accounts/signup/?next=${encodeURIComponent(`/t/${take.track}`)}`
    parts.push(element('p', { class: 'signup' }, `${gettext('Kept in this browser.')} `, element('a', { href: to }, gettext('Sign up to keep it for good'))))
  }
  return parts
}
