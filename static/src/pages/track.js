/** A track's page: its score on the stand, and what its owner may do with it. */
import '../styles/controls.css'
import '../styles/studio.css'
import '../styles/score.css'
import '../styles/transport.css'
import '../styles/track.css'
import { request } from '../shared/api.js'
import { gettext } from '../shared/i18n.js'
import { notify } from '../shared/notices.js'
import { Engraver } from '../score/engraver.js'
import { Engraving, prefer } from '../score/engraving.js'
import { Piece, Take } from '../score/take.js'
import { listen } from '../stand/keyboard.js'
import { Stand } from '../stand/stand.js'
import { shareLink } from '../studio/foot.js'
import { writeHeading } from '../studio/heading.js'
import { editTitle } from '../track/title.js'
import { offerDeletion } from '../track/deletion.js'

const at = (id) => document.getElementById(id)
const { code, mine } = at('track').dataset
const stand = new Stand()
const engraver = new Engraver()

/** Fetches the notes and the score together; the roll stands at once, the engraving when it is ready. */
async function open() {
  const [score, xml] = await Promise.all([fetched(`/t/${code}/score`), fetched(`/t/${code}.musicxml`)])
  const { notes, performance, ...start } = await score.json()
  const piece = new Piece(start)
  const take = new Take(piece, 0)
  take.addBar(piece.barCount - 1, notes, performance)
  take.finished = true
  const engraving = new Engraving(piece, (index, system, old) => (stand.sheet.place(index, system, old), stand.refresh()))
  prefer(engraving)
  writeHeading(piece)
  stand.present(take, engraving)
  engraver.addEventListener('systems', ({ detail }) => engraving.replace(detail.from, detail.systems))
  engraver.document(0, await xml.text())
  followWidth()
}

async function fetched(address) {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(gettext('The score could not be fetched. It is safe; load the page again.'))
  return answer
}

function followWidth() {
  const systems = at('systems')
  let timer = null
  new ResizeObserver(() => {
    clearTimeout(timer)
    timer = setTimeout(() => engraver.width(systems.clientWidth), 200)
  }).observe(systems)
}

function whole(act) {
  return (...given) => act(...given).catch((error) => notify(error.message, { warning: true }))
}

at('copy-link').addEventListener('click', whole(async () => {
  if (mine === 'yes' && at('visibility').value === 'private') {
    await shareLink(code)
    at('visibility').value = 'unlisted'
  } else {
    await navigator.clipboard.writeText(location.href)
    notify(gettext('Link copied.'))
  }
}))

if (mine === 'yes') {
  editTitle(code, whole)
  offerDeletion(code, whole)
  at('visibility').addEventListener('change', whole(async () => {
    await request('PATCH', `/tracks/${code}`, { visibility: at('visibility').value })
    notify(at('visibility').selectedOptions[0].label)
  }))
  at('duplicate').addEventListener('click', whole(async () => {
    const { url } = await request('POST', `/tracks/${code}/duplicate`)
    location.assign(url)
  }))
}

at('help').addEventListener('click', () => stand.toggleShortcuts())
listen({ ...stand.keys, Escape: () => stand.toggleShortcuts(false) })
engraver.width(at('systems').clientWidth)
open().catch((error) => notify(error.message, { warning: true, stay: true }))
