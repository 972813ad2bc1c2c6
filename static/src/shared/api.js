/** Talks to /api/v1 with the session's cookie; a refusal becomes an ApiError with words for a person. */
import { gettext } from './i18n.js'

export class ApiError extends Error {
  /** @param {number} status 0 when the server was not reached; @param {Array<{field: string, message: string}>} fields */
  constructor(status, message, fields = [], retryAfter = null) {
    super(message)
    Object.assign(this, { status, fields, retryAfter })
  }
}

function csrfToken() {
  const cookie = document.cookie.split('; ').find((pair) => pair.startsWith('csrftoken='))
  return cookie?.slice('csrftoken='.length) ?? document.querySelector('input[name=csrfmiddlewaretoken]')?.value ?? ''
}

function wordsFor(status, detail) {
  if (typeof detail === 'string' && detail) return detail
  if (status === 404) return gettext('This is not here any more, or it is not yours to open.')
  if (status === 429) return gettext('You have several pieces under way. Wait for one to end, or cancel it.')
  if (status === 503) return gettext('The composers are not at their desks. Your settings are safe; try again in a minute.')
  if (status >= 500) return gettext('Something broke on our side. Nothing you kept is lost; try again.')
  return gettext('That could not be done.')
}

export async function request(method, path, body) {
  let answer
  try {
    answer = await fetch(`/api/v1${path}`, {
      method,
      headers: { 'X-CSRFToken': csrfToken(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  } catch {
    throw new ApiError(0, gettext('The server cannot be reached. Check the connection; your settings are safe.'))
  }
  const data = await answer.json().catch(() => null)
  if (answer.ok) return data
  throw new ApiError(answer.status, wordsFor(answer.status, data?.detail), data?.errors ?? [], answer.headers.get('Retry-After'))
}
