/** What lies on the stand before anything was composed: a small piece to play, fed as a job's events are. */
import exampleUrl from '../examples/example.json?url'

class ExampleFeed extends EventTarget {
  async begin() {
    const answer = await fetch(exampleUrl)
    if (!answer.ok || this.closed) return
    for (const event of await answer.json()) {
      if (!this.closed) this.dispatchEvent(new CustomEvent('event', { detail: event }))
    }
  }

  close() {
    this.closed = true
  }
}

export const openExample = () => new ExampleFeed()
