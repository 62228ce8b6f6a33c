// What takes too long for every change: `npm run test:drills`.
import { alone } from './ava.config.mjs'

export default { ...alone, files: ['test/lab/**/*.drill.ts'] }
