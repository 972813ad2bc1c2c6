/** The controls: what a person asks for, as a brief and back. */
import { fill, gettext } from '../shared/i18n.js'
import { store, stored } from '../shared/storage.js'

const TEXTS = ['ensemble', 'key', 'metre', 'style']
const NUMBERS = ['tempo', 'bars', 'takes', 'seed']
const LEVELS = ['density', 'polyphony', 'tessitura', 'syncopation', 'chromaticism']

export class Controls {
  constructor(form) {
    this.form = form
    this.fields = form.elements
    form.addEventListener('input', (event) => this.#touched(event.target))
    form.addEventListener('change', () => this.#remember())
    for (const button of form.querySelectorAll('[data-reset]')) {
      button.addEventListener('click', () => this.#setLevel(button.dataset.reset, null))
    }
    const tempoWord = form.querySelector('#tempo-word')
    tempoWord.addEventListener('change', () => (this.fields.tempo.value = tempoWord.value))
    this.brief = stored('brief', {})
  }

  get brief() {
    const brief = { engine: this.fields.engine.value, temperature: Number(this.#chosen('temperature') || 1) }
    for (const name of TEXTS) if (this.fields[name].value) brief[name] = this.fields[name].value
    for (const name of NUMBERS) if (this.fields[name].value !== '') brief[name] = Number(this.fields[name].value)
    for (const name of LEVELS) if (this.#level(name) !== null) brief[name] = this.#level(name)
    return brief
  }

  set brief(brief) {
    for (const name of [...TEXTS, ...NUMBERS]) {
      const value = String(brief[name] ?? '')
      if (value || !['ensemble', 'bars', 'takes'].includes(name)) this.#offer(this.fields[name], value)
    }
    for (const name of LEVELS) this.#setLevel(name, brief[name] ?? null)
    if (brief.temperature) this.#check('temperature', (value) => Math.abs(Number(value) - brief.temperature) < 0.04)
    this.#tempoWord()
    if (LEVELS.every((name) => brief[name] === undefined)) this.#check('mood', (value) => value === '')
  }

  /** Another person's link may ask for what the menu does not list. */
  #offer(field, value) {
    if (field.tagName === 'SELECT' && value && ![...field.options].some((option) => option.value === value)) {
      field.add(new Option(value, value))
    }
    field.value = value
  }

  #chosen(name) {
    return this.form.querySelector(`[name=${name}]:checked`)?.value
  }

  #check(name, fits) {
    for (const radio of this.form.querySelectorAll(`[name=${name}]`)) radio.checked = fits(radio.value)
  }

  #level(name) {
    const row = this.fields[name].closest('.slider')
    return row.hasAttribute('data-unset') ? null : Number(this.fields[name].value)
  }

  #setLevel(name, value) {
    const field = this.fields[name]
    const row = field.closest('.slider')
    row.toggleAttribute('data-unset', value === null)
    row.querySelector('.reset').hidden = value === null
    field.value = value ?? 0.5
    const words = value === null ? gettext('as it comes') : fill(gettext('{percent} percent'), { percent: Math.round(value * 100) })
    row.querySelector('output').textContent = words
    field.setAttribute('aria-valuetext', words)
  }

  #touched(field) {
    field.removeAttribute('aria-invalid')
    if (LEVELS.includes(field.name)) {
      this.#setLevel(field.name, Number(field.value))
      this.#check('mood', () => false)
    }
    if (field.name === 'mood') this.#mood(field)
    if (field.name === 'tempo') this.#tempoWord()
  }

  /** A mood moves the sliders; they stay where it put them, to be moved on. */
  #mood(radio) {
    for (const name of LEVELS) this.#setLevel(name, radio.dataset[name] === undefined ? null : Number(radio.dataset[name]))
  }

  #tempoWord() {
    const words = this.form.querySelector('#tempo-word')
    const tempo = Number(this.fields.tempo.value)
    const near = [...words.options].filter((option) => option.value && tempo)
    near.sort((a, b) => Math.abs(a.value - tempo) - Math.abs(b.value - tempo))
    words.value = near[0]?.value ?? ''
  }

  #remember() {
    const { seed: _seed, engine: _engine, ...brief } = this.brief
    store('brief', brief)
  }

  /** Everything that has no single right answer, drawn by lot; who plays and how long stays as it was set. */
  surprise() {
    const any = (name) => {
      const options = [...this.fields[name].options].filter((option) => option.value)
      return options[Math.floor(Math.random() * options.length)].value
    }
    const moods = [...this.form.querySelectorAll('[name=mood]')].filter((radio) => radio.value)
    const { takes, bars, temperature } = this.brief
    this.brief = { takes, bars, temperature, ensemble: any('ensemble'), key: any('key'), metre: any('metre') }
    const mood = moods[Math.floor(Math.random() * moods.length)]
    mood.checked = true
    this.#mood(mood)
    this.#remember()
  }

  /** Names the fields that were refused. @param {Array<{field: string, message: string}>} errors */
  refuse(message, errors = []) {
    const words = this.form.querySelector('#form-error')
    words.hidden = !message
    words.textContent = message
    for (const field of this.form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid')
    const refused = errors.map(({ field }) => this.fields[field]).filter((field) => field?.setAttribute)
    for (const field of refused) field.setAttribute('aria-invalid', 'true')
    if (refused[0]?.closest('details')) refused[0].closest('details').open = true
    refused[0]?.focus()
  }
}
