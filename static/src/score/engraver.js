/** The page's side of the engraving worker. */
import musicFont from '@engraver/leipzig.woff2?url'
import EngraverWorker from './engraver.worker.js?worker'

/** Height of a staff in the engraver's units, at the scale the worker uses. */
const STAFF_UNITS = 72

document.fonts.add(new FontFace('Leipzig', `url(${musicFont})`)) // metronome marks and dynamics are text in it

export class Engraver extends EventTarget {
  constructor() {
    super()
    this.worker = new EngraverWorker()
    this.run = 0
    this.worker.onmessage = ({ data }) => {
      if (data.type === 'ready') this.dispatchEvent(new Event('ready'))
      else if (data.run === this.run) this.dispatchEvent(new CustomEvent('systems', { detail: data }))
    }
  }

  /** Forget every score; systems still under way for them are dropped. */
  restart() {
    this.run += 1
  }

  load(score, partList, total) {
    this.worker.postMessage({ type: 'load', score, run: this.run, partList, total })
  }

  bar(score, bar, measures) {
    this.worker.postMessage({ type: 'bar', score, run: this.run, bar, measures })
  }

  finish(score) {
    this.worker.postMessage({ type: 'finish', score, run: this.run })
  }

  document(score, xml) {
    this.worker.postMessage({ type: 'document', score, run: this.run, xml })
  }

  prefer(score) {
    this.worker.postMessage({ type: 'prefer', score })
  }

  /** @param {number} pixels width of the systems on the page */
  width(pixels) {
    const staff = pixels < 480 ? 21 : pixels < 760 ? 24 : 27
    this.worker.postMessage({ type: 'width', width: Math.round((pixels * STAFF_UNITS) / staff) })
  }
}
