// `drop-code-cache.cjs FILE`, run once in the image that is being built, by its own Node: see code-cache.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { withoutCodeCache } from './code-cache.ts'

const [, , file = ''] = process.argv
const lighter = withoutCodeCache(readFileSync(file))
if (lighter === undefined) {
  process.stderr.write(
    `${file} does not end in a code cache as Node 20 writes it: an agent that starts from it would take too much memory\n`,
  )
  process.exit(1)
}
writeFileSync(file, lighter)
