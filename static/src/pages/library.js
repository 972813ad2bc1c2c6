/** The library: hear, rename, copy, delete and bring back, and watch what is being composed. */
import '../styles/pages.css'
import '../styles/library.css'
import { Acts } from '../library/acts.js'
import { Finder } from '../library/finder.js'
import { followJobs } from '../library/jobs.js'
import { Listening } from '../library/listening.js'
import { Shelf } from '../library/shelf.js'

const at = (id) => document.getElementById(id)
const shelf = new Shelf(at('shelf'))
const listening = new Listening(shelf, at('sound-state'))
new Acts(shelf, listening)
if (at('finder')) new Finder(at('finder'), shelf)
if (at('jobs')) followJobs(at('jobs'), shelf)
