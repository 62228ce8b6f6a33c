// The lab's tests that run a file after the other, before all others.
import { alone } from './ava.config.mjs'

export default alone
