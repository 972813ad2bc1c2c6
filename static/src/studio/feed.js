/** The numbered events of a job, each exactly once and in order, through silence, lost sockets and reloads. */
const SILENCE = 3000
const RETRY = [300, 1000, 2000, 4000, 8000]
const GONE = 4404
const ENDS = new Set(['done', 'failed', 'cancelled'])

export class JobFeed extends EventTarget {
  constructor(id) {
    super()
    Object.assign(this, { id, seq: 0, tries: 0, ended: false, quiet: 0 })
    this.online = () => this.#connect()
    window.addEventListener('online', this.online)
    this.watch = setInterval(() => this.#listen(), SILENCE)
    this.heard = performance.now()
    this.#connect()
  }

  close() {
    this.ended = true
    clearInterval(this.watch)
    clearTimeout(this.retry)
    window.removeEventListener('online', this.online)
    this.#drop()
  }

  #drop() {
    if (!this.socket) return
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null
    this.socket.close()
    this.socket = null
  }

  #connect() {
    if (this.ended) return
    this.#drop()
    clearTimeout(this.retry)
    const address = new URL(`/ws/jobs/${this.id}/`, location.href)
    address.protocol = address.protocol.replace('http', 'ws')
    this.socket = new WebSocket(address)
    this.socket.onopen = () => {
      this.tries = 0
      this.heard = performance.now()
      this.#tell('open')
      this.#ask()
    }
    this.socket.onmessage = ({ data }) => this.#received(JSON.parse(data))
    this.socket.onclose = ({ code }) => this.#closed(code)
  }

  #ask() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ after: this.seq }))
  }

  /** After 3 s of silence we ask; after three such silences the line itself is in doubt. */
  #listen() {
    if (performance.now() - this.heard < SILENCE || this.socket?.readyState !== WebSocket.OPEN) return
    this.quiet += 1
    if (this.quiet % 3 === 0) this.#connect()
    else this.#ask()
  }

  #received(event) {
    this.heard = performance.now()
    this.quiet = 0
    if (event.seq <= this.seq) return
    if (event.seq > this.seq + 1) return this.#ask()
    this.seq = event.seq
    if (ENDS.has(event.kind)) this.close()
    this.dispatchEvent(new CustomEvent('event', { detail: event }))
  }

  #closed(code) {
    this.socket = null
    if (this.ended) return
    if (code === GONE) {
      this.close()
      return this.#tell('gone')
    }
    this.#tell(navigator.onLine ? 'reconnecting' : 'offline')
    this.retry = setTimeout(() => this.#connect(), RETRY[Math.min(this.tries, RETRY.length - 1)] * (0.8 + Math.random() * 0.4))
    this.tries += 1
  }

  #tell(link) {
    this.dispatchEvent(new CustomEvent('link', { detail: link }))
  }
}
